//! Maximum Sharpe ratio: the portfolio with the highest expected return above the risk-free rate per unit of risk.
//!
//!   max (μ − r_f)'w / √(w'Σw)      solved as  min y'Σy,  (μ − r_f)'y = 1,  y = κw, κ ≥ 0; every limit times κ
//!
//! Infeasible when no asset, or no permitted portfolio, is expected to earn more than r_f. Unbounded when a riskless
//! portfolio is, or when ever larger long and short positions keep improving the ratio. Multipliers are the rise of the
//! ratio per unit of relief. A ratio of estimates: show its sensitivity and the equal-weight portfolio beside it
//! (DeMiguel, Garlappi & Uppal 2009).
//!
//! Cornuéjols, G. & Tütüncü, R. (2006), Optimization Methods in Finance, ch. 8.

use super::common_risk;
use crate::constraints::Constraints;
use crate::formulation::{Formulation, check_expected};
use crate::portfolio::Portfolio;
use crate::program::Row;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;
use crate::{Failure, selection};

/// The name in a conflict of the condition that something earns more than the risk-free rate.
const EXCESS: &str = "expected_return above rf";

/// The portfolio of the highest Sharpe ratio for expected returns `expected` and risk-free rate `risk_free`.
pub fn max_sharpe(
    expected: &[f64],
    risk_free: f64,
    risk: &RiskModel,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    check_expected(expected, constraints.n())?;
    if !risk_free.is_finite() {
        return Err(Failure::invalid("the risk-free rate is not a finite number"));
    }
    let excess: Vec<f64> = expected.iter().map(|mean| mean - risk_free).collect();
    let largest = excess.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest <= 0.0 {
        return Err(Failure::Infeasible { conflict: vec![EXCESS.into()] });
    }
    let sharpe = |weights: &[f64]| dot(&excess, weights) / risk.volatility(weights);
    let solve = |constraints: &Constraints| one(&excess, risk, constraints);
    let portfolio = selection::search(constraints, solve, |weights| -sharpe(weights))?;
    if risk.variance(&portfolio.weights) <= 1e-14 * risk.mean_variance() {
        return Err(Failure::Unbounded);
    }
    Ok(portfolio)
}

fn one(excess: &[f64], risk: &RiskModel, constraints: &Constraints) -> Result<Portfolio, Failure> {
    let mut formulation = Formulation::new(constraints, Some(risk))?;
    formulation.add_variance(2.0, None)?;
    formulation.scale_objective();
    formulation.homogenise();
    let unit = excess.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let entries = excess.iter().enumerate().filter(|(_, value)| **value != 0.0).map(|(i, value)| (i, value / unit));
    formulation.program.equalities.push(Row { entries: entries.collect(), bound: 1.0 });
    let common = common_risk(risk);
    let scale = risk.mean_variance();
    formulation.program.promise =
        excess.iter().zip(&common).map(|(excess, common)| -excess / common.max(1e-6 * scale).max(1e-300)).collect();
    // With f = y'Σy the ratio is unit/√f, so a fall of f by df raises it by unit·df/(2f^1.5); relief of δ counts κδ.
    let price = |weights: &[f64], kappa: f64| {
        let variance = risk.variance(weights) * kappa * kappa;
        if variance > 0.0 { unit * kappa / (2.0 * variance.powf(1.5)) } else { 0.0 }
    };
    formulation.solve_with(price).map_err(|failure| match failure {
        Failure::Infeasible { conflict } if conflict.is_empty() => {
            Failure::Infeasible { conflict: vec![EXCESS.into()] }
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symmetric;
    use crate::test_problems::{close, names, random_covariance};

    fn two() -> RiskModel {
        RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap()).unwrap()
    }

    #[test]
    fn worked_example() {
        // Weights as excess over variance: 0.06/0.04 to 0.03/0.01, 1:2.
        let portfolio = max_sharpe(&[0.08, 0.05], 0.02, &two(), &Constraints::long_only(names(2))).unwrap();
        close(&portfolio.weights, &[1.0 / 3.0, 2.0 / 3.0], 1e-9);
    }

    #[test]
    fn edges() {
        let constraints = Constraints::long_only(names(2));
        let failure = max_sharpe(&[0.01, 0.02], 0.02, &two(), &constraints).unwrap_err();
        assert_eq!(failure, Failure::Infeasible { conflict: vec![EXCESS.into()] });
        // The one asset above the rate may not be held.
        let mut without = constraints.clone();
        without.upper[0] = 0.0;
        let failure = max_sharpe(&[0.08, 0.01], 0.02, &two(), &without).unwrap_err();
        assert_eq!(failure.code(), "infeasible");
        let cash = RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap()).unwrap();
        assert_eq!(max_sharpe(&[0.08, 0.03], 0.02, &cash, &constraints).unwrap_err(), Failure::Unbounded);
        // Cash at the rate itself changes nothing and is not held.
        close(&max_sharpe(&[0.08, 0.02], 0.02, &cash, &constraints).unwrap().weights, &[1.0, 0.0], 1e-8);
    }

    #[test]
    fn a_cap_costs_what_its_multiplier_says() {
        let risk = RiskModel::dense(random_covariance(6, 3)).unwrap();
        let expected = [0.08, 0.05, 0.11, 0.06, 0.09, 0.04];
        let at = |cap: f64| {
            let mut constraints = Constraints::long_only(names(6));
            constraints.upper = vec![cap; 6];
            constraints.upper[2] = cap;
            max_sharpe(&expected, 0.02, &risk, &constraints).unwrap()
        };
        let ratio = |weights: &[f64]| (dot(&expected, weights) - 0.02) / risk.volatility(weights);
        let portfolio = at(0.25);
        let promised: f64 =
            portfolio.constraints.iter().filter(|c| c.name.starts_with("max_weight")).map(|c| c.multiplier).sum();
        let gained = ratio(&at(0.25 + 1e-5).weights) - ratio(&portfolio.weights);
        assert!(promised > 0.0 && (gained / 1e-5 - promised).abs() < 1e-3 * promised, "{gained} {promised}");
    }
}
