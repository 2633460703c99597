//! A covariance matrix: symmetric to the last bit, every entry finite.

use crate::Undefined;
use crate::moments::is_zero_dispersion;

/// A covariance, rows one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    n: usize,
    values: Vec<f64>,
}

impl Covariance {
    /// A covariance of `n` assets; the caller knows that it is symmetric.
    pub(crate) fn new(n: usize, values: Vec<f64>) -> Result<Covariance, Undefined> {
        if values.iter().all(|value| value.is_finite()) {
            Ok(Covariance { n, values })
        } else {
            Err(Undefined::InvalidInput { what: "covariance" })
        }
    }

    /// Number of assets.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Covariance of assets `i` and `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n + j]
    }

    /// All entries, rows one after the other.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Its rows.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        self.values.chunks(self.n).map(<[f64]>::to_vec).collect()
    }

    /// Variances.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.at(i, i)).collect()
    }

    /// Every entry times `factor`, e.g. periods per year.
    pub fn times(&self, factor: f64) -> Covariance {
        Covariance { n: self.n, values: self.values.iter().map(|value| value * factor).collect() }
    }

    /// Correlations from −1 to 1; none where a variance is zero.
    pub fn correlation(&self) -> Vec<Vec<Option<f64>>> {
        let deviations: Vec<f64> = self.diagonal().iter().map(|variance| variance.sqrt()).collect();
        let of = |i: usize, j: usize| {
            if is_zero_dispersion(deviations[i], 0.0) || is_zero_dispersion(deviations[j], 0.0) {
                return None;
            }
            Some(if i == j { 1.0 } else { (self.at(i, j) / (deviations[i] * deviations[j])).clamp(-1.0, 1.0) })
        };
        (0..self.n).map(|i| (0..self.n).map(|j| of(i, j)).collect()).collect()
    }

    /// (1 − δ)S + δF with F = μI.
    pub(crate) fn shrunk_to_identity(&self, shrinkage: f64, mean_variance: f64) -> Covariance {
        let mut values: Vec<f64> = self.values.iter().map(|value| (1.0 - shrinkage) * value).collect();
        (0..self.n).for_each(|i| values[i * self.n + i] += shrinkage * mean_variance);
        Covariance { n: self.n, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_exist_where_variances_do() {
        let covariance = Covariance::new(3, vec![0.04, 0.01, 0.0, 0.01, 0.01, 0.0, 0.0, 0.0, 0.0]).unwrap();
        let correlation = covariance.correlation();
        assert_eq!((correlation[0][0], correlation[0][2], correlation[2][2]), (Some(1.0), None, None));
        assert!((correlation[0][1].unwrap() - 0.5).abs() < 1e-15);
        assert!((covariance.times(252.0).at(0, 0) - 10.08).abs() < 1e-12);
        assert!(Covariance::new(1, vec![f64::NAN]).is_err());
    }
}
