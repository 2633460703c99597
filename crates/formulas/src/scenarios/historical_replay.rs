//! Historical replay: what the portfolio of today would have done between two closes of the past.
//!
//!   asset i: P_end/P_start − 1      buy and hold: Σ w_i·(P_end/P_start − 1)
//!   path V_t/V_0 = 1 − Σw + Σ w_i·P_{i,t}/P_{i,0}      maximum drawdown = min_t V_t/max_{s≤t} V_s − 1 (≤ 0)
//!
//! P: total-return prices in the base currency, one row per close; w: weights of the start, the rest is cash without
//! interest. Rebalanced, the weights are restored at each close named, and an asset's contribution is the sum of its
//! gains as fractions of the first value. Contributions sum to the return. A missing price is the caller's to fill by a
//! stated proxy: nothing is dropped and renormalised here. Undefined for fewer than two closes and for prices that are
//! not positive; a path that falls to zero or below ends at −100 % and stays there.

use crate::Undefined;
use crate::moments::sum;

/// Result of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoricalReplay {
    /// Return of the portfolio.
    pub total_return: f64,
    /// Worst fall from a peak on the path, the start included.
    pub max_drawdown: f64,
    /// Return of each asset.
    pub asset_returns: Vec<f64>,
    /// Part of each asset in the return.
    pub contributions: Vec<f64>,
    /// Value at each close, 1 at the first.
    pub path: Vec<f64>,
}

/// When the weights are restored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rebalancing<'a> {
    /// Never: buy and hold.
    Never,
    /// At every close.
    Always,
    /// At the closes at which this is true.
    At(&'a [bool]),
}

/// Replays rows of `prices` (closes × assets) with `weights`.
pub fn historical_replay(
    prices: &[Vec<f64>],
    weights: &[f64],
    rebalancing: Rebalancing<'_>,
) -> Result<HistoricalReplay, Undefined> {
    if prices.len() < 2 {
        return Err(Undefined::InsufficientData { needed: 2, found: prices.len() });
    }
    if weights.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if let Some(row) = prices.iter().find(|row| row.len() != weights.len()) {
        return Err(Undefined::LengthMismatch { left: row.len(), right: weights.len() });
    }
    if prices.iter().flatten().any(|price| !(price.is_finite() && *price > 0.0)) {
        return Err(Undefined::InvalidInput { what: "prices" });
    }
    if weights.iter().any(|weight| !weight.is_finite()) {
        return Err(Undefined::InvalidInput { what: "weights" });
    }
    let restores = |close: usize| match rebalancing {
        Rebalancing::Never => false,
        Rebalancing::Always => true,
        Rebalancing::At(closes) => closes.get(close).copied().unwrap_or(false),
    };
    let n = weights.len();
    // Value held in each asset, as fractions of the first value of the portfolio.
    let mut held = weights.to_vec();
    let mut contributions = vec![0.0; n];
    let (mut start, mut path) = (prices[0].as_slice(), vec![1.0]);
    let mut base = held.clone();
    let mut value_at_base = 1.0;
    for (close, row) in prices.iter().enumerate().skip(1) {
        for i in 0..n {
            held[i] = base[i] * (row[i] / start[i]);
        }
        let gain = sum((0..n).map(|i| base[i] * (row[i] / start[i] - 1.0)));
        let value = value_at_base + gain;
        if value <= 0.0 {
            // Ruin: what follows cannot be traded.
            for i in 0..n {
                contributions[i] += held[i] - base[i];
            }
            path.resize(prices.len(), 0.0);
            break;
        }
        path.push(value);
        if restores(close) || close + 1 == prices.len() {
            for i in 0..n {
                contributions[i] += held[i] - base[i];
            }
            base = weights.iter().map(|weight| weight * value).collect();
            (start, value_at_base) = (row, value);
        }
    }
    let (first, last) = (&prices[0], &prices[prices.len() - 1]);
    Ok(HistoricalReplay {
        total_return: path[path.len() - 1] - 1.0,
        max_drawdown: max_drawdown(&path),
        asset_returns: first.iter().zip(last).map(|(a, b)| b / a - 1.0).collect(),
        contributions,
        path,
    })
}

fn max_drawdown(path: &[f64]) -> f64 {
    let (mut peak, mut worst) = (path[0], 0.0_f64);
    for value in path {
        peak = peak.max(*value);
        worst = worst.min(value / peak - 1.0);
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Half each: −50 % then back, and flat then +20 %. Held: 0.75, then 1.1.
        let prices = [vec![100.0, 10.0], vec![50.0, 10.0], vec![100.0, 12.0]];
        let found = historical_replay(&prices, &[0.5, 0.5], Rebalancing::Never).unwrap();
        assert!((found.total_return - 0.1).abs() < 1e-15);
        assert!((found.max_drawdown + 0.25).abs() < 1e-15);
        assert!(found.contributions[0].abs() < 1e-15 && (found.contributions[1] - 0.1).abs() < 1e-15);
        // Rebalanced at 0.75: each 0.375, then +100 % and +20 %.
        let daily = historical_replay(&prices, &[0.5, 0.5], Rebalancing::Always).unwrap();
        assert!((daily.total_return - 0.2).abs() < 1e-15);
        assert!((daily.contributions[0] - 0.125).abs() < 1e-15 && (daily.contributions[1] - 0.075).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let code = |p: &[Vec<f64>], w: &[f64]| historical_replay(p, w, Rebalancing::Never).unwrap_err().code();
        assert_eq!(code(&[vec![1.0]], &[1.0]), "insufficient_data");
        assert_eq!(code(&[vec![1.0], vec![0.0]], &[1.0]), "invalid_input");
        assert_eq!(code(&[vec![1.0, 1.0], vec![1.0, 2.0]], &[1.0]), "invalid_input");
        assert_eq!(code(&[vec![1.0], vec![2.0]], &[f64::NAN]), "invalid_input");
        // A short that doubles and more.
        let ruin = historical_replay(&[vec![1.0], vec![2.5], vec![1.0]], &[-1.0], Rebalancing::Never).unwrap();
        assert_eq!((ruin.total_return, ruin.max_drawdown, ruin.path), (-1.0, -1.0, vec![1.0, 0.0, 0.0]));
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_return(
            p in proptest::collection::vec(0.5..2.0f64, 24), w in proptest::collection::vec(0.0..0.33f64, 3),
        ) {
            let prices: Vec<Vec<f64>> = p.chunks(3).map(<[f64]>::to_vec).collect();
            let marks = [false, false, true, false, false, true, false, false];
            for rebalancing in [Rebalancing::Never, Rebalancing::Always, Rebalancing::At(&marks)] {
                let found = historical_replay(&prices, &w, rebalancing).unwrap();
                prop_assert!((found.contributions.iter().sum::<f64>() - found.total_return).abs() < 1e-12);
                prop_assert!(-1.0 <= found.max_drawdown && found.max_drawdown <= 0.0f64.min(found.total_return));
            }
            let held = historical_replay(&prices, &w, Rebalancing::Never).unwrap();
            let plain: f64 = held.asset_returns.iter().zip(&w).map(|(r, w)| r * w).sum();
            prop_assert!((held.total_return - plain).abs() < 1e-12);
        }
    }
}
