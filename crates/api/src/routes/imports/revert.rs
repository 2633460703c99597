//! `POST /api/imports/{id}/revert`: takes everything back that an import wrote, by void entries.

use http::StatusCode;
use serde_json::{Map, json};
use utoipa::ToSchema;

use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::Outcome;
use crate::routes::transactions::record::read_commit;

/// Why an import is taken back.
#[derive(Debug, ToSchema)]
pub struct RevertImport {
    /// Reason, 1 to 500 characters; kept in the ledger.
    pub reason: String,
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
}

impl Input for RevertImport {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { reason: f.text("reason", 1, 500), if_ledger_commit: read_commit(f) }
    }
}

/// Takes an import back.
#[derive(Debug)]
pub struct Revert;

impl Endpoint for Revert {
    type Query = ();
    type Body = RevertImport;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Takes back everything that an import of yours wrote, by void entries.";

    async fn handle(cx: Context, (): (), body: RevertImport) -> Outcome {
        let import = super::show::read(&cx).await?;
        guard::may_write(&cx, import.portfolio_id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), import.portfolio_id.to_string().into());
        args.insert("import_id".into(), import.id.to_string().into());
        args.insert("reason".into(), body.reason.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        args.insert("idempotency_key".into(), json!(cx.idempotency_key().unwrap_or_default()));
        let mut reply = command(&cx, "ledger.revert_import", args, &[]).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}
