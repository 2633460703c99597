//! `GET /api/settings`

use serde::Serialize;
use serde_json::{Map, Value};
use store::queries::settings;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::replace::ReplaceSettings;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};

/// A user's settings, with the fields of [`ReplaceSettings`]; fields that were never set are left out.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct UserSettings(pub Map<String, Value>);

impl PartialSchema for UserSettings {
    fn schema() -> RefOr<Schema> {
        ReplaceSettings::schema()
    }
}

impl ToSchema for UserSettings {}

impl UserSettings {
    /// The wire form of the stored document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        Self(document.as_object().cloned().unwrap_or_default())
    }
}

/// Shows the settings.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = UserSettings;
    const SUMMARY: &'static str = "Your settings.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let found = guard::as_user(&cx, async |tx| settings::of_user(tx, user).await).await?;
        Ok(Reply::data(&UserSettings::of(&found.settings))?.version(found.version))
    }
}
