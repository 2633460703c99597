//! How assets move together: estimates of their covariance.
//!
//! Rows are periods, columns assets, full rows only (see `pairwise` for missing values). Estimates are per period;
//! [`Covariance::times`] makes them annual afterwards. Sums run in one order, in blocks, so that neither threads nor many
//! periods change a digit.

mod constant_correlation;
mod cross_products;
mod ewma;
mod factor_model;
mod ledoit_wolf_identity;
mod matrix;
mod oas;
mod pairwise;
mod psd_repair;
mod sample_covariance;

pub use constant_correlation::{ConstantCorrelation, ledoit_wolf_constant_correlation};
pub use ewma::{Ewma, ewma};
pub use factor_model::{FactorModel, factor_model};
pub use ledoit_wolf_identity::ledoit_wolf_identity;
pub use matrix::Covariance;
pub use oas::oas;
pub use pairwise::pairwise_covariance;
pub use psd_repair::{PsdRepair, REFUSED_BEYOND, psd_repair};
pub use sample_covariance::{SampleCovariance, sample_covariance};

use crate::Undefined;

/// A covariance pulled towards a simpler one.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrunk {
    /// Weight δ of the target, from 0 to 1.
    pub shrinkage: f64,
    /// Mean variance μ, which the target has on its diagonal.
    pub mean_variance: f64,
    /// (1 − δ)S + δF.
    pub covariance: Covariance,
}

/// Number of assets; refuses ragged rows, returns that are none, and fewer than `needed` rows.
fn check_rows(returns: &[Vec<f64>], needed: usize) -> Result<usize, Undefined> {
    let n = returns.first().map_or(0, Vec::len);
    if returns.len() < needed || n == 0 {
        return Err(Undefined::InsufficientData { needed, found: if n == 0 { 0 } else { returns.len() } });
    }
    if let Some(row) = returns.iter().find(|row| row.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: row.len() });
    }
    match returns.iter().position(|row| crate::moments::check_returns(row).is_err()) {
        Some(index) => Err(Undefined::InvalidReturn { index }),
        None => Ok(n),
    }
}

/// Returns less the mean of their column, and the means.
fn centred(returns: &[Vec<f64>], n: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let t = returns.len() as f64;
    let means: Vec<f64> = (0..n).map(|i| crate::moments::sum(returns.iter().map(|row| row[i])) / t).collect();
    let rows = returns.iter().map(|row| row.iter().zip(&means).map(|(r, mean)| r - mean).collect()).collect();
    (rows, means)
}
