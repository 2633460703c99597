//! What a calculation gives: named values, and a status when one of them does not exist.
//!
//! Invariant: a number is finite. One that is not becomes `null`, and the status says so; the first reason stays.

use formulas::Undefined;
use serde_json::{Map, Value};

/// Named results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    values: Map<String, Value>,
    status: Option<String>,
}

impl Output {
    /// Nothing yet.
    pub fn new() -> Output {
        Output::default()
    }

    /// All `keys` null, for one reason.
    pub fn undefined(keys: &[&str], reason: &Undefined) -> Output {
        let mut output = Output::new();
        for key in keys {
            output.null(key, reason.code());
        }
        output.put("reason", reason.to_string());
        output
    }

    /// Sets a value that holds no float.
    pub fn put(&mut self, key: &str, value: impl Into<Value>) -> &mut Output {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    /// Sets a number.
    pub fn number(&mut self, key: &str, value: f64) -> &mut Output {
        let value = self.finite(value);
        self.put(key, value)
    }

    /// Sets a number that may not exist without this being worth a status.
    pub fn maybe(&mut self, key: &str, value: Option<f64>) -> &mut Output {
        let value = value.map_or(Value::Null, |value| self.finite(value));
        self.put(key, value)
    }

    /// Sets a vector.
    pub fn numbers(&mut self, key: &str, values: &[f64]) -> &mut Output {
        let list: Vec<Value> = values.iter().map(|value| self.finite(*value)).collect();
        self.put(key, list)
    }

    /// Sets a matrix, row by row.
    pub fn matrix(&mut self, key: &str, rows: &[Vec<f64>]) -> &mut Output {
        let list: Vec<Value> =
            rows.iter().map(|row| Value::Array(row.iter().map(|value| self.finite(*value)).collect())).collect();
        self.put(key, list)
    }

    /// Sets a number, or null with the reason as status.
    pub fn result(&mut self, key: &str, value: Result<f64, Undefined>) -> &mut Output {
        match value {
            Ok(value) => self.number(key, value),
            Err(reason) => {
                self.put("reason", reason.to_string());
                self.null(key, reason.code())
            }
        }
    }

    /// Sets null with a status.
    pub fn null(&mut self, key: &str, status: &str) -> &mut Output {
        self.put(key, Value::Null);
        self.status(status)
    }

    /// States why something is missing; the first reason stays.
    pub fn status(&mut self, status: &str) -> &mut Output {
        self.status.get_or_insert_with(|| status.to_owned());
        self
    }

    /// A number for the wire, for values nested in objects: null with a status if it is not finite.
    pub fn finite(&mut self, value: f64) -> Value {
        // Minus nothing is nothing.
        match serde_json::Number::from_f64(if value == 0.0 { 0.0 } else { value }) {
            Some(number) => Value::Number(number),
            None => {
                // The arithmetic left the range of numbers, so the input was outside of what the formula can take.
                self.status("invalid_input");
                Value::Null
            }
        }
    }

    /// The values with their status (`ok` if nothing is missing).
    pub fn into_map(mut self) -> Map<String, Value> {
        self.values.insert("status".to_owned(), Value::String(self.status.unwrap_or_else(|| "ok".to_owned())));
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_finite_is_null_with_a_status() {
        let mut output = Output::new();
        output.number("a", 1.5).numbers("b", &[-0.0, f64::INFINITY]);
        assert_eq!(Value::Object(output.into_map()), json!({ "a": 1.5, "b": [0.0, null], "status": "invalid_input" }));
    }

    #[test]
    fn the_first_reason_stays() {
        let mut output = Output::new();
        output.result("a", Err(Undefined::NoRoot)).result("b", Err(Undefined::SingleDate));
        assert_eq!(output.into_map()["status"], "no_root");
    }
}
