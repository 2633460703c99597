//! `POST /api/transactions/{id}/amend`: puts a corrected transaction in the place of another by a new entry.

use http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::draft::{ReadTransaction, TransactionInput};
use super::record::read_commit;
use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::Outcome;

/// The corrected transaction.
#[derive(Debug, ToSchema)]
pub struct AmendTransaction {
    /// The whole corrected transaction.
    #[schema(value_type = TransactionInput)]
    pub transaction: Value,
    /// Reason, 1 to 500 characters; kept in the ledger.
    pub reason: String,
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
}

impl Input for AmendTransaction {
    fn read(f: &mut Fields<'_>) -> Self {
        let transaction = f.opt_object("transaction", |f| Value::Object(ReadTransaction::read(f).0));
        if transaction.is_none() && !f.has("transaction") {
            f.refuse("transaction", "transaction is required");
        }
        Self {
            transaction: transaction.unwrap_or_default(),
            reason: f.text("reason", 1, 500),
            if_ledger_commit: read_commit(f),
        }
    }
}

/// Corrects a transaction.
#[derive(Debug)]
pub struct Amend;

impl Endpoint for Amend {
    type Query = ();
    type Body = AmendTransaction;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Puts a corrected transaction in the place of another by a new ledger entry.";

    async fn handle(cx: Context, (): (), body: AmendTransaction) -> Outcome {
        let id = cx.path_id("id")?;
        let portfolio = super::show::writable_portfolio(&cx, id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        args.insert("transaction_id".into(), id.to_string().into());
        args.insert("entry".into(), body.transaction);
        args.insert("reason".into(), body.reason.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        args.insert("idempotency_key".into(), json!(cx.idempotency_key().unwrap_or_default()));
        let mut reply = command(&cx, "ledger.amend", args, &[("/entry", "/transaction")]).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}
