//! `GET /api/portfolios`

use serde_json::json;
use store::queries::portfolios;
use utoipa::ToSchema;

use super::record::Portfolio;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::page::Paging;

/// Which portfolios to list.
#[derive(Debug, ToSchema)]
pub struct PortfolioFilter {
    /// `active` or `archived`; both when absent.
    pub status: Option<String>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for PortfolioFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        Self { status: f.opt_choice("status", &["active", "archived"]), limit, cursor }
    }
}

/// Lists portfolios.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = PortfolioFilter;
    type Body = ();
    type Answer = Vec<Portfolio>;
    const SUMMARY: &'static str = "Your own portfolios by name, then those shared with you.";

    async fn handle(cx: Context, query: PortfolioFilter, (): ()) -> Outcome {
        let user = cx.user()?;
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let after: Option<usize> = paging.position(&cx)?;
        let status = query.status.as_deref();
        let heads = guard::as_user(&cx, async |tx| portfolios::list(tx, user, status).await).await?;
        let from = after.unwrap_or(0);
        let mut rows: Vec<(usize, Portfolio)> =
            heads.iter().enumerate().skip(from).map(|(index, head)| (index, Portfolio::of(head, user))).collect();
        let page = paging.cut(&cx, &mut rows, |(index, _)| json!(index + 1));
        let rows: Vec<Portfolio> = rows.into_iter().map(|(_, row)| row).collect();
        Ok(Reply::data(&rows)?.page(&page))
    }
}
