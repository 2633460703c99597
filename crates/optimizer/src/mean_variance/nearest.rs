//! Nearest portfolio: the smallest changes to the one held that satisfy the constraints.
//!
//!   min Σ (w_i − w₀_i)² + Σ c_i |w_i − w₀_i|      s.t. constraints
//!
//! A portfolio that breaks no rule is left alone. Projection onto a convex set: unique.

use crate::constraints::Constraints;
use crate::failure::check_vector;
use crate::formulation::Formulation;
use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::{Failure, selection};

/// The permitted portfolio nearest to the initial weights of `constraints`; `costs` per unit traded, or none.
pub fn nearest(
    costs: Option<&[f64]>,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    let n = constraints.n();
    let Some(initial) = constraints.initial.clone() else {
        return Err(Failure::invalid("the nearest portfolio needs the initial weights"));
    };
    check_vector(&initial, n, "initial weight")?;
    if let Some(costs) = costs {
        check_vector(costs, n, "cost")?;
        if costs.iter().any(|rate| *rate < 0.0) {
            return Err(Failure::invalid("cost rates must be at least 0"));
        }
    }
    let solve = |constraints: &Constraints| {
        let mut formulation = Formulation::new(constraints, risk)?;
        formulation.add_squares(&vec![1.0; n], &initial);
        if let Some(costs) = costs {
            formulation.add_costs(costs);
        }
        formulation.scale_objective();
        formulation.solve()
    };
    let distance = |weights: &[f64]| {
        let moves = weights.iter().zip(&initial).map(|(weight, held)| weight - held);
        moves.enumerate().map(|(i, d)| d * d + costs.map_or(0.0, |costs| costs[i] * d.abs())).sum()
    };
    selection::search(constraints, solve, distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, names};

    #[test]
    fn worked_example() {
        // 70 % is capped at 50 %; what is freed goes equally to the others.
        let mut constraints = Constraints::long_only(names(3));
        constraints.initial = Some(vec![0.7, 0.2, 0.1]);
        close(&nearest(None, None, &constraints).unwrap().weights, &[0.7, 0.2, 0.1], 1e-9);
        constraints.upper[0] = 0.5;
        close(&nearest(None, None, &constraints).unwrap().weights, &[0.5, 0.3, 0.2], 1e-9);
    }
}
