//! Downside deviation: how far returns fall short of the least acceptable one, per year.
//!
//!   DD = √( (1/n) Σ min(r − MAR, 0)² ) · √N
//!
//! r: n returns per period; MAR: least acceptable return per period; N periods a year. All observations count in n, also
//! those without a shortfall. ≥ 0. Undefined for an empty series.
//!
//! Sortino, F. and van der Meer, R. (1991), Journal of Portfolio Management 17(4). Sortino and Price (1994).

use crate::Undefined;
use crate::moments::{PerPeriod, check_returns, sum};

/// Annualised downside deviation of `returns` against `mar_per_period`.
pub fn downside_deviation(
    returns: &[f64],
    mar_per_period: PerPeriod<'_>,
    periods_per_year: f64,
) -> Result<f64, Undefined> {
    check_returns(returns)?;
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let excess = mar_per_period.excess(returns)?;
    let squares = sum(excess.iter().map(|x| x.min(0.0).powi(2)));
    Ok((squares / excess.len() as f64).sqrt() * periods_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // Shortfalls of 3 % and 4 % in four months: √(0.0025/4) = 2.5 %.
        let value = downside_deviation(&[-0.03, 0.05, -0.04, 0.0], PerPeriod::Constant(0.0), 1.0).unwrap();
        assert!((value - 0.025).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(downside_deviation(&[], zero, 12.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(downside_deviation(&[0.1, 0.2], zero, 12.0), Ok(0.0));
        assert_eq!(downside_deviation(&[-0.1], PerPeriod::Series(&[]), 12.0).unwrap_err().code(), "invalid_input");
    }
}
