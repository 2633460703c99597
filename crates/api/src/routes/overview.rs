//! `GET /api/portfolio`: the pattern `portfolio_overview`.

use serde_json::Map;

use crate::computed::{ComputedAnswer, computed_query, portfolio_of, read_pattern};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::Fields;
use crate::http::reply::Outcome;

computed_query! { any
    /// Query of the overview.
    OverviewQuery {
        /// Observations of statistics, 2 to 12,600; 252 when absent.
        lookback_days: Option<i64> = |f: &mut Fields<'_>| f.opt_integer("lookback_days", 2, 12_600),
    }
}

/// Value, performance, currency effect and allocation of a portfolio.
#[derive(Debug)]
pub struct Overview;

impl Endpoint for Overview {
    type Query = OverviewQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Value, performance, currency effect and allocation of a portfolio.";

    async fn handle(cx: Context, query: OverviewQuery, (): ()) -> Outcome {
        let portfolio = portfolio_of(&cx, query.standard.portfolio_id).await?;
        let mut inputs = Map::new();
        inputs.insert("portfolio_id".into(), portfolio.to_string().into());
        if let Some(days) = query.lookback_days {
            inputs.insert("lookback_days".into(), days.into());
        }
        read_pattern(&cx, "portfolio_overview", inputs, &query.standard).await
    }
}
