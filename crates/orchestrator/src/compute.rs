//! One computation: look into the store, wait for admission, run the steps, assemble the bytes, keep them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::answer::Status;
use crate::assemble::{Assembled, assemble};
use crate::body::{Body, Member};
use crate::deps::{Admission, AdmissionPermit, OnQueued};
use crate::events::{Event, EventLog};
use crate::execute::{Inner, Prepared};
use crate::facts::Facts;
use crate::problem::{Problem, problem_of, problem_of_rejection, status_of_failure};
use crate::result_store::{Kept, StoredResult};
use crate::run::Run;
use crate::trace::{StepState, TraceStep};

/// Everything that a computation needs, owned: it outlives the request that began it.
pub(crate) struct Computation {
    inner: Arc<Inner>,
    prepared: Prepared,
    events: Arc<EventLog>,
}

/// What a computation came to. Shared by all requests with its key.
pub(crate) struct Computed {
    /// The result, also of a failed pattern: what finished is in it.
    pub(crate) kept: Option<Kept>,
    pub(crate) status: Status,
    pub(crate) problem: Option<Arc<Problem>>,
    pub(crate) wait_admission: Duration,
    /// Rows of the trace of this computation.
    pub(crate) steps: Arc<[TraceStep]>,
    /// It was found in the store, not computed.
    pub(crate) is_from_store: bool,
    to_keep: Mutex<Option<StoredResult>>,
}

impl Computed {
    /// A result that was known.
    pub(crate) fn known(kept: Kept) -> Computed {
        let status = kept.body.parse(Member::Status).unwrap_or(Status::Complete);
        Computed {
            status,
            problem: None,
            wait_admission: Duration::ZERO,
            steps: kept.facts.steps.clone(),
            is_from_store: true,
            to_keep: Mutex::new(None),
            kept: Some(kept),
        }
    }

    /// Events of an answer from memory.
    pub(crate) fn known_events(&self, prepared: &Prepared) -> Arc<EventLog> {
        let log = EventLog::default();
        log.push(Event::Planned { levels: prepared.pattern.levels() });
        log.push(Event::Finished { status: self.status.as_str(), trace_id: prepared.trace_id.clone() });
        Arc::new(log)
    }

    fn failed(problem: Problem, wait_admission: Duration) -> Computed {
        Computed {
            kept: None,
            status: Status::Failed,
            problem: Some(Arc::new(problem)),
            wait_admission,
            steps: Arc::new([]),
            is_from_store: false,
            to_keep: Mutex::new(None),
        }
    }

    /// The deadline was the reason why something is missing.
    pub(crate) fn ran_out_of_time(&self) -> bool {
        let is_late = |code: &str| matches!(code, "deadline_exceeded" | "overloaded");
        self.problem.as_ref().is_some_and(|problem| is_late(&problem.code))
            || self.steps.iter().any(|step| step.code.as_deref().is_some_and(is_late))
    }

    /// No step failed.
    pub(crate) fn nothing_failed(&self) -> bool {
        self.steps.iter().all(|step| step.state != StepState::Failed)
    }

    /// The result for the store, given to the first who asks.
    pub(crate) fn take_result_to_keep(&self) -> Option<StoredResult> {
        self.to_keep.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Computation {
    pub(crate) fn new(inner: Arc<Inner>, prepared: &Prepared, events: Arc<EventLog>) -> Self {
        Computation { inner, prepared: prepared.clone(), events }
    }

    pub(crate) async fn run(self) -> Computed {
        let computed = self.compute().await;
        match &computed.problem {
            Some(problem) => self.events.push(Event::Failed { problem: problem.clone() }),
            None => self
                .events
                .push(Event::Finished { status: computed.status.as_str(), trace_id: self.prepared.trace_id.clone() }),
        }
        computed
    }

    async fn compute(&self) -> Computed {
        let prepared = &self.prepared;
        let plan = &prepared.pattern;
        self.events.push(Event::Planned { levels: plan.levels() });
        if prepared.may_keep
            && !prepared.no_cache
            && let Some(kept) = self.find_stored().await
        {
            self.inner.memory.put(prepared.key, kept.clone(), kept.facts.ttl());
            return Computed::known(kept);
        }
        let number = self.inner.deps.gate.next_execution();
        let queued_at = Instant::now();
        let permit = match self.admit(number).await {
            Ok(permit) => permit,
            Err(problem) => return Computed::failed(problem, queued_at.elapsed()),
        };
        let wait_admission = queued_at.elapsed();
        self.events.push(Event::Admitted {});
        let run = Run::new(&self.inner, prepared, number, wait_admission, &self.events);
        let ended = run.finish().await;
        drop(permit);
        self.inner.expectations.learn(&plan.plan_hash, ended.lease_time);
        let Assembled { body, facts, status, failure, absent_outputs, may_keep, steps } =
            assemble(&self.inner.deps, prepared, ended);
        if status == Status::Partial {
            self.events.push(Event::Partial { outputs: absent_outputs });
        }
        let kept = Kept { body, facts: Arc::new(facts) };
        let may_keep = may_keep && prepared.may_keep && status != Status::Failed;
        if may_keep {
            self.inner.memory.put(prepared.key, kept.clone(), kept.facts.ttl());
        }
        let to_keep = may_keep.then(|| self.to_keep(&kept));
        let problem = failure.and_then(|(index, failure)| {
            let node = plan.plan().nodes.get(index)?;
            // What is merely absent is no problem of the request: the answer says so itself.
            let status = status_of_failure(&failure, node.declaration.effect);
            (status != 200).then(|| {
                let mut problem = problem_of(Some(&node.name), &failure);
                problem.status = status;
                Arc::new(problem)
            })
        });
        Computed {
            kept: Some(kept),
            status,
            problem,
            wait_admission,
            steps,
            is_from_store: false,
            to_keep: Mutex::new(to_keep),
        }
    }

    async fn find_stored(&self) -> Option<Kept> {
        let prepared = &self.prepared;
        let find = self.inner.deps.results.get(prepared.user, prepared.key);
        let bytes: Bytes = tokio::time::timeout_at(prepared.deadline, find).await.ok()??;
        let body = match Body::from_stored(bytes) {
            Ok(body) => body,
            Err(error) => {
                tracing::warn!(result.key = %prepared.key, %error, "a stored result cannot be read and is computed again");
                return None;
            }
        };
        let facts: Facts = body.parse(Member::Facts).ok()?;
        Some(Kept { body, facts: Arc::new(facts) })
    }

    async fn admit(&self, number: u64) -> Result<AdmissionPermit, Problem> {
        let prepared = &self.prepared;
        let plan = &prepared.pattern;
        let admission = Admission {
            execution: number,
            user: prepared.user,
            agents: plan.lease_agents.clone(),
            expected_lease: self.inner.expectations.of(&plan.plan_hash, plan.declared_lease),
            deadline_in: prepared.deadline.saturating_duration_since(Instant::now()),
            class: prepared.class,
        };
        let events = self.events.clone();
        let on_queued: OnQueued = Box::new(move |position, wait| {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            events.push(Event::Queued { position, wait_ms });
        });
        let admitted = self.inner.deps.gate.admit(admission, on_queued);
        match tokio::time::timeout_at(prepared.deadline, admitted).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(rejection)) => Err(problem_of_rejection(rejection)),
            Err(_) => Err(Problem::new("deadline_exceeded", "the execution was not admitted in time")),
        }
    }

    fn to_keep(&self, kept: &Kept) -> StoredResult {
        let prepared = &self.prepared;
        StoredResult {
            key: prepared.key,
            pattern_id: prepared.pattern.plan().id.clone(),
            plan_hash: prepared.pattern.plan_hash.to_string(),
            pattern_hash: prepared.pattern.pattern_hash.to_string(),
            pack_hash: prepared.context.pack.as_ref().map(|pack| pack.hash.clone()),
            ledger_commit: prepared.context.ledger.as_ref().map(|ledger| ledger.commit.clone()),
            capability_versions: prepared.pattern.capability_versions(),
            outputs: kept.body.bytes().clone(),
            ttl_s: kept.facts.ttl_s,
        }
    }
}
