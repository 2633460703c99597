//! `GET /api/packs/{id}`

use store::queries::packs;

use super::record::PricingPack;
use crate::computed::is_pack_id;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;
use crate::problem::{FieldError, Problem};

/// Shows one pack.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = PricingPack;
    const SUMMARY: &'static str = "One pricing pack, by display id or hash.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let id = cx.path_text("id");
        if !is_pack_id(id) {
            let detail = format!("id must be such as PP_2024-03-28, or 64 hex digits, is {id:?}");
            return Err(Problem::new("invalid_id", detail.clone()).with_error(FieldError::parameter(
                "id",
                "invalid_id",
                detail,
            )));
        }
        let found = guard::as_user(&cx, async |tx| {
            let Some(info) = packs::by_display_id_or_hash(tx, id).await? else { return Ok(None) };
            let build = packs::build_of_pack(tx, &info.pack.hash).await?;
            Ok(Some((info, build)))
        })
        .await?;
        let (info, build) = found.ok_or_else(|| not_found("pricing_pack"))?;
        // A pack never changes, but whether it is still the current one does.
        let etag = format!("\"{}{}\"", hex::encode(info.pack.hash), info.superseded_by.as_deref().unwrap_or_default());
        if cx.has_etag(&etag) {
            return Ok(Reply::not_modified(&etag));
        }
        Ok(Reply::data(&PricingPack::of(&info, build.as_ref()))?.header(http::header::ETAG, &etag))
    }
}
