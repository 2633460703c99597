//! Mean absolute deviation: how far a return typically lies from the mean.
//!
//!   MAD = (1/n) Σ |r − mean(r)|
//!
//! Per period, not annualised. ≥ 0. Undefined for an empty series.
//!
//! Bacon (2008), ch. 4.

use crate::Undefined;
use crate::moments::{check_returns, mean, sum};

/// Mean absolute deviation of `returns`.
pub fn mean_absolute_deviation(returns: &[f64]) -> Result<f64, Undefined> {
    check_returns(returns)?;
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let mean = mean(returns);
    Ok(sum(returns.iter().map(|r| (r - mean).abs())) / returns.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::volatility;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 1, 2 and 6 % lie 2, 1 and 3 % from their mean.
        assert!((mean_absolute_deviation(&[0.01, 0.02, 0.06]).unwrap() - 0.02).abs() < 1e-15);
        assert_eq!(mean_absolute_deviation(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(mean_absolute_deviation(&[0.3]), Ok(0.0));
    }

    proptest! {
        #[test]
        fn never_above_the_standard_deviation(r in proptest::collection::vec(-0.5..0.5f64, 1..40)) {
            let population = volatility(&r, 1.0, 0).unwrap();
            prop_assert!(mean_absolute_deviation(&r).unwrap() <= population + 1e-12);
        }
    }
}
