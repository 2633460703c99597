//! `GET /api/portfolios/{id}/accounts`

use store::queries::accounts;

use super::record::Account;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};

/// Lists the accounts of a portfolio.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = ();
    type Body = ();
    type Answer = Vec<Account>;
    const SUMMARY: &'static str = "Accounts of a portfolio, by name.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let head = guard::portfolio(&cx, cx.path_id("id")?).await?;
        let rows = guard::as_user(&cx, async |tx| accounts::list(tx, head.user_id, head.id).await).await?;
        let rows: Vec<Account> = rows.iter().map(Account::of).collect();
        Reply::data(&rows)
    }
}
