//! `POST /api/portfolios/{id}/ledger/verify`: the capability `ledger.verify`.

use serde_json::Map;

use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::Outcome;

/// Replays the ledger and compares.
#[derive(Debug)]
pub struct Verify;

impl Endpoint for Verify {
    type Query = ();
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Replays the ledger and compares it with what is stored.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let portfolio = cx.path_id("id")?;
        guard::may_read(&cx, portfolio).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        command(&cx, "ledger.verify", args, &[]).await
    }
}
