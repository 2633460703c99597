//! Minimum expected shortfall (CVaR): the portfolio whose worst days are mildest on average.
//!
//!   min t + 1/(αT) Σ z_s      z_s ≥ −r_s'w − t, z_s ≥ 0      α tail probability, T scenarios (equally likely)
//!
//! The optimal value is the Rockafellar–Uryasev CVaR of the scenarios, positive = loss. Faces of the optimum can be flat:
//! the value is exact, among equal portfolios the least norm is taken.
//!
//! Solved on lazily added scenarios: leaving scenarios out can only lower the optimum, so once the tail of the answer is
//! among those inside, it is the optimum of all.
//!
//! Rockafellar, R. & Uryasev, S. (2000), "Optimization of Conditional Value-at-Risk", Journal of Risk 2(3).

use super::{TailPortfolio, check_scenarios, tail_mean, unit, whole_above};
use crate::constraints::Constraints;
use crate::formulation::Formulation;
use crate::portfolio::Portfolio;
use crate::program::Row;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;
use crate::{Failure, selection};

/// Below this many scenarios all are used at once.
const FEW: usize = 150;

/// The portfolio of least CVaR over `scenarios` (rows: one return per asset) at `tail_probability`. `risk` only for
/// constraints that need a covariance.
pub fn min_cvar(
    scenarios: &[Vec<f64>],
    tail_probability: f64,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<TailPortfolio, Failure> {
    check_scenarios(scenarios, constraints.n(), tail_probability)?;
    let count = tail_probability * scenarios.len() as f64;
    let value = |weights: &[f64]| tail_mean(&losses(scenarios, weights), count);
    let solve = |constraints: &Constraints| lazily(scenarios, count, risk, constraints);
    let portfolio = selection::search(constraints, solve, value)?;
    let tail_mean = value(&portfolio.weights);
    Ok(TailPortfolio { portfolio, tail_mean })
}

fn losses(scenarios: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    scenarios.iter().map(|row| -dot(row, weights)).collect()
}

fn lazily(
    scenarios: &[Vec<f64>],
    count: f64,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    let t = scenarios.len();
    let n = constraints.n();
    let tail = whole_above(count);
    let mut inside = vec![t <= FEW; t];
    if t > FEW {
        let first = (t / 10).max(2 * tail).max(FEW / 2).min(t);
        let equal = vec![1.0 / n as f64; n];
        worst(&losses(scenarios, &equal)).into_iter().take(first).for_each(|s| inside[s] = true);
    }
    loop {
        let portfolio = on(scenarios, &inside, count, risk, constraints)?;
        let order = worst(&losses(scenarios, &portfolio.weights));
        let missing = order.iter().take(tail).filter(|s| !inside[**s]).count();
        if missing == 0 {
            return Ok(portfolio);
        }
        // Somewhat more than the tail: the next answer's tail will be a little different.
        let more = (tail + tail / 2 + 2).min(t);
        order.into_iter().take(more).for_each(|s| inside[s] = true);
    }
}

/// Scenarios from the largest loss down; ties by position.
fn worst(losses: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    order
}

fn on(
    scenarios: &[Vec<f64>],
    inside: &[bool],
    count: f64,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<Portfolio, Failure> {
    let unit = unit(scenarios);
    let mut formulation = Formulation::new(constraints, risk)?;
    let kept: Vec<&Vec<f64>> =
        scenarios.iter().zip(inside).filter(|(_, inside)| **inside).map(|(row, _)| row).collect();
    let program = &mut formulation.program;
    let quantile = program.add_variables(1);
    let excess = program.add_variables(kept.len());
    program.linear[quantile] = 1.0;
    for (s, row) in kept.into_iter().enumerate() {
        program.linear[excess + s] = 1.0 / count;
        let mut entries: Vec<(usize, f64)> =
            row.iter().enumerate().filter(|(_, r)| **r != 0.0).map(|(i, r)| (i, -r * unit)).collect();
        entries.extend([(quantile, -1.0), (excess + s, -1.0)]);
        program.inequalities.push(Row { entries, bound: 0.0 });
        program.inequalities.push(Row { entries: vec![(excess + s, -1.0)], bound: 0.0 });
    }
    formulation.prefer_least_norm(1.0 / unit);
    formulation.solve()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, names, uniforms};

    #[test]
    fn worked_example() {
        // Worst of two days: 1 loses 4 % on the first, 2 loses 1 % on the second. Equal losses at w = 1/5.
        let scenarios = vec![vec![-0.04, 0.0], vec![0.0, -0.01]];
        let result = min_cvar(&scenarios, 0.5, None, &Constraints::long_only(names(2))).unwrap();
        close(&result.portfolio.weights, &[0.2, 0.8], 1e-7);
        assert!((result.tail_mean - 0.008).abs() < 1e-9);
    }

    #[test]
    fn lazy_scenarios_give_the_optimum_of_all() {
        let mut uniform = uniforms(9);
        let scenarios: Vec<Vec<f64>> = (0..600)
            .map(|_| {
                let market = 0.02 * (uniform() + uniform() - 1.0);
                (0..8).map(|i| market * (0.5 + 0.1 * i as f64) + 0.02 * (uniform() - 0.5)).collect()
            })
            .collect();
        let constraints = Constraints::long_only(names(8));
        let lazy = min_cvar(&scenarios, 0.05, None, &constraints).unwrap();
        let whole = on(&scenarios, &[true; 600], 30.0, None, &constraints).unwrap();
        let all = tail_mean(&losses(&scenarios, &whole.weights), 30.0);
        assert!((lazy.tail_mean - all).abs() < 1e-7 * all, "{} {all}", lazy.tail_mean);
        assert!(lazy.portfolio.kkt_residual <= 1e-8);
    }

    #[test]
    fn edges() {
        let constraints = Constraints::long_only(names(2));
        assert_eq!(min_cvar(&[], 0.05, None, &constraints).unwrap_err().code(), "insufficient_data");
        let one = vec![vec![0.01, 0.02]];
        assert_eq!(min_cvar(&one, 0.0, None, &constraints).unwrap_err().code(), "invalid_input");
        // A tail below one scenario is the worst one; gains are negative losses.
        let result = min_cvar(&one, 0.05, None, &constraints).unwrap();
        assert!((result.tail_mean + 0.02).abs() < 1e-8);
    }
}
