//! From the errors of stores and books to the failures that a step reports.
//!
//! Invariant: nothing internal (SQL, paths) is in a message, and a code is one of `capability::CODES`.

use capability::Failure;
use serde_json::json;
use store::StoreError;

/// A failure that can also come from a transaction.
#[derive(Debug)]
pub struct StepError(pub Failure);

impl From<Failure> for StepError {
    fn from(failure: Failure) -> StepError {
        StepError(failure)
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> StepError {
        StepError(of_store(error))
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Failure {
        error.0
    }
}

/// The failure of a store's error.
pub fn of_store(error: StoreError) -> Failure {
    match error {
        StoreError::Unavailable(_) => {
            Failure::new("database_unavailable", "the database is not available").transient_after(500)
        }
        StoreError::DeadlineExceeded(_) => Failure::new("deadline_exceeded", "the database did not answer in time"),
        StoreError::Overloaded { reason, retry_after } => {
            Failure::new("overloaded", format!("no connection was free: {reason}"))
                .transient_after(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX).max(1))
        }
        StoreError::Serialization => {
            Failure::new("database_unavailable", "another change came first").transient_after(50)
        }
        StoreError::AlreadyExists { constraint } => {
            Failure::new("already_exists", "a record with this key exists already").about(json!({ "key": constraint }))
        }
        StoreError::NotFound(what) => Failure::new("not_found", format!("{what} not found")),
        StoreError::VersionConflict { what, current } => {
            Failure::new("conflict", format!("{what} has changed")).about(json!({ "version": current }))
        }
        StoreError::Reference { constraint } | StoreError::Refused { constraint } => {
            Failure::new("invalid_input", "a value is refused by the database")
                .about(json!({ "constraint": constraint }))
        }
        StoreError::PermissionDenied(_) => Failure::new("forbidden", "this record may not be changed"),
        error => {
            tracing::error!(%error, "the store failed");
            Failure::new("internal_error", "the store failed")
        }
    }
}

/// Our own fault, logged here because nothing else says it.
pub fn internal(what: &str, error: impl std::fmt::Display) -> Failure {
    tracing::error!(%error, what, "internal failure");
    Failure::new("internal_error", what)
}
