//! Sharpe ratio: reward per unit of total risk.
//!
//!   S = mean(r − r_f) / s(r − r_f) · √N      s with n − 1
//!   standard error of S ≈ √((1 + S_p²/2)/n) · √N      S_p the ratio per period
//!
//! r, r_f: return and risk-free rate per period; N periods a year. Undefined for fewer than two returns and for excess
//! returns without dispersion. The standard error assumes that one period's return says nothing about the next.
//!
//! Sharpe, W. F. (1994), "The Sharpe Ratio", Journal of Portfolio Management 21(1).
//! Lo, A. (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4).

use crate::Undefined;
use crate::moments::{PerPeriod, check_returns, mean, standard_deviation};

/// The ratio and how sure the sample lets us be of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpe {
    /// The annualised ratio.
    pub value: f64,
    /// Its standard error after Lo.
    pub standard_error: f64,
    /// Observations used.
    pub n: usize,
}

/// Annualised Sharpe ratio of `returns` over `risk_free`.
pub fn sharpe(returns: &[f64], risk_free: PerPeriod<'_>, periods_per_year: f64) -> Result<Sharpe, Undefined> {
    check_returns(returns)?;
    let excess = risk_free.excess(returns)?;
    let deviation = standard_deviation(&excess, 1)?;
    if deviation == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    let per_period = mean(&excess) / deviation;
    let n = excess.len();
    let error = ((1.0 + per_period * per_period / 2.0) / n as f64).sqrt();
    let scale = periods_per_year.sqrt();
    Ok(Sharpe { value: per_period * scale, standard_error: error * scale, n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Mean 1 %, deviation 1 %: 1 a month, 3.46 a year; error √(1.5/3)·√12.
        let result = sharpe(&[0.0, 0.01, 0.02], PerPeriod::Constant(0.0), 12.0).unwrap();
        assert!((result.value - 12.0_f64.sqrt()).abs() < 1e-12);
        assert!((result.standard_error - 6.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(result.n, 3);
    }

    #[test]
    fn edges() {
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(sharpe(&[0.01], zero, 252.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(sharpe(&[0.01; 50], zero, 252.0).unwrap_err().code(), "zero_denominator");
        let series = [0.001, 0.002, 0.003];
        assert_eq!(sharpe(&series, PerPeriod::Series(&series), 252.0).unwrap_err().code(), "zero_denominator");
    }

    proptest! {
        #[test]
        fn leverage_does_not_matter(r in proptest::collection::vec(-0.1..0.1f64, 5..60), k in 0.1..5.0f64) {
            let levered: Vec<f64> = r.iter().map(|x| x * k).collect();
            let of = |r: &[f64]| sharpe(r, PerPeriod::Constant(0.0), 252.0);
            if let (Ok(a), Ok(b)) = (of(&r), of(&levered)) {
                prop_assert!((a.value - b.value).abs() <= 1e-9 * (1.0 + a.value.abs()));
            }
        }
    }
}
