//! `GET /health`: the process lives; touches nothing.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// The process lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct AliveStatus {
    /// Always `ok`.
    pub status: &'static str,
    /// Version of the release.
    pub version: String,
}

/// Says that the process lives.
#[derive(Debug)]
pub struct Alive;

impl Endpoint for Alive {
    type Query = ();
    type Body = ();
    type Answer = AliveStatus;
    const SUMMARY: &'static str = "Whether the process lives.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let status = AliveStatus { status: "ok", version: cx.state.settings().build.version.clone() };
        bare(StatusCode::OK, &status)
    }
}

/// A health answer has no envelope, so that probes stay simple.
pub(super) fn bare(status: StatusCode, body: &impl Serialize) -> Outcome {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(Reply::raw(status, "application/json", bytes).header(http::header::CACHE_CONTROL, "no-store"))
}
