//! The right of one step to ask for one lease, and where its times are counted.
//!
//! Invariant: a ticket is consumed by the store when it opens the step's single transaction. It cannot be cloned, so a
//! step cannot hold one lease while it waits for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

/// Pseudo-agent under which record routes, sign-in and context look-ups take their leases.
pub const PLATFORM_AGENT: &str = "platform";

/// One lease that may be asked for. Deliberately neither `Clone` nor `Copy`.
///
/// ```compile_fail
/// let ticket = governor::LeaseTicket::new("financial_analyst", uuid::Uuid::nil(), 1, std::time::Duration::from_secs(1));
/// let second = ticket.clone();
/// ```
#[derive(Debug)]
pub struct LeaseTicket {
    /// Agent whose bulkhead the lease counts against.
    pub agent: Arc<str>,
    /// User for whom the step runs.
    pub user: Uuid,
    /// Number of the execution in this process; 0 outside any execution.
    pub execution: u64,
    /// Time left until the step's deadline when the ticket was written.
    pub deadline_in: Duration,
    /// Where waiting time, lease time and rows are counted for the trace.
    pub times: Arc<LeaseTimes>,
}

impl LeaseTicket {
    /// A ticket for one step of an execution.
    pub fn new(agent: impl Into<Arc<str>>, user: Uuid, execution: u64, deadline_in: Duration) -> Self {
        LeaseTicket { agent: agent.into(), user, execution, deadline_in, times: Arc::default() }
    }

    /// A ticket of the pseudo-agent [`PLATFORM_AGENT`], outside any execution.
    pub fn platform(user: Uuid, deadline_in: Duration) -> Self {
        LeaseTicket::new(PLATFORM_AGENT, user, 0, deadline_in)
    }

    /// Counts into `times` instead of into counters of its own.
    #[must_use]
    pub fn counted_in(mut self, times: Arc<LeaseTimes>) -> Self {
        self.times = times;
        self
    }
}

/// Times of one ticket's lease. Written by the store, read by the trace.
#[derive(Debug, Default)]
pub struct LeaseTimes {
    /// Time waited for the lease, microseconds.
    pub wait_us: AtomicU64,
    /// Time the lease was held, microseconds.
    pub lease_us: AtomicU64,
    /// Rows read under the lease.
    pub rows: AtomicU64,
}

impl LeaseTimes {
    /// Adds waiting time.
    pub fn add_wait(&self, wait: Duration) {
        self.wait_us.fetch_add(micros(wait), Ordering::Relaxed);
    }

    /// Adds time that the lease was held.
    pub fn add_lease(&self, held: Duration) {
        self.lease_us.fetch_add(micros(held), Ordering::Relaxed);
    }

    /// Adds rows read.
    pub fn add_rows(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Time waited for the lease.
    pub fn wait(&self) -> Duration {
        Duration::from_micros(self.wait_us.load(Ordering::Relaxed))
    }

    /// Time the lease was held.
    pub fn lease(&self) -> Duration {
        Duration::from_micros(self.lease_us.load(Ordering::Relaxed))
    }

    /// Rows read under the lease.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up_where_the_ticket_says() {
        let times = Arc::new(LeaseTimes::default());
        let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(1)).counted_in(times.clone());
        ticket.times.add_wait(Duration::from_micros(3));
        ticket.times.add_wait(Duration::from_micros(4));
        ticket.times.add_lease(Duration::from_millis(2));
        ticket.times.add_rows(17);
        assert_eq!(&*ticket.agent, PLATFORM_AGENT);
        assert_eq!(
            (times.wait(), times.lease(), times.rows()),
            (Duration::from_micros(7), Duration::from_millis(2), 17)
        );
    }
}
