//! Batting average: how frequently the portfolio beat its benchmark.
//!
//!   share of periods with r > b
//!
//! Between 0 and 1; a tie is no win. Undefined for no period.
//!
//! Bacon (2008), ch. 4.

use crate::Undefined;
use crate::moments::{check_paired, check_returns};

/// Batting average of `returns` against `benchmark`.
pub fn batting_average(returns: &[f64], benchmark: &[f64]) -> Result<f64, Undefined> {
    check_paired(returns, benchmark)?;
    check_returns(returns)?;
    check_returns(benchmark)?;
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let wins = returns.iter().zip(benchmark).filter(|(r, b)| r > b).count();
    Ok(wins as f64 / returns.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        assert_eq!(batting_average(&[0.1, 0.0, 0.2, -0.1], &[0.0, 0.0, 0.1, 0.0]), Ok(0.5));
        assert_eq!(batting_average(&[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(batting_average(&[0.1], &[]).unwrap_err().code(), "invalid_input");
    }
}
