//! `POST /api/imports/{id}/commit`: writes an import to the ledger, all or nothing.

use http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::record::refuse_committed;
use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::Outcome;
use crate::routes::transactions::record::read_commit;

/// Under which conditions to commit.
#[derive(Debug, ToSchema)]
pub struct CommitImport {
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
    /// Commit although rows have warnings.
    pub allow_warnings: Option<bool>,
}

impl Input for CommitImport {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { if_ledger_commit: read_commit(f), allow_warnings: f.opt_boolean("allow_warnings") }
    }
}

/// Commits an import.
#[derive(Debug)]
pub struct Commit;

impl Endpoint for Commit {
    type Query = ();
    type Body = CommitImport;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Writes an import of yours to the ledger, all or nothing.";

    async fn handle(cx: Context, (): (), body: CommitImport) -> Outcome {
        let import = super::show::read(&cx).await?;
        refuse_committed(&import)?;
        guard::may_write(&cx, import.portfolio_id).await?;
        let skip = import.options.get("skip_duplicates").and_then(Value::as_bool).unwrap_or(true);
        let mut args = Map::new();
        args.insert("portfolio_id".into(), import.portfolio_id.to_string().into());
        args.insert("import_id".into(), import.id.to_string().into());
        args.insert("skip_duplicates".into(), skip.into());
        args.insert("allow_warnings".into(), body.allow_warnings.unwrap_or(false).into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        args.insert("idempotency_key".into(), json!(cx.idempotency_key().unwrap_or_default()));
        let mut reply = command(&cx, "ledger.import", args, &[]).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}
