//! Skewness and excess kurtosis: whether extreme returns are mostly losses, and how frequent they are.
//!
//!   S = m₃ / m₂^(3/2)      K = m₄ / m₂² − 3      m_k = (1/n) Σ (r − mean)^k
//!
//! Population moments. A normal distribution has 0 and 0; a negative skewness means that the large moves were falls.
//! Undefined without dispersion, for fewer than three returns (skewness) and fewer than four (kurtosis).
//!
//! Bacon (2008), ch. 4.

use crate::Undefined;
use crate::moments::{central_sum, check_returns, is_zero_dispersion, mean};

/// Population skewness of `returns`.
pub fn skewness(returns: &[f64]) -> Result<f64, Undefined> {
    let (mean, variance) = dispersion(returns, 3)?;
    Ok(central_sum(returns, mean, 3) / returns.len() as f64 / variance.powf(1.5))
}

/// Population kurtosis of `returns` over that of a normal distribution.
pub fn excess_kurtosis(returns: &[f64]) -> Result<f64, Undefined> {
    let (mean, variance) = dispersion(returns, 4)?;
    Ok(central_sum(returns, mean, 4) / returns.len() as f64 / (variance * variance) - 3.0)
}

fn dispersion(returns: &[f64], needed: usize) -> Result<(f64, f64), Undefined> {
    check_returns(returns)?;
    if returns.len() < needed {
        return Err(Undefined::InsufficientData { needed, found: returns.len() });
    }
    let mean = mean(returns);
    let variance = central_sum(returns, mean, 2) / returns.len() as f64;
    if is_zero_dispersion(variance.sqrt(), mean) {
        return Err(Undefined::ZeroDenominator { what: "variance" });
    }
    Ok((mean, variance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // One gain of 3 against three losses of 1: m₂ = 3, m₃ = 6, m₄ = 21.
        let r = [0.03, -0.01, -0.01, -0.01];
        assert!((skewness(&r).unwrap() - 6.0 / 27.0_f64.sqrt()).abs() < 1e-12);
        assert!((excess_kurtosis(&r).unwrap() - (21.0 / 9.0 - 3.0)).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(skewness(&[0.1, 0.2]).unwrap_err().code(), "insufficient_data");
        assert_eq!(excess_kurtosis(&[0.1, 0.2, 0.3]).unwrap_err().code(), "insufficient_data");
        assert_eq!(skewness(&[0.1; 9]).unwrap_err().code(), "zero_denominator");
    }

    proptest! {
        #[test]
        fn a_mirror_turns_the_skewness(r in proptest::collection::vec(-0.5..0.5f64, 4..40)) {
            let mirrored: Vec<f64> = r.iter().map(|x| -x).collect();
            if let (Ok(a), Ok(b)) = (skewness(&r), skewness(&mirrored)) {
                prop_assert!((a + b).abs() < 1e-9);
                prop_assert!((excess_kurtosis(&r).unwrap() - excess_kurtosis(&mirrored).unwrap()).abs() < 1e-9);
            }
        }
    }
}
