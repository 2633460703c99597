//! Totals since the start, for metrics.

use serde::Serialize;

use crate::request::RejectReason;

/// How many requests ended in which way. Only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Executions admitted.
    pub executions_admitted: u64,
    /// Executions that had to wait before a decision.
    pub executions_queued: u64,
    /// Executions rejected.
    pub executions_rejected: u64,
    /// Executions cancelled while waiting.
    pub executions_cancelled: u64,
    /// Leases granted.
    pub leases_granted: u64,
    /// Leases that had to wait before a decision.
    pub leases_queued: u64,
    /// Leases given back.
    pub leases_released: u64,
    /// Lease requests rejected.
    pub leases_rejected: u64,
    /// Lease requests cancelled while waiting.
    pub leases_cancelled: u64,
    /// Rejections because the deadline could not be met, executions and leases.
    pub rejected_deadline_unreachable: u64,
    /// Rejections after the longest wait.
    pub rejected_queue_timeout: u64,
    /// Rejections by a full queue.
    pub rejected_queue_full: u64,
}

impl Counters {
    pub(crate) fn count_reason(&mut self, reason: RejectReason) {
        match reason {
            RejectReason::DeadlineUnreachable => self.rejected_deadline_unreachable += 1,
            RejectReason::QueueTimeout => self.rejected_queue_timeout += 1,
            RejectReason::QueueFull => self.rejected_queue_full += 1,
            RejectReason::AgentWithoutLeases | RejectReason::DuplicateId => {}
        }
    }
}
