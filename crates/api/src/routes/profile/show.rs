//! `GET /api/profile`

use serde::Serialize;
use store::queries::users::Profile;
use store::queries::{settings, users};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;
use crate::routes::wire::timestamp;

/// A user's own record.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnProfile {
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
    /// Portfolio that is meant where none is named.
    pub default_portfolio_id: Option<Uuid>,
    /// Last sign-in.
    pub last_login_at: Option<String>,
    /// When the account was made.
    pub created_at: String,
}

impl OwnProfile {
    /// The wire form.
    #[must_use]
    pub fn of(profile: &Profile, default_portfolio_id: Option<Uuid>) -> Self {
        Self {
            id: profile.id,
            email: profile.email.clone(),
            display_name: profile.display_name.clone(),
            role: profile.role.clone(),
            locale: profile.locale.clone(),
            time_zone: profile.time_zone.clone(),
            default_portfolio_id,
            last_login_at: profile.last_login_at.map(timestamp),
            created_at: timestamp(profile.created_at),
        }
    }
}

/// Shows the own profile.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = OwnProfile;
    const SUMMARY: &'static str = "Your own record.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let (profile, settings) =
            guard::as_user(&cx, async |tx| Ok((users::profile(tx, user).await?, settings::of_user(tx, user).await?)))
                .await?;
        let profile = profile.ok_or_else(|| not_found("user"))?;
        Ok(Reply::data(&OwnProfile::of(&profile, settings.default_portfolio_id))?.version(profile.version))
    }
}
