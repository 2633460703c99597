//! Integer lots: how many whole shares come nearest to target weights without overspending.
//!
//!   min Σ |T_i − n_i p_i| + leftover      T_i = target_i · budget, leftover = budget − Σ n_i p_i ≥ 0, n_i = 0, 1, 2, …
//!
//! Money in any one unit; p_i is the price of one lot. Up to 30 names with a target are solved exactly by branch and bound
//! (the bound buys the last lots in fractions); more, or a search that grows too large, by the greedy allocation improved
//! by exchanges of single lots, and marked so. A lot beyond the target neither helps nor harms the objective, so none is
//! bought. Never spends more than the budget.
//!
//! Greedy: whole lots below each target first, then one lot at a time of whatever is furthest below its weight.

use crate::Failure;
use crate::failure::check_vector;

/// What to buy.
#[derive(Debug, Clone, Copy)]
pub struct LotProblem<'a> {
    /// Target weights ≥ 0, fractions of the budget.
    pub targets: &'a [f64],
    /// Price of one share, > 0.
    pub prices: &'a [f64],
    /// Money to spend, ≥ 0.
    pub budget: f64,
    /// Shares in one lot of each name: 1 for whole shares, 100 for round lots, 0.001 where fractions are sold.
    pub lot_sizes: &'a [f64],
}

/// What can be bought.
#[derive(Debug, Clone, PartialEq)]
pub struct LotAllocation {
    /// Shares of each name, a multiple of its lot.
    pub shares: Vec<f64>,
    /// Σ |T_i − n_i p_i| + leftover.
    pub objective: f64,
    /// Money left, ≥ 0.
    pub leftover: f64,
    /// Half of Σ |weight − target|, weights being shares of the budget.
    pub tracking_gap: f64,
    /// Whether no better allocation exists.
    pub is_exact: bool,
}

/// Names up to which the search is exact.
const EXACT_MAX: usize = 30;
/// Branches that the search may look at.
const BRANCHES_MAX: usize = 3_000_000;

/// The best allocation that could be found; exact for up to 30 names.
pub fn integer_lots(problem: LotProblem<'_>) -> Result<LotAllocation, Failure> {
    problem.check()?;
    let start = improved(problem, greedy(problem));
    let names: Vec<usize> = (0..problem.targets.len()).filter(|i| problem.targets[*i] > 0.0).collect();
    if names.len() > EXACT_MAX {
        return Ok(problem.allocation(&start, false));
    }
    let mut search = Search::new(problem, names, &start);
    search.branch(0, problem.budget, 0.0);
    let is_exact = search.branches < BRANCHES_MAX;
    let best = search.best.clone();
    Ok(problem.allocation(&best, is_exact))
}

/// The greedy allocation, not improved.
pub fn greedy_lots(problem: LotProblem<'_>) -> Result<LotAllocation, Failure> {
    problem.check()?;
    Ok(problem.allocation(&greedy(problem), false))
}

impl LotProblem<'_> {
    fn check(&self) -> Result<(), Failure> {
        let n = self.targets.len();
        if n == 0 {
            return Err(Failure::InsufficientData { needed: 1, found: 0 });
        }
        check_vector(self.targets, n, "target weight")?;
        check_vector(self.prices, n, "price")?;
        check_vector(self.lot_sizes, n, "lot size")?;
        if self.targets.iter().any(|target| *target < 0.0) {
            return Err(Failure::invalid("target weights must be at least 0: lots are bought, not sold short"));
        }
        if self.prices.iter().chain(self.lot_sizes).any(|value| *value <= 0.0) {
            return Err(Failure::invalid("prices and lot sizes must be above 0"));
        }
        if !(self.budget.is_finite() && 0.0 <= self.budget) {
            return Err(Failure::invalid("the budget must be at least 0"));
        }
        // Beyond this a float no longer counts single lots.
        let most = |i: usize| self.target(i).max(self.budget) / self.price(i);
        if (0..n).any(|i| most(i).is_nan() || most(i) >= 9e15) {
            return Err(Failure::invalid("the budget buys more lots than can be counted"));
        }
        Ok(())
    }

    /// Price of one lot.
    fn price(&self, i: usize) -> f64 {
        self.prices[i] * self.lot_sizes[i]
    }

    fn target(&self, i: usize) -> f64 {
        self.targets[i] * self.budget
    }

    /// Whole lots below the target.
    fn floor(&self, i: usize) -> f64 {
        (self.target(i) / self.price(i) + 1e-9).floor()
    }

    fn allocation(&self, lots: &[f64], is_exact: bool) -> LotAllocation {
        let n = lots.len();
        let spent: f64 = (0..n).map(|i| lots[i] * self.price(i)).sum();
        let leftover = (self.budget - spent).max(0.0);
        let gap: f64 = (0..n).map(|i| (self.target(i) - lots[i] * self.price(i)).abs()).sum();
        LotAllocation {
            shares: (0..n).map(|i| lots[i] * self.lot_sizes[i]).collect(),
            objective: gap + leftover,
            leftover,
            tracking_gap: if self.budget > 0.0 { gap / self.budget / 2.0 } else { 0.0 },
            is_exact,
        }
    }

    /// Part of the target that `lots` cover.
    fn covered(&self, i: usize, lots: f64) -> f64 {
        (lots * self.price(i)).min(self.target(i))
    }

    /// Money that a rounded sum may seem to lack.
    fn dust(&self) -> f64 {
        1e-12 * self.budget
    }
}

fn greedy(problem: LotProblem<'_>) -> Vec<f64> {
    let n = problem.targets.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| problem.targets[*b].total_cmp(&problem.targets[*a]).then(a.cmp(b)));
    let mut lots = vec![0.0; n];
    let mut cash = problem.budget;
    for i in &order {
        let affordable = ((cash + problem.dust()) / problem.price(*i)).floor();
        lots[*i] = problem.floor(*i).min(affordable).max(0.0);
        cash -= lots[*i] * problem.price(*i);
    }
    let total: f64 = problem.targets.iter().sum();
    loop {
        let values: Vec<f64> = (0..n).map(|i| lots[i] * problem.price(i)).collect();
        let held: f64 = values.iter().sum();
        let short = |i: usize| {
            let ideal = if total > 0.0 { problem.targets[i] / total } else { 0.0 };
            ideal - if held > 0.0 { values[i] / held } else { 0.0 }
        };
        let mut next: Option<usize> = None;
        for i in &order {
            if short(*i) > 0.0
                && problem.price(*i) <= cash + problem.dust()
                && next.is_none_or(|best| short(*i) > short(best))
            {
                next = Some(*i);
            }
        }
        let Some(i) = next else { break };
        lots[i] += 1.0;
        cash -= problem.price(i);
    }
    lots
}

/// Adds single lots and exchanges one lot for another while the objective falls.
fn improved(problem: LotProblem<'_>, mut lots: Vec<f64>) -> Vec<f64> {
    let n = lots.len();
    let names: Vec<usize> = (0..n).filter(|i| problem.targets[*i] > 0.0).collect();
    let mut cash = problem.budget - (0..n).map(|i| lots[i] * problem.price(i)).sum::<f64>();
    for _ in 0..20 * n {
        let gain = |i: usize, lots: &[f64]| problem.covered(i, lots[i] + 1.0) - problem.covered(i, lots[i]);
        let loss = |j: usize, lots: &[f64]| problem.covered(j, lots[j]) - problem.covered(j, lots[j] - 1.0);
        let mut best = (1e-9 * problem.price(0).min(problem.budget.max(1e-300)), None, None);
        for i in &names {
            let wins = gain(*i, &lots);
            if problem.price(*i) <= cash + problem.dust() && wins > best.0 {
                best = (wins, Some(*i), None);
            }
            for j in names.iter().filter(|j| *j != i && lots[**j] >= 1.0) {
                let swap = wins - loss(*j, &lots);
                if problem.price(*i) <= cash + problem.price(*j) + problem.dust() && swap > best.0 {
                    best = (swap, Some(*i), Some(*j));
                }
            }
        }
        let Some(bought) = best.1 else { break };
        lots[bought] += 1.0;
        cash -= problem.price(bought);
        if let Some(sold) = best.2 {
            lots[sold] -= 1.0;
            cash += problem.price(sold);
        }
    }
    lots
}

struct Search<'a> {
    problem: LotProblem<'a>,
    /// Names with a target, dearest lot first.
    names: Vec<usize>,
    /// Money in the whole lots below target of names[k..].
    floors: Vec<f64>,
    /// For each k, the last lots of names[k..] as (price, part of the target they cover), most cover per money first.
    lasts: Vec<Vec<(f64, f64)>>,
    lots: Vec<f64>,
    best: Vec<f64>,
    best_covered: f64,
    branches: usize,
}

impl<'a> Search<'a> {
    fn new(problem: LotProblem<'a>, mut names: Vec<usize>, start: &[f64]) -> Search<'a> {
        names.sort_by(|a, b| problem.price(*b).total_cmp(&problem.price(*a)).then(a.cmp(b)));
        let mut floors = vec![0.0; names.len() + 1];
        let mut lasts: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len() + 1];
        for k in (0..names.len()).rev() {
            let i = names[k];
            let below = problem.floor(i) * problem.price(i);
            floors[k] = floors[k + 1] + below;
            let mut list = lasts[k + 1].clone();
            list.push((problem.price(i), (problem.target(i) - below).max(0.0)));
            list.sort_by(|a, b| (b.1 / b.0).total_cmp(&(a.1 / a.0)));
            lasts[k] = list;
        }
        let best_covered = names.iter().map(|i| problem.covered(*i, start[*i])).sum();
        let lots = vec![0.0; problem.targets.len()];
        Search { problem, names, floors, lasts, lots, best: start.to_vec(), best_covered, branches: 0 }
    }

    /// The most that `cash` can cover of the targets of names[k..], lots being divisible.
    fn bound(&self, k: usize, cash: f64) -> f64 {
        let mut rest = cash - self.floors[k];
        if rest <= 0.0 {
            return cash;
        }
        let mut covered = self.floors[k];
        for (price, part) in &self.lasts[k] {
            let share = (rest / price).min(1.0);
            covered += part * share;
            rest -= price * share;
            if rest <= 0.0 {
                break;
            }
        }
        covered
    }

    fn branch(&mut self, k: usize, cash: f64, covered: f64) {
        self.branches += 1;
        if k == self.names.len() {
            if covered > self.best_covered + self.problem.dust() {
                self.best_covered = covered;
                self.best = self.lots.clone();
            }
            return;
        }
        let i = self.names[k];
        let price = self.problem.price(i);
        let floor = self.problem.floor(i);
        let affordable = ((cash + self.problem.dust()) / price).floor();
        // A lot on top of the floor covers something only if the target is not met by the floor.
        let highest = if self.problem.target(i) > floor * price { floor + 1.0 } else { floor };
        let mut lots = highest.min(affordable);
        while lots >= 0.0 && self.branches < BRANCHES_MAX {
            let cash_left = (cash - lots * price).max(0.0);
            let now = covered + self.problem.covered(i, lots);
            if now + self.bound(k + 1, cash_left) > self.best_covered + self.problem.dust() {
                self.lots[i] = lots;
                self.branch(k + 1, cash_left, now);
            } else if lots <= floor {
                // Fewer lots free money that covers at most as much elsewhere.
                break;
            }
            lots -= 1.0;
        }
        self.lots[i] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem<'a>(targets: &'a [f64], prices: &'a [f64], budget: f64, lots: &'a [f64]) -> LotProblem<'a> {
        LotProblem { targets, prices, budget, lot_sizes: lots }
    }

    #[test]
    fn worked_example() {
        // 600 and 400 of 1,000: one at 350 (gap 250), three at 120 (gap 40) leave 290: 580. Two at 350 overshoot by 100
        // and leave 300 for two at 120: gaps 100 + 160 and 60 left, 320.
        let result = integer_lots(problem(&[0.6, 0.4], &[350.0, 120.0], 1000.0, &[1.0, 1.0])).unwrap();
        assert_eq!((result.shares.as_slice(), result.objective, result.leftover), ([2.0, 2.0].as_slice(), 320.0, 60.0));
        assert!(result.is_exact && (result.tracking_gap - 0.13).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        let none = integer_lots(problem(&[0.5, 0.5], &[10.0, 20.0], 0.0, &[1.0, 1.0])).unwrap();
        assert_eq!((none.shares.as_slice(), none.objective), ([0.0, 0.0].as_slice(), 0.0));
        let fractions = integer_lots(problem(&[1.0], &[30.0], 100.0, &[0.001])).unwrap();
        assert!((fractions.shares[0] - 3.333).abs() < 1e-12 && fractions.leftover < 0.03);
        for bad in [
            problem(&[-0.1], &[30.0], 100.0, &[1.0]),
            problem(&[0.5], &[0.0], 100.0, &[1.0]),
            problem(&[0.5], &[30.0], f64::NAN, &[1.0]),
            problem(&[0.5], &[1e-300], 100.0, &[1.0]),
        ] {
            assert_eq!(integer_lots(bad).unwrap_err().code(), "invalid_input");
        }
    }

    #[test]
    fn many_names_are_allocated_without_a_search() {
        let n = 120;
        let mut uniform = crate::test_problems::uniforms(3);
        let targets = vec![1.0 / n as f64; n];
        let prices: Vec<f64> = (0..n).map(|_| 20.0 + 300.0 * uniform()).collect();
        let lots = vec![1.0; n];
        let result = integer_lots(problem(&targets, &prices, 100_000.0, &lots)).unwrap();
        let greedy = greedy_lots(problem(&targets, &prices, 100_000.0, &lots)).unwrap();
        assert!(!result.is_exact && result.objective <= greedy.objective);
        assert!(result.leftover >= 0.0);
    }

    /// Best objective over every allocation.
    fn by_enumeration(problem: LotProblem<'_>, i: usize, lots: &mut Vec<f64>, cash: f64) -> f64 {
        if i == lots.len() {
            return problem.allocation(lots, true).objective;
        }
        let mut best = f64::INFINITY;
        let mut count = 0.0;
        while count * problem.price(i) <= cash {
            lots[i] = count;
            best = best.min(by_enumeration(problem, i + 1, lots, cash - count * problem.price(i)));
            count += 1.0;
        }
        lots[i] = 0.0;
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn exact_is_the_best_of_all(
            raw in proptest::collection::vec(0.05..1.0f64, 2..5),
            prices in proptest::collection::vec(40.0..300.0f64, 5),
            budget in 300.0..1200.0f64,
        ) {
            let total: f64 = raw.iter().sum();
            let targets: Vec<f64> = raw.iter().map(|w| w / total).collect();
            let n = targets.len();
            let lots = vec![1.0; n];
            let problem = problem(&targets, &prices[..n], budget, &lots);
            let result = integer_lots(problem).unwrap();
            let best = by_enumeration(problem, 0, &mut vec![0.0; n], budget);
            prop_assert!(result.is_exact);
            prop_assert!((result.objective - best).abs() < 1e-6, "{} {best}", result.objective);
            let spent: f64 = result.shares.iter().zip(&prices).map(|(s, p)| s * p).sum();
            prop_assert!(spent <= budget + 1e-9);
        }

        #[test]
        fn thirty_names_are_searched_to_the_end(seed in 0u64..40) {
            let mut uniform = crate::test_problems::uniforms(seed);
            let raw: Vec<f64> = (0..30).map(|_| uniform()).collect();
            let total: f64 = raw.iter().sum();
            let targets: Vec<f64> = raw.iter().map(|w| w / total).collect();
            let prices: Vec<f64> = (0..30).map(|_| 10.0 + 400.0 * uniform()).collect();
            let lots = [1.0; 30];
            let problem = problem(&targets, &prices, 20_000.0, &lots);
            let result = integer_lots(problem).unwrap();
            prop_assert!(result.is_exact);
            prop_assert!(result.objective <= greedy_lots(problem).unwrap().objective + 1e-9);
        }
    }
}
