//! Answers as JSON: decimals as strings, dates as text.
//!
//! Invariant: no float leaves as a number, and nothing undefined leaves as a value.

use dates::Date;
use serde_json::{Value, json};

use crate::absent::Absent;
use crate::num::Num;

/// What a question yields.
pub type Answer = Result<Value, Absent>;

/// A decimal, in full.
pub fn decimal(number: Num) -> Answer {
    Ok(Value::from(text(number)?))
}

/// The text of a decimal: no exponent, no trailing zeros, no negative zero.
pub fn text(number: Num) -> Result<String, Absent> {
    let value = number.0.ok_or_else(|| Absent::undefined("the figure"))?.normalize();
    Ok(if value.is_zero() { "0".to_owned() } else { value.to_string() })
}

/// A return or another statistic.
pub fn float(value: f64) -> Answer {
    Ok(Value::from(float_text(value)?))
}

/// The shortest text that reads back as the float, written out.
pub fn float_text(value: f64) -> Result<String, Absent> {
    if !value.is_finite() {
        return Err(Absent::undefined("the figure"));
    }
    Ok(if value == 0.0 { "0".to_owned() } else { format!("{value}") })
}

/// A whole number.
pub fn count(value: usize) -> Answer {
    Ok(Value::from(value.to_string()))
}

/// A day.
pub fn day(date: Date) -> Answer {
    Ok(Value::from(date.to_string()))
}

/// Dated figures.
pub fn dated(rows: impl IntoIterator<Item = (Date, f64)>) -> Answer {
    rows.into_iter()
        .map(|(date, value)| Ok(json!({ "date": date.to_string(), "value": float_text(value)? })))
        .collect::<Result<Vec<_>, Absent>>()
        .map(Value::from)
}
