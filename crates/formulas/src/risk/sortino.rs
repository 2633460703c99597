//! Sortino ratio: reward per unit of downside risk.
//!
//!   SR = N · mean(r − MAR) / DD(MAR)
//!
//! r: returns per period; MAR: least acceptable return per period; N periods a year; DD: annualised downside deviation.
//! Undefined for an empty series and where nothing fell short (not infinite).
//!
//! Sortino, F. and Price, L. (1994), Journal of Investing 3(3).

use crate::Undefined;
use crate::moments::{PerPeriod, mean};
use crate::risk::downside_deviation;

/// Annualised Sortino ratio of `returns` against `mar_per_period`.
pub fn sortino(returns: &[f64], mar_per_period: PerPeriod<'_>, periods_per_year: f64) -> Result<f64, Undefined> {
    let downside = downside_deviation(returns, mar_per_period, periods_per_year)?;
    if downside <= 1e-14 {
        return Err(Undefined::ZeroDenominator { what: "downside deviation" });
    }
    Ok(periods_per_year * mean(&mar_per_period.excess(returns)?) / downside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Mean 0.5 %, downside deviation 2.5 % per period: 0.2.
        let value = sortino(&[-0.03, 0.05, -0.04, 0.04], PerPeriod::Constant(0.0), 1.0).unwrap();
        assert!((value - 0.2).abs() < 1e-13);
    }

    #[test]
    fn edges() {
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(sortino(&[], zero, 252.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(sortino(&[0.1, 0.0], zero, 252.0).unwrap_err().code(), "zero_denominator");
    }
}
