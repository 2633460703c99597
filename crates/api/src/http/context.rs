//! One request, as handlers see it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use store::queries::audit::AuditLine;
use uuid::Uuid;

use crate::auth::caller::Caller;
use crate::problem::{FieldError, Problem};
use crate::router::Route;
use crate::state::AppState;

/// Longest deadline that a caller may set, in milliseconds.
pub const DEADLINE_MAX_MS: u64 = 60_000;

/// A request after the frame has looked at it.
#[derive(Clone)]
pub struct Context {
    /// The server.
    pub state: AppState,
    /// The route that matched.
    pub route: &'static Route,
    /// The signed-in user.
    pub caller: Option<Arc<Caller>>,
    /// Parameters of the path, in order.
    pub path: Vec<(String, String)>,
    /// The query string as it was sent.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Path of the request.
    pub instance: String,
    /// Id of the request.
    pub request_id: String,
    /// W3C trace id, 32 hex digits.
    pub trace_id: String,
    /// Deadline that the caller set.
    pub deadline_ms: Option<u64>,
    /// Address of the caller.
    pub address: IpAddr,
}

impl Context {
    /// The signed-in user; routes that need none must not ask.
    ///
    /// # Errors
    /// `not_authenticated`.
    pub fn caller(&self) -> Result<&Arc<Caller>, Problem> {
        self.caller.as_ref().ok_or_else(|| Problem::new("not_authenticated", "this route needs a signed-in user"))
    }

    /// Id of the signed-in user.
    ///
    /// # Errors
    /// `not_authenticated`.
    pub fn user(&self) -> Result<Uuid, Problem> {
        self.caller().map(|c| c.user_id)
    }

    /// A parameter of the path as it was sent.
    #[must_use]
    pub fn path_text(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// A UUID in the path.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn path_id(&self, name: &str) -> Result<Uuid, Problem> {
        let text = self.path_text(name);
        Uuid::try_parse(text).map_err(|_| {
            let detail = format!("{name} must be a UUID, is {text:?}");
            Problem::new("invalid_id", detail.clone()).with_error(FieldError::parameter(name, "invalid_id", detail))
        })
    }

    /// Time that a record route may take, in milliseconds.
    #[must_use]
    pub fn record_deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms.unwrap_or(10_000))
    }

    /// The version that `If-Match` names.
    ///
    /// # Errors
    /// `precondition_required` without the header, `invalid_header` for another form than `"v3"`.
    pub fn if_match(&self) -> Result<i32, Problem> {
        let Some(value) = self.headers.get(header::IF_MATCH) else {
            return Err(Problem::new("precondition_required", "this route needs If-Match with the record's ETag"));
        };
        value
            .to_str()
            .ok()
            .and_then(|t| t.trim().strip_prefix("\"v")?.strip_suffix('"')?.parse().ok())
            .ok_or_else(|| invalid_header("If-Match", "If-Match must be the record's ETag, such as \"v3\""))
    }

    /// Whether `If-None-Match` names this ETag.
    #[must_use]
    pub fn has_etag(&self, etag: &str) -> bool {
        self.headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .any(|list| list.split(',').map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == etag))
    }

    /// The `Idempotency-Key`, where one was sent.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key").and_then(|v| v.to_str().ok())
    }

    /// A line of the audit log about something that `user` did with this request. Names and ids only, no amounts.
    #[must_use]
    pub fn audit(&self, user: Uuid, action: &str, resource_type: &str, resource: impl ToString) -> AuditLine {
        AuditLine {
            ip: self.known_address(),
            user_agent: self.user_agent(),
            request_id: Some(self.request_id.clone()),
            trace_id: Some(self.trace_id.clone()),
            ..AuditLine::new(Some(user), action, resource_type, resource)
        }
    }

    /// The caller's address, where the transport told it.
    #[must_use]
    pub fn known_address(&self) -> Option<IpAddr> {
        (!self.address.is_unspecified()).then_some(self.address)
    }

    /// The caller's browser or program, shortened.
    #[must_use]
    pub fn user_agent(&self) -> Option<String> {
        let text = self.headers.get(header::USER_AGENT)?.to_str().ok()?;
        Some(text.chars().take(200).collect())
    }
}

/// A header that is wrong.
#[must_use]
pub fn invalid_header(name: &str, detail: &str) -> Problem {
    Problem::new("invalid_header", detail).with_error(FieldError::parameter(name, "invalid_header", detail))
}

/// The problem for a record that changed since it was read.
#[must_use]
pub fn stale_version(what: &str, current: i32) -> Problem {
    let problem = Problem::new("precondition_failed", format!("the {what} has changed; its version is {current}"))
        .with("version", current);
    match http::HeaderValue::from_str(&format!("\"v{current}\"")) {
        Ok(etag) => problem.with_header(header::ETAG, etag),
        Err(_) => problem,
    }
}
