//! Treynor ratio: reward per unit of risk that the benchmark shares.
//!
//!   T = N · mean(r − r_f)/β
//!
//! r, r_f: return and risk-free rate per period; N periods a year; β against the benchmark. Undefined as beta, and for a
//! beta of zero.
//!
//! Treynor, J. (1965), "How to Rate Management of Investment Funds", Harvard Business Review 43(1).

use crate::Undefined;
use crate::moments::{PerPeriod, mean};
use crate::risk::alpha_beta;

/// Treynor ratio of `returns` against `benchmark`.
pub fn treynor(
    returns: &[f64],
    benchmark: &[f64],
    risk_free: PerPeriod<'_>,
    periods_per_year: f64,
) -> Result<f64, Undefined> {
    let beta = alpha_beta(returns, benchmark, risk_free, periods_per_year)?.beta;
    if beta.abs() <= 1e-12 {
        return Err(Undefined::ZeroDenominator { what: "beta" });
    }
    Ok(periods_per_year * mean(&risk_free.excess(returns)?) / beta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Beta 2, mean excess 0.5 % a month: 3 % a year per unit of beta.
        let b = [0.01, -0.01, 0.02, -0.02];
        let r: Vec<f64> = b.iter().map(|b| 2.0 * b + 0.005).collect();
        assert!((treynor(&r, &b, PerPeriod::Constant(0.0), 12.0).unwrap() - 0.03).abs() < 1e-12);
        assert_eq!(treynor(&[0.01; 4], &b, PerPeriod::Constant(0.0), 12.0).unwrap_err().code(), "zero_denominator");
        assert_eq!(treynor(&[], &[], PerPeriod::Constant(0.0), 12.0).unwrap_err().code(), "insufficient_data");
    }
}
