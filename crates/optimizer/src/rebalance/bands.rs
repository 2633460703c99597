//! Rebalancing to targets when a weight leaves its band.
//!
//!   w_i = v_i/V      drift_i = w_i − t_i      breach: |drift| > band, or |w/t − 1| > band      strictly
//!   to target: trade_i = t_i (V + C) − v_i for all, if any breached or cash flows
//!   to band edge: the least Σ|trade| that puts every weight inside its band; ties: nearest to the targets
//!   buy only: the new cash C fills the largest shortfalls t_i (V + C) − v_i down to one level; nothing is sold
//!   turnover, one way = ½ Σ|trade| / V      cost = rate · Σ|trade| + fee per order, paid from cash
//!
//! Values and trades in one currency, V = Σ v before the cash flow C (negative: cash to raise). Targets sum to 1. Trades
//! sum to C. A drift within float noise (1e-12) of the band is not outside it.
//!
//! Masters, S. (2003), "Rebalancing", Journal of Portfolio Management 29(3). Leland, H. (1999), "Optimal Portfolio
//! Management with Transactions Costs and Capital Gains Taxes".

use super::water_fill;
use crate::Failure;
use crate::failure::check_vector;

/// How far a weight may drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Band {
    /// |w − t|, a fraction of the portfolio.
    Absolute(f64),
    /// |w/t − 1|, a fraction of the target.
    Relative(f64),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All weights to target as soon as one has left its band.
    ToTargetAllIfAnyBreach,
    /// Only as far as the bands ask.
    ToBandEdge,
    /// Buys with new cash only.
    BuyOnly,
}

/// A portfolio to look at.
#[derive(Debug, Clone, Copy)]
pub struct RebalanceRequest<'a> {
    /// Market value of each asset.
    pub values: &'a [f64],
    /// Target weights, sum 1.
    pub targets: &'a [f64],
    /// The band of all weights.
    pub band: Band,
    /// What to do.
    pub mode: Mode,
    /// Cash that comes in (positive) or must be raised (negative).
    pub cash_flow: f64,
    /// Whether a date asks for trades even without a breach.
    pub is_due: bool,
    /// Cost per unit of money traded.
    pub cost_rate: f64,
    /// Cost of each order.
    pub cost_per_order: f64,
}

/// What to trade.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebalance {
    /// w − t of each asset.
    pub drift: Vec<f64>,
    /// Assets outside of their band.
    pub breached: Vec<usize>,
    /// Money to buy (positive) or sell of each asset.
    pub trades: Vec<f64>,
    /// ½ Σ|trade| / V.
    pub turnover_one_way: f64,
    /// Cost of the trades.
    pub cost: f64,
}

/// The trades that `request` calls for.
pub fn rebalance(request: RebalanceRequest<'_>) -> Result<Rebalance, Failure> {
    let total = request.check()?;
    let n = request.values.len();
    let after = total + request.cash_flow;
    let weights: Vec<f64> = request.values.iter().map(|v| if total > 0.0 { v / total } else { 0.0 }).collect();
    let drift: Vec<f64> = weights.iter().zip(request.targets).map(|(w, t)| w - t).collect();
    let breached: Vec<usize> = (0..n)
        .filter(|i| {
            let (low, high) = request.band.edges(request.targets[*i]);
            weights[*i] < low - NOISE || high + NOISE < weights[*i]
        })
        .collect();
    let is_called = !breached.is_empty() || request.is_due || request.cash_flow != 0.0;
    let shortfalls: Vec<f64> = request.targets.iter().zip(request.values).map(|(t, v)| t * after - v).collect();
    let trades = match request.mode {
        _ if !is_called => vec![0.0; n],
        Mode::ToTargetAllIfAnyBreach => shortfalls,
        Mode::ToBandEdge => to_band_edge(&request, after)?,
        Mode::BuyOnly => {
            if request.cash_flow < 0.0 {
                return Err(Failure::Infeasible { conflict: vec!["buy_only".into(), "cash flow".into()] });
            }
            water_fill(&shortfalls, &vec![f64::INFINITY; n], request.cash_flow)?
        }
    };
    let traded: f64 = trades.iter().map(|trade| trade.abs()).sum();
    let orders = trades.iter().filter(|trade| trade.abs() > NOISE * after.max(total)).count();
    let turnover_one_way = if total > 0.0 { traded / total / 2.0 } else { traded / after / 2.0 };
    let cost = request.cost_rate * traded + request.cost_per_order * orders as f64;
    Ok(Rebalance { drift, breached, trades, turnover_one_way, cost })
}

/// A drift this close to the band is on it.
const NOISE: f64 = 1e-12;

impl Band {
    /// Lowest and highest weight inside the band around `target`.
    fn edges(self, target: f64) -> (f64, f64) {
        let width = match self {
            Band::Absolute(width) => width,
            Band::Relative(share) => share * target.abs(),
        };
        (target - width, target + width)
    }
}

impl RebalanceRequest<'_> {
    /// The value before the cash flow.
    fn check(&self) -> Result<f64, Failure> {
        let n = self.values.len();
        if n == 0 {
            return Err(Failure::InsufficientData { needed: 1, found: 0 });
        }
        check_vector(self.values, n, "value")?;
        check_vector(self.targets, n, "target weight")?;
        if (self.targets.iter().sum::<f64>() - 1.0).abs() > 1e-6 {
            return Err(Failure::invalid("target weights must sum to 1; cash is an asset with a target of its own"));
        }
        let (Band::Absolute(width) | Band::Relative(width)) = self.band;
        let not_negative = [(width, "the band"), (self.cost_rate, "the cost rate"), (self.cost_per_order, "the fee")];
        for (value, what) in not_negative {
            if !(value.is_finite() && 0.0 <= value) {
                return Err(Failure::invalid(format!("{what} must be a number of at least 0")));
            }
        }
        let total: f64 = self.values.iter().sum();
        if !(self.cash_flow.is_finite() && total >= 0.0 && total + self.cash_flow > 0.0) {
            return Err(Failure::ZeroDenominator { what: "the value of the portfolio".into() });
        }
        Ok(total)
    }
}

/// To the edges first; what the edges leave over goes where it is missing most, as far as the bands allow.
fn to_band_edge(request: &RebalanceRequest<'_>, after: f64) -> Result<Vec<f64>, Failure> {
    let n = request.values.len();
    let edges: Vec<(f64, f64)> = request
        .targets
        .iter()
        .map(|target| request.band.edges(*target))
        .map(|(low, high)| (low * after, high * after))
        .collect();
    let inside: Vec<f64> = request.values.iter().zip(&edges).map(|(v, (low, high))| v.max(*low).min(*high)).collect();
    let mut trades: Vec<f64> = inside.iter().zip(request.values).map(|(to, from)| to - from).collect();
    let missing = request.cash_flow - trades.iter().sum::<f64>();
    let sign = if missing < 0.0 { -1.0 } else { 1.0 };
    let shortfalls: Vec<f64> = (0..n).map(|i| sign * (request.targets[i] * after - inside[i])).collect();
    let rooms: Vec<f64> =
        (0..n).map(|i| if sign > 0.0 { edges[i].1 - inside[i] } else { inside[i] - edges[i].0 }.max(0.0)).collect();
    let more = water_fill(&shortfalls, &rooms, sign * missing)?;
    trades.iter_mut().zip(&more).for_each(|(trade, more)| *trade += sign * more);
    Ok(trades)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request<'a>(values: &'a [f64], targets: &'a [f64], mode: Mode) -> RebalanceRequest<'a> {
        RebalanceRequest {
            values,
            targets,
            band: Band::Absolute(0.05),
            mode,
            cash_flow: 0.0,
            is_due: false,
            cost_rate: 0.001,
            cost_per_order: 0.0,
        }
    }

    fn close(got: &[f64], expected: &[f64]) {
        crate::test_problems::close(got, expected, 1e-9);
    }

    #[test]
    fn worked_example() {
        let values = [68_000.0, 25_000.0, 7_000.0];
        let targets = [0.6, 0.3, 0.1];
        let all = rebalance(request(&values, &targets, Mode::ToTargetAllIfAnyBreach)).unwrap();
        assert_eq!(all.breached, [0]);
        close(&all.trades, &[-8_000.0, 5_000.0, 3_000.0]);
        assert!((all.turnover_one_way - 0.08).abs() < 1e-15 && (all.cost - 16.0).abs() < 1e-12);
        // 3,000 down to 65 %; they go to the two that lack 5,000 and 3,000: down to 2,500 each.
        let edge = rebalance(request(&values, &targets, Mode::ToBandEdge)).unwrap();
        close(&edge.trades, &[-3_000.0, 2_500.0, 500.0]);
        assert!((edge.turnover_one_way - 0.03).abs() < 1e-15);
        // 6,000 of new cash: shortfalls 6,800 and 3,600 of 106,000 come down to 2,200.
        let new = RebalanceRequest { cash_flow: 6_000.0, ..request(&values, &targets, Mode::BuyOnly) };
        close(&rebalance(new).unwrap().trades, &[0.0, 4_600.0, 1_400.0]);
    }

    #[test]
    fn a_drift_on_the_band_is_no_breach() {
        let values = [55_000.0, 45_000.0];
        let result = rebalance(request(&values, &[0.5, 0.5], Mode::ToTargetAllIfAnyBreach)).unwrap();
        assert!(result.breached.is_empty());
        assert_eq!((result.trades, result.cost), (vec![0.0, 0.0], 0.0));
        let relative =
            RebalanceRequest { band: Band::Relative(0.05), ..request(&values, &[0.5, 0.5], Mode::ToBandEdge) };
        assert_eq!(rebalance(relative).unwrap().breached, [0, 1]);
        let due = RebalanceRequest { is_due: true, ..request(&values, &[0.5, 0.5], Mode::ToTargetAllIfAnyBreach) };
        close(&rebalance(due).unwrap().trades, &[-5_000.0, 5_000.0]);
    }

    #[test]
    fn edges() {
        let sum = rebalance(request(&[1.0, 1.0], &[0.5, 0.6], Mode::BuyOnly)).unwrap_err();
        assert_eq!(sum.code(), "invalid_input");
        let nothing = rebalance(request(&[0.0, 0.0], &[0.5, 0.5], Mode::BuyOnly)).unwrap_err();
        assert_eq!(nothing.code(), "zero_denominator");
        let raise = RebalanceRequest { cash_flow: -1.0, ..request(&[5.0, 5.0], &[0.5, 0.5], Mode::BuyOnly) };
        assert_eq!(rebalance(raise).unwrap_err().code(), "infeasible");
        // The first money of all: everything is bought.
        let first = RebalanceRequest { cash_flow: 100.0, ..request(&[0.0, 0.0], &[0.7, 0.3], Mode::BuyOnly) };
        close(&rebalance(first).unwrap().trades, &[70.0, 30.0]);
        let fees = RebalanceRequest { cost_per_order: 5.0, cost_rate: 0.0, ..first };
        assert_eq!(rebalance(fees).unwrap().cost, 10.0);
    }

    proptest! {
        #[test]
        fn trades_sum_to_the_cash_flow_and_end_inside_the_bands(
            raw in proptest::collection::vec((1.0..100.0f64, 0.01..1.0f64), 2..12),
            flow in -0.2..0.5f64, width in 0.0..0.1f64,
        ) {
            let (values, weights): (Vec<f64>, Vec<f64>) = raw.into_iter().unzip();
            let total: f64 = values.iter().sum();
            let sum: f64 = weights.iter().sum();
            let targets: Vec<f64> = weights.iter().map(|w| w / sum).collect();
            for mode in [Mode::ToTargetAllIfAnyBreach, Mode::ToBandEdge, Mode::BuyOnly] {
                let flow = if mode == Mode::BuyOnly { flow.abs() } else { flow };
                let request = RebalanceRequest {
                    band: Band::Absolute(width),
                    cash_flow: flow * total,
                    ..request(&values, &targets, mode)
                };
                let result = rebalance(request).unwrap();
                prop_assert!((result.trades.iter().sum::<f64>() - flow * total).abs() < 1e-7);
                if mode == Mode::ToBandEdge {
                    let after = total * (1.0 + flow);
                    for i in 0..values.len() {
                        let weight = (values[i] + result.trades[i]) / after;
                        prop_assert!((weight - targets[i]).abs() <= width + 1e-9);
                    }
                }
                if mode == Mode::BuyOnly {
                    prop_assert!(result.trades.iter().all(|trade| *trade >= 0.0));
                }
            }
        }
    }
}
