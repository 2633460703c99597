//! The audit log: who did what. Invariant: lines are only added, and a user is the actor of its own lines.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::ScopedTransaction;

queries! { "audit";
    INSERT = "insert.sql" [UUID, UUID, UUID, TEXT, TEXT, TEXT, JSONB, INET, TEXT, TEXT, TEXT];
    PAGE = "page.sql" [UUID, UUID, INT8];
}

/// A line of the audit log. Names and ids only, no amounts.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLine {
    /// UUIDv7.
    pub id: Uuid,
    /// Who did it; absent for the system.
    pub actor_id: Option<Uuid>,
    /// Whose data it was, where that is another user.
    pub subject_user_id: Option<Uuid>,
    /// What was done (`ledger.record`).
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which.
    pub resource_id: String,
    /// Names and ids.
    pub detail: Value,
    /// Address of the request.
    pub ip: Option<IpAddr>,
    /// Client of the request.
    pub user_agent: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// Trace of the request.
    pub trace_id: Option<String>,
}

impl AuditLine {
    /// A line without request details.
    #[must_use]
    pub fn new(
        actor: Option<Uuid>,
        action: impl Into<String>,
        resource_type: impl Into<String>,
        resource_id: impl ToString,
    ) -> Self {
        Self {
            id: Uuid::now_v7(),
            actor_id: actor,
            subject_user_id: None,
            action: action.into(),
            resource_type: resource_type.into(),
            resource_id: resource_id.to_string(),
            detail: Value::Object(serde_json::Map::new()),
            ip: None,
            user_agent: None,
            request_id: None,
            trace_id: None,
        }
    }
}

/// Adds a line.
pub async fn insert(tx: &mut ScopedTransaction, line: &AuditLine) -> Result<(), StoreError> {
    tx.write(
        &INSERT,
        &[
            &line.id,
            &line.actor_id,
            &line.subject_user_id,
            &line.action,
            &line.resource_type,
            &line.resource_id,
            &line.detail,
            &line.ip,
            &line.user_agent,
            &line.request_id,
            &line.trace_id,
        ],
    )
    .await
    .map(drop)
}

/// At most `limit` lines before `before`, newest first, of one actor or of everybody that the role may see.
pub async fn page(
    tx: &mut ScopedTransaction,
    actor: Option<Uuid>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<(AuditLine, DateTime<Utc>)>, StoreError> {
    let rows = tx.rows(&PAGE, &[&actor, &before, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let line = AuditLine {
                id: column(row, 0)?,
                actor_id: column(row, 1)?,
                subject_user_id: column(row, 2)?,
                action: column(row, 3)?,
                resource_type: column(row, 4)?,
                resource_id: column(row, 5)?,
                detail: column(row, 6)?,
                ip: column(row, 7)?,
                user_agent: column(row, 8)?,
                request_id: column(row, 9)?,
                trace_id: column(row, 10)?,
            };
            Ok((line, column(row, 11)?))
        })
        .collect()
}
