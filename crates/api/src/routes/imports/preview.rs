//! `GET /api/imports/{id}/preview`: the capability `ledger.import_preview`.

use serde_json::Map;
use utoipa::ToSchema;

use crate::computed::{ComputedAnswer, Standard, prepare_page, read_page};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Page};
use crate::routes::page::Paging;
use crate::routes::transactions::list::position_of;

/// Which rows to show.
#[derive(Debug, ToSchema)]
pub struct PreviewQuery {
    /// Rows in these states, separated by commas: `ok`, `warning`, `error`, `duplicate`, `ignored`.
    pub status: Option<Vec<String>>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for PreviewQuery {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        let status = f.words("status", Some(&["ok", "warning", "error", "duplicate", "ignored"]));
        Self { status, limit, cursor }
    }
}

/// Shows what an import would write.
#[derive(Debug)]
pub struct Preview;

impl Endpoint for Preview {
    type Query = PreviewQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "What an import would write, with the problems of each row.";

    async fn handle(cx: Context, query: PreviewQuery, (): ()) -> Outcome {
        let import = super::show::read(&cx).await?;
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let mut args = Map::new();
        args.insert("portfolio_id".into(), import.portfolio_id.to_string().into());
        args.insert("import_id".into(), import.id.to_string().into());
        args.insert("limit".into(), paging.limit().into());
        if let Some(status) = query.status {
            args.insert("status".into(), status.into());
        }
        if let Some(cursor) = paging.opened(&cx)? {
            args.insert("cursor".into(), cursor.position);
        }
        let prepared = prepare_page(&cx, "ledger.import_preview", args, &Standard::default()).await?;
        read_page(&cx, prepared, Default::default(), |answer| {
            let (next, total) = position_of(answer);
            Page {
                limit: paging.limit(),
                has_more: next.is_some(),
                next_cursor: next.map(|position| paging.seal(&cx, position.into(), None, None)),
                total,
            }
        })
        .await
    }
}
