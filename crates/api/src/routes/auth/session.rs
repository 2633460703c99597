//! `GET /api/auth/session`

use serde::Serialize;
use store::queries::{portfolios, settings, users};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::SignedInUser;
use crate::auth::caller::Kind;
use crate::auth::secret;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;
use crate::routes::wire::timestamp;

/// A portfolio that the user can see.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionPortfolio {
    /// Its id.
    pub id: Uuid,
    /// Name on screen.
    pub name: String,
    /// `owner`, or `shared` for reading only.
    pub access: &'static str,
}

/// Who is signed in, and what she may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionInfo {
    /// Who is signed in.
    pub user: SignedInUser,
    /// Names of her permissions.
    pub permissions: Vec<String>,
    /// Portfolios that she can see.
    pub portfolios: Vec<SessionPortfolio>,
    /// Send this as `X-CSRF-Token`; only for browser sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// When the session ends at the latest.
    pub expires_at: String,
}

/// Tells who is signed in.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = SessionInfo;
    const SUMMARY: &'static str = "Who is signed in, with permissions, portfolios and CSRF token.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let caller = cx.caller()?.clone();
        let user = caller.user_id;
        let (profile, heads, settings) = guard::as_user(&cx, async |tx| {
            let profile = users::profile(tx, user).await?;
            Ok((profile, portfolios::list(tx, user, None).await?, settings::of_user(tx, user).await?))
        })
        .await?;
        let profile = profile.ok_or_else(|| not_found("user"))?;
        let portfolios = heads.iter().map(|head| SessionPortfolio {
            id: head.id,
            name: head.name.clone(),
            access: if head.user_id == user { "owner" } else { "shared" },
        });
        Reply::data(&SessionInfo {
            user: SignedInUser { default_portfolio_id: settings.default_portfolio_id, ..SignedInUser::of(&profile) },
            permissions: caller.rights(),
            portfolios: portfolios.collect(),
            csrf_token: (caller.kind == Kind::Browser).then(|| secret::csrf_token(&caller.csrf_key, caller.session_id)),
            expires_at: timestamp(caller.expires_at),
        })
    }
}
