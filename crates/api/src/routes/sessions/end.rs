//! `DELETE /api/sessions/{id}`

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::from_store::not_found;

/// Ends one of the own sessions.
#[derive(Debug)]
pub struct End;

impl Endpoint for End {
    type Query = ();
    type Body = ();
    type Answer = ();
    const SUMMARY: &'static str = "Ends one of your sessions.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let id = cx.path_id("id")?;
        if identity::end_session(&cx, cx.user()?, id).await? {
            Ok(Reply::no_content())
        } else {
            Err(not_found("session"))
        }
    }
}
