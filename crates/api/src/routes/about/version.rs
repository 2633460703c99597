//! `GET /api/version`

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};

/// About the binary.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionInfo {
    /// Version of the release.
    pub version: String,
    /// Commit that it was built from.
    pub commit: String,
    /// Debug or release.
    pub build: String,
    /// Number of the newest database change that this binary knows.
    pub migrations: i32,
    /// Licence of the program.
    pub licences: Vec<String>,
}

/// Tells the version.
#[derive(Debug)]
pub struct Version;

impl Endpoint for Version {
    type Query = ();
    type Body = ();
    type Answer = VersionInfo;
    const SUMMARY: &'static str = "Version, commit and build of the server.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let build = &cx.state.settings().build;
        Reply::data(&VersionInfo {
            version: build.version.clone(),
            commit: build.commit.clone(),
            build: build.build.clone(),
            migrations: store::migrate::MIGRATIONS.last().map_or(0, |m| m.version),
            licences: vec!["Apache-2.0".into()],
        })
    }
}
