//! Factor covariance: what a few factors explain of many assets, and what is each asset's own.
//!
//!   r_i = a_i + Σ_j B_ij f_j + e_i (least squares)      Σ = BFB' + D      F = cov(f), T − 1      D_ii = Σe²/(T − k − 1)
//!
//! For more than about 200 assets: n·k numbers instead of n². Undefined when periods do not exceed factors by two, and for
//! factors that are combinations of one another. Always positive semidefinite.
//!
//! Sharpe, W. (1963), "A Simplified Model for Portfolio Analysis", Management Science 9(2). Chen, Roll & Ross (1986).

use super::{Covariance, centred, check_rows};
use crate::Undefined;
use crate::moments::{check_paired, sum};
use crate::small_matrix::{cholesky, solve_positive_definite};

/// The estimate, in parts.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorModel {
    /// B: one row per asset.
    pub loadings: Vec<Vec<f64>>,
    /// F.
    pub factor_covariance: Covariance,
    /// Diagonal of D.
    pub specific: Vec<f64>,
}

/// Factor model of `returns` on `factors` (rows: the same periods).
pub fn factor_model(returns: &[Vec<f64>], factors: &[Vec<f64>]) -> Result<FactorModel, Undefined> {
    let k = factors.first().map_or(0, Vec::len);
    let n = check_rows(returns, k + 2)?;
    if returns.len() != factors.len() {
        return Err(Undefined::LengthMismatch { left: returns.len(), right: factors.len() });
    }
    for row in factors {
        check_paired(row, &factors[0])?;
        if row.iter().any(|value| !value.is_finite()) {
            return Err(Undefined::InvalidInput { what: "factor" });
        }
    }
    if k == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let t = returns.len();
    let (assets, _) = centred(returns, n);
    let (factors, _) = centred(factors, k);
    let products: Vec<Vec<f64>> =
        (0..k).map(|i| (0..k).map(|j| sum(factors.iter().map(|row| row[i] * row[j]))).collect()).collect();
    cholesky(&products).ok_or(Undefined::RankDeficient)?;
    let (mut loadings, mut specific) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for i in 0..n {
        let shared: Vec<f64> =
            (0..k).map(|j| sum(assets.iter().zip(&factors).map(|(row, factor)| row[i] * factor[j]))).collect();
        let beta = solve_positive_definite(&products, &shared).ok_or(Undefined::RankDeficient)?;
        let own = assets.iter().zip(&factors).map(|(row, factor)| {
            let explained: f64 = beta.iter().zip(factor).map(|(b, f)| b * f).sum();
            (row[i] - explained).powi(2)
        });
        specific.push(sum(own) / (t - k - 1) as f64);
        loadings.push(beta);
    }
    let factor_covariance = Covariance::new(k, products.concat())?.times(1.0 / (t - 1) as f64);
    Ok(FactorModel { loadings, factor_covariance, specific })
}

impl FactorModel {
    /// Σ = BFB' + D as a matrix.
    pub fn covariance(&self) -> Result<Covariance, Undefined> {
        let (n, k) = (self.loadings.len(), self.factor_covariance.n());
        let spread: Vec<Vec<f64>> = self
            .loadings
            .iter()
            .map(|row| (0..k).map(|j| (0..k).map(|l| row[l] * self.factor_covariance.at(l, j)).sum()).collect())
            .collect();
        let mut values = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let common: f64 = spread[i].iter().zip(&self.loadings[j]).map(|(a, b)| a * b).sum();
                values[i * n + j] = common;
                values[j * n + i] = common;
            }
            values[i * n + i] += self.specific[i];
        }
        Covariance::new(n, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // The first asset is twice the factor, the second half of it and noise that the factor does not explain.
        let factors: Vec<Vec<f64>> = [0.01, -0.01, 0.02, -0.02].map(|f| vec![f]).to_vec();
        let noise = [0.01, 0.01, -0.01, -0.01];
        let returns: Vec<Vec<f64>> = factors.iter().zip(noise).map(|(f, e)| vec![2.0 * f[0], 0.5 * f[0] + e]).collect();
        let model = factor_model(&returns, &factors).unwrap();
        assert!((model.loadings[0][0] - 2.0).abs() < 1e-12 && (model.loadings[1][0] - 0.5).abs() < 1e-12);
        // Four squares of 1 % over 4 − 1 − 1 degrees of freedom.
        assert!(model.specific[0].abs() < 1e-18 && (model.specific[1] - 0.0002).abs() < 1e-15);
        let variance = 0.001 / 3.0;
        let covariance = model.covariance().unwrap();
        assert!((covariance.at(0, 1) - variance).abs() < 1e-15);
        assert!((covariance.at(0, 0) - 4.0 * variance).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let factors = vec![vec![0.01, 0.02], vec![0.02, 0.04], vec![0.0, 0.0], vec![0.03, 0.06]];
        let returns = vec![vec![0.01], vec![0.02], vec![0.03], vec![0.0]];
        assert_eq!(factor_model(&returns, &factors).unwrap_err(), Undefined::RankDeficient);
        assert_eq!(factor_model(&returns[..2], &factors[..2]).unwrap_err().code(), "insufficient_data");
        assert_eq!(factor_model(&returns, &factors[..3]).unwrap_err().code(), "invalid_input");
    }
}
