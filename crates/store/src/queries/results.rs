//! Kept results by the hash of everything that they depend on. Invariant: equal keys have equal bytes; the first stay.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, hash, hash_opt, unsigned32};
use crate::sql::queries;
use crate::transaction::{UserTransaction, WorkerTransaction};

queries! { "results";
    GET = "get.sql" [UUID, BYTEA];
    PUT = "put.sql" [UUID, BYTEA_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, JSONB_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, INT4_ARRAY,
        TIMESTAMPTZ_ARRAY];
    TOUCH = "touch.sql" [UUID, BYTEA_ARRAY];
    PRUNE = "prune.sql" [UUID, INT8];
}

/// Level of compression of outputs.
const COMPRESSION: i32 = 3;

/// A result to keep, or as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptResult {
    /// Hash of plan, inputs, pack, ledger commit and user.
    pub result_key: [u8; 32],
    /// SHA-256 of the text of the pattern.
    pub pattern_hash: [u8; 32],
    /// Pack that it read.
    pub pack_hash: Option<[u8; 32]>,
    /// Ledger that it read.
    pub ledger_commit: Option<[u8; 32]>,
    /// Versions of the capabilities that made it.
    pub capability_versions: Value,
    /// Canonical JSON.
    pub outputs: Vec<u8>,
    /// End of validity.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A kept result that has not expired; its bytes are checked against their hash.
pub async fn get(tx: &mut UserTransaction, user: Uuid, key: &[u8; 32]) -> Result<Option<KeptResult>, StoreError> {
    let Some(row) = tx.row_opt(&GET, &[&user, &key.as_slice()]).await? else {
        return Ok(None);
    };
    let bytes = unsigned32(&row, 6)? as usize;
    let outputs =
        zstd::bulk::decompress(column(&row, 4)?, bytes).map_err(|e| StoreError::corrupt("results.outputs", e))?;
    let found: [u8; 32] = Sha256::digest(&outputs).into();
    if found != hash(&row, 5)? {
        return Err(StoreError::corrupt("results.outputs", "does not match its hash"));
    }
    Ok(Some(KeptResult {
        result_key: *key,
        pattern_hash: hash(&row, 0)?,
        pack_hash: hash_opt(&row, 1)?,
        ledger_commit: hash_opt(&row, 2)?,
        capability_versions: column(&row, 3)?,
        outputs,
        expires_at: None,
    }))
}

/// Keeps results of one user; a key that is known keeps its first outputs.
pub async fn put(tx: &mut UserTransaction, user: Uuid, results: &[KeptResult]) -> Result<(), StoreError> {
    if results.is_empty() {
        return Ok(());
    }
    let keys: Vec<&[u8]> = results.iter().map(|r| r.result_key.as_slice()).collect();
    let patterns: Vec<&[u8]> = results.iter().map(|r| r.pattern_hash.as_slice()).collect();
    let packs: Vec<Option<&[u8]>> = results.iter().map(|r| r.pack_hash.as_ref().map(|h| h.as_slice())).collect();
    let commits: Vec<Option<&[u8]>> = results.iter().map(|r| r.ledger_commit.as_ref().map(|h| h.as_slice())).collect();
    let versions: Vec<&Value> = results.iter().map(|r| &r.capability_versions).collect();
    let packed = results
        .iter()
        .map(|r| zstd::bulk::compress(&r.outputs, COMPRESSION))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| StoreError::corrupt("results.outputs", e))?;
    let hashes: Vec<Vec<u8>> = results.iter().map(|r| Sha256::digest(&r.outputs).to_vec()).collect();
    let sizes = results
        .iter()
        .map(|r| i32::try_from(r.outputs.len()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| StoreError::corrupt("results.bytes", e))?;
    let expiries: Vec<Option<DateTime<Utc>>> = results.iter().map(|r| r.expires_at).collect();
    tx.write(&PUT, &[&user, &keys, &patterns, &packs, &commits, &versions, &packed, &hashes, &sizes, &expiries])
        .await
        .map(drop)
}

/// Counts results as used.
pub async fn touch(tx: &mut UserTransaction, user: Uuid, keys: &[[u8; 32]]) -> Result<(), StoreError> {
    let keys: Vec<&[u8]> = keys.iter().map(|k| k.as_slice()).collect();
    tx.write(&TOUCH, &[&user, &keys]).await.map(drop)
}

/// Drops expired results of a user and the least recently used ones above `bytes_max`; gives how many.
pub async fn prune(tx: &mut WorkerTransaction, user: Uuid, bytes_max: u64) -> Result<u64, StoreError> {
    tx.write(&PRUNE, &[&user, &crate::read::big(bytes_max)?]).await
}
