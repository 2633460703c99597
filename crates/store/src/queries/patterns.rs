//! Texts of patterns and declarations of capabilities as they were. Invariant: nothing here changes, so that an old
//! execution can be run again.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, hash};
use crate::sql::queries;
use crate::transaction::{ScopedTransaction, WorkerTransaction};

queries! { "patterns";
    RECORD_VERSION = "record_version.sql" [TEXT, BYTEA, TEXT, TEXT, TEXT, BYTEA, TEXT, UUID];
    RECORD_CAPABILITY = "record_capability.sql" [TEXT, TEXT, TEXT, JSONB];
    BY_HASH = "by_hash.sql" [TEXT, BYTEA];
}

/// A loaded text of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternVersion {
    /// Pattern.
    pub pattern_id: String,
    /// SHA-256 of the text.
    pub content_hash: [u8; 32],
    /// Version that the text names.
    pub version: String,
    /// `pattern` or `view`.
    pub kind: String,
    /// The text.
    pub body: String,
    /// Hash of the checked plan.
    pub plan_hash: [u8; 32],
    /// `shipped` or `user`.
    pub origin: String,
}

/// Keeps a text; the same text again changes nothing. True when it was new.
pub async fn record_version(
    tx: &mut WorkerTransaction,
    version: &PatternVersion,
    loaded_by: Option<Uuid>,
) -> Result<bool, StoreError> {
    let added = tx
        .write(
            &RECORD_VERSION,
            &[
                &version.pattern_id,
                &version.content_hash.as_slice(),
                &version.version,
                &version.kind,
                &version.body,
                &version.plan_hash.as_slice(),
                &version.origin,
                &loaded_by,
            ],
        )
        .await?;
    Ok(added == 1)
}

/// Keeps the declaration of a capability; the same version again changes nothing.
pub async fn record_capability(
    tx: &mut WorkerTransaction,
    name: &str,
    version: &str,
    agent: &str,
    declaration: &Value,
) -> Result<(), StoreError> {
    tx.write(&RECORD_CAPABILITY, &[&name, &version, &agent, declaration]).await.map(drop)
}

/// A text by its hash, with the time of its first loading.
pub async fn by_hash(
    tx: &mut ScopedTransaction,
    pattern_id: &str,
    content_hash: &[u8; 32],
) -> Result<Option<(PatternVersion, DateTime<Utc>)>, StoreError> {
    let row = tx.row_opt(&BY_HASH, &[&pattern_id, &content_hash.as_slice()]).await?;
    row.as_ref()
        .map(|row| {
            let version = PatternVersion {
                pattern_id: pattern_id.to_owned(),
                content_hash: *content_hash,
                version: column(row, 0)?,
                kind: column(row, 1)?,
                body: column(row, 2)?,
                plan_hash: hash(row, 3)?,
                origin: column(row, 4)?,
            };
            Ok((version, column(row, 5)?))
        })
        .transpose()
}
