//! Calmar ratio: compound return per unit of the worst fall.
//!
//!   C = CAGR / |maximum drawdown|      both over the whole series given
//!
//! Undefined for an empty series and where the wealth never fell. State the window beside it: Young used 36 months.
//!
//! Young, T. W. (1991), "Calmar Ratio: A Smoother Tool", Futures 20(1).

use crate::Undefined;
use crate::drawdown::max_drawdown;
use crate::returns::annual_return_geometric;

/// Calmar ratio of `returns`.
pub fn calmar(returns: &[f64], periods_per_year: f64) -> Result<f64, Undefined> {
    let growth = annual_return_geometric(returns, periods_per_year)?.value;
    let depth = max_drawdown(returns)?.depth;
    if depth == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "maximum drawdown" });
    }
    Ok(growth / depth.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // +50 % and −20 % in a year: 20 % of growth, a fall of 20 %.
        assert!((calmar(&[0.5, -0.2], 2.0).unwrap() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn edges() {
        assert_eq!(calmar(&[], 252.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(calmar(&[0.1, 0.0], 252.0).unwrap_err().code(), "zero_denominator");
    }
}
