//! `GET /api/securities/{id}`

use store::queries::securities;
use uuid::Uuid;

use super::record::{Security, SecurityIdentifier};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;
use crate::problem::from_store::not_found;

/// Shows one security.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = Security;
    const SUMMARY: &'static str = "One security with all its codes.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let id = cx.path_id("id")?;
        let (security, version) = read(&cx, id).await?;
        Ok(Reply::data(&security)?.version(version))
    }
}

/// A security that the caller sees, and its version.
pub(super) async fn read(cx: &Context, id: Uuid) -> Result<(Security, i32), Problem> {
    let (found, identifiers) = guard::as_user(cx, async |tx| {
        Ok((securities::by_ids(tx, &[id]).await?, securities::identifiers(tx, &[id]).await?))
    })
    .await?;
    let stored = found.first().ok_or_else(|| not_found("security"))?;
    let mut security = Security::of(stored);
    security.identifiers = Some(identifiers.iter().map(|(_, identifier)| SecurityIdentifier::of(identifier)).collect());
    Ok((security, stored.version))
}
