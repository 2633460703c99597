//! Pairwise covariance: each pair over the periods that both have.
//!
//!   S_ij = Σ (r_ti − r̄_i)(r_tj − r̄_j)/(T_ij − 1)      over the T_ij periods with both, means over the same periods
//!
//! Uses all data, at a price: the matrix need not be positive semidefinite, so `psd_repair` comes next. Undefined when any
//! pair has fewer than `needed` periods in common. Equals the sample covariance when nothing is missing.

use super::Covariance;
use crate::Undefined;
use crate::moments::sum;

/// Pairwise covariance of `returns` with holes; every pair needs `needed` ≥ 2 periods.
pub fn pairwise_covariance(returns: &[Vec<Option<f64>>], needed: usize) -> Result<Covariance, Undefined> {
    let n = returns.first().map_or(0, Vec::len);
    let needed = needed.max(2);
    if n == 0 {
        return Err(Undefined::InsufficientData { needed, found: 0 });
    }
    if let Some(row) = returns.iter().find(|row| row.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: row.len() });
    }
    let is_return = |r: f64| r.is_finite() && -1.0 <= r;
    if let Some(index) = returns.iter().position(|row| row.iter().flatten().any(|r| !is_return(*r))) {
        return Err(Undefined::InvalidReturn { index });
    }
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let pairs: Vec<(f64, f64)> = returns.iter().filter_map(|row| row[i].zip(row[j])).collect();
            if pairs.len() < needed {
                return Err(Undefined::InsufficientData { needed, found: pairs.len() });
            }
            let count = pairs.len() as f64;
            let (left, right) = (sum(pairs.iter().map(|p| p.0)) / count, sum(pairs.iter().map(|p| p.1)) / count);
            let value = sum(pairs.iter().map(|(a, b)| (a - left) * (b - right))) / (count - 1.0);
            values[i * n + j] = value;
            values[j * n + i] = value;
        }
    }
    Covariance::new(n, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let returns = [
            vec![Some(0.01), Some(0.02)],
            vec![Some(0.03), None],
            vec![Some(-0.01), Some(0.04)],
            vec![None, Some(0.06)],
        ];
        let result = pairwise_covariance(&returns, 2).unwrap();
        assert!((result.at(0, 0) - 0.0004).abs() < 1e-18 && (result.at(1, 1) - 0.0004).abs() < 1e-18);
        // Both on two days: (1 %, −1 %) and (−1 %, 1 %) around their means.
        assert!((result.at(0, 1) + 0.0002).abs() < 1e-18);
        assert_eq!(pairwise_covariance(&returns, 3).unwrap_err().code(), "insufficient_data");
    }

    proptest! {
        #[test]
        fn complete_data_give_the_sample_covariance(
            rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 3), 3..30),
        ) {
            let holes: Vec<Vec<Option<f64>>> = rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
            let (pairwise, sample) =
                (pairwise_covariance(&holes, 2).unwrap(), super::super::sample_covariance(&rows, 1).unwrap());
            for (a, b) in pairwise.values().iter().zip(sample.covariance.values()) {
                prop_assert!((a - b).abs() < 1e-15);
            }
        }
    }
}
