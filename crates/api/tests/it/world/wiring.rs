//! The agents and patterns of this build behind the orchestrator, as the binary wires them, and some pricing packs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agents::Agents;
use capability::{CapabilityResult, ExecutionContext, Failure};
use chrono::{NaiveDate, TimeDelta, Utc};
use futures::future::BoxFuture;
use orchestrator::{
    ContextRequest, ContextSource, Deps, NoAttributions, NoExecutionLog, NoResultStore, OpenGate, Orchestrator,
    PatternLibrary, Settings, StepCall, StepRunner,
};
use pattern::Catalogue;
use pricing::{DayContent, Pack};
use store::queries::packs;
use store::{LeaseTicket, Store};
use uuid::Uuid;

/// First and last day that has a pack.
const DAYS: (&str, &str) = ("2024-01-01", "2024-03-28");

/// An orchestrator on a store.
pub fn orchestrator(store: Arc<Store>) -> Orchestrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns");
    let library = PatternLibrary::new(Arc::new(Catalogue::new(agents::declarations())), Vec::new(), vec![folder]);
    let report = library.reload();
    assert!(report.bad.is_empty() && report.unreadable.is_empty(), "{report:?}");
    let agents = Arc::new(Agents::new(store, agents::Settings::default()));
    Orchestrator::new(Deps {
        runner: Arc::new(Wired(agents.clone())),
        contexts: Arc::new(Wired(agents)),
        gate: Arc::new(OpenGate::default()),
        results: Arc::new(NoResultStore),
        log: Arc::new(NoExecutionLog),
        patterns: Arc::new(library),
        attributions: Arc::new(NoAttributions),
        settings: Settings::default(),
    })
}

struct Wired(Arc<Agents>);

impl StepRunner for Wired {
    fn run(&self, call: StepCall) -> BoxFuture<'_, Result<CapabilityResult, Failure>> {
        Box::pin(async move { self.0.call(&call.capability, call.context, call.args, call.ticket).await })
    }
}

impl ContextSource for Wired {
    fn resolve(&self, request: ContextRequest) -> BoxFuture<'_, Result<ExecutionContext, Failure>> {
        Box::pin(async move {
            let request = agents::ContextRequest {
                execution_id: request.execution_id,
                trace_id: request.trace_id,
                user: request.user,
                rights: request.rights.to_vec(),
                portfolio_id: request.portfolio_id,
                as_of: request.as_of,
                pricing_pack_id: request.pricing_pack_id,
                require_fresh: request.require_fresh,
                report_currency: request.report_currency,
                reads: request.reads,
                deadline_in: request.deadline_in,
            };
            self.0.resolve_context(request).await
        })
    }
}

/// One pack a day without any price: the books of these tests carry their own prices.
pub async fn seal_packs(store: &Store) {
    let known_at = pricing_moment();
    let (first, last) = (day(DAYS.0), day(DAYS.1));
    let mut packs: Vec<Pack> = Vec::new();
    let mut contents = Vec::new();
    for date in first.iter_days().take_while(|date| *date <= last) {
        let content = DayContent::new(date, Vec::new(), Vec::new()).expect("an empty day");
        let pack = Pack::chained(packs.last(), &content, pricing::DEFAULT_POLICY, 0, known_at, None);
        packs.push(pack.expect("days in order"));
        contents.push(content);
    }
    let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(60));
    store.as_worker(ticket, async |tx| packs::insert_chain(tx, &packs, &contents).await).await.expect("packs");
}

/// A moment of the past in whole seconds.
fn pricing_moment() -> chrono::DateTime<Utc> {
    chrono::DateTime::UNIX_EPOCH + TimeDelta::days(19_810)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}
