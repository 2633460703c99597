//! What the orchestrator needs from others. The server wires agents, store and governor behind these traits; tests put
//! small fakes there.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use capability::{CapabilityResult, ExecutionContext, Failure, Reads};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use governor::{Class, LeaseTicket, Rejection};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::answer::Trace;
use crate::library::PatternLibrary;
use crate::problem::Problem;
use crate::request::Trigger;
use crate::result_key::ResultKey;
use crate::result_store::{ResultStore, StoredResult};

/// Everything that an orchestrator is made of.
#[derive(Clone)]
pub struct Deps {
    /// Runs one capability.
    pub runner: Arc<dyn StepRunner>,
    /// Fixes pack, ledger commit and currency of an execution.
    pub contexts: Arc<dyn ContextSource>,
    /// Lets executions begin.
    pub gate: Arc<dyn AdmissionGate>,
    /// Keeps results beyond the process.
    pub results: Arc<dyn ResultStore>,
    /// Writes down executions.
    pub log: Arc<dyn ExecutionLog>,
    /// Patterns and the catalogue of capabilities.
    pub patterns: Arc<PatternLibrary>,
    /// Attributions that providers ask for.
    pub attributions: Arc<dyn Attributions>,
    /// Bounds.
    pub settings: Settings,
}

/// Bounds of the orchestrator's memory and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Memory for whole results, bytes. Default 64 MiB.
    pub result_memory_bytes: u64,
    /// Memory for results of steps, bytes. Default 64 MiB.
    pub step_memory_bytes: u64,
    /// Longest deadline that a request may ask for. Default 90 s.
    pub deadline_max: Duration,
    /// Answers from memory, of 1,000, that are computed again behind the answer and compared. Default 10.
    pub verify_per_mille: u32,
    /// How long events of an asynchronous execution are kept after its end. Default 24 h.
    pub events_kept: Duration,
    /// Most asynchronous executions whose events are kept. Default 2,000.
    pub events_kept_executions: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            result_memory_bytes: 64 << 20,
            step_memory_bytes: 64 << 20,
            deadline_max: Duration::from_secs(90),
            verify_per_mille: 10,
            events_kept: Duration::from_secs(24 * 3_600),
            events_kept_executions: 2_000,
        }
    }
}

/// One call of a capability by one step.
#[derive(Debug)]
pub struct StepCall {
    /// Canonical name.
    pub capability: String,
    /// What the execution is pinned to.
    pub context: Arc<ExecutionContext>,
    /// Arguments after resolution of references: a JSON object.
    pub args: Arc<Value>,
    /// The right to one lease. The runner consumes it; its times are read for the trace afterwards.
    pub ticket: LeaseTicket,
}

/// Runs capabilities. Dropping the returned future cancels the call and gives back its lease.
pub trait StepRunner: Send + Sync {
    /// Runs one capability to its end.
    fn run(&self, call: StepCall) -> BoxFuture<'_, Result<CapabilityResult, Failure>>;
}

/// What an execution asks to be pinned to.
#[derive(Clone, Debug)]
pub struct ContextRequest {
    /// Id of the execution.
    pub execution_id: Uuid,
    /// W3C trace id.
    pub trace_id: String,
    /// Who asks.
    pub user: Uuid,
    /// Permissions of who asks.
    pub rights: Arc<[String]>,
    /// Portfolio that the inputs name.
    pub portfolio_id: Option<Uuid>,
    /// Date that values are for; `None`: newest pack.
    pub as_of: Option<NaiveDate>,
    /// Display id or hash of the pack; `None`: newest at `as_of`.
    pub pricing_pack_id: Option<String>,
    /// Refuse a pack that is not fresh.
    pub require_fresh: bool,
    /// Currency of the report; `None`: base currency of the portfolio.
    pub report_currency: Option<String>,
    /// What any step of the plan reads.
    pub reads: Reads,
    /// Time left.
    pub deadline_in: Duration,
}

/// Fixes the context of an execution, once.
pub trait ContextSource: Send + Sync {
    /// Resolves the context. A foreign portfolio is `portfolio_not_found`, so that existence does not leak.
    fn resolve(&self, request: ContextRequest) -> BoxFuture<'_, Result<ExecutionContext, Failure>>;
}

/// An execution that wants to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Number of the execution in this process, as in its lease tickets.
    pub execution: u64,
    /// Who asks.
    pub user: Uuid,
    /// Agents whose leases the plan will ask for.
    pub agents: Vec<String>,
    /// Connection time that the plan is expected to use.
    pub expected_lease: Duration,
    /// Time left.
    pub deadline_in: Duration,
    /// Interactive or background.
    pub class: Class,
}

/// Told once if an execution has to wait: its place and the predicted wait.
pub type OnQueued = Box<dyn FnOnce(u32, Duration) + Send>;

/// Held while an execution runs; dropping it tells the gate that it ended.
pub type AdmissionPermit = Box<dyn Any + Send>;

/// Lets executions begin. Dropping the returned future leaves the queue.
pub trait AdmissionGate: Send + Sync {
    /// A number for a new execution, unique in this process and never 0.
    fn next_execution(&self) -> u64;
    /// Waits until the execution may begin.
    fn admit(&self, admission: Admission, on_queued: OnQueued) -> BoxFuture<'_, Result<AdmissionPermit, Rejection>>;
}

/// A gate that is always open: for offline runs and tests.
#[derive(Debug, Default)]
pub struct OpenGate {
    last: AtomicU64,
}

impl AdmissionGate for OpenGate {
    fn next_execution(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn admit(&self, _admission: Admission, _on_queued: OnQueued) -> BoxFuture<'_, Result<AdmissionPermit, Rejection>> {
        Box::pin(std::future::ready(Ok(Box::new(()) as AdmissionPermit)))
    }
}

/// An execution that ended, for the table of executions.
#[derive(Clone, Debug)]
pub struct ExecutionRecord {
    /// Id of the execution.
    pub execution_id: Uuid,
    /// Who asked.
    pub user: Uuid,
    /// Id of the pattern.
    pub pattern_id: String,
    /// Version of the pattern.
    pub pattern_version: String,
    /// SHA-256 of the pattern's text, hex.
    pub pattern_hash: String,
    /// Hash of the plan, hex.
    pub plan_hash: String,
    /// From where it was asked.
    pub trigger: Trigger,
    /// True if the caller did not wait for the answer.
    pub is_async: bool,
    /// Inputs after defaults.
    pub inputs: Arc<Map<String, Value>>,
    /// What it was pinned to.
    pub context: Arc<ExecutionContext>,
    /// Content key.
    pub result_key: ResultKey,
    /// `complete`, `partial`, `failed` or `cancelled`.
    pub status: &'static str,
    /// `hit`, `joined` or `computed`.
    pub cache: &'static str,
    /// Why there is no answer.
    pub problem: Option<Arc<Problem>>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// What happened; `None` if it never began.
    pub trace: Option<Trace>,
    /// The result to keep, if this execution computed one that is worth it.
    pub result: Option<StoredResult>,
}

/// Writes down executions and keeps their results.
pub trait ExecutionLog: Send + Sync {
    /// An execution ended. Written behind the answer; waits only while the writer's queue is full.
    fn finished(&self, record: ExecutionRecord) -> BoxFuture<'_, ()>;
}

/// A log that writes nothing.
#[derive(Debug, Default)]
pub struct NoExecutionLog;

impl ExecutionLog for NoExecutionLog {
    fn finished(&self, _record: ExecutionRecord) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What providers ask to be printed beside their figures.
pub trait Attributions: Send + Sync {
    /// Attribution of a provider by its id in the rights registry; `None` if it asks for none.
    fn attribution(&self, provider: &str) -> Option<String>;
}

/// No provider asks for anything.
#[derive(Debug, Default)]
pub struct NoAttributions;

impl Attributions for NoAttributions {
    fn attribution(&self, _provider: &str) -> Option<String> {
        None
    }
}
