//! Metrics of the process: what is counted as it happens, and what is looked at when somebody asks.
//!
//! Invariant: labels are names of our own (routes, patterns, agents, states), never a user, an id or an amount.

use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use orchestrator::{Answer, CacheOutcome};
use store::LeaseTicket;
use store::queries::packs;
use uuid::Uuid;

use crate::routes::packs::record::DEFAULT_POLICY;
use crate::state::AppState;

/// Upper bounds of times, in seconds.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// Starts to count in this process. Once per process; the handle goes to [`crate::Deps`].
///
/// # Errors
/// When another recorder counts already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().set_buckets(SECONDS)?.install_recorder()
}

/// Counts an execution and, where it computed, its steps.
pub(crate) fn execution(answer: &Answer) {
    let pattern = answer.pattern.split('@').next().unwrap_or_default().to_owned();
    histogram!("dawsos_execution_seconds", "pattern" => pattern, "cache" => answer.cache.as_str())
        .record(answer.trace.total_ms / 1000.0);
    if answer.cache != CacheOutcome::Computed {
        return;
    }
    for step in answer.trace.steps.iter() {
        let capability = step.capability.split('@').next().unwrap_or_default();
        let phases = [("lease", step.lease_ms), ("compute", step.compute_ms), ("provider", step.provider_ms)];
        for (phase, ms) in phases {
            let labels =
                [("capability", capability.to_owned()), ("agent", step.agent.clone()), ("phase", phase.to_owned())];
            histogram!("dawsos_step_seconds", &labels).record(ms / 1000.0);
        }
        histogram!("dawsos_lease_wait_seconds", "agent" => step.agent.clone()).record(step.wait_lease_ms / 1000.0);
    }
}

/// Looks at what is not counted as it happens, just before the metrics are written.
pub(crate) async fn look(state: &AppState) {
    let snapshot = state.store().leases().snapshot();
    for bulkhead in &snapshot.bulkheads {
        gauge!("dawsos_leases_in_use", "agent" => bulkhead.agent.clone()).set(f64::from(bulkhead.in_use));
    }
    let admission = &snapshot.admission;
    gauge!("dawsos_admission_queue", "class" => "interactive").set(f64::from(admission.queued_interactive));
    gauge!("dawsos_admission_queue", "class" => "background").set(f64::from(admission.queued_background));
    let counters = &snapshot.counters;
    for (reason, total) in [
        ("deadline_unreachable", counters.rejected_deadline_unreachable),
        ("queue_timeout", counters.rejected_queue_timeout),
        ("queue_full", counters.rejected_queue_full),
    ] {
        metrics::counter!("dawsos_rejections_total", "reason" => reason).absolute(total);
    }
    let pool = state.store().pool_size();
    for (label, connections) in [("open", pool.open), ("idle", pool.idle), ("max", pool.max)] {
        gauge!("dawsos_pool_connections", "state" => label).set(connections as f64);
    }
    let (results, steps) = state.orchestrator().memory_bytes();
    gauge!("dawsos_result_cache_bytes").set((results + steps) as f64);
    if let Some(age) = pack_age_s(state).await {
        gauge!("dawsos_pack_age_seconds").set(age);
    }
}

/// Time since the end of the newest pack's day, in seconds.
async fn pack_age_s(state: &AppState) -> Option<f64> {
    let ticket = LeaseTicket::platform(Uuid::nil(), std::time::Duration::from_secs(2));
    let latest = state.store().as_worker(ticket, async |tx| packs::latest(tx, DEFAULT_POLICY, None).await).await;
    let end = latest.ok()??.pack.date.succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc();
    Some((state.now() - end).num_seconds().max(0) as f64)
}
