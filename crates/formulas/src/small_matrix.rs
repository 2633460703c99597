//! Linear systems of a handful of unknowns: Cholesky and elimination with pivots, for matrices given as rows.
//!
//! Meant for dimensions up to a few dozen (factors, regressors, regimes); large covariance matrices have their own
//! formulas. Invariant: a result is finite, or there is none.

/// Solves A·x = b for a symmetric positive definite `a`; none when it is not.
pub(crate) fn solve_positive_definite(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let lower = cholesky(a)?;
    let n = b.len();
    let mut x = b.to_vec();
    for row in 0..n {
        let known: f64 = (0..row).map(|at| lower[row][at] * x[at]).sum();
        x[row] = (x[row] - known) / lower[row][row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|at| lower[at][row] * x[at]).sum();
        x[row] = (x[row] - known) / lower[row][row];
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

/// The inverse of a symmetric positive definite matrix; none when it is not.
pub(crate) fn inverse_positive_definite(a: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let unit = |at: usize| (0..a.len()).map(|row| f64::from(u8::from(row == at))).collect::<Vec<f64>>();
    (0..a.len()).map(|at| solve_positive_definite(a, &unit(at))).collect()
}

/// The lower factor of A = L·L'; none unless every pivot exceeds 1e-13 of its diagonal entry.
pub(crate) fn cholesky(a: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    let mut lower = vec![vec![0.0; n]; n];
    for row in 0..n {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| lower[row][at] * lower[column][at]).sum();
            let rest = a[row][column] - known;
            if row == column {
                if !(rest.is_finite() && rest > 1e-13 * a[row][row].abs()) {
                    return None;
                }
                lower[row][row] = rest.sqrt();
            } else {
                lower[row][column] = rest / lower[column][column];
            }
        }
    }
    Some(lower)
}

/// Solves A·x = b by elimination with row pivots; none when `a` is singular.
pub(crate) fn solve(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut rows: Vec<Vec<f64>> = a.iter().zip(b).map(|(row, b)| row.iter().copied().chain([*b]).collect()).collect();
    for at in 0..n {
        let pivot = (at..n).max_by(|i, j| rows[*i][at].abs().total_cmp(&rows[*j][at].abs()))?;
        rows.swap(at, pivot);
        if rows[at][at].abs() < 1e-300 || !rows[at][at].is_finite() {
            return None;
        }
        let (done, below) = rows.split_at_mut(at + 1);
        for row in below {
            let factor = row[at] / done[at][at];
            row.iter_mut().zip(&done[at]).skip(at).for_each(|(entry, pivot)| *entry -= factor * pivot);
        }
    }
    let mut x = vec![0.0; n];
    for at in (0..n).rev() {
        let known: f64 = (at + 1..n).map(|column| rows[at][column] * x[column]).sum();
        x[at] = (rows[at][n] - known) / rows[at][at];
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved() {
        let a = vec![vec![4.0, 2.0], vec![2.0, 3.0]];
        let x = solve_positive_definite(&a, &[8.0, 8.0]).unwrap();
        assert!((x[0] - 1.0).abs() < 1e-14 && (x[1] - 2.0).abs() < 1e-14);
        assert_eq!(solve(&[vec![0.0, 2.0], vec![1.0, 1.0]], &[4.0, 3.0]), Some(vec![1.0, 2.0]));
        let inverse = inverse_positive_definite(&a).unwrap();
        assert!((inverse[0][0] - 0.375).abs() < 1e-15 && (inverse[0][1] + 0.25).abs() < 1e-15);
    }

    #[test]
    fn no_solution_is_no_number() {
        let singular = [vec![1.0, 2.0], vec![2.0, 4.0]];
        assert_eq!(solve(&singular, &[1.0, 1.0]), None);
        assert_eq!(solve_positive_definite(&singular, &[1.0, 1.0]), None);
        assert_eq!(cholesky(&[vec![f64::NAN]]), None);
        assert_eq!(cholesky(&[vec![-1.0]]), None);
    }
}
