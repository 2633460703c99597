//! Why a request got no answer, in the form that reaches the user: code, status, words, places, and what to try.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use capability::{Effect, Failure, FailureDetail};
use governor::{RejectReason, Rejection};
use serde::Serialize;
use serde_json::Value;

use crate::answer::Answer;

/// A request that got no answer: one pointer to its [`ProblemParts`], whose fields it gives access to.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemParts>);

/// What a problem says. Serialises to the members of RFC 9457 that are not about HTTP itself.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemParts {
    /// Code with a page in `docs/errors/`.
    pub code: String,
    /// HTTP status that belongs to the code.
    pub status: u16,
    /// What kind of thing went wrong, the same for each occurrence.
    pub title: String,
    /// What went wrong here.
    pub detail: String,
    /// All places that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemItem>,
    /// What to do about it.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub try_: Option<String>,
    /// Predicted time after which the same request can be served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The thing it is about, for programs: a conflict carries the current `ledger_commit`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub subject: Value,
    /// What finished before it went wrong.
    #[serde(skip)]
    pub partial: Option<Box<Answer>>,
}

/// One place that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProblemItem {
    /// JSON pointer into the request's inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Line of a file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column of a file: its number or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Code of this place.
    pub code: String,
    /// What is wrong with it.
    pub detail: String,
    /// What to do about it.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub try_: Option<String>,
    /// Values that would be right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

impl Deref for Problem {
    type Target = ProblemParts;

    fn deref(&self) -> &ProblemParts {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemParts {
        &mut self.0
    }
}

impl Problem {
    /// A problem by its code; title and status follow from the code.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        let code = code.into();
        Problem(Box::new(ProblemParts {
            status: capability::http_status(&code),
            title: capability::title(&code).to_owned(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            try_: None,
            retry_after_ms: None,
            step: None,
            subject: Value::Null,
            partial: None,
        }))
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_try(mut self, try_: impl Into<String>) -> Self {
        self.try_ = Some(try_.into());
        self
    }

    /// Adds when to come back.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX).max(1));
        self
    }

    /// Adds the places that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<ProblemItem>) -> Self {
        self.errors = errors;
        self
    }

    /// Its parts, to take.
    pub fn into_parts(self) -> ProblemParts {
        *self.0
    }

    /// True if the same request may succeed later without any change.
    pub fn is_temporary(&self) -> bool {
        matches!(self.status, 503 | 504)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

/// Status that a step's failure gives to the whole request. 200: the value is merely absent, and the answer says so
/// itself (`capabilities.md` §1.5).
pub(crate) fn status_of_failure(failure: &Failure, effect: Effect) -> u16 {
    match failure.code.as_str() {
        // A step that reads asks for a rate or a provider in vain; only a write is refused for it.
        "missing_fx" | "rate_limited" if effect == Effect::None => 200,
        code if capability::CODES.iter().any(|known| known.name == code) => capability::http_status(code),
        _ if effect == Effect::None => 200,
        _ => 422,
    }
}

/// The problem that a failed step is for the whole request.
pub(crate) fn problem_of(step: Option<&str>, failure: &Failure) -> Problem {
    let mut errors: Vec<ProblemItem> = failure.errors.iter().map(item_of).collect();
    if errors.is_empty() && failure.pointer.is_some() {
        errors.push(ProblemItem {
            pointer: failure.pointer.clone(),
            code: failure.code.clone(),
            detail: failure.message.clone(),
            try_: failure.try_.clone(),
            ..ProblemItem::default()
        });
    }
    let mut problem = Problem::new(failure.code.clone(), failure.message.clone()).with_errors(errors);
    problem.try_ = failure.try_.clone();
    problem.retry_after_ms = failure.retry_after_ms;
    problem.step = step.map(str::to_owned);
    problem.subject = failure.subject.clone();
    problem
}

/// The problem that a rejection by the governor is.
pub(crate) fn problem_of_rejection(rejection: Rejection) -> Problem {
    let detail = match rejection.reason {
        RejectReason::DeadlineUnreachable => "the request cannot be served before its deadline",
        RejectReason::QueueTimeout => "the request waited as long as the queue allows",
        RejectReason::QueueFull => "the queue is full",
        RejectReason::AgentWithoutLeases => "an agent of the plan has no connections",
        RejectReason::DuplicateId => "the execution's number is in use",
    };
    Problem::new("overloaded", detail)
        .with_try("try again after the time that is given")
        .with_retry_after(rejection.retry_after)
}

fn item_of(detail: &FailureDetail) -> ProblemItem {
    ProblemItem {
        pointer: detail.pointer.clone(),
        line: detail.line,
        column: detail.column.clone(),
        code: detail.code.clone(),
        detail: detail.detail.clone(),
        try_: detail.try_.clone(),
        allowed: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_status_and_title_by_its_code() {
        let problem = Problem::new("pattern_not_found", "no pattern portfolio_overvew").with_try("portfolio_overview");
        assert_eq!((problem.status, problem.title.as_str()), (404, "No such pattern"));
        let json = serde_json::to_value(&problem).unwrap_or_default();
        assert_eq!(json["try"], "portfolio_overview");
        assert_eq!(json.get("retry_after_ms"), None);
    }

    #[test]
    fn a_failure_keeps_its_places_and_its_subject() {
        let failure = Failure::new("conflict", "the ledger moved on")
            .about(serde_json::json!({"ledger_commit": "b71a"}))
            .at("/if_ledger_commit")
            .transient_after(250);
        let problem = problem_of(Some("booked"), &failure);
        assert_eq!((problem.status, problem.step.as_deref()), (409, Some("booked")));
        assert_eq!(problem.subject["ledger_commit"], "b71a");
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/if_ledger_commit"));
        assert_eq!(problem.retry_after_ms, Some(250));
    }

    #[test]
    fn a_value_that_is_merely_absent_is_no_problem_of_the_request() {
        for (code, effect, status) in [
            ("missing_price", Effect::None, 200),
            ("no_positions", Effect::None, 200),
            ("missing_fx", Effect::None, 200),
            ("missing_fx", Effect::Once, 422),
            ("portfolio_not_found", Effect::None, 404),
            ("deadline_exceeded", Effect::None, 504),
            ("internal_error", Effect::None, 500),
        ] {
            assert_eq!(status_of_failure(&Failure::new(code, ""), effect), status, "{code}");
        }
    }

    #[test]
    fn waiting_is_never_said_to_be_nothing() {
        assert_eq!(Problem::new("overloaded", "").with_retry_after(Duration::ZERO).retry_after_ms, Some(1));
    }
}
