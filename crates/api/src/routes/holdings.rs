//! `GET /api/holdings`: the capability `portfolio.get_valued_positions`.

use serde_json::Map;

use crate::computed::{ComputedAnswer, computed_query, portfolio_of, read_capability};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::Outcome;

computed_query! { any
    /// Query of the holdings.
    HoldingsQuery {}
}

/// Lists holdings with their values.
#[derive(Debug)]
pub struct Holdings;

impl Endpoint for Holdings {
    type Query = HoldingsQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Positions and cash of a portfolio with price, value, weight and gain.";

    async fn handle(cx: Context, query: HoldingsQuery, (): ()) -> Outcome {
        let portfolio = portfolio_of(&cx, query.standard.portfolio_id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        read_capability(&cx, "portfolio.get_valued_positions", args, &query.standard).await
    }
}
