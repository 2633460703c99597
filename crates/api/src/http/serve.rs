//! The frame around each handler: ids, identity, rates, CSRF, permission, body, idempotency, envelope, headers.
//!
//! Invariant: whatever happens inside (a panic included), the answer is an envelope or a problem with the standing
//! headers; and nothing is read from the body before the caller is known and allowed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use axum::response::Response;
use bytes::Bytes;
use futures::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use uuid::Uuid;

use super::context::{Context, DEADLINE_MAX_MS, invalid_header};
use super::idempotency;
use super::rate_limit::Standing;
use super::reply::Outcome;
use crate::auth::{caller, csrf};
use crate::problem::{FieldError, Problem};
use crate::router::{Access, Route};
use crate::state::AppState;

/// Largest JSON body, in bytes.
const BODY_MAX_BYTES: u64 = 1024 * 1024;

/// Ids of a request, known before anything can fail.
struct Ids {
    request_id: String,
    trace_id: String,
    traceparent: String,
    /// Sent back as it came.
    tracestate: Option<HeaderValue>,
    /// Decides about CORS.
    origin: Option<HeaderValue>,
}

/// Serves one request on a route.
pub async fn serve(state: AppState, route: &'static Route, request: Request<Body>) -> Response {
    let started = state.clock().monotonic();
    let (mut parts, body) = request.into_parts();
    let ids = Ids::of(&parts.headers);
    let instance = parts.uri.path().to_owned();
    let mut standing = None;
    let work = handle(&state, route, &mut parts, body, &ids, &mut standing);
    let outcome = caught(work).await;
    let mut response = match outcome {
        Ok(reply) => reply.into_response(&ids.request_id, &ids.trace_id),
        Err(problem) => {
            if 500 <= problem.code.status {
                tracing::warn!(request_id = %ids.request_id, route = route.path, code = problem.code.code, "request failed");
            }
            problem.response(&instance, &ids.request_id)
        }
    };
    if let Some(standing) = standing {
        standing.write(response.headers_mut());
    }
    finish(&state, &ids, &mut response);
    let seconds = state.clock().monotonic().saturating_sub(started).as_secs_f64();
    metrics::histogram!("dawsos_http_request_seconds", "route" => route.path, "status" => status_label(&response))
        .record(seconds);
    response
}

/// The outcome of work, or our fault where it panics.
async fn caught(work: impl Future<Output = Outcome>) -> Outcome {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => Err(Problem::internal(panic_text(panic.as_ref()))),
    }
}

fn status_label(response: &Response) -> &'static str {
    match response.status().as_u16() {
        200 => "200",
        201 => "201",
        202 => "202",
        204 => "204",
        304 => "304",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        409 => "409",
        422 => "422",
        429 => "429",
        503 => "503",
        504 => "504",
        other if other < 500 => "4xx",
        _ => "5xx",
    }
}

/// Answers a request that no route takes with this problem.
pub fn refuse(state: &AppState, request: &Request<Body>, problem: &Problem) -> Response {
    let ids = Ids::of(request.headers());
    let mut response = problem.response(request.uri().path(), &ids.request_id);
    finish(state, &ids, &mut response);
    response
}

/// Writes the standing headers on an answer made outside a route (the web interface's files).
pub fn dress(state: &AppState, request_headers: &HeaderMap, response: &mut Response) {
    let ids = Ids::of(request_headers);
    finish(state, &ids, response);
}

async fn handle(
    state: &AppState,
    route: &'static Route,
    parts: &mut Parts,
    body: Body,
    ids: &Ids,
    standing: &mut Option<Standing>,
) -> Outcome {
    let address = client_address(state, parts);
    check_request_id(&parts.headers)?;
    let deadline_ms = deadline(&parts.headers)?;
    let caller = match caller::identify(state, &parts.headers).await {
        Ok(caller) => caller,
        // A stale cookie must not keep anybody from signing in again.
        Err(_) if route.access == Access::Public => None,
        Err(problem) => {
            *standing = state.limiter().address(route.class, address)?;
            return Err(problem);
        }
    };
    *standing = match &caller {
        Some(caller) if route.access != Access::Public => state.limiter().user(route.class, caller.user_id)?,
        _ => state.limiter().address(route.class, address)?,
    };
    let unsafe_method = !(parts.method == Method::GET || parts.method == Method::HEAD);
    match (&caller, route.access) {
        (_, Access::Public) if unsafe_method => csrf::check_public(&parts.headers, &state.settings().public_url)?,
        (_, Access::Public) => {}
        (None, _) => return Err(Problem::new("not_authenticated", "this route needs a signed-in user")),
        (Some(caller), access) => {
            if unsafe_method {
                csrf::check(caller, &parts.headers, &state.settings().public_url)?;
            }
            if let Access::Needs(permission) = access {
                caller.require(permission)?;
            }
        }
    }
    let path = path_parameters(parts).await?;
    let body = if unsafe_method { read_body(state, route, &parts.headers, body).await? } else { Bytes::new() };
    let cx = Context {
        state: state.clone(),
        route,
        caller,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: std::mem::take(&mut parts.headers),
        body,
        instance: parts.uri.path().to_owned(),
        request_id: ids.request_id.clone(),
        trace_id: ids.trace_id.clone(),
        deadline_ms,
        address,
    };
    idempotency::run(cx).await
}

async fn path_parameters(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    let raw = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Problem::new("invalid_id", "the path is not percent-encoded UTF-8"))?;
    Ok(raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

async fn read_body(state: &AppState, route: &Route, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let limit = if route.is_upload() { state.settings().upload_max_bytes } else { BODY_MAX_BYTES };
    let too_large = || Problem::new("payload_too_large", format!("the body is larger than {limit} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| limit < length) {
        return Err(too_large());
    }
    let wait = Duration::from_secs(state.settings().upload_timeout_s);
    let limit_here = usize::try_from(limit).unwrap_or(usize::MAX);
    let bytes = match tokio::time::timeout(wait, axum::body::to_bytes(body, limit_here)).await {
        Err(_) => {
            return Err(Problem::new(
                "upload_too_slow",
                format!("the body did not arrive within {} s", wait.as_secs()),
            ));
        }
        Ok(Err(error)) if is_length_limit(&error) => return Err(too_large()),
        Ok(Err(_)) => return Err(Problem::new("upload_too_slow", "the body ended early")),
        Ok(Ok(bytes)) => bytes,
    };
    if !bytes.is_empty() {
        check_media_type(route, headers)?;
    }
    Ok(bytes)
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        source = error.source();
    }
    false
}

fn check_media_type(route: &Route, headers: &HeaderMap) -> Result<(), Problem> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let wanted = if route.is_upload() { "multipart/form-data" } else { "application/json" };
    if essence == wanted {
        return Ok(());
    }
    let found = if essence.is_empty() { "nothing" } else { essence.as_str() };
    Err(Problem::new("unsupported_media_type", format!("this route takes {wanted}, Content-Type says {found}")))
}

fn check_request_id(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("x-request-id") {
        Some(value) if !is_request_id(value.as_bytes()) => {
            Err(invalid_header("X-Request-Id", "X-Request-Id must be 1 to 64 characters of A-Z a-z 0-9 _ -"))
        }
        _ => Ok(()),
    }
}

fn is_request_id(bytes: &[u8]) -> bool {
    (1..=64).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-')
}

fn deadline(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("x-deadline-ms") else { return Ok(None) };
    match value.to_str().ok().and_then(|t| t.parse::<u64>().ok()) {
        Some(ms) if (1..=DEADLINE_MAX_MS).contains(&ms) => Ok(Some(ms)),
        _ => Err(invalid_header("X-Deadline-Ms", "X-Deadline-Ms must be a whole number from 1 to 60000")),
    }
}

fn client_address(state: &AppState, parts: &Parts) -> IpAddr {
    let peer =
        parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    if !state.settings().trusted_proxies.contains(&peer) {
        return peer;
    }
    // The last hop wrote the rightmost address; those before it are what the client claims.
    let forwarded = parts.headers.get("x-forwarded-for").and_then(|v| v.to_str().ok());
    forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

impl Ids {
    fn of(headers: &HeaderMap) -> Self {
        let request_id = match headers.get("x-request-id").and_then(|v| v.to_str().ok()) {
            Some(sent) if is_request_id(sent.as_bytes()) => sent.to_owned(),
            _ => Uuid::now_v7().simple().to_string(),
        };
        let trace_id = headers
            .get("traceparent")
            .and_then(|v| v.to_str().ok())
            .and_then(trace_of)
            .map_or_else(|| format!("{:032x}", rand::random::<u128>().max(1)), str::to_owned);
        let traceparent = format!("00-{trace_id}-{:016x}-01", rand::random::<u64>().max(1));
        let tracestate = headers.get("tracestate").cloned();
        Self { request_id, trace_id, traceparent, tracestate, origin: headers.get(header::ORIGIN).cloned() }
    }
}

/// The trace id of a well-formed `traceparent`.
fn trace_of(text: &str) -> Option<&str> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let valid = hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && trace.bytes().any(|b| b != b'0')
        && hex(span, 16)
        && span.bytes().any(|b| b != b'0')
        && hex(flags, 2);
    valid.then_some(trace)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_default())
}

const STANDING: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; img-src 'self' data:",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

fn finish(state: &AppState, ids: &Ids, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in STANDING {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-request-id", &ids.request_id);
    set("traceparent", &ids.traceparent);
    set("x-dawsos-version", &state.settings().build.version);
    if let Some(tracestate) = &ids.tracestate {
        headers.insert(HeaderName::from_static("tracestate"), tracestate.clone());
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("Authorization, Cookie"));
    if state.settings().is_https() {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    if state.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    allow_origin(state, ids.origin.as_ref(), headers);
}

/// CORS for the origins that the settings name.
fn allow_origin(state: &AppState, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    if state.settings().cors_origins.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    if state.settings().cors_origins.iter().any(|o| o.as_bytes() == origin.as_bytes()) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"),
        );
    }
}

/// Answers OPTIONS, and any other method that a path does not have.
pub fn other_method(state: &AppState, allow: &'static str, request: &Request<Body>) -> Response {
    let allow_value = HeaderValue::from_static(allow);
    if request.method() != Method::OPTIONS {
        let problem = Problem::new("method_not_allowed", format!("{} is not allowed here", request.method()))
            .with_error(FieldError {
                allowed: Some(allow.split(", ").map(Into::into).collect()),
                code: "method_not_allowed".into(),
                detail: format!("allowed: {allow}"),
                ..Default::default()
            })
            .with_header(header::ALLOW, allow_value);
        return refuse(state, request, &problem);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    response.headers_mut().insert(header::ALLOW, allow_value.clone());
    dress(state, request.headers(), &mut response);
    let headers = response.headers_mut();
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow_value);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Deadline-Ms, X-Request-Id, traceparent, tracestate"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_trace_parents_are_continued() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_of(good), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for bad in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf9-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace_of(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_our_fault_and_says_nothing_of_itself() {
        let problem = caught(async { panic!("secret detail") }).await.expect_err("a problem");
        assert_eq!((problem.code.code, problem.status().as_u16()), ("internal_error", 500));
        assert!(!problem.body("/", "id").to_string().contains("secret"));
    }

    #[test]
    fn request_ids_are_short_and_plain() {
        assert!(is_request_id(b"abc-DEF_123"));
        assert!(!is_request_id(b""));
        assert!(!is_request_id(b"a b"));
        assert!(!is_request_id(&[b'a'; 65]));
    }
}
