//! What can go wrong between the server and PostgreSQL, sorted by what the caller can do about it.
//! Invariant: no variant carries SQL text or a value of a row, so that a message may be logged.

use std::time::Duration;

use tokio_postgres::error::SqlState;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or a connection broke; reads may be tried again.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The command ran longer than the lease's deadline or the command timeout.
    #[error("deadline exceeded in {0}")]
    DeadlineExceeded(String),
    /// The governor refused the lease or the admission.
    #[error("overloaded: {reason}")]
    Overloaded {
        /// Why, as the governor says it.
        reason: String,
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// A unique key already holds this value.
    #[error("already exists ({constraint})")]
    AlreadyExists {
        /// Name of the unique constraint or index.
        constraint: String,
    },
    /// A referenced row does not exist, or a row is still referenced.
    #[error("reference violated ({constraint})")]
    Reference {
        /// Name of the foreign key.
        constraint: String,
    },
    /// A check constraint refused the row.
    #[error("value refused ({constraint})")]
    Refused {
        /// Name of the check or not-null column.
        constraint: String,
    },
    /// A trigger or function refused the change and says why.
    #[error("{0}")]
    Invariant(String),
    /// The role may not do this, or row-level security hid the row from a write.
    #[error("permission denied in {0}")]
    PermissionDenied(String),
    /// The row does not exist for this user.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The row changed since it was read (optimistic lock).
    #[error("{what} changed: current version is {current}")]
    VersionConflict {
        /// Which record.
        what: &'static str,
        /// Its version now.
        current: i32,
    },
    /// A stored value does not fit the domain type that it stands for.
    #[error("stored value of {what} cannot be read: {detail}")]
    Corrupt {
        /// Table and column.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Two transactions blocked each other; the whole lease may be tried again.
    #[error("transaction lost against a concurrent one")]
    Serialization,
    /// Wrong configuration; the text says what to run or to set.
    #[error("{0}")]
    Configuration(String),
    /// A migration cannot be applied.
    #[error("migration: {0}")]
    Migration(String),
    /// Any other database error.
    #[error("database error in {query}: {message} (SQLSTATE {code})")]
    Database {
        /// File name of the query.
        query: String,
        /// The server's primary message.
        message: String,
        /// Five-character SQLSTATE.
        code: String,
    },
}

impl StoreError {
    /// Whether running the whole lease again may succeed without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Serialization | Self::Overloaded { .. })
    }

    /// Sorts a driver error; `query` is the file name of the statement.
    pub(crate) fn from_postgres(query: &str, error: &tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return if error.is_closed() || is_io(error) {
                Self::Unavailable(error.to_string())
            } else {
                Self::Corrupt { what: query.to_owned(), detail: with_source(error) }
            };
        };
        let constraint = || db.constraint().or(db.column()).unwrap_or("unnamed").to_owned();
        match db.code() {
            &SqlState::UNIQUE_VIOLATION => Self::AlreadyExists { constraint: constraint() },
            &SqlState::FOREIGN_KEY_VIOLATION => Self::Reference { constraint: constraint() },
            &SqlState::CHECK_VIOLATION
            | &SqlState::NOT_NULL_VIOLATION
            | &SqlState::STRING_DATA_RIGHT_TRUNCATION
            | &SqlState::NUMERIC_VALUE_OUT_OF_RANGE => Self::Refused { constraint: constraint() },
            &SqlState::RAISE_EXCEPTION | &SqlState::INTEGRITY_CONSTRAINT_VIOLATION => {
                Self::Invariant(db.message().to_owned())
            }
            &SqlState::INSUFFICIENT_PRIVILEGE => Self::PermissionDenied(query.to_owned()),
            &SqlState::QUERY_CANCELED => Self::DeadlineExceeded(query.to_owned()),
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Self::Serialization,
            code if is_server_gone(code) => Self::Unavailable(db.message().to_owned()),
            code => Self::Database {
                query: query.to_owned(),
                message: db.message().to_owned(),
                code: code.code().to_owned(),
            },
        }
    }

    /// A stored value that cannot be read back.
    pub(crate) fn corrupt(what: &str, detail: impl ToString) -> Self {
        Self::Corrupt { what: what.to_owned(), detail: detail.to_string() }
    }
}

fn with_source(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    error.source().is_some_and(|source| source.is::<std::io::Error>())
}

fn is_server_gone(code: &SqlState) -> bool {
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS]
        .contains(code)
        || code.code().starts_with("08")
}
