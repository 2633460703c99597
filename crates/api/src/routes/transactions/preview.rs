//! `POST /api/transactions/preview`: what recording would do; writes nothing.

use serde_json::Map;

use super::record::RecordTransactions;
use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::Outcome;

/// Shows what recording would do.
#[derive(Debug)]
pub struct Preview;

impl Endpoint for Preview {
    type Query = ();
    type Body = RecordTransactions;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Shows what recording transactions would do; writes nothing.";

    async fn handle(cx: Context, (): (), body: RecordTransactions) -> Outcome {
        guard::may_write(&cx, body.portfolio_id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), body.portfolio_id.to_string().into());
        args.insert("entries".into(), body.transactions.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        command(&cx, "ledger.preview", args, &[("/entries", "/transactions")]).await
    }
}
