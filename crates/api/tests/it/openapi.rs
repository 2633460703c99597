//! The description: checked in, complete, and true.

use std::collections::BTreeSet;

use api::router::{Access, ROUTES};
use serde_json::Value;

/// The file that the interface's client is made from. `UPDATE=1 cargo test -p api` writes it.
#[test]
fn the_checked_in_file_is_the_description() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&api::openapi()).expect("JSON"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("writable");
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(stored == text, "openapi.json is not up to date: run `UPDATE=1 cargo test -p api openapi`");
}

#[test]
fn it_is_openapi_3_1_by_another_reader() {
    let text = api::openapi().to_string();
    let read: utoipa::openapi::OpenApi = serde_json::from_str(&text).expect("utoipa reads it");
    assert_eq!(read.paths.paths.len(), ROUTES.iter().map(|r| r.path).collect::<BTreeSet<_>>().len());
}

#[test]
fn every_described_field_is_read_and_every_read_field_is_described() {
    let properties = |schema: &Value| -> BTreeSet<String> {
        schema["properties"].as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default()
    };
    for route in ROUTES.iter().filter(|r| !r.is_upload()) {
        let description = (route.describe)();
        let read: BTreeSet<String> = description.query_fields.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(properties(&description.query), read, "query of {route:?}");
        let read: BTreeSet<String> = description.body_fields.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(properties(&description.body.1), read, "body of {route:?}");
    }
}

#[test]
fn every_field_of_the_api_is_documented() {
    let api = api::openapi();
    let mut missing = Vec::new();
    for (name, schema) in api["components"]["schemas"].as_object().expect("schemas") {
        let mut parts = vec![schema];
        parts.extend(schema["allOf"].as_array().into_iter().flatten());
        for part in parts {
            for (field, property) in part["properties"].as_object().into_iter().flatten() {
                let is_described = property.get("description").is_some() || property.to_string().contains("$ref");
                if !is_described {
                    missing.push(format!("{name}.{field}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "without description: {missing:?}");
}

#[test]
fn references_lead_somewhere_and_operations_have_names_of_their_own() {
    let api = api::openapi();
    let schemas: BTreeSet<&str> =
        api["components"]["schemas"].as_object().expect("schemas").keys().map(String::as_str).collect();
    let mut references = Vec::new();
    collect(&api, &mut references);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").expect("a schema");
        assert!(schemas.contains(name), "{name} is not described");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in api["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("id");
            assert!(ids.insert(id.to_owned()), "{id} is taken twice: {method} {path}");
            let route = ROUTES
                .iter()
                .find(|r| r.path == path && r.method.as_str().eq_ignore_ascii_case(method))
                .expect("a route");
            let permission = operation["x-permission"].as_str();
            let expected = match route.access {
                Access::Needs(permission) => Some(permission.name()),
                _ => None,
            };
            assert_eq!(permission, expected, "{method} {path}");
        }
    }
}

fn collect<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                out.push(reference);
            }
            map.values().for_each(|v| collect(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, out)),
        _ => {}
    }
}
