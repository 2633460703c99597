//! Domain values in their wire form, and reasons in the place of values that do not exist.
//!
//! Invariant: a float reaches the wire only through [`capability::wire::number`]; an amount only as exact decimal text.

use capability::{absent, wire};
use chrono::NaiveDate;
use formulas::Undefined;
use money::{Currency, Decimal, decimal_text};
use serde_json::{Value, json};

/// A value, or why there is none.
pub type Maybe<T> = Result<T, Absence>;

/// The reason for a value that does not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    /// Code of `capabilities.md` §1.5.
    pub code: &'static str,
    /// A sentence that names the thing, without the code.
    pub why: String,
    /// The thing, for programs.
    pub subject: Value,
}

impl Absence {
    /// A reason about a subject.
    pub fn new(code: &'static str, why: impl Into<String>, subject: Value) -> Absence {
        Absence { code, why: why.into(), subject }
    }

    /// The wire form.
    pub fn wire(&self) -> Value {
        absent(self.code, format!("{}: {}", self.code, self.why), self.subject.clone())
    }
}

impl From<&Undefined> for Absence {
    fn from(undefined: &Undefined) -> Absence {
        let subject = match undefined {
            Undefined::InsufficientData { needed, found } => json!({ "needed": needed, "found": found }),
            Undefined::TooFewFlows { found } => json!({ "needed": 2, "found": found }),
            Undefined::NotAnnualisable { days } => json!({ "days": days }),
            Undefined::Incomplete { date } => json!({ "date": date }),
            _ => Value::Null,
        };
        Absence::new(undefined.code(), undefined.to_string(), subject)
    }
}

impl From<Undefined> for Absence {
    fn from(undefined: Undefined) -> Absence {
        Absence::from(&undefined)
    }
}

/// The wire form of a value or of its absence.
pub fn maybe<T>(value: Maybe<T>, wire: impl FnOnce(T) -> Value) -> Value {
    match value {
        Ok(value) => wire(value),
        Err(absence) => absence.wire(),
    }
}

/// A statistic or its absence.
pub fn statistic(value: Result<f64, impl Into<Absence>>) -> Value {
    maybe(value.map_err(Into::into), wire::number)
}

/// An amount of money.
pub fn amount(value: Decimal, currency: Currency) -> Value {
    wire::money(decimal_text(value), currency.code())
}

/// A price per unit: up to 12 decimals count.
pub fn price(value: Decimal, currency: Currency) -> Value {
    wire::price(decimal_text(value), currency.code())
}

/// Units of a security.
pub fn quantity(value: Decimal) -> Value {
    Value::String(value.normalize().to_string())
}

/// Decimals of a rate on the wire, as many as are stored of an observed one.
const RATE_DECIMALS: u32 = 14;

/// 1 `base` = `rate` `quote`.
pub fn fx_rate(base: Currency, quote: Currency, rate: Decimal) -> Value {
    wire::fx_rate(base.code(), quote.code(), money::round_to(rate, RATE_DECIMALS).normalize().to_string())
}

/// A text that a record may lack.
pub fn text_or_absent(value: Option<&str>, what: &str) -> Value {
    match value {
        Some(text) => Value::String(text.to_owned()),
        None => Absence::new("not_found", format!("no {what} is recorded"), Value::Null).wire(),
    }
}

/// A float amount in the minor unit of its currency: for series of values, which are statistics of books.
pub fn rounded(value: f64, currency: Currency) -> Maybe<Decimal> {
    let exact = money::float::from_f64(value);
    let missing = || Absence::new("incomplete", "the value is not known in full", Value::Null);
    exact.map(|exact| money::round_to(exact, currency.minor_units().min(10))).ok_or_else(missing)
}

/// A date.
pub fn date(date: NaiveDate) -> Value {
    wire::date(date)
}

/// a·b, or why it has no decimal.
pub fn times(a: Decimal, b: Decimal) -> Maybe<Decimal> {
    a.checked_mul(b).ok_or_else(too_large)
}

/// a/b, or why it has no decimal.
pub fn over(a: Decimal, b: Decimal) -> Maybe<Decimal> {
    if b.is_zero() {
        return Err(Absence::new("zero_denominator", "the denominator is zero", Value::Null));
    }
    a.checked_div(b).ok_or_else(too_large)
}

/// a+b, or why it has no decimal.
pub fn plus(a: Decimal, b: Decimal) -> Maybe<Decimal> {
    a.checked_add(b).ok_or_else(too_large)
}

/// a−b, or why it has no decimal.
pub fn minus(a: Decimal, b: Decimal) -> Maybe<Decimal> {
    a.checked_sub(b).ok_or_else(too_large)
}

/// Σ of values, absent as soon as one is.
pub fn total(values: impl IntoIterator<Item = Maybe<Decimal>>) -> Maybe<Decimal> {
    values.into_iter().try_fold(Decimal::ZERO, |sum, value| plus(sum, value?))
}

fn too_large() -> Absence {
    Absence::new("invalid_input", "the amount is beyond what books hold", Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_name_code_and_thing() {
        let absence = Absence::from(Undefined::InsufficientData { needed: 2, found: 1 });
        assert_eq!(
            absence.wire(),
            json!({"absent": {"code": "insufficient_data", "why": "insufficient_data: needs 2 observations, found 1", "subject": {"needed": 2, "found": 1}}})
        );
        let missing: Maybe<Decimal> = total([Ok(Decimal::ONE), Err(absence.clone()), Ok(Decimal::ONE)]);
        assert_eq!(missing, Err(absence));
        assert_eq!(total([Ok(Decimal::MAX), Ok(Decimal::MAX)]).unwrap_err().code, "invalid_input");
    }

    #[test]
    fn series_of_money_have_minor_units() {
        assert_eq!(rounded(1234.005000000001, Currency::EUR), Ok("1234.01".parse().unwrap()));
        assert_eq!(rounded(100.6, Currency::JPY), Ok(Decimal::from(101)));
        assert_eq!(rounded(f64::NAN, Currency::EUR).unwrap_err().code, "incomplete");
    }
}
