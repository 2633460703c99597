//! Lock-out after failed sign-ins, by hashed name, known or not.
//! Invariant: the same counter runs for unknown names, so that existence does not leak.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::read::{column, int, unsigned32};
use crate::sql::queries;
use crate::transaction::AuthTransaction;

queries! { "throttle";
    LOCKED = "locked.sql" [BYTEA, TIMESTAMPTZ];
    FAILED = "failed.sql" [BYTEA, INT4, FLOAT8, FLOAT8, TIMESTAMPTZ];
    CLEAR = "clear.sql" [BYTEA];
}

/// When a name is locked out.
#[derive(Debug, Clone, Copy)]
pub struct ThrottleRule {
    /// Failures that lock out.
    pub failures_max: u32,
    /// Time in which they count.
    pub window: Duration,
    /// How long the lock-out lasts.
    pub lock: Duration,
}

impl Default for ThrottleRule {
    /// 5 failures in 30 minutes lock out for 30 minutes.
    fn default() -> Self {
        Self { failures_max: 5, window: Duration::from_secs(1800), lock: Duration::from_secs(1800) }
    }
}

/// Until when a name is locked out, if it is.
pub async fn locked_until(
    tx: &mut AuthTransaction,
    key_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = tx.row_opt(&LOCKED, &[&key_hash.as_slice(), &now]).await?;
    row.as_ref().map(|row| column(row, 0)).transpose()
}

/// Counts a failure; gives the failures of the window and the end of the lock-out, if it began.
pub async fn failed(
    tx: &mut AuthTransaction,
    key_hash: &[u8; 32],
    rule: ThrottleRule,
    now: DateTime<Utc>,
) -> Result<(u32, Option<DateTime<Utc>>), StoreError> {
    let rows = tx
        .write_rows(
            &FAILED,
            &[
                &key_hash.as_slice(),
                &int(rule.failures_max)?,
                &rule.window.as_secs_f64(),
                &rule.lock.as_secs_f64(),
                &now,
            ],
        )
        .await?;
    let row = rows.first().ok_or(StoreError::NotFound("throttle"))?;
    Ok((unsigned32(row, 0)?, column(row, 1)?))
}

/// Forgets the failures of a name: after a sign-in, or when an administrator unlocks it.
pub async fn clear(tx: &mut AuthTransaction, key_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.write(&CLEAR, &[&key_hash.as_slice()]).await.map(drop)
}
