//! A security as a record.

use chrono::NaiveDate;
use serde::Serialize;
use store::queries::securities::{Identifier, Security as Stored};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::wire::decimal_text;

/// What a security can be.
pub const KINDS: &[&str] = &[
    "stock",
    "etf",
    "fund",
    "bond",
    "option",
    "future",
    "crypto",
    "commodity",
    "property",
    "private",
    "index",
    "cash_like",
];

/// A code that names a security.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityIdentifier {
    /// `isin`, `figi`, `symbol`, …
    pub scheme: String,
    /// The code.
    pub value: String,
    /// Exchange of a symbol.
    pub mic: Option<String>,
    /// First day it holds.
    pub valid_from: Option<NaiveDate>,
    /// Last day it holds.
    pub valid_to: Option<NaiveDate>,
}

impl SecurityIdentifier {
    /// The wire form.
    #[must_use]
    pub fn of(identifier: &Identifier) -> Self {
        Self {
            scheme: identifier.scheme.clone(),
            value: identifier.value.clone(),
            mic: identifier.mic.clone(),
            valid_from: identifier.valid_from,
            valid_to: identifier.valid_to,
        }
    }
}

/// A security.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Security {
    /// Its id; the same on every installation for shared ones.
    pub id: Uuid,
    /// Newest symbol.
    pub symbol: Option<String>,
    /// Main exchange (MIC).
    pub mic: Option<String>,
    /// Newest ISIN.
    pub isin: Option<String>,
    /// Name on screen.
    pub name: String,
    /// `stock`, `etf`, `fund`, `bond`, …
    pub kind: String,
    /// Currency of its prices.
    pub currency: String,
    /// `unit`, `percent` or `minor_unit`.
    pub quote_unit: String,
    /// Quoted price × factor = price of one unit.
    pub price_factor: String,
    /// ISO 3166 code of the issuer.
    pub country: Option<String>,
    /// Sector.
    pub sector: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// First day of trading.
    pub active_from: Option<NaiveDate>,
    /// Last day of trading.
    pub active_to: Option<NaiveDate>,
    /// Whether only you see it.
    pub is_private: bool,
    /// All codes; only from the route of one security.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifiers: Option<Vec<SecurityIdentifier>>,
}

impl Security {
    /// The wire form without identifiers.
    #[must_use]
    pub fn of(stored: &Stored) -> Self {
        let fields = &stored.fields;
        Self {
            id: stored.id,
            symbol: stored.symbol.clone(),
            mic: fields.primary_mic.clone(),
            isin: stored.isin.clone(),
            name: fields.name.clone(),
            kind: fields.kind.clone(),
            currency: fields.currency.to_string(),
            quote_unit: fields.quote_unit.clone(),
            price_factor: decimal_text(fields.price_factor),
            country: fields.country.clone(),
            sector: fields.sector.clone(),
            industry: fields.industry.clone(),
            active_from: fields.active_from,
            active_to: fields.active_to,
            is_private: stored.owner_user_id.is_some(),
            identifiers: None,
        }
    }
}
