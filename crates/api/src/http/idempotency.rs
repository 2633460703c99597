//! `Idempotency-Key`: the same request is done once, and its answer repeated.
//!
//! Invariant: a key has one meaning for its user: another method, path or body under it is a conflict.

use http::{HeaderName, StatusCode, header};
use serde_json::{Map, Value};
use store::queries::idempotency::{self, Begun, KeptResponse};

use super::context::{Context, invalid_header};
use super::guard;
use super::reply::{Outcome, Reply, ReplyBody};
use crate::auth::secret;
use crate::problem::Problem;
use crate::router::Idempotency;

/// Largest answer that is kept; a larger one is repeated as `204` with its headers.
const KEPT_MAX: usize = 4 * 1024 * 1024;

/// Runs the route's handler under its idempotency rule.
///
/// # Errors
/// What the rule or the handler refuses.
pub async fn run(cx: Context) -> Outcome {
    let run = cx.route.run;
    let Some(key) = key(&cx)? else { return run(cx).await };
    let user = cx.user()?;
    let method = cx.route.method.as_str();
    let hash = request_hash(&cx);
    let now = cx.state.now();
    let begun =
        guard::as_user(&cx, async |tx| idempotency::begin(tx, user, &key, method, &cx.instance, &hash, now).await)
            .await?;
    match begun {
        Begun::New => {}
        Begun::Done(kept) => return Ok(replay(kept)),
        Begun::Running => {
            return Err(Problem::new(
                "idempotency_in_progress",
                "a request with this Idempotency-Key is still running",
            )
            .retry_after(1000));
        }
        Begun::OtherRequest => {
            return Err(Problem::new("conflict", "this Idempotency-Key was used with another request"));
        }
    }
    let outcome = run(cx.clone()).await;
    match &outcome {
        Ok(reply) => {
            let kept = keep(reply, &cx);
            let saved = guard::as_user(&cx, async |tx| idempotency::finish(tx, user, &key, &kept).await).await;
            if let Err(problem) = saved {
                // The work is done; only a repetition would not be answered from memory.
                tracing::warn!(%problem, "answer of an idempotency key was not kept");
            }
        }
        // Nothing was written by a refused request, so the key is free again. After a deadline that is not known: the
        // key stays taken, and the ledger's own key keeps the work from being done twice.
        Err(problem) if problem.code.status < 500 => {
            let freed = guard::as_user(&cx, async |tx| idempotency::release(tx, user, &key).await).await;
            if let Err(problem) = freed {
                tracing::warn!(%problem, "idempotency key was not freed");
            }
        }
        Err(_) => {}
    }
    outcome
}

fn key(cx: &Context) -> Result<Option<String>, Problem> {
    let rule = cx.route.idempotency;
    let Some(value) = cx.headers.get("idempotency-key").filter(|_| rule != Idempotency::Unused) else {
        return match rule {
            Idempotency::Required => {
                Err(invalid_header("Idempotency-Key", "this route needs an Idempotency-Key of 1 to 128 characters"))
            }
            _ => Ok(None),
        };
    };
    match value.to_str() {
        Ok(text) if (1..=128).contains(&text.len()) => Ok(Some(text.to_owned())),
        _ => Err(invalid_header("Idempotency-Key", "Idempotency-Key must be 1 to 128 visible ASCII characters")),
    }
}

fn request_hash(cx: &Context) -> [u8; 32] {
    let mut text = format!("{} {}?{} ", cx.route.method, cx.instance, cx.query).into_bytes();
    text.extend_from_slice(&cx.body);
    secret::mac(b"idempotency", &text)
}

fn keep(reply: &Reply, cx: &Context) -> KeptResponse {
    let (media_type, body) = reply.body_bytes(&cx.request_id, &cx.trace_id);
    let mut headers = Map::new();
    for name in [header::LOCATION, header::ETAG] {
        if let Some(value) = reply.headers.get(&name).and_then(|v| v.to_str().ok()) {
            headers.insert(name.as_str().to_owned(), value.into());
        }
    }
    if let Some(media_type) = media_type {
        headers.insert("content-type".into(), media_type.into());
    }
    let fits = body.len() <= KEPT_MAX;
    KeptResponse {
        status: if fits { reply.status.as_u16() } else { StatusCode::NO_CONTENT.as_u16() },
        headers: Value::Object(headers),
        body: if fits { body.to_vec() } else { Vec::new() },
    }
}

fn replay(kept: KeptResponse) -> Reply {
    let text = |name: &str| kept.headers.get(name).and_then(Value::as_str);
    let media_type = match text("content-type") {
        Some("application/json") => "application/json",
        _ => "application/octet-stream",
    };
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let body =
        if kept.body.is_empty() { ReplyBody::Empty } else { ReplyBody::Raw(media_type, kept.body.clone().into()) };
    let mut reply = Reply::new(status, body).header(HeaderName::from_static("idempotency-replayed"), "true");
    for name in [header::LOCATION, header::ETAG] {
        if let Some(value) = kept.headers.get(name.as_str()).and_then(Value::as_str) {
            reply = reply.header(name, value);
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_replay_has_the_first_answers_status_headers_and_bytes() {
        let kept = KeptResponse {
            status: 201,
            headers: json!({"location": "/api/portfolios/1", "content-type": "application/json"}),
            body: b"{\"data\":1}".to_vec(),
        };
        let reply = replay(kept);
        assert_eq!(reply.status, StatusCode::CREATED);
        assert_eq!(reply.headers["location"], "/api/portfolios/1");
        assert_eq!(reply.headers["idempotency-replayed"], "true");
        assert_eq!(reply.body_bytes("r", "t").1.as_ref(), b"{\"data\":1}");
    }
}
