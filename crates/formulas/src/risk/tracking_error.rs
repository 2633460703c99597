//! Tracking error: how far the return scatters around that of the benchmark, per year.
//!
//!   TE = s(r − b) · √N      s with n − 1
//!
//! r, b: returns of portfolio and benchmark in the same periods; N periods a year. ≥ 0; 0 for identical series.
//! Undefined for fewer than two pairs.
//!
//! Grinold, R. and Kahn, R. (2000), Active Portfolio Management.

use crate::Undefined;
use crate::moments::{PerPeriod, check_returns, standard_deviation};

/// Annualised tracking error of `returns` against `benchmark`.
pub fn tracking_error(
    returns: &[f64],
    benchmark: &[f64],
    periods_per_year: f64,
    ddof: usize,
) -> Result<f64, Undefined> {
    check_returns(returns)?;
    check_returns(benchmark)?;
    let active = PerPeriod::Series(benchmark).excess(returns)?;
    Ok(standard_deviation(&active, ddof)? * periods_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Ahead by 1 %, behind by 1 %: a deviation of √2 % a period.
        let value = tracking_error(&[0.02, 0.01], &[0.01, 0.02], 12.0, 1).unwrap();
        assert!((value - 0.01 * 24.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let r = [0.01, -0.02, 0.03];
        assert_eq!(tracking_error(&r, &r, 252.0, 1), Ok(0.0));
        assert_eq!(tracking_error(&[0.1], &[0.2], 252.0, 1).unwrap_err().code(), "insufficient_data");
        assert_eq!(tracking_error(&r, &r[..2], 252.0, 1).unwrap_err().code(), "invalid_input");
    }
}
