//! `POST /api/patterns/check`: checks a pattern file without taking it in.

use serde::Serialize;
use utoipa::ToSchema;

use super::show::PatternDiagnostic;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};

/// A pattern file.
#[derive(Debug, ToSchema)]
pub struct CheckPattern {
    /// Name of the file; `pattern.json` when absent. It must fit the pattern's id.
    pub file_name: Option<String>,
    /// Text of the file.
    pub text: String,
}

impl Input for CheckPattern {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { file_name: f.opt_text("file_name", 1, 200), text: f.text("text", 0, 1_000_000) }
    }
}

/// What the checker says.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckResult {
    /// Whether the pattern can run.
    pub valid: bool,
    /// Messages, in order of the file.
    pub diagnostics: Vec<PatternDiagnostic>,
}

/// Checks a pattern file.
#[derive(Debug)]
pub struct Check;

impl Endpoint for Check {
    type Query = ();
    type Body = CheckPattern;
    type Answer = CheckResult;
    const SUMMARY: &'static str = "Checks a pattern file and says everything that is wrong with it.";

    async fn handle(cx: Context, (): (), body: CheckPattern) -> Outcome {
        let name = body.file_name.unwrap_or_else(|| file_name_of(&body.text));
        let (plan, diagnostics) = cx.state.orchestrator().deps().patterns.check(&name, &body.text);
        let diagnostics = diagnostics.iter().map(PatternDiagnostic::of).collect();
        Reply::data(&CheckResult { valid: plan.is_some(), diagnostics })
    }
}

/// The name that the pattern's own id asks for.
fn file_name_of(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    match value.get("id").and_then(serde_json::Value::as_str) {
        Some(id) => format!("{id}.json"),
        None => "pattern.json".into(),
    }
}
