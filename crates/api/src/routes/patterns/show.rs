//! `GET /api/patterns/{id}`

use std::sync::Arc;

use orchestrator::Listing;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::list::PatternSummary;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// A step of a pattern.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternStep {
    /// Its name.
    pub name: String,
    /// `capability@version` that it calls.
    pub capability: String,
    /// Agent that offers it.
    pub agent: String,
    /// Level in the plan, from 1; steps of one level may run at the same time.
    pub level: usize,
    /// Steps that must end before.
    pub depends: Vec<String>,
    /// For people.
    pub description: String,
}

/// A panel of a pattern.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternPanel {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// `metrics`, `table`, `chart`, …
    pub kind: String,
}

/// A message of the checker.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternDiagnostic {
    /// Rule, such as `PAT0012`; has a page in the documentation.
    pub rule: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Column after the last.
    pub end_column: u32,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl PatternDiagnostic {
    /// The wire form.
    #[must_use]
    pub fn of(diagnostic: &pattern::Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            pattern::Severity::Error => "error",
            pattern::Severity::Warning => "warning",
            pattern::Severity::Note => "note",
        };
        Self {
            rule: diagnostic.rule,
            severity: severity.to_owned(),
            line: diagnostic.line,
            column: diagnostic.column,
            end_column: diagnostic.end_column,
            message: diagnostic.message.clone(),
            suggestion: diagnostic.suggestion.clone(),
        }
    }
}

/// A pattern in detail.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternDetail {
    /// The pattern.
    #[serde(flatten)]
    pub summary: PatternSummary,
    /// Text of the file.
    pub text: String,
    /// JSON Schema of its outputs by name: the output of the capability, where an output is one step's whole value.
    #[schema(value_type = Object)]
    pub outputs: Value,
    /// How it is shown.
    pub panels: Vec<PatternPanel>,
    /// What it does.
    pub steps: Vec<PatternStep>,
    /// Messages of the checker.
    pub diagnostics: Vec<PatternDiagnostic>,
}

/// Shows one pattern.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = PatternDetail;
    const SUMMARY: &'static str = "One pattern: file, inputs, outputs, panels, steps, messages of the checker.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let listing = find(&cx)?;
        let summary = PatternSummary::of(&listing, cx.caller()?);
        let mut detail = PatternDetail {
            summary,
            text: listing.text.to_string(),
            outputs: json!({}),
            panels: Vec::new(),
            steps: Vec::new(),
            diagnostics: listing.diagnostics.iter().map(PatternDiagnostic::of).collect(),
        };
        if let Some(plan) = &listing.plan {
            detail.outputs = outputs_schema(plan);
            detail.panels = plan
                .panels
                .iter()
                .map(|p| PatternPanel { id: p.id.clone(), title: p.title.clone(), kind: p.kind.clone() })
                .collect();
            detail.steps = plan.nodes.iter().map(|node| step_of(plan, node)).collect();
        }
        Reply::data(&detail)
    }
}

fn step_of(plan: &pattern::Plan, node: &pattern::PlanNode) -> PatternStep {
    let depends = node.depends.iter().filter_map(|index| plan.nodes.get(*index));
    PatternStep {
        name: node.name.clone(),
        capability: node.declaration.id(),
        agent: node.declaration.agent.clone(),
        level: node.level + 1,
        depends: depends.map(|node| node.name.clone()).collect(),
        description: node.description.clone().unwrap_or_else(|| node.declaration.summary.clone()),
    }
}

fn outputs_schema(plan: &pattern::Plan) -> Value {
    let properties = plan.outputs.iter().map(|output| {
        let step = output.value.as_str().and_then(|t| t.strip_prefix("{{")?.strip_suffix("}}")).map(str::trim);
        let node = step.and_then(|name| plan.nodes.iter().find(|n| n.name == name || n.also.iter().any(|a| a == name)));
        let schema = node.map_or_else(|| json!({}), |node| capability::schema_of(&node.declaration.output));
        (output.name.clone(), schema)
    });
    let properties: serde_json::Map<String, Value> = properties.collect();
    let required: Vec<&str> = plan.outputs.iter().filter(|o| o.is_required).map(|o| o.name.as_str()).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// The pattern in the path.
pub(super) fn find(cx: &Context) -> Result<Arc<Listing>, Problem> {
    let id = cx.path_text("id");
    let library = &cx.state.orchestrator().deps().patterns;
    library.get(id).ok_or_else(|| super::execute::unknown(id, library))
}
