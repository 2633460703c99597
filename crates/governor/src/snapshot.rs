//! What the governor looks like right now: for the operations page, metrics and alerts.

use serde::Serialize;
use uuid::Uuid;

use crate::counters::Counters;

/// State of the governor at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Most leases out at once.
    pub total: u32,
    /// Leases out.
    pub in_use: u32,
    /// Bulkheads by name, the shared one (`others`) last.
    pub bulkheads: Vec<BulkheadView>,
    /// The admission gate and its queue.
    pub admission: AdmissionView,
    /// Leases out, oldest first, at most 20: the first is the holder that an alert names.
    pub oldest_leases: Vec<LeaseView>,
    /// Totals since the start.
    pub counters: Counters,
}

impl Snapshot {
    /// The lease that has been out longest.
    pub fn oldest_lease(&self) -> Option<&LeaseView> {
        self.oldest_leases.first()
    }
}

/// One bulkhead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkheadView {
    /// Agent, or `others`.
    pub agent: String,
    /// Most leases out.
    pub limit: u32,
    /// Leases out.
    pub in_use: u32,
    /// Lease requests that wait.
    pub queued: u32,
    /// Age of the oldest waiting request, milliseconds; 0 if none waits.
    pub oldest_wait_ms: u64,
}

/// Why the gate holds back new executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateReason {
    /// It does not.
    Open,
    /// More leases are out, or promised to executions just admitted, than the threshold.
    LeasesOut,
    /// At least one agent is backed up; executions that do not need it still pass.
    AgentBackedUp,
}

/// The admission gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdmissionView {
    /// Why it holds back, or that it does not.
    pub gate: GateReason,
    /// Bulkheads that are backed up.
    pub backed_up: Vec<String>,
    /// Executions admitted and not finished.
    pub running: u32,
    /// Interactive executions that wait.
    pub queued_interactive: u32,
    /// Background executions that wait.
    pub queued_background: u32,
    /// Age of the oldest waiting execution, milliseconds; 0 if none waits.
    pub oldest_wait_ms: u64,
}

/// One lease that is out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeaseView {
    /// Number of the lease.
    pub id: u64,
    /// Agent that holds it.
    pub agent: String,
    /// User for whom.
    pub user: Uuid,
    /// Execution that it belongs to; 0 outside any.
    pub execution: u64,
    /// Time since it was granted, milliseconds.
    pub age_ms: u64,
}
