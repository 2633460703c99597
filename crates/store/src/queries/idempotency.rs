//! Answers kept under an idempotency key, so that a repeated request is not done twice.
//! Invariant: a key has one meaning; another body under it is a conflict.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, hash};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "idempotency";
    BEGIN = "begin.sql" [UUID, TEXT, TEXT, TEXT, BYTEA, FLOAT8, TIMESTAMPTZ];
    HELD = "held.sql" [UUID, TEXT];
    FINISH = "finish.sql" [UUID, TEXT, INT2, JSONB, BYTEA];
    RELEASE = "release.sql" [UUID, TEXT];
}

/// How long a key is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The kept answer of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers to repeat.
    pub headers: Value,
    /// Body to repeat.
    pub body: Vec<u8>,
}

/// What a key means for the request that brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, then [`finish`] or [`release`].
    New,
    /// The same request was answered: repeat this.
    Done(KeptResponse),
    /// The same request still runs.
    Running,
    /// The key was used with another body.
    OtherRequest,
}

/// Takes a key for a request with this hash of method, path and body.
pub async fn begin(
    tx: &mut UserTransaction,
    user: Uuid,
    key: &str,
    method: &str,
    path: &str,
    request_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Begun, StoreError> {
    let kept = KEPT.as_secs_f64();
    let taken = tx.write_rows(&BEGIN, &[&user, &key, &method, &path, &request_hash.as_slice(), &kept, &now]).await?;
    if !taken.is_empty() {
        return Ok(Begun::New);
    }
    let Some(row) = tx.row_opt(&HELD, &[&user, &key]).await? else {
        return Ok(Begun::Running); // freed at this moment: the client may try again
    };
    if hash(&row, 0)? != *request_hash {
        return Ok(Begun::OtherRequest);
    }
    if column::<&str>(&row, 1)? == "running" {
        return Ok(Begun::Running);
    }
    let status: Option<i16> = column(&row, 2)?;
    Ok(Begun::Done(KeptResponse {
        status: status
            .and_then(|s| u16::try_from(s).ok())
            .ok_or_else(|| StoreError::corrupt("idempotency_keys.response_status", "absent"))?,
        headers: column::<Option<Value>>(&row, 3)?.unwrap_or(Value::Null),
        body: column::<Option<Vec<u8>>>(&row, 4)?.unwrap_or_default(),
    }))
}

/// Keeps the answer; best in the transaction of the work itself.
pub async fn finish(
    tx: &mut UserTransaction,
    user: Uuid,
    key: &str,
    response: &KeptResponse,
) -> Result<(), StoreError> {
    let status = i16::try_from(response.status).map_err(|e| StoreError::corrupt("status", e))?;
    tx.write(&FINISH, &[&user, &key, &status, &response.headers, &response.body]).await.map(drop)
}

/// Frees the key of a request that failed without doing anything.
pub async fn release(tx: &mut UserTransaction, user: Uuid, key: &str) -> Result<(), StoreError> {
    tx.write(&RELEASE, &[&user, &key]).await.map(drop)
}
