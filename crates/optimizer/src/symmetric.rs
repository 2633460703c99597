//! A symmetric matrix and what optimisers ask of it: products, quadratic forms, Cholesky factors.
//!
//! Invariant: square, symmetric to the last bit, every entry finite. Factorisations run on one thread, so a result
//! does not depend on how many there are.

use crate::Failure;
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// A dense symmetric matrix, rows one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Symmetric {
    n: usize,
    values: Vec<f64>,
}

impl Symmetric {
    /// A matrix of `n` rows from `values` row by row. Asymmetry beyond 1e-8 of the largest entry is refused, less is
    /// averaged away.
    pub fn new(n: usize, mut values: Vec<f64>) -> Result<Symmetric, Failure> {
        if n == 0 || values.len() != n * n {
            return Err(Failure::invalid(format!(
                "a matrix of {n} rows needs {} values, found {}",
                n * n,
                values.len()
            )));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Failure::invalid("the matrix holds a value that is not a finite number"));
        }
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for i in 0..n {
            for j in 0..i {
                let (below, above) = (values[i * n + j], values[j * n + i]);
                if (below - above).abs() > 1e-8 * largest {
                    return Err(Failure::invalid(format!("the matrix is not symmetric at row {i}, column {j}")));
                }
                let mean = below + (above - below) / 2.0;
                values[i * n + j] = mean;
                values[j * n + i] = mean;
            }
        }
        Ok(Symmetric { n, values })
    }

    /// A matrix from its rows.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Symmetric, Failure> {
        Symmetric::new(rows.len(), rows.concat())
    }

    /// A matrix with `diagonal` on the diagonal and nothing else.
    pub fn from_diagonal(diagonal: &[f64]) -> Result<Symmetric, Failure> {
        let n = diagonal.len();
        let mut values = vec![0.0; n * n];
        for (i, value) in diagonal.iter().enumerate() {
            values[i * n + i] = *value;
        }
        Symmetric::new(n, values)
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The entry of row `i`, column `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n + j]
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.n..(i + 1) * self.n]
    }

    /// All rows.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        self.values.chunks(self.n).map(<[f64]>::to_vec).collect()
    }

    /// The diagonal.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.at(i, i)).collect()
    }

    /// Mean of the diagonal.
    pub fn mean_diagonal(&self) -> f64 {
        self.diagonal().iter().sum::<f64>() / self.n as f64
    }

    /// The matrix times a vector.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.n).map(|i| dot(self.row(i), x)).collect()
    }

    /// x'Mx.
    pub fn quadratic(&self, x: &[f64]) -> f64 {
        dot(&self.times(x), x)
    }

    /// The matrix with `addition` added on the diagonal.
    pub fn plus_diagonal(&self, addition: f64) -> Symmetric {
        let mut sum = self.clone();
        (0..self.n).for_each(|i| sum.values[i * self.n + i] += addition);
        sum
    }

    /// Solution of (M + diag(additions))x = b, or nothing if that is not positive definite. Keeps no factor.
    pub(crate) fn solve_with_diagonal(&self, additions: &[f64], b: &[f64]) -> Option<Vec<f64>> {
        let mut sum = self.to_faer();
        additions.iter().enumerate().for_each(|(i, addition)| sum[(i, i)] += addition);
        let x = sum.llt(Side::Lower).ok()?.solve(&Mat::from_fn(self.n, 1, |i, _| b[i]));
        let x: Vec<f64> = (0..self.n).map(|i| x[(i, 0)]).collect();
        x.iter().all(|value| value.is_finite()).then_some(x)
    }

    /// Lower Cholesky factor, or nothing if a pivot is not positive.
    pub(crate) fn cholesky(&self) -> Option<Cholesky> {
        let factor = self.to_faer().llt(Side::Lower).ok()?;
        let lower = factor.L();
        let mut rows = Vec::with_capacity(self.n * (self.n + 1) / 2);
        for i in 0..self.n {
            rows.extend((0..=i).map(|j| lower[(i, j)]));
        }
        rows.iter().all(|value| value.is_finite()).then(|| Cholesky { n: self.n, rows, factor })
    }

    fn to_faer(&self) -> Mat<f64> {
        // Symmetric, so rows may be read as columns.
        faer::MatRef::from_column_major_slice(&self.values, self.n, self.n).to_owned()
    }
}

/// M = LL'.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    n: usize,
    rows: Vec<f64>,
    factor: faer::linalg::solvers::Llt<f64>,
}

impl Cholesky {
    /// Entry of L, j ≤ i.
    pub(crate) fn at(&self, i: usize, j: usize) -> f64 {
        self.rows[i * (i + 1) / 2 + j]
    }

    /// Smallest square of a pivot.
    pub(crate) fn smallest_pivot(&self) -> f64 {
        (0..self.n).map(|i| self.at(i, i) * self.at(i, i)).fold(f64::INFINITY, f64::min)
    }

    /// Solution of Mx = b.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let right = Mat::from_fn(self.n, 1, |i, _| b[i]);
        let x = self.factor.solve(&right);
        (0..self.n).map(|i| x[(i, 0)]).collect()
    }
}

/// Inner product, in the order given.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four partial sums let the processor overlap additions; their order is fixed.
    let mut sums = [0.0; 4];
    let (quads_a, quads_b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = quads_a.remainder().iter().zip(quads_b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in quads_a.zip(quads_b) {
        for k in 0..4 {
            sums[k] += x[k] * y[k];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_by_its_factor() {
        let matrix = Symmetric::new(2, vec![4.0, 2.0, 2.0, 3.0]).unwrap();
        let factor = matrix.cholesky().unwrap();
        assert_eq!((factor.at(0, 0), factor.at(1, 0)), (2.0, 1.0));
        let x = factor.solve(&[8.0, 7.0]);
        assert!((x[0] - 1.25).abs() < 1e-15 && (x[1] - 1.5).abs() < 1e-15);
        assert_eq!(matrix.quadratic(&[1.0, 1.0]), 11.0);
    }

    #[test]
    fn refuses_what_is_not_symmetric_or_finite() {
        assert_eq!(Symmetric::new(2, vec![1.0, 0.5, 0.4, 1.0]).unwrap_err().code(), "invalid_input");
        assert_eq!(Symmetric::new(2, vec![1.0, f64::NAN, 0.0, 1.0]).unwrap_err().code(), "invalid_input");
        assert_eq!(Symmetric::new(2, vec![1.0; 3]).unwrap_err().code(), "invalid_input");
        assert!(Symmetric::new(2, vec![1.0, 2.0, 2.0, 1.0]).unwrap().cholesky().is_none());
    }
}
