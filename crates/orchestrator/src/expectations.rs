//! How much connection time a plan is expected to use: declared cost at first, what was measured as soon as there is any.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most plans remembered; beyond it the memory starts anew.
const PLANS_MAX: usize = 4_096;
/// What a plan is expected to use at least: one whose books and prices were all in memory may find them gone next time.
const LEAST: Duration = Duration::from_micros(100);
/// Weight of the newest measurement.
const NEWEST: f64 = 0.2;

/// Moving averages of connection time by plan.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    by_plan: Mutex<HashMap<String, f64>>,
}

impl Expectations {
    /// Expected connection time of a plan, `declared` if it never ran here.
    pub(crate) fn of(&self, plan_hash: &str, declared: Duration) -> Duration {
        let by_plan = self.by_plan.lock().unwrap_or_else(PoisonError::into_inner);
        by_plan.get(plan_hash).map_or(declared, |us| Duration::from_micros(*us as u64))
    }

    /// A computation of the plan used this much; one that used none counts too, or the declared time would stand for
    /// ever and a burst would be turned away for work that it does not make.
    pub(crate) fn learn(&self, plan_hash: &str, used: Duration) {
        let used_us = used.max(LEAST).as_micros() as f64;
        let mut by_plan = self.by_plan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(average) = by_plan.get_mut(plan_hash) {
            *average += NEWEST * (used_us - *average);
            return;
        }
        if by_plan.len() >= PLANS_MAX {
            by_plan.clear();
        }
        by_plan.insert(plan_hash.to_owned(), used_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_time_replaces_the_declared_one() {
        let expectations = Expectations::default();
        let declared = Duration::from_millis(50);
        assert_eq!(expectations.of("a", declared), declared);
        expectations.learn("a", Duration::from_millis(10));
        assert_eq!(expectations.of("a", declared), Duration::from_millis(10));
        expectations.learn("a", Duration::from_millis(20));
        assert_eq!(expectations.of("a", declared), Duration::from_millis(12));
        assert_eq!(expectations.of("b", declared), declared);
        for _ in 0..100 {
            expectations.learn("a", Duration::ZERO);
        }
        assert_eq!(expectations.of("a", declared), LEAST);
    }
}
