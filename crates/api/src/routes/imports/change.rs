//! `PATCH /api/imports/{id}`

use serde_json::json;
use store::queries::{audit, imports};
use utoipa::ToSchema;

use super::record::{Import, refuse_committed};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};

/// How to treat the rows.
#[derive(Debug, ToSchema)]
pub struct ImportOptions {
    /// True leaves out rows that the ledger has already; false refuses them.
    pub skip_duplicates: Option<bool>,
}

/// Changes of an import.
#[derive(Debug, ToSchema)]
pub struct ChangeImport {
    /// How to treat the rows.
    pub options: Option<ImportOptions>,
}

impl Input for ChangeImport {
    fn read(f: &mut Fields<'_>) -> Self {
        let options = f.opt_object("options", |f| ImportOptions { skip_duplicates: f.opt_boolean("skip_duplicates") });
        Self { options }
    }
}

/// Changes one import.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangeImport;
    type Answer = Import;
    const SUMMARY: &'static str = "Changes how an import of yours is read.";

    async fn handle(cx: Context, (): (), body: ChangeImport) -> Outcome {
        let user = cx.user()?;
        let version = cx.if_match()?;
        let mut import = super::show::read(&cx).await?;
        refuse_committed(&import)?;
        import.version = version;
        if let Some(skip) = body.options.and_then(|o| o.skip_duplicates) {
            import.options = json!({"skip_duplicates": skip});
        }
        let import = guard::as_user(&cx, async |tx| {
            let import = imports::update(tx, user, &import).await?;
            audit::insert(tx, &cx.audit(user, "import.change", "import", import.id)).await?;
            Ok(import)
        })
        .await?;
        Ok(Reply::data(&Import::of(&import))?.version(import.version))
    }
}
