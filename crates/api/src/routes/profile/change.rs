//! `PATCH /api/profile`

use store::StoreError;
use store::queries::users::{self, ProfileChange};
use store::queries::{audit, portfolios, settings};
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::OwnProfile;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::setup::create::{read_locale, read_time_zone};

/// Changes of the own profile; absent fields stay.
#[derive(Debug, ToSchema)]
pub struct ChangeProfile {
    /// New name, 1 to 120 characters.
    pub display_name: Option<String>,
    /// New BCP 47 tag.
    pub locale: Option<String>,
    /// New IANA time zone.
    pub time_zone: Option<String>,
    /// Portfolio that is meant where none is named; `null` clears it.
    #[schema(value_type = Option<Uuid>)]
    pub default_portfolio_id: Option<Option<Uuid>>,
}

impl Input for ChangeProfile {
    fn read(f: &mut Fields<'_>) -> Self {
        let is_cleared = f.is_null("default_portfolio_id");
        let portfolio = f.opt_uuid("default_portfolio_id");
        Self {
            display_name: f.opt_text("display_name", 1, 120),
            locale: read_locale(f),
            time_zone: read_time_zone(f),
            default_portfolio_id: if is_cleared { Some(None) } else { portfolio.map(Some) },
        }
    }
}

/// Changes the own profile.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangeProfile;
    type Answer = OwnProfile;
    const SUMMARY: &'static str = "Changes your own record.";

    async fn handle(cx: Context, (): (), body: ChangeProfile) -> Outcome {
        let user = cx.user()?;
        let version = cx.if_match()?;
        let change = ProfileChange { display_name: body.display_name, locale: body.locale, time_zone: body.time_zone };
        let (profile, default) = guard::as_user(&cx, async |tx| {
            let profile = users::update_profile(tx, user, version, &change).await?;
            let mut settings = settings::of_user(tx, user).await?;
            if let Some(default) = body.default_portfolio_id {
                if let Some(id) = default
                    && portfolios::by_id(tx, user, id).await?.is_none()
                {
                    return Err(StoreError::NotFound("portfolio"));
                }
                settings.default_portfolio_id = default;
                settings::put_user(tx, user, &settings).await?;
            }
            audit::insert(tx, &cx.audit(user, "profile.change", "user", user)).await?;
            Ok((profile, settings.default_portfolio_id))
        })
        .await?;
        Ok(Reply::data(&OwnProfile::of(&profile, default))?.version(profile.version))
    }
}
