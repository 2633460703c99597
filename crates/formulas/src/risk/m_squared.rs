//! M²: the return that the portfolio would have had at the benchmark's volatility.
//!
//!   M² = r_f + SR · σ_b
//!
//! r_f: risk-free rate a year (N times its mean per period); SR: annualised Sharpe ratio; σ_b: annualised volatility of the
//! benchmark. A fraction, to compare with the benchmark's return. Undefined as the Sharpe ratio.
//!
//! Modigliani, F. and Modigliani, L. (1997), Journal of Portfolio Management 23(2).

use crate::Undefined;
use crate::moments::{PerPeriod, check_paired, mean};
use crate::risk::{sharpe, volatility};

/// M² of `returns` against `benchmark`.
pub fn m_squared(
    returns: &[f64],
    benchmark: &[f64],
    risk_free: PerPeriod<'_>,
    periods_per_year: f64,
) -> Result<f64, Undefined> {
    check_paired(returns, benchmark)?;
    let ratio = sharpe(returns, risk_free, periods_per_year)?.value;
    let safe = match risk_free {
        PerPeriod::Constant(rate) => rate,
        PerPeriod::Series(rates) => mean(rates),
    };
    Ok(periods_per_year * safe + ratio * volatility(benchmark, periods_per_year, 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Half the benchmark's volatility, the same mean of 1 %: at its volatility twice as much.
        let (r, b) = ([0.0, 0.01, 0.02], [-0.01, 0.01, 0.03]);
        assert!((m_squared(&r, &b, PerPeriod::Constant(0.0), 1.0).unwrap() - 0.02).abs() < 1e-14);
        // The benchmark's own is its mean return.
        assert!((m_squared(&b, &b, PerPeriod::Constant(0.004), 12.0).unwrap() - 0.12).abs() < 1e-13);
        assert_eq!(m_squared(&[0.1; 3], &b, PerPeriod::Constant(0.0), 1.0).unwrap_err().code(), "zero_denominator");
    }
}
