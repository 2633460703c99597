//! `POST /api/setup`: the first administrator.

use serde_json::json;
use store::LeaseTicket;
use store::queries::settings::{self, UserSettings};
use store::queries::users::NewUser;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::lockout::normalized_email;
use crate::auth::password;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::{Outcome, Reply};
use crate::identity;
use crate::problem::from_store::not_found;
use crate::routes::auth::account::{BrowserSession, SignedInUser, read_email, with_cookie};
use crate::routes::auth::links::LinkFollowed;

/// The first administrator.
#[derive(ToSchema)]
pub struct SetupRequest {
    /// The part of the setup link behind `#`.
    pub token: String,
    /// E-mail address.
    pub email: String,
    /// Name on screen, 1 to 120 characters.
    pub display_name: String,
    /// Password, 12 to 128 characters.
    pub password: String,
    /// BCP 47 tag; `en` when absent.
    pub locale: Option<String>,
    /// IANA time zone; `UTC` when absent.
    pub time_zone: Option<String>,
    /// Currency of totals; `EUR` when absent.
    pub base_currency: Option<String>,
}

impl Input for SetupRequest {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            token: f.text("token", 1, 200),
            email: read_email(f, "email"),
            display_name: f.text("display_name", 1, 120),
            password: f.text("password", 1, 1024),
            locale: read_locale(f),
            time_zone: read_time_zone(f),
            base_currency: f.opt_currency("base_currency").map(|c| c.to_string()),
        }
    }
}

/// A BCP 47 tag.
pub fn read_locale(f: &mut Fields<'_>) -> Option<String> {
    let text = f.opt_text("locale", 2, 35)?;
    if text
        .split('-')
        .all(|part| !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return Some(text);
    }
    f.refuse("locale", "locale must be a language tag such as de-CH");
    None
}

/// A name of the IANA time zone database, by its form.
pub fn read_time_zone(f: &mut Fields<'_>) -> Option<String> {
    let text = f.opt_text("time_zone", 1, 64)?;
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b)) {
        return Some(text);
    }
    f.refuse("time_zone", "time_zone must be a name such as Europe/Zurich");
    None
}

/// Makes the first administrator and signs her in.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    type Query = ();
    type Body = SetupRequest;
    type Answer = LinkFollowed;
    const SUMMARY: &'static str =
        "Makes the first administrator with the link that the server printed, and signs her in.";

    async fn handle(cx: Context, (): (), body: SetupRequest) -> Outcome {
        password::accept(&body.password, &body.email, "/password")?;
        let hash = cx.state.passwords().hash(body.password).await?;
        let new = NewUser {
            id: Uuid::now_v7(),
            email_normalized: normalized_email(&body.email),
            email: body.email,
            display_name: body.display_name,
            password_hash: Some(hash),
            role: "ADMIN".into(),
            status: "active".into(),
            locale: body.locale.unwrap_or_else(|| "en".into()),
            time_zone: body.time_zone.unwrap_or_else(|| "UTC".into()),
        };
        let opened = identity::set_up(&cx, &body.token, &new).await?;
        let base_currency = body.base_currency.unwrap_or_else(|| "EUR".into());
        let first =
            UserSettings { version: 0, settings: json!({"base_currency": base_currency}), default_portfolio_id: None };
        let ticket = LeaseTicket::platform(new.id, cx.record_deadline());
        cx.state.store().as_user(ticket, new.id, async |tx| settings::put_user(tx, new.id, &first).await).await?;
        let me = identity::user_by_id(&cx.state, new.id).await?.ok_or_else(|| not_found("user"))?;
        let answer = LinkFollowed { user: SignedInUser::of(&me.profile), session: BrowserSession::of(&opened) };
        let reply = Reply::data(&answer)?.header(http::header::CACHE_CONTROL, "no-store");
        Ok(with_cookie(&cx, reply, &opened))
    }
}
