//! `GET /api/securities/search`

use serde::Serialize;
use store::queries::securities;
use utoipa::ToSchema;

use super::record::{KINDS, Security};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};

/// What to look for.
#[derive(Debug, ToSchema)]
pub struct SecuritySearch {
    /// Beginning of a code or name, 1 to 100 characters.
    pub q: String,
    /// Only of this kind.
    pub kind: Option<String>,
    /// `local` (when absent): securities that are known here.
    pub provider: Option<String>,
    /// Most rows, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
}

impl Input for SecuritySearch {
    fn read(f: &mut Fields<'_>) -> Self {
        let limit = f.opt_integer("limit", 1, 100).and_then(|n| u32::try_from(n).ok());
        Self {
            q: f.text("q", 1, 100),
            kind: f.opt_choice("kind", KINDS),
            provider: f.opt_choice("provider", &["local"]),
            limit,
        }
    }
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityMatches {
    /// Exact codes first.
    pub matches: Vec<Security>,
}

/// Finds securities.
#[derive(Debug)]
pub struct Search;

impl Endpoint for Search {
    type Query = SecuritySearch;
    type Body = ();
    type Answer = SecurityMatches;
    const SUMMARY: &'static str = "Securities whose code or name begins with a text; exact codes first.";

    async fn handle(cx: Context, query: SecuritySearch, (): ()) -> Outcome {
        let limit = query.limit.unwrap_or(20);
        let found = guard::as_user(&cx, async |tx| securities::search(tx, &query.q, limit).await).await?;
        let is_wanted = |security: &Security| query.kind.as_ref().is_none_or(|kind| *kind == security.kind);
        Reply::data(&SecurityMatches { matches: found.iter().map(Security::of).filter(is_wanted).collect() })
    }
}
