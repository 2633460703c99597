//! Beta through time: the sensitivity to the benchmark over the last `window` periods, or with weights that fade.
//!
//!   rolling   β_t = cov(r, b)/var(b) over periods t − window + 1 … t
//!   fading    β = Σ w (r − r̄)(b − b̄)/Σ w (b − b̄)²   w ∝ λ^(age), means weighted alike   effective n = 1/Σw²
//!
//! Each window is computed afresh from its own means, so that no error builds up. None for a window without scatter of
//! the benchmark; undefined for a window of less than two periods or longer than the series.
//!
//! RiskMetrics (1996), Technical Document, 4th ed.

use crate::Undefined;
use crate::moments::{check_paired, is_zero_dispersion, mean, sum};

/// One beta per full window, the first for periods 0 … window − 1.
pub fn rolling_beta(returns: &[f64], benchmark: &[f64], window: usize) -> Result<Vec<Option<f64>>, Undefined> {
    check_paired(returns, benchmark)?;
    if window < 2 || returns.len() < window {
        return Err(Undefined::InsufficientData { needed: window.max(2), found: returns.len() });
    }
    let pairs = returns.windows(window).zip(benchmark.windows(window));
    Ok(pairs
        .map(|(r, b)| {
            let (r_mean, b_mean) = (mean(r), mean(b));
            let variance = sum(b.iter().map(|b| (b - b_mean).powi(2)));
            let covariance = sum(r.iter().zip(b).map(|(r, b)| (r - r_mean) * (b - b_mean)));
            let deviation = (variance / (window - 1) as f64).sqrt();
            (!is_zero_dispersion(deviation, b_mean)).then(|| covariance / variance).filter(|beta| beta.is_finite())
        })
        .collect())
}

/// Beta with weights that fade by `lambda` per period, and the number of equal observations that carry as much.
pub fn ewma_beta(returns: &[f64], benchmark: &[f64], lambda: f64) -> Result<(f64, f64), Undefined> {
    check_paired(returns, benchmark)?;
    if !(0.0 < lambda && lambda <= 1.0) {
        return Err(Undefined::InvalidInput { what: "lambda" });
    }
    let n = returns.len();
    if n < 2 {
        return Err(Undefined::InsufficientData { needed: 2, found: n });
    }
    let raw: Vec<f64> = (0..n).map(|t| lambda.powf((n - 1 - t) as f64)).collect();
    let total = sum(raw.iter().copied());
    let weights: Vec<f64> = raw.iter().map(|w| w / total).collect();
    let weighted = |values: &[f64]| sum(weights.iter().zip(values).map(|(w, v)| w * v));
    let (r_mean, b_mean) = (weighted(returns), weighted(benchmark));
    let variance = sum(weights.iter().zip(benchmark).map(|(w, b)| w * (b - b_mean).powi(2)));
    if is_zero_dispersion(variance.sqrt(), b_mean) {
        return Err(Undefined::ZeroDenominator { what: "variance of the benchmark" });
    }
    let rows = weights.iter().zip(returns).zip(benchmark);
    let covariance = sum(rows.map(|((w, r), b)| w * (r - r_mean) * (b - b_mean)));
    Ok((covariance / variance, 1.0 / sum(weights.iter().map(|w| w * w))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::ols;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Twice the benchmark, then half of it.
        let b = [0.01, -0.01, 0.02, -0.02];
        let betas = rolling_beta(&[0.02, -0.02, 0.01, -0.01], &b, 2).unwrap();
        assert!((betas[0].unwrap() - 2.0).abs() < 1e-12 && (betas[2].unwrap() - 0.5).abs() < 1e-12);
        let (beta, n) = ewma_beta(&[0.02, -0.02, 0.04, -0.04], &b, 1.0).unwrap();
        assert!((beta - 2.0).abs() < 1e-12 && (n - 4.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(rolling_beta(&[0.1; 3], &[0.1, 0.2, 0.3], 4).unwrap_err().code(), "insufficient_data");
        assert_eq!(rolling_beta(&[0.1, 0.2], &[0.1, 0.1], 2).unwrap(), [None]);
        assert_eq!(ewma_beta(&[0.1, 0.2], &[0.1, 0.1], 0.94).unwrap_err().code(), "zero_denominator");
        assert_eq!(ewma_beta(&[0.1, 0.2], &[0.1, 0.2], 1.1).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn each_window_is_a_regression(rows in proptest::collection::vec((-0.1..0.1f64, -0.1..0.1f64), 5..30)) {
            let (r, b): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let betas = rolling_beta(&r, &b, 5).unwrap();
            prop_assert_eq!(betas.len(), r.len() - 4);
            for (start, beta) in betas.iter().enumerate() {
                let fit = ols(&r[start..start + 5], &[b[start..start + 5].to_vec()], true).unwrap();
                prop_assert!((beta.unwrap() - fit.beta[1]).abs() < 1e-8 * (1.0 + fit.beta[1].abs()));
            }
        }
    }
}
