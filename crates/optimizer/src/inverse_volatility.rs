//! Inverse volatility: weights in proportion to 1/σ, a baseline that needs no correlations.
//!
//!   w_i = (1/σ_i) / Σ (1/σ_j)
//!
//! Undefined for an asset without variance. Equals risk parity when all correlations are equal.

use crate::Failure;
use crate::risk_parity::deviations;
use crate::symmetric::Symmetric;

/// Weights in proportion to 1/σ.
pub fn inverse_volatility(covariance: &Symmetric) -> Result<Vec<f64>, Failure> {
    let inverse: Vec<f64> = deviations(covariance)?.iter().map(|deviation| 1.0 / deviation).collect();
    let total: f64 = inverse.iter().sum();
    Ok(inverse.iter().map(|value| value / total).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::close;

    #[test]
    fn worked_example() {
        let covariance = Symmetric::new(2, vec![0.04, 0.01, 0.01, 0.01]).unwrap();
        close(&inverse_volatility(&covariance).unwrap(), &[1.0 / 3.0, 2.0 / 3.0], 1e-15);
        let cash = Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(inverse_volatility(&cash).unwrap_err().code(), "zero_denominator");
    }
}
