//! Efficient return: the least risky portfolio that is expected to earn at least a given return.
//!
//!   min w'Σw      s.t. μ'w ≥ m, constraints
//!
//! Infeasible when no permitted portfolio is expected to earn m. Below the return of the minimum-variance portfolio it is
//! that portfolio. Markowitz, H. (1952).

use super::common_risk;
use crate::constraints::{Constraints, MinimumReturn};
use crate::formulation::{Formulation, check_expected};
use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::{Failure, selection};

/// The portfolio of least variance with an expected return of at least `minimum`.
pub fn efficient_return(
    expected: &[f64],
    minimum: f64,
    risk: &RiskModel,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    check_expected(expected, constraints.n())?;
    let constraints = Constraints {
        minimum_return: Some(MinimumReturn { expected: expected.to_vec(), minimum }),
        ..constraints.clone()
    };
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, Some(risk))?;
        formulation.add_variance(2.0, None)?;
        formulation.scale_objective();
        let scale = risk.mean_variance();
        let common = common_risk(risk);
        let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        formulation.program.promise =
            common.iter().zip(expected).map(|(risk, mean)| risk / scale.max(1e-300) - mean / largest).collect();
        formulation.solve()
    };
    selection::search(&constraints, solve, |weights| risk.variance(weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symmetric;
    use crate::test_problems::{close, names};

    #[test]
    fn worked_example() {
        // 5 % and 10 % expected: 8 % needs 60 % of the second.
        let risk = RiskModel::dense(Symmetric::new(2, vec![0.01, 0.0, 0.0, 0.04]).unwrap()).unwrap();
        let constraints = Constraints::long_only(names(2));
        let portfolio = efficient_return(&[0.05, 0.10], 0.08, &risk, &constraints).unwrap();
        close(&portfolio.weights, &[0.4, 0.6], 1e-9);
        close(&efficient_return(&[0.05, 0.10], 0.0, &risk, &constraints).unwrap().weights, &[0.8, 0.2], 1e-9);
        let Failure::Infeasible { mut conflict } =
            efficient_return(&[0.05, 0.10], 0.11, &risk, &constraints).unwrap_err()
        else {
            panic!()
        };
        conflict.sort();
        assert_eq!(conflict, ["min_return", "min_weight[A]", "sum"]);
    }
}
