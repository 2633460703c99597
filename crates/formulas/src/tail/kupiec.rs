//! Kupiec's test: did losses exceed the value at risk as frequently as it said?
//!
//!   LR = −2 ln[ ((1 − α)^(T−x) α^x) / ((1 − x/T)^(T−x) (x/T)^x) ]  ~ χ² with one degree
//!
//! x exceedances in T forecasts, α the tail probability. p: probability of an LR as large if α is right. 0·ln 0 is 0.
//! Undefined for no forecast and for α outside (0, 1).
//!
//! Kupiec, P. (1995), Journal of Derivatives 3(2).

use crate::Undefined;
use crate::normal::normal_probability;

/// The test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kupiec {
    /// LR ≥ 0.
    pub likelihood_ratio: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// Tests `exceedances` in `forecasts` against `tail_probability`.
pub fn kupiec(exceedances: usize, forecasts: usize, tail_probability: f64) -> Result<Kupiec, Undefined> {
    if forecasts == 0 || exceedances > forecasts {
        return Err(Undefined::InsufficientData { needed: exceedances.max(1), found: forecasts });
    }
    if !(0.0 < tail_probability && tail_probability < 1.0) {
        return Err(Undefined::InvalidInput { what: "tail probability" });
    }
    let (x, rest) = (exceedances as f64, (forecasts - exceedances) as f64);
    let share = x / forecasts as f64;
    let ratio =
        2.0 * (times_ln(rest, (1.0 - share) / (1.0 - tail_probability)) + times_ln(x, share / tail_probability));
    Ok(test(ratio))
}

/// count·ln(ratio), nothing for no count.
pub(super) fn times_ln(count: f64, ratio: f64) -> f64 {
    if count == 0.0 { 0.0 } else { count * ratio.ln() }
}

/// A likelihood ratio against χ² with one degree: the square of a normal.
pub(super) fn test(likelihood_ratio: f64) -> Kupiec {
    let likelihood_ratio = likelihood_ratio.max(0.0);
    Kupiec { likelihood_ratio, p_value: 2.0 * normal_probability(-likelihood_ratio.sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 20 exceedances in 255 days against 5 %: LR 3.73, a chance of 5.35 %.
        let result = kupiec(20, 255, 0.05).unwrap();
        let direct = -2.0
            * (235.0 * 0.95_f64.ln() + 20.0 * 0.05_f64.ln()
                - 235.0 * (235.0 / 255.0_f64).ln()
                - 20.0 * (20.0 / 255.0_f64).ln());
        assert!((result.likelihood_ratio - direct).abs() < 1e-10);
        assert!((result.p_value - 0.053_532_617_898_669_56).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert!((kupiec(0, 100, 0.05).unwrap().likelihood_ratio - -200.0 * 0.95_f64.ln()).abs() < 1e-10);
        assert!(kupiec(100, 100, 0.05).unwrap().likelihood_ratio.is_finite());
        assert_eq!(kupiec(0, 0, 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(kupiec(1, 10, 1.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn the_expected_number_is_never_rejected(n in 1usize..50) {
            prop_assert!((kupiec(n, 20 * n, 0.05).unwrap().p_value - 1.0).abs() < 1e-6);
        }
    }
}
