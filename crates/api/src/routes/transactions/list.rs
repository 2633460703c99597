//! `GET /api/transactions`: the capability `ledger.transactions`.

use chrono::NaiveDate;
use serde_json::Map;
use uuid::Uuid;

use super::draft::KINDS;
use crate::computed::{ComputedAnswer, computed_query, portfolio_of, prepare_page, read_page};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::Fields;
use crate::http::reply::{Outcome, Page};
use crate::problem::Problem;
use crate::routes::page::Paging;

computed_query! { any
    /// Which transactions to list.
    TransactionQuery {
        /// In this account.
        account_id: Option<Uuid> = |f: &mut Fields<'_>| f.opt_uuid("account_id"),
        /// Of this security.
        security_id: Option<Uuid> = |f: &mut Fields<'_>| f.opt_uuid("security_id"),
        /// Of these kinds, separated by commas.
        kind: Option<Vec<String>> = |f: &mut Fields<'_>| f.words("kind", Some(KINDS)),
        /// Traded on or after.
        from: Option<NaiveDate> = |f: &mut Fields<'_>| f.opt_date("from"),
        /// Traded on or before.
        to: Option<NaiveDate> = |f: &mut Fields<'_>| f.opt_date("to"),
        /// Whose note or external id contains this.
        text: Option<String> = |f: &mut Fields<'_>| f.opt_text("text", 1, 200),
        /// Voided and amended ones as well.
        include_voided: Option<bool> = |f: &mut Fields<'_>| f.opt_boolean("include_voided"),
        /// Adds `meta.page.total`.
        count: Option<bool> = |f: &mut Fields<'_>| f.opt_boolean("count"),
        /// Most rows of a page, 1 to 1,000; 100 when absent.
        limit: Option<u32> = |f: &mut Fields<'_>| f.opt_integer("limit", 1, 1000).and_then(|n| u32::try_from(n).ok()),
        /// `meta.page.next_cursor` of the page before.
        cursor: Option<String> = |f: &mut Fields<'_>| f.opt_text("cursor", 1, 4096),
    }
}

/// Lists transactions.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = TransactionQuery;
    type Body = ();
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Transactions of a portfolio, newest first.";

    async fn handle(cx: Context, query: TransactionQuery, (): ()) -> Outcome {
        let portfolio = portfolio_of(&cx, query.standard.portfolio_id).await?;
        let paging = Paging { limit: query.limit, cursor: query.cursor };
        let cursor = paging.opened(&cx)?;
        let mut standard = query.standard;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        args.insert("limit".into(), paging.limit().into());
        for (name, id) in [("account_id", query.account_id), ("security_id", query.security_id)] {
            if let Some(id) = id {
                args.insert(name.into(), id.to_string().into());
            }
        }
        if let Some(kinds) = query.kind {
            args.insert("kinds".into(), kinds.into());
        }
        for (name, date) in [("from", query.from), ("to", query.to)] {
            if let Some(date) = date {
                args.insert(name.into(), date.to_string().into());
            }
        }
        if let Some(text) = query.text {
            args.insert("text".into(), text.into());
        }
        if let Some(include) = query.include_voided {
            args.insert("include_voided".into(), include.into());
        }
        if let Some(cursor) = &cursor {
            args.insert("cursor".into(), cursor.position.clone());
            standard.pricing_pack_id = cursor.pack.clone().or(standard.pricing_pack_id);
        }
        let prepared = prepare_page(&cx, "ledger.transactions", args, &standard).await?;
        let commit = prepared.context().ledger.as_ref().map(|l| l.commit.clone());
        let pack = prepared.context().pack.as_ref().map(|p| p.hash.clone());
        if let Some(cursor) = &cursor
            && cursor.ledger_commit.is_some()
            && cursor.ledger_commit != commit
        {
            // Later pages must belong to the state of the first one.
            return Err(Problem::new("cursor_expired", "the ledger has changed since the first page"));
        }
        read_page(&cx, prepared, standard.include, |answer| {
            let (next, total) = position_of(answer);
            Page {
                limit: paging.limit(),
                has_more: next.is_some(),
                next_cursor: next.map(|position| paging.seal(&cx, position.into(), pack, commit)),
                total: if query.count == Some(true) { total } else { None },
            }
        })
        .await
    }
}

/// Where the page ended, and how many rows there are.
pub(crate) fn position_of(answer: &orchestrator::Answer) -> (Option<String>, Option<u64>) {
    let data: serde_json::Value = answer.body.parse(orchestrator::Member::Data).unwrap_or_default();
    let find =
        |name: &str| data.get(name).or_else(|| data.as_object()?.values().find_map(|output| output.get(name))).cloned();
    let next = find("next_cursor").and_then(|v| v.as_str().map(str::to_owned));
    let total = find("total_count").and_then(|v| v.as_u64());
    (next, total)
}
