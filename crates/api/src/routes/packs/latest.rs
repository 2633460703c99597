//! `GET /api/packs/latest`

use chrono::NaiveDate;
use store::queries::packs;
use utoipa::ToSchema;

use super::record::{DEFAULT_POLICY, PricingPack};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;

/// Which newest pack is wanted.
#[derive(Debug, ToSchema)]
pub struct LatestFilter {
    /// Newest day that counts; today's newest when absent.
    pub as_of: Option<NaiveDate>,
    /// Policy; `default` when absent.
    pub policy: Option<String>,
}

impl Input for LatestFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { as_of: f.opt_date("as_of"), policy: f.opt_text("policy", 1, 64) }
    }
}

/// Shows the newest pack.
#[derive(Debug)]
pub struct Latest;

impl Endpoint for Latest {
    type Query = LatestFilter;
    type Body = ();
    type Answer = PricingPack;
    const SUMMARY: &'static str = "The current pack of the newest day.";

    async fn handle(cx: Context, query: LatestFilter, (): ()) -> Outcome {
        let policy = query.policy.as_deref().unwrap_or(DEFAULT_POLICY);
        let found = guard::as_user(&cx, async |tx| {
            let Some(info) = packs::latest(tx, policy, query.as_of).await? else { return Ok(None) };
            let build = packs::build_of_pack(tx, &info.pack.hash).await?;
            Ok(Some((info, build)))
        })
        .await?;
        let (info, build) = found.ok_or_else(|| not_found("pricing_pack"))?;
        Reply::data(&PricingPack::of(&info, build.as_ref()))
    }
}
