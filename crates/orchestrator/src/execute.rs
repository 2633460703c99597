//! From a request to an answer: pattern → inputs → context → key → known result or shared computation → answer.
//!
//! Law: nothing is computed twice for one key at the same time, and nothing that is known is computed at all, unless the
//! caller asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use capability::{ExecutionContext, canonical};
use chrono::{DateTime, Utc};
use governor::Class;
use pattern::InputProblem;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::answer::{Answer, CacheOutcome, Status, Trace};
use crate::asynchronous::Registry;
use crate::compute::{Computation, Computed};
use crate::deps::{ContextRequest, Deps, ExecutionRecord};
use crate::events::EventLog;
use crate::expectations::Expectations;
use crate::loaded::Loaded;
use crate::problem::{Problem, ProblemItem, problem_of};
use crate::request::{Request, Trigger};
use crate::result_key::{KeyHasher, ResultKey};
use crate::result_store::{Kept, Memory};
use crate::single_flight::Flights;
use crate::step_cache::StepCache;
use crate::trace::ms;
use crate::verify::Verification;

/// Grace that a waiter gives to a computation whose deadline is about the same as its own.
const GRACE: Duration = Duration::from_millis(250);

/// Runs patterns. Cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) deps: Deps,
    pub(crate) memory: Memory,
    pub(crate) steps: Arc<StepCache>,
    pub(crate) flights: Flights<FlightKey, Arc<Computed>>,
    pub(crate) expectations: Expectations,
    pub(crate) asynchronous: Registry,
    pub(crate) verification: Verification,
    flight_number: AtomicU64,
}

/// Results that may be shared meet under their key; the others fly alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FlightKey {
    Shared(ResultKey),
    Alone(u64),
}

/// A request whose pattern, inputs and context are fixed.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) execution_id: Uuid,
    pub(crate) user: Uuid,
    pub(crate) pattern: Arc<Loaded>,
    pub(crate) inputs: Arc<Map<String, Value>>,
    pub(crate) context: Arc<ExecutionContext>,
    pub(crate) key: ResultKey,
    pub(crate) may_keep: bool,
    pub(crate) no_cache: bool,
    pub(crate) class: Class,
    pub(crate) started: Instant,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) deadline: Instant,
    pub(crate) deadline_in: Duration,
    pub(crate) warnings: Vec<Value>,
    pub(crate) trigger: Trigger,
    pub(crate) trace_id: String,
}

impl Prepared {
    /// Id that the execution will have.
    pub fn execution_id(&self) -> Uuid {
        self.execution_id
    }

    /// Content key of the answer: an ETag of a computed read.
    pub fn result_key(&self) -> ResultKey {
        self.key
    }

    /// What the execution is pinned to.
    pub fn context(&self) -> &Arc<ExecutionContext> {
        &self.context
    }

    /// The same to be computed anew, with all the time that the pattern has.
    pub(crate) fn for_verification(&self, class: Class) -> Prepared {
        Prepared { no_cache: true, may_keep: false, class, deadline: Instant::now() + self.deadline_in, ..self.clone() }
    }

    fn record(&self, status: &'static str, cache: &'static str) -> ExecutionRecord {
        let plan = self.pattern.plan();
        ExecutionRecord {
            execution_id: self.execution_id,
            user: self.user,
            pattern_id: plan.id.clone(),
            pattern_version: plan.version.clone(),
            pattern_hash: self.pattern.pattern_hash.to_string(),
            plan_hash: self.pattern.plan_hash.to_string(),
            trigger: self.trigger,
            is_async: false,
            inputs: self.inputs.clone(),
            context: self.context.clone(),
            result_key: self.key,
            status,
            cache,
            problem: None,
            started_at: self.started_at,
            finished_at: Utc::now(),
            trace: None,
            result: None,
        }
    }
}

impl Orchestrator {
    /// An orchestrator with empty memory.
    pub fn new(deps: Deps) -> Self {
        let settings = deps.settings.clone();
        Orchestrator {
            inner: Arc::new(Inner {
                memory: Memory::new(settings.result_memory_bytes),
                steps: Arc::new(StepCache::new(settings.step_memory_bytes)),
                flights: Flights::default(),
                expectations: Expectations::default(),
                asynchronous: Registry::new(&settings),
                verification: Verification::default(),
                flight_number: AtomicU64::new(1),
                deps,
            }),
        }
    }

    /// What it was made of.
    pub fn deps(&self) -> &Deps {
        &self.inner.deps
    }

    /// Bytes of whole results and of results of steps in memory.
    pub fn memory_bytes(&self) -> (u64, u64) {
        (self.inner.memory.bytes(), self.inner.steps.bytes())
    }

    /// Forgets everything in memory; the store keeps what it has.
    pub fn forget(&self) {
        self.inner.memory.clear();
        self.inner.steps.clear();
    }

    /// Runs a pattern and waits for its answer. Dropping the future cancels the computation unless another request
    /// waits for the same one.
    pub async fn execute(&self, request: Request) -> Result<Answer, Problem> {
        let prepared = self.prepare(request).await?;
        self.execute_prepared(prepared).await
    }

    /// The content key that `request` has now, without admission and without a lease for its steps.
    pub async fn result_key(&self, request: &Request) -> Result<ResultKey, Problem> {
        Ok(self.prepare(request.clone()).await?.key)
    }

    /// Fixes pattern, inputs and context.
    pub async fn prepare(&self, request: Request) -> Result<Prepared, Problem> {
        let begun = (Instant::now(), Utc::now());
        let pattern = self.inner.deps.patterns.resolve(&request.pattern)?;
        let today = request.as_of.unwrap_or_else(|| begun.1.date_naive());
        let given = &request.inputs;
        let (inputs, ignored) =
            pattern::resolve_inputs(pattern.plan(), given, today, request.from_text, request.lenient)
                .map_err(|problems| problem_of_inputs(&request.pattern, problems))?;
        let warnings = ignored.into_iter().map(|name| ignored_input(&name)).collect();
        self.pin(request, pattern, inputs, warnings, begun).await
    }

    /// Checks permissions and fixes the context; the key follows.
    pub(crate) async fn pin(
        &self,
        request: Request,
        pattern: Arc<Loaded>,
        inputs: Map<String, Value>,
        warnings: Vec<Value>,
        (started, started_at): (Instant, DateTime<Utc>),
    ) -> Result<Prepared, Problem> {
        let deps = &self.inner.deps;
        check_rights(&pattern, &request)?;
        let deadline_in = request.deadline.unwrap_or_else(|| pattern.deadline()).min(deps.settings.deadline_max);
        let deadline = started + deadline_in;
        let execution_id = request.execution_id.unwrap_or_else(Uuid::now_v7);
        let trace_id = request.trace_id.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
        let ask = ContextRequest {
            execution_id,
            trace_id: trace_id.clone(),
            user: request.user,
            rights: request.rights,
            portfolio_id: pattern.portfolio_id(&inputs),
            as_of: request.as_of,
            pricing_pack_id: request.pricing_pack_id,
            require_fresh: request.require_fresh || pattern.plan().requires_fresh,
            report_currency: request.report_currency,
            reads: pattern.reads,
            deadline_in,
        };
        let context = match tokio::time::timeout_at(deadline, deps.contexts.resolve(ask)).await {
            Ok(Ok(context)) => Arc::new(context),
            Ok(Err(failure)) => return Err(problem_of(None, &failure)),
            Err(_) => return Err(Problem::new("deadline_exceeded", "the context was not fixed in time")),
        };
        let key = key_of(&pattern, &inputs, &context, request.user);
        Ok(Prepared {
            execution_id,
            user: request.user,
            may_keep: pattern.may_keep(&context),
            class: request.class.unwrap_or_else(|| pattern.class()),
            pattern,
            inputs: Arc::new(inputs),
            context,
            key,
            no_cache: request.no_cache,
            started,
            started_at,
            deadline,
            deadline_in,
            warnings,
            trigger: request.trigger,
            trace_id,
        })
    }

    /// Runs a prepared request and waits for its answer.
    pub async fn execute_prepared(&self, prepared: Prepared) -> Result<Answer, Problem> {
        self.run(&prepared, false, |_| {}).await
    }

    /// The result from memory or from a computation; `on_events` gets the log that the computation writes.
    pub(crate) async fn run(
        &self,
        prepared: &Prepared,
        is_async: bool,
        on_events: impl FnOnce(Arc<EventLog>),
    ) -> Result<Answer, Problem> {
        if prepared.may_keep
            && !prepared.no_cache
            && let Some(kept) = self.inner.memory.get(&prepared.key)
        {
            let computed = Computed::known(kept);
            if is_async {
                on_events(computed.known_events(prepared));
            }
            self.verify_sometimes(prepared, &computed);
            return self.conclude(prepared, &computed, CacheOutcome::Hit, is_async).await;
        }
        let may_share = prepared.may_keep && !prepared.no_cache;
        let mut on_events = Some(on_events);
        let mut is_second = false;
        loop {
            let number = self.inner.flight_number.fetch_add(1, Ordering::Relaxed);
            let key = if may_share { FlightKey::Shared(prepared.key) } else { FlightKey::Alone(number) };
            let mut seat = self.inner.flights.join(key, number, |events| {
                let computation = Computation::new(self.inner.clone(), prepared, events);
                async move { Arc::new(computation.run().await) }
            });
            if let Some(on_events) = on_events.take() {
                on_events(seat.events.clone());
            }
            let waited = tokio::time::timeout_at(prepared.deadline + GRACE, seat.result()).await;
            let computed = match waited {
                Ok(Some(computed)) => computed,
                Ok(None) if seat.events.is_ended() => {
                    return Err(Problem::new("cancelled", "the execution was cancelled"));
                }
                Ok(None) => {
                    return Err(Problem::new("internal_error", "the execution failed inside the server"));
                }
                Err(_) => return Err(Problem::new("deadline_exceeded", "the answer was not there in time")),
            };
            let is_joined = seat.is_joined;
            // Who joined a computation with less time than itself has the right to one of its own.
            let ran_out = is_joined && computed.ran_out_of_time() && Instant::now() + GRACE < prepared.deadline;
            if ran_out && !is_second {
                is_second = true;
                continue;
            }
            let outcome = match (is_joined, computed.is_from_store) {
                (_, true) => CacheOutcome::Hit,
                (true, false) => CacheOutcome::Joined,
                (false, false) => CacheOutcome::Computed,
            };
            return self.conclude(prepared, &computed, outcome, is_async).await;
        }
    }

    /// Joins what was computed with what belongs to this execution, and writes the execution down.
    async fn conclude(
        &self,
        prepared: &Prepared,
        computed: &Computed,
        cache: CacheOutcome,
        is_async: bool,
    ) -> Result<Answer, Problem> {
        let answer = computed.kept.as_ref().map(|kept| self.answer(prepared, computed, kept, cache));
        let outcome = match (&computed.problem, answer) {
            (None, Some(answer)) => Ok(answer),
            (Some(problem), partial) => {
                let mut problem = Problem::clone(problem);
                problem.partial = partial.map(Box::new);
                Err(problem)
            }
            (None, None) => Err(Problem::new("internal_error", "the execution came to nothing")),
        };
        self.inner.deps.log.finished(self.record(prepared, computed, &outcome, cache, is_async)).await;
        outcome
    }

    fn answer(&self, prepared: &Prepared, computed: &Computed, kept: &Kept, cache: CacheOutcome) -> Answer {
        Answer {
            execution_id: prepared.execution_id,
            status: computed.status,
            pattern: prepared.pattern.reference.clone(),
            context: prepared.context.clone(),
            body: kept.body.clone(),
            facts: kept.facts.clone(),
            trace: Trace {
                trace_id: prepared.trace_id.clone(),
                cache,
                started_at: prepared.started_at,
                deadline_ms: u64::try_from(prepared.deadline_in.as_millis()).unwrap_or(u64::MAX),
                wait_admission_ms: ms(computed.wait_admission),
                total_ms: ms(prepared.started.elapsed()),
                steps: computed.steps.clone(),
            },
            warnings: prepared.warnings.clone(),
            result_key: prepared.key,
            plan_hash: prepared.pattern.plan_hash.clone(),
            cache,
        }
    }

    fn record(
        &self,
        prepared: &Prepared,
        computed: &Computed,
        outcome: &Result<Answer, Problem>,
        cache: CacheOutcome,
        is_async: bool,
    ) -> ExecutionRecord {
        let (status, problem, trace) = match outcome {
            Ok(answer) => (answer.status.as_str(), None, Some(answer.trace.clone())),
            Err(problem) => {
                let trace = problem.partial.as_ref().map(|partial| partial.trace.clone());
                (Status::Failed.as_str(), Some(Arc::new(problem.clone())), trace)
            }
        };
        ExecutionRecord {
            is_async,
            problem,
            trace,
            result: computed.take_result_to_keep(),
            ..prepared.record(status, cache.as_str())
        }
    }

    /// The record of an asynchronous execution that was cancelled.
    pub(crate) fn cancelled_record(&self, prepared: &Prepared) -> ExecutionRecord {
        ExecutionRecord { is_async: true, ..prepared.record("cancelled", CacheOutcome::Computed.as_str()) }
    }
}

/// The caller must have every right of the plan.
fn check_rights(pattern: &Loaded, request: &Request) -> Result<(), Problem> {
    let missing: Vec<&str> =
        pattern.plan().rights.iter().filter(|right| !request.rights.contains(right)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Problem::new("forbidden", format!("{} needs the permission {}", request.pattern, missing.join(", "))))
}

fn problem_of_inputs(pattern: &str, problems: Vec<InputProblem>) -> Problem {
    let is_unknown = problems.iter().all(|problem| problem.code == "unknown_input");
    let code = if is_unknown { "unknown_input" } else { "invalid_input" };
    let detail = match problems.as_slice() {
        [one] => one.detail.clone(),
        several => format!("{} inputs of {pattern} do not fit", several.len()),
    };
    let errors = problems
        .into_iter()
        .map(|problem| ProblemItem {
            pointer: Some(problem.pointer),
            code: problem.code.to_owned(),
            detail: problem.detail,
            try_: problem.suggestion,
            allowed: problem.allowed,
            ..ProblemItem::default()
        })
        .collect();
    Problem::new(code, detail).with_errors(errors)
}

fn ignored_input(name: &str) -> Value {
    json!({ "code": "unknown_input", "message": format!("input {name} is not known and was ignored") })
}

/// Everything that the bytes of a result depend on.
fn key_of(pattern: &Loaded, inputs: &Map<String, Value>, context: &ExecutionContext, user: Uuid) -> ResultKey {
    let mut key = KeyHasher::new("execution");
    key.part(pattern.plan_hash.as_bytes());
    let mut texts: Vec<(&String, Vec<u8>)> = inputs.iter().map(|(name, value)| (name, canonical(value))).collect();
    texts.sort();
    for (name, text) in texts {
        key.part(name.as_bytes()).part(&text);
    }
    key.optional(context.pack.as_ref().map(|pack| pack.hash.as_str()));
    key.optional(context.ledger.as_ref().map(|ledger| ledger.commit.as_str()));
    key.user(Some(user)).user(context.portfolio_id);
    key.part(context.as_of.to_string().as_bytes());
    key.part(context.base_currency.as_bytes());
    key.optional(context.report_currency.as_deref());
    key.finish()
}
