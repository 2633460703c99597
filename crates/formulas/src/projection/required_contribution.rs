//! Required contribution: what must be saved per period to reach the goal with a wanted probability.
//!
//!   the least c ≥ 0 with P(W_n ≥ goal | c) ≥ p
//!
//! Found by bisection on one set of simulated markets (common random numbers), where the share of paths that reach the
//! goal never falls when c rises; exact to a millionth of the goal. Zero when the plan reaches p without saving.
//! Unreachable when no contribution up to the whole goal in every period is enough.

use super::{GoalPlan, ReturnEngine, Simulation, goal_simulation};
use crate::Undefined;

/// The least contribution per period for which `plan` reaches its goal with `probability`.
pub fn required_contribution(
    plan: &GoalPlan,
    engine: &ReturnEngine,
    simulation: Simulation,
    probability: f64,
) -> Result<f64, Undefined> {
    if !(0.0 < probability && probability <= 1.0) {
        return Err(Undefined::InvalidInput { what: "probability" });
    }
    let simulation = Simulation { fan: false, ..simulation };
    let reaches = |contribution: f64| {
        let plan = GoalPlan { contribution, ..plan.clone() };
        goal_simulation(&plan, engine, simulation).map(|outcome| outcome.probability >= probability)
    };
    if reaches(0.0)? {
        return Ok(0.0);
    }
    let (mut low, mut high) = (0.0, plan.goal.max(0.0));
    if !reaches(high)? {
        return Err(Undefined::Unreachable);
    }
    let exact = plan.goal * 1e-6;
    while high - low > exact {
        let middle = low + (high - low) / 2.0;
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMULATION: Simulation = Simulation { seed: 1, paths: 2_000, threads: 1, fan: false };

    #[test]
    fn worked_example() {
        // At 10 % without risk: c·(1.1 + 1.21) = 231.
        let engine = ReturnEngine::Bootstrap { history: vec![0.1], mean_block: 1.0 };
        let plan = GoalPlan::saving(0.0, 231.0, 2, 0.0);
        let found = required_contribution(&plan, &engine, SIMULATION, 0.9).unwrap();
        assert!((found - 100.0).abs() < 1e-3, "{found}");
    }

    #[test]
    fn a_higher_probability_costs_more() {
        let engine = ReturnEngine::Lognormal { log_drift: 0.05, log_volatility: 0.15 };
        let plan = GoalPlan::saving(100.0, 400.0, 15, 0.0);
        let of = |p| required_contribution(&plan, &engine, SIMULATION, p).unwrap();
        assert!(0.0 < of(0.5) && of(0.5) < of(0.75) && of(0.75) < of(0.9));
    }

    #[test]
    fn edges() {
        let engine = ReturnEngine::Bootstrap { history: vec![-1.0], mean_block: 1.0 };
        let plan = GoalPlan::saving(100.0, 400.0, 15, 0.0);
        let of = |plan: &GoalPlan, p| required_contribution(plan, &engine, SIMULATION, p);
        assert_eq!(of(&plan, 0.9), Err(Undefined::Unreachable));
        assert_eq!(of(&plan, 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(of(&GoalPlan { goal: 0.0, ..plan.clone() }, 0.9), Ok(0.0));
    }
}
