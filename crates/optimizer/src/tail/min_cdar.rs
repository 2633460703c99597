//! Minimum conditional drawdown at risk (CDaR): the portfolio whose deepest drawdowns are mildest on average.
//!
//!   min t + 1/(αT) Σ [d_k − t]⁺      d_k = u_k − y_k, y_k = Σ_{s≤k} r_s'w, u_k = max(0, y_1, …, y_k)
//!
//! Drawdowns of cumulative uncompounded returns, the start counting as a peak; T periods, α tail probability; positive =
//! loss. In the program d_k ≥ d_{k−1} − r_k'w, d_k ≥ 0, d_0 = 0: the smallest such d are the drawdowns. The value is exact;
//! among equal portfolios the least norm is taken. α → 0 is the maximum drawdown, α = 1 the average drawdown.
//!
//! Chekhlov, A., Uryasev, S. & Zabarankin, M. (2005), "Drawdown Measure in Portfolio Optimization", IJTAF 8(1).

use super::{TailPortfolio, check_scenarios, tail_mean, unit};
use crate::constraints::Constraints;
use crate::formulation::Formulation;
use crate::program::Row;
use crate::risk_model::RiskModel;
use crate::symmetric::dot;
use crate::{Failure, selection};

/// The portfolio of least CDaR over `returns` (rows: periods in order) at `tail_probability`. `risk` only for constraints
/// that need a covariance.
pub fn min_cdar(
    returns: &[Vec<f64>],
    tail_probability: f64,
    risk: Option<&RiskModel>,
    constraints: &Constraints,
) -> Result<TailPortfolio, Failure> {
    check_scenarios(returns, constraints.n(), tail_probability)?;
    let count = tail_probability * returns.len() as f64;
    let value = |weights: &[f64]| tail_mean(&drawdowns(returns, weights), count);
    let solve = |constraints: &Constraints| {
        let unit = unit(returns);
        let mut formulation = Formulation::new(constraints, risk)?;
        let program = &mut formulation.program;
        let quantile = program.add_variables(1);
        let drawdown = program.add_variables(returns.len());
        let excess = program.add_variables(returns.len());
        program.linear[quantile] = 1.0;
        for (k, row) in returns.iter().enumerate() {
            program.linear[excess + k] = 1.0 / count;
            let mut entries: Vec<(usize, f64)> =
                row.iter().enumerate().filter(|(_, r)| **r != 0.0).map(|(i, r)| (i, -r * unit)).collect();
            if k > 0 {
                entries.push((drawdown + k - 1, 1.0));
            }
            entries.push((drawdown + k, -1.0));
            program.inequalities.push(Row { entries, bound: 0.0 });
            program.inequalities.push(Row { entries: vec![(drawdown + k, -1.0)], bound: 0.0 });
            let entries = vec![(drawdown + k, 1.0), (quantile, -1.0), (excess + k, -1.0)];
            program.inequalities.push(Row { entries, bound: 0.0 });
            program.inequalities.push(Row { entries: vec![(excess + k, -1.0)], bound: 0.0 });
        }
        formulation.prefer_least_norm(1.0 / unit);
        formulation.solve()
    };
    let portfolio = selection::search(constraints, solve, value)?;
    let tail_mean = value(&portfolio.weights);
    Ok(TailPortfolio { portfolio, tail_mean })
}

/// Distance of the cumulative uncompounded return to its highest value so far, 0 at the start included.
fn drawdowns(returns: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut drawdown = 0.0_f64;
    returns
        .iter()
        .map(|row| {
            drawdown = (drawdown - dot(row, weights)).max(0.0);
            drawdown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, names, uniforms};

    #[test]
    fn worked_example() {
        // One falls 4 % and comes back, two falls 1 % later: the maximum drawdown is least at 1/5.
        let returns = vec![vec![-0.04, 0.0], vec![0.04, 0.0], vec![0.0, -0.01]];
        let result = min_cdar(&returns, 1e-3, None, &Constraints::long_only(names(2))).unwrap();
        close(&result.portfolio.weights, &[0.2, 0.8], 1e-6);
        assert!((result.tail_mean - 0.008).abs() < 1e-8);
        close(&drawdowns(&returns, &[1.0, 0.0]), &[0.04, 0.0, 0.0], 1e-15);
    }

    #[test]
    fn no_other_portfolio_is_milder() {
        let mut uniform = uniforms(21);
        let returns: Vec<Vec<f64>> = (0..120).map(|_| (0..3).map(|_| 0.02 * (uniform() - 0.48)).collect()).collect();
        let best = min_cdar(&returns, 0.1, None, &Constraints::long_only(names(3))).unwrap();
        assert!((best.portfolio.weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        for i in 0..=20 {
            for j in 0..=20 - i {
                let weights = [i as f64 / 20.0, j as f64 / 20.0, (20 - i - j) as f64 / 20.0];
                let other = tail_mean(&drawdowns(&returns, &weights), 12.0);
                assert!(best.tail_mean <= other + 1e-8, "{weights:?}");
            }
        }
    }
}
