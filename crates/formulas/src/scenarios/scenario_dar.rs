//! Drawdown at risk over scenarios: the loss that the worse scenarios of a library exceed.
//!
//!   DaR_c = max(0, −Q_{1−c})      Q: type-7 quantile (linear between order statistics) of the outcomes
//!   ES_c = max(0, −mean of the worst (1 − c)·n outcomes), the last of them in part      worst = least outcome
//!
//! Outcomes are the returns of the portfolio in each scenario, equally weighted: a library is a set of what could
//! happen, not a sample, and the share is no probability. Losses are positive; `worst` keeps its sign. Undefined for no
//! outcome and a confidence outside (0, 1).
//!
//! Hyndman, R. & Fan, Y. (1996), "Sample Quantiles in Statistical Packages", The American Statistician 50(4).

use crate::Undefined;
use crate::moments::sum;

/// The tail of the scenarios' outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScenarioDar {
    /// Loss at the confidence, ≥ 0.
    pub drawdown_at_risk: f64,
    /// Mean loss in the tail, ≥ 0.
    pub expected_shortfall: f64,
    /// The least outcome.
    pub worst: f64,
    /// Its position.
    pub worst_index: usize,
}

/// The tail of `outcomes` at `confidence` (0.95 for 95 %).
pub fn scenario_dar(outcomes: &[f64], confidence: f64) -> Result<ScenarioDar, Undefined> {
    if outcomes.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if outcomes.iter().any(|outcome| !outcome.is_finite()) {
        return Err(Undefined::InvalidInput { what: "outcomes" });
    }
    if !(0.0 < confidence && confidence < 1.0) {
        return Err(Undefined::InvalidInput { what: "confidence" });
    }
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tail = 1.0 - confidence;
    let position = tail * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let quantile = sorted[below] + (position - below as f64) * (sorted[above] - sorted[below]);
    let size = tail * sorted.len() as f64;
    let part = |at: usize| (size - at as f64).clamp(0.0, 1.0);
    let mean = sum(sorted.iter().enumerate().map(|(at, outcome)| part(at) * outcome)) / size;
    let worst_index = (1..outcomes.len()).fold(0, |worst, at| if outcomes[at] < outcomes[worst] { at } else { worst });
    Ok(ScenarioDar {
        drawdown_at_risk: (-quantile).max(0.0),
        expected_shortfall: (-mean).max(0.0),
        worst: sorted[0],
        worst_index,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_core_scenarios() {
        let first = [-7.0, 10.0, -2.0, 2.0, -11.875, -13.0, 4.75, -18.0, 14.375, -0.25, -16.5, -32.5];
        let declared = [-6.0, 9.0, -2.0, 2.0, -9.125, -15.5, 5.25, -19.75, 14.875, 4.25, -19.5, -39.5];
        for (outcomes, dar) in [(first, 24.525), (declared, 28.637_5)] {
            let found = scenario_dar(&outcomes, 0.95).unwrap();
            assert!((found.drawdown_at_risk - dar).abs() < 1e-12);
            // A twentieth of twelve is less than one scenario: the worst.
            assert!((found.expected_shortfall + found.worst).abs() < 1e-12 && found.worst_index == 11);
        }
    }

    #[test]
    fn worked_example() {
        // Five outcomes at 70 %: position 1.2; the tail holds one and a half outcomes.
        let found = scenario_dar(&[0.1, -0.2, -0.1, 0.0, 0.2], 0.7).unwrap();
        assert!((found.drawdown_at_risk - 0.08).abs() < 1e-12);
        assert!((found.expected_shortfall - (0.2 + 0.05) / 1.5).abs() < 1e-12);
        assert_eq!(scenario_dar(&[0.1, 0.2], 0.9).unwrap().drawdown_at_risk, 0.0);
    }

    #[test]
    fn edges() {
        assert_eq!(scenario_dar(&[], 0.95).unwrap_err().code(), "insufficient_data");
        assert_eq!(scenario_dar(&[0.1], 1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(scenario_dar(&[f64::NAN], 0.95).unwrap_err().code(), "invalid_input");
        assert_eq!(scenario_dar(&[-0.3], 0.95).unwrap().drawdown_at_risk, 0.3);
    }

    proptest! {
        #[test]
        fn a_higher_confidence_loses_more(
            r in proptest::collection::vec(-0.5..0.5f64, 1..40), c in 0.1..0.9f64,
        ) {
            let (low, high) = (scenario_dar(&r, c).unwrap(), scenario_dar(&r, c + 0.05).unwrap());
            prop_assert!(high.drawdown_at_risk >= low.drawdown_at_risk - 1e-12);
            prop_assert!(high.expected_shortfall >= low.expected_shortfall - 1e-12);
        }
    }
}
