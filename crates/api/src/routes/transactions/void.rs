//! `POST /api/transactions/{id}/void`: takes a transaction back by a new entry.

use http::StatusCode;
use serde_json::{Map, json};
use utoipa::ToSchema;

use super::record::read_commit;
use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::Outcome;

/// Why a transaction is taken back.
#[derive(Debug, ToSchema)]
pub struct VoidTransaction {
    /// Reason, 1 to 500 characters; kept in the ledger.
    pub reason: String,
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
}

impl Input for VoidTransaction {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { reason: f.text("reason", 1, 500), if_ledger_commit: read_commit(f) }
    }
}

/// Takes a transaction back.
#[derive(Debug)]
pub struct Void;

impl Endpoint for Void {
    type Query = ();
    type Body = VoidTransaction;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Takes a transaction back by a new ledger entry.";

    async fn handle(cx: Context, (): (), body: VoidTransaction) -> Outcome {
        let id = cx.path_id("id")?;
        let portfolio = super::show::writable_portfolio(&cx, id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        args.insert("transaction_id".into(), id.to_string().into());
        args.insert("reason".into(), body.reason.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        args.insert("idempotency_key".into(), json!(cx.idempotency_key().unwrap_or_default()));
        let mut reply = command(&cx, "ledger.void", args, &[]).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}
