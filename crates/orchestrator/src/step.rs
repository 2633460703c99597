//! One step: its cache, its attempts, its time limit, and what it cost.
//!
//! Laws: a step holds no lease while it waits (its ticket is consumed inside the runner); an effect that must happen
//! once is never tried again; a panic of a capability is this step's failure and nobody else's.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use capability::{CapabilityResult, Declaration, Effect, ExecutionContext, Failure, canonical};
use futures::FutureExt;
use governor::{LeaseTicket, LeaseTimes};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::backoff::Retry;
use crate::deps::{StepCall, StepRunner};
use crate::step_cache::{Shared, StepCache, key_of};
use crate::trace::StepCache as CacheState;

/// What a step needs to run. Owned, so that it can run in a task of its own.
pub(crate) struct StepJob {
    pub(crate) runner: Arc<dyn StepRunner>,
    pub(crate) cache: Arc<StepCache>,
    pub(crate) declaration: Arc<Declaration>,
    pub(crate) context: Arc<ExecutionContext>,
    pub(crate) name: String,
    pub(crate) args: Arc<Value>,
    pub(crate) user: Uuid,
    /// Number of the execution for the governor.
    pub(crate) execution: u64,
    pub(crate) retry: Retry,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Instant,
    /// The step may be kept.
    pub(crate) may_keep: bool,
    /// The caller wants it computed even if it is known.
    pub(crate) no_cache: bool,
}

/// How a step ended and what it cost.
#[derive(Debug)]
pub(crate) struct StepEnd {
    pub(crate) result: Result<Arc<CapabilityResult>, Arc<Failure>>,
    pub(crate) cache: CacheState,
    pub(crate) attempts: u32,
    pub(crate) times: Arc<LeaseTimes>,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) args_hash: String,
}

impl StepEnd {
    /// This end, as that of a fallback after a failed step: times and attempts of both, and the first failure if both
    /// failed.
    pub(crate) fn after(mut self, first: StepEnd) -> StepEnd {
        self.times.add_wait(first.times.wait());
        self.times.add_lease(first.times.lease());
        self.times.add_rows(first.times.rows());
        self.attempts += first.attempts;
        self.started = first.started;
        if self.result.is_err() {
            self.result = first.result;
        }
        self
    }
}

impl StepJob {
    /// Runs the step to its end. Dropping the future cancels it.
    pub(crate) async fn run(self) -> StepEnd {
        let started = Instant::now();
        let times = Arc::new(LeaseTimes::default());
        let attempts = AtomicU32::new(0);
        let args = canonical(&self.args);
        let args_hash = blake3::hash(&args).to_hex().to_string();
        let key = if self.may_keep { key_of(&self.declaration, &self.context, self.user, &args) } else { None };
        let (result, cache) = match key {
            None => (self.attempt(&times, &attempts).await, CacheState::Off),
            Some(key) if self.no_cache => {
                let result = self.attempt(&times, &attempts).await;
                // Equal keys give equal values: one that is there already need not be replaced.
                if let Ok(value) = &result
                    && !self.cache.contains(&key)
                {
                    self.cache.put(key, value.clone()).await;
                }
                (result, CacheState::Off)
            }
            Some(key) => match self.cache.get(&key).await {
                Some(known) => (Ok(known), CacheState::Hit),
                None => {
                    let computed_here = AtomicBool::new(false);
                    let compute = async {
                        computed_here.store(true, Ordering::Relaxed);
                        self.attempt(&times, &attempts).await
                    };
                    let shared = self.cache.get_or_compute(key, compute.boxed());
                    let result = match tokio::time::timeout_at(self.deadline, shared).await {
                        Ok(result) => result,
                        Err(_) => Err(Arc::new(self.too_late(&Duration::ZERO))),
                    };
                    let is_ours = computed_here.load(Ordering::Relaxed);
                    (result, if is_ours { CacheState::Miss } else { CacheState::Shared })
                }
            },
        };
        StepEnd {
            result,
            cache,
            attempts: attempts.load(Ordering::Relaxed),
            times,
            started,
            ended: Instant::now(),
            args_hash,
        }
    }

    /// Tries until it succeeds, fails for good, or has no time or attempt left.
    async fn attempt(&self, times: &Arc<LeaseTimes>, attempts: &AtomicU32) -> Shared<Failure> {
        loop {
            let attempt = attempts.fetch_add(1, Ordering::Relaxed) + 1;
            let failure = match self.once(times).await {
                Ok(result) => return Ok(Arc::new(result)),
                Err(failure) => failure,
            };
            let may_retry = self.declaration.effect != Effect::Once
                && attempt < self.retry.attempts
                && (failure.transient || self.declaration.transient.contains(&failure.code));
            if !may_retry {
                return Err(Arc::new(failure));
            }
            let asked = Duration::from_millis(failure.retry_after_ms.unwrap_or(0));
            let delay = self.retry.delay(self.context.execution_id, &self.name, attempt).max(asked);
            if self.deadline.saturating_duration_since(Instant::now()) <= delay {
                return Err(Arc::new(failure));
            }
            tokio::time::sleep(delay).await;
        }
    }

    async fn once(&self, times: &Arc<LeaseTimes>) -> Result<CapabilityResult, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let limit = self.timeout.min(left);
        if limit.is_zero() {
            return Err(self.too_late(&limit));
        }
        let ticket = LeaseTicket::new(self.declaration.agent.as_str(), self.user, self.execution, limit)
            .counted_in(times.clone());
        let call = StepCall {
            capability: self.declaration.name.clone(),
            context: self.context.clone(),
            args: self.args.clone(),
            ticket,
        };
        // The runner is called inside the guarded future, so that a panic before its first await is caught as well.
        let guarded = AssertUnwindSafe(async { self.runner.run(call).await }).catch_unwind();
        match tokio::time::timeout(limit, guarded).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => {
                let message = panic_message(panic.as_ref());
                tracing::error!(capability.name = %self.declaration.name, panic = %message, "a capability panicked");
                Err(Failure::new("internal_error", format!("step {} failed inside the server", self.name)))
            }
            Err(_) if self.declaration.effect == Effect::Once => Err(Failure::new(
                "outcome_unknown",
                format!("step {} did not answer within {} ms; it may have taken effect", self.name, limit.as_millis()),
            )),
            Err(_) => Err(self.too_late(&limit)),
        }
    }

    fn too_late(&self, limit: &Duration) -> Failure {
        let detail = if limit.is_zero() {
            format!("no time was left for step {}", self.name)
        } else {
            format!("step {} did not finish within {} ms", self.name, limit.as_millis())
        };
        Failure::new("deadline_exceeded", detail)
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
