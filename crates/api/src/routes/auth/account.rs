//! What the sign-in routes share: the user as she sees herself, the session's cookie.

use http::header;
use serde::Serialize;
use store::queries::users::Profile;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::secret;
use crate::auth::session::ABSOLUTE;
use crate::http::context::Context;
use crate::http::fields::Fields;
use crate::http::reply::Reply;
use crate::identity::Opened;
use crate::routes::wire::timestamp;

/// A user as she sees herself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignedInUser {
    /// Her id.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Name on screen.
    pub display_name: String,
    /// `VIEWER`, `USER`, `MANAGER` or `ADMIN`.
    pub role: String,
    /// BCP 47 tag.
    pub locale: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Portfolio that is meant where none is named; only from `GET /api/auth/session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_portfolio_id: Option<Uuid>,
}

impl SignedInUser {
    /// The wire form.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self {
            id: profile.id,
            email: profile.email.clone(),
            display_name: profile.display_name.clone(),
            role: profile.role.clone(),
            locale: profile.locale.clone(),
            time_zone: profile.time_zone.clone(),
            default_portfolio_id: None,
        }
    }
}

/// A browser session that was opened; its cookie is in the answer's headers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BrowserSession {
    /// Send this as `X-CSRF-Token` with every request that changes something.
    pub csrf_token: String,
    /// When the session ends at the latest.
    pub expires_at: String,
}

impl BrowserSession {
    /// The wire form.
    #[must_use]
    pub fn of(opened: &Opened) -> Self {
        Self { csrf_token: secret::csrf_token(&opened.csrf_key, opened.id), expires_at: timestamp(opened.expires_at) }
    }
}

/// Adds the session's cookie.
#[must_use]
pub fn with_cookie(cx: &Context, reply: Reply, opened: &Opened) -> Reply {
    reply.header(header::SET_COOKIE, &cookie(cx, &opened.secret, ABSOLUTE.num_seconds()))
}

/// Takes the session's cookie away.
#[must_use]
pub fn without_cookie(cx: &Context, reply: Reply) -> Reply {
    reply.header(header::SET_COOKIE, &cookie(cx, "", 0))
}

fn cookie(cx: &Context, value: &str, max_age_s: i64) -> String {
    let settings = cx.state.settings();
    let secure = if settings.is_https() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}", settings.cookie_name())
}

/// Reads an e-mail address: one `@` between two parts that are not empty.
pub fn read_email(f: &mut Fields<'_>, name: &'static str) -> String {
    let email = f.text(name, 3, 320).trim().to_owned();
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !email.contains(char::is_whitespace)
    });
    if !email.is_empty() && !is_address {
        f.refuse(name, format!("{name} must be an e-mail address"));
    }
    email
}
