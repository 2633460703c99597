//! Tax-aware rebalancing: how far to go back to target when selling costs tax.
//!
//!   min Σ_l tax_l s_l + c (Σ s_l + Σ b_i) + λ √((w−t)'Σ(w−t))      in fractions of the portfolio
//!   w_i = (v_i + b_i − Σ_{l of i} s_l)/V, 0 ≤ s_l ≤ lot, b_i ≥ 0, Σ b − Σ s = cash flow, any further constraints on w
//!   tax_l = rate_l · (1 − basis_l/value_l): negative for a loss, which is a relief
//!
//! λ: what a unit of tracking error to the targets is worth, e.g. 1 for "a percent of tracking error costs a percent". An
//! asset at or below its target may only be bought and one above only be sold, so a lot sold at a loss is not bought back
//! (no wash sale inside the proposal). Without a covariance the tracking error is the Euclidean distance of weights.
//!
//! Constantinides, G. (1983), Econometrica 51(3). Leland, H. (1999).

use crate::constraints::Constraints;
use crate::failure::check_vector;
use crate::formulation::{Formulation, tracking};
use crate::portfolio::Portfolio;
use crate::program::Row;
use crate::risk_model::RiskModel;
use crate::{Failure, Symmetric};

/// A lot that may be sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaxLot {
    /// Which asset.
    pub asset: usize,
    /// Its market value, > 0.
    pub market_value: f64,
    /// Its cost basis.
    pub cost_basis: f64,
    /// Tax rate on its gain: short or long term, as a fraction.
    pub tax_rate: f64,
}

/// Targets and prices of the goals against each other.
#[derive(Debug, Clone, Copy)]
pub struct TaxPolicy<'a> {
    /// Target weights, sum 1.
    pub targets: &'a [f64],
    /// Cost per unit of money traded.
    pub cost_rate: f64,
    /// λ ≥ 0.
    pub tracking_error_price: f64,
    /// Cash that comes in (positive) or must be raised.
    pub cash_flow: f64,
}

/// What to trade.
#[derive(Debug, Clone, PartialEq)]
pub struct TaxAwareRebalance {
    /// Money to buy (positive) or sell of each asset.
    pub trades: Vec<f64>,
    /// Money to sell of each lot, in the order given.
    pub sales: Vec<f64>,
    /// Tax on the sales; negative is a relief.
    pub tax: f64,
    /// Cost of the trades.
    pub cost: f64,
    /// Tracking error to the targets that remains.
    pub tracking_error: f64,
    /// The portfolio afterwards, with its constraints.
    pub portfolio: Portfolio,
}

/// The best trades for `lots`, which are the whole portfolio. `constraints` speak of the weights afterwards.
pub fn tax_aware(
    lots: &[TaxLot],
    policy: TaxPolicy<'_>,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<TaxAwareRebalance, Failure> {
    let n = constraints.n();
    let (values, total, after) = check(lots, &policy, n)?;
    let distance;
    let risk = match risk {
        Some(risk) => risk,
        None => {
            distance = RiskModel::dense(Symmetric::from_diagonal(&vec![1.0; n])?)?;
            &distance
        }
    };
    if constraints.counts_positions() {
        return Err(Failure::invalid("tax-aware rebalancing cannot count positions or trades"));
    }
    let mut formulation = Formulation::new(constraints, Some(risk))?;
    let buys = formulation.program.add_variables(n);
    let sales = formulation.program.add_variables(lots.len());
    let gain = |lot: &TaxLot| 1.0 - lot.cost_basis / lot.market_value;
    for (i, value) in values.iter().enumerate() {
        // What is above target may only be sold, unless cash must be placed somewhere.
        let may_buy = *value < policy.targets[i] * after;
        let mut entries = vec![(i, 1.0), (buys + i, -1.0)];
        for (l, lot) in lots.iter().enumerate().filter(|(_, lot)| lot.asset == i) {
            entries.push((sales + l, 1.0));
            let most = if may_buy { 0.0 } else { lot.market_value / after };
            formulation.program.inequalities.push(Row { entries: vec![(sales + l, -1.0)], bound: 0.0 });
            formulation.program.inequalities.push(Row { entries: vec![(sales + l, 1.0)], bound: most });
            formulation.program.linear[sales + l] = lot.tax_rate * gain(lot) + policy.cost_rate;
        }
        formulation.program.equalities.push(Row { entries, bound: value / after });
        formulation.program.inequalities.push(Row { entries: vec![(buys + i, -1.0)], bound: 0.0 });
        if !may_buy {
            formulation.program.inequalities.push(Row { entries: vec![(buys + i, 1.0)], bound: 0.0 });
        }
        formulation.program.linear[buys + i] = policy.cost_rate;
    }
    formulation.add_deviation(policy.tracking_error_price, policy.targets)?;
    formulation.prefer_least_norm(1.0);
    let (portfolio, x) = formulation.solve_raw()?;
    let clean = |value: f64| if value.abs() < 1e-9 { 0.0 } else { value.max(0.0) * after };
    let sales: Vec<f64> = (0..lots.len()).map(|l| clean(x[sales + l]).min(lots[l].market_value)).collect();
    let mut trades: Vec<f64> = (0..n).map(|i| clean(x[buys + i])).collect();
    lots.iter().zip(&sales).for_each(|(lot, sold)| trades[lot.asset] -= sold);
    let traded: f64 = sales.iter().sum::<f64>() + trades.iter().map(|trade| trade.max(0.0)).sum::<f64>();
    debug_assert!((trades.iter().sum::<f64>() - policy.cash_flow).abs() <= 1e-5 * total.max(after));
    Ok(TaxAwareRebalance {
        tax: lots.iter().zip(&sales).map(|(lot, sold)| lot.tax_rate * gain(lot) * sold).sum(),
        cost: policy.cost_rate * traded,
        tracking_error: tracking(risk, &portfolio.weights, policy.targets),
        trades,
        sales,
        portfolio,
    })
}

/// Value of each asset, of all, and of all after the cash flow.
fn check(lots: &[TaxLot], policy: &TaxPolicy<'_>, n: usize) -> Result<(Vec<f64>, f64, f64), Failure> {
    check_vector(policy.targets, n, "target weight")?;
    if (policy.targets.iter().sum::<f64>() - 1.0).abs() > 1e-6 {
        return Err(Failure::invalid("target weights must sum to 1; cash is an asset with a target of its own"));
    }
    for lot in lots {
        let is_sound = lot.asset < n
            && lot.market_value.is_finite()
            && lot.market_value > 0.0
            && lot.cost_basis.is_finite()
            && (0.0..=1.0).contains(&lot.tax_rate);
        if !is_sound {
            return Err(Failure::invalid("a lot needs a known asset, a value above 0, a basis and a rate from 0 to 1"));
        }
    }
    for value in [policy.cost_rate, policy.tracking_error_price] {
        if !(value.is_finite() && 0.0 <= value) {
            return Err(Failure::invalid("cost rate and price of tracking error must be at least 0"));
        }
    }
    let mut values = vec![0.0; n];
    lots.iter().for_each(|lot| values[lot.asset] += lot.market_value);
    let total: f64 = values.iter().sum();
    if !(policy.cash_flow.is_finite() && total + policy.cash_flow > 0.0) {
        return Err(Failure::ZeroDenominator { what: "the value of the portfolio".into() });
    }
    Ok((values, total, total + policy.cash_flow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, names};

    fn lots() -> [TaxLot; 3] {
        // Asset 0 in two lots, one at a loss; asset 1 in one.
        [
            TaxLot { asset: 0, market_value: 40.0, cost_basis: 20.0, tax_rate: 0.2 },
            TaxLot { asset: 0, market_value: 30.0, cost_basis: 36.0, tax_rate: 0.2 },
            TaxLot { asset: 1, market_value: 30.0, cost_basis: 30.0, tax_rate: 0.2 },
        ]
    }

    fn policy(price: f64) -> TaxPolicy<'static> {
        TaxPolicy { targets: &[0.5, 0.5], cost_rate: 0.001, tracking_error_price: price, cash_flow: 0.0 }
    }

    #[test]
    fn worked_example() {
        // 20 must go; the lot at a loss goes first, and gives relief of 20·0.2·0.2 = 0.8.
        let result = tax_aware(&lots(), policy(1.0), None, &Constraints::long_only(names(2))).unwrap();
        close(&result.trades, &[-20.0, 20.0], 1e-3);
        close(&result.sales, &[0.0, 20.0, 0.0], 1e-3);
        assert!((result.tax + 0.8).abs() < 1e-4 && (result.cost - 0.04).abs() < 1e-5);
    }

    #[test]
    fn a_gain_is_realised_only_if_tracking_error_is_dear() {
        let gain = [
            TaxLot { asset: 0, market_value: 70.0, cost_basis: 35.0, tax_rate: 0.3 },
            TaxLot { asset: 1, market_value: 30.0, cost_basis: 30.0, tax_rate: 0.3 },
        ];
        let long = Constraints::long_only(names(2));
        // Selling one unit costs 15 % tax and 0.2 % cost, and saves √2·λ of distance.
        close(&tax_aware(&gain, policy(0.05), None, &long).unwrap().trades, &[0.0, 0.0], 1e-4);
        close(&tax_aware(&gain, policy(0.5), None, &long).unwrap().trades, &[-20.0, 20.0], 1e-2);
        // New cash is placed without selling.
        let cash = TaxPolicy { cash_flow: 10.0, ..policy(0.05) };
        close(&tax_aware(&gain, cash, None, &long).unwrap().trades, &[0.0, 10.0], 1e-4);
    }

    #[test]
    fn an_infeasible_policy_is_an_error_with_its_conflict() {
        let mut constraints = Constraints::long_only(names(2));
        constraints.upper = vec![0.4, 0.4];
        let failure = tax_aware(&lots(), policy(1.0), None, &constraints).unwrap_err();
        assert_eq!(failure, Failure::Infeasible { conflict: vec!["sum".into(), "max_weight".into()] });
    }
}
