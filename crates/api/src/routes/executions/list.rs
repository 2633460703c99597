//! `GET /api/executions`

use serde::Serialize;
use serde_json::{Value, json};
use store::queries::executions::{self, Execution as Stored};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::page::Paging;
use crate::routes::wire::timestamp;

/// Which executions to list.
#[derive(Debug, ToSchema)]
pub struct ExecutionFilter {
    /// Of this pattern.
    pub pattern: Option<String>,
    /// `queued`, `running`, `finished`, `failed` or `cancelled`.
    pub status: Option<String>,
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Input for ExecutionFilter {
    fn read(f: &mut Fields<'_>) -> Self {
        let Paging { limit, cursor } = Paging::read(f);
        Self {
            pattern: f.opt_text("pattern", 1, 120),
            status: f.opt_choice("status", &["queued", "running", "finished", "failed", "cancelled"]),
            limit,
            cursor,
        }
    }
}

/// A run of a pattern.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExecutionSummary {
    /// Its id.
    pub id: Uuid,
    /// Pattern.
    pub pattern: String,
    /// SHA-256 of the pattern's text, 64 hex digits.
    pub pattern_hash: String,
    /// `sync` or `async`.
    pub mode: String,
    /// From where it was asked: `api`, `ui`, `cli`, `mcp`, `job` or `ai`.
    pub trigger: String,
    /// `queued`, `running`, `finished`, `failed` or `cancelled`.
    pub status: String,
    /// What it was pinned to.
    #[schema(value_type = Object)]
    pub context: Value,
    /// Content key of its result, 64 hex digits.
    pub result_key: Option<String>,
    /// Why it failed.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
    /// When it was asked for.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

impl ExecutionSummary {
    /// The wire form.
    #[must_use]
    pub fn of(stored: &Stored) -> Self {
        Self {
            id: stored.id,
            pattern: stored.pattern_id.clone(),
            pattern_hash: hex::encode(stored.pattern_hash),
            mode: stored.mode.clone(),
            trigger: stored.trigger.clone(),
            status: stored.status.clone(),
            context: stored.context.clone(),
            result_key: stored.result_key.map(hex::encode),
            error: stored.error.clone(),
            created_at: timestamp(stored.created_at),
            finished_at: stored.finished_at.map(timestamp),
        }
    }
}

/// Lists executions.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = ExecutionFilter;
    type Body = ();
    type Answer = Vec<ExecutionSummary>;
    const SUMMARY: &'static str = "Your executions, newest first.";

    async fn handle(cx: Context, query: ExecutionFilter, (): ()) -> Outcome {
        let user = cx.user()?;
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let before: Option<Uuid> = paging.position(&cx)?;
        let limit = paging.limit() + 1;
        let (pattern, status) = (query.pattern.as_deref(), query.status.as_deref());
        let mut found =
            guard::as_user(&cx, async |tx| executions::list(tx, user, pattern, status, before, limit).await).await?;
        let page = paging.cut(&cx, &mut found, |execution| json!(execution.id));
        let rows: Vec<ExecutionSummary> = found.iter().map(ExecutionSummary::of).collect();
        Ok(Reply::data(&rows)?.page(&page))
    }
}
