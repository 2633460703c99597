//! Risk model: the covariance of the assets, dense or by factors, ready for solvers.
//!
//!   Σ (n×n), or Σ = BFB' + diag(d)      B n×k loadings, F k×k factor covariance, d ≥ 0 specific variances
//!
//! Variances per year if the weights' volatility is to be per year. A singular Σ (fewer observations than assets,
//! duplicates, cash) gets a ridge of 1e-10·tr(Σ)/n inside the solver only, which picks the portfolio of least norm among
//! equals, and says so in [`RiskModel::has_ridge`]; reported volatilities use Σ as given. A Σ with a direction of
//! negative variance beyond that is `not_positive_definite`.
//!
//! The factor form costs n·k instead of n² per product.

use crate::Failure;
use crate::symmetric::{Cholesky, Symmetric, dot};

/// A covariance that solvers can use.
#[derive(Debug, Clone)]
pub struct RiskModel {
    form: Form,
    ridge: f64,
}

#[derive(Debug, Clone)]
enum Form {
    Dense {
        covariance: Symmetric,
        factor: Box<Cholesky>,
    },
    /// Rows of `loadings` are B·chol(F): Σ = LL' + diag(d).
    Factor {
        loadings: Vec<Vec<f64>>,
        specific: Vec<f64>,
    },
}

/// Relative size of the ridge under a singular covariance.
const RIDGE: f64 = 1e-10;

impl RiskModel {
    /// A risk model from a full covariance.
    pub fn dense(covariance: Symmetric) -> Result<RiskModel, Failure> {
        if covariance.diagonal().iter().any(|variance| *variance < 0.0) {
            return Err(Failure::NotPositiveDefinite);
        }
        let scale = covariance.mean_diagonal();
        if let Some(factor) = covariance.cholesky()
            && factor.smallest_pivot() > 1e-12 * scale
        {
            return Ok(RiskModel { form: Form::Dense { covariance, factor: Box::new(factor) }, ridge: 0.0 });
        }
        // Without any variance at all the ridge alone decides: the least norm.
        let ridge = if scale > 0.0 { RIDGE * scale } else { RIDGE };
        let factor = covariance.plus_diagonal(ridge).cholesky().ok_or(Failure::NotPositiveDefinite)?;
        Ok(RiskModel { form: Form::Dense { covariance, factor: Box::new(factor) }, ridge })
    }

    /// A risk model from loadings (one row per asset), the factors' covariance and specific variances.
    pub fn factors(
        loadings: &[Vec<f64>],
        factor_covariance: &Symmetric,
        specific: &[f64],
    ) -> Result<RiskModel, Failure> {
        let k = factor_covariance.n();
        let n = loadings.len();
        if n == 0 || loadings.iter().any(|row| row.len() != k) {
            return Err(Failure::invalid(format!("each of the {n} rows of loadings needs {k} values")));
        }
        crate::failure::check_vector(specific, n, "specific variance")?;
        if specific.iter().any(|variance| *variance < 0.0) {
            return Err(Failure::NotPositiveDefinite);
        }
        let scale = factor_covariance.mean_diagonal().max(f64::MIN_POSITIVE);
        let lower = match factor_covariance.cholesky() {
            Some(lower) => lower,
            None => factor_covariance.plus_diagonal(RIDGE * scale).cholesky().ok_or(Failure::NotPositiveDefinite)?,
        };
        let scaled: Vec<Vec<f64>> = loadings
            .iter()
            .map(|row| (0..k).map(|j| (j..k).map(|i| row[i] * lower.at(i, j)).sum()).collect())
            .collect();
        if scaled.iter().flatten().any(|value: &f64| !value.is_finite()) {
            return Err(Failure::invalid("a loading is not a finite number"));
        }
        let mut model = RiskModel { form: Form::Factor { loadings: scaled, specific: specific.to_vec() }, ridge: 0.0 };
        let mean = model.mean_variance();
        if specific.iter().any(|variance| *variance <= 1e-12 * mean) {
            model.ridge = if mean > 0.0 { RIDGE * mean } else { RIDGE };
        }
        Ok(model)
    }

    /// A risk model straight from `observations` (rows: periods) without forming n×n numbers: their own sample
    /// covariance (n − 1) times `periods_per_year`. Cheaper than the dense form when there are fewer periods than assets.
    pub fn from_observations(observations: &[Vec<f64>], periods_per_year: f64) -> Result<RiskModel, Failure> {
        let (t, n) = (observations.len(), observations.first().map_or(0, Vec::len));
        if t < 2 || n == 0 {
            return Err(Failure::InsufficientData { needed: 2, found: t });
        }
        let scale = (periods_per_year / (t - 1) as f64).sqrt();
        let means: Vec<f64> = (0..n).map(|i| observations.iter().map(|row| row[i]).sum::<f64>() / t as f64).collect();
        let loadings: Vec<Vec<f64>> =
            (0..n).map(|i| observations.iter().map(|row| (row[i] - means[i]) * scale).collect()).collect();
        RiskModel::factors(&loadings, &Symmetric::from_diagonal(&vec![1.0; t])?, &vec![0.0; n])
    }

    /// Number of assets.
    pub fn n(&self) -> usize {
        match &self.form {
            Form::Dense { covariance, .. } => covariance.n(),
            Form::Factor { specific, .. } => specific.len(),
        }
    }

    /// Whether the covariance was singular, so that a ridge chooses between equals.
    pub fn has_ridge(&self) -> bool {
        self.ridge > 0.0
    }

    /// The ridge that solvers add on the diagonal.
    pub(crate) fn ridge(&self) -> f64 {
        self.ridge
    }

    /// Variance of each asset.
    pub fn variances(&self) -> Vec<f64> {
        match &self.form {
            Form::Dense { covariance, .. } => covariance.diagonal(),
            Form::Factor { loadings, specific } => {
                loadings.iter().zip(specific).map(|(row, d)| dot(row, row) + d).collect()
            }
        }
    }

    /// Mean of the assets' variances, which sets the scale of a problem.
    pub(crate) fn mean_variance(&self) -> f64 {
        self.variances().iter().sum::<f64>() / self.n() as f64
    }

    /// Σw.
    pub fn times(&self, weights: &[f64]) -> Vec<f64> {
        match &self.form {
            Form::Dense { covariance, .. } => covariance.times(weights),
            Form::Factor { loadings, specific } => {
                let exposure = exposure(loadings, weights);
                loadings.iter().zip(specific).zip(weights).map(|((row, d), w)| dot(row, &exposure) + d * w).collect()
            }
        }
    }

    /// w'Σw.
    pub fn variance(&self, weights: &[f64]) -> f64 {
        match &self.form {
            // Never below zero by rounding.
            Form::Dense { covariance, .. } => covariance.quadratic(weights).max(0.0),
            Form::Factor { loadings, specific } => {
                let exposure = exposure(loadings, weights);
                dot(&exposure, &exposure) + specific.iter().zip(weights).map(|(d, w)| d * w * w).sum::<f64>()
            }
        }
    }

    /// √(w'Σw).
    pub fn volatility(&self, weights: &[f64]) -> f64 {
        self.variance(weights).sqrt()
    }

    /// The covariance with the ridge on its diagonal, if dense.
    pub(crate) fn dense_entry(&self) -> Option<(&Symmetric, &Cholesky)> {
        match &self.form {
            Form::Dense { covariance, factor } => Some((covariance, factor)),
            Form::Factor { .. } => None,
        }
    }

    /// Scaled loadings and specific variances, if by factors.
    pub(crate) fn factor_form(&self) -> Option<(&[Vec<f64>], &[f64])> {
        match &self.form {
            Form::Factor { loadings, specific } => Some((loadings, specific)),
            Form::Dense { .. } => None,
        }
    }
}

fn exposure(loadings: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; loadings.first().map_or(0, Vec::len)];
    for (row, weight) in loadings.iter().zip(weights) {
        sum.iter_mut().zip(row).for_each(|(total, loading)| *total += loading * weight);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_form_and_dense_form_agree() {
        let loadings = vec![vec![1.0, 0.2], vec![0.8, -0.1], vec![1.2, 0.0]];
        let factors = Symmetric::new(2, vec![0.04, 0.01, 0.01, 0.02]).unwrap();
        let specific = [0.01, 0.02, 0.03];
        let model = RiskModel::factors(&loadings, &factors, &specific).unwrap();
        let mut rows = vec![vec![0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..3 {
                rows[i][j] = dot(&factors.times(&loadings[j]), &loadings[i]) + if i == j { specific[i] } else { 0.0 };
            }
        }
        let dense = RiskModel::dense(Symmetric::from_rows(&rows).unwrap()).unwrap();
        let weights = [0.5, 0.3, 0.2];
        assert!((model.variance(&weights) - dense.variance(&weights)).abs() < 1e-15);
        for (a, b) in model.times(&weights).iter().zip(dense.times(&weights)) {
            assert!((a - b).abs() < 1e-15);
        }
        assert!(!model.has_ridge() && !dense.has_ridge());
    }

    #[test]
    fn a_singular_covariance_is_flagged_and_an_indefinite_one_refused() {
        let twins = Symmetric::new(2, vec![0.04, 0.04, 0.04, 0.04]).unwrap();
        assert!(RiskModel::dense(twins).unwrap().has_ridge());
        let indefinite = Symmetric::new(2, vec![0.04, 0.05, 0.05, 0.04]).unwrap();
        assert_eq!(RiskModel::dense(indefinite).unwrap_err(), Failure::NotPositiveDefinite);
        let short = RiskModel::from_observations(&[vec![0.01, 0.02, 0.0], vec![0.0, -0.01, 0.03]], 252.0).unwrap();
        assert!(short.has_ridge());
        assert!((short.variances()[0] - 252.0 * 0.00005).abs() < 1e-12);
    }
}
