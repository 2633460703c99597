//! `POST /api/transactions`: records transactions, all or none.

use http::header;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::draft::{ReadTransaction, TransactionInput};
use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::Outcome;

/// Most transactions of one request.
pub const TRANSACTIONS_MAX: usize = 1000;

/// Transactions to record, in this order, all or none.
#[derive(Debug, ToSchema)]
pub struct RecordTransactions {
    /// Portfolio of the accounts.
    pub portfolio_id: Uuid,
    /// 1 to 1,000 transactions.
    #[schema(value_type = Vec<TransactionInput>)]
    pub transactions: Vec<Value>,
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
}

impl Input for RecordTransactions {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            portfolio_id: f.uuid("portfolio_id"),
            transactions: f.objects("transactions", TRANSACTIONS_MAX, |f| Value::Object(ReadTransaction::read(f).0)),
            if_ledger_commit: read_commit(f),
        }
    }
}

/// A ledger commit, 64 hex digits.
pub fn read_commit(f: &mut Fields<'_>) -> Option<String> {
    let text = f.opt_text("if_ledger_commit", 1, 64)?;
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Some(text);
    }
    f.refuse("if_ledger_commit", "if_ledger_commit must be 64 lower-case hex digits");
    None
}

/// Records transactions.
#[derive(Debug)]
pub struct Record;

impl Endpoint for Record {
    type Query = ();
    type Body = RecordTransactions;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Records transactions, all or none.";

    async fn handle(cx: Context, (): (), body: RecordTransactions) -> Outcome {
        guard::may_write(&cx, body.portfolio_id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), body.portfolio_id.to_string().into());
        args.insert("entries".into(), body.transactions.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        args.insert("idempotency_key".into(), json!(cx.idempotency_key().unwrap_or_default()));
        let mut reply = command(&cx, "ledger.record", args, &[("/entries", "/transactions")]).await?;
        reply.status = http::StatusCode::CREATED;
        Ok(reply.header(header::LOCATION, &format!("/api/portfolios/{}/ledger", body.portfolio_id)))
    }
}
