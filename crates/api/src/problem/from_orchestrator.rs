//! What a refusal of the orchestrator means to the caller: the same words, places as pointers into the body.

use orchestrator::{Include, ProblemItem};
use serde_json::Value;

use super::{FieldError, Problem, codes};

/// Turns an orchestrator's problem into ours; `base` is the pointer of its inputs in the request's body.
#[must_use]
pub fn from_orchestrator(problem: orchestrator::Problem, base: &str) -> Problem {
    let code = known_code(&problem.code, problem.status);
    if code == "internal_error" {
        tracing::error!(code = %problem.code, detail = %problem.detail, step = ?problem.step, "execution failed");
        return Problem::new("internal_error", "the server failed to handle this request");
    }
    let errors = problem.errors.iter().map(|item| place_of(item, base)).collect();
    let mut out = Problem::new(code, problem.detail.clone()).with_errors(errors);
    out.try_ = problem.try_.clone();
    out.retry_after_ms = problem.retry_after_ms;
    if out.code.status == 503 && out.retry_after_ms.is_none() {
        out.retry_after_ms = Some(1000);
    }
    // The one step of a single capability has no name that anybody gave it.
    if let Some(step) = problem.step.as_ref().filter(|step| *step != "value") {
        out = out.with("step", step.as_str());
    }
    match &problem.subject {
        Value::Null => {}
        Value::Object(subject) if subject.contains_key("ledger_commit") => {
            out = out.with("ledger_commit", subject["ledger_commit"].clone());
        }
        subject => out = out.with("subject", subject.clone()),
    }
    // What finished is worth keeping only where time ran out; elsewhere nothing of it is usable.
    if let Some(answer) = problem.partial.as_ref().filter(|_| code == "deadline_exceeded") {
        let partial = serde_json::from_slice::<Value>(&answer.to_json(Include::default(), None));
        out = out.with("partial", partial.unwrap_or_default());
    }
    out
}

/// The same for a route that takes its inputs as parameters: places are named, not pointed at.
#[must_use]
pub fn from_parameters(problem: orchestrator::Problem) -> Problem {
    let mut out = from_orchestrator(problem, "");
    for error in &mut out.errors {
        if let Some(pointer) = error.pointer.take() {
            error.parameter = Some(pointer.trim_start_matches('/').to_owned());
        }
    }
    out
}

fn place_of(item: &ProblemItem, base: &str) -> FieldError {
    FieldError {
        pointer: item.pointer.as_ref().map(|p| format!("{base}{p}")),
        parameter: None,
        line: item.line,
        column: item.column.clone(),
        code: item.code.clone(),
        detail: item.detail.clone(),
        r#try: item.try_.clone(),
        allowed: (!item.allowed.is_empty()).then(|| item.allowed.clone()),
    }
}

/// A code of the table for whatever code arrives.
fn known_code(code: &str, status: u16) -> &'static str {
    if let Some(row) = codes::find(code) {
        return row.code;
    }
    match status {
        404 => "not_found",
        403 => "forbidden",
        409 => "conflict",
        // Codes of values that are absent fail a request only where the request needs the value.
        200 | 400..=499 => "invalid_input",
        503 => "overloaded",
        504 => "deadline_exceeded",
        _ => "internal_error",
    }
}
