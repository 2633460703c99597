//! `GET /api/patterns`

use orchestrator::{Listing, PatternState};
use pattern::{InputDeclaration, InputType};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};

/// Which patterns to list.
#[derive(Debug, ToSchema)]
pub struct PatternFilter {
    /// Of this category.
    pub category: Option<String>,
    /// `pattern` (when absent) or `view`: several capabilities behind one route.
    pub kind: Option<String>,
}

impl Input for PatternFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { category: f.opt_text("category", 1, 64), kind: f.opt_choice("kind", &["pattern", "view"]) }
    }
}

/// A pattern of the library.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternSummary {
    /// Its id.
    pub id: String,
    /// Semantic version of what runs; absent when nothing can.
    pub version: Option<String>,
    /// Name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Where the gallery puts it.
    pub category: Option<String>,
    /// Words for search.
    pub tags: Vec<String>,
    /// `pattern` or `view`.
    pub kind: &'static str,
    /// JSON Schema of its inputs.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// Permissions that it needs.
    pub rights_required: Vec<String>,
    /// Whether you have them.
    pub allowed: bool,
    /// `ok`, or `invalid` when the file has errors (its last good version, if any, runs).
    pub status: &'static str,
}

impl PatternSummary {
    /// The wire form, as `caller` sees it.
    #[must_use]
    pub fn of(listing: &Listing, caller: &Caller) -> Self {
        let plan = listing.plan.as_deref();
        let rights = plan.map(|p| p.rights.clone()).unwrap_or_default();
        Self {
            id: listing.id.clone(),
            version: plan.map(|p| p.version.clone()),
            title: plan.map_or_else(|| listing.id.clone(), |p| p.name.clone()),
            description: plan.map(|p| p.description.clone()).unwrap_or_default(),
            category: plan.and_then(|p| p.category.clone()),
            tags: plan.map(|p| p.tags.clone()).unwrap_or_default(),
            kind: if listing.is_view { "view" } else { "pattern" },
            inputs: inputs_schema(plan.map(|p| p.inputs.as_slice()).unwrap_or_default()),
            allowed: plan.is_some() && caller.require_rights(rights.iter().map(String::as_str)).is_ok(),
            rights_required: rights,
            status: if listing.state == PatternState::Ok { "ok" } else { "invalid" },
        }
    }
}

/// JSON Schema of declared inputs.
#[must_use]
pub fn inputs_schema(inputs: &[InputDeclaration]) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for input in inputs {
        let mut schema = type_schema(input.ty);
        schema.insert("description".into(), input.description.clone().into());
        if let Some(default) = &input.default {
            schema.insert("default".into(), default.clone());
        }
        if !input.allowed.is_empty() {
            schema.insert("enum".into(), input.allowed.clone().into());
        }
        if let Some(minimum) = input.minimum {
            schema.insert("minimum".into(), minimum.into());
        }
        if let Some(maximum) = input.maximum {
            schema.insert("maximum".into(), maximum.into());
        }
        if input.required {
            required.push(&input.name);
        }
        properties.insert(input.name.clone(), Value::Object(schema));
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn type_schema(ty: InputType) -> Map<String, Value> {
    let schema = match ty {
        InputType::Uuid | InputType::PortfolioId | InputType::SecurityId => json!({"type": "string", "format": "uuid"}),
        InputType::Text | InputType::ScenarioId | InputType::Benchmark => json!({"type": "string"}),
        InputType::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
        InputType::Date => json!({"type": "string", "format": "date"}),
        InputType::Integer | InputType::Bps => json!({"type": "integer"}),
        InputType::Number | InputType::Fraction => json!({"type": "number"}),
        InputType::Boolean => json!({"type": "boolean"}),
        InputType::Money => json!({
            "type": "object",
            "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
            "required": ["amount", "currency"]
        }),
        InputType::List => json!({"type": "array"}),
        InputType::Record => json!({"type": "object"}),
    };
    schema.as_object().cloned().unwrap_or_default()
}

/// Lists patterns.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = PatternFilter;
    type Body = ();
    type Answer = Vec<PatternSummary>;
    const SUMMARY: &'static str = "Patterns that can run, with their inputs.";

    async fn handle(cx: Context, query: PatternFilter, (): ()) -> Outcome {
        let caller = cx.caller()?;
        let kind = query.kind.as_deref().unwrap_or("pattern");
        let rows: Vec<PatternSummary> = cx
            .state
            .orchestrator()
            .deps()
            .patterns
            .list()
            .iter()
            .filter(|listing| listing.state != PatternState::Retired)
            .map(|listing| PatternSummary::of(listing, caller))
            .filter(|row| row.kind == kind)
            .filter(|row| query.category.is_none() || row.category == query.category)
            .collect();
        Reply::data(&rows)
    }
}
