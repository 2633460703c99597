//! `POST /api/auth/password`

use utoipa::ToSchema;

use crate::auth::lockout::normalized_email;
use crate::auth::password::{self, Checked};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::from_store::not_found;
use crate::problem::{FieldError, Problem};

/// The old password and the new one.
#[derive(ToSchema)]
pub struct ChangePassword {
    /// Password now.
    pub current_password: String,
    /// New password, 12 to 128 characters.
    pub new_password: String,
}

impl Input for ChangePassword {
    fn read(f: &mut Fields<'_>) -> Self {
        Self { current_password: f.text("current_password", 1, 1024), new_password: f.text("new_password", 1, 1024) }
    }
}

/// Changes the password; other sessions end.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangePassword;
    type Answer = ();
    const SUMMARY: &'static str = "Changes your password and ends your other sessions.";

    async fn handle(cx: Context, (): (), body: ChangePassword) -> Outcome {
        let caller = cx.caller()?.clone();
        let me = identity::user_by_id(&cx.state, caller.user_id).await?.ok_or_else(|| not_found("user"))?;
        password::accept(&body.new_password, &me.profile.email, "/new_password")?;
        let email = normalized_email(&me.profile.email);
        // Guessing the current password counts like guessing at sign-in.
        let found = identity::begin_sign_in(&cx.state, &email).await?;
        let stored = found.and_then(|u| u.password_hash);
        if cx.state.passwords().check(body.current_password, stored).await? == Checked::Wrong {
            let detail = "the current password is wrong";
            let error = FieldError::at("/current_password", "invalid_credentials", detail);
            return Err(Problem::new("invalid_credentials", detail).with_error(error));
        }
        let hash = cx.state.passwords().hash(body.new_password).await?;
        identity::change_password(&cx, caller.user_id, &email, &hash, caller.session_id).await?;
        Ok(Reply::no_content())
    }
}
