//! Black–Litterman: expected returns between what the market's weights imply and what an investor believes.
//!
//!   π = δΣw_mkt      μ = π + τΣP'(PτΣP' + Ω)⁻¹(Q − Pπ)      Σ_post = Σ + τΣ − τΣP'(PτΣP' + Ω)⁻¹PτΣ
//!   w* = (δΣ_post)⁻¹μ      normalised w*/Σw*
//!
//! P: one row of weights per view, Q: the return each view expects, Ω: how uncertain (default diag(PτΣP')), δ risk
//! aversion, τ weight of the prior's error. The form with the small k×k system is the same as inverting n×n matrices.
//! Confidence c in (0, 1] per view instead of Ω: Ω_kk = (1 − c)/c · p_k τΣ p_k'. Without views μ = π.
//!
//! He, G. & Litterman, R. (1999). Idzorek, T. (2004), "A Step-by-Step Guide to the Black–Litterman Model".

use crate::Failure;
use crate::failure::check_vector;
use crate::symmetric::{Symmetric, dot};

/// What the investor believes and how surely.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// P: one row per view, one column per asset.
    pub weights: Vec<Vec<f64>>,
    /// Q: expected return of each view.
    pub returns: Vec<f64>,
    /// How uncertain the views are.
    pub uncertainty: Uncertainty,
}

/// How uncertain views are.
#[derive(Debug, Clone, PartialEq)]
pub enum Uncertainty {
    /// As uncertain as the prior: diag(PτΣP').
    Proportional,
    /// Ω itself.
    Omega(Vec<Vec<f64>>),
    /// A confidence in (0, 1] for each view.
    Confidence(Vec<f64>),
}

/// Market and parameters.
#[derive(Debug, Clone, Copy)]
pub struct Prior<'a> {
    /// Σ.
    pub covariance: &'a Symmetric,
    /// w_mkt.
    pub market_weights: &'a [f64],
    /// δ > 0.
    pub risk_aversion: f64,
    /// τ > 0.
    pub tau: f64,
}

/// Prior and posterior.
#[derive(Debug, Clone, PartialEq)]
pub struct BlackLitterman {
    /// π.
    pub implied_equilibrium: Vec<f64>,
    /// μ.
    pub posterior_mean: Vec<f64>,
    /// Σ_post.
    pub posterior_covariance: Symmetric,
    /// w*.
    pub weights_unconstrained: Vec<f64>,
    /// w*/Σw*; none if they sum to nothing.
    pub weights_normalised: Option<Vec<f64>>,
}

/// Posterior of `prior` and `views`.
pub fn black_litterman(prior: Prior<'_>, views: &Views) -> Result<BlackLitterman, Failure> {
    let n = prior.covariance.n();
    let k = views.weights.len();
    check_vector(prior.market_weights, n, "market weight")?;
    check_vector(&views.returns, k, "view")?;
    for row in &views.weights {
        check_vector(row, n, "weight of a view")?;
    }
    for (value, what) in [(prior.risk_aversion, "risk aversion"), (prior.tau, "tau")] {
        if !(value.is_finite() && value > 0.0) {
            return Err(Failure::invalid(format!("{what} must be above 0")));
        }
    }
    let implied: Vec<f64> =
        prior.covariance.times(prior.market_weights).iter().map(|risk| prior.risk_aversion * risk).collect();

    // Columns τΣp' of the views, and their covariance.
    let spread: Vec<Vec<f64>> = views
        .weights
        .iter()
        .map(|row| prior.covariance.times(row).iter().map(|value| prior.tau * value).collect())
        .collect();
    let mut posterior_mean = implied.clone();
    let mut posterior = prior.covariance.rows();
    posterior.iter_mut().flatten().for_each(|value| *value *= 1.0 + prior.tau);
    if k > 0 {
        let common: Vec<Vec<f64>> =
            views.weights.iter().map(|row| spread.iter().map(|column| dot(row, column)).collect()).collect();
        let omega = omega(views, &common)?;
        let system: Vec<Vec<f64>> =
            common.iter().zip(omega.rows()).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect();
        let system = Symmetric::from_rows(&system)?;
        let factor = system.cholesky().ok_or(Failure::NotPositiveDefinite)?;
        // Two certain views of the same thing cannot both be right.
        if factor.smallest_pivot() <= 1e-12 * system.mean_diagonal() {
            return Err(Failure::NotPositiveDefinite);
        }
        let surprise: Vec<f64> =
            views.weights.iter().zip(&views.returns).map(|(row, view)| view - dot(row, &implied)).collect();
        let pull = factor.solve(&surprise);
        for (column, pull) in spread.iter().zip(&pull) {
            posterior_mean.iter_mut().zip(column).for_each(|(mean, value)| *mean += value * pull);
        }
        for j in 0..n {
            let solved = factor.solve(&spread.iter().map(|column| column[j]).collect::<Vec<_>>());
            for (column, weight) in spread.iter().zip(&solved) {
                for i in 0..n {
                    posterior[i][j] -= column[i] * weight;
                }
            }
        }
    }
    let posterior_covariance = Symmetric::from_rows(&posterior)?;
    let factor = posterior_covariance.cholesky().ok_or(Failure::NotPositiveDefinite)?;
    let weights: Vec<f64> = factor.solve(&posterior_mean).iter().map(|value| value / prior.risk_aversion).collect();
    let (total, gross) = (weights.iter().sum::<f64>(), weights.iter().map(|w| w.abs()).sum::<f64>());
    let weights_normalised =
        (total.abs() > 1e-12 * gross).then(|| weights.iter().map(|weight| weight / total).collect());
    let finite = posterior_mean.iter().chain(&weights).all(|value| value.is_finite());
    if !finite {
        return Err(Failure::NotPositiveDefinite);
    }
    Ok(BlackLitterman {
        implied_equilibrium: implied,
        posterior_mean,
        posterior_covariance,
        weights_unconstrained: weights,
        weights_normalised,
    })
}

fn omega(views: &Views, common: &[Vec<f64>]) -> Result<Symmetric, Failure> {
    let k = common.len();
    let diagonal: Vec<f64> = match &views.uncertainty {
        Uncertainty::Omega(rows) => {
            if rows.len() != k || rows.iter().any(|row| row.len() != k) {
                return Err(Failure::invalid(format!("omega needs {k} rows of {k} values")));
            }
            let omega = Symmetric::from_rows(rows)?;
            if omega.diagonal().iter().any(|variance| *variance < 0.0) {
                return Err(Failure::NotPositiveDefinite);
            }
            return Ok(omega);
        }
        Uncertainty::Proportional => (0..k).map(|i| common[i][i]).collect(),
        Uncertainty::Confidence(confidences) => {
            check_vector(confidences, k, "confidence")?;
            if confidences.iter().any(|c| !(0.0 < *c && *c <= 1.0)) {
                return Err(Failure::invalid("a confidence must be above 0 and at most 1"));
            }
            (0..k).map(|i| (1.0 - confidences[i]) / confidences[i] * common[i][i]).collect()
        }
    };
    Symmetric::from_diagonal(&diagonal)
}

/// Risk aversion that a market portfolio implies: δ = (expected return − risk-free rate) / variance.
pub fn implied_risk_aversion(covariance: &Symmetric, market_weights: &[f64], excess: f64) -> Result<f64, Failure> {
    check_vector(market_weights, covariance.n(), "market weight")?;
    let variance = covariance.quadratic(market_weights);
    if variance <= 0.0 {
        return Err(Failure::ZeroDenominator { what: "the variance of the market".into() });
    }
    Ok(excess / variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, random_covariance};

    fn two() -> Symmetric {
        Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap()
    }

    #[test]
    fn worked_example() {
        // π = 2.5·(0.02, 0.005); a view on the first of 7 %, as uncertain as the prior: half-way from 5 %.
        let covariance = two();
        let prior = Prior { covariance: &covariance, market_weights: &[0.5, 0.5], risk_aversion: 2.5, tau: 0.05 };
        let mut views =
            Views { weights: vec![vec![1.0, 0.0]], returns: vec![0.07], uncertainty: Uncertainty::Proportional };
        let result = black_litterman(prior, &views).unwrap();
        close(&result.implied_equilibrium, &[0.05, 0.0125], 1e-15);
        close(&result.posterior_mean, &[0.06, 0.0125], 1e-15);
        assert!((result.posterior_covariance.at(0, 0) - 0.041).abs() < 1e-15);
        assert!((result.posterior_covariance.at(1, 1) - 0.0105).abs() < 1e-15);
        // Half-way is what a confidence of one half means; certainty is the view.
        views.uncertainty = Uncertainty::Confidence(vec![0.5]);
        close(&black_litterman(prior, &views).unwrap().posterior_mean, &result.posterior_mean, 1e-15);
        views.uncertainty = Uncertainty::Confidence(vec![1.0]);
        close(&black_litterman(prior, &views).unwrap().posterior_mean, &[0.07, 0.0125], 1e-15);
    }

    #[test]
    fn without_views_the_market_is_the_answer() {
        let covariance = random_covariance(5, 2);
        let market = [0.3, 0.25, 0.2, 0.15, 0.1];
        let prior = Prior { covariance: &covariance, market_weights: &market, risk_aversion: 3.0, tau: 0.05 };
        let views = Views { weights: vec![], returns: vec![], uncertainty: Uncertainty::Proportional };
        let result = black_litterman(prior, &views).unwrap();
        close(&result.weights_normalised.unwrap(), &market, 1e-12);
        let excess = crate::symmetric::dot(&result.implied_equilibrium, &market);
        assert!((implied_risk_aversion(&covariance, &market, excess).unwrap() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        let covariance = two();
        let prior = Prior { covariance: &covariance, market_weights: &[0.5, 0.5], risk_aversion: 0.0, tau: 0.05 };
        let views = Views { weights: vec![], returns: vec![], uncertainty: Uncertainty::Proportional };
        assert_eq!(black_litterman(prior, &views).unwrap_err().code(), "invalid_input");
        let prior = Prior { risk_aversion: 2.5, ..prior };
        let bad = Views { weights: vec![vec![1.0]], returns: vec![0.1], uncertainty: Uncertainty::Proportional };
        assert_eq!(black_litterman(prior, &bad).unwrap_err().code(), "invalid_input");
        let contradicting = Views {
            weights: vec![vec![1.0, 0.0], vec![1.0, 0.0]],
            returns: vec![0.1, 0.2],
            uncertainty: Uncertainty::Omega(vec![vec![0.0; 2]; 2]),
        };
        assert_eq!(black_litterman(prior, &contradicting).unwrap_err().code(), "not_positive_definite");
    }
}
