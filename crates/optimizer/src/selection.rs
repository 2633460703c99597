//! Selection: which positions to hold or trade when constraints count them.
//!
//!   each w_i = 0 or w_i ≥ m      #{w_i > 0} ≤ K      #{w_i ≠ w₀_i} ≤ trades
//!
//! Not convex, so branch and bound on the convex problem without the counts: a position that breaks a rule is left out in
//! one branch and kept in the other; a branch whose bound is no better than the best portfolio found is cut. The smallest
//! position is left out first, which finds good portfolios early (backward elimination). Exact unless the search reaches
//! its limit of [`SOLVES_MAX`] convex problems; then the best found is returned and marked as unproven.
//!
//! Land, A. & Doig, A. (1960), Econometrica 28(3). Bienstock, D. (1996), Mathematical Programming 74.

use crate::Failure;
use crate::constraints::Constraints;
use crate::portfolio::Portfolio;

/// Convex problems that one search may solve.
const SOLVES_MAX: usize = 600;
/// A weight or trade up to this size is none.
const NOTHING: f64 = 1e-7;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Out,
    In,
}

#[derive(Clone)]
struct Node {
    positions: Vec<State>,
    trades: Vec<State>,
}

/// The best portfolio under `constraints`, where `solve` handles all but the counts and `value` is what it minimises.
pub(crate) fn search(
    constraints: &Constraints,
    solve: impl Fn(&Constraints) -> Result<Portfolio, Failure>,
    value: impl Fn(&[f64]) -> f64,
) -> Result<Portfolio, Failure> {
    constraints.check()?;
    if !constraints.counts_positions() {
        return solve(constraints);
    }
    let n = constraints.n();
    let mut open = vec![Node { positions: vec![State::Open; n], trades: vec![State::Open; n] }];
    let mut best: Option<(f64, Portfolio)> = None;
    let (mut solves, mut proven) = (0, true);
    let mut blocked: Option<Failure> = None;
    while let Some(mut node) = open.pop() {
        if solves >= SOLVES_MAX {
            proven = false;
            break;
        }
        if !node.settle(constraints) {
            continue;
        }
        let relaxed = node.apply(constraints);
        solves += 1;
        let portfolio = match solve(&relaxed) {
            Ok(portfolio) => portfolio,
            Err(failure @ Failure::Infeasible { .. }) => {
                // Without any branch taken the plain constraints contradict each other.
                if solves == 1 {
                    return Err(failure);
                }
                continue;
            }
            Err(failure) => {
                blocked = Some(failure);
                proven = false;
                continue;
            }
        };
        let bound = value(&portfolio.weights);
        if best.as_ref().is_some_and(|(best, _)| bound >= best - 1e-12 * (1.0 + best.abs())) {
            continue;
        }
        match node.branch(constraints, &portfolio.weights) {
            None => best = Some((bound, portfolio)),
            Some((kept, left_out)) => {
                open.push(kept);
                open.push(left_out);
            }
        }
    }
    match best {
        Some((_, portfolio)) => Ok(Portfolio { optimality_proven: proven, ..portfolio }),
        None => Err(blocked.unwrap_or_else(|| Failure::Infeasible { conflict: counted(constraints) })),
    }
}

/// Names of the counting constraints and of the sum they cannot reach.
fn counted(constraints: &Constraints) -> Vec<String> {
    let set = [
        (constraints.minimum_position.is_some(), "min_position"),
        (constraints.maximum_names.is_some(), "max_names"),
        (constraints.maximum_trades.is_some(), "max_trades"),
        (constraints.total.is_some(), "sum"),
    ];
    set.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| (*name).into()).collect()
}

impl Node {
    /// Draws conclusions from the decisions taken; false if they contradict the counts.
    fn settle(&mut self, constraints: &Constraints) -> bool {
        for (states, maximum) in
            [(&mut self.positions, constraints.maximum_names), (&mut self.trades, constraints.maximum_trades)]
        {
            let Some(maximum) = maximum else { continue };
            let taken = states.iter().filter(|state| **state == State::In).count();
            if taken > maximum {
                return false;
            }
            if taken == maximum {
                states.iter_mut().filter(|state| **state == State::Open).for_each(|state| *state = State::Out);
            }
        }
        true
    }

    /// The convex problem of this node.
    fn apply(&self, constraints: &Constraints) -> Constraints {
        let mut relaxed =
            Constraints { minimum_position: None, maximum_names: None, maximum_trades: None, ..constraints.clone() };
        let least = constraints.minimum_position.unwrap_or(0.0);
        for i in 0..constraints.n() {
            match self.positions[i] {
                State::Out => relaxed.upper[i] = relaxed.upper[i].min(0.0),
                State::In => relaxed.lower[i] = relaxed.lower[i].max(least),
                State::Open => {}
            }
            if self.trades[i] == State::Out {
                let held = constraints.initial.as_ref().map_or(0.0, |initial| initial[i]);
                relaxed.lower[i] = relaxed.lower[i].max(held);
                relaxed.upper[i] = relaxed.upper[i].min(held);
            }
        }
        relaxed
    }

    /// Two nodes that part at a broken count (kept, left out); none if no count is broken.
    fn branch(&self, constraints: &Constraints, weights: &[f64]) -> Option<(Node, Node)> {
        let least = constraints.minimum_position.unwrap_or(0.0);
        let open = |i: &usize| self.positions[*i] == State::Open;
        let smallest = |candidates: Vec<usize>, size: &dyn Fn(usize) -> f64| {
            candidates.into_iter().min_by(|a, b| size(*a).total_cmp(&size(*b)).then(a.cmp(b)))
        };
        let held: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > NOTHING).collect();
        let too_small: Vec<usize> =
            held.iter().copied().filter(open).filter(|i| weights[*i] < least - NOTHING).collect();
        let too_many = constraints.maximum_names.is_some_and(|maximum| held.len() > maximum);
        let position = smallest(too_small, &|i| weights[i]).or_else(|| {
            too_many.then(|| smallest(held.iter().copied().filter(open).collect(), &|i| weights[i])).flatten()
        });
        if let Some(i) = position {
            let (mut kept, mut left_out) = (self.clone(), self.clone());
            kept.positions[i] = State::In;
            left_out.positions[i] = State::Out;
            return Some((kept, left_out));
        }
        let maximum = constraints.maximum_trades?;
        let initial = constraints.initial.as_ref()?;
        let size = |i: usize| (weights[i] - initial[i]).abs();
        let traded: Vec<usize> = (0..weights.len()).filter(|i| size(*i) > NOTHING).collect();
        if traded.len() <= maximum {
            return None;
        }
        let i = smallest(traded.into_iter().filter(|i| self.trades[*i] == State::Open).collect(), &size)?;
        let (mut kept, mut left_out) = (self.clone(), self.clone());
        kept.trades[i] = State::In;
        left_out.trades[i] = State::Out;
        Some((kept, left_out))
    }
}

#[cfg(test)]
mod tests {
    use crate::test_problems::{names, random_covariance};
    use crate::{Constraints, Failure, RiskModel, min_variance};

    /// Every subset of at most `k` names, each with at least `least`.
    fn by_enumeration(risk: &RiskModel, n: usize, k: usize, least: f64) -> f64 {
        let mut best = f64::INFINITY;
        for subset in 1u32..1 << n {
            if subset.count_ones() as usize > k {
                continue;
            }
            let mut constraints = Constraints::long_only(names(n));
            for i in 0..n {
                let kept = subset >> i & 1 == 1;
                constraints.lower[i] = if kept { least } else { 0.0 };
                constraints.upper[i] = if kept { 1.0 } else { 0.0 };
            }
            if let Ok(portfolio) = min_variance(risk, &constraints) {
                best = best.min(risk.variance(&portfolio.weights));
            }
        }
        best
    }

    #[test]
    fn counts_agree_with_trying_every_subset() {
        for seed in 0..4 {
            let risk = RiskModel::dense(random_covariance(7, seed)).unwrap();
            let mut constraints = Constraints::long_only(names(7));
            constraints.maximum_names = Some(3);
            constraints.minimum_position = Some(0.2);
            let portfolio = min_variance(&risk, &constraints).unwrap();
            assert!(portfolio.optimality_proven);
            let expected = by_enumeration(&risk, 7, 3, 0.2);
            assert!((risk.variance(&portfolio.weights) - expected).abs() < 1e-9 * expected);
            assert!(portfolio.weights.iter().all(|w| *w == 0.0 || *w >= 0.2 - 1e-9));
            assert!(portfolio.weights.iter().filter(|w| **w > 0.0).count() <= 3);
        }
    }

    #[test]
    fn trades_are_counted_and_contradictions_named() {
        let risk = RiskModel::dense(random_covariance(6, 5)).unwrap();
        let mut constraints = Constraints::long_only(names(6));
        constraints.initial = Some(vec![0.5, 0.1, 0.1, 0.1, 0.1, 0.1]);
        constraints.maximum_trades = Some(2);
        let portfolio = min_variance(&risk, &constraints).unwrap();
        let initial = constraints.initial.clone().unwrap();
        let moved = portfolio.weights.iter().zip(&initial).filter(|(w, h)| (*w - *h).abs() > 1e-7).count();
        assert!(moved <= 2);
        assert!(risk.variance(&portfolio.weights) < risk.variance(&initial));

        let mut constraints = Constraints::long_only(names(6));
        constraints.upper = vec![0.3; 6];
        constraints.maximum_names = Some(3);
        let failure = min_variance(&risk, &constraints).unwrap_err();
        assert_eq!(failure, Failure::Infeasible { conflict: vec!["max_names".into(), "sum".into()] });
    }
}
