//! Risk parity: every asset contributes a given share of the portfolio's risk.
//!
//!   w_i (Σw)_i / w'Σw = b_i      found as  min ½x'Σx − Σ b_i ln x_i,  w = x/Σx      b > 0, Σb = 1
//!
//! The problem is strictly convex, so the long-only solution is unique. Solved by Newton steps with a line search on the
//! correlation matrix (x in units of 1/σ). Undefined for an asset without variance: it cannot contribute.
//!
//! Maillard, S., Roncalli, T. & Teïletche, J. (2010), Journal of Portfolio Management 36(4). Spinu, F. (2013), "An Algorithm
//! for Computing Risk Parity Weights".

use crate::Failure;
use crate::failure::check_vector;
use crate::symmetric::Symmetric;

/// Weights whose risk contributions are `budgets` (fractions of 1).
pub fn risk_parity(covariance: &Symmetric, budgets: &[f64]) -> Result<Vec<f64>, Failure> {
    let n = covariance.n();
    check_vector(budgets, n, "risk budget")?;
    if budgets.iter().any(|budget| *budget <= 0.0) || (budgets.iter().sum::<f64>() - 1.0).abs() > 1e-6 {
        return Err(Failure::invalid("risk budgets must be above 0 and sum to 1"));
    }
    let deviations = deviations(covariance)?;
    let mut values = Vec::with_capacity(n * n);
    for i in 0..n {
        values.extend((0..n).map(|j| covariance.at(i, j) / (deviations[i] * deviations[j])));
    }
    let correlation = Symmetric::new(n, values)?;

    let mut x: Vec<f64> = budgets.iter().map(|budget| budget.sqrt()).collect();
    let variance = correlation.quadratic(&x);
    if variance <= 0.0 {
        return Err(Failure::NotPositiveDefinite);
    }
    x.iter_mut().for_each(|x| *x /= variance.sqrt());
    let mut residual = f64::INFINITY;
    for _ in 0..100 {
        let risk = correlation.times(&x);
        let gap = (0..n).map(|i| (x[i] * risk[i] - budgets[i]).abs()).fold(0.0, f64::max);
        // Rounding ends the descent a little above nothing.
        if gap <= 1e-15 || (gap <= 1e-12 && gap >= residual) {
            break;
        }
        residual = gap;
        x = newton_step(&correlation, budgets, &x, &risk).ok_or(Failure::NotConverged { residual })?;
    }
    let risk = correlation.times(&x);
    let residual = (0..n).map(|i| (x[i] * risk[i] - budgets[i]).abs()).fold(0.0, f64::max);
    let mut weights: Vec<f64> = x.iter().zip(&deviations).map(|(x, deviation)| x / deviation).collect();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    let is_solved = residual <= 1e-9 && weights.iter().all(|weight| weight.is_finite());
    if is_solved { Ok(weights) } else { Err(Failure::NotConverged { residual: residual.min(f64::MAX) }) }
}

fn newton_step(correlation: &Symmetric, budgets: &[f64], x: &[f64], risk: &[f64]) -> Option<Vec<f64>> {
    let n = x.len();
    let curvature: Vec<f64> = (0..n).map(|i| budgets[i] / (x[i] * x[i])).collect();
    let gradient: Vec<f64> = (0..n).map(|i| risk[i] - budgets[i] / x[i]).collect();
    let step = correlation.solve_with_diagonal(&curvature, &gradient)?;
    let value = |x: &[f64]| {
        let barrier: f64 = budgets.iter().zip(x).map(|(budget, x)| budget * x.ln()).sum();
        0.5 * correlation.quadratic(x) - barrier
    };
    let (start, slope) = (value(x), crate::symmetric::dot(&gradient, &step));
    let mut length = 1.0;
    // Stay inside x > 0, then as far as the objective really falls.
    for i in 0..n {
        if step[i] > 0.0 {
            length = f64::min(length, 0.95 * x[i] / step[i]);
        }
    }
    loop {
        let next: Vec<f64> = x.iter().zip(&step).map(|(x, step)| x - length * step).collect();
        if slope < 1e-14 || value(&next) <= start - 1e-4 * length * slope {
            return Some(next);
        }
        length /= 2.0;
        if length < 1e-12 {
            return None;
        }
    }
}

/// Standard deviations; an asset without any has no place in a portfolio that shares out risk.
pub(crate) fn deviations(covariance: &Symmetric) -> Result<Vec<f64>, Failure> {
    let variances = covariance.diagonal();
    let largest = variances.iter().copied().fold(0.0, f64::max);
    match variances.iter().position(|variance| *variance <= 1e-20 * largest || *variance <= 0.0) {
        Some(index) if variances[index] < 0.0 => Err(Failure::NotPositiveDefinite),
        Some(index) => Err(Failure::ZeroDenominator { what: format!("the variance of asset {index}") }),
        None => Ok(variances.iter().map(|variance| variance.sqrt()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, random_covariance};
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Uncorrelated, 20 % and 10 %, equal shares: weights as the inverse volatilities, 1:2.
        let covariance = Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap();
        close(&risk_parity(&covariance, &[0.5, 0.5]).unwrap(), &[1.0 / 3.0, 2.0 / 3.0], 1e-14);
        let one = Symmetric::new(1, vec![0.04]).unwrap();
        assert_eq!(risk_parity(&one, &[1.0]).unwrap(), [1.0]);
    }

    #[test]
    fn edges() {
        let cash = Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(risk_parity(&cash, &[0.5, 0.5]).unwrap_err().code(), "zero_denominator");
        let covariance = random_covariance(3, 1);
        assert_eq!(risk_parity(&covariance, &[0.5, 0.5, 0.5]).unwrap_err().code(), "invalid_input");
        assert_eq!(risk_parity(&covariance, &[0.5, 0.5, 0.0]).unwrap_err().code(), "invalid_input");
        // Two that cancel each other have no risk to share.
        let hedge = Symmetric::new(2, vec![0.04, -0.04, -0.04, 0.04]).unwrap();
        assert!(risk_parity(&hedge, &[0.5, 0.5]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn contributions_are_the_budgets(n in 2usize..40, seed in 0u64..1000) {
            let covariance = random_covariance(n, seed);
            let mut uniform = crate::test_problems::uniforms(seed + 1);
            let raw: Vec<f64> = (0..n).map(|_| 0.02 + uniform()).collect();
            let total: f64 = raw.iter().sum();
            let budgets: Vec<f64> = raw.iter().map(|b| b / total).collect();
            let weights = risk_parity(&covariance, &budgets).unwrap();
            let risk = covariance.times(&weights);
            let variance = covariance.quadratic(&weights);
            for i in 0..n {
                prop_assert!(weights[i] > 0.0);
                prop_assert!((weights[i] * risk[i] / variance - budgets[i]).abs() < 1e-11);
            }
        }
    }
}
