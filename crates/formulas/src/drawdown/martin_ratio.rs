//! Martin ratio: compound return above the risk-free one, per unit of ulcer index.
//!
//!   M = (CAGR(r) − CAGR(r_f))/UI
//!
//! r: returns per period; r_f: risk-free rate per period; UI: ulcer index over the same series. Undefined for an empty
//! series and where the wealth never fell.
//!
//! Martin, P. and McCann, B. (1989), The Investor's Guide to Fidelity Funds.

use crate::drawdown::ulcer_index;
use crate::returns::annual_return_geometric;
use crate::{PerPeriod, Undefined};

/// Martin ratio of `returns` over `risk_free`.
pub fn martin_ratio(returns: &[f64], risk_free: PerPeriod<'_>, periods_per_year: f64) -> Result<f64, Undefined> {
    let growth = annual_return_geometric(returns, periods_per_year)?.value;
    let index = ulcer_index(returns)?.ulcer;
    if index <= 1e-14 {
        return Err(Undefined::ZeroDenominator { what: "ulcer index" });
    }
    let safe = match risk_free {
        PerPeriod::Constant(rate) => annual_return_geometric(&vec![rate; returns.len()], periods_per_year)?.value,
        PerPeriod::Series(rates) => {
            crate::moments::check_paired(returns, rates)?;
            annual_return_geometric(rates, periods_per_year)?.value
        }
    };
    Ok((growth - safe) / index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // −20 % then +50 % in a year: 20 % of growth over an index of √(0.04/2).
        let value = martin_ratio(&[-0.2, 0.5], PerPeriod::Constant(0.0), 2.0).unwrap();
        assert!((value - 0.2 / 0.02_f64.sqrt()).abs() < 1e-13);
    }

    #[test]
    fn edges() {
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(martin_ratio(&[], zero, 12.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(martin_ratio(&[0.1], zero, 12.0).unwrap_err().code(), "zero_denominator");
        assert_eq!(martin_ratio(&[-0.1], PerPeriod::Series(&[]), 12.0).unwrap_err().code(), "invalid_input");
    }
}
