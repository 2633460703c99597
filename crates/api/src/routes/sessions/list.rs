//! `GET /api/sessions`

use serde::Serialize;
use store::queries::sessions;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::routes::wire::timestamp;

/// A session of the signed-in user.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnSession {
    /// Its id.
    pub id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    /// Whether it carries this request.
    pub current: bool,
    /// Last request, to the minute.
    pub last_seen_at: String,
    /// When it ends at the latest.
    pub expires_at: String,
    /// Address of the sign-in.
    pub address: Option<String>,
    /// Browser or program of the sign-in.
    pub user_agent: Option<String>,
    /// When it was opened.
    pub created_at: String,
}

/// Lists the own sessions.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = ();
    type Body = ();
    type Answer = Vec<OwnSession>;
    const SUMMARY: &'static str = "Your live sessions and devices, last used first.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let caller = cx.caller()?.clone();
        let now = cx.state.now();
        let found = guard::as_user(&cx, async |tx| sessions::list(tx, caller.user_id, now).await).await?;
        let rows: Vec<OwnSession> = found
            .into_iter()
            .map(|s| OwnSession {
                id: s.id,
                kind: s.kind,
                current: s.id == caller.session_id,
                last_seen_at: timestamp(s.last_seen_at),
                expires_at: timestamp(s.expires_at),
                address: s.ip.map(|ip| ip.to_string()),
                user_agent: s.user_agent,
                created_at: timestamp(s.created_at),
            })
            .collect();
        Reply::data(&rows)
    }
}
