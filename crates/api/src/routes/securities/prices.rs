//! `GET /api/securities/{id}/prices`: the capability `pricing.history`.

use chrono::NaiveDate;
use serde_json::Map;
use store::queries::securities;

use crate::computed::{ComputedAnswer, computed_query, read_capability};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::Fields;
use crate::http::guard;
use crate::http::reply::Outcome;
use crate::problem::from_store::not_found;

computed_query! { path
    /// Which prices to list.
    PricesQuery {
        /// First day.
        from: Option<NaiveDate> = |f: &mut Fields<'_>| f.opt_date("from"),
        /// Observations up to `as_of`, 1 to 12,600; 252 when absent.
        lookback_days: Option<i64> = |f: &mut Fields<'_>| f.opt_integer("lookback_days", 1, 12_600),
        /// `none`, `split` (when absent) or `total`.
        adjusted: Option<String> = |f: &mut Fields<'_>| f.opt_choice("adjusted", &["none", "split", "total"]),
    }
}

/// Shows the prices of a security.
#[derive(Debug)]
pub struct Prices;

impl Endpoint for Prices {
    type Query = PricesQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Prices of a security from the pricing packs.";

    async fn handle(cx: Context, query: PricesQuery, (): ()) -> Outcome {
        let id = cx.path_id("id")?;
        let found = guard::as_user(&cx, async |tx| securities::by_ids(tx, &[id]).await).await?;
        if found.is_empty() {
            return Err(not_found("security"));
        }
        let mut args = Map::new();
        args.insert("security_id".into(), id.to_string().into());
        if let Some(from) = query.from {
            args.insert("from".into(), from.to_string().into());
        }
        if let Some(days) = query.lookback_days {
            args.insert("lookback_days".into(), days.into());
        }
        let adjust = match query.adjusted.as_deref() {
            Some("none") => "none",
            Some("total") => "total_return",
            _ => "splits",
        };
        args.insert("adjust".into(), adjust.into());
        read_capability(&cx, "pricing.history", args, &query.standard).await
    }
}
