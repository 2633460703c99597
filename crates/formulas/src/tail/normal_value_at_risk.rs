//! Value at risk and expected shortfall if returns were normal.
//!
//!   VaR = −(hμ + z_α σ√h)      ES = −(hμ − σ√h φ(z_α)/α)
//!
//! μ, σ: mean and deviation per period (n − 1); h periods; z_α the normal quantile of the tail probability. Positive is a
//! loss. √h holds for independent normal returns only. Undefined for fewer than two returns and for α of 1 and more.
//!
//! Jorion, P. (2006), Value at Risk.

use crate::Undefined;
use crate::moments::{check_returns, mean, standard_deviation};
use crate::normal::{normal_density, normal_quantile};

/// Losses over a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalTail {
    /// Value at risk.
    pub value_at_risk: f64,
    /// Expected shortfall.
    pub expected_shortfall: f64,
}

/// Normal value at risk and expected shortfall of `returns` over `horizon` periods.
pub fn normal_value_at_risk(returns: &[f64], tail_probability: f64, horizon: f64) -> Result<NormalTail, Undefined> {
    check_returns(returns)?;
    let deviation = standard_deviation(returns, 1)?;
    let z = normal_quantile(tail_probability).ok_or(Undefined::InvalidInput { what: "tail probability" })?;
    if !(horizon > 0.0 && horizon.is_finite()) {
        return Err(Undefined::InvalidInput { what: "horizon" });
    }
    let (drift, scale) = (horizon * mean(returns), deviation * horizon.sqrt());
    Ok(NormalTail {
        value_at_risk: -(drift + z * scale),
        expected_shortfall: -(drift - scale * normal_density(z) / tail_probability),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Mean 0, deviation 1 %: 1.645 % and 2.063 % at 5 %, twice that over four periods.
        let r = [-0.01, 0.01, 0.0, 0.01, -0.01];
        let (one, four) = (normal_value_at_risk(&r, 0.05, 1.0).unwrap(), normal_value_at_risk(&r, 0.05, 4.0).unwrap());
        assert!((one.value_at_risk - 0.016_448_536_269_514_73).abs() < 1e-14);
        assert!((one.expected_shortfall - 0.020_627_128_075_074_25).abs() < 1e-12);
        assert!((four.value_at_risk - 2.0 * one.value_at_risk).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(normal_value_at_risk(&[0.01], 0.05, 1.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(normal_value_at_risk(&[0.01, 0.02], 1.0, 1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(normal_value_at_risk(&[0.01, 0.02], 0.05, 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(normal_value_at_risk(&[0.01, 0.01], 0.05, 1.0).unwrap().value_at_risk, -0.01);
    }

    proptest! {
        #[test]
        fn the_shortfall_lies_beyond_the_value_at_risk(r in proptest::collection::vec(-0.2..0.2f64, 2..40), alpha in 0.001..0.999f64) {
            let tail = normal_value_at_risk(&r, alpha, 1.0).unwrap();
            prop_assert!(tail.expected_shortfall >= tail.value_at_risk - 1e-12);
        }
    }
}
