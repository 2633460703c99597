//! Reverse stress: the least unusual move of the factors that loses a given share of the portfolio.
//!
//!   minimise s'F⁻¹s subject to b's = −L      s* = −F·b·L/(b'Fb)      distance = L/√(b'Fb)
//!
//! F covariance of the factors over the horizon, b = B'w the portfolio's exposures, L > 0 the loss as a fraction. The
//! distance in deviations says how plausible the loss is: its probability under normal factors is Φ(−distance).
//! Undefined when the exposures carry no factor risk (b'Fb = 0).
//!
//! Breuer, T., Jandačka, M., Rheinberger, K. & Summer, M. (2009), "How to Find Plausible, Severe, and Useful Stress
//! Scenarios", International Journal of Central Banking 5(3).

use super::conditional_shock::check_covariance;
use crate::Undefined;
use crate::moments::sum;

/// The shock and how unusual it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ReverseStress {
    /// Move of each factor.
    pub shocks: Vec<f64>,
    /// Mahalanobis distance.
    pub distance: f64,
}

/// The likeliest move that loses `loss` with `exposures` to factors of `covariance`.
pub fn reverse_stress(covariance: &[Vec<f64>], exposures: &[f64], loss: f64) -> Result<ReverseStress, Undefined> {
    check_covariance(covariance, exposures.len())?;
    if exposures.iter().any(|b| !b.is_finite()) {
        return Err(Undefined::InvalidInput { what: "exposures" });
    }
    if !(loss.is_finite() && loss > 0.0) {
        return Err(Undefined::InvalidInput { what: "loss" });
    }
    let spread: Vec<f64> = covariance.iter().map(|row| sum(row.iter().zip(exposures).map(|(f, b)| f * b))).collect();
    let variance = sum(exposures.iter().zip(&spread).map(|(b, fb)| b * fb));
    // Risk that is float noise of what the factors could carry counts as none.
    let bound = sum((0..exposures.len()).map(|at| covariance[at][at] * exposures[at] * exposures[at]));
    if variance <= 1e-12 * bound || bound == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "factor variance of the portfolio" });
    }
    Ok(ReverseStress {
        shocks: spread.iter().map(|fb| -fb * loss / variance).collect(),
        distance: loss / variance.sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Exposure 0.7 to equities of 20 % deviation: a loss of 14 % is one deviation, equities −20 %.
        let found = reverse_stress(&[vec![0.04]], &[0.7], 0.14).unwrap();
        assert!((found.shocks[0] + 0.2).abs() < 1e-15 && (found.distance - 1.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        let code = |c: &[Vec<f64>], b: &[f64], loss| reverse_stress(c, b, loss).unwrap_err().code();
        assert_eq!(code(&[vec![0.04]], &[0.0], 0.1), "zero_denominator");
        assert_eq!(code(&[vec![1.0, 1.0], vec![1.0, 1.0]], &[1.0, -1.0], 0.1), "zero_denominator");
        assert_eq!(code(&[vec![0.04]], &[1.0], 0.0), "invalid_input");
        assert_eq!(code(&[vec![0.04]], &[1.0, 2.0], 0.1), "invalid_input");
    }

    proptest! {
        #[test]
        fn it_loses_what_was_asked_and_nothing_nearer_does(
            b in proptest::collection::vec(-2.0..2.0f64, 2), v in 0.01..1.0f64, r in -0.9..0.9f64,
            loss in 0.01..0.9f64, turn in -0.5..0.5f64,
        ) {
            let covariance = [vec![v, r * v], vec![r * v, v]];
            prop_assume!(b.iter().any(|b| b.abs() > 0.1));
            let found = reverse_stress(&covariance, &b, loss).unwrap();
            let lost = |s: &[f64]| -(b[0] * s[0] + b[1] * s[1]);
            prop_assert!((lost(&found.shocks) - loss).abs() < 1e-9);
            // Move along the plane of equal loss: the distance does not fall.
            let other = [found.shocks[0] + turn * b[1], found.shocks[1] - turn * b[0]];
            prop_assert!((lost(&other) - loss).abs() < 1e-9);
            let square = |s: &[f64]| (s[0] * s[0] - 2.0 * r * s[0] * s[1] + s[1] * s[1]) / (v * (1.0 - r * r));
            prop_assert!(square(&other) >= square(&found.shocks) - 1e-9 * (1.0 + square(&other)));
        }
    }
}
