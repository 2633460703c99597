//! Absent values: the one way in which a result says that a value does not exist, and why.

use serde_json::{Map, Value, json};

/// `{"absent": {"code", "why", "subject"}}`. `why` is a sentence for people that names the thing.
pub fn absent(code: &str, why: impl Into<String>, subject: Value) -> Value {
    let why: String = why.into();
    let mut reason = Map::new();
    reason.insert("code".into(), code.into());
    reason.insert("why".into(), why.into());
    if !subject.is_null() {
        reason.insert("subject".into(), subject);
    }
    json!({ "absent": reason })
}

/// As [`absent`], with what would supply the value.
pub fn absent_with(code: &str, why: impl Into<String>, subject: Value, try_: impl Into<String>) -> Value {
    let mut value = absent(code, why, subject);
    value["absent"]["try"] = Value::String(try_.into());
    value
}

/// True for an absent value, and for nothing else.
pub fn is_absent(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.len() == 1 && members.get("absent").is_some_and(Value::is_object))
}

/// The code of an absent value.
pub fn absence_code(value: &Value) -> Option<&str> {
    if is_absent(value) { value["absent"]["code"].as_str() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_form_is_absent() {
        assert!(is_absent(&absent("missing_price", "missing_price: XTSE:CNR on 2024-03-28", Value::Null)));
        for value in [json!(null), json!({}), json!({"absent": true}), json!({"absent": {}, "x": 1}), json!("absent")] {
            assert!(!is_absent(&value), "{value}");
        }
    }
}
