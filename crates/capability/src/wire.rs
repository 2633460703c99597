//! The wire forms of `capabilities.md` §1.2, one function per type.
//!
//! Decimals arrive as text that the caller made exactly; floats are statistics and must be finite ([`number`] says so).

use crate::absent::absent;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

/// `{"amount","currency"}`.
pub fn money(amount: impl Into<String>, currency: &str) -> Value {
    let amount: String = amount.into();
    let mut members = Map::new();
    members.insert("amount".into(), amount.into());
    members.insert("currency".into(), currency.into());
    Value::Object(members)
}

/// Same form as money, per unit.
pub fn price(amount: impl Into<String>, currency: &str) -> Value {
    money(amount, currency)
}

/// A finite float; anything else is our fault and shown as such rather than as a number.
pub fn number(value: f64) -> Value {
    match serde_json::Number::from_f64(if value == 0.0 { 0.0 } else { value }) {
        Some(number) => Value::Number(number),
        None => absent("internal_error", format!("the computation gave {value}"), Value::Null),
    }
}

/// A fraction: 0.0123 is 1.23 %.
pub fn fraction(value: f64) -> Value {
    number(value)
}

/// A date.
pub fn date(date: NaiveDate) -> Value {
    Value::String(date.format("%Y-%m-%d").to_string())
}

/// `{"base","quote","rate"}`: 1 base = rate quote.
pub fn fx_rate(base: &str, quote: &str, rate: impl Into<String>) -> Value {
    let rate: String = rate.into();
    json!({ "base": base, "quote": quote, "rate": rate })
}

/// A series with its unit stated once. `points` ascending; `gaps` with the reason of each missing date.
pub fn series(unit: Value, frequency: &str, points: Vec<Value>, gaps: Vec<(NaiveDate, &str)>) -> Value {
    json!({
        "unit": unit,
        "frequency": frequency,
        "points": points,
        "gaps": gaps.into_iter().map(|(day, why)| json!([date(day), why])).collect::<Vec<_>>(),
    })
}

/// Unit of a money series.
pub fn money_unit(currency: &str) -> Value {
    json!({ "kind": "money", "currency": currency })
}

/// Unit of a statistic (`ratio`, `fraction`…).
pub fn plain_unit(kind: &str) -> Value {
    json!({ "kind": kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_not_written_as_one() {
        assert_eq!(number(0.5), json!(0.5));
        assert!(crate::is_absent(&number(f64::NAN)));
        assert_eq!(number(-0.0).to_string(), "0.0");
    }
}
