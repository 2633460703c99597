//! How long to wait before a step is tried again: doubling, bounded, and jittered from the execution's own seed, so that
//! many executions that failed together do not come back together, and a run can be repeated exactly.

use std::time::Duration;

use uuid::Uuid;

/// Share of the delay by which it may be longer or shorter.
const JITTER: f64 = 0.2;

/// Retry rule of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    /// Attempts in total, 1 without retry.
    pub(crate) attempts: u32,
    /// Delay before the second attempt.
    pub(crate) backoff: Duration,
    /// Longest delay.
    pub(crate) longest: Duration,
}

impl Retry {
    /// No second attempt.
    pub(crate) const NEVER: Retry = Retry { attempts: 1, backoff: Duration::ZERO, longest: Duration::ZERO };

    /// Delay after failed attempt number `attempt` (from 1).
    pub(crate) fn delay(&self, execution: Uuid, step: &str, attempt: u32) -> Duration {
        let doubled = self.backoff.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
        let mut seed = blake3::Hasher::new();
        seed.update(execution.as_bytes()).update(step.as_bytes()).update(&attempt.to_le_bytes());
        let bytes = seed.finalize();
        let draw = u32::from_le_bytes([bytes.as_bytes()[0], bytes.as_bytes()[1], bytes.as_bytes()[2], 0]);
        let unit = f64::from(draw) / f64::from(1 << 24);
        doubled.min(self.longest).mul_f64(1.0 - JITTER + 2.0 * JITTER * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry =
        Retry { attempts: 4, backoff: Duration::from_millis(100), longest: Duration::from_millis(300) };

    #[test]
    fn delays_double_up_to_the_longest_within_a_fifth() {
        for (attempt, expected) in [(1, 100.0), (2, 200.0), (3, 300.0), (4, 300.0), (99, 300.0)] {
            for seed in 0..200 {
                let delay = RETRY.delay(Uuid::from_u128(seed), "prices", attempt).as_secs_f64() * 1_000.0;
                assert!(expected * 0.8 <= delay && delay <= expected * 1.2, "{attempt}: {delay}");
            }
        }
    }

    #[test]
    fn the_delay_is_the_executions_own() {
        let delay = |execution: u128, step: &str| RETRY.delay(Uuid::from_u128(execution), step, 1);
        assert_eq!(delay(1, "a"), delay(1, "a"));
        assert_ne!(delay(1, "a"), delay(2, "a"));
        assert_ne!(delay(1, "a"), delay(1, "b"));
    }
}
