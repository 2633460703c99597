//! Newey–West standard errors: honest about residuals that scatter unevenly and depend on the ones before.
//!
//!   V = (X'X)⁻¹ S (X'X)⁻¹      S = Γ₀ + Σ_{l=1..L} (1 − l/(L+1)) (Γ_l + Γ_l')      Γ_l = Σ_t u_t u_{t−l} x_t x'_{t−l}
//!
//! u: residuals of ordinary least squares; L lags; Bartlett's weights keep V positive semidefinite. L = 0 is White's
//! HC0. No small-sample factor unless asked for: n/(n − k). t-statistics are compared with the normal distribution.
//! Undefined as ordinary least squares; where the residuals vanish there is no t.
//!
//! Newey, W. and West, K. (1987), Econometrica 55(3). Andrews, D. (1991), Econometrica 59(3).

use crate::normal::normal_probability;
use crate::regression::Ols;

/// Robust standard errors of a fitted equation.
#[derive(Debug, Clone, PartialEq)]
pub struct NeweyWest {
    /// One per coefficient.
    pub std_error: Vec<f64>,
    /// β/SE; none where the standard error is zero.
    pub t_stat: Vec<Option<f64>>,
    /// Probability of a |t| as large by chance, from the normal distribution.
    pub p_value: Vec<Option<f64>>,
    /// L.
    pub lags: usize,
}

/// Newey–West standard errors of `fit` with `lags` lags.
pub fn newey_west(fit: &Ols, lags: usize, small_sample_correction: bool) -> NeweyWest {
    let (n, k) = (fit.nobs, fit.beta.len());
    // x_t u_t, row by row, so that each lag is one pass over memory in order.
    let scores: Vec<f64> = (0..n).flat_map(|t| (0..k).map(move |j| fit.design[j][t] * fit.residuals[t])).collect();
    // Beyond the sample there is nothing to weight.
    let weights: Vec<f64> =
        (1..=lags.min(n.saturating_sub(1))).map(|lag| 1.0 - lag as f64 / (lags as f64 + 1.0)).collect();
    let (mut now, mut past) = (vec![0.0; k * k], vec![0.0; k * k]);
    let mut weighted = vec![0.0; k];
    for (t, score) in scores.chunks_exact(k).enumerate() {
        // The weighted past first, then one outer product with it: L·k + 2k² steps instead of L·k².
        weighted.fill(0.0);
        for (weight, before) in weights.iter().zip(scores[..t * k].rchunks_exact(k)) {
            weighted.iter_mut().zip(before).for_each(|(sum, s)| *sum += weight * s);
        }
        for (i, s) in score.iter().enumerate() {
            for j in 0..k {
                now[i * k + j] += s * score[j];
                past[i * k + j] += s * weighted[j];
            }
        }
    }
    let middle: Vec<f64> = (0..k * k).map(|at| now[at] + past[at] + past[at % k * k + at / k]).collect();
    let factor = if small_sample_correction { n as f64 / (n - k) as f64 } else { 1.0 };
    let std_error: Vec<f64> = (0..k)
        .map(|j| {
            let row = &fit.inverse[j];
            let variance: f64 =
                (0..k).map(|a| row[a] * (0..k).map(|b| middle[a * k + b] * row[b]).sum::<f64>()).sum::<f64>();
            if fit.residual_std == 0.0 { 0.0 } else { (variance.max(0.0) * factor).sqrt() }
        })
        .collect();
    let t_stat: Vec<Option<f64>> =
        (0..k).map(|j| (std_error[j] > 0.0).then(|| fit.beta[j] / std_error[j]).filter(|t| t.is_finite())).collect();
    let p_value = t_stat.iter().map(|t| t.map(|t| 2.0 * normal_probability(-t.abs()))).collect();
    NeweyWest { std_error, t_stat, p_value, lags }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::ols;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // A mean of 1, 3, 1, 3: residuals −1, 1, −1, 1. No lag: √4/4 = 0.5. One lag: 4 + 2·½·(−3) = 1, √1/4 = 0.25.
        let fit = ols(&[1.0, 3.0, 1.0, 3.0], &[], true).unwrap();
        assert!((newey_west(&fit, 0, false).std_error[0] - 0.5).abs() < 1e-14);
        assert!((newey_west(&fit, 1, false).std_error[0] - 0.25).abs() < 1e-14);
        let corrected = newey_west(&fit, 0, true).std_error[0];
        assert!((corrected - 0.5 * (4.0_f64 / 3.0).sqrt()).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn agrees_with_the_double_sum(rows in proptest::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 6..25), lags in 0usize..8) {
            let (y, x): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let fit = ols(&y, &[x], true).unwrap();
            let fast = newey_west(&fit, lags, false);
            // Straight from the definition: all pairs of observations, weighted by their distance.
            let n = fit.nobs;
            for j in 0..2 {
                let mut variance = 0.0;
                for s in 0..n {
                    for t in 0..n {
                        let distance = s.abs_diff(t);
                        if distance <= lags {
                            let score = |t: usize| fit.residuals[t] * (0..2).map(|a| fit.inverse[j][a] * fit.design[a][t]).sum::<f64>();
                            variance += (1.0 - distance as f64 / (lags as f64 + 1.0)) * score(s) * score(t);
                        }
                    }
                }
                prop_assert!((fast.std_error[j] - variance.max(0.0).sqrt()).abs() < 1e-9);
            }
        }
    }
}
