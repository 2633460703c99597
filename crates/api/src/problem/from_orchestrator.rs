//! What a refusal of the orchestrator means to the caller: the same words, places as pointers into the body.

use super::{FieldError, Problem, codes};

/// Turns an orchestrator's problem into ours; `base` is the pointer of its inputs in the request's body.
#[must_use]
pub fn from_orchestrator(problem: orchestrator::Problem, base: &str) -> Problem {
    let errors: Vec<FieldError> = problem
        .errors
        .into_iter()
        .map(|item| FieldError {
            pointer: item.pointer.map(|p| format!("{base}{p}")),
            parameter: None,
            line: item.line.map(u64::from),
            column: item.column.map(|c| c.to_string()),
            code: item.code,
            detail: item.detail,
            allowed: (!item.allowed.is_empty()).then_some(item.allowed),
        })
        .collect();
    let code = known_code(&problem.code, problem.status);
    if code == "internal_error" {
        tracing::error!(code = %problem.code, detail = %problem.detail, "execution failed");
        return Problem::new("internal_error", "the server failed to handle this request");
    }
    let mut out = Problem::new(code, problem.detail).with_errors(errors);
    out.try_ = problem.try_;
    out.retry_after_ms = problem.retry_after_ms;
    if let Some(step) = problem.step {
        out = out.with("step", step);
    }
    if out.code.status == 503 && out.retry_after_ms.is_none() {
        out.retry_after_ms = Some(1000);
    }
    out
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
