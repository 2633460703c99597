//! `POST /api/auth/login`

use serde::Serialize;
use utoipa::ToSchema;

use super::account::{BrowserSession, SignedInUser, read_email, with_cookie};
use super::refresh::TokenPair;
use crate::auth::lockout::normalized_email;
use crate::auth::password::Checked;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::Problem;

/// Who signs in, and what for.
#[derive(ToSchema)]
pub struct LoginRequest {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// `browser` (when absent): a session cookie. `api`: an access and a refresh token.
    pub client: Option<String>,
}

impl Input for LoginRequest {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            email: read_email(f, "email"),
            password: f.text("password", 1, 1024),
            client: f.opt_choice("client", &["browser", "api"]),
        }
    }
}

/// A successful sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Who signed in.
    pub user: SignedInUser,
    /// The session, for a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<BrowserSession>,
    /// The tokens, for an API client.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenPair>,
}

/// Signs in.
#[derive(Debug)]
pub struct SignIn;

impl Endpoint for SignIn {
    type Query = ();
    type Body = LoginRequest;
    type Answer = SignedIn;
    const SUMMARY: &'static str = "Signs in with e-mail and password.";

    async fn handle(cx: Context, (): (), body: LoginRequest) -> Outcome {
        let email = normalized_email(&body.email);
        let found = identity::begin_sign_in(&cx.state, &email).await?;
        let stored = found.as_ref().filter(|u| u.profile.status == "active").and_then(|u| u.password_hash.clone());
        let checked = cx.state.passwords().check(body.password.clone(), stored).await?;
        let (Some(user), Checked::Right | Checked::RightButWeak) = (found, checked) else {
            return Err(Problem::new("invalid_credentials", "e-mail or password is wrong"));
        };
        let better_hash = match checked {
            Checked::RightButWeak => Some(cx.state.passwords().hash(body.password).await?),
            _ => None,
        };
        let is_browser = body.client.as_deref() != Some("api");
        let opened = identity::finish_sign_in(&cx, user.profile.id, &email, is_browser, better_hash).await?;
        let tokens = match &opened.refresh_token {
            Some(token) => Some(TokenPair::new(
                &cx,
                user.profile.id,
                opened.id,
                user.profile.role.parse().map_err(Problem::internal)?,
                token,
            )?),
            None => None,
        };
        let answer = SignedIn {
            user: SignedInUser::of(&user.profile),
            session: is_browser.then(|| BrowserSession::of(&opened)),
            tokens,
        };
        let reply = Reply::data(&answer)?.header(http::header::CACHE_CONTROL, "no-store");
        Ok(if is_browser { with_cookie(&cx, reply, &opened) } else { reply })
    }
}
