//! Value at risk and expected shortfall corrected for skewness and fat tails (Cornish–Fisher).
//!
//!   z_cf = z + (z² − 1)S/6 + (z³ − 3z)K/24 − (2z³ − 5z)S²/36      VaR = −(μ + σ z_cf)
//!   ES = −(μ + σ E[z_cf(Z) | Z < z])      with h = φ(z)/α: E[Z] = −h, E[Z²] = 1 − zh, E[Z³] = −(z² + 2)h
//!
//! μ, σ: mean and deviation (n − 1); S, K: population skewness and excess kurtosis; z the normal quantile of α. `monotone`
//! tells whether z_cf rises with z everywhere (K/8 − S²/6 > 0 and (S/3)² < 4(K/8 − S²/6)(1 − K/8 + 5S²/36)); outside, it
//! is no quantile, and the historical value should be the headline. The shortfall is the mean of the same quantile, not
//! the Edgeworth form. Undefined for fewer than four returns, without dispersion, and for α of 1 and more.
//!
//! Favre, L. and Galeano, J. (2002), Journal of Alternative Investments 5(2). Maillard, D. (2012), "A User's Guide to the
//! Cornish Fisher Expansion".

use crate::Undefined;
use crate::moments::{mean, standard_deviation};
use crate::normal::{normal_density, normal_quantile};
use crate::risk::{excess_kurtosis, skewness};

/// Corrected quantile and losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CornishFisher {
    /// The corrected quantile.
    pub z_cf: f64,
    /// Whether the correction is a quantile function.
    pub monotone: bool,
    /// Value at risk.
    pub value_at_risk: f64,
    /// Expected shortfall.
    pub expected_shortfall: f64,
}

/// Cornish–Fisher value at risk and expected shortfall of `returns`.
pub fn cornish_fisher(returns: &[f64], tail_probability: f64) -> Result<CornishFisher, Undefined> {
    let (s, k) = (skewness(returns)?, excess_kurtosis(returns)?);
    let z = normal_quantile(tail_probability).ok_or(Undefined::InvalidInput { what: "tail probability" })?;
    let (mean, deviation) = (mean(returns), standard_deviation(returns, 1)?);
    let corrected = |first: f64, second: f64, third: f64| {
        first + (second - 1.0) * s / 6.0 + (third - 3.0 * first) * k / 24.0 - (2.0 * third - 5.0 * first) * s * s / 36.0
    };
    let z_cf = corrected(z, z * z, z * z * z);
    let h = normal_density(z) / tail_probability;
    let tail_mean = corrected(-h, 1.0 - z * h, -(z * z + 2.0) * h);
    let curvature = k / 8.0 - s * s / 6.0;
    Ok(CornishFisher {
        z_cf,
        monotone: curvature > 0.0 && (s / 3.0).powi(2) < 4.0 * curvature * (1.0 - k / 8.0 + 5.0 * s * s / 36.0),
        value_at_risk: -(mean + z_cf * deviation),
        expected_shortfall: -(mean + deviation * tail_mean),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // −1, −1, 1, 1 and six zeros (%): no skewness, kurtosis 2.5 − 3 = −0.5; z_cf = z − (z³ − 3z)/48.
        let mut r = vec![-0.01, -0.01, 0.01, 0.01];
        r.extend([0.0; 6]);
        let result = cornish_fisher(&r, 0.05).unwrap();
        let z = normal_quantile(0.05).unwrap();
        assert!((result.z_cf - (z - (z.powi(3) - 3.0 * z) / 48.0)).abs() < 1e-12);
        assert!(!result.monotone);
    }

    #[test]
    fn edges() {
        assert_eq!(cornish_fisher(&[0.1, 0.2, 0.3], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(cornish_fisher(&[0.1; 9], 0.05).unwrap_err().code(), "zero_denominator");
        assert_eq!(cornish_fisher(&[0.1, 0.2, 0.3, 0.5], 1.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn the_shortfall_is_the_mean_of_the_quantile(r in proptest::collection::vec(-0.1..0.1f64, 20..60), alpha in 0.01..0.2f64) {
            // Against the midpoint rule on the quantiles of the tail.
            let result = cornish_fisher(&r, alpha).unwrap();
            let steps = 2_000;
            let (s, k) = (skewness(&r).unwrap(), excess_kurtosis(&r).unwrap());
            let quantile = |p: f64| {
                let z = normal_quantile(p).unwrap();
                z + (z * z - 1.0) * s / 6.0 + (z.powi(3) - 3.0 * z) * k / 24.0 - (2.0 * z.powi(3) - 5.0 * z) * s * s / 36.0
            };
            let total: f64 = (0..steps).map(|i| quantile(alpha * (f64::from(i) + 0.5) / f64::from(steps))).sum();
            let numeric = -(mean(&r) + standard_deviation(&r, 1).unwrap() * total / f64::from(steps));
            prop_assert!((result.expected_shortfall - numeric).abs() < 1e-3 * (1.0 + numeric.abs()), "{} {}", result.expected_shortfall, numeric);
        }
    }
}
