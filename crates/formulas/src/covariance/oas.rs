//! Oracle approximating shrinkage: to a scaled identity, with the weight that is best for normal returns.
//!
//!   (1 − δ)S + δμI      S with 1/T, μ = tr S/n
//!   δ = min(1, (a + μ²)/((T + 1)(a − μ²/n)))      a = mean of the squares of S's entries
//!
//! Undefined for no period; for one asset δ = 0. Converges faster than Ledoit–Wolf when returns are normal and few.
//!
//! Chen, Y. et al. (2010), "Shrinkage Algorithms for MMSE Covariance Estimation", IEEE Transactions on Signal Processing
//! 58(10), in the form in common use.

use super::{Covariance, Shrunk, centred, check_rows, cross_products};
use crate::Undefined;
use crate::moments::sum;

/// Shrinks the covariance of `returns` towards μI.
pub fn oas(returns: &[Vec<f64>]) -> Result<Shrunk, Undefined> {
    let n = check_rows(returns, 1)?;
    let t = returns.len() as f64;
    let (rows, _) = centred(returns, n);
    let sample = Covariance::new(n, cross_products::symmetric(&rows))?.times(1.0 / t);
    let mean_variance = sum(sample.diagonal()) / n as f64;
    let square = sum(sample.values().iter().map(|value| value * value)) / (n * n) as f64;
    let above = square + mean_variance * mean_variance;
    let below = (t + 1.0) * (square - mean_variance * mean_variance / n as f64);
    let shrinkage = match n {
        1 => 0.0,
        // A sample that is μI already gives the target whatever the weight.
        _ if below <= 0.0 => 1.0,
        _ => (above / below).min(1.0),
    };
    Ok(Shrunk { shrinkage, mean_variance, covariance: sample.shrunk_to_identity(shrinkage, mean_variance) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // S = diag(1, 4)/1e4: a = 17/4, μ² = 6.25: (4.25 + 6.25)/(5·(4.25 − 3.125)) is above 1.
        let few = [vec![0.01, 0.02], vec![0.01, -0.02], vec![-0.01, 0.02], vec![-0.01, -0.02]];
        assert_eq!(oas(&few).unwrap().shrinkage, 1.0);
        let many: Vec<Vec<f64>> = few.iter().cycle().take(40).cloned().collect();
        assert!((oas(&many).unwrap().shrinkage - 10.5 / (41.0 * 1.125)).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(oas(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(oas(&[vec![0.01], vec![0.02]]).unwrap().shrinkage, 0.0);
        assert_eq!(oas(&[vec![0.0, 0.0], vec![0.0, 0.0]]).unwrap().covariance.at(0, 0), 0.0);
    }

    proptest! {
        #[test]
        fn a_weight_that_keeps_the_trace(rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 3), 2..30)) {
            let result = oas(&rows).unwrap();
            prop_assert!((0.0..=1.0).contains(&result.shrinkage));
            let trace: f64 = result.covariance.diagonal().iter().sum();
            prop_assert!((trace - 3.0 * result.mean_variance).abs() < 1e-14);
        }
    }
}
