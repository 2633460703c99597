//! Efficient frontier: for each volatility the highest expected return, as a row of portfolios.
//!
//!   points at equal steps of expected return from the minimum-variance portfolio to the highest return
//!
//! Each point is an efficient return. The highest return must be bounded by the constraints. Markowitz, H. (1952).

use super::{efficient_return, max_return, min_variance};
use crate::Failure;
use crate::constraints::Constraints;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;

/// One portfolio of the frontier.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontierPoint {
    /// μ'w.
    pub expected_return: f64,
    /// √(w'Σw).
    pub volatility: f64,
    /// The weights.
    pub weights: Vec<f64>,
}

/// `points` portfolios from least risk to highest return, both included.
pub fn efficient_frontier(
    expected: &[f64],
    risk: &RiskModel,
    constraints: &Constraints,
    points: usize,
) -> Result<Vec<FrontierPoint>, Failure> {
    if points < 2 {
        return Err(Failure::invalid("a frontier needs at least 2 points"));
    }
    let point = |weights: Vec<f64>| FrontierPoint {
        expected_return: dot(expected, &weights),
        volatility: risk.volatility(&weights),
        weights,
    };
    let highest = dot(expected, &max_return(expected, Some(risk), constraints)?.weights);
    let first = point(min_variance(risk, constraints)?.weights);
    // Rounding at the very end would ask for a hair more than there is.
    let span = (highest - first.expected_return).max(0.0) * (1.0 - 1e-9);
    let mut frontier = vec![first];
    for k in 1..points {
        let minimum = frontier[0].expected_return + span * k as f64 / (points - 1) as f64;
        frontier.push(point(efficient_return(expected, minimum, risk, constraints)?.weights));
    }
    Ok(frontier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{names, random_covariance};

    #[test]
    fn rises_in_both_and_bends_down() {
        let risk = RiskModel::dense(random_covariance(8, 11)).unwrap();
        let expected = [0.03, 0.05, 0.07, 0.04, 0.09, 0.06, 0.02, 0.08];
        let frontier = efficient_frontier(&expected, &risk, &Constraints::long_only(names(8)), 12).unwrap();
        assert_eq!(frontier.len(), 12);
        assert!((frontier[11].expected_return - 0.09).abs() < 1e-8);
        for pair in frontier.windows(2) {
            assert!(pair[0].expected_return < pair[1].expected_return + 1e-12);
            assert!(pair[0].volatility < pair[1].volatility + 1e-12);
        }
        for triple in frontier.windows(3) {
            let slope = |a: &FrontierPoint, b: &FrontierPoint| b.volatility - a.volatility;
            assert!(slope(&triple[0], &triple[1]) <= slope(&triple[1], &triple[2]) + 1e-9);
        }
    }
}
