//! `GET /api/metrics/{portfolio_id}`: the pattern `portfolio_performance`.

use serde_json::Map;

use crate::computed::{ComputedAnswer, computed_query, read_pattern};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::Fields;
use crate::http::guard;
use crate::http::reply::Outcome;

computed_query! { path
    /// Query of the metrics.
    MetricsQuery {
        /// Observations of statistics, 2 to 12,600; 756 when absent.
        lookback_days: Option<i64> = |f: &mut Fields<'_>| f.opt_integer("lookback_days", 2, 12_600),
    }
}

/// Returns and risk of a portfolio in depth.
#[derive(Debug)]
pub struct Metrics;

impl Endpoint for Metrics {
    type Query = MetricsQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Returns and risk of a portfolio in depth.";

    async fn handle(cx: Context, query: MetricsQuery, (): ()) -> Outcome {
        let portfolio = cx.path_id("portfolio_id")?;
        guard::may_read(&cx, portfolio).await?;
        let mut inputs = Map::new();
        inputs.insert("portfolio_id".into(), portfolio.to_string().into());
        if let Some(days) = query.lookback_days {
            inputs.insert("lookback_days".into(), days.into());
        }
        read_pattern(&cx, "portfolio_performance", inputs, &query.standard).await
    }
}
