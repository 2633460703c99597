//! `DELETE /api/imports/{id}`

use store::queries::{audit, imports};

use super::record::refuse_committed;
use crate::http::context::{Context, stale_version};
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;

/// Drops an import that wrote nothing.
#[derive(Debug)]
pub struct Remove;

impl Endpoint for Remove {
    type Query = ();
    type Body = ();
    type Answer = ();
    const SUMMARY: &'static str = "Drops an import of yours that wrote nothing.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let version = cx.if_match()?;
        let import = super::show::read(&cx).await?;
        refuse_committed(&import)?;
        if import.version != version {
            return Err(stale_version("import", import.version));
        }
        let deleted = guard::as_user(&cx, async |tx| {
            let deleted = imports::delete(tx, user, import.id).await?;
            if deleted {
                audit::insert(tx, &cx.audit(user, "import.delete", "import", import.id)).await?;
            }
            Ok(deleted)
        })
        .await?;
        if deleted { Ok(Reply::no_content()) } else { Err(not_found("import")) }
    }
}
