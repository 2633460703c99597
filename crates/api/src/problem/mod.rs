//! Problem details (RFC 9457): the one form in which this crate says no.
//!
//! Invariant: `code` is in [`codes::CODES`], so every problem has a status, a title, advice and a page in `docs/errors/`.

pub mod codes;
pub mod from_orchestrator;
pub mod from_store;

use std::ops::{Deref, DerefMut};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use codes::Code;

/// One place in the request that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter, path parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Line of an uploaded file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column (name or number) of an uploaded file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Problem code of this place.
    pub code: String,
    /// What is wrong, in one sentence.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#try: Option<String>,
    /// The values that would be accepted, where they can be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
}

impl FieldError {
    /// An error at a JSON pointer.
    pub fn at(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), code: code.into(), detail: detail.into(), ..Self::default() }
    }

    /// An error in a named parameter.
    pub fn parameter(name: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), code: code.into(), detail: detail.into(), ..Self::default() }
    }

    /// The same error with the list of accepted values.
    #[must_use]
    pub fn allowing(mut self, allowed: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed = Some(allowed.into_iter().map(Into::into).collect());
        self
    }
}

/// A refusal or a failure, before it is written as a response: one pointer to its [`ProblemParts`].
#[derive(Debug, Clone)]
pub struct Problem(Box<ProblemParts>);

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

/// What a problem says.
#[derive(Debug, Clone)]
pub struct ProblemParts {
    /// Row of the code table: code, status, title, advice.
    pub code: &'static Code,
    /// What happened, in one sentence.
    pub detail: String,
    /// Advice for this case; the code's general advice where absent.
    pub try_: Option<String>,
    /// All places that are wrong.
    pub errors: Vec<FieldError>,
    /// When to come back, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Further members, such as the current `ledger_commit` of a conflict.
    pub extra: Map<String, Value>,
    /// Further response headers.
    pub headers: Vec<(http::HeaderName, HeaderValue)>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of a known code. A code outside the table becomes `internal_error`: it is a bug here, not the caller's.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let row = codes::find(code).unwrap_or_else(|| {
            tracing::error!(code, "problem code is not in the table");
            codes::internal()
        });
        Self(Box::new(ProblemParts {
            code: row,
            detail: detail.into(),
            try_: None,
            errors: Vec::new(),
            retry_after_ms: None,
            extra: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// Our fault: the cause goes to the log, never into the answer.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Self::new("internal_error", "the server failed to handle this request")
    }

    /// With advice for this case.
    #[must_use]
    pub fn trying(mut self, advice: impl Into<String>) -> Self {
        self.try_ = Some(advice.into());
        self
    }

    /// With the places that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// With one place that is wrong.
    #[must_use]
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }

    /// With the time after which the request may succeed.
    #[must_use]
    pub fn retry_after(mut self, wait_ms: u64) -> Self {
        self.retry_after_ms = Some(wait_ms);
        self
    }

    /// With one further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// With one further header.
    #[must_use]
    pub fn with_header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// HTTP status of the code.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self, instance: &str, request_id: &str) -> Value {
        let mut body = Map::new();
        let code = self.code.code;
        body.insert("type".into(), format!("/docs/errors/{code}").into());
        body.insert("title".into(), self.code.title.into());
        body.insert("status".into(), self.code.status.into());
        body.insert("code".into(), code.into());
        body.insert("detail".into(), self.detail.clone().into());
        body.insert("instance".into(), instance.into());
        body.insert("request_id".into(), request_id.into());
        let advice = self.try_.as_deref().unwrap_or(self.code.try_);
        body.insert("try".into(), advice.into());
        if !self.errors.is_empty() {
            let errors = serde_json::to_value(&self.errors).unwrap_or_default();
            body.insert("errors".into(), errors);
        }
        if let Some(wait) = self.retry_after_ms {
            body.insert("retry_after_ms".into(), wait.into());
        }
        for (name, value) in &self.extra {
            body.insert(name.clone(), value.clone());
        }
        Value::Object(body)
    }

    /// The response, for the request path `instance`.
    #[must_use]
    pub fn response(&self, instance: &str, request_id: &str) -> Response {
        let body = self.body(instance, request_id).to_string();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after_ms {
            let seconds = wait.div_ceil(1000).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        response
    }
}

/// Wire form of a problem, for the OpenAPI file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// Page about the code, `/docs/errors/{code}`.
    pub r#type: String,
    /// Short title of the code.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Machine-readable code.
    pub code: String,
    /// What happened.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Id of the request, also in the server's log.
    pub request_id: String,
    /// What to do about it.
    pub r#try: String,
    /// Every place that is wrong.
    pub errors: Option<Vec<FieldError>>,
    /// When to come back, in milliseconds.
    pub retry_after_ms: Option<u64>,
}
