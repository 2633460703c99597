//! Ordinary least squares: the line (or plane) that leaves the least unexplained.
//!
//!   y = Xβ + ε      SE = √diag(s²(X'X)⁻¹), s² = SSR/(n − k)      t = β/SE against Student's t with n − k degrees
//!   R² = 1 − SSR/TSS   adjusted R² = 1 − (1 − R²)(n − 1)/(n − k)   F = (ESS/(k − 1))/(SSR/(n − k))
//!   Durbin–Watson = Σ(e_t − e_{t−1})²/Σe_t²      VIF_j = 1/(1 − R_j²) of column j on the others
//!
//! n observations, k columns, the constant first. Without a constant TSS is about zero and the degrees of freedom of R²
//! and F are n and k. A column that is constant serves as the constant.
//!
//! Solved by Householder's QR on columns scaled to unit length, never by the normal equations. Undefined for n ≤ k and
//! where a column is a combination of those before it (a diagonal of R below 1e-10 of the largest). A fit without
//! residuals has no t, p, F and Durbin–Watson; a constant y has no R².
//!
//! Greene, W. (2012), Econometric Analysis, ch. 3–4. Durbin, J. and Watson, G. (1950), Biometrika 37.

use crate::Undefined;
use crate::moments::{dot, mean, sum};
use crate::student_t::two_sided_probability;

/// A fitted equation.
#[derive(Debug, Clone, PartialEq)]
pub struct Ols {
    /// Coefficients, the constant first if there is one.
    pub beta: Vec<f64>,
    /// Their standard errors.
    pub std_error: Vec<f64>,
    /// β/SE; none where the residuals vanish.
    pub t_stat: Vec<Option<f64>>,
    /// Probability of a |t| as large by chance.
    pub p_value: Vec<Option<f64>>,
    /// Share of the variance explained; none for a constant y.
    pub r_squared: Option<f64>,
    /// The same, net of the number of columns.
    pub adj_r_squared: Option<f64>,
    /// s.
    pub residual_std: f64,
    /// F of all columns but the constant; none without such.
    pub f_stat: Option<f64>,
    /// Around 2 when residuals do not depend on the ones before.
    pub durbin_watson: Option<f64>,
    /// Variance inflation of each column but the constant; above 10 its coefficient is hardly determined.
    pub variance_inflation: Vec<Option<f64>>,
    /// n.
    pub nobs: usize,
    /// e.
    pub residuals: Vec<f64>,
    /// X, by column.
    pub design: Vec<Vec<f64>>,
    /// (X'X)⁻¹.
    pub inverse: Vec<Vec<f64>>,
}

/// Regresses `y` on `columns`, after a constant if `intercept`.
pub fn ols(y: &[f64], columns: &[Vec<f64>], intercept: bool) -> Result<Ols, Undefined> {
    let n = y.len();
    if let Some(column) = columns.iter().find(|column| column.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: column.len() });
    }
    if y.iter().chain(columns.iter().flatten()).any(|x| !x.is_finite()) {
        return Err(Undefined::InvalidInput { what: "observation" });
    }
    let mut design: Vec<Vec<f64>> = if intercept { vec![vec![1.0; n]] } else { Vec::new() };
    design.extend(columns.iter().cloned());
    let k = design.len();
    if n <= k || k == 0 {
        return Err(Undefined::InsufficientData { needed: k + 1, found: n });
    }
    let (beta, inverse) = solve(y, &design).map_err(|_| Undefined::RankDeficient)?;
    let mut residuals = y.to_vec();
    for (b, column) in beta.iter().zip(&design) {
        residuals.iter_mut().zip(column).for_each(|(e, x)| *e -= b * x);
    }
    let (squares, size) = (dot(&residuals, &residuals), dot(y, y));
    if !(squares.is_finite() && size.is_finite()) {
        return Err(Undefined::InvalidInput { what: "size of the observations" });
    }
    // What is left of an exact fit is float noise, not evidence.
    let is_exact = squares <= 1e-24 * size;
    let degrees = (n - k) as f64;
    let residual_std = if is_exact { 0.0 } else { (squares / degrees).sqrt() };
    let std_error: Vec<f64> = (0..k).map(|j| residual_std * inverse[j][j].max(0.0).sqrt()).collect();
    let t_stat: Vec<Option<f64>> =
        (0..k).map(|j| (std_error[j] > 0.0).then(|| beta[j] / std_error[j]).filter(|t| t.is_finite())).collect();
    let constant = design.iter().position(|column| column[0] != 0.0 && column.iter().all(|x| *x == column[0]));
    let total = match constant {
        Some(_) => {
            let mean = mean(y);
            sum(y.iter().map(|v| (v - mean).powi(2)))
        }
        None => size,
    };
    let explaining = k - usize::from(constant.is_some());
    let r_squared = (total > 1e-24 * size).then(|| 1.0 - squares / total);
    let total_degrees = (n - usize::from(constant.is_some())) as f64;
    let explained = (total - squares).max(0.0);
    let changes = sum(residuals.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)));
    Ok(Ols {
        p_value: t_stat.iter().map(|t| t.and_then(|t| two_sided_probability(t, degrees))).collect(),
        adj_r_squared: r_squared.map(|r| 1.0 - (1.0 - r) * total_degrees / degrees),
        f_stat: (explaining > 0 && !is_exact && r_squared.is_some())
            .then(|| (explained / explaining as f64) / (squares / degrees)),
        durbin_watson: (!is_exact).then(|| changes / squares),
        variance_inflation: variance_inflation(&design, &inverse, constant),
        nobs: n,
        beta,
        std_error,
        t_stat,
        r_squared,
        residual_std,
        residuals,
        design,
        inverse,
    })
}

/// (X'X)⁻¹_jj times the scatter of the column: 1/(1 − R_j²), without a regression of each column on the others.
fn variance_inflation(design: &[Vec<f64>], inverse: &[Vec<f64>], constant: Option<usize>) -> Vec<Option<f64>> {
    let columns = (0..design.len()).filter(|j| Some(*j) != constant);
    columns
        .map(|j| {
            let center = if constant.is_some() { mean(&design[j]) } else { 0.0 };
            let scatter = sum(design[j].iter().map(|x| (x - center).powi(2)));
            Some(inverse[j][j] * scatter).filter(|v| v.is_finite())
        })
        .collect()
}

/// Positions of the columns that are combinations of those before them, the constant being 0.
pub fn dependent_columns(columns: &[Vec<f64>], intercept: bool) -> Vec<usize> {
    let n = columns.first().map_or(0, Vec::len);
    let mut design: Vec<Vec<f64>> = if intercept { vec![vec![1.0; n]] } else { Vec::new() };
    design.extend(columns.iter().cloned());
    if n < design.len() || columns.iter().any(|column| column.len() != n) {
        return Vec::new();
    }
    solve(&vec![0.0; n], &design).err().unwrap_or_default()
}

/// β and (X'X)⁻¹.
type Solution = (Vec<f64>, Vec<Vec<f64>>);

/// β and (X'X)⁻¹ by Householder reflections, or the dependent columns.
fn solve(y: &[f64], design: &[Vec<f64>]) -> Result<Solution, Vec<usize>> {
    let (n, k) = (y.len(), design.len());
    let norm = |column: &[f64]| {
        let largest = column.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        if largest == 0.0 {
            0.0
        } else {
            let scaled: Vec<f64> = column.iter().map(|x| x / largest).collect();
            largest * dot(&scaled, &scaled).sqrt()
        }
    };
    let scales: Vec<f64> = design.iter().map(|column| norm(column)).collect();
    let mut a: Vec<Vec<f64>> = design
        .iter()
        .zip(&scales)
        .map(|(column, scale)| column.iter().map(|x| if *scale > 0.0 { x / scale } else { 0.0 }).collect())
        .collect();
    let mut rhs = y.to_vec();
    let mut deficient = Vec::new();
    for j in 0..k {
        let length = norm(&a[j][j..]);
        if length <= 1e-10 {
            deficient.push(j);
            continue;
        }
        let pivot = if a[j][j] > 0.0 { -length } else { length };
        let mut reflector: Vec<f64> = a[j][j..].to_vec();
        reflector[0] -= pivot;
        let square = dot(&reflector, &reflector);
        let reflect = |column: &mut [f64]| {
            let share = 2.0 * dot(&reflector, column) / square;
            column.iter_mut().zip(&reflector).for_each(|(x, v)| *x -= share * v);
        };
        for column in a.iter_mut().skip(j) {
            reflect(&mut column[j..]);
        }
        reflect(&mut rhs[j..n]);
    }
    if !deficient.is_empty() {
        return Err(deficient);
    }
    // R is upper triangular with R[i][j] = a[j][i].
    let mut beta = vec![0.0; k];
    let mut root = vec![vec![0.0; k]; k];
    for i in (0..k).rev() {
        beta[i] = (rhs[i] - sum((i + 1..k).map(|j| a[j][i] * beta[j]))) / a[i][i];
        root[i][i] = 1.0 / a[i][i];
        let (above, below) = root.split_at_mut(i + 1);
        let entries = above[i].iter_mut().enumerate().skip(i + 1);
        entries.for_each(|(column, entry)| {
            *entry = -sum((i + 1..=column).map(|j| a[j][i] * below[j - i - 1][column])) / a[i][i];
        });
    }
    let inverse = (0..k)
        .map(|i| {
            (0..k).map(|j| sum((i.max(j)..k).map(|m| root[i][m] * root[j][m])) / (scales[i] * scales[j])).collect()
        })
        .collect();
    Ok((beta.iter().zip(&scales).map(|(b, scale)| b / scale).collect(), inverse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // y = 1, 2, 2, 4 at x = 0, 1, 2, 3: slope 0.9, constant 0.9; SSR 0.7, s² 0.35; SE of the slope √(0.35/5).
        let fit = ols(&[1.0, 2.0, 2.0, 4.0], &[vec![0.0, 1.0, 2.0, 3.0]], true).unwrap();
        assert!((fit.beta[0] - 0.9).abs() < 1e-14 && (fit.beta[1] - 0.9).abs() < 1e-14);
        assert!((fit.std_error[1] - 0.07_f64.sqrt()).abs() < 1e-14);
        assert!((fit.residual_std - 0.35_f64.sqrt()).abs() < 1e-14);
        assert!((fit.r_squared.unwrap() - (1.0 - 0.7 / 4.75)).abs() < 1e-14);
        assert!((fit.f_stat.unwrap() - fit.t_stat[1].unwrap().powi(2)).abs() < 1e-10);
        assert!((fit.variance_inflation[0].unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        let x = vec![1.0, 2.0, 3.0, 4.0];
        assert_eq!(ols(&[1.0, 2.0], &[vec![1.0, 3.0]], true).unwrap_err().code(), "insufficient_data");
        let twice: Vec<f64> = x.iter().map(|v| 2.0 * v).collect();
        let y = [1.0, 0.0, 2.0, 1.0];
        assert_eq!(ols(&y, &[x.clone(), twice], true), Err(Undefined::RankDeficient));
        assert_eq!(dependent_columns(&[x.clone(), x.clone()], true), [2]);
        assert_eq!(dependent_columns(&[vec![5.0; 4], x.clone()], true), [1]);
        assert_eq!(dependent_columns(&[vec![0.0; 4]], false), [0]);
        let exact = ols(&[3.0, 5.0, 7.0, 9.0], std::slice::from_ref(&x), true).unwrap();
        assert_eq!((exact.residual_std, exact.t_stat[1], exact.f_stat, exact.durbin_watson), (0.0, None, None, None));
        let flat = ols(&[1.0; 4], &[x], true).unwrap();
        assert_eq!(flat.r_squared, None);
        // A column of ones is a constant, whoever puts it there.
        let (own, given) = (ols(&y, &[], true).unwrap(), ols(&y, &[vec![1.0; 4]], false).unwrap());
        assert_eq!((own.adj_r_squared, own.f_stat), (given.adj_r_squared, None));
    }

    fn sample() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
        proptest::collection::vec((-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64), 8..40)
    }

    proptest! {
        #[test]
        fn residuals_are_orthogonal_and_the_normal_equations_agree(rows in sample()) {
            let y: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let columns = vec![rows.iter().map(|r| r.1).collect::<Vec<_>>(), rows.iter().map(|r| r.2).collect()];
            let fit = ols(&y, &columns, true).unwrap();
            for column in &fit.design {
                let dot: f64 = column.iter().zip(&fit.residuals).map(|(x, e)| x * e).sum();
                prop_assert!(dot.abs() < 1e-10);
            }
            // Against (X'X)(X'X)⁻¹ = I, computed the slow way.
            for i in 0..3 {
                for j in 0..3 {
                    let entry: f64 = (0..3).map(|m| {
                        let cross: f64 = fit.design[i].iter().zip(&fit.design[m]).map(|(a, b)| a * b).sum();
                        cross * fit.inverse[m][j]
                    }).sum();
                    prop_assert!((entry - f64::from(u8::from(i == j))).abs() < 1e-9, "{} {} {}", i, j, entry);
                }
            }
        }

        #[test]
        fn units_of_a_column_do_not_matter(rows in sample(), k in 1e-12..1e12f64) {
            let y: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let x: Vec<f64> = rows.iter().map(|r| r.1).collect();
            let scaled: Vec<f64> = x.iter().map(|v| v * k).collect();
            let (a, b) = (ols(&y, &[x], true).unwrap(), ols(&y, &[scaled], true).unwrap());
            prop_assert!((a.beta[1] - b.beta[1] * k).abs() < 1e-9 * (1.0 + a.beta[1].abs()));
            prop_assert!((a.t_stat[1].unwrap() - b.t_stat[1].unwrap()).abs() < 1e-7 * (1.0 + a.t_stat[1].unwrap().abs()));
        }
    }
}
