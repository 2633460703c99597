//! `GET /metrics`: Prometheus text, for this machine or for whoever has the token.

use http::{StatusCode, header};

use crate::auth::secret;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::measure;
use crate::problem::Problem;

/// Sends the metrics.
#[derive(Debug)]
pub struct Metrics;

impl Endpoint for Metrics {
    type Query = ();
    type Body = ();
    type Answer = String;
    const SUMMARY: &'static str = "Metrics in Prometheus's text form; loopback or metrics token only.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let token = &cx.state.settings().metrics_token;
        let sent = cx.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
        let has_token = !token.is_empty() && sent.is_some_and(|s| secret::equal(s.as_bytes(), token.as_bytes()));
        if !has_token && !cx.address.is_loopback() {
            return Err(Problem::new("route_not_found", "there is no route GET /metrics"));
        }
        match cx.state.metrics() {
            Some(handle) => {
                measure::look(&cx.state).await;
                Ok(Reply::raw(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", handle.render()))
            }
            None => Err(Problem::new("not_found", "metrics are switched off in this process")),
        }
    }
}
