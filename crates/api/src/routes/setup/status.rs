//! `GET /api/setup`

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::identity;

/// Whether the installation waits for its first administrator.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupStatus {
    /// True while nobody administers the installation.
    pub needs_setup: bool,
    /// Whether it shows the demo data.
    pub demo: bool,
    /// Version of the release.
    pub version: String,
}

/// Tells whether setup is needed.
#[derive(Debug)]
pub struct Status;

impl Endpoint for Status {
    type Query = ();
    type Body = ();
    type Answer = SetupStatus;
    const SUMMARY: &'static str = "Whether the installation waits for its first administrator.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let settings = cx.state.settings();
        Reply::data(&SetupStatus {
            needs_setup: identity::needs_setup(&cx.state).await?,
            demo: settings.demo,
            version: settings.build.version.clone(),
        })
    }
}
