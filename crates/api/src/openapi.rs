//! The OpenAPI 3.1 description, made from the route table and the wire types.
//!
//! Invariant: what is described is what is served: methods, paths, permissions come from [`crate::router::ROUTES`], and
//! a test compares the fields of each described body with those that its reader knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::endpoint::Endpoint;
use crate::http::fields::{Place, known_fields};
use crate::http::reply::Page;
use crate::problem::{FieldError, ProblemDetails};
use crate::router::{Access, Idempotency, ROUTES, Route};

/// What a route reads and answers.
pub struct Description {
    /// One sentence.
    pub summary: &'static str,
    /// Schema of the query's fields.
    pub query: Value,
    /// Fields that the query's reader knows.
    pub query_fields: Vec<&'static str>,
    /// Name and schema of the body; no name for none.
    pub body: (String, Value),
    /// Fields that the body's reader knows.
    pub body_fields: Vec<&'static str>,
    /// Name of the answer's schema; `TupleUnit` for none.
    pub answer: String,
    /// How the answer is written where it stands: a reference, or a list of references.
    pub answer_schema: Value,
    /// Every named schema that the three use.
    pub schemas: BTreeMap<String, Value>,
}

/// Name of the schema of "nothing".
const NOTHING: &str = "TupleUnit";

/// The description of an endpoint.
#[must_use]
pub fn describe<E: Endpoint>() -> Description {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    E::Query::schemas(&mut found);
    E::Body::schemas(&mut found);
    E::Answer::schemas(&mut found);
    found.push((name_of::<E::Body>(), E::Body::schema()));
    let answer = name_of::<E::Answer>();
    let mut rows = None;
    let schema = value_of(&E::Answer::schema());
    let answer_schema = match answer.as_str() {
        "Vec" => {
            let row = row_name(std::any::type_name::<E::Answer>());
            rows = Some((row.clone(), schema["items"].clone()));
            json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{row}")}})
        }
        "String" => schema,
        name => {
            found.push((answer.clone(), E::Answer::schema()));
            json!({"$ref": format!("#/components/schemas/{name}")})
        }
    };
    let schemas = found
        .into_iter()
        .map(|(name, schema)| (name, value_of(&schema)))
        .filter(|(name, _)| name != NOTHING)
        .chain(rows);
    Description {
        summary: E::SUMMARY,
        query: value_of(&E::Query::schema()),
        query_fields: known_fields::<E::Query>(Place::Query),
        body: (name_of::<E::Body>(), value_of(&E::Body::schema())),
        body_fields: known_fields::<E::Body>(Place::Body),
        answer,
        answer_schema,
        schemas: schemas.collect(),
    }
}

/// Name of the rows of a list, from the list's name in Rust: `alloc::vec::Vec<api::routes::…::OwnSession>`.
fn row_name(list: &str) -> String {
    let inner = list.split_once('<').map_or(list, |(_, inner)| inner.trim_end_matches('>'));
    inner.rsplit("::").next().unwrap_or(inner).to_owned()
}

fn name_of<T: ToSchema>() -> String {
    T::name().into_owned()
}

fn value_of(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// The whole description.
#[must_use]
pub fn openapi() -> Value {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for schema in [
        (name_of::<ProblemDetails>(), value_of(&ProblemDetails::schema())),
        (name_of::<FieldError>(), value_of(&FieldError::schema())),
        (name_of::<Page>(), value_of(&Page::schema())),
        ("Meta".to_owned(), meta_schema()),
    ] {
        schemas.insert(schema.0, schema.1);
    }
    for route in ROUTES.iter() {
        let description = (route.describe)();
        let operation = operation(route, &description);
        schemas.extend(description.schemas);
        paths.entry(route.path).or_default().insert(route.method.as_str().to_lowercase(), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "DawsOS",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Portfolios, their books and what follows from them. Rates are fractions; amounts are decimal texts with their currency; a value that cannot be computed is {\"absent\": {code, why}}.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "dawsos_session"}
            }
        }
    })
}

fn meta_schema() -> Value {
    json!({
        "type": "object",
        "description": "About the answer; computed answers carry result_key, plan_hash, cache, pricing_pack_hash, ledger_seq, known_at, absent and restated as well.",
        "required": ["request_id", "trace_id"],
        "properties": {
            "request_id": {"type": "string", "description": "Id of the request."},
            "trace_id": {"type": "string", "description": "W3C trace id."},
            "page": {"$ref": "#/components/schemas/Page"}
        }
    })
}

fn operation(route: &Route, description: &Description) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    let required: Vec<&str> =
        description.query["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(properties) = description.query["properties"].as_object() {
        for (name, schema) in properties {
            let mut schema = schema.clone();
            let text = schema.as_object_mut().and_then(|o| o.remove("description"));
            let mut parameter =
                json!({"name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema});
            if let Some(text) = text {
                parameter["description"] = text;
            }
            parameters.push(parameter);
        }
    }
    if route.idempotency != Idempotency::Unused {
        let required = route.idempotency == Idempotency::Required;
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": required, "schema": {"type": "string", "minLength": 1, "maxLength": 128}}));
    }
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": description.summary,
        "tags": [tag(route.path)],
        "responses": responses(route, description)
    });
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if description.body.0 != NOTHING {
        let media_type = if route.is_upload() { "multipart/form-data" } else { "application/json" };
        let required = description.body.1["required"].as_array().is_some_and(|r| !r.is_empty());
        let schema = json!({"$ref": format!("#/components/schemas/{}", description.body.0)});
        operation["requestBody"] = json!({"required": required, "content": {media_type: {"schema": schema}}});
    }
    match route.access {
        Access::Public => {
            operation["security"] = json!([]);
        }
        Access::SignedIn => {
            operation["security"] = json!([{"bearer": []}, {"session": []}]);
        }
        Access::Needs(permission) => {
            operation["security"] = json!([{"bearer": []}, {"session": []}]);
            operation["x-permission"] = permission.name().into();
        }
    }
    operation
}

fn responses(route: &Route, description: &Description) -> Value {
    let problem = json!({"description": "Problem", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}});
    let is_enveloped = route.path.starts_with("/api/") && !route.path.ends_with(".json");
    let success = if description.answer == NOTHING {
        ("204", json!({"description": "Done"}))
    } else {
        let schema = description.answer_schema.clone();
        // Answers of patterns are whole objects with `data` and `meta` among their own members.
        let is_whole = description.answer.ends_with("Answer");
        let body = if is_enveloped && !is_whole {
            json!({"type": "object", "required": ["data", "meta"], "properties": {"data": schema, "meta": {"$ref": "#/components/schemas/Meta"}}})
        } else {
            schema
        };
        ("200", json!({"description": "Success", "content": {"application/json": {"schema": body}}}))
    };
    json!({success.0: success.1, "default": problem})
}

/// Names of the parameters of a path.
pub fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn operation_id(route: &Route) -> String {
    let words = route.path.trim_start_matches("/api/").split(['/', '.', '_', '{', '}']).filter(|w| !w.is_empty());
    let mut id = route.method.as_str().to_lowercase();
    for word in words {
        id.push('_');
        id.push_str(word);
    }
    id
}

fn tag(path: &str) -> &str {
    path.trim_start_matches("/api/").trim_start_matches('/').split(['/', '.']).next().unwrap_or_default()
}
