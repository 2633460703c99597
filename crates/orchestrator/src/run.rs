//! Runs the steps of a plan, each as soon as what it refers to is there.
//!
//! Steps that may run at the same time run in tasks of their own, so they use all cores; a step that is alone runs where
//! the run itself does, without a change of threads. Dropping the run ends them all. Invariant: each node ends exactly
//! once, as done, skipped or failed, and nothing that needs it begins before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use capability::{CapabilityResult, Declaration, Effect, ExecutionContext, Failure, absent, canonical};
use futures::FutureExt;
use futures::future::BoxFuture;
use pattern::{Fallback, OnError, Plan, PlanNode, Scope, Skip, StepValue, Truth};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::backoff::Retry;
use crate::deps::StepRunner;
use crate::events::{Event, EventLog};
use crate::execute::{Inner, Prepared};
use crate::loaded::Loaded;
use crate::step::{StepEnd, StepJob};
use crate::step_cache::StepCache;
use crate::trace::{StepCache as CacheState, StepState, TraceStep, ms};

/// First pause before a transient failure is tried again, where the file does not say.
const BACKOFF: Duration = Duration::from_millis(100);
/// Longest pause, where the file does not say.
const BACKOFF_LONGEST: Duration = Duration::from_secs(2);
/// Attempts for transient failures, where the file does not say.
const ATTEMPTS: u32 = 3;

/// Why a node has no value, in rising gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lack {
    /// It has one.
    Nothing,
    /// Its condition, or that of a step it needs, did not ask for it.
    NotAsked,
    /// It failed or lacks an argument; the pattern goes on without it.
    Missing,
    /// It failed and must not.
    Fatal,
}

/// How a node ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The result, if there is one.
    pub(crate) result: Option<Arc<CapabilityResult>>,
    /// The absent value that stands for it otherwise.
    pub(crate) stand_in: Value,
    /// The envelope without the value, if the plan asks for it.
    meta: Value,
    pub(crate) lack: Lack,
    pub(crate) failure: Option<Arc<Failure>>,
    pub(crate) row: TraceStep,
    is_skipped: bool,
}

impl Ended {
    /// Its value, or the absent value that stands for it.
    pub(crate) fn value(&self) -> &Value {
        self.result.as_ref().map_or(&self.stand_in, |result| &result.value)
    }
}

/// Everything that ran.
pub(crate) struct Finished {
    pub(crate) nodes: Vec<Ended>,
    /// Canonical text of each panel, in the plan's order.
    pub(crate) panels: Vec<Bytes>,
    /// `ctx` of the execution.
    pub(crate) scope_context: Value,
    /// Connection time that all steps used.
    pub(crate) lease_time: Duration,
}

/// One run of a plan.
pub(crate) struct Run<'a> {
    runner: Arc<dyn StepRunner>,
    cache: Arc<StepCache>,
    pattern: Arc<Loaded>,
    inputs: Arc<Map<String, Value>>,
    context: Arc<ExecutionContext>,
    user: Uuid,
    number: u64,
    no_cache: bool,
    started: Instant,
    deadline: Instant,
    wait_admission: Duration,
    events: &'a EventLog,
    scope_context: Value,
    nodes: Vec<Option<Ended>>,
    is_running: Vec<bool>,
    panels: Vec<Option<Bytes>>,
    /// Steps that were begun since the last look.
    ready: Vec<(usize, BoxFuture<'static, StepEnd>)>,
    /// The only step that runs, if it is only one.
    alone: Option<(usize, BoxFuture<'static, StepEnd>)>,
    tasks: JoinSet<(usize, StepEnd)>,
    /// Which node a task runs, for tasks that end without a word.
    by_task: BTreeMap<tokio::task::Id, usize>,
    lease_time: Duration,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        inner: &Inner,
        prepared: &Prepared,
        number: u64,
        wait_admission: Duration,
        events: &'a EventLog,
    ) -> Self {
        let plan = prepared.pattern.plan();
        Run {
            runner: inner.deps.runner.clone(),
            cache: inner.steps.clone(),
            pattern: prepared.pattern.clone(),
            inputs: prepared.inputs.clone(),
            context: prepared.context.clone(),
            user: prepared.user,
            number,
            no_cache: prepared.no_cache,
            started: prepared.started,
            deadline: prepared.deadline,
            wait_admission,
            events,
            scope_context: scope_context(&prepared.context),
            nodes: plan.nodes.iter().map(|_| None).collect(),
            is_running: vec![false; plan.nodes.len()],
            panels: plan.panels.iter().map(|_| None).collect(),
            ready: Vec::new(),
            alone: None,
            tasks: JoinSet::new(),
            by_task: BTreeMap::new(),
            lease_time: Duration::ZERO,
        }
    }

    /// Runs until every node has ended.
    pub(crate) async fn finish(mut self) -> Finished {
        self.advance();
        while let Some((index, end)) = self.next_end().await {
            self.is_running[index] = false;
            match end {
                Some(end) => self.step_ended(index, end),
                None => {
                    let failure = Failure::new("internal_error", "the step ended without a result");
                    self.node_failed(index, Arc::new(failure), None);
                }
            }
            self.advance();
        }
        let nodes = self.nodes.into_iter().flatten().collect();
        let panels = self.panels.into_iter().flatten().collect();
        Finished { nodes, panels, scope_context: self.scope_context, lease_time: self.lease_time }
    }

    /// The next step that ends, with nothing if its task died; `None` when nothing runs.
    async fn next_end(&mut self) -> Option<(usize, Option<StepEnd>)> {
        if let Some((index, step)) = self.alone.take() {
            return Some((index, Some(step.await)));
        }
        loop {
            match self.tasks.join_next_with_id().await? {
                Ok((task, (index, end))) => {
                    self.by_task.remove(&task);
                    return Some((index, Some(end)));
                }
                // The task itself died: a bug outside the capability, since its panics are caught inside.
                Err(error) => {
                    if let Some(index) = self.by_task.remove(&error.id()) {
                        return Some((index, None));
                    }
                }
            }
        }
    }

    /// Begins or skips every node that can be decided, until nothing changes; then draws what panels it can.
    fn advance(&mut self) {
        let pattern = self.pattern.clone();
        let plan = pattern.plan();
        loop {
            let mut has_changed = false;
            for (index, node) in plan.nodes.iter().enumerate() {
                let is_open = self.nodes[index].is_none() && !self.is_running[index];
                if is_open && node.depends.iter().all(|before| self.nodes[*before].is_some()) {
                    match self.decide(node) {
                        Ok(args) => self.begin(index, node, args),
                        Err((lack, skip)) => {
                            self.node_skipped(index, lack, skip);
                            has_changed = true;
                        }
                    }
                }
            }
            if !has_changed {
                break;
            }
        }
        self.start_ready();
        self.draw_panels();
    }

    fn start_ready(&mut self) {
        if self.ready.len() == 1 && self.tasks.is_empty() {
            self.alone = self.ready.pop();
        }
        for (index, step) in self.ready.drain(..) {
            let task = self.tasks.spawn(async move { (index, step.await) });
            self.by_task.insert(task.id(), index);
        }
    }

    /// Arguments of a node that may run, or why it does not.
    fn decide(&self, node: &PlanNode) -> Result<Value, (Lack, Skip)> {
        let scope = self.scope();
        if let Some(when) = &node.when {
            match pattern::evaluate(when, &scope) {
                Truth::True => {}
                Truth::False => {
                    let why = match &node.otherwise {
                        Some(text) => match scope.fill(&Value::String(text.clone()), None) {
                            Value::String(text) => text,
                            other => other.to_string(),
                        },
                        None => "its condition is not met".to_owned(),
                    };
                    return Err((Lack::NotAsked, Skip { code: "skipped".to_owned(), why }));
                }
                Truth::Absent(path) => {
                    let lack = self.lack_before(node, Lack::NotAsked);
                    return Err((
                        lack,
                        Skip { code: "skipped".to_owned(), why: format!("condition on absent: {path}") },
                    ));
                }
            }
        }
        let args = pattern::resolve_args(node, &scope).map_err(|skip| (self.lack_before(node, Lack::Missing), skip))?;
        Ok(Value::Object(args))
    }

    /// What a node lacks because of the gravest lack among what it needs; `otherwise` if they all have values.
    fn lack_before(&self, node: &PlanNode, otherwise: Lack) -> Lack {
        let gravest =
            node.depends.iter().filter_map(|before| self.nodes[*before].as_ref()).map(|ended| ended.lack).max();
        match gravest {
            None | Some(Lack::Nothing) => otherwise,
            Some(lack) => lack,
        }
    }

    fn begin(&mut self, index: usize, node: &PlanNode, args: Value) {
        self.is_running[index] = true;
        self.events.push(Event::StepStarted { step: node.name.clone() });
        let job = self.job(node, node.declaration.clone(), args);
        let fallback = self.fallback_job(node);
        let step = async move {
            let end = job.run().await;
            match (end.result.is_err(), fallback) {
                (true, Some(fallback)) => fallback.run().await.after(end),
                _ => end,
            }
        };
        self.ready.push((index, step.boxed()));
    }

    fn job(&self, node: &PlanNode, declaration: Arc<Declaration>, args: Value) -> StepJob {
        StepJob {
            runner: self.runner.clone(),
            cache: self.cache.clone(),
            context: self.context.clone(),
            name: node.name.clone(),
            args: Arc::new(args),
            user: self.user,
            execution: self.number,
            retry: retry_of(node, &declaration),
            timeout: Duration::from_millis(node.timeout_ms),
            deadline: self.deadline,
            may_keep: node.may_cache,
            no_cache: self.no_cache,
            declaration,
        }
    }

    /// The other capability that is tried once if the step fails. A step with an effect has none: its outcome counts.
    fn fallback_job(&self, node: &PlanNode) -> Option<StepJob> {
        let Some(Fallback::Capability(declaration, args)) = &node.fallback else { return None };
        if node.declaration.effect != Effect::None {
            return None;
        }
        let other = PlanNode { declaration: declaration.clone(), args: args.clone(), ..node.clone() };
        let args = pattern::resolve_args(&other, &self.scope()).ok()?;
        let mut job = self.job(&other, declaration.clone(), Value::Object(args));
        job.retry = Retry::NEVER;
        Some(job)
    }

    fn step_ended(&mut self, index: usize, end: StepEnd) {
        self.lease_time += end.times.lease();
        match &end.result {
            Ok(result) => {
                let result = result.clone();
                self.node_done(index, result, &end);
            }
            Err(failure) => {
                let failure = failure.clone();
                self.node_failed(index, failure, Some(&end));
            }
        }
    }

    fn node_done(&mut self, index: usize, result: Arc<CapabilityResult>, end: &StepEnd) {
        let pattern = self.pattern.clone();
        let Some(node) = pattern.plan().nodes.get(index) else { return };
        let mut row = self.row(node, Some(end));
        row.state = if end.cache == CacheState::Hit { StepState::Cached } else { StepState::Done };
        row.provenance = Some(result.provenance.clone());
        if end.cache != CacheState::Hit {
            row.rows_read = result.rows_read.max(end.times.rows());
        }
        self.events.push(Event::StepFinished {
            step: node.name.clone(),
            cache: end.cache.as_str(),
            ms: ms(end.ended - end.started),
        });
        let meta = if pattern.uses_meta { self.meta_of(node, &result) } else { Value::Null };
        self.nodes[index] = Some(Ended {
            result: Some(result),
            stand_in: Value::Null,
            meta,
            lack: Lack::Nothing,
            failure: None,
            row,
            is_skipped: false,
        });
    }

    fn node_failed(&mut self, index: usize, failure: Arc<Failure>, end: Option<&StepEnd>) {
        let pattern = self.pattern.clone();
        let Some(node) = pattern.plan().nodes.get(index) else { return };
        if let Some(value) = self.fallback_value(node) {
            let result = Arc::new(CapabilityResult::computed(value));
            let mut row = self.row(node, end);
            row.state = StepState::Done;
            row.code = Some(failure.code.clone());
            row.reason = Some(format!("fallback after: {}", failure.message));
            self.events.push(Event::StepFailed { step: node.name.clone(), code: failure.code.clone() });
            self.nodes[index] = Some(Ended {
                result: Some(result),
                stand_in: Value::Null,
                meta: Value::Null,
                lack: Lack::Nothing,
                failure: Some(failure),
                row,
                is_skipped: false,
            });
            return;
        }
        let is_skip = node.on_error == OnError::Skip;
        let mut row = self.row(node, end);
        row.state = if is_skip { StepState::Skipped } else { StepState::Failed };
        row.code = Some(failure.code.clone());
        row.reason = Some(failure.message.clone());
        if is_skip {
            let reason = failure.message.clone();
            self.events.push(Event::StepSkipped { step: node.name.clone(), reason });
        } else {
            self.events.push(Event::StepFailed { step: node.name.clone(), code: failure.code.clone() });
        }
        self.nodes[index] = Some(Ended {
            result: None,
            stand_in: absent(&failure.code, failure.message.clone(), failure.subject.clone()),
            meta: Value::Null,
            lack: if node.on_error == OnError::Fail { Lack::Fatal } else { Lack::Missing },
            failure: Some(failure),
            row,
            is_skipped: is_skip,
        });
    }

    fn node_skipped(&mut self, index: usize, lack: Lack, skip: Skip) {
        let pattern = self.pattern.clone();
        let Some(node) = pattern.plan().nodes.get(index) else { return };
        let mut row = self.row(node, None);
        row.state = StepState::Skipped;
        row.code = Some(skip.code.clone());
        row.reason = Some(skip.why.clone());
        self.events.push(Event::StepSkipped { step: node.name.clone(), reason: skip.why.clone() });
        self.nodes[index] = Some(Ended {
            result: None,
            stand_in: skip.to_absent(),
            meta: Value::Null,
            lack,
            failure: None,
            row,
            is_skipped: true,
        });
    }

    /// A value by reference that stands in for a failed step, if there is one and it is there.
    fn fallback_value(&self, node: &PlanNode) -> Option<Value> {
        let Some(Fallback::Reference(reference)) = &node.fallback else { return None };
        let value = self.scope().fill(&Value::String(reference.clone()), None);
        (!capability::is_absent(&value)).then_some(value)
    }

    /// Draws every panel whose steps have ended and tells the watchers.
    fn draw_panels(&mut self) {
        let pattern = self.pattern.clone();
        for (index, panel) in pattern.panels.iter().enumerate() {
            let is_ready = self.panels[index].is_none() && panel.direct.iter().all(|node| self.nodes[*node].is_some());
            if is_ready {
                let drawn = pattern::render_panels(&panel.plan, &self.scope()).pop().unwrap_or_default();
                let body = Bytes::from(canonical(&drawn));
                self.events.push(Event::PanelReady { panel: panel.id.clone(), body: body.clone() });
                self.panels[index] = Some(body);
            }
        }
    }

    fn scope(&self) -> Scope<'_> {
        scope_of(self.pattern.plan(), &self.inputs, &self.scope_context, |index| self.nodes[index].as_ref())
    }

    fn row(&self, node: &PlanNode, end: Option<&StepEnd>) -> TraceStep {
        let (started, ended) = end.map_or_else(|| (Instant::now(), Instant::now()), |end| (end.started, end.ended));
        let total = ended.saturating_duration_since(started);
        let (wait, lease) = end.map_or((Duration::ZERO, Duration::ZERO), |end| (end.times.wait(), end.times.lease()));
        TraceStep {
            name: node.name.clone(),
            capability: node.declaration.id(),
            agent: node.declaration.agent.clone(),
            level: u32::try_from(node.level + 1).unwrap_or(u32::MAX),
            state: StepState::Cancelled,
            code: None,
            reason: None,
            cache: end.map_or(CacheState::Off, |end| end.cache),
            offset_ms: ms(started.saturating_duration_since(self.started)),
            total_ms: ms(total),
            wait_admission_ms: ms(self.wait_admission),
            wait_lease_ms: ms(wait),
            lease_ms: ms(lease),
            compute_ms: ms(total.saturating_sub(wait + lease)),
            provider_ms: 0.0,
            rows_read: end.map_or(0, |end| end.times.rows()),
            attempts: end.map_or(0, |end| end.attempts),
            provenance: None,
            args_hash: end.map(|end| end.args_hash.clone()),
        }
    }

    /// Envelope of a result without its value.
    fn meta_of(&self, node: &PlanNode, result: &CapabilityResult) -> Value {
        let reads = &node.declaration.reads;
        let mut meta = Map::new();
        meta.insert("capability".to_owned(), node.declaration.id().into());
        meta.insert("as_of".to_owned(), capability::wire::date(self.context.as_of));
        if let Some(pack) = self.context.pack.as_ref().filter(|_| reads.packs) {
            meta.insert("pricing_pack_id".to_owned(), pack.display_id.clone().into());
        }
        if let Some(ledger) = self.context.ledger.as_ref().filter(|_| reads.ledger) {
            meta.insert("ledger_commit".to_owned(), ledger.commit.clone().into());
        }
        meta.insert("provenance".to_owned(), serde_json::to_value(&result.provenance).unwrap_or_default());
        meta.insert("ttl_s".to_owned(), result.ttl_s.into());
        Value::Object(meta)
    }
}

/// What references may name when the nodes that `ended` gives have ended.
pub(crate) fn scope_of<'s>(
    plan: &'s Plan,
    inputs: &'s Map<String, Value>,
    context: &'s Value,
    ended: impl Fn(usize) -> Option<&'s Ended>,
) -> Scope<'s> {
    let mut steps = BTreeMap::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        if let Some(ended) = ended(index) {
            let value = StepValue { value: ended.value(), meta: &ended.meta, is_skipped: ended.is_skipped };
            for name in std::iter::once(&node.name).chain(&node.also) {
                steps.insert(name.as_str(), value);
            }
        }
    }
    Scope { inputs, context, steps }
}

/// `ctx` as patterns see it.
fn scope_context(context: &ExecutionContext) -> Value {
    let pack = context.pack.as_ref();
    let ledger = context.ledger.as_ref();
    let user = blake3::hash(context.user_id.as_bytes()).to_hex();
    json!({
        "as_of": context.as_of.to_string(),
        "pricing_pack_id": pack.map(|pack| pack.display_id.as_str()),
        "ledger_commit": ledger.map(|ledger| ledger.commit.as_str()),
        "portfolio_id": context.portfolio_id.map(|id| id.hyphenated().to_string()),
        "base_currency": context.base_currency,
        "user_id": &user.as_str()[..16],
        "trace_id": context.trace_id,
        "execution_id": context.execution_id.hyphenated().to_string(),
        "deadline": context.deadline_ms,
    })
}

fn retry_of(node: &PlanNode, declaration: &Declaration) -> Retry {
    if declaration.effect == Effect::Once {
        return Retry::NEVER;
    }
    match &node.retry {
        Some(retry) => Retry {
            attempts: retry.attempts.max(1),
            backoff: Duration::from_millis(retry.backoff_ms),
            longest: Duration::from_millis(retry.max_ms.max(retry.backoff_ms)),
        },
        None => Retry { attempts: ATTEMPTS, backoff: BACKOFF, longest: BACKOFF_LONGEST },
    }
}
