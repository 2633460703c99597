//! What a failure of the database means to the caller. Nothing of it but names of records and waiting times leaves.

use store::StoreError;

use super::{Problem, codes};
use crate::http::context::stale_version;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::warn!(cause, "database unavailable");
                Self::new("database_unavailable", "the database does not answer").retry_after(1000)
            }
            StoreError::DeadlineExceeded(step) => {
                tracing::info!(step, "deadline exceeded");
                Self::new("deadline_exceeded", "the database did not answer within the deadline")
            }
            StoreError::Overloaded { reason, retry_after } => {
                let wait = u64::try_from(retry_after.as_millis()).unwrap_or(30_000);
                Self::new("overloaded", format!("no database connection in time: {reason}")).retry_after(wait.max(1))
            }
            StoreError::Serialization => {
                Self::new("overloaded", "the change lost against another one at the same moment").retry_after(100)
            }
            StoreError::AlreadyExists { constraint } => {
                tracing::debug!(constraint, "already exists");
                Self::new("already_exists", "a record with this name or identifier exists already")
            }
            // A parent that is not the caller's own is as good as none: existence does not leak.
            StoreError::Reference { constraint } => {
                tracing::debug!(constraint, "reference violated");
                Self::new("not_found", "a record that the request refers to does not exist")
            }
            StoreError::PermissionDenied(query) => {
                tracing::debug!(query, "refused by row-level security");
                Self::new("not_found", "no such record")
            }
            StoreError::NotFound(what) => not_found(what),
            StoreError::VersionConflict { what, current } => stale_version(what, current),
            StoreError::Refused { constraint } => {
                tracing::info!(constraint, "value refused by the database");
                Self::new("invalid_input", "a value is outside what can be stored")
            }
            StoreError::Invariant(why) => {
                tracing::info!(why, "change refused by the database");
                Self::new("conflict", "the change contradicts the current state")
            }
            other => Self::internal(other),
        }
    }
}

/// The problem of a record that the caller cannot see.
#[must_use]
pub fn not_found(what: &str) -> Problem {
    let code = format!("{what}_not_found");
    let code = codes::find(&code).map_or("not_found", |row| row.code);
    Problem::new(code, format!("there is no such {what}, or it is not yours"))
}
