//! Ulcer index: how deep and how long the falls were, taken together. Average drawdown (pain index) beside it.
//!
//!   UI = √(mean d_t²)      average drawdown = mean |d_t|      over the T observations after the start
//!
//! d_t as in the maximum drawdown. Both ≥ 0. Undefined for an empty series.
//!
//! Martin, P. and McCann, B. (1989), The Investor's Guide to Fidelity Funds.

use crate::Undefined;
use crate::drawdown::drawdowns;
use crate::moments::sum;

/// Depth and length of falls in one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UlcerIndex {
    /// Root mean square of the drawdowns.
    pub ulcer: f64,
    /// Mean of the drawdowns as positive numbers.
    pub average_drawdown: f64,
}

/// Ulcer index and average drawdown of wealth compounded from `returns`.
pub fn ulcer_index(returns: &[f64]) -> Result<UlcerIndex, Undefined> {
    let falls = drawdowns(returns)?;
    let n = falls.len() as f64;
    Ok(UlcerIndex {
        ulcer: (sum(falls.iter().map(|d| d * d)) / n).sqrt(),
        average_drawdown: sum(falls.iter().map(|d| d.abs())) / n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // 1 → 0.7 → 0.6 with falls of 0.3 and 0.4: √(0.25/2) and 0.35.
        let index = ulcer_index(&[-0.3, -1.0 / 7.0]).unwrap();
        assert!((index.ulcer - 0.125_f64.sqrt()).abs() < 1e-15);
        assert!((index.average_drawdown - 0.35).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(ulcer_index(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(ulcer_index(&[0.1, 0.1]), Ok(UlcerIndex { ulcer: 0.0, average_drawdown: 0.0 }));
    }
}
