//! Sample covariance: how assets moved together over the window, as it was.
//!
//!   S_ij = Σ_t (r_ti − r̄_i)(r_tj − r̄_j) / (T − 1)      ρ_ij = S_ij/√(S_ii S_jj)
//!
//! Undefined for fewer than two periods. With as many assets as periods or more it is singular: some portfolio of the
//! window had no variance at all; flagged. ρ is none where a variance is zero. Scales with k² when returns do; does not
//! depend on the order of periods.

use super::{Covariance, centred, check_rows, cross_products};
use crate::Undefined;

/// The estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleCovariance {
    /// S, with T − ddof.
    pub covariance: Covariance,
    /// Mean return of each asset.
    pub means: Vec<f64>,
    /// Fewer periods than it takes for every portfolio to have a variance.
    pub is_singular: bool,
    /// Periods used.
    pub n: usize,
}

/// Sample covariance of `returns` with `ddof` degrees of freedom taken off (1; 0 for a population).
pub fn sample_covariance(returns: &[Vec<f64>], ddof: usize) -> Result<SampleCovariance, Undefined> {
    let assets = check_rows(returns, ddof + 1)?;
    let (rows, means) = centred(returns, assets);
    let scale = 1.0 / (returns.len() - ddof) as f64;
    let covariance = Covariance::new(assets, cross_products::symmetric(&rows))?.times(scale);
    Ok(SampleCovariance { covariance, means, is_singular: returns.len() <= assets, n: returns.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let returns = [vec![0.01, 0.02], vec![0.03, 0.00], vec![-0.01, 0.04]];
        let result = sample_covariance(&returns, 1).unwrap();
        // Deviations 0, 2, −2 and 0, −2, 2 percent: variances 8/2, covariance −8/2.
        for (got, expected) in result.covariance.values().iter().zip([0.0004, -0.0004, -0.0004, 0.0004]) {
            assert!((got - expected).abs() < 1e-18);
        }
        assert!((result.covariance.correlation()[0][1].unwrap() + 1.0).abs() < 1e-15);
        assert!(!result.is_singular && result.n == 3);
    }

    #[test]
    fn edges() {
        assert_eq!(sample_covariance(&[], 1).unwrap_err().code(), "insufficient_data");
        assert_eq!(sample_covariance(&[vec![0.1]], 1).unwrap_err().code(), "insufficient_data");
        let ragged = [vec![0.1, 0.2], vec![0.1]];
        assert_eq!(sample_covariance(&ragged, 1).unwrap_err().code(), "invalid_input");
        let nan = [vec![0.1], vec![f64::NAN]];
        assert_eq!(sample_covariance(&nan, 1).unwrap_err(), Undefined::InvalidReturn { index: 1 });
        assert!(sample_covariance(&[vec![0.1, 0.2], vec![0.0, 0.1]], 1).unwrap().is_singular);
    }

    proptest! {
        #[test]
        fn variances_are_those_of_each_series_and_order_does_not_matter(
            rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 3), 3..40),
        ) {
            let result = sample_covariance(&rows, 1).unwrap().covariance;
            let mut turned = rows.clone();
            turned.reverse();
            let other = sample_covariance(&turned, 1).unwrap().covariance;
            for i in 0..3 {
                let column: Vec<f64> = rows.iter().map(|row| row[i]).collect();
                let deviation = crate::moments::standard_deviation(&column, 1).unwrap();
                prop_assert!((result.at(i, i) - deviation * deviation).abs() < 1e-14);
                for j in 0..3 {
                    prop_assert!((result.at(i, j) - other.at(i, j)).abs() < 1e-15);
                    prop_assert!(result.at(i, j).powi(2) <= result.at(i, i) * result.at(j, j) + 1e-18);
                }
            }
        }
    }
}
