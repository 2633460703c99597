//! `GET /api/packs`

use chrono::NaiveDate;
use serde_json::json;
use store::queries::packs;
use utoipa::ToSchema;

use super::record::{DEFAULT_POLICY, PricingPack};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::page::Paging;

/// Which packs to list.
#[derive(Debug, ToSchema)]
pub struct PackFilter {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Policy; `default` when absent.
    pub policy: Option<String>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for PackFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        Self { from: f.opt_date("from"), to: f.opt_date("to"), policy: f.opt_text("policy", 1, 64), limit, cursor }
    }
}

/// Lists packs.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = PackFilter;
    type Body = ();
    type Answer = Vec<PricingPack>;
    const SUMMARY: &'static str = "Pricing packs, newest day first, superseded ones included.";

    async fn handle(cx: Context, query: PackFilter, (): ()) -> Outcome {
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let after: Option<(NaiveDate, u32)> = paging.position(&cx)?;
        let policy = query.policy.as_deref().unwrap_or(DEFAULT_POLICY);
        let limit = paging.limit() + 1;
        let mut found =
            guard::as_user(&cx, async |tx| packs::page(tx, policy, query.from, query.to, after, limit).await).await?;
        let page = paging.cut(&cx, &mut found, |info| json!([info.pack.date, info.pack.revision]));
        let rows: Vec<PricingPack> = found.iter().map(|info| PricingPack::of(info, None)).collect();
        Ok(Reply::data(&rows)?.page(&page))
    }
}
