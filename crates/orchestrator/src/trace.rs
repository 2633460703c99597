//! What an execution did and how long each part took: one row per step, ready to be drawn as a waterfall.

use std::time::Duration;

use capability::Provenance;
use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It ran.
    Done,
    /// Its value was known.
    Cached,
    /// It did not run; the reason says why.
    Skipped,
    /// It ran and failed; the reason says why.
    Failed,
    /// The execution ended before it did.
    Cancelled,
}

/// Where a step's value came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepCache {
    /// Known from an earlier computation.
    Hit,
    /// Computed here and kept.
    Miss,
    /// Computed by another execution at the same time.
    Shared,
    /// Not looked up.
    #[default]
    Off,
}

impl StepCache {
    /// Text as in the trace.
    pub fn as_str(self) -> &'static str {
        match self {
            StepCache::Hit => "hit",
            StepCache::Miss => "miss",
            StepCache::Shared => "shared",
            StepCache::Off => "off",
        }
    }
}

/// One step of the trace. Times are milliseconds; `offset_ms` counts from the start of the execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceStep {
    /// Name of the step.
    pub name: String,
    /// `capability@version`.
    pub capability: String,
    /// Agent that offers it.
    pub agent: String,
    /// Level in the plan, from 1.
    pub level: u32,
    /// How it ended.
    pub state: StepState,
    /// Code of the failure or of the reason to skip.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// Why it was skipped or failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Where the value came from.
    pub cache: StepCache,
    /// Start of the step in the waterfall.
    pub offset_ms: f64,
    /// From its start to its end.
    pub total_ms: f64,
    /// Wait of the execution for admission, the same for all its steps.
    pub wait_admission_ms: f64,
    /// Wait for a connection.
    pub wait_lease_ms: f64,
    /// Time a connection was held.
    pub lease_ms: f64,
    /// Time outside waiting, connection and provider.
    pub compute_ms: f64,
    /// Time spent on providers.
    pub provider_ms: f64,
    /// Rows read from the database.
    pub rows_read: u64,
    /// Attempts made, 1 without retry.
    pub attempts: u32,
    /// Where its value comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provenance: Option<Provenance>,
    /// Hash of its arguments, hex; the payload is fetched separately by the owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub args_hash: Option<String>,
}

impl TraceStep {
    /// The row as it looks in an answer from memory: nothing ran, nothing waited.
    pub(crate) fn as_hit(&self) -> TraceStep {
        let mut hit = self.clone();
        if matches!(hit.state, StepState::Done | StepState::Cached) {
            hit.state = StepState::Cached;
            hit.cache = StepCache::Hit;
        }
        hit.attempts = 0;
        hit.rows_read = 0;
        for ms in [
            &mut hit.offset_ms,
            &mut hit.total_ms,
            &mut hit.wait_admission_ms,
            &mut hit.wait_lease_ms,
            &mut hit.lease_ms,
            &mut hit.compute_ms,
            &mut hit.provider_ms,
        ] {
            *ms = 0.0;
        }
        hit
    }
}

/// Milliseconds to the microsecond.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}
