//! Ledoit–Wolf shrinkage to a constant correlation: variances as they were, correlations pulled to their average.
//!
//!   (1 − δ)S + δF      F_ii = s_ii, F_ij = r̄√(s_ii s_jj), r̄ the mean correlation of pairs      S with 1/T, y demeaned
//!   π_ij = mean(y_i² y_j²) − s_ij²      θ_ij = mean(y_i³ y_j) − s_ii s_ij      γ = ‖F − S‖²
//!   ρ = Σ π_ii + r̄ Σ_{i≠j} √(s_jj/s_ii) θ_ij      δ = (Σπ − ρ)/(γT), clipped to [0, 1]
//!
//! Undefined for fewer than two periods and for an asset without variance. With one or two assets F = S and δ = 0.
//!
//! Ledoit, O. & Wolf, M. (2004), "Honey, I Shrunk the Sample Covariance Matrix", Journal of Portfolio Management 30(4).

use super::{Covariance, centred, check_rows, cross_products};
use crate::Undefined;
use crate::moments::{is_zero_dispersion, sum};

/// The estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantCorrelation {
    /// δ.
    pub shrinkage: f64,
    /// r̄; none for a single asset.
    pub average_correlation: Option<f64>,
    /// (1 − δ)S + δF.
    pub covariance: Covariance,
}

/// Shrinks the covariance of `returns` towards a constant correlation.
pub fn ledoit_wolf_constant_correlation(returns: &[Vec<f64>]) -> Result<ConstantCorrelation, Undefined> {
    let n = check_rows(returns, 2)?;
    let t = returns.len() as f64;
    let (rows, _) = centred(returns, n);
    let sample = Covariance::new(n, cross_products::symmetric(&rows))?.times(1.0 / t);
    let deviations: Vec<f64> = sample.diagonal().iter().map(|variance| variance.sqrt()).collect();
    if deviations.iter().any(|deviation| is_zero_dispersion(*deviation, 0.0)) {
        return Err(Undefined::ZeroDenominator { what: "variance" });
    }
    if n == 1 {
        return Ok(ConstantCorrelation { shrinkage: 0.0, average_correlation: None, covariance: sample });
    }
    let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    let correlations = pairs.map(|(i, j)| sample.at(i, j) / (deviations[i] * deviations[j]));
    let average = sum(correlations) / (n * (n - 1) / 2) as f64;
    let target = |i: usize, j: usize| {
        if i == j { sample.at(i, i) } else { average * deviations[i] * deviations[j] }
    };

    let power = |k: i32| -> Vec<Vec<f64>> { rows.iter().map(|row| row.iter().map(|y| y.powi(k)).collect()).collect() };
    let squares = cross_products::symmetric(&power(2));
    let cubes = cross_products::general(&power(3), &rows);
    let entries = || (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    let pi = |i: usize, j: usize| squares[i * n + j] / t - sample.at(i, j) * sample.at(i, j);
    let theta = |i: usize, j: usize| cubes[i * n + j] / t - sample.at(i, i) * sample.at(i, j);
    let noise = sum(entries().map(|(i, j)| pi(i, j)));
    let shared = sum((0..n).map(|i| pi(i, i)))
        + average * sum(entries().filter(|(i, j)| i != j).map(|(i, j)| deviations[j] / deviations[i] * theta(i, j)));
    let distance = sum(entries().map(|(i, j)| (target(i, j) - sample.at(i, j)).powi(2)));
    let norm = sum(sample.values().iter().map(|value| value * value));
    // Up to rounding the sample is its own target.
    let shrinkage = if distance <= 1e-28 * norm { 0.0 } else { ((noise - shared) / (distance * t)).clamp(0.0, 1.0) };
    let values = entries().map(|(i, j)| (1.0 - shrinkage) * sample.at(i, j) + shrinkage * target(i, j)).collect();
    Ok(ConstantCorrelation { shrinkage, average_correlation: Some(average), covariance: Covariance::new(n, values)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Two assets: the average of one correlation is that correlation, and the target is the sample.
        let returns = [vec![0.01, 0.02], vec![0.02, 0.01], vec![-0.01, -0.03], vec![0.00, 0.01]];
        let result = ledoit_wolf_constant_correlation(&returns).unwrap();
        assert_eq!(result.shrinkage, 0.0);
        let sample = super::super::sample_covariance(&returns, 0).unwrap().covariance;
        assert!((result.covariance.at(0, 1) - sample.at(0, 1)).abs() < 1e-18);
    }

    #[test]
    fn edges() {
        assert_eq!(ledoit_wolf_constant_correlation(&[vec![0.1]]).unwrap_err().code(), "insufficient_data");
        let cash = [vec![0.01, 0.0], vec![0.02, 0.0], vec![0.0, 0.0]];
        assert_eq!(ledoit_wolf_constant_correlation(&cash).unwrap_err().code(), "zero_denominator");
        let one = ledoit_wolf_constant_correlation(&[vec![0.01], vec![0.03]]).unwrap();
        assert_eq!((one.shrinkage, one.average_correlation), (0.0, None));
    }

    proptest! {
        #[test]
        fn variances_stay_and_correlations_move_to_the_average(
            rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 4), 5..40),
        ) {
            let sample = super::super::sample_covariance(&rows, 0).unwrap().covariance;
            let result = ledoit_wolf_constant_correlation(&rows).unwrap();
            let average = result.average_correlation.unwrap();
            prop_assert!((0.0..=1.0).contains(&result.shrinkage));
            for i in 0..4 {
                prop_assert!((result.covariance.at(i, i) - sample.at(i, i)).abs() < 1e-15);
                for j in 0..i {
                    let scale = (sample.at(i, i) * sample.at(j, j)).sqrt();
                    let (before, after) = (sample.at(i, j) / scale, result.covariance.at(i, j) / scale);
                    prop_assert!((after - average).abs() <= (before - average).abs() + 1e-9);
                }
            }
        }
    }
}
