//! Probit: the probability of an event that regressors say.
//!
//!   P(y = 1 | x) = Φ(x'β)      ln L = Σ ln Φ(q·x'β), q = 2y − 1      Newton steps on the concave likelihood
//!   λ = q·φ(q·x'β)/Φ(q·x'β)      ∇ = Σ λ·x      −∇² = Σ λ·(λ + x'β)·x·x'
//!   McFadden R² = 1 − L_u/L_c      Estrella R² = 1 − (L_u/L_c)^{−(2/n)·L_c}      L_c: constant alone
//!
//! Standard errors from the observed Hessian; with overlapping horizons also from the sandwich H⁻¹·S·H⁻¹ whose S sums
//! score products over lags with Bartlett weights (HAC). Outcomes that a combination of regressors separates, wholly or
//! but for ties, have no maximum: perfect separation, which a constant outcome with an intercept is too. Undefined for
//! outcomes other than 0 and 1, for dependent regressors and for no more observations than coefficients.
//!
//! Estrella, A. & Mishkin, F. (1998), Review of Economics and Statistics 80(1). Estrella, A. (1998), "A New Measure of
//! Fit for Equations with Dichotomous Dependent Variables", JBES 16(2). Greene, W., Econometric Analysis, ch. 17.

use crate::moments::{mean, standard_deviation, sum};
use crate::small_matrix::{inverse_positive_definite, solve_positive_definite};
use crate::{Undefined, inverse_mills, ln_normal_probability, normal_probability};

/// Estimated coefficients: the constant first if there is one, then one for each regressor.
#[derive(Debug, Clone, PartialEq)]
pub struct Probit {
    /// Coefficients.
    pub beta: Vec<f64>,
    /// Standard errors from the observed Hessian.
    pub std_error: Vec<f64>,
    /// Standard errors from the sandwich with Bartlett weights, if lags were given.
    pub std_error_hac: Option<Vec<f64>>,
    /// Coefficients over standard errors.
    pub z_stat: Vec<f64>,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Log-likelihood of a constant alone.
    pub log_likelihood_null: f64,
    /// McFadden's measure of fit; none when the outcome is constant.
    pub mcfadden_r2: Option<f64>,
    /// Estrella's measure of fit; none when the outcome is constant.
    pub estrella_r2: Option<f64>,
    /// Observations.
    pub nobs: usize,
    intercept: bool,
}

impl Probit {
    /// P(y = 1) for the regressors `x` (without the constant); none for another number of them.
    pub fn probability_at(&self, x: &[f64]) -> Option<f64> {
        let slopes = &self.beta[usize::from(self.intercept)..];
        if slopes.len() != x.len() || x.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let constant = if self.intercept { self.beta[0] } else { 0.0 };
        Some(normal_probability(constant + x.iter().zip(slopes).map(|(x, b)| x * b).sum::<f64>()))
    }
}

/// Fits outcomes `y` (0 or 1) on the columns of `x`.
pub fn probit(x: &[Vec<f64>], y: &[f64], intercept: bool, hac_lags: Option<usize>) -> Result<Probit, Undefined> {
    check(x, y, intercept)?;
    let design = Design::of(x, y.len(), intercept)?;
    let signs: Vec<f64> = y.iter().map(|y| 2.0 * y - 1.0).collect();
    let fitted = maximize(&design.rows, &signs)?;
    let nobs = y.len();
    let (events, n) = (sum(y.iter().copied()), nobs as f64);
    let part = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
    let log_likelihood_null = part(events) + part(n - events);
    let ratio = fitted.log_likelihood / log_likelihood_null;
    let measured = |value: f64| (log_likelihood_null < 0.0 && value.is_finite()).then_some(value);
    let std_error = design.errors(&fitted.covariance);
    let beta = design.unscaled(&fitted.beta);
    Ok(Probit {
        z_stat: beta.iter().zip(&std_error).map(|(beta, error)| beta / error).collect(),
        std_error_hac: hac_lags.map(|lags| design.errors(&sandwich(&design.rows, &fitted, lags))),
        mcfadden_r2: measured(1.0 - ratio),
        estrella_r2: measured(1.0 - ratio.powf(-2.0 / n * log_likelihood_null)),
        log_likelihood: fitted.log_likelihood,
        beta,
        std_error,
        log_likelihood_null,
        nobs,
        intercept,
    })
}

fn check(x: &[Vec<f64>], y: &[f64], intercept: bool) -> Result<(), Undefined> {
    if let Some(column) = x.iter().find(|column| column.len() != y.len()) {
        return Err(Undefined::LengthMismatch { left: column.len(), right: y.len() });
    }
    if y.iter().any(|y| *y != 0.0 && *y != 1.0) {
        return Err(Undefined::InvalidInput { what: "y" });
    }
    if x.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Undefined::InvalidInput { what: "x" });
    }
    let coefficients = x.len() + usize::from(intercept);
    if coefficients == 0 {
        return Err(Undefined::InvalidInput { what: "x" });
    }
    if y.len() <= coefficients {
        return Err(Undefined::InsufficientData { needed: coefficients + 1, found: y.len() });
    }
    Ok(())
}

/// Regressors in units of their deviation (from their mean, if there is a constant), which keeps Newton's steps exact.
struct Design {
    rows: Vec<Vec<f64>>,
    centres: Vec<f64>,
    units: Vec<f64>,
    intercept: bool,
}

impl Design {
    fn of(x: &[Vec<f64>], n: usize, intercept: bool) -> Result<Design, Undefined> {
        let centres: Vec<f64> = x.iter().map(|column| if intercept { mean(column) } else { 0.0 }).collect();
        let mut units = Vec::new();
        for (column, centre) in x.iter().zip(&centres) {
            // A constant column repeats the intercept, or has no scale but its own size.
            let unit = if intercept {
                standard_deviation(column, 1)?
            } else {
                (sum(column.iter().map(|x| x * x)) / n as f64).sqrt()
            };
            if !(unit.is_finite() && unit > 1e-14 * centre.abs()) {
                return Err(Undefined::RankDeficient);
            }
            units.push(unit);
        }
        let row = |at: usize| {
            let scaled = x.iter().zip(centres.iter().zip(&units)).map(|(x, (centre, unit))| (x[at] - centre) / unit);
            intercept.then_some(1.0).into_iter().chain(scaled).collect()
        };
        let rows: Vec<Vec<f64>> = (0..n).map(row).collect();
        let gram = weighted_gram(&rows, |_| 1.0 / n as f64);
        if crate::small_matrix::cholesky(&gram).is_none_or(|lower| (0..lower.len()).any(|at| lower[at][at] < 1e-6)) {
            return Err(Undefined::RankDeficient);
        }
        Ok(Design { rows, centres, units, intercept })
    }

    /// Row of the map from scaled to plain coefficients, for coefficient `at`.
    fn map(&self, at: usize) -> Vec<f64> {
        let shift = usize::from(self.intercept);
        let mut map = vec![0.0; self.units.len() + shift];
        if at < shift {
            map[0] = 1.0;
            for (column, (centre, unit)) in self.centres.iter().zip(&self.units).enumerate() {
                map[column + shift] = -centre / unit;
            }
        } else {
            map[at] = 1.0 / self.units[at - shift];
        }
        map
    }

    fn unscaled(&self, scaled: &[f64]) -> Vec<f64> {
        (0..scaled.len()).map(|at| sum(self.map(at).iter().zip(scaled).map(|(m, b)| m * b))).collect()
    }

    fn errors(&self, covariance: &[Vec<f64>]) -> Vec<f64> {
        (0..covariance.len())
            .map(|at| {
                let map = self.map(at);
                let row = |i: usize| sum(map.iter().zip(&covariance[i]).map(|(m, c)| m * c));
                sum(map.iter().enumerate().map(|(i, m)| m * row(i))).max(0.0).sqrt()
            })
            .collect()
    }
}

/// The maximum in scaled units.
struct Fitted {
    beta: Vec<f64>,
    log_likelihood: f64,
    covariance: Vec<Vec<f64>>,
    /// λ of each observation.
    scores: Vec<f64>,
}

fn maximize(rows: &[Vec<f64>], signs: &[f64]) -> Result<Fitted, Undefined> {
    let k = rows[0].len();
    let index = |beta: &[f64]| -> Vec<f64> { rows.iter().map(|row| dot(row, beta)).collect() };
    let likelihood = |eta: &[f64]| sum(eta.iter().zip(signs).map(|(eta, q)| ln_normal_probability(q * eta)));
    let mut beta = vec![0.0; k];
    let mut eta = index(&beta);
    let mut value = likelihood(&eta);
    for iteration in 0..200 {
        let scores: Vec<f64> = eta.iter().zip(signs).map(|(eta, q)| q * inverse_mills(q * eta)).collect();
        let gradient: Vec<f64> = (0..k).map(|at| sum(rows.iter().zip(&scores).map(|(row, s)| row[at] * s))).collect();
        let information = weighted_gram(rows, |at| scores[at] * (scores[at] + eta[at]));
        if iteration > 0 && separates(&eta, signs, 0.0) {
            return Err(Undefined::PerfectSeparation);
        }
        // The information vanishes only where the likelihood has run off to infinity.
        let Some(step) = solve_positive_definite(&information, &gradient) else {
            return Err(Undefined::PerfectSeparation);
        };
        let along = index(&step);
        if separates(&along, signs, 1e-7) && (iteration >= 8 || dot(&step, &step) > 1.0) {
            return Err(Undefined::PerfectSeparation);
        }
        let settled = gradient.iter().all(|g| g.abs() < 1e-10) || step.iter().all(|s| s.abs() < 1e-14);
        if settled {
            let covariance = inverse_positive_definite(&information).ok_or(Undefined::NotConverged)?;
            return Ok(Fitted { beta, log_likelihood: value, covariance, scores });
        }
        let mut scale = 1.0;
        loop {
            let next: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + scale * s).collect();
            let next_eta = index(&next);
            let next_value = likelihood(&next_eta);
            if next_value >= value - 1e-12 * value.abs() || scale < 1e-10 {
                (beta, eta, value) = (next, next_eta, next_value);
                break;
            }
            scale *= 0.5;
        }
    }
    Err(Undefined::NotConverged)
}

/// Whether a linear index puts no outcome on the wrong side of zero (but for a tolerance), and some on the right side:
/// along such a direction the likelihood rises for ever.
fn separates(index: &[f64], signs: &[f64], tolerance: f64) -> bool {
    let largest = index.iter().fold(0.0_f64, |largest, eta| largest.max(eta.abs()));
    if tolerance == 0.0 {
        return index.iter().zip(signs).all(|(eta, q)| q * eta > 0.0);
    }
    largest > 0.0 && index.iter().zip(signs).all(|(eta, q)| q * eta >= -tolerance * largest)
}

fn weighted_gram(rows: &[Vec<f64>], weight: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
    let k = rows[0].len();
    let mut gram = vec![vec![0.0; k]; k];
    for i in 0..k {
        for j in 0..=i {
            gram[i][j] = sum(rows.iter().enumerate().map(|(at, row)| weight(at) * row[i] * row[j]));
            gram[j][i] = gram[i][j];
        }
    }
    gram
}

/// H⁻¹·S·H⁻¹ with Bartlett weights 1 − l/(L+1).
fn sandwich(rows: &[Vec<f64>], fitted: &Fitted, lags: usize) -> Vec<Vec<f64>> {
    let k = rows[0].len();
    let score = |at: usize, i: usize| fitted.scores[at] * rows[at][i];
    let product = |lag: usize, i: usize, j: usize| sum((lag..rows.len()).map(|at| score(at, i) * score(at - lag, j)));
    let middle = |i: usize, j: usize| {
        let lagged = (1..=lags.min(rows.len() - 1))
            .map(|lag| (1.0 - lag as f64 / (lags + 1) as f64) * (product(lag, i, j) + product(lag, j, i)));
        product(0, i, j) + sum(lagged)
    };
    let inner: Vec<Vec<f64>> = (0..k).map(|i| (0..k).map(|j| middle(i, j)).collect()).collect();
    multiplied(&multiplied(&fitted.covariance, &inner), &fitted.covariance)
}

fn multiplied(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    a.iter().map(|row| (0..b.len()).map(|j| (0..b.len()).map(|i| row[i] * b[i][j]).sum()).collect()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // One dummy: Φ(α) = 1/4 where it is 0, Φ(α + β) = 3/4 where it is 1.
        let x = vec![vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]];
        let y = [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let found = probit(&x, &y, true, Some(0)).unwrap();
        let quartile = crate::normal_quantile(0.75).unwrap();
        assert!((found.beta[0] + quartile).abs() < 1e-10 && (found.beta[1] - 2.0 * quartile).abs() < 1e-10);
        let log_likelihood = 8.0 * (0.25 * 0.25_f64.ln() + 0.75 * 0.75_f64.ln());
        assert!((found.log_likelihood - log_likelihood).abs() < 1e-12);
        assert!((found.log_likelihood_null - 8.0 * 0.5_f64.ln()).abs() < 1e-12);
        // Variance of Φ⁻¹(p̂): p(1 − p)/(m·φ²), for saturated groups also that of the sandwich.
        let of_group = 0.75 * 0.25 / (4.0 * crate::normal_density(quartile).powi(2));
        assert!((found.std_error[0] - of_group.sqrt()).abs() < 1e-9);
        assert!((found.std_error[1] - (2.0 * of_group).sqrt()).abs() < 1e-9);
        assert!((found.std_error_hac.as_ref().unwrap()[0] - of_group.sqrt()).abs() < 1e-9);
        assert!((found.probability_at(&[1.0]).unwrap() - 0.75).abs() < 1e-10);
        assert_eq!(found.probability_at(&[1.0, 2.0]), None);
    }

    #[test]
    fn separation_is_seen() {
        let code = |x: &[f64], y: &[f64], intercept| probit(&[x.to_vec()], y, intercept, None).unwrap_err().code();
        assert_eq!(code(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0, 0.0, 0.0, 1.0, 1.0], true), "perfect_separation");
        // But for a tie at 3.
        assert_eq!(code(&[1.0, 2.0, 3.0, 3.0, 4.0, 5.0], &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], true), "perfect_separation");
        assert_eq!(code(&[1.0, 2.0, 3.0, 4.0], &[1.0; 4], true), "perfect_separation");
        // A cell of a dummy in which the event never happens.
        let dummy = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(code(&dummy, &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0], true), "perfect_separation");
        let large: Vec<f64> = (0..400).map(|at| 1e6 + f64::from(at)).collect();
        let y: Vec<f64> = (0..400).map(|at| f64::from(u8::from(at >= 200))).collect();
        assert_eq!(code(&large, &y, true), "perfect_separation");
    }

    #[test]
    fn edges() {
        let code = |x: &[Vec<f64>], y: &[f64]| probit(x, y, true, None).unwrap_err().code();
        let y = [0.0, 1.0, 0.0, 1.0, 1.0];
        let x = vec![1.0, 0.0, 2.0, 1.0, 3.0];
        assert_eq!(code(&[x.clone(), x.iter().map(|x| 2.0 * x + 1.0).collect()], &y), "rank_deficient");
        assert_eq!(code(&[vec![3.0; 5]], &y), "rank_deficient");
        assert_eq!(code(std::slice::from_ref(&x), &[0.0, 1.0, 0.5, 1.0, 0.0]), "invalid_input");
        assert_eq!(code(&[vec![f64::NAN; 5]], &y), "invalid_input");
        assert_eq!(code(&[vec![1.0, 2.0]], &y), "invalid_input");
        assert_eq!(code(&[vec![1.0, 2.0]], &[0.0, 1.0]), "insufficient_data");
        // Without a constant, a constant outcome need not be separated, and has no null to compare with.
        let found = probit(&[vec![1.0, -0.5, 0.7, -0.2]], &[1.0; 4], false, None).unwrap();
        assert_eq!((found.mcfadden_r2, found.estrella_r2, found.log_likelihood_null), (None, None, 0.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn units_scale_and_mirrors_turn(
            x in proptest::collection::vec(-2.0..2.0f64, 40), noise in proptest::collection::vec(-1.5..1.5f64, 40),
            a in 0.01..100.0f64, b in -1e3..1e3f64,
        ) {
            let y: Vec<f64> = x.iter().zip(&noise).map(|(x, e)| f64::from(u8::from(x + e > 0.0))).collect();
            if let Ok(plain) = probit(std::slice::from_ref(&x), &y, true, None) {
                let scaled = probit(&[x.iter().map(|x| a * x + b).collect()], &y, true, None).unwrap();
                prop_assert!((scaled.beta[1] * a / plain.beta[1] - 1.0).abs() < 1e-6);
                prop_assert!((scaled.log_likelihood - plain.log_likelihood).abs() < 1e-8);
                let mirrored: Vec<f64> = y.iter().map(|y| 1.0 - y).collect();
                let turned = probit(&[x], &mirrored, true, None).unwrap();
                prop_assert!((turned.beta[1] + plain.beta[1]).abs() < 1e-7 * (1.0 + plain.beta[1].abs()));
                prop_assert!(plain.mcfadden_r2.unwrap() >= -1e-12);
            }
        }
    }
}
