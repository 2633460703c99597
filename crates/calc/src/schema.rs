//! JSON Schema of a function's input, made from its declared keys.

use crate::{Function, Key, Kind};
use serde_json::{Map, Value, json};

/// The schema of the input object of `function`.
pub fn of(function: &Function) -> Value {
    let properties: Map<String, Value> = function.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = function.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let outputs: Map<String, Value> =
        function.outputs.iter().map(|(name, meaning)| ((*name).to_owned(), json!(meaning))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": function.name,
        "description": function.summary,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "x-calculator": function.calculator,
        "x-outputs": outputs,
        "x-page": format!("docs/formulas/{}.md", function.page),
    })
}

fn property(key: &Key) -> Value {
    let mut schema = kind(key.kind);
    schema["description"] = json!(key.description);
    if let Ok(default) = serde_json::from_str::<Value>(key.default) {
        schema["default"] = default;
    }
    schema
}

fn kind(kind: Kind) -> Value {
    let number = || json!({ "type": ["number", "string"] });
    let reference = || {
        json!({ "type": "object", "required": ["csv"], "properties": {
            "csv": { "type": "string" }, "column": { "type": "string" },
            "columns": { "type": "array", "items": { "type": "string" } },
            "from": { "type": "string" }, "to": { "type": "string" },
            "transform": { "enum": crate::series::TRANSFORMS }, "reduce": { "enum": ["mean"] },
            "drop_missing": { "type": "boolean" } } })
    };
    match kind {
        Kind::Number => number(),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Series => {
            json!({ "anyOf": [{ "type": "array" }, { "type": "object", "required": ["values"] }, reference()] })
        }
        Kind::NumberOrSeries => json!({ "anyOf": [number(), { "type": "array" }, { "type": "object" }] }),
        Kind::Matrix => {
            json!({ "anyOf": [{ "type": "array" }, { "type": "object", "required": ["rows"] }, reference()] })
        }
        Kind::Flows => {
            json!({ "type": "array", "items": { "type": "array", "prefixItems": [{ "type": "string", "format": "date" }, number()] } })
        }
        Kind::Object => json!({ "type": "object" }),
        Kind::List => json!({ "type": "array" }),
        Kind::Table => reference(),
        Kind::Any => json!({}),
    }
}
