//! JSON Schema (2020-12) of declared types, for editors, OpenAPI and MCP.

use crate::types::{Schema, Type};
use serde_json::{Map, Value, json};

/// Schema of a record.
pub fn schema_of(schema: &Schema) -> Value {
    let mut properties = Map::new();
    for field in &schema.fields {
        let mut property = type_schema(&field.ty);
        if let Some(members) = property.as_object_mut() {
            if !field.description.is_empty() {
                members.insert("description".into(), field.description.clone().into());
            }
            for (name, bound) in [("minimum", field.minimum), ("maximum", field.maximum)] {
                if let Some(bound) = bound {
                    members.insert(name.into(), json!(bound));
                }
            }
            if let Some(default) = &field.default {
                members.insert("default".into(), default.clone());
            }
        }
        properties.insert(field.name.clone(), property);
    }
    let required: Vec<&str> =
        schema.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Schema of a type.
pub fn type_schema(ty: &Type) -> Value {
    match ty {
        Type::Text => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Number | Type::Ratio => json!({ "type": "number" }),
        Type::Fraction => json!({ "type": "number", "x-unit": "fraction" }),
        Type::Bps => json!({ "type": "number", "x-unit": "bps" }),
        Type::Score10 => json!({ "type": "number", "minimum": 0, "maximum": 10 }),
        Type::Score100 => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
        Type::Decimal | Type::Quantity => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Timestamp => json!({ "type": "string", "format": "date-time" }),
        Type::Money | Type::Price => json!({
            "type": "object",
            "properties": { "amount": { "type": "string" }, "currency": { "type": "string", "pattern": "^[A-Z]{3}$" } },
            "required": ["amount", "currency"],
        }),
        Type::FxRate => json!({
            "type": "object",
            "properties": { "base": { "type": "string" }, "quote": { "type": "string" }, "rate": { "type": "string" } },
            "required": ["base", "quote", "rate"],
        }),
        Type::Id(kind) => json!({ "type": "string", "x-id": kind }),
        Type::Enum(words) => json!({ "type": "string", "enum": words }),
        Type::List(element) => json!({ "type": "array", "items": type_schema(element) }),
        Type::Record(schema) => schema_of(schema),
        Type::Map(value) => json!({ "type": "object", "additionalProperties": type_schema(value) }),
        Type::Series(_) => json!({
            "type": "object",
            "properties": { "unit": { "type": "object" }, "frequency": { "type": "string" },
                            "points": { "type": "array" }, "gaps": { "type": "array" } },
            "required": ["unit", "points"],
        }),
        Type::Chart => {
            json!({ "type": "object", "properties": { "kind": { "type": "string" } }, "required": ["kind"] })
        }
        Type::Optional(inner) => json!({ "anyOf": [type_schema(inner), { "$ref": "#/$defs/absent" }] }),
        Type::Any => json!({}),
    }
}
