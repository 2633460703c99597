//! Checking a JSON value against a type, with a pointer to each thing that does not fit.

use crate::absent::is_absent;
use crate::nearest::nearest;
use crate::types::{Field, Schema, Type};
use serde_json::Value;
use std::fmt::Write;

/// A value that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON pointer below the checked value; empty for the value itself.
    pub pointer: String,
    /// What is wrong, naming what was wanted and what was found.
    pub detail: String,
    /// The allowed words, where the type is a choice.
    pub allowed: Vec<String>,
}

/// Everything in `value` that does not fit `ty`; unknown fields of records included.
pub fn check_value(ty: &Type, value: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    walk(ty, value, true, &mut String::new(), &mut found);
    found
}

/// The same for a value that another step made: its records may have more fields than are wanted, as the types allow.
pub fn check_passed_value(ty: &Type, value: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    walk(ty, value, false, &mut String::new(), &mut found);
    found
}

/// A value given for one field, with the field's bounds; pointers begin with its name.
pub fn check_argument(field: &Field, value: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    below(&mut String::new(), &field.name, |pointer| {
        walk(&field.ty, value, false, pointer, &mut found);
        bounds(field, value, pointer, &mut found);
    });
    found
}

fn walk(ty: &Type, value: &Value, is_closed: bool, pointer: &mut String, found: &mut Vec<Mismatch>) {
    if is_absent(value) {
        if !ty.is_optional() && *ty != Type::Any {
            mismatch(pointer, format!("a value of type {ty} is required"), found);
        }
        return;
    }
    let fits = match ty.required() {
        Type::Any => true,
        Type::Text => value.is_string(),
        Type::Integer => value.is_i64() || value.is_u64(),
        Type::Number | Type::Ratio | Type::Fraction | Type::Score10 | Type::Score100 => value.is_number(),
        Type::Bps => value.is_number(),
        Type::Decimal | Type::Quantity => is_decimal(value),
        Type::Boolean => value.is_boolean(),
        Type::Date => value.as_str().is_some_and(is_date),
        Type::Timestamp => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
        Type::Money | Type::Price => is_money(value) || (*ty.required() == Type::Money && value.is_number()),
        Type::FxRate => {
            value.is_object() && is_decimal(&value["rate"]) && value["base"].is_string() && value["quote"].is_string()
        }
        Type::Id(kind) => match kind.as_str() {
            "any" | "portfolio" | "account" | "lot" | "transaction" => {
                value.as_str().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok())
            }
            _ => value.as_str().is_some_and(|text| !text.is_empty()),
        },
        Type::Enum(words) => {
            if !value.as_str().is_some_and(|text| words.iter().any(|word| word == text)) {
                found.push(Mismatch {
                    pointer: pointer.clone(),
                    detail: format!("{} is not one of {}", shown(value), words.join(", ")),
                    allowed: words.clone(),
                });
            }
            return;
        }
        Type::List(element) => {
            if let Some(elements) = value.as_array() {
                let length = pointer.len();
                for (index, inner) in elements.iter().enumerate() {
                    let _written = write!(pointer, "/{index}");
                    walk(element, inner, is_closed, pointer, found);
                    pointer.truncate(length);
                }
                return;
            }
            false
        }
        Type::Map(element) => {
            if let Some(members) = value.as_object() {
                for (name, inner) in members {
                    below(pointer, name, |pointer| walk(element, inner, is_closed, pointer, found));
                }
                return;
            }
            false
        }
        Type::Record(schema) => {
            if value.is_object() {
                record(schema, value, is_closed, pointer, found);
                return;
            }
            false
        }
        Type::Series(_) => value.is_object() && value["points"].is_array(),
        Type::Chart => value.is_object() && value["kind"].is_string(),
        Type::Optional(_) => true,
    };
    if !fits {
        mismatch(pointer, format!("{} is not {}", shown(value), ty.required()), found);
    }
}

fn record(schema: &Schema, value: &Value, is_closed: bool, pointer: &mut String, found: &mut Vec<Mismatch>) {
    let Some(members) = value.as_object() else { return };
    for field in &schema.fields {
        match members.get(&field.name) {
            Some(inner) => below(pointer, &field.name, |pointer| {
                walk(&field.ty, inner, is_closed, pointer, found);
                bounds(field, inner, pointer, found);
            }),
            None if field.required => mismatch(pointer, format!("field {} is required", field.name), found),
            None => {}
        }
    }
    for name in members.keys().filter(|name| is_closed && schema.field(name).is_none()) {
        let advice = match nearest(name, schema.names()) {
            Some(near) => format!("; did you mean {near}?"),
            None => String::new(),
        };
        below(pointer, name, |pointer| mismatch(pointer, format!("there is no field {name}{advice}"), found));
    }
}

fn bounds(field: &Field, value: &Value, pointer: &str, found: &mut Vec<Mismatch>) {
    let Some(number) = value.as_f64() else { return };
    if field.minimum.is_some_and(|least| number < least) || field.maximum.is_some_and(|most| number > most) {
        let range = match (field.minimum, field.maximum) {
            (Some(least), Some(most)) => format!("between {least} and {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => return,
        };
        mismatch(pointer, format!("{number} must be {range}"), found);
    }
}

fn below(pointer: &mut String, name: &str, then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    if name.contains(['~', '/']) {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(name);
    }
    then(pointer);
    pointer.truncate(length);
}

fn mismatch(pointer: &str, detail: String, found: &mut Vec<Mismatch>) {
    found.push(Mismatch { pointer: pointer.to_owned(), detail, allowed: Vec::new() });
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Decimal text as on the wire: sign, digits, point; no exponent.
fn is_decimal(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return value.is_i64() || value.is_u64() };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    !whole.is_empty()
        && !rest.is_empty()
        && whole.len() + rest.len() <= 40
        && whole.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_digit())
}

fn is_money(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.len() == 2
            && members.get("amount").is_some_and(is_decimal)
            && members
                .get("currency")
                .and_then(Value::as_str)
                .is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_mismatch_is_pointed_at() {
        let ty = Type::record([
            Field::required("id", Type::id("portfolio"), ""),
            Field::with_default("days", Type::Integer, 252, "").between(2.0, 12_600.0),
            Field::optional("hedge", Type::one_of(["unhedged", "hedged"]), ""),
            Field::required("rows", Type::list(Type::Money), ""),
        ]);
        let value = json!({"id": "x", "days": 1, "hedge": "half", "rows": [{"amount": "1", "currency": "EUR"}, "2"], "dais": 3});
        let pointers: Vec<String> = check_value(&ty, &value).into_iter().map(|mismatch| mismatch.pointer).collect();
        assert_eq!(pointers, ["/id", "/days", "/hedge", "/rows/1", "/dais"]);
        let unknown = check_value(&ty, &value).pop().unwrap();
        assert!(unknown.detail.contains("did you mean days"), "{}", unknown.detail);
    }

    #[test]
    fn a_passed_record_may_have_more_fields() {
        let ty = Type::list(Type::record([Field::required("a", Type::Text, "")]));
        let value = json!([{"a": "x", "b": 1}]);
        assert_eq!(check_value(&ty, &value).len(), 1);
        assert_eq!(check_passed_value(&ty, &value), []);
        assert_eq!(check_passed_value(&ty, &json!([{"b": 1}])).len(), 1);
    }

    #[test]
    fn types_know_their_wire_form() {
        for (ty, good, bad) in [
            (Type::Date, json!("2024-02-29"), json!("2023-02-29")),
            (Type::Quantity, json!("12.5"), json!("1e3")),
            (Type::Price, json!({"amount": "1.5", "currency": "USD"}), json!(1.5)),
            (Type::Timestamp, json!("2024-03-28T20:15:00Z"), json!("yesterday")),
            (Type::Integer, json!(3), json!(3.5)),
            (Type::Boolean, json!(true), json!("true")),
        ] {
            assert_eq!(check_value(&ty, &good), [], "{ty} {good}");
            assert_eq!(check_value(&ty, &bad).len(), 1, "{ty} {bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_panic_the_check(text in "\\PC*") {
            for ty in [Type::Date, Type::Decimal, Type::Timestamp, Type::id("portfolio"), Type::Money] {
                let _ = check_value(&ty, &Value::String(text.clone()));
            }
        }
    }
}
