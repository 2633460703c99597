//! An account as a record.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::wire::timestamp;

/// What an account can be.
pub const KINDS: &[&str] = &["brokerage", "retirement", "bank", "crypto", "property", "other"];
/// How its gains are taxed.
pub const TAX_TREATMENTS: &[&str] = &["taxable", "deferred", "exempt"];

/// An account of a portfolio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// Portfolio that it belongs to.
    pub portfolio_id: Uuid,
    /// Name, unique in the portfolio.
    pub name: String,
    /// `brokerage`, `retirement`, `bank`, `crypto`, `property` or `other`.
    pub kind: String,
    /// Who keeps it.
    pub institution: Option<String>,
    /// Main currency of its cash.
    pub currency: String,
    /// `taxable`, `deferred` or `exempt`.
    pub tax_treatment: String,
    /// Overrides the portfolio's method.
    pub cost_basis_method: Option<String>,
    /// Whether more may be sold than is held.
    pub allow_short: bool,
    /// First day.
    pub opened_on: Option<NaiveDate>,
    /// Last day.
    pub closed_on: Option<NaiveDate>,
    /// When it was made.
    pub created_at: String,
}

impl Account {
    /// The wire form.
    #[must_use]
    pub fn of(account: &store::queries::accounts::Account) -> Self {
        let fields = &account.fields;
        Self {
            id: account.id,
            portfolio_id: account.portfolio_id,
            name: fields.name.clone(),
            kind: fields.kind.clone(),
            institution: fields.institution.clone(),
            currency: fields.currency.to_string(),
            tax_treatment: fields.tax_treatment.clone(),
            cost_basis_method: fields.cost_basis_method.clone(),
            allow_short: fields.allow_short,
            opened_on: fields.opened_on,
            closed_on: fields.closed_on,
            created_at: timestamp(account.created_at),
        }
    }
}
