//! The numbers that bound the governor: total, bulkheads, and the rules of the admission gate.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Name of the bulkhead that agents without one of their own share.
pub const OTHERS: &str = "others";

/// Ceilings and queue rules. Every field has the published default of the design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Most leases out at once, over all agents. Default 20.
    pub total: u32,
    /// Most leases out at once by agent. An agent with 0 never gets a lease. Agents not named share [`Limits::others`].
    pub bulkheads: BTreeMap<String, u32>,
    /// Most leases out at once, together, for all agents that `bulkheads` does not name. Default 5.
    pub others: u32,
    /// New executions are admitted at once while at most this many leases are out. Default 15.
    pub admission_threshold: u32,
    /// An agent is backed up when more than `backlog_factor` × its bulkhead lease requests wait. Default 2.
    pub backlog_factor: u32,
    /// Longest time in a queue before the request is rejected. Default 30 s.
    pub queue_wait_max: Duration,
    /// Most requests in the admission queue; further ones are rejected at once. Default 10,000.
    pub queue_length_max: u32,
    /// Connection time that a user is credited with per round of the fair queue. Default 20 ms.
    pub quantum: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            total: 20,
            bulkheads: BTreeMap::new(),
            others: 5,
            admission_threshold: 15,
            backlog_factor: 2,
            queue_wait_max: Duration::from_secs(30),
            queue_length_max: 10_000,
            quantum: Duration::from_millis(20),
        }
    }
}

/// Why a set of limits cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A total of 0 would serve nobody.
    #[error("total of leases is 0, at least 1 is needed")]
    NoLeases,
    /// The fair queue needs a positive quantum to make progress.
    #[error("quantum of the fair queue is 0, at least 1 ms is needed")]
    NoQuantum,
    /// More bulkheads than the gate can tell apart.
    #[error("{given} bulkheads, at most 60 are possible")]
    TooManyBulkheads {
        /// Number of bulkheads in the limits.
        given: usize,
    },
}

impl Limits {
    /// Checks what must hold for the governor to make progress.
    pub fn check(&self) -> Result<(), LimitsError> {
        if self.total == 0 {
            return Err(LimitsError::NoLeases);
        }
        if self.quantum < Duration::from_millis(1) {
            return Err(LimitsError::NoQuantum);
        }
        if self.bulkheads.len() > 60 {
            return Err(LimitsError::TooManyBulkheads { given: self.bulkheads.len() });
        }
        Ok(())
    }

    /// Ceiling of the bulkhead that `agent` counts against, and the name of that bulkhead.
    pub fn bulkhead_of<'a>(&self, agent: &'a str) -> (&'a str, u32) {
        match self.bulkheads.get(agent) {
            Some(limit) => (agent, *limit),
            None => (OTHERS, self.others),
        }
    }

    /// The same limits for a pool of `total` connections: no bulkhead above the total, the gate at three quarters.
    #[must_use]
    pub fn scaled_to(&self, total: u32) -> Limits {
        let mut scaled = self.clone();
        scaled.total = total;
        for limit in scaled.bulkheads.values_mut() {
            *limit = (*limit).min(total);
        }
        scaled.others = scaled.others.min(total);
        scaled.admission_threshold = scaled.admission_threshold.min(total * 3 / 4);
        scaled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_serve_nobody_are_refused() {
        assert_eq!(Limits { total: 0, ..Limits::default() }.check(), Err(LimitsError::NoLeases));
        assert_eq!(Limits { quantum: Duration::ZERO, ..Limits::default() }.check(), Err(LimitsError::NoQuantum));
        assert_eq!(Limits::default().check(), Ok(()));
    }

    #[test]
    fn agents_without_a_bulkhead_share_one() {
        let limits = Limits { bulkheads: [("financial_analyst".to_owned(), 8)].into(), ..Limits::default() };
        assert_eq!(limits.bulkhead_of("financial_analyst"), ("financial_analyst", 8));
        assert_eq!(limits.bulkhead_of("ratings_agent"), (OTHERS, 5));
    }

    #[test]
    fn a_smaller_pool_lowers_every_ceiling() {
        let limits = Limits { bulkheads: [("financial_analyst".to_owned(), 8)].into(), ..Limits::default() };
        let small = limits.scaled_to(4);
        assert_eq!((small.total, small.others, small.admission_threshold), (4, 4, 3));
        assert_eq!(small.bulkheads["financial_analyst"], 4);
    }
}
