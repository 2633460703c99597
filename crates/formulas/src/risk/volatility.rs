//! Volatility: how far returns scatter around their mean, per year.
//!
//!   σ = s(r) · √N      s with n − 1
//!
//! r: n returns per period; N periods a year (252 weekdays, 12 months). ≥ 0. Scaling by √N assumes that one period's
//! return says nothing about the next. Undefined for fewer than two returns. A constant series has 0.
//!
//! CFA Institute, Quantitative Methods, level I.

use crate::Undefined;
use crate::moments::{check_returns, standard_deviation};

/// Annualised sample standard deviation of `returns`; `ddof` is 1 except for a whole population.
pub fn volatility(returns: &[f64], periods_per_year: f64, ddof: usize) -> Result<f64, Undefined> {
    check_returns(returns)?;
    Ok(standard_deviation(returns, ddof)? * periods_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // +1 % and −1 % scatter by √2 % a day: 22.45 % a year.
        let value = volatility(&[0.01, -0.01], 252.0, 1).unwrap();
        assert!((value - 0.01 * 2.0_f64.sqrt() * 252.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(volatility(&[], 252.0, 1), Err(Undefined::InsufficientData { needed: 2, found: 0 }));
        assert_eq!(volatility(&[0.1], 252.0, 1), Err(Undefined::InsufficientData { needed: 2, found: 1 }));
        assert_eq!(volatility(&[0.001; 100], 252.0, 1), Ok(0.0));
        assert_eq!(volatility(&[0.1, f64::NAN], 252.0, 1), Err(Undefined::InvalidReturn { index: 1 }));
    }

    proptest! {
        #[test]
        fn scales_and_ignores_shifts(r in proptest::collection::vec(-0.1..0.1f64, 2..60), k in 0.1..5.0f64, b in -0.1..0.1f64) {
            let moved: Vec<f64> = r.iter().map(|x| x * k + b).collect();
            let (a, m) = (volatility(&r, 252.0, 1).unwrap(), volatility(&moved, 252.0, 1).unwrap());
            prop_assert!((m - a * k).abs() <= 1e-9 * (1.0 + m));
        }
    }
}
