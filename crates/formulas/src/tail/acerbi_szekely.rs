//! Acerbi's and Székely's second test: were the losses beyond the value at risk as large as the expected shortfall said?
//!
//!   Z₂ = Σ_t r_t·1(r_t < −VaR_t)/(T α ES_t) + 1
//!
//! r: returns; VaR, ES: forecasts as positive losses; α the tail probability. 0 is expected; clearly below 0 (−0.7 at 5 %
//! significance, for a wide range of tails) says that risk was understated. Undefined for no return and for ES of zero
//! and below.
//!
//! Acerbi, C. and Székely, B. (2014), "Backtesting Expected Shortfall", Risk.

use crate::Undefined;
use crate::moments::{check_paired, check_returns, sum};

/// Z₂ of `returns` against forecasts.
pub fn acerbi_szekely_z2(
    returns: &[f64],
    value_at_risk: &[f64],
    expected_shortfall: &[f64],
    tail_probability: f64,
) -> Result<f64, Undefined> {
    check_paired(returns, value_at_risk)?;
    check_paired(returns, expected_shortfall)?;
    check_returns(returns)?;
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if !(0.0 < tail_probability && tail_probability < 1.0) {
        return Err(Undefined::InvalidInput { what: "tail probability" });
    }
    if expected_shortfall.iter().any(|es| *es <= 0.0) {
        return Err(Undefined::ZeroDenominator { what: "expected shortfall" });
    }
    let rows = returns.iter().zip(value_at_risk).zip(expected_shortfall);
    let total = sum(rows.filter(|((r, var), _)| **r < -**var).map(|((r, _), es)| r / es));
    Ok(total / (returns.len() as f64 * tail_probability) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // One exceedance in 20 days at 5 %, as large as foreseen: 0. Twice as large: −1.
        let mut r = vec![0.01; 20];
        r[7] = -0.03;
        let z = |r: &[f64]| acerbi_szekely_z2(r, &[0.02; 20], &[0.03; 20], 0.05).unwrap();
        assert!(z(&r).abs() < 1e-12);
        r[7] = -0.06;
        assert!((z(&r) - -1.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(acerbi_szekely_z2(&[], &[], &[], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(acerbi_szekely_z2(&[0.1], &[0.1], &[0.0], 0.05).unwrap_err().code(), "zero_denominator");
        assert_eq!(acerbi_szekely_z2(&[0.1], &[0.1], &[], 0.05).unwrap_err().code(), "invalid_input");
        // Nothing exceeded: risk overstated.
        assert_eq!(acerbi_szekely_z2(&[0.1], &[0.1], &[0.2], 0.05), Ok(1.0));
    }
}
