//! Ridge regression: exposures held back towards zero, so that factors that move together do not take huge opposite ones.
//!
//!   min Σ(y − c − Xb)² + λ Σ b_j² · s_j²      s_j² = Σ(x_j − mean)²/n
//!
//! The constant c is not held back, and each column counts in units of its own scatter, so λ does not depend on units.
//! λ ≥ 0, in observations; λ = 0 is ordinary least squares. State λ beside the exposures. Undefined as ordinary least
//! squares, except that collinear columns are fine for λ > 0; a column without scatter is not.
//!
//! Hoerl, A. and Kennard, R. (1970), Technometrics 12(1).

use crate::Undefined;
use crate::moments::{mean, sum};
use crate::regression::ols;

/// The constant and the exposures of `y` to `columns`, held back by `lambda`.
pub fn ridge(y: &[f64], columns: &[Vec<f64>], lambda: f64) -> Result<Vec<f64>, Undefined> {
    if !(lambda >= 0.0 && lambda.is_finite()) {
        return Err(Undefined::InvalidInput { what: "lambda" });
    }
    let n = y.len();
    if let Some(column) = columns.iter().find(|column| column.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: column.len() });
    }
    if n < 2 {
        return Err(Undefined::InsufficientData { needed: 2, found: n });
    }
    if lambda == 0.0 {
        return ols(y, columns, true).map(|fit| fit.beta);
    }
    let y_mean = mean(y);
    let means: Vec<f64> = columns.iter().map(|column| mean(column)).collect();
    let scatter = |column: &[f64], mean: f64| (sum(column.iter().map(|x| (x - mean).powi(2))) / n as f64).sqrt();
    // √λ·s_j as further observations of nothing: the same minimum, by the same solver.
    let rows = columns.len();
    let mut stacked: Vec<f64> = y.iter().map(|v| v - y_mean).collect();
    stacked.extend(std::iter::repeat_n(0.0, rows));
    let augmented: Vec<Vec<f64>> = columns
        .iter()
        .enumerate()
        .map(|(j, column)| {
            let mut centered: Vec<f64> = column.iter().map(|x| x - means[j]).collect();
            centered
                .extend((0..rows).map(|row| if row == j { lambda.sqrt() * scatter(column, means[j]) } else { 0.0 }));
            centered
        })
        .collect();
    let slopes = ols(&stacked, &augmented, false)?.beta;
    let constant = y_mean - sum(slopes.iter().zip(&means).map(|(b, m)| b * m));
    Ok(std::iter::once(constant).chain(slopes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // x = −1, 1 and y = −2, 2: slope 2 alone; with λ = 2 observations' worth of scatter it is halved.
        let fit = ridge(&[-2.0, 2.0], &[vec![-1.0, 1.0]], 2.0).unwrap();
        assert!(fit[0].abs() < 1e-14 && (fit[1] - 1.0).abs() < 1e-14);
    }

    #[test]
    fn edges() {
        let x = vec![1.0, 2.0, 4.0, 3.0];
        let y = [1.0, 3.0, 2.0, 5.0];
        assert_eq!(ridge(&y, std::slice::from_ref(&x), -1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(ridge(&y, &[vec![1.0; 4]], 1.0).unwrap_err().code(), "rank_deficient");
        // Twins share the exposure.
        let twins = ridge(&y, &[x.clone(), x], 1.0).unwrap();
        assert!((twins[1] - twins[2]).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_larger_lambda_never_lengthens(rows in proptest::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 5..20), lambda in 0.1..10.0f64) {
            let (y, x): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let slope = |lambda: f64| ridge(&y, std::slice::from_ref(&x), lambda).unwrap()[1].abs();
            prop_assert!(slope(2.0 * lambda) <= slope(lambda) + 1e-12 && slope(lambda) <= slope(0.0) + 1e-12);
        }
    }
}
