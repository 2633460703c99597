//! Compound annual return of a series of periodic returns: the constant yearly rate that ends at the same wealth.
//!
//!   CAGR = ∏(1 + r)^(N/n) − 1      arithmetic annual = N · mean(r)
//!
//! r: n returns per period; N periods a year (252 daily, 12 monthly). Undefined for an empty series and for returns
//! below −100 %. A wealth of zero gives −100 %.
//!
//! CFA Institute, Quantitative Methods, level I.

use crate::Undefined;
use crate::moments::{check_returns, mean};
use crate::returns::link;

/// Annual returns of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnnualReturn {
    /// Compound annual return.
    pub value: f64,
    /// Return over the whole series.
    pub cumulative: f64,
    /// Mean return times periods per year.
    pub arithmetic_annual: f64,
}

/// Annual returns of `returns` with `periods_per_year` periods in a year.
pub fn annual_return_geometric(returns: &[f64], periods_per_year: f64) -> Result<AnnualReturn, Undefined> {
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    check_returns(returns)?;
    let cumulative = link(returns.iter().copied());
    let value = (1.0 + cumulative).powf(periods_per_year / returns.len() as f64) - 1.0;
    Ok(AnnualReturn { value, cumulative, arithmetic_annual: periods_per_year * mean(returns) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Two half years of 10 %: 21 % over the year, 20 % by the arithmetic mean.
        let annual = annual_return_geometric(&[0.1, 0.1], 2.0).unwrap();
        assert!((annual.value - 0.21).abs() < 1e-15);
        assert!((annual.cumulative - 0.21).abs() < 1e-15);
        assert!((annual.arithmetic_annual - 0.2).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(annual_return_geometric(&[], 12.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(annual_return_geometric(&[0.1, -1.5], 12.0), Err(Undefined::InvalidReturn { index: 1 }));
        assert_eq!(annual_return_geometric(&[0.1, -1.0], 12.0).unwrap().value, -1.0);
    }
}
