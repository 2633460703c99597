//! Information ratio: active return per unit of active risk.
//!
//!   IR = N · mean(r − b) / TE
//!
//! r, b: returns of portfolio and benchmark in the same periods; N periods a year; TE: tracking error. Arithmetic active
//! return. Undefined for fewer than two pairs and where the portfolio tracks exactly.
//!
//! Grinold, R. and Kahn, R. (2000), Active Portfolio Management.

use crate::Undefined;
use crate::moments::{PerPeriod, mean};
use crate::risk::tracking_error;

/// Annualised information ratio of `returns` against `benchmark`.
pub fn information_ratio(returns: &[f64], benchmark: &[f64], periods_per_year: f64) -> Result<f64, Undefined> {
    let risk = tracking_error(returns, benchmark, periods_per_year, 1)?;
    if risk == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "tracking error" });
    }
    Ok(periods_per_year * mean(&PerPeriod::Series(benchmark).excess(returns)?) / risk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Active returns of 0 %, 1 % and 2 %: mean 1 %, deviation 1 %; √12 a year on monthly data.
        let value = information_ratio(&[0.01, 0.02, 0.03], &[0.01, 0.01, 0.01], 12.0).unwrap();
        assert!((value - 12.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        let r = [0.01, 0.02, 0.01];
        assert_eq!(information_ratio(&r, &r, 12.0).unwrap_err().code(), "zero_denominator");
        let swapped = information_ratio(&[0.0; 3], &r, 12.0).unwrap();
        assert!((information_ratio(&r, &[0.0; 3], 12.0).unwrap() + swapped).abs() < 1e-14);
    }
}
