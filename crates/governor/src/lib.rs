//! Who gets a database connection, and when: a state machine that is told the time.
//!
//! Invariants, kept by every call and checked by the property tests:
//! never more leases out than an agent's bulkhead or than the total; every request ends in exactly one of granted,
//! rejected or cancelled; after each call nobody waits who could be served; a lease is released once.
//!
//! Time is a [`std::time::Duration`] since the start of the process, passed in by the caller. Nothing here reads a
//! clock, draws a random number or blocks: the server wraps a [`Governor`] in a mutex and wakes waiters from the
//! [`Event`]s that [`Governor::advance`] returns; the simulator and the tests call it directly.

mod counters;
mod fair_queue;
mod limits;
mod machine;
mod request;
mod roster;
mod snapshot;
mod ticket;

pub use counters::Counters;
pub use limits::{Limits, LimitsError, OTHERS};
pub use machine::Governor;
pub use request::{
    AdmissionDecision, AdmissionRequest, CancelOutcome, Class, Event, LeaseDecision, LeaseRequest, RejectReason,
    Rejection,
};
pub use roster::{AgentEntry, Roster, RosterError};
pub use snapshot::{AdmissionView, BulkheadView, GateReason, LeaseView, Snapshot};
pub use ticket::{LeaseTicket, LeaseTimes, PLATFORM_AGENT};
