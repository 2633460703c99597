//! Minimum variance: the least risky portfolio that satisfies the constraints, whatever it is expected to earn.
//!
//!   min w'Σw      s.t. constraints; without limits Σ⁻¹1/1'Σ⁻¹1
//!   min (w−b)'Σ(w−b)      the same against a benchmark b
//!
//! Multipliers are the fall of w'Σw per unit of relief. One asset gets the whole sum; a riskless asset takes what limits
//! let it take; duplicates share equally (least norm).
//!
//! Markowitz, H. (1952), "Portfolio Selection", Journal of Finance 7(1).

use super::common_risk;
use crate::constraints::Constraints;
use crate::failure::check_vector;
use crate::formulation::Formulation;
use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::{Failure, selection};

/// The portfolio of least variance.
pub fn min_variance(risk: &RiskModel, constraints: &Constraints) -> Result<Portfolio, Failure> {
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, Some(risk))?;
        formulation.add_variance(2.0, None)?;
        formulation.scale_objective();
        formulation.program.promise = common_risk(risk);
        formulation.solve()
    };
    selection::search(constraints, solve, |weights| risk.variance(weights))
}

/// The portfolio of least tracking error against `benchmark`.
pub fn min_tracking_error(
    risk: &RiskModel,
    benchmark: &[f64],
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    check_vector(benchmark, constraints.n(), "benchmark weight")?;
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, Some(risk))?;
        formulation.add_variance(2.0, Some(benchmark))?;
        formulation.scale_objective();
        formulation.solve()
    };
    let variance = |weights: &[f64]| {
        let active: Vec<f64> = weights.iter().zip(benchmark).map(|(w, b)| w - b).collect();
        risk.variance(&active)
    };
    selection::search(constraints, solve, variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, names, random_covariance};
    use crate::{Group, Symmetric};

    fn two() -> RiskModel {
        RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap()).unwrap()
    }

    #[test]
    fn worked_example() {
        // Uncorrelated, 20 % and 10 %: weights as the inverse variances, 1:4.
        let portfolio = min_variance(&two(), &Constraints::long_only(names(2))).unwrap();
        close(&portfolio.weights, &[0.2, 0.8], 1e-12);
        assert!(portfolio.kkt_residual <= 1e-8 && !portfolio.ridge);
    }

    #[test]
    fn without_limits_it_is_the_closed_form() {
        let covariance = random_covariance(12, 7);
        let risk = RiskModel::dense(covariance.clone()).unwrap();
        let portfolio = min_variance(&risk, &Constraints::fully_invested(names(12))).unwrap();
        let raw = covariance.cholesky().unwrap().solve(&[1.0; 12]);
        let total: f64 = raw.iter().sum();
        close(&portfolio.weights, &raw.iter().map(|w| w / total).collect::<Vec<_>>(), 1e-9);
    }

    #[test]
    fn a_cap_binds_and_its_multiplier_prices_it() {
        let mut constraints = Constraints::long_only(names(2));
        constraints.upper = vec![1.0, 0.6];
        let portfolio = min_variance(&two(), &constraints).unwrap();
        close(&portfolio.weights, &[0.4, 0.6], 1e-12);
        let cap = portfolio.constraints.iter().find(|c| c.name == "max_weight[B]").unwrap();
        assert!(cap.binding);
        // d/du of (1−u)²·0.04 + u²·0.01 at 0.6 is −0.02.
        assert!((cap.multiplier - 0.02).abs() < 1e-9, "{}", cap.multiplier);
    }

    #[test]
    fn edges() {
        let one = RiskModel::dense(Symmetric::new(1, vec![0.04]).unwrap()).unwrap();
        assert_eq!(min_variance(&one, &Constraints::long_only(names(1))).unwrap().weights, [1.0]);
        // Duplicates share, cash takes all.
        let twins = RiskModel::dense(Symmetric::new(2, vec![0.04; 4]).unwrap()).unwrap();
        let portfolio = min_variance(&twins, &Constraints::long_only(names(2))).unwrap();
        close(&portfolio.weights, &[0.5, 0.5], 1e-6);
        assert!(portfolio.ridge);
        let cash = RiskModel::dense(Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap()).unwrap();
        close(&min_variance(&cash, &Constraints::long_only(names(2))).unwrap().weights, &[0.0, 1.0], 1e-8);
    }

    #[test]
    fn a_contradiction_is_named_irreducibly() {
        let mut constraints = Constraints::long_only(names(2));
        constraints.upper = vec![0.4, 0.4];
        let failure = min_variance(&two(), &constraints).unwrap_err();
        assert_eq!(failure, Failure::Infeasible { conflict: vec!["sum".into(), "max_weight".into()] });

        let mut constraints = Constraints::long_only(names(2));
        constraints.groups.push(Group { name: "g".into(), members: vec![0], minimum: Some(0.7), maximum: None });
        constraints.upper[0] = 0.5;
        let Failure::Infeasible { mut conflict } = min_variance(&two(), &constraints).unwrap_err() else { panic!() };
        conflict.sort();
        assert_eq!(conflict, ["group[g] min", "max_weight[A]"]);
    }
}
