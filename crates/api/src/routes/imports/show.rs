//! `GET /api/imports/{id}`

use store::queries::imports;

use super::record::Import;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;
use crate::problem::from_store::not_found;

/// Shows one import.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = Import;
    const SUMMARY: &'static str = "One import of yours.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let import = read(&cx).await?;
        Ok(Reply::data(&Import::of(&import))?.version(import.version))
    }
}

/// The import in the path.
pub(super) async fn read(cx: &Context) -> Result<imports::Import, Problem> {
    let user = cx.user()?;
    let id = cx.path_id("id")?;
    let found = guard::as_user(cx, async |tx| imports::by_id(tx, user, id).await).await?;
    found.ok_or_else(|| not_found("import"))
}
