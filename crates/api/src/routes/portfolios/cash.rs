//! `GET /api/portfolios/{id}/cash`: the capability `ledger.cash`.

use serde_json::Map;

use crate::computed::{ComputedAnswer, computed_query, read_capability};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::Outcome;

computed_query! { path
    /// Query of the cash balances.
    CashQuery {}
}

/// Lists cash balances.
#[derive(Debug)]
pub struct Cash;

impl Endpoint for Cash {
    type Query = CashQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Cash of a portfolio by account and currency.";

    async fn handle(cx: Context, query: CashQuery, (): ()) -> Outcome {
        let portfolio = cx.path_id("id")?;
        guard::may_read(&cx, portfolio).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        read_capability(&cx, "ledger.cash", args, &query.standard).await
    }
}
