//! Trades in whole lots: what can really be ordered of what should be traded.
//!
//!   sells: nearest whole number of lots, never more than held · buys: `integer_lots` with what cash allows
//!   cash after fees = cash + sells − buys − rate·Σ|trade| − fee·orders ≥ buffer
//!
//! Sells come first, buys are cut back to the cash there is: the buffer is never touched.

use crate::Failure;
use crate::failure::check_vector;
use crate::integer_lots::{LotProblem, integer_lots};

/// Orders in whole lots.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeLotTrades {
    /// Shares to buy (positive) or sell of each asset.
    pub shares: Vec<f64>,
    /// Money of each order.
    pub trades: Vec<f64>,
    /// Cost of all orders.
    pub cost: f64,
    /// Cash afterwards.
    pub cash_after: f64,
    /// Σ |ordered − wished|.
    pub gap: f64,
}

/// What whole lots cost and leave.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Price of one share of each asset.
    pub prices: &'a [f64],
    /// Shares in a lot of each asset.
    pub lot_sizes: &'a [f64],
    /// Shares held of each asset.
    pub held: &'a [f64],
    /// Cash at hand, new money included.
    pub cash: f64,
    /// Cash that must stay.
    pub buffer: f64,
    /// Cost per unit of money traded.
    pub cost_rate: f64,
    /// Cost of each order.
    pub cost_per_order: f64,
}

/// Orders in whole lots that come nearest to `wished` (money of each asset).
pub fn whole_lots(wished: &[f64], market: Market<'_>) -> Result<WholeLotTrades, Failure> {
    let n = wished.len();
    check_vector(wished, n, "trade")?;
    check_vector(market.prices, n, "price")?;
    check_vector(market.lot_sizes, n, "lot size")?;
    check_vector(market.held, n, "holding")?;
    if market.prices.iter().chain(market.lot_sizes).any(|value| *value <= 0.0) {
        return Err(Failure::invalid("prices and lot sizes must be above 0"));
    }
    for value in [market.cost_rate, market.cost_per_order] {
        if !(value.is_finite() && 0.0 <= value) {
            return Err(Failure::invalid("costs must be at least 0"));
        }
    }
    if !(market.cash.is_finite() && market.buffer.is_finite()) {
        return Err(Failure::invalid("cash and buffer must be finite numbers"));
    }
    let mut shares = vec![0.0; n];
    let mut cash = market.cash;
    for i in (0..n).filter(|i| wished[*i] < 0.0) {
        let lot = market.prices[i] * market.lot_sizes[i];
        let held = (market.held[i] / market.lot_sizes[i] + 1e-9).floor().max(0.0);
        let lots = (-wished[i] / lot).round().min(held);
        if lots > 0.0 {
            shares[i] = -lots * market.lot_sizes[i];
            cash += lots * lot * (1.0 - market.cost_rate) - market.cost_per_order;
        }
    }
    let buys: Vec<usize> = (0..n).filter(|i| wished[*i] > 0.0).collect();
    let total: f64 = buys.iter().map(|i| wished[*i]).sum();
    let fees = market.cost_per_order * buys.len() as f64;
    let budget = (((cash - market.buffer - fees) / (1.0 + market.cost_rate)).min(total)).max(0.0);
    if budget > 0.0 {
        let pick = |values: &[f64]| buys.iter().map(|i| values[*i]).collect::<Vec<_>>();
        let targets: Vec<f64> = buys.iter().map(|i| wished[*i] / total).collect();
        let problem =
            LotProblem { targets: &targets, prices: &pick(market.prices), budget, lot_sizes: &pick(market.lot_sizes) };
        let bought = integer_lots(problem)?;
        buys.iter().zip(&bought.shares).for_each(|(i, count)| shares[*i] = *count);
    }
    let trades: Vec<f64> = shares.iter().zip(market.prices).map(|(shares, price)| shares * price).collect();
    let traded: f64 = trades.iter().map(|trade| trade.abs()).sum();
    let orders = trades.iter().filter(|trade| **trade != 0.0).count() as f64;
    let cost = market.cost_rate * traded + market.cost_per_order * orders;
    let cash_after = market.cash - trades.iter().sum::<f64>() - cost;
    let gap = trades.iter().zip(wished).map(|(done, wished)| (done - wished).abs()).sum();
    Ok(WholeLotTrades { shares, trades, cost, cash_after, gap })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Sell 1,000 of a share at 300: 3. Buy for the 900 at 70: 12, with 60 left.
        let market = Market {
            prices: &[300.0, 70.0],
            lot_sizes: &[1.0, 1.0],
            held: &[10.0, 0.0],
            cash: 0.0,
            buffer: 0.0,
            cost_rate: 0.0,
            cost_per_order: 0.0,
        };
        let result = whole_lots(&[-1000.0, 1000.0], market).unwrap();
        assert_eq!(result.shares, [-3.0, 12.0]);
        assert_eq!((result.cash_after, result.cost), (60.0, 0.0));
        let held = Market { held: &[2.0, 0.0], ..market };
        assert_eq!(whole_lots(&[-1000.0, 1000.0], held).unwrap().shares, [-2.0, 8.0]);
    }

    proptest! {
        #[test]
        fn the_buffer_stays(
            raw in proptest::collection::vec((-5000.0..5000.0f64, 5.0..400.0f64, 0.0..50.0f64), 1..10),
            cash in 0.0..5000.0f64,
        ) {
            let wished: Vec<f64> = raw.iter().map(|row| row.0).collect();
            let prices: Vec<f64> = raw.iter().map(|row| row.1).collect();
            let held: Vec<f64> = raw.iter().map(|row| row.2.floor()).collect();
            let market = Market {
                prices: &prices, lot_sizes: &vec![1.0; raw.len()], held: &held, cash,
                buffer: 0.1 * cash, cost_rate: 0.001, cost_per_order: 0.0,
            };
            let result = whole_lots(&wished, market).unwrap();
            prop_assert!(result.cash_after >= 0.1 * cash - 1e-6);
            for i in 0..raw.len() {
                prop_assert!(-result.shares[i] <= held[i]);
                prop_assert!(result.shares[i] * wished[i] >= 0.0);
            }
        }
    }
}
