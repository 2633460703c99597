//! An orchestrator on a bench: small fakes behind its traits, a small catalogue, patterns as text.

#![allow(dead_code, reason = "each test file uses its own part of the bench")]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use capability::{
    CapabilityResult, Cost, Declaration, Effect, ExecutionContext, Failure, Field, LedgerInfo, PackInfo, Reads, Schema,
    Type,
};
use chrono::NaiveDate;
use futures::future::BoxFuture;
use governor::{RejectReason, Rejection};
use orchestrator::{
    Admission, AdmissionGate, AdmissionPermit, Attributions, ContextRequest, ContextSource, Deps, ExecutionLog,
    ExecutionRecord, OnQueued, Orchestrator, PatternFileText, PatternLibrary, Request, ResultKey, ResultStore,
    Settings, StepCall, StepRunner,
};
use pattern::Catalogue;
use serde_json::{Value, json};
use uuid::Uuid;

pub const USER: Uuid = Uuid::from_u128(1);
pub const OTHER_USER: Uuid = Uuid::from_u128(2);
pub const PORTFOLIO: &str = "00000000-0000-0000-0000-0000000000aa";

type Handler = Box<dyn Fn(StepCall) -> BoxFuture<'static, Result<CapabilityResult, Failure>> + Send + Sync>;

/// Runs what the test put under a capability's name; counts calls.
#[derive(Default)]
pub struct Runner {
    handlers: Mutex<HashMap<String, Arc<Handler>>>,
    calls: Mutex<BTreeMap<String, u32>>,
    pub args: Mutex<Vec<(String, Value)>>,
}

impl Runner {
    pub fn on<F>(&self, capability: &str, handler: impl Fn(StepCall) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<CapabilityResult, Failure>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |call| Box::pin(handler(call)));
        self.handlers.lock().unwrap().insert(capability.to_owned(), Arc::new(handler));
    }

    /// Answers with a value at once.
    pub fn value(&self, capability: &str, value: Value) {
        self.on(capability, move |_| std::future::ready(Ok(CapabilityResult::computed(value.clone()))));
    }

    /// Fails at once.
    pub fn fails(&self, capability: &str, failure: Failure) {
        self.on(capability, move |_| std::future::ready(Err(failure.clone())));
    }

    pub fn calls(&self, capability: &str) -> u32 {
        self.calls.lock().unwrap().get(capability).copied().unwrap_or(0)
    }

    pub fn all_calls(&self) -> u32 {
        self.calls.lock().unwrap().values().sum()
    }

    pub fn args_of(&self, capability: &str) -> Option<Value> {
        self.args.lock().unwrap().iter().rev().find(|(name, _)| name == capability).map(|(_, args)| args.clone())
    }
}

impl StepRunner for Runner {
    fn run(&self, call: StepCall) -> BoxFuture<'_, Result<CapabilityResult, Failure>> {
        *self.calls.lock().unwrap().entry(call.capability.clone()).or_default() += 1;
        self.args.lock().unwrap().push((call.capability.clone(), call.args.as_ref().clone()));
        let handler = self.handlers.lock().unwrap().get(&call.capability).cloned();
        match handler {
            Some(handler) => handler(call),
            None => Box::pin(std::future::ready(Err(Failure::new("internal_error", "the test gave no handler")))),
        }
    }
}

/// Pins every execution to the same pack and ledger, which the test may change.
pub struct Contexts {
    pub pack: Mutex<PackInfo>,
    pub commit: Mutex<String>,
    pub asked: Mutex<Vec<ContextRequest>>,
}

impl Default for Contexts {
    fn default() -> Self {
        Contexts {
            pack: Mutex::new(PackInfo {
                display_id: "PP_2022-06-15".into(),
                hash: "aa".repeat(32),
                date: date("2022-06-15"),
                revision: 0,
                superseded_by: None,
                restated_reason: None,
            }),
            commit: Mutex::new("bb".repeat(32)),
            asked: Mutex::default(),
        }
    }
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl ContextSource for Contexts {
    fn resolve(&self, request: ContextRequest) -> BoxFuture<'_, Result<ExecutionContext, Failure>> {
        self.asked.lock().unwrap().push(request.clone());
        let context = ExecutionContext {
            execution_id: request.execution_id,
            trace_id: request.trace_id,
            user_id: request.user,
            rights: request.rights.to_vec(),
            portfolio_id: request.portfolio_id,
            as_of: request.as_of.unwrap_or_else(|| date("2022-06-15")),
            known_at: None,
            pack: Some(self.pack.lock().unwrap().clone()),
            ledger: request.portfolio_id.map(|_| LedgerInfo { commit: self.commit.lock().unwrap().clone(), seq: 42 }),
            base_currency: "EUR".into(),
            report_currency: request.report_currency,
            deadline_ms: request.deadline_in.as_millis() as u64,
        };
        Box::pin(std::future::ready(Ok(context)))
    }
}

/// Admits or rejects as the test says; counts who is inside.
#[derive(Default)]
pub struct Gate {
    last: AtomicU64,
    pub admitted: AtomicU64,
    pub inside: Arc<AtomicU64>,
    pub reject_after: Mutex<Option<Duration>>,
    pub asked: Mutex<Vec<Admission>>,
}

struct Inside(Arc<AtomicU64>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AdmissionGate for Gate {
    fn next_execution(&self) -> u64 {
        self.last.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn admit(&self, admission: Admission, on_queued: OnQueued) -> BoxFuture<'_, Result<AdmissionPermit, Rejection>> {
        self.asked.lock().unwrap().push(admission);
        Box::pin(async move {
            if let Some(retry_after) = *self.reject_after.lock().unwrap() {
                on_queued(3, retry_after);
                return Err(Rejection { reason: RejectReason::DeadlineUnreachable, retry_after });
            }
            self.admitted.fetch_add(1, Ordering::SeqCst);
            self.inside.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(Inside(self.inside.clone())) as AdmissionPermit)
        })
    }
}

/// Keeps results and executions in memory.
#[derive(Default)]
pub struct Store {
    pub results: Mutex<HashMap<(Uuid, ResultKey), Bytes>>,
    pub executions: Mutex<Vec<ExecutionRecord>>,
}

impl ResultStore for Store {
    fn get(&self, user: Uuid, key: ResultKey) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(std::future::ready(self.results.lock().unwrap().get(&(user, key)).cloned()))
    }
}

impl ExecutionLog for Store {
    fn finished(&self, record: ExecutionRecord) -> BoxFuture<'_, ()> {
        if let Some(result) = &record.result {
            self.results.lock().unwrap().insert((record.user, result.key), result.outputs.clone());
        }
        self.executions.lock().unwrap().push(record);
        Box::pin(std::future::ready(()))
    }
}

struct Ecb;

impl Attributions for Ecb {
    fn attribution(&self, provider: &str) -> Option<String> {
        (provider == "ecb").then(|| "Source: European Central Bank".to_owned())
    }
}

pub struct Bench {
    pub orchestrator: Orchestrator,
    pub runner: Arc<Runner>,
    pub contexts: Arc<Contexts>,
    pub gate: Arc<Gate>,
    pub store: Arc<Store>,
}

impl Bench {
    pub fn new(patterns: &[Value]) -> Bench {
        Bench::with_store(patterns, Arc::default())
    }

    /// A new process on a store that other processes used.
    pub fn with_store(patterns: &[Value], store: Arc<Store>) -> Bench {
        // Proofs of kept results would run at random.
        Bench::with_settings(patterns, store, Settings { verify_per_mille: 0, ..Settings::default() })
    }

    pub fn with_settings(patterns: &[Value], store: Arc<Store>, settings: Settings) -> Bench {
        let texts = patterns
            .iter()
            .map(|pattern| PatternFileText {
                path: format!("{}.json", pattern["id"].as_str().unwrap()),
                text: serde_json::to_string_pretty(pattern).unwrap(),
            })
            .collect();
        let library = PatternLibrary::new(Arc::new(catalogue()), texts, Vec::new());
        library.reload();
        for listing in library.list() {
            assert!(listing.plan.is_some(), "{} {:#?}", listing.id, listing.diagnostics);
        }
        let (runner, contexts, gate) = (Arc::<Runner>::default(), Arc::<Contexts>::default(), Arc::<Gate>::default());
        let orchestrator = Orchestrator::new(Deps {
            runner: runner.clone(),
            contexts: contexts.clone(),
            gate: gate.clone(),
            results: store.clone(),
            log: store.clone(),
            patterns: Arc::new(library),
            attributions: Arc::new(Ecb),
            settings,
        });
        Bench { orchestrator, runner, contexts, gate, store }
    }
}

pub fn request(pattern: &str) -> Request {
    Request::new(pattern, USER, rights()).input("portfolio_id", PORTFOLIO)
}

pub fn rights() -> Vec<String> {
    vec!["portfolio_read".to_owned()]
}

/// `test.left` and `test.right` give a number, `test.join` takes two, `test.market` reads no books, `test.write` has an
/// effect, `test.clock` reads what no key pins, `charts.test` makes a chart.
pub fn catalogue() -> Catalogue {
    let number = || {
        Schema::record([
            Field::required("value", Type::Integer, "a number"),
            Field::optional("maybe", Type::Integer, "a number that may be absent"),
        ])
    };
    let read =
        |name: &str, input: Schema| Declaration::read(name, "1.0.0", "financial_analyst", "for tests", input, number());
    let portfolio = || Field::required("portfolio_id", Type::id("portfolio"), "whose books");
    let mut declarations = vec![
        read(
            "test.left",
            Schema::record([portfolio(), Field::with_default("days", Type::Integer, 252, "days").between(1.0, 999.0)]),
        ),
        read("test.right", Schema::record([portfolio()])),
        read(
            "test.join",
            Schema::record([
                Field::required("left", Type::Integer, "one number"),
                Field::required("right", Type::Integer, "another"),
            ]),
        ),
        read("test.maybe", Schema::record([Field::optional("value", Type::Integer, "a number")])),
    ];
    let market = Declaration {
        reads: Reads { packs: true, ..Reads::NONE },
        cost: Cost::Light,
        ..read("test.market", Schema::record([]))
    };
    let write = Declaration {
        effect: Effect::Once,
        rights: vec!["portfolio_write".into()],
        ..read(
            "test.write",
            Schema::record([portfolio(), Field::required("idempotency_key", Type::Text, "one key for one write")]),
        )
    };
    let clock = Declaration { reads: Reads { system: true, ..Reads::NONE }, ..read("test.clock", Schema::record([])) };
    let chart = Declaration {
        agent: "charts_agent".into(),
        reads: Reads::NONE,
        lease: false,
        rights: Vec::new(),
        ..read("charts.test", Schema::record([Field::required("value", Type::Integer, "what to draw")]))
    };
    declarations.extend([market, write, clock, chart]);
    Catalogue::new(declarations)
}

/// A pattern of format 1 with the given steps and outputs.
pub fn pattern(id: &str, steps: Value, outputs: Value) -> Value {
    json!({
        "id": id,
        "name": id,
        "description": "for tests",
        "version": "1.0.0",
        "inputs": { "portfolio_id": { "type": "portfolio_id", "required": true } },
        "steps": steps,
        "outputs": outputs,
        "rights_required": ["portfolio_read"],
    })
}

/// Left and right at once, then joined; a panel for each half and one for the whole.
pub fn two_sides() -> Value {
    let mut both = pattern(
        "two_sides",
        json!([
            { "capability": "test.left", "as": "left", "args": { "portfolio_id": "{{inputs.portfolio_id}}" } },
            { "capability": "test.right", "as": "right", "args": { "portfolio_id": "{{inputs.portfolio_id}}" } },
            { "capability": "test.join", "as": "joined", "args": { "left": "{{left.value}}", "right": "{{right.value}}" } }
        ]),
        json!({ "left": "{{left}}", "right": "{{right}}", "sum": "{{joined.value}}" }),
    );
    let panel = |id: &str, reference: &str| {
        json!({
            "id": id, "title": id, "kind": "metrics",
            "metrics": [{ "label": "value", "value": reference, "format": "integer" }]
        })
    };
    both["panels"] = json!([panel("left_side", "{{left.value}}"), panel("whole", "{{joined.value}}")]);
    both
}

/// Values for all capabilities of [`two_sides`].
pub fn answer_two_sides(runner: &Runner) {
    runner.value("test.left", json!({ "value": 1, "maybe": absent("missing_price", "no price") }));
    runner.value("test.right", json!({ "value": 2, "maybe": 7 }));
    runner.value("test.join", json!({ "value": 3, "maybe": 7 }));
}

pub fn absent(code: &str, why: &str) -> Value {
    capability::absent(code, why, Value::Null)
}

pub fn data(answer: &orchestrator::Answer) -> Value {
    answer.body.parse(orchestrator::Member::Data).unwrap()
}
