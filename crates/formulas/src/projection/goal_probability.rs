//! Probability of reaching a goal with a lump sum whose log returns are normal.
//!
//!   W_T = W_0 · exp(m·T + s·√T·Z)      P(W_T ≥ G) = Φ((ln(W_0/G) + m·T)/(s·√T))
//!   quantile q: W_0 · exp(m·T + s·√T·Φ⁻¹(q))      mean: W_0 · exp((m + s²/2)·T)
//!
//! m log drift and s log volatility per year; m = μ − s²/2 if μ is the continuous mean return. T years, W_0 > 0. With
//! s·√T = 0 the wealth is certain and the probability 0 or 1; a goal of 0 or less is reached for sure. Undefined for
//! W_0 ≤ 0, T < 0, s < 0. Contributions on the way need the simulation.
//!
//! Hull, J., Options, Futures, and Other Derivatives, ch. 15 (lognormal property).

use crate::{Undefined, normal_probability, normal_quantile};

/// The distribution of terminal wealth and its mass at or above the goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoalProbability {
    /// P(W_T ≥ goal).
    pub probability: f64,
    /// Expected terminal wealth.
    pub mean: f64,
    /// Centre of ln W_T.
    log_median: f64,
    /// Deviation of ln W_T.
    log_deviation: f64,
}

impl GoalProbability {
    /// Terminal wealth that is not exceeded with probability `level`; none unless 0 < level < 1.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        let wealth = (self.log_median + self.log_deviation * normal_quantile(level)?).exp();
        wealth.is_finite().then_some(wealth)
    }
}

/// Probability that `initial` grows to `goal` in `years`.
pub fn goal_probability(
    initial: f64,
    goal: f64,
    log_drift: f64,
    log_volatility: f64,
    years: f64,
) -> Result<GoalProbability, Undefined> {
    let checks = [
        (initial, initial > 0.0, "initial"),
        (goal, true, "goal"),
        (log_drift, true, "log_drift"),
        (log_volatility, log_volatility >= 0.0, "log_vol"),
        (years, years >= 0.0, "years"),
    ];
    if let Some((.., what)) = checks.iter().find(|(value, sound, _)| !(value.is_finite() && *sound)) {
        return Err(Undefined::InvalidInput { what });
    }
    let log_median = initial.ln() + log_drift * years;
    let log_deviation = log_volatility * years.sqrt();
    let mean = (log_median + log_deviation * log_deviation / 2.0).exp();
    if !mean.is_finite() {
        return Err(Undefined::InvalidInput { what: "log_drift" });
    }
    let probability = if goal <= 0.0 {
        1.0
    } else if log_deviation == 0.0 {
        f64::from(u8::from(log_median >= goal.ln() - 1e-12))
    } else {
        normal_probability((log_median - goal.ln()) / log_deviation)
    };
    Ok(GoalProbability { probability, mean, log_median, log_deviation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let found = goal_probability(10_000.0, 15_000.0, 0.06, 0.18, 8.0).unwrap();
        assert!((found.probability - 0.558_197_326_121_655_3).abs() < 1e-12);
        assert!((found.quantile(0.5).unwrap() - 10_000.0 * 0.48_f64.exp()).abs() < 1e-8);
        assert!((found.mean - 10_000.0 * (0.48_f64 + 0.0324 * 4.0).exp()).abs() < 1e-8);
    }

    #[test]
    fn edges() {
        let of = |initial, goal, vol, years| goal_probability(initial, goal, 0.05, vol, years);
        assert_eq!(of(100.0, 104.0, 0.0, 1.0).unwrap().probability, 1.0);
        assert_eq!(of(100.0, 106.0, 0.0, 1.0).unwrap().probability, 0.0);
        assert_eq!(of(100.0, 100.0, 0.2, 0.0).unwrap().probability, 1.0);
        assert_eq!(of(100.0, 0.0, 0.2, 5.0).unwrap().probability, 1.0);
        for (initial, vol, years) in [(0.0, 0.2, 1.0), (1.0, -0.1, 1.0), (1.0, 0.1, -1.0), (f64::NAN, 0.1, 1.0)] {
            assert_eq!(of(initial, 1.0, vol, years).unwrap_err().code(), "invalid_input");
        }
        assert_eq!(of(1.0, 1.0, 0.1, 1.0).unwrap().quantile(0.0), None);
    }

    proptest! {
        #[test]
        fn a_higher_goal_is_less_likely_and_the_currency_does_not_matter(
            g in 0.2..5.0f64, m in -0.1..0.2f64, s in 0.01..0.5f64, t in 0.1..40.0f64, k in 0.01..100.0f64,
        ) {
            let of = |k: f64, g: f64| goal_probability(k, g * k, m, s, t).unwrap().probability;
            prop_assert!(of(1.0, g * 1.1) <= of(1.0, g));
            prop_assert!((of(k, g) - of(1.0, g)).abs() < 1e-9);
        }

        #[test]
        fn the_quantile_of_the_complement_is_the_goal(g in 0.5..3.0f64, s in 0.05..0.5f64) {
            let found = goal_probability(1.0, g, 0.03, s, 10.0).unwrap();
            prop_assume!(1e-6 < found.probability && found.probability < 1.0 - 1e-6);
            prop_assert!((found.quantile(1.0 - found.probability).unwrap() / g - 1.0).abs() < 1e-6);
        }
    }
}
