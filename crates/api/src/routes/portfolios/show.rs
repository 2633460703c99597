//! `GET /api/portfolios/{id}`

use super::record::Portfolio;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};

/// Shows one portfolio.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = Portfolio;
    const SUMMARY: &'static str = "One portfolio that you own or may read.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let head = guard::portfolio(&cx, cx.path_id("id")?).await?;
        let etag = format!("\"v{}\"", head.version);
        if cx.has_etag(&etag) {
            return Ok(Reply::not_modified(&etag));
        }
        Ok(Reply::data(&Portfolio::of(&head, user))?.version(head.version))
    }
}
