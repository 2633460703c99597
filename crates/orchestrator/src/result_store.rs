//! Kept results: a bounded memory of bodies in front of the store.

use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::body::Body;
use crate::facts::Facts;
use crate::result_key::ResultKey;

/// A result with what later answers need to know about it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Canonical bytes.
    pub body: Body,
    /// What the answer says beside them.
    pub facts: Arc<Facts>,
}

/// A result on its way to the store.
#[derive(Clone, Debug)]
pub struct StoredResult {
    /// Hash of everything that it depends on.
    pub key: ResultKey,
    /// Id of the pattern.
    pub pattern_id: String,
    /// Hash of the pattern's plan, hex.
    pub plan_hash: String,
    /// SHA-256 of the pattern's text, hex; of the plan for a single capability.
    pub pattern_hash: String,
    /// Pack that it read, hex.
    pub pack_hash: Option<String>,
    /// State of the books that it read, hex.
    pub ledger_commit: Option<String>,
    /// Versions of the capabilities that made it.
    pub capability_versions: Vec<(String, String)>,
    /// Canonical JSON, the text of a [`Body`].
    pub outputs: bytes::Bytes,
    /// Seconds for which it is valid; `None`: for ever, its key pins everything.
    pub ttl_s: Option<u64>,
}

/// Where results are found beyond the process; [`crate::ExecutionLog`] keeps them. Implemented over PostgreSQL by the
/// server.
pub trait ResultStore: Send + Sync {
    /// Outputs by key, `None` if not kept, expired or not reachable: a store that fails only costs time.
    fn get(&self, user: Uuid, key: ResultKey) -> BoxFuture<'_, Option<bytes::Bytes>>;
}

/// A store that keeps nothing.
#[derive(Debug, Default)]
pub struct NoResultStore;

impl ResultStore for NoResultStore {
    fn get(&self, _user: Uuid, _key: ResultKey) -> BoxFuture<'_, Option<bytes::Bytes>> {
        Box::pin(std::future::ready(None))
    }
}

/// Bodies in memory, least recently used out, weighted by bytes.
pub(crate) struct Memory {
    kept: moka::sync::Cache<ResultKey, (Kept, Option<std::time::Duration>)>,
}

struct ByTtl;

impl moka::Expiry<ResultKey, (Kept, Option<std::time::Duration>)> for ByTtl {
    fn expire_after_create(
        &self,
        _key: &ResultKey,
        value: &(Kept, Option<std::time::Duration>),
        _created_at: std::time::Instant,
    ) -> Option<std::time::Duration> {
        value.1
    }
}

impl Memory {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let kept = moka::sync::Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|_, (kept, _): &(Kept, Option<std::time::Duration>)| {
                u32::try_from(kept.body.bytes().len() + 512).unwrap_or(u32::MAX)
            })
            .expire_after(ByTtl)
            .build();
        Memory { kept }
    }

    pub(crate) fn get(&self, key: &ResultKey) -> Option<Kept> {
        self.kept.get(key).map(|(kept, _)| kept)
    }

    pub(crate) fn put(&self, key: ResultKey, kept: Kept, ttl: Option<std::time::Duration>) {
        self.kept.insert(key, (kept, ttl));
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.kept.weighted_size()
    }

    pub(crate) fn clear(&self) {
        self.kept.invalidate_all();
    }
}
