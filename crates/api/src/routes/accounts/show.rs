//! `GET /api/accounts/{id}`

use store::queries::accounts;

use super::record::Account;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;

/// Shows one account.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = Account;
    const SUMMARY: &'static str = "One account of yours.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let id = cx.path_id("id")?;
        let account = guard::as_user(&cx, async |tx| accounts::by_id(tx, user, id).await).await?;
        let account = account.ok_or_else(|| not_found("account"))?;
        Ok(Reply::data(&Account::of(&account))?.version(account.version))
    }
}
