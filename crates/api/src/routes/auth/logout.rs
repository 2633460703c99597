//! `POST /api/auth/logout`

use utoipa::ToSchema;

use super::account::without_cookie;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;

/// What to end.
#[derive(Debug, ToSchema)]
pub struct LogoutRequest {
    /// True ends all sessions of yours, on all devices; false (when absent) this one.
    pub everywhere: Option<bool>,
}

impl Input for LogoutRequest {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { everywhere: f.opt_boolean("everywhere") }
    }
}

/// Signs out.
#[derive(Debug)]
pub struct SignOut;

impl Endpoint for SignOut {
    type Query = ();
    type Body = LogoutRequest;
    type Answer = ();
    const SUMMARY: &'static str = "Signs out here, or everywhere.";

    async fn handle(cx: Context, (): (), body: LogoutRequest) -> Outcome {
        let caller = cx.caller()?;
        if body.everywhere == Some(true) {
            identity::end_all_sessions(&cx, caller.user_id).await?;
        } else {
            identity::end_session(&cx, caller.user_id, caller.session_id).await?;
        }
        Ok(without_cookie(&cx, Reply::no_content()))
    }
}
