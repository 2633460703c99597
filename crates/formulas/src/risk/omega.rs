//! Omega: gains above a threshold per unit of losses below it.
//!
//!   Ω(τ) = Σ max(r − τ, 0)/Σ max(τ − r, 0)
//!
//! r: returns per period; τ: threshold per period. 1 where τ is the mean. Undefined for an empty series and where nothing
//! fell short (not infinite).
//!
//! Keating, C. and Shadwick, W. (2002), Journal of Performance Measurement 6(3).

use crate::Undefined;
use crate::moments::{PerPeriod, check_returns, sum};

/// Omega ratio of `returns` against `threshold`.
pub fn omega(returns: &[f64], threshold: PerPeriod<'_>) -> Result<f64, Undefined> {
    check_returns(returns)?;
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let excess = threshold.excess(returns)?;
    let losses = sum(excess.iter().map(|x| (-x).max(0.0)));
    if losses <= 1e-14 {
        return Err(Undefined::ZeroDenominator { what: "sum of shortfalls" });
    }
    Ok(sum(excess.iter().map(|x| x.max(0.0))) / losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 6 % gained, 2 % lost.
        assert!((omega(&[0.04, -0.02, 0.02], PerPeriod::Constant(0.0)).unwrap() - 3.0).abs() < 1e-12);
        assert_eq!(omega(&[0.1], PerPeriod::Constant(0.0)).unwrap_err().code(), "zero_denominator");
        assert_eq!(omega(&[], PerPeriod::Constant(0.0)).unwrap_err().code(), "insufficient_data");
    }

    proptest! {
        #[test]
        fn one_at_the_mean(r in proptest::collection::vec(-0.5..0.5f64, 2..40)) {
            let mean = r.iter().sum::<f64>() / r.len() as f64;
            if let Ok(value) = omega(&r, PerPeriod::Constant(mean)) {
                prop_assert!((value - 1.0).abs() < 1e-6);
            }
        }
    }
}
