//! The log of executions. Invariant: a finished execution is not changed again.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, hash, hash_opt};
use crate::sql::queries;
use crate::transaction::{UserTransaction, WorkerTransaction};

queries! { "executions";
    INSERT = "insert.sql" [UUID, UUID_ARRAY, TEXT_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, TEXT_ARRAY, JSONB_ARRAY, JSONB_ARRAY, BYTEA_ARRAY,
        TEXT_ARRAY, JSONB_ARRAY, UUID_ARRAY, TIMESTAMPTZ_ARRAY, TIMESTAMPTZ_ARRAY, BYTEA_ARRAY, TIMESTAMPTZ_ARRAY];
    BY_ID = "by_id.sql" [UUID, UUID];
    LIST = "list.sql" [UUID, TEXT, TEXT, UUID, INT8];
    ENSURE_PARTITIONS = "ensure_partitions.sql" [INT4];
}

/// Level of compression of traces.
const COMPRESSION: i32 = 3;
/// Largest trace that is read back.
const TRACE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A run of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// UUIDv7.
    pub id: Uuid,
    /// Pattern.
    pub pattern_id: String,
    /// SHA-256 of the text of the pattern.
    pub pattern_hash: [u8; 32],
    /// `sync` or `async`.
    pub mode: String,
    /// `api`, `ui`, `cli`, `mcp`, `job` or `ai`.
    pub trigger: String,
    /// Resolved inputs.
    pub inputs: Value,
    /// as_of, known_at, pack_hash, ledger_commit, base_currency, deadline.
    pub context: Value,
    /// Key of the result.
    pub result_key: Option<[u8; 32]>,
    /// `queued`, `running`, `finished`, `failed` or `cancelled`.
    pub status: String,
    /// Why it failed.
    pub error: Option<Value>,
    /// Server that ran it.
    pub replica_id: Option<Uuid>,
    /// When the governor admitted it.
    pub admitted_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Steps with times, JSON; absent in lists.
    pub trace: Option<Vec<u8>>,
}

fn execution_of(row: &Row, trace: Option<Vec<u8>>) -> Result<Execution, StoreError> {
    Ok(Execution {
        id: column(row, 0)?,
        pattern_id: column(row, 1)?,
        pattern_hash: hash(row, 2)?,
        mode: column(row, 3)?,
        trigger: column(row, 4)?,
        inputs: column(row, 5)?,
        context: column(row, 6)?,
        result_key: hash_opt(row, 7)?,
        status: column(row, 8)?,
        error: column(row, 9)?,
        replica_id: column(row, 10)?,
        admitted_at: column(row, 11)?,
        finished_at: column(row, 12)?,
        created_at: column(row, 13)?,
        trace,
    })
}

/// Adds executions of one user, or brings unfinished ones up to date.
pub async fn insert(tx: &mut UserTransaction, user: Uuid, executions: &[Execution]) -> Result<(), StoreError> {
    if executions.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = executions.iter().map(|e| e.id).collect();
    let patterns: Vec<&str> = executions.iter().map(|e| e.pattern_id.as_str()).collect();
    let hashes: Vec<&[u8]> = executions.iter().map(|e| e.pattern_hash.as_slice()).collect();
    let modes: Vec<&str> = executions.iter().map(|e| e.mode.as_str()).collect();
    let triggers: Vec<&str> = executions.iter().map(|e| e.trigger.as_str()).collect();
    let inputs: Vec<Cow<'_, Value>> = executions.iter().map(|e| storable(&e.inputs)).collect();
    let contexts: Vec<Cow<'_, Value>> = executions.iter().map(|e| storable(&e.context)).collect();
    let keys: Vec<Option<&[u8]>> = executions.iter().map(|e| e.result_key.as_ref().map(|k| k.as_slice())).collect();
    let statuses: Vec<&str> = executions.iter().map(|e| e.status.as_str()).collect();
    let errors: Vec<Option<Cow<'_, Value>>> = executions.iter().map(|e| e.error.as_ref().map(storable)).collect();
    let replicas: Vec<Option<Uuid>> = executions.iter().map(|e| e.replica_id).collect();
    let admitted: Vec<Option<DateTime<Utc>>> = executions.iter().map(|e| e.admitted_at).collect();
    let finished: Vec<Option<DateTime<Utc>>> = executions.iter().map(|e| e.finished_at).collect();
    let created: Vec<DateTime<Utc>> = executions.iter().map(|e| e.created_at).collect();
    let traces = executions
        .iter()
        .map(|e| e.trace.as_deref().map(|t| zstd::bulk::compress(t, COMPRESSION)).transpose())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| StoreError::corrupt("executions.trace", e))?;
    let [inputs, contexts] = [&inputs, &contexts].map(|list| list.iter().map(AsRef::as_ref).collect::<Vec<&Value>>());
    let errors: Vec<Option<&Value>> = errors.iter().map(Option::as_deref).collect();
    tx.write(
        &INSERT,
        &[
            &user, &ids, &patterns, &hashes, &modes, &triggers, &inputs, &contexts, &keys, &statuses, &errors,
            &replicas, &admitted, &finished, &traces, &created,
        ],
    )
    .await
    .map(drop)
}

/// A value as `jsonb` takes it: what came in may hold U+0000, which PostgreSQL cannot keep, and one such text must not cost
/// the log of everything that is written with it. It is kept as U+FFFD.
fn storable(value: &Value) -> Cow<'_, Value> {
    fn holds_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(holds_nul),
            Value::Object(fields) => fields.iter().any(|(name, item)| name.contains('\0') || holds_nul(item)),
            _ => false,
        }
    }
    fn cleaned(value: &Value) -> Value {
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        match value {
            Value::String(found) => Value::String(text(found)),
            Value::Array(items) => items.iter().map(cleaned).collect(),
            Value::Object(fields) => fields.iter().map(|(name, item)| (text(name), cleaned(item))).collect(),
            other => other.clone(),
        }
    }
    if holds_nul(value) { Cow::Owned(cleaned(value)) } else { Cow::Borrowed(value) }
}

/// A trace from its compressed form, up to the largest size.
fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut trace = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(packed)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(decoder, TRACE_BYTES_MAX), &mut trace)?;
    Ok(trace)
}

/// One execution with its trace.
pub async fn by_id(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<Execution>, StoreError> {
    let Some(row) = tx.row_opt(&BY_ID, &[&user, &id]).await? else {
        return Ok(None);
    };
    let trace = column::<Option<&[u8]>>(&row, 14)?
        .map(unpack)
        .transpose()
        .map_err(|e| StoreError::corrupt("executions.trace", e))?;
    execution_of(&row, trace).map(Some)
}

/// At most `limit` executions before `before`, newest first, without traces.
pub async fn list(
    tx: &mut UserTransaction,
    user: Uuid,
    pattern: Option<&str>,
    status: Option<&str>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Execution>, StoreError> {
    let rows = tx.rows(&LIST, &[&user, &pattern, &status, &before, &i64::from(limit)]).await?;
    rows.iter().map(|row| execution_of(row, None)).collect()
}

/// Makes the monthly partitions of this month and `ahead` more; to be called at start and once a day.
pub async fn ensure_partitions(tx: &mut WorkerTransaction, ahead: u32) -> Result<(), StoreError> {
    let ahead = crate::read::int(ahead)?;
    tx.write_rows(&ENSURE_PARTITIONS, &[&ahead]).await.map(drop)
}
