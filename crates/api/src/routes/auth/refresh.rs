//! `POST /api/auth/refresh`

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::permission::Role;
use crate::auth::session::REFRESH;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::Problem;

/// The token to exchange.
#[derive(ToSchema)]
pub struct RefreshRequest {
    /// Refresh token; valid once.
    pub refresh_token: String,
}

impl Input for RefreshRequest {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { refresh_token: f.text("refresh_token", 1, 200) }
    }
}

/// Tokens of an API client.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPair {
    /// Send this as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Life of the access token, in seconds.
    pub expires_in: i64,
    /// Exchange this for the next pair, once.
    pub refresh_token: String,
    /// Life of the refresh token, in seconds.
    pub refresh_expires_in: i64,
}

impl TokenPair {
    /// A pair for a session.
    ///
    /// # Errors
    /// When signing fails.
    pub fn new(cx: &Context, user: Uuid, session: Uuid, role: Role, refresh_token: &str) -> Result<Self, Problem> {
        let signer = cx.state.signer();
        Ok(Self {
            access_token: signer.sign(user, session, role, cx.state.now())?,
            token_type: "Bearer",
            expires_in: signer.lifetime_s(),
            refresh_token: refresh_token.to_owned(),
            refresh_expires_in: REFRESH.num_seconds(),
        })
    }
}

/// Exchanges a refresh token.
#[derive(Debug)]
pub struct Refresh;

impl Endpoint for Refresh {
    type Query = ();
    type Body = RefreshRequest;
    type Answer = TokenPair;
    const SUMMARY: &'static str = "Exchanges a refresh token for a new pair.";

    async fn handle(cx: Context, (): (), body: RefreshRequest) -> Outcome {
        let renewed = identity::renew(&cx, &body.refresh_token).await?;
        let pair = TokenPair::new(&cx, renewed.user_id, renewed.session_id, renewed.role, &renewed.refresh_token)?;
        Ok(Reply::data(&pair)?.header(http::header::CACHE_CONTROL, "no-store"))
    }
}
