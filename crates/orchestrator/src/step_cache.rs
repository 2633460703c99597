//! Results of steps in memory, addressed by everything that they depend on, and shared while they are computed.
//!
//! Invariant: a value that was read from a user's rows is only ever found by that user.

use std::sync::Arc;
use std::time::{Duration, Instant};

use capability::{CapabilityResult, Declaration, Effect, ExecutionContext};
use futures::future::BoxFuture;
use serde_json::Value;

use crate::result_key::{KeyHasher, ResultKey};

/// What a computation of a step came to, shared between all who asked for it.
pub(crate) type Shared<E> = Result<Arc<CapabilityResult>, Arc<E>>;

/// Results of steps, least recently used out, weighted by an estimate of their size.
pub(crate) struct StepCache {
    kept: moka::future::Cache<ResultKey, Arc<CapabilityResult>>,
}

struct ByTtl;

impl moka::Expiry<ResultKey, Arc<CapabilityResult>> for ByTtl {
    fn expire_after_create(
        &self,
        _key: &ResultKey,
        result: &Arc<CapabilityResult>,
        _created_at: Instant,
    ) -> Option<Duration> {
        result.ttl_s.map(Duration::from_secs)
    }
}

impl StepCache {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let kept = moka::future::Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|_, result: &Arc<CapabilityResult>| {
                u32::try_from(256 + size_of_value(&result.value)).unwrap_or(u32::MAX)
            })
            .expire_after(ByTtl)
            .build();
        StepCache { kept }
    }

    pub(crate) async fn get(&self, key: &ResultKey) -> Option<Arc<CapabilityResult>> {
        self.kept.get(key).await
    }

    pub(crate) fn contains(&self, key: &ResultKey) -> bool {
        self.kept.contains_key(key)
    }

    pub(crate) async fn put(&self, key: ResultKey, result: Arc<CapabilityResult>) {
        self.kept.insert(key, result).await;
    }

    /// The known result, or that of whoever computes it now, or of `compute`. Failures are not kept. If the one who
    /// computes is cancelled, the next one who waits takes over.
    pub(crate) async fn get_or_compute<E: Send + Sync + 'static>(
        &self,
        key: ResultKey,
        compute: BoxFuture<'_, Shared<E>>,
    ) -> Shared<E> {
        // The error of a shared computation arrives wrapped once more.
        self.kept.try_get_with(key, compute).await.map_err(|failure: Arc<Arc<E>>| (*failure).clone())
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.kept.weighted_size()
    }

    pub(crate) fn clear(&self) {
        self.kept.invalidate_all();
    }
}

/// The key of a call with its arguments in canonical form, `None` if its value must not be kept: it has an effect, reads what no key pins, or reads books
/// whose state is not known.
pub(crate) fn key_of(
    declaration: &Declaration,
    context: &ExecutionContext,
    user: uuid::Uuid,
    canonical_args: &[u8],
) -> Option<ResultKey> {
    let reads = &declaration.reads;
    if declaration.effect != Effect::None || reads.system || reads.alerts {
        return None;
    }
    if (reads.ledger && context.ledger.is_none()) || (reads.packs && context.pack.is_none()) {
        return None;
    }
    let mut key = KeyHasher::new("step");
    key.part(declaration.name.as_bytes()).part(declaration.version.as_bytes()).part(canonical_args);
    key.part(context.as_of.to_string().as_bytes());
    key.optional(context.report_currency.as_deref());
    let is_pinned_by_pack = reads.packs || reads.macro_store || reads.fundamentals;
    let pack = context.pack.as_ref().filter(|_| is_pinned_by_pack);
    key.optional(pack.map(|pack| pack.hash.as_str()));
    let ledger = context.ledger.as_ref().filter(|_| reads.ledger);
    key.optional(ledger.map(|ledger| ledger.commit.as_str()));
    if reads.ledger {
        key.part(context.base_currency.as_bytes());
        key.user(Some(user)).user(context.portfolio_id);
    }
    Some(key.finish())
}

/// Roughly the memory of a JSON value.
fn size_of_value(value: &Value) -> usize {
    const NODE: usize = size_of::<Value>();
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => NODE,
        Value::String(text) => NODE + text.len(),
        Value::Array(elements) => NODE + elements.iter().map(size_of_value).sum::<usize>(),
        Value::Object(members) => {
            NODE + members.iter().map(|(name, member)| 48 + name.len() + size_of_value(member)).sum::<usize>()
        }
    }
}
