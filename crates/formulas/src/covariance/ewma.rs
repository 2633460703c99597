//! Exponentially weighted covariance: recent periods count more.
//!
//!   Σ = Σ_t w_t r_t r_t'      w_t ∝ λ^(T−1−t), Σw = 1, zero mean      effective n = 1/Σw²
//!
//! λ = 0.94 for daily, 0.97 for monthly returns (RiskMetrics). Undefined for no period. A positive semidefinite matrix of
//! rank min(T, n) at most; with λ = 1 the plain second moment.
//!
//! J.P. Morgan/Reuters (1996), RiskMetrics Technical Document.

use super::{Covariance, check_rows, cross_products};
use crate::Undefined;

/// The estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct Ewma {
    /// Σ.
    pub covariance: Covariance,
    /// Number of equally weighted periods that would be as sure.
    pub effective_n: f64,
}

/// Exponentially weighted covariance of `returns`, the last row being the newest; 0 < `lambda` ≤ 1.
pub fn ewma(returns: &[Vec<f64>], lambda: f64) -> Result<Ewma, Undefined> {
    if !(0.0 < lambda && lambda <= 1.0) {
        return Err(Undefined::InvalidInput { what: "lambda" });
    }
    let n = check_rows(returns, 1)?;
    let mut weights: Vec<f64> = Vec::with_capacity(returns.len());
    let mut weight = 1.0;
    for _ in returns {
        weights.push(weight);
        weight *= lambda;
    }
    weights.reverse();
    let total = crate::moments::sum(weights.iter().copied());
    weights.iter_mut().for_each(|weight| *weight /= total);
    let rows: Vec<Vec<f64>> = returns
        .iter()
        .zip(&weights)
        .map(|(row, weight)| {
            let root = weight.sqrt();
            row.iter().map(|r| r * root).collect()
        })
        .collect();
    let effective_n = 1.0 / crate::moments::sum(weights.iter().map(|weight| weight * weight));
    Ok(Ewma { covariance: Covariance::new(n, cross_products::symmetric(&rows))?, effective_n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // λ = 0.5: weights 1/3 and 2/3.
        let result = ewma(&[vec![0.03, 0.0], vec![0.0, 0.03]], 0.5).unwrap();
        assert!((result.covariance.at(0, 0) - 0.0003).abs() < 1e-18);
        assert!((result.covariance.at(1, 1) - 0.0006).abs() < 1e-18);
        assert_eq!(result.covariance.at(0, 1), 0.0);
        assert!((result.effective_n - 1.8).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(ewma(&[], 0.94).unwrap_err().code(), "insufficient_data");
        for lambda in [0.0, 1.1, f64::NAN] {
            assert_eq!(ewma(&[vec![0.1]], lambda).unwrap_err().code(), "invalid_input");
        }
        let equal = ewma(&[vec![0.01], vec![0.02]], 1.0).unwrap();
        assert!((equal.covariance.at(0, 0) - 0.00025).abs() < 1e-18 && (equal.effective_n - 2.0).abs() < 1e-12);
        // Weights that fall below what a float holds do no harm.
        assert!(ewma(&vec![vec![0.01]; 5000], 0.5).unwrap().covariance.at(0, 0) > 0.0);
    }
}
