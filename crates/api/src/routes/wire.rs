//! Wire forms that several routes share.

use chrono::{DateTime, SecondsFormat, Utc};
use money::Currency;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyWire {
    /// Decimal text, at most 10 decimals.
    #[schema(example = "1234.56")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl MoneyWire {
    /// The wire form of an amount.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount: decimal_text(amount), currency: currency.to_string() }
    }
}

/// Text of a decimal as in the whole API: no exponent, no trailing zeros, at most 10 decimals.
#[must_use]
pub fn decimal_text(value: Decimal) -> String {
    money::decimal_text(value)
}

/// RFC 3339 in UTC with `Z` and microseconds.
#[must_use]
pub fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}
