//! Uploaded files and imports. Invariant: rows are written to the ledger all or none, in the transaction that marks
//! the import as committed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{big, column, hash, int, named, unsigned32};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "imports";
    PUT_BLOB = "put_blob.sql" [UUID, BYTEA, TEXT, INT4, BYTEA, TIMESTAMPTZ];
    BLOB = "blob.sql" [UUID, BYTEA];
    INSERT = "insert.sql" [UUID, UUID, UUID, UUID, TEXT, TEXT, BYTEA, JSONB, JSONB, TIMESTAMPTZ];
    BY_ID = "by_id.sql" [UUID, UUID];
    LOCK = "lock.sql" [UUID, UUID];
    LIST = "list.sql" [UUID, UUID, UUID, INT8];
    UPDATE = "update.sql" [UUID, UUID, INT4, UUID, TEXT, JSONB, JSONB, TEXT, JSONB];
    VERSION = "version.sql" [UUID, UUID];
    COMMIT = "commit.sql" [UUID, UUID, INT8, INT8, JSONB];
    REVERT = "revert.sql" [UUID, UUID];
    DELETE = "delete.sql" [UUID, UUID];
    DELETE_ROWS = "delete_rows.sql" [UUID, UUID];
    INSERT_ROWS = "insert_rows.sql" [UUID, UUID, INT4_ARRAY, INT4_ARRAY, JSONB_ARRAY, JSONB_ARRAY, TEXT_ARRAY, TEXT_ARRAY,
        JSONB_ARRAY, INT8_ARRAY];
    ROWS = "rows.sql" [UUID, UUID, TEXT_ARRAY, INT4, INT4, INT8];
    KNOWN_ROW_KEYS = "known_row_keys.sql" [UUID, UUID, TEXT_ARRAY];
    SET_ROW_SEQS = "set_row_seqs.sql" [UUID, UUID, INT4_ARRAY, INT4_ARRAY, INT8_ARRAY];
}

/// Rows that go to the database in one statement.
const CHUNK: usize = 20_000;
/// Level of compression of kept files.
const COMPRESSION: i32 = 3;
/// Largest file that is kept (25 MiB).
pub const BLOB_BYTES_MAX: usize = 25 * 1024 * 1024;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStatus {
    /// The file is there.
    Uploaded,
    /// Columns are mapped.
    Mapped,
    /// Rows are read.
    Previewed,
    /// Entries are written.
    Committed,
    /// Entries are voided again.
    Reverted,
    /// Dropped unfinished.
    Expired,
}

impl ImportStatus {
    const ALL: [Self; 6] =
        [Self::Uploaded, Self::Mapped, Self::Previewed, Self::Committed, Self::Reverted, Self::Expired];

    /// Its name in the database and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Mapped => "mapped",
            Self::Previewed => "previewed",
            Self::Committed => "committed",
            Self::Reverted => "reverted",
            Self::Expired => "expired",
        }
    }
}

/// An import to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImport {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// Book that it goes to.
    pub portfolio_id: Uuid,
    /// Account for rows that name none.
    pub account_id: Option<Uuid>,
    /// Name of the file.
    pub filename: String,
    /// Format id.
    pub format: String,
    /// The kept file.
    pub file_sha256: [u8; 32],
    /// Field to column or constant.
    pub mapping: Value,
    /// How to read it.
    pub options: Value,
    /// When an unfinished import is dropped.
    pub expires_at: DateTime<Utc>,
}

/// An import.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Its id.
    pub id: Uuid,
    /// Raised by each change; the ETag.
    pub version: i32,
    /// Book that it goes to.
    pub portfolio_id: Uuid,
    /// Account for rows that name none.
    pub account_id: Option<Uuid>,
    /// Name of the file.
    pub filename: String,
    /// Format id.
    pub format: String,
    /// The kept file.
    pub file_sha256: [u8; 32],
    /// Field to column or constant.
    pub mapping: Value,
    /// How to read it.
    pub options: Value,
    /// How far it is.
    pub status: ImportStatus,
    /// Rows by status.
    pub counts: Value,
    /// First and last entry that it wrote.
    pub seqs: Option<(i64, i64)>,
    /// When it was written.
    pub committed_at: Option<DateTime<Utc>>,
    /// When an unfinished import is dropped.
    pub expires_at: DateTime<Utc>,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
}

/// A row of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// Line of the file, from 1.
    pub line: u32,
    /// Number among the entries of that line.
    pub part: u32,
    /// The line as read.
    pub raw: Value,
    /// The entry that it would write.
    pub entry: Option<Value>,
    /// Stable identity, equal when the row comes again.
    pub row_key: Option<String>,
    /// `ok`, `warning`, `error`, `duplicate` or `ignored`.
    pub status: String,
    /// What is wrong, by column.
    pub problems: Value,
    /// Entry that it wrote.
    pub seq: Option<u64>,
}

fn import_of(row: &Row) -> Result<Import, StoreError> {
    let (from, to): (Option<i64>, Option<i64>) = (column(row, 11)?, column(row, 12)?);
    Ok(Import {
        id: column(row, 0)?,
        version: column(row, 1)?,
        portfolio_id: column(row, 2)?,
        account_id: column(row, 3)?,
        filename: column(row, 4)?,
        format: column(row, 5)?,
        file_sha256: hash(row, 6)?,
        mapping: column(row, 7)?,
        options: column(row, 8)?,
        status: named(row, 9, |text| ImportStatus::ALL.into_iter().find(|s| s.name() == text))?,
        counts: column(row, 10)?,
        seqs: from.zip(to),
        committed_at: column(row, 13)?,
        expires_at: column(row, 14)?,
        created_at: column(row, 15)?,
    })
}

/// Keeps a file under its SHA-256.
pub async fn put_blob(
    tx: &mut UserTransaction,
    user: Uuid,
    sha256: &[u8; 32],
    media_type: &str,
    content: &[u8],
    expires_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    if content.len() > BLOB_BYTES_MAX {
        return Err(StoreError::Refused { constraint: "blobs_bytes_check".to_owned() });
    }
    let bytes = i32::try_from(content.len()).map_err(|e| StoreError::corrupt("blobs.bytes", e))?;
    let packed = zstd::bulk::compress(content, COMPRESSION).map_err(|e| StoreError::corrupt("blobs.content", e))?;
    tx.write(&PUT_BLOB, &[&user, &sha256.as_slice(), &media_type, &bytes, &packed, &expires_at]).await.map(drop)
}

/// A kept file: media type and content.
pub async fn blob(
    tx: &mut UserTransaction,
    user: Uuid,
    sha256: &[u8; 32],
) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let row = tx.row_opt(&BLOB, &[&user, &sha256.as_slice()]).await?;
    row.as_ref()
        .map(|row| {
            let bytes = unsigned32(row, 1)? as usize;
            let content =
                zstd::bulk::decompress(column(row, 2)?, bytes).map_err(|e| StoreError::corrupt("blobs.content", e))?;
            Ok((column(row, 0)?, content))
        })
        .transpose()
}

/// Adds an import of a kept file.
pub async fn insert(tx: &mut UserTransaction, user: Uuid, new: &NewImport) -> Result<Import, StoreError> {
    let rows = tx
        .write_rows(
            &INSERT,
            &[
                &user,
                &new.id,
                &new.portfolio_id,
                &new.account_id,
                &new.filename,
                &new.format,
                &new.file_sha256.as_slice(),
                &new.mapping,
                &new.options,
                &new.expires_at,
            ],
        )
        .await?;
    rows.first().map(import_of).transpose()?.ok_or(StoreError::NotFound("import"))
}

/// One import.
pub async fn by_id(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<Import>, StoreError> {
    tx.row_opt(&BY_ID, &[&user, &id]).await?.as_ref().map(import_of).transpose()
}

/// One import, locked until the transaction ends: the first step of committing or reverting it.
pub async fn lock(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<Import>, StoreError> {
    tx.row_opt(&LOCK, &[&user, &id]).await?.as_ref().map(import_of).transpose()
}

/// At most `limit` imports before `before`, newest first.
pub async fn list(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Option<Uuid>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Import>, StoreError> {
    let rows = tx.rows(&LIST, &[&user, &portfolio, &before, &i64::from(limit)]).await?;
    rows.iter().map(import_of).collect()
}

/// Writes account, format, mapping, options, status and counts of an unfinished import whose version is `import.version`.
pub async fn update(tx: &mut UserTransaction, user: Uuid, import: &Import) -> Result<Import, StoreError> {
    let rows = tx
        .write_rows(
            &UPDATE,
            &[
                &user,
                &import.id,
                &import.version,
                &import.account_id,
                &import.format,
                &import.mapping,
                &import.options,
                &import.status.name(),
                &import.counts,
            ],
        )
        .await?;
    match rows.first() {
        Some(row) => import_of(row),
        None => Err(super::missing_or_changed(tx, &VERSION, &[&user, &import.id], "import").await),
    }
}

/// Marks an import as written; false when it was before.
pub async fn mark_committed(
    tx: &mut UserTransaction,
    user: Uuid,
    id: Uuid,
    from_seq: u64,
    to_seq: u64,
    counts: &Value,
) -> Result<bool, StoreError> {
    Ok(tx.write(&COMMIT, &[&user, &id, &big(from_seq)?, &big(to_seq)?, counts]).await? == 1)
}

/// Marks a committed import as taken back; false when it was not committed.
pub async fn mark_reverted(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.write(&REVERT, &[&user, &id]).await? == 1)
}

/// Deletes an import that wrote nothing; false when there is no such one.
pub async fn delete(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.write(&DELETE, &[&user, &id]).await? == 1)
}

/// Replaces the rows of an unfinished import.
pub async fn replace_rows(
    tx: &mut UserTransaction,
    user: Uuid,
    import: Uuid,
    rows: &[ImportRow],
) -> Result<(), StoreError> {
    tx.write(&DELETE_ROWS, &[&user, &import]).await?;
    for rows in rows.chunks(CHUNK) {
        let lines = rows.iter().map(|r| int(r.line)).collect::<Result<Vec<_>, _>>()?;
        let parts = rows.iter().map(|r| int(r.part)).collect::<Result<Vec<_>, _>>()?;
        let raws: Vec<&Value> = rows.iter().map(|r| &r.raw).collect();
        let entries: Vec<Option<&Value>> = rows.iter().map(|r| r.entry.as_ref()).collect();
        let keys: Vec<Option<&str>> = rows.iter().map(|r| r.row_key.as_deref()).collect();
        let statuses: Vec<&str> = rows.iter().map(|r| r.status.as_str()).collect();
        let problems: Vec<&Value> = rows.iter().map(|r| &r.problems).collect();
        let seqs = rows.iter().map(|r| r.seq.map(big).transpose()).collect::<Result<Vec<Option<i64>>, _>>()?;
        tx.write(&INSERT_ROWS, &[&user, &import, &lines, &parts, &raws, &entries, &keys, &statuses, &problems, &seqs])
            .await?;
    }
    Ok(())
}

/// At most `limit` rows in order of the file, after a position (line, part), in some states or all.
pub async fn rows(
    tx: &mut UserTransaction,
    user: Uuid,
    import: Uuid,
    statuses: Option<&[String]>,
    after: Option<(u32, u32)>,
    limit: u32,
) -> Result<Vec<ImportRow>, StoreError> {
    let line = after.map(|a| int(a.0)).transpose()?;
    let part = after.map(|a| int(a.1)).transpose()?;
    let rows = tx.rows(&ROWS, &[&user, &import, &statuses, &line, &part, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let seq: Option<i64> = column(row, 7)?;
            Ok(ImportRow {
                line: unsigned32(row, 0)?,
                part: unsigned32(row, 1)?,
                raw: column(row, 2)?,
                entry: column(row, 3)?,
                row_key: column(row, 4)?,
                status: column(row, 5)?,
                problems: column(row, 6)?,
                seq: seq.map(u64::try_from).transpose().map_err(|e| StoreError::corrupt("import_rows.seq", e))?,
            })
        })
        .collect()
}

/// Row keys among `keys` that committed imports of the portfolio wrote already.
pub async fn known_row_keys(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    keys: &[String],
) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows(&KNOWN_ROW_KEYS, &[&user, &portfolio, &keys]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}

/// Notes which entry each row (line, part) wrote.
pub async fn set_row_seqs(
    tx: &mut UserTransaction,
    user: Uuid,
    import: Uuid,
    written: &[(u32, u32, u64)],
) -> Result<(), StoreError> {
    for written in written.chunks(CHUNK) {
        let lines = written.iter().map(|w| int(w.0)).collect::<Result<Vec<_>, _>>()?;
        let parts = written.iter().map(|w| int(w.1)).collect::<Result<Vec<_>, _>>()?;
        let seqs = written.iter().map(|w| big(w.2)).collect::<Result<Vec<_>, _>>()?;
        tx.write(&SET_ROW_SEQS, &[&user, &import, &lines, &parts, &seqs]).await?;
    }
    Ok(())
}
