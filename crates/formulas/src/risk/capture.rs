//! Capture: how much of the benchmark's rises and falls the portfolio took part in.
//!
//!   capture = G(r)/G(b), G(x) = ∏(1 + x)^(N/k) − 1 over the k periods with b > 0 (up) or b < 0 (down)
//!   mean ratio = mean(r)/mean(b) over the same periods
//!
//! r, b: returns in the same periods; N periods a year. A period with b = 0 is in neither. Annualised from daily returns
//! the numbers are large: state them on monthly data. Undefined side by side for no up (down) period.
//!
//! Morningstar, "Upside/Downside Capture Ratio". CFA Institute, level III.

use crate::Undefined;
use crate::moments::{check_paired, check_returns, mean};
use crate::returns::annual_return_geometric;

/// Capture in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptureSide {
    /// Ratio of annualised compound returns.
    pub geometric_annualised: f64,
    /// Ratio of arithmetic means.
    pub mean_ratio: f64,
}

/// Capture in both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// Where the benchmark rose.
    pub up: Result<CaptureSide, Undefined>,
    /// Where it fell.
    pub down: Result<CaptureSide, Undefined>,
    /// Periods in which it rose.
    pub up_periods: usize,
    /// Periods in which it fell.
    pub down_periods: usize,
}

/// Capture of `returns` against `benchmark`.
pub fn capture(returns: &[f64], benchmark: &[f64], periods_per_year: f64) -> Result<Capture, Undefined> {
    check_paired(returns, benchmark)?;
    check_returns(returns)?;
    check_returns(benchmark)?;
    let side = |chosen: fn(f64) -> bool| {
        let pairs = returns.iter().zip(benchmark).filter(|(_, b)| chosen(**b));
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let ratio = || {
            let (portfolio, whole) = (
                annual_return_geometric(&r, periods_per_year)?.value,
                annual_return_geometric(&b, periods_per_year)?.value,
            );
            if whole == 0.0 {
                return Err(Undefined::ZeroDenominator { what: "return of the benchmark" });
            }
            if !(whole.is_finite() && portfolio.is_finite()) {
                return Err(Undefined::InvalidInput { what: "size of the returns" });
            }
            Ok(CaptureSide { geometric_annualised: portfolio / whole, mean_ratio: mean(&r) / mean(&b) })
        };
        (ratio(), b.len())
    };
    let ((up, up_periods), (down, down_periods)) = (side(|b| b > 0.0), side(|b| b < 0.0));
    Ok(Capture { up, down, up_periods, down_periods })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Up years 10 % against 20 %, down years −5 % against −10 %: half of either; the flat year counts in neither.
        let result = capture(&[0.1, -0.05, 0.3], &[0.2, -0.1, 0.0], 1.0).unwrap();
        assert!((result.up.clone().unwrap().geometric_annualised - 0.5).abs() < 1e-12);
        assert!((result.down.clone().unwrap().mean_ratio - 0.5).abs() < 1e-12);
        assert_eq!((result.up_periods, result.down_periods), (1, 1));
    }

    #[test]
    fn edges() {
        let rising = capture(&[0.1], &[0.1], 12.0).unwrap();
        assert_eq!(rising.down.unwrap_err().code(), "insufficient_data");
        assert_eq!(capture(&[0.1], &[], 12.0).unwrap_err().code(), "invalid_input");
        assert_eq!(capture(&[], &[], 12.0).unwrap().up.unwrap_err().code(), "insufficient_data");
    }

    proptest! {
        #[test]
        fn the_benchmark_captures_itself(b in proptest::collection::vec(-0.1..0.1f64, 2..40)) {
            let result = capture(&b, &b, 12.0).unwrap();
            for side in [result.up, result.down].into_iter().flatten() {
                prop_assert!((side.geometric_annualised - 1.0).abs() < 1e-9 && (side.mean_ratio - 1.0).abs() < 1e-12);
            }
        }
    }
}
