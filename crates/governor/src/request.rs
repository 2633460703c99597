//! What is asked of the governor and what it answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Admission class: interactive executions go before background ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Somebody waits for the answer.
    #[default]
    Interactive,
    /// Nobody waits: warming, reports, nightly work.
    Background,
}

/// An execution that wants to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionRequest {
    /// Number of the execution, unique in this process and never 0.
    pub execution: u64,
    /// Whose share of the fair queue it uses.
    pub user: Uuid,
    /// Agents whose leases its plan will ask for. Empty: the plan needs no lease and is admitted at once.
    pub agents: Vec<String>,
    /// Connection time that the plan is expected to use in total.
    pub expected_lease: Duration,
    /// When its answer must be there, on the caller's clock.
    pub deadline: Duration,
    /// Interactive or background.
    pub class: Class,
}

/// A step that wants a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Number of the lease, unique in this process.
    pub id: u64,
    /// Agent whose bulkhead it counts against.
    pub agent: String,
    /// For whom.
    pub user: Uuid,
    /// Execution that the step belongs to; 0 outside any execution.
    pub execution: u64,
    /// When the step must have ended, on the caller's clock.
    pub deadline: Duration,
}

/// Why a request was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// It is clear that it cannot be served before its deadline.
    DeadlineUnreachable,
    /// It waited as long as the queue allows.
    QueueTimeout,
    /// The queue is full.
    QueueFull,
    /// The agent's bulkhead is 0: it never gets a lease.
    AgentWithoutLeases,
    /// The number is in use by another request.
    DuplicateId,
}

impl RejectReason {
    /// Text for metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectReason::DeadlineUnreachable => "deadline_unreachable",
            RejectReason::QueueTimeout => "queue_timeout",
            RejectReason::QueueFull => "queue_full",
            RejectReason::AgentWithoutLeases => "agent_without_leases",
            RejectReason::DuplicateId => "duplicate_id",
        }
    }
}

/// A request that is not served, and when trying again is expected to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: RejectReason,
    /// Predicted time after which the same request would be served within its deadline.
    pub retry_after: Duration,
}

/// Answer to an [`AdmissionRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmissionDecision {
    /// Begin now; report the end with [`crate::Governor::finish_execution`].
    Admitted,
    /// Wait for [`Event::ExecutionAdmitted`] or [`Event::ExecutionRejected`].
    Queued {
        /// Requests that are ahead in the queue, all users together, plus one.
        position: u32,
        /// Predicted wait.
        expected_wait: Duration,
    },
    /// Not served.
    Rejected(Rejection),
}

/// Answer to a [`LeaseRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseDecision {
    /// Take a connection; give it back with [`crate::Governor::release_lease`].
    Granted,
    /// Wait for [`Event::LeaseGranted`] or [`Event::LeaseRejected`].
    Queued {
        /// Requests waiting for the same bulkhead, this one included.
        position: u32,
    },
    /// Not served.
    Rejected(Rejection),
}

/// What became of a request that was queued. Deliver each to its waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The execution with this number begins.
    ExecutionAdmitted(u64),
    /// The execution with this number is not served.
    ExecutionRejected(u64, Rejection),
    /// The lease with this number is out.
    LeaseGranted(u64),
    /// The lease with this number is not served.
    LeaseRejected(u64, Rejection),
}

/// What a cancelled request was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It waited, and waits no more.
    Waiting,
    /// It had been granted, and is given back.
    Held,
    /// It had ended already.
    Unknown,
}
