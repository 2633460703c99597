//! An import as a record.

use serde::Serialize;
use serde_json::{Value, json};
use store::queries::imports::{Import as Stored, ImportStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::routes::wire::timestamp;

/// Kept in the place of a format while none is known.
pub const AUTO: &str = "auto";

/// How a file is read, as far as it was found out when it came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DetectedFormat {
    /// Format id; `auto` while it is not known.
    pub format: String,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// Between cells; empty for files without columns.
    pub delimiter: String,
    /// Character set.
    pub encoding: String,
    /// Between units and tenths.
    pub decimal_separator: String,
    /// Form of dates.
    pub date_format: String,
}

/// A column of an uploaded CSV.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportColumn {
    /// Its name.
    pub name: String,
    /// Its first values.
    pub samples: Vec<String>,
    /// Field of a mapping that it looks like.
    pub suggested_field: Option<String>,
}

/// What was found out about a file, as it is kept with the import.
pub(super) fn detected_json(bytes: &[u8]) -> (Option<formats::Format>, Value) {
    let (detected, columns) = formats::detect(bytes);
    let columns: Vec<Value> = columns
        .iter()
        .map(|column| json!({ "name": column.name, "samples": column.samples, "suggested_field": column.suggested_field }))
        .collect();
    let kept = json!({
        "detected": {
            "confidence": detected.confidence,
            "delimiter": detected.delimiter.map(String::from),
            "encoding": detected.encoding,
            "decimal_separator": detected.decimal_separator,
            "date_format": detected.date_format,
        },
        "columns": columns,
    });
    (detected.format, kept)
}

fn detected_of(stored: &Stored) -> DetectedFormat {
    let detected = &stored.mapping["detected"];
    let text = |name: &str, otherwise: &str| detected[name].as_str().unwrap_or(otherwise).to_owned();
    DetectedFormat {
        format: stored.format.clone(),
        confidence: detected["confidence"].as_f64().unwrap_or(1.0),
        delimiter: text("delimiter", if detected.is_null() { "," } else { "" }),
        encoding: text("encoding", "utf-8"),
        decimal_separator: text("decimal_separator", "."),
        date_format: text("date_format", "YYYY-MM-DD"),
    }
}

fn columns_of(stored: &Stored) -> Vec<ImportColumn> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let columns = stored.mapping["columns"].as_array().into_iter().flatten();
    columns
        .map(|column| ImportColumn {
            name: text(&column["name"]).unwrap_or_default(),
            samples: column["samples"].as_array().into_iter().flatten().filter_map(text).collect(),
            suggested_field: text(&column["suggested_field"]),
        })
        .collect()
}

/// What somebody chose about an import: mapping, choices, corrections.
fn choices_of(stored: &Stored) -> Value {
    let mut chosen = stored.mapping.clone();
    if let Some(members) = chosen.as_object_mut() {
        members.remove("detected");
        members.remove("columns");
    }
    chosen
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
    /// Columns of a CSV.
    pub columns: Vec<ImportColumn>,
    /// What was chosen: `mapping`, `security_choices`, `account_choices`, `corrections`.
    #[schema(value_type = Object)]
    pub choices: Value,
    /// How to treat it: `skip_duplicates`, `skip_not_supported`, `create_securities`, `skip`.
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
            detected: detected_of(stored),
            columns: columns_of(stored),
            choices: choices_of(stored),
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
