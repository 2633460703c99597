//! `GET /api/portfolios/{id}/ledger`: the entries as they were written, with the chain of commits.

use serde::Serialize;
use serde_json::{Value, json};
use store::queries::ledger::{self, StoredEntry};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::page::Paging;
use crate::routes::wire::timestamp;

/// Which entries to list.
#[derive(Debug, ToSchema)]
pub struct LedgerQuery {
    /// First entry, counted from 1.
    pub from_seq: Option<u64>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for LedgerQuery {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        let from = f.opt_integer("from_seq", 1, i64::MAX).and_then(|n| u64::try_from(n).ok());
        Self { from_seq: from, limit, cursor }
    }
}

/// An entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerEntry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// Its id.
    pub entry_id: Uuid,
    /// `record`, `void` or `amend`.
    pub action: &'static str,
    /// Kind of the content.
    pub kind: &'static str,
    /// Entry that it takes back or corrects.
    pub target_seq: Option<u64>,
    /// Account.
    pub account_id: Option<Uuid>,
    /// Security.
    pub security_id: Option<Uuid>,
    /// Day on which it changes the books.
    pub effective_on: chrono::NaiveDate,
    /// The content, as it is hashed.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// Identity in the source.
    pub external_id: Option<String>,
    /// Hash of this entry and everything before it, 64 hex digits.
    pub commit: String,
    /// Commit of the entry before.
    pub prev_commit: String,
    /// `manual`, `import`, `provider` or `api`.
    pub source: &'static str,
    /// Import that brought it.
    pub import_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: String,
    /// Who recorded it.
    pub recorded_by: Uuid,
}

impl LedgerEntry {
    fn of(stored: &StoredEntry) -> Self {
        let entry = &stored.entry;
        Self {
            seq: entry.seq,
            entry_id: entry.entry_id,
            action: entry.action.name(),
            kind: entry.kind.name(),
            target_seq: entry.target_seq,
            account_id: entry.account_id,
            security_id: entry.security_id,
            effective_on: entry.effective_on,
            payload: entry.payload.to_json(),
            external_id: entry.external_id.clone(),
            commit: hex::encode(stored.commit),
            prev_commit: hex::encode(stored.prev_commit),
            source: stored.source.name(),
            import_id: stored.import_id,
            recorded_at: timestamp(entry.recorded_at),
            recorded_by: stored.recorded_by,
        }
    }
}

/// Lists ledger entries.
#[derive(Debug)]
pub struct History;

impl Endpoint for History {
    type Query = LedgerQuery;
    type Body = ();
    type Answer = Vec<LedgerEntry>;
    const SUMMARY: &'static str = "Entries of the ledger in order, with the chain of commits.";

    async fn handle(cx: Context, query: LedgerQuery, (): ()) -> Outcome {
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let after: Option<u64> = paging.position(&cx)?;
        let after = after.unwrap_or_else(|| query.from_seq.unwrap_or(1) - 1);
        let head = guard::portfolio(&cx, cx.path_id("id")?).await?;
        let limit = paging.limit() + 1;
        let mut found =
            guard::as_user(&cx, async |tx| ledger::page(tx, head.user_id, head.id, after, limit).await).await?;
        let page = paging.cut(&cx, &mut found, |stored| json!(stored.entry.seq));
        let rows: Vec<LedgerEntry> = found.iter().map(LedgerEntry::of).collect();
        Ok(Reply::data(&rows)?.page(&page).meta("ledger_commit", hex::encode(head.commit).into()))
    }
}
