//! Repair of a covariance that no returns can have: the nearest positive semidefinite matrix.
//!
//!   symmetrise, Σ = VΛV', projected = V max(Λ, 0) V'      distance = ‖projected − Σ‖_F
//!   with a unit diagonal (correlations): alternating projections onto both sets until they agree
//!
//! The projection is the nearest one in the Frobenius norm. A distance beyond 5 % of ‖Σ‖_F is refused: the data are wrong,
//! not rounded; [`PsdRepair::accepted`] is the matrix only if it is not. A matrix that is already positive semidefinite
//! is returned as it is. Eigenvalues below zero by rounding (1e-14 of the largest) count as zero.
//!
//! Higham, N. (2002), "Computing the Nearest Correlation Matrix", IMA Journal of Numerical Analysis 22(3).

use super::Covariance;
use crate::Undefined;
use faer::{Mat, Side};

/// Share of the norm by which a matrix may move.
pub const REFUSED_BEYOND: f64 = 0.05;

/// What the repair did.
#[derive(Debug, Clone, PartialEq)]
pub struct PsdRepair {
    /// The smallest eigenvalue of the symmetrised matrix.
    pub min_eigenvalue_before: f64,
    /// The nearest positive semidefinite matrix.
    pub projected: Covariance,
    /// How far it is from the symmetrised matrix (Frobenius).
    pub frobenius_distance: f64,
    /// The same as a share of the matrix' norm.
    pub relative_distance: f64,
}

impl PsdRepair {
    /// The repaired matrix, unless it moved by more than 5 %.
    pub fn accepted(&self) -> Result<&Covariance, Undefined> {
        if self.relative_distance <= REFUSED_BEYOND {
            return Ok(&self.projected);
        }
        Err(Undefined::NotPositiveDefinite { what: "the matrix" })
    }
}

/// Projects `matrix` (rows), keeping a diagonal of ones if `unit_diagonal`.
pub fn psd_repair(matrix: &[Vec<f64>], unit_diagonal: bool) -> Result<PsdRepair, Undefined> {
    let n = matrix.len();
    if n == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if let Some(row) = matrix.iter().find(|row| row.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: row.len() });
    }
    if matrix.iter().flatten().any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "matrix" });
    }
    let start = Mat::from_fn(n, n, |i, j| matrix[i][j] + (matrix[j][i] - matrix[i][j]) / 2.0);
    let (min_eigenvalue_before, clipped) = clip(&start)?;
    let projected = if unit_diagonal { nearest_correlation(&start)? } else { clipped };
    let distance = norm(&(&projected - &start));
    let size = norm(&start);
    let values = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| projected[(i, j)]).collect();
    Ok(PsdRepair {
        min_eigenvalue_before,
        projected: Covariance::new(n, values)?,
        frobenius_distance: distance,
        relative_distance: if size > 0.0 { distance / size } else { 0.0 },
    })
}

/// The smallest eigenvalue, and the matrix without its negative ones.
fn clip(matrix: &Mat<f64>) -> Result<(f64, Mat<f64>), Undefined> {
    let n = matrix.nrows();
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| Undefined::NotConverged)?;
    let (vectors, values) = (eigen.U(), eigen.S());
    let lambda: Vec<f64> = (0..n).map(|k| values.column_vector()[k]).collect();
    let smallest = lambda.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = lambda.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if smallest >= -1e-14 * largest {
        return Ok((smallest, matrix.clone()));
    }
    let mut projected = Mat::<f64>::zeros(n, n);
    for (k, value) in lambda.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        for i in 0..n {
            let scaled = value * vectors[(i, k)];
            for j in 0..=i {
                projected[(i, j)] += scaled * vectors[(j, k)];
            }
        }
    }
    for i in 0..n {
        for j in 0..i {
            projected[(j, i)] = projected[(i, j)];
        }
    }
    Ok((smallest, projected))
}

/// Alternating projections with Dykstra's correction.
fn nearest_correlation(start: &Mat<f64>) -> Result<Mat<f64>, Undefined> {
    let n = start.nrows();
    let size = norm(start).max(1.0);
    let mut current = start.clone();
    let mut correction = Mat::<f64>::zeros(n, n);
    for _ in 0..2_000 {
        let shifted = &current - &correction;
        let (_, projected) = clip(&shifted)?;
        correction = &projected - &shifted;
        let mut next = projected.clone();
        (0..n).for_each(|i| next[(i, i)] = 1.0);
        let gap = norm(&(&next - &projected)).max(norm(&(&next - &current)));
        current = next;
        if gap <= 1e-12 * size {
            return Ok(current);
        }
    }
    // What is left is far below what any estimate knows; the diagonal is exact.
    Ok(current)
}

fn norm(matrix: &Mat<f64>) -> f64 {
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    crate::moments::sum((0..rows).flat_map(|i| (0..columns).map(move |j| matrix[(i, j)] * matrix[(i, j)]))).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Eigenvalues 2.2 and −0.2: what is left is 1.1 everywhere.
        let repair = psd_repair(&[vec![1.0, 1.2], vec![1.2, 1.0]], false).unwrap();
        assert!((repair.min_eigenvalue_before + 0.2).abs() < 1e-14);
        assert!(repair.projected.values().iter().all(|value| (value - 1.1).abs() < 1e-14));
        assert!((repair.frobenius_distance - 0.2).abs() < 1e-14);
        assert_eq!(repair.accepted().unwrap_err().code(), "not_positive_definite");
        let correlation = psd_repair(&[vec![1.0, 1.2], vec![1.2, 1.0]], true).unwrap();
        assert!(correlation.projected.values().iter().all(|value| (value - 1.0).abs() < 1e-9));
    }

    #[test]
    fn higham_s_example() {
        let matrix = [vec![1.0, 1.0, 0.0], vec![1.0, 1.0, 1.0], vec![0.0, 1.0, 1.0]];
        let repair = psd_repair(&matrix, true).unwrap();
        assert!((repair.projected.at(0, 1) - 0.7607).abs() < 5e-5 && (repair.projected.at(0, 2) - 0.1573).abs() < 5e-5);
    }

    #[test]
    fn edges() {
        let sound = [vec![0.04, 0.01], vec![0.01, 0.09]];
        let repair = psd_repair(&sound, false).unwrap();
        assert_eq!((repair.projected.rows(), repair.frobenius_distance), (sound.to_vec(), 0.0));
        assert!(repair.accepted().is_ok());
        assert_eq!(psd_repair(&[], false).unwrap_err().code(), "insufficient_data");
        assert_eq!(psd_repair(&[vec![1.0, 2.0]], false).unwrap_err().code(), "invalid_input");
        assert_eq!(psd_repair(&[vec![f64::NAN]], false).unwrap_err().code(), "invalid_input");
        assert_eq!(psd_repair(&[vec![0.0]], false).unwrap().relative_distance, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn nearest_of_all_and_nothing_to_repair_afterwards(raw in proptest::collection::vec(-1.0..1.0f64, 25)) {
            let rows: Vec<Vec<f64>> =
                (0..5).map(|i| (0..5).map(|j| raw[i * 5 + j] + raw[j * 5 + i]).collect()).collect();
            let repair = psd_repair(&rows, false).unwrap();
            let again = psd_repair(&repair.projected.rows(), false).unwrap();
            prop_assert!(again.min_eigenvalue_before > -1e-12 && again.frobenius_distance < 1e-12);
            // The distance is that of the negative eigenvalues; no diagonal loading comes nearer.
            let loading = -repair.min_eigenvalue_before.min(0.0) * 5.0_f64.sqrt();
            prop_assert!(repair.frobenius_distance <= loading + 1e-12);
        }
    }
}
