//! `GET /api/lots`: the capability `ledger.lots`.

use serde_json::Map;
use uuid::Uuid;

use crate::computed::{ComputedAnswer, computed_query, portfolio_of, read_capability};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::Fields;
use crate::http::reply::Outcome;

computed_query! { any
    /// Which lots to list.
    LotsQuery {
        /// Of this security.
        security_id: Option<Uuid> = |f: &mut Fields<'_>| f.opt_uuid("security_id"),
        /// `open` (when absent), `closed` or `all`.
        state: Option<String> = |f: &mut Fields<'_>| f.opt_choice("state", &["open", "closed", "all"]),
    }
}

/// Lists lots.
#[derive(Debug)]
pub struct Lots;

impl Endpoint for Lots {
    type Query = LotsQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Lots of a portfolio with their cost and what is left of them.";

    async fn handle(cx: Context, query: LotsQuery, (): ()) -> Outcome {
        let portfolio = portfolio_of(&cx, query.standard.portfolio_id).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        if let Some(id) = query.security_id {
            args.insert("security_id".into(), id.to_string().into());
        }
        if let Some(state) = query.state {
            args.insert("status".into(), state.into());
        }
        read_capability(&cx, "ledger.lots", args, &query.standard).await
    }
}
