//! An import as a record.

use serde::Serialize;
use serde_json::Value;
use store::queries::imports::{Import as Stored, ImportStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::routes::wire::timestamp;

/// Id of the only format that this build reads.
pub const DAWSOS_CSV: &str = "dawsos_csv";

/// How a file is read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DetectedFormat {
    /// Format id.
    pub format: String,
    /// Between cells.
    pub delimiter: &'static str,
    /// Character set.
    pub encoding: &'static str,
    /// Between units and tenths.
    pub decimal_separator: &'static str,
    /// Form of dates.
    pub date_format: &'static str,
}

/// Numbers of ledger entries, both included.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryRange {
    /// First one.
    pub from: i64,
    /// Last one.
    pub to: i64,
}

/// An import: an uploaded file on its way into the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Import {
    /// Its id.
    pub id: Uuid,
    /// Portfolio that it goes to.
    pub portfolio_id: Uuid,
    /// Account of rows that name none.
    pub account_id: Option<Uuid>,
    /// Name of the file.
    pub file_name: String,
    /// Format id.
    pub format: String,
    /// SHA-256 of the file, 64 hex digits.
    pub file_sha256: String,
    /// How it is read.
    pub detected: DetectedFormat,
    /// How to treat it: `skip_duplicates`.
    #[schema(value_type = Object)]
    pub options: Value,
    /// `uploaded`, `mapped`, `previewed`, `committed`, `reverted` or `expired`.
    pub status: &'static str,
    /// Rows by status: ok, warning, error, duplicate, ignored.
    #[schema(value_type = Object)]
    pub counts: Value,
    /// Ledger entries that it wrote.
    pub entries: Option<EntryRange>,
    /// When it was committed.
    pub committed_at: Option<String>,
    /// When it is dropped if it stays unfinished.
    pub expires_at: String,
    /// When it was uploaded.
    pub created_at: String,
}

impl Import {
    /// The wire form.
    #[must_use]
    pub fn of(stored: &Stored) -> Self {
        Self {
            id: stored.id,
            portfolio_id: stored.portfolio_id,
            account_id: stored.account_id,
            file_name: stored.filename.clone(),
            format: stored.format.clone(),
            file_sha256: hex::encode(stored.file_sha256),
            detected: DetectedFormat {
                format: stored.format.clone(),
                delimiter: ",",
                encoding: "utf-8",
                decimal_separator: ".",
                date_format: "YYYY-MM-DD",
            },
            options: stored.options.clone(),
            status: stored.status.name(),
            counts: stored.counts.clone(),
            entries: stored.seqs.map(|(from, to)| EntryRange { from, to }),
            committed_at: stored.committed_at.map(timestamp),
            expires_at: timestamp(stored.expires_at),
            created_at: timestamp(stored.created_at),
        }
    }
}

/// Refuses changes of an import that is in the ledger already.
pub(super) fn refuse_committed(import: &Stored) -> Result<(), Problem> {
    match import.status {
        ImportStatus::Committed | ImportStatus::Reverted => {
            Err(Problem::new("import_already_committed", "the import is in the ledger already"))
        }
        ImportStatus::Expired => Err(Problem::new("not_found", "the import was dropped unfinished")),
        _ => Ok(()),
    }
}
