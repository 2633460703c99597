//! `GET /api/imports`

use serde_json::json;
use store::queries::imports;
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::Import;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::page::Paging;

/// Which imports to list.
#[derive(Debug, ToSchema)]
pub struct ImportFilter {
    /// Of this portfolio.
    pub portfolio_id: Option<Uuid>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for ImportFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        Self { portfolio_id: f.opt_uuid("portfolio_id"), limit, cursor }
    }
}

/// Lists imports.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = ImportFilter;
    type Body = ();
    type Answer = Vec<Import>;
    const SUMMARY: &'static str = "Your imports, newest first.";

    async fn handle(cx: Context, query: ImportFilter, (): ()) -> Outcome {
        let user = cx.user()?;
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let before: Option<Uuid> = paging.position(&cx)?;
        if let Some(portfolio) = query.portfolio_id {
            guard::portfolio(&cx, portfolio).await?;
        }
        let limit = paging.limit() + 1;
        let mut found =
            guard::as_user(&cx, async |tx| imports::list(tx, user, query.portfolio_id, before, limit).await).await?;
        let page = paging.cut(&cx, &mut found, |import| json!(import.id));
        let rows: Vec<Import> = found.iter().map(Import::of).collect();
        Ok(Reply::data(&rows)?.page(&page))
    }
}
