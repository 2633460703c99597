//! `POST /api/auth/links/{purpose}`: an invitation or a reset.

use serde::Serialize;
use utoipa::ToSchema;

use super::account::{BrowserSession, SignedInUser, with_cookie};
use crate::auth::password;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::from_store::not_found;
use crate::problem::{FieldError, Problem};

/// Token of the link and the password to set.
#[derive(ToSchema)]
pub struct FollowLink {
    /// The part of the link behind `#`.
    pub token: String,
    /// New password, 12 to 128 characters.
    pub password: String,
}

impl Input for FollowLink {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { token: f.text("token", 1, 200), password: f.text("password", 1, 1024) }
    }
}

/// Whom the link signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkFollowed {
    /// Who is signed in now.
    pub user: SignedInUser,
    /// Her session.
    pub session: BrowserSession,
}

/// Follows an invitation or a reset.
#[derive(Debug)]
pub struct Follow;

impl Endpoint for Follow {
    type Query = ();
    type Body = FollowLink;
    type Answer = LinkFollowed;
    const SUMMARY: &'static str = "Sets the password that an invitation or reset link asks for, and signs in.";

    async fn handle(cx: Context, (): (), body: FollowLink) -> Outcome {
        let purpose = cx.path_text("purpose");
        if !["invite", "reset"].contains(&purpose) {
            let detail = format!("there is no link for {purpose:?}");
            let error = FieldError::parameter("purpose", "not_found", detail.clone()).allowing(["invite", "reset"]);
            return Err(Problem::new("not_found", detail).with_error(error));
        }
        let email = identity::email_of_link(&cx.state, purpose, &body.token).await?;
        password::accept(&body.password, email.as_deref().unwrap_or_default(), "/password")?;
        // Hashed even for an unknown token, so that time does not tell.
        let hash = cx.state.passwords().hash(body.password).await?;
        let (user, opened) = identity::follow(&cx, purpose, &body.token, &hash).await?;
        let me = identity::user_by_id(&cx.state, user).await?.ok_or_else(|| not_found("user"))?;
        let answer = LinkFollowed { user: SignedInUser::of(&me.profile), session: BrowserSession::of(&opened) };
        let reply = Reply::data(&answer)?.header(http::header::CACHE_CONTROL, "no-store");
        Ok(with_cookie(&cx, reply, &opened))
    }
}
