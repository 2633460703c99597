//! How a result is drawn when nobody says how: series as a line, numbers as metrics, rows as a table.

use capability::{Field, Schema, Type};
use serde_json::{Map, Value, json};

/// Kind and body of a panel for a value of a type, named by a reference; `None` for what has no form of its own.
pub(super) fn default_panel(reference: &str, ty: &Type) -> Option<(&'static str, Map<String, Value>)> {
    let body = match ty.required() {
        Type::Series(_) => ("chart", json!({ "chart": line(reference, "value") })),
        Type::List(element) => match element.required() {
            Type::Record(schema) => ("table", table(reference, schema)?),
            _ => return None,
        },
        Type::Record(schema) => {
            let numbers: Vec<&Field> =
                schema.fields.iter().filter(|field| !field.name.contains("version") && is_figure(&field.ty)).collect();
            let first =
                |is_wanted: fn(&Type) -> bool| schema.fields.iter().find(|field| is_wanted(field.ty.required()));
            let list = first(|ty| matches!(ty, Type::List(element) if matches!(element.required(), Type::Record(_))));
            if !numbers.is_empty() {
                ("metrics", metrics(reference, &numbers))
            } else if let Some(series) = first(|ty| matches!(ty, Type::Series(_))) {
                ("chart", json!({ "chart": line(&format!("{reference}.{}", series.name), &words(&series.name)) }))
            } else {
                let list = list?;
                return default_panel(&format!("{reference}.{}", list.name), &list.ty);
            }
        }
        _ => return None,
    };
    match body {
        (kind, Value::Object(members)) => Some((kind, members)),
        _ => None,
    }
}

fn line(reference: &str, name: &str) -> Value {
    json!({ "type": "line", "series": [{ "name": name, "data": format!("{{{{{reference}}}}}") }] })
}

fn metrics(reference: &str, fields: &[&Field]) -> Value {
    let metrics: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!({
                "label": words(&field.name),
                "value": format!("{{{{{reference}.{}}}}}", field.name),
                "format": format_of(&field.ty),
            })
        })
        .collect();
    json!({ "metrics": metrics })
}

fn table(reference: &str, schema: &Schema) -> Option<Value> {
    let columns: Vec<Value> = schema
        .fields
        .iter()
        .filter(|field| {
            !matches!(field.ty.required(), Type::List(_) | Type::Record(_) | Type::Map(_) | Type::Series(_))
        })
        .filter(|field| !matches!(field.ty.required(), Type::Id(_) | Type::FxRate | Type::Chart | Type::Any))
        .map(|field| json!({ "field": field.name, "header": words(&field.name), "format": format_of(&field.ty) }))
        .collect();
    if columns.is_empty() {
        return None;
    }
    Some(json!({ "data": format!("{{{{{reference}}}}}"), "columns": columns }))
}

fn is_figure(ty: &Type) -> bool {
    matches!(
        ty.required(),
        Type::Integer
            | Type::Number
            | Type::Decimal
            | Type::Money
            | Type::Price
            | Type::Quantity
            | Type::Ratio
            | Type::Fraction
            | Type::Bps
            | Type::Score10
            | Type::Score100
    )
}

/// The format that shows a type.
fn format_of(ty: &Type) -> &'static str {
    match ty.required() {
        Type::Fraction => "percentage",
        Type::Money | Type::Price => "currency",
        Type::Quantity | Type::Decimal | Type::Number => "number",
        Type::Integer => "integer",
        Type::Ratio => "decimal_2",
        Type::Bps => "bps",
        Type::Score10 | Type::Score100 => "rating",
        Type::Date => "date",
        Type::Timestamp => "datetime",
        Type::Text | Type::Enum(_) => "text",
        _ => "auto",
    }
}

/// `net_asset_value` as people write it.
fn words(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => text,
    }
}
