//! Some answers from memory are computed again and compared byte for byte: a difference is an alarm.
//!
//! The proof runs behind the answer, in the background class, one at a time, so it never costs a user anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use governor::Class;

use crate::answer::Status;
use crate::compute::{Computation, Computed};
use crate::events::EventLog;
use crate::execute::{Orchestrator, Prepared};

/// What the proofs came to.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    is_running: AtomicBool,
    equal: AtomicU64,
    different: AtomicU64,
}

impl Orchestrator {
    /// Answers from memory that were computed again: how many were equal and how many were not.
    pub fn verified(&self) -> (u64, u64) {
        let verification = &self.inner.verification;
        (verification.equal.load(Ordering::Relaxed), verification.different.load(Ordering::Relaxed))
    }

    /// Computes a known result again, for the share of executions that the settings say.
    pub(crate) fn verify_sometimes(&self, prepared: &Prepared, known: &Computed) {
        // The last bytes of an id are random, so the choice needs no dice of its own.
        let [.., high, low] = prepared.execution_id.into_bytes();
        let draw = u32::from(u16::from_be_bytes([high, low])) * 1_000 / (1 << 16);
        let Some(kept) = known.kept.clone().filter(|kept| kept.facts.ttl_s.is_none()) else { return };
        let is_chosen = draw < self.inner.deps.settings.verify_per_mille;
        if !is_chosen || self.inner.verification.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        let again = prepared.for_verification(Class::Background);
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let computation = Computation::new(inner.clone(), &again, Arc::new(EventLog::default()));
            let computed = computation.run().await;
            let verification = &inner.verification;
            verification.is_running.store(false, Ordering::Release);
            // A proof that was shed or hit by a failure proves nothing.
            let is_whole = computed.problem.is_none() && computed.status != Status::Failed && computed.nothing_failed();
            let Some(body) = computed.kept.as_ref().map(|kept| &kept.body).filter(|_| is_whole) else { return };
            if kept.body.has_equal_data(body) {
                verification.equal.fetch_add(1, Ordering::Relaxed);
            } else {
                verification.different.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    pattern.id = %again.pattern.plan().id,
                    result.key = %again.key,
                    "a kept result differs from the same computed again"
                );
            }
        });
    }
}
