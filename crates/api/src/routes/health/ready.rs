//! `GET /health/ready`: whether requests can be served, asked outside the pool, so that a full pool does not look dead.

use std::time::Duration;

use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::alive::bare;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::Outcome;

/// Longest wait for the database's answer.
const PING: Duration = Duration::from_secs(2);

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyCheck {
    /// What was looked at.
    pub name: &'static str,
    /// `ok` or `failed`.
    pub state: &'static str,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// Whether requests can be served.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyStatus {
    /// `ready`, `starting`, `draining` or `degraded`.
    pub status: &'static str,
    /// What was looked at.
    pub checks: Vec<ReadyCheck>,
}

/// Says whether requests can be served.
#[derive(Debug)]
pub struct Ready;

impl Endpoint for Ready {
    type Query = ();
    type Body = ();
    type Answer = ReadyStatus;
    const SUMMARY: &'static str = "Whether requests can be served now.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let started = cx.state.clock().monotonic();
        let answered = cx.state.store().ping(PING).await.is_ok();
        let ms = (cx.state.clock().monotonic() - started).as_secs_f64() * 1000.0;
        let database = ReadyCheck { name: "database", state: if answered { "ok" } else { "failed" }, ms };
        let status = match (cx.state.is_draining(), cx.state.is_ready(), answered) {
            (true, _, _) => "draining",
            (false, false, _) => "starting",
            (false, true, false) => "degraded",
            (false, true, true) => "ready",
        };
        let code = if status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let reply = bare(code, &ReadyStatus { status, checks: vec![database] })?;
        Ok(if code.is_success() { reply } else { reply.header(header::RETRY_AFTER, "1") })
    }
}
