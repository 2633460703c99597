//! Ledoit–Wolf shrinkage to a scaled identity: a covariance that can be inverted even from few periods.
//!
//!   (1 − δ)S + δμI      S with 1/T, μ = tr S/n
//!   δ = min(β, δ²)/δ²      δ² = ‖S − μI‖²/n,  β = [Σ_ij mean(y_i² y_j²) − ‖S‖²]/(nT)      y demeaned
//!
//! δ is the weight that is best in expected squared error; 1 for pure noise, → 0 with T. Undefined for no period; for one
//! asset δ = 0.
//!
//! Ledoit, O. & Wolf, M. (2004), "A Well-Conditioned Estimator for Large-Dimensional Covariance Matrices", Journal of
//! Multivariate Analysis 88(2).

use super::{Covariance, Shrunk, centred, check_rows, cross_products};
use crate::Undefined;
use crate::moments::sum;

/// Shrinks the covariance of `returns` towards μI.
pub fn ledoit_wolf_identity(returns: &[Vec<f64>]) -> Result<Shrunk, Undefined> {
    let n = check_rows(returns, 1)?;
    let t = returns.len() as f64;
    let (rows, _) = centred(returns, n);
    let sample = Covariance::new(n, cross_products::symmetric(&rows))?.times(1.0 / t);
    let mean_variance = sum(sample.diagonal()) / n as f64;
    let norm = sum(sample.values().iter().map(|value| value * value));
    // Σ_ij mean(y_i² y_j²) is the mean squared length of a period's squares.
    let fourth = sum(rows.iter().map(|row| sum(row.iter().map(|y| y * y)).powi(2))) / t;
    let distance = (norm - n as f64 * mean_variance * mean_variance) / n as f64;
    let noise = (fourth - norm) / (n as f64 * t);
    let noise = noise.max(0.0).min(distance);
    // Nothing to shrink: the sample already is μI, or is a single variance.
    let shrinkage = if n == 1 || noise <= 0.0 || distance <= 0.0 { 0.0 } else { noise / distance };
    let covariance = sample.shrunk_to_identity(shrinkage, mean_variance);
    Ok(Shrunk { shrinkage, mean_variance, covariance })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // y = ±1 %, ±2 %, uncorrelated: S = diag(1, 4)/1e4, μ = 2.5, δ² = 2.25, Σ mean(y²y²) = 25, ‖S‖² = 17, β = 8/8 = 1.
        let returns = [vec![0.01, 0.02], vec![0.01, -0.02], vec![-0.01, 0.02], vec![-0.01, -0.02]];
        let result = ledoit_wolf_identity(&returns).unwrap();
        assert!((result.shrinkage - 1.0 / 2.25).abs() < 1e-12);
        assert!((result.mean_variance - 0.00025).abs() < 1e-18);
        assert!((result.covariance.at(0, 0) - (0.0001 + result.shrinkage * 0.00015)).abs() < 1e-16);
    }

    #[test]
    fn edges() {
        assert_eq!(ledoit_wolf_identity(&[]).unwrap_err().code(), "insufficient_data");
        let one = ledoit_wolf_identity(&[vec![0.01], vec![0.03]]).unwrap();
        assert_eq!(one.shrinkage, 0.0);
        assert_eq!(ledoit_wolf_identity(&[vec![0.0, 0.0]]).unwrap().shrinkage, 0.0);
    }

    proptest! {
        #[test]
        fn a_weight_that_keeps_the_trace(rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 4), 2..30)) {
            let result = ledoit_wolf_identity(&rows).unwrap();
            prop_assert!((0.0..=1.0).contains(&result.shrinkage));
            let trace: f64 = result.covariance.diagonal().iter().sum();
            prop_assert!((trace - 4.0 * result.mean_variance).abs() < 1e-14);
        }
    }
}
