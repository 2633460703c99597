//! Mean-variance utility: expected return less a price for risk and for trading.
//!
//!   max μ'w − (γ/2) w'Σw − Σ c_i |w_i − w₀_i| − Σ k_i (w_i − w₀_i)²
//!
//! γ ≥ 0 risk aversion; c cost rates per unit traded (both sides), k quadratic impact; w₀ the weights held. The linear
//! cost leaves a position alone unless moving it earns more than it costs: an exact no-trade region. γ = 0 is the highest
//! expected return.
//!
//! Markowitz, H. (1952). No-trade region: Davis, M. & Norman, A. (1990), Mathematics of Operations Research 15(4).

use super::common_risk;
use crate::constraints::Constraints;
use crate::failure::check_vector;
use crate::formulation::{Formulation, check_expected};
use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;
use crate::{Failure, selection};

/// What is weighed against what.
#[derive(Debug, Clone, Copy)]
pub struct Utility<'a> {
    /// Expected return of each asset.
    pub expected: &'a [f64],
    /// γ ≥ 0.
    pub risk_aversion: f64,
    /// Cost per unit traded of each asset, ≥ 0; needs initial weights.
    pub costs: Option<&'a [f64]>,
    /// Impact per squared unit traded of each asset, ≥ 0; needs initial weights.
    pub impact: Option<&'a [f64]>,
}

impl Utility<'_> {
    /// The utility of `weights`.
    pub fn of(&self, weights: &[f64], risk: &RiskModel, initial: Option<&[f64]>) -> f64 {
        let zeros = vec![0.0; weights.len()];
        let moves: Vec<f64> =
            weights.iter().zip(initial.unwrap_or(&zeros)).map(|(weight, held)| weight - held).collect();
        let costs = self.costs.map_or(0.0, |rates| rates.iter().zip(&moves).map(|(rate, d)| rate * d.abs()).sum());
        let impact = self.impact.map_or(0.0, |rates| rates.iter().zip(&moves).map(|(rate, d)| rate * d * d).sum());
        dot(self.expected, weights) - self.risk_aversion / 2.0 * risk.variance(weights) - costs - impact
    }

    fn check(&self, constraints: &Constraints) -> Result<(), Failure> {
        let n = constraints.n();
        check_expected(self.expected, n)?;
        if !(self.risk_aversion.is_finite() && 0.0 <= self.risk_aversion) {
            return Err(Failure::invalid("risk aversion must be a number of at least 0"));
        }
        for (rates, what) in [(self.costs, "cost"), (self.impact, "impact")] {
            let Some(rates) = rates else { continue };
            check_vector(rates, n, what)?;
            if rates.iter().any(|rate| *rate < 0.0) {
                return Err(Failure::invalid(format!("{what} rates must be at least 0")));
            }
            if constraints.initial.is_none() {
                return Err(Failure::invalid(format!("{what} rates need the initial weights")));
            }
        }
        Ok(())
    }
}

/// The portfolio of the highest utility.
pub fn mean_variance(utility: Utility<'_>, risk: &RiskModel, constraints: &Constraints) -> Result<Portfolio, Failure> {
    utility.check(constraints)?;
    let losses: Vec<f64> = utility.expected.iter().map(|mean| -mean).collect();
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, Some(risk))?;
        formulation.add_linear(&losses);
        if utility.risk_aversion > 0.0 {
            formulation.add_variance(utility.risk_aversion, None)?;
        }
        if let Some((impact, initial)) = utility.impact.zip(constraints.initial.as_deref()) {
            formulation.add_squares(impact, initial);
        }
        if let Some(costs) = utility.costs
            && costs.iter().any(|rate| *rate > 0.0)
        {
            formulation.add_costs(costs);
        }
        formulation.scale_objective();
        formulation.program.promise =
            common_risk(risk).iter().zip(&losses).map(|(common, loss)| loss + utility.risk_aversion * common).collect();
        formulation.solve()
    };
    selection::search(constraints, solve, |weights| -utility.of(weights, risk, constraints.initial.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symmetric;
    use crate::test_problems::{close, names};

    fn two() -> RiskModel {
        RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.04]).unwrap()).unwrap()
    }

    fn utility(expected: &[f64], risk_aversion: f64) -> Utility<'_> {
        Utility { expected, risk_aversion, costs: None, impact: None }
    }

    #[test]
    fn worked_example() {
        // 2 % more expected, γ·σ² = 0.16: the better asset gets 0.02/(2·0.16) = 6.25 % above one half.
        let constraints = Constraints::long_only(names(2));
        let portfolio = mean_variance(utility(&[0.07, 0.05], 4.0), &two(), &constraints).unwrap();
        close(&portfolio.weights, &[0.5625, 0.4375], 1e-9);
    }

    #[test]
    fn a_move_that_costs_more_than_it_earns_is_not_made() {
        let mut constraints = Constraints::long_only(names(2));
        constraints.initial = Some(vec![0.5, 0.5]);
        let expected = [0.07, 0.05];
        let costly = Utility { costs: Some(&[0.011, 0.011]), ..utility(&expected, 4.0) };
        let portfolio = mean_variance(costly, &two(), &constraints).unwrap();
        close(&portfolio.weights, &[0.5, 0.5], 1e-9);
        let cheap = Utility { costs: Some(&[0.005, 0.005]), ..utility(&expected, 4.0) };
        // Half of the two cents' advantage is eaten by buying one and selling the other.
        close(&mean_variance(cheap, &two(), &constraints).unwrap().weights, &[0.53125, 0.46875], 1e-8);
        let impact = Utility { impact: Some(&[0.08, 0.08]), ..utility(&expected, 4.0) };
        close(&mean_variance(impact, &two(), &constraints).unwrap().weights, &[0.53125, 0.46875], 1e-8);
    }

    #[test]
    fn turnover_is_counted_on_both_sides() {
        let mut constraints = Constraints::long_only(names(2));
        constraints.initial = Some(vec![0.5, 0.5]);
        constraints.maximum_turnover = Some(0.1);
        let portfolio = mean_variance(utility(&[0.2, 0.05], 1.0), &two(), &constraints).unwrap();
        close(&portfolio.weights, &[0.55, 0.45], 1e-8);
        let turnover = portfolio.constraints.iter().find(|c| c.name == "max_l1_turnover").unwrap();
        assert!(turnover.binding && turnover.multiplier > 0.0);
    }

    #[test]
    fn edges() {
        let constraints = Constraints::long_only(names(2));
        let bad = mean_variance(utility(&[0.07, 0.05], -1.0), &two(), &constraints).unwrap_err();
        assert_eq!(bad.code(), "invalid_input");
        let without = Utility { costs: Some(&[0.01, 0.01]), ..utility(&[0.07, 0.05], 1.0) };
        assert_eq!(mean_variance(without, &two(), &constraints).unwrap_err().code(), "invalid_input");
        let nan = mean_variance(utility(&[f64::NAN, 0.05], 1.0), &two(), &constraints).unwrap_err();
        assert_eq!(nan.code(), "invalid_input");
    }
}
