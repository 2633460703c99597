//! Efficient risk: the highest expected return that a given volatility allows.
//!
//!   max μ'w      s.t. √(w'Σw) ≤ v, constraints      (a second-order cone)
//!
//! Infeasible when v is below the volatility of the minimum-variance portfolio. Without a limit on risk (`max_return`)
//! it is unbounded unless the weights are bounded; among equals the least norm. Markowitz, H. (1952).

use crate::constraints::Constraints;
use crate::formulation::{Formulation, check_expected};
use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;
use crate::{Failure, selection};

/// The portfolio of highest expected return with a volatility of at most `maximum`.
pub fn efficient_risk(
    expected: &[f64],
    maximum: f64,
    risk: &RiskModel,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    let constraints = Constraints { maximum_volatility: Some(maximum), ..constraints.clone() };
    max_return(expected, Some(risk), &constraints)
}

/// The portfolio of highest expected return.
pub fn max_return(expected: &[f64], risk: Option<&RiskModel>, constraints: &Constraints) -> Result<Portfolio, Failure> {
    check_expected(expected, constraints.n())?;
    let costs: Vec<f64> = expected.iter().map(|mean| -mean).collect();
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, risk)?;
        formulation.add_linear(&costs);
        formulation.scale_objective();
        formulation.solve()
    };
    selection::search(constraints, solve, |weights| dot(&costs, weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symmetric;
    use crate::test_problems::{close, names};

    #[test]
    fn worked_example() {
        // 60 % of an asset at 20 % beside cash-like 0 %: volatility 12 %.
        let risk = RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap()).unwrap();
        let constraints = Constraints::long_only(names(2));
        let portfolio = efficient_risk(&[0.08, 0.02], 0.12, &risk, &constraints).unwrap();
        close(&portfolio.weights, &[0.6, 0.4], 1e-6);
        let volatility = portfolio.constraints.iter().find(|c| c.name == "max_volatility").unwrap();
        // One more point of volatility buys 0.06/0.2 = 0.3 points of return.
        assert!(volatility.binding && (volatility.multiplier - 0.3).abs() < 1e-5, "{volatility:?}");
    }

    #[test]
    fn edges() {
        let risk = RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap()).unwrap();
        let long = Constraints::long_only(names(2));
        let Failure::Infeasible { conflict } = efficient_risk(&[0.08, 0.02], 0.05, &risk, &long).unwrap_err() else {
            panic!()
        };
        assert!(conflict.contains(&"max_volatility".to_string()) && conflict.contains(&"sum".to_string()));
        let free = Constraints::fully_invested(names(2));
        assert_eq!(max_return(&[0.08, 0.02], None, &free).unwrap_err(), Failure::Unbounded);
        // Equal expectations: the least norm.
        close(&max_return(&[0.05, 0.05], None, &long).unwrap().weights, &[0.5, 0.5], 1e-8);
    }
}
