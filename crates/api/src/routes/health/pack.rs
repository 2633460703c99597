//! `GET /health/pack`: whether the newest prices are there.

use std::time::Duration;

use chrono::NaiveDate;
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use store::LeaseTicket;
use store::queries::packs::{self, BuildStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use super::alive::bare;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::Outcome;
use crate::routes::packs::record::DEFAULT_POLICY;
use crate::routes::wire::timestamp;

/// State of the newest pricing pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackStatus {
    /// `fresh`, `warming` or `failed`.
    pub status: &'static str,
    /// Newest pack that can be used.
    pub pricing_pack_id: Option<String>,
    /// Its hash, 64 hex digits.
    pub hash: Option<String>,
    /// Day of the pack, or of the one that is being built.
    pub date: Option<NaiveDate>,
    /// What the build does now.
    pub step: Option<String>,
    /// When the pack that is being built is expected.
    pub estimated_ready_at: Option<String>,
    /// Why the last build failed, or why there is no pack.
    #[schema(value_type = Option<Object>)]
    pub reason: Option<Value>,
}

/// Says whether the newest prices are there.
#[derive(Debug)]
pub struct Pack;

impl Endpoint for Pack {
    type Query = ();
    type Body = ();
    type Answer = PackStatus;
    const SUMMARY: &'static str = "Whether the newest prices are there.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(5));
        let (latest, builds) = cx
            .state
            .store()
            .as_worker(ticket, async |tx| {
                Ok((packs::latest(tx, DEFAULT_POLICY, None).await?, packs::builds(tx, DEFAULT_POLICY, None, 1).await?))
            })
            .await?;
        let newest_date = latest.as_ref().map(|info| info.pack.date);
        // Only a build of a newer day, or one that is still running, says more than the pack itself.
        let build = builds.into_iter().next().filter(|b| newest_date < Some(b.date) || b.status != BuildStatus::Fresh);
        let mut answer = PackStatus {
            status: "fresh",
            pricing_pack_id: latest.as_ref().map(|info| info.pack.display_id.clone()),
            hash: latest.as_ref().map(|info| hex::encode(info.pack.hash)),
            date: newest_date,
            step: None,
            estimated_ready_at: None,
            reason: None,
        };
        let mut wait_s = 60;
        match build {
            Some(build) if build.status != BuildStatus::Fresh => {
                answer.status = build.status.name();
                answer.date = Some(build.date);
                answer.step = build.step;
                answer.estimated_ready_at = build.estimated_ready_at.map(timestamp);
                answer.reason = build.error;
                if let Some(ready_at) = build.estimated_ready_at {
                    wait_s = (ready_at - cx.state.now()).num_seconds().clamp(1, 3600);
                }
            }
            _ if latest.is_none() => {
                answer.status = "failed";
                answer.reason = Some("no pricing pack was built yet".into());
            }
            _ => {}
        }
        if answer.status == "fresh" {
            return bare(StatusCode::OK, &answer);
        }
        let reply = bare(StatusCode::SERVICE_UNAVAILABLE, &answer)?;
        Ok(if answer.status == "warming" { reply.header(header::RETRY_AFTER, &wait_s.to_string()) } else { reply })
    }
}
