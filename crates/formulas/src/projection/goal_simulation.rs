//! Goal simulation: how often a savings or spending plan ends at or above its goal.
//!
//!   per period: W ← W + contribution;  W ← W·(1 + R);  W ← W·(1 − fee) − tax·max(0, gain);  W ← W − withdrawal
//!   probability = share of paths with W_n ≥ goal      standard error √(p(1−p)/N)      Wilson interval at 95 %
//!   without fee, tax and withdrawal: E[W_n] = W_0·g^n + c·Σ_{k=1}^{n} g^k,  g = E[1 + R]
//!
//! Everything in real terms; contributions (negative ones too) at the start of a period, withdrawals at its end. Wealth
//! that reaches 0 by a withdrawal or a total loss is depleted: it stays 0, and the period counts towards the age of
//! depletion. Shortfall: mean of goal − W_n over the paths below the goal. The fan is read from counts in bins of
//! 0.2 % and exact to 0.1 %; terminal quantiles are type 7 on all paths. Sampling error is what N paths leave; that of
//! the assumed mean is larger, so a plan is shown with the mean moved by ±1 % a year too.
//!
//! Invariant: the outcome depends on plan, engine, seed and paths, not on the number of threads.
//!
//! Glasserman, P. (2003), Monte Carlo Methods in Financial Engineering, ch. 1.

use super::return_engine::{Bootstrap, Growth, Lognormal, Regimes, Student};
use super::{ReturnEngine, WithdrawalRule, wilson_interval};
use crate::moments::sum;
use crate::{Stream, Undefined};

/// Levels of the wealth fan.
pub const FAN_LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// What is saved, spent and wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalPlan {
    /// Wealth at the beginning.
    pub initial: f64,
    /// Wealth wanted at the end.
    pub goal: f64,
    /// Number of periods, at least 1.
    pub periods: usize,
    /// Periods in a year: guardrails decide once a year, and the fan has one row for each year.
    pub periods_per_year: usize,
    /// Added at the start of each period.
    pub contribution: f64,
    /// Taken at the end of each period.
    pub withdrawal: WithdrawalRule,
    /// Share of wealth charged per period after the return.
    pub fee: f64,
    /// Share of a period's gain that is tax.
    pub tax_on_gains: f64,
}

impl GoalPlan {
    /// A lump sum with a level contribution, in periods of a year.
    pub fn saving(initial: f64, goal: f64, periods: usize, contribution: f64) -> GoalPlan {
        let (periods_per_year, fee, tax_on_gains) = (1, 0.0, 0.0);
        let withdrawal = WithdrawalRule::None;
        GoalPlan { initial, goal, periods, periods_per_year, contribution, withdrawal, fee, tax_on_gains }
    }
}

/// How it is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Number of paths.
    pub paths: usize,
    /// Threads to use; the outcome does not depend on it.
    pub threads: usize,
    /// Whether to keep the yearly fan.
    pub fan: bool,
}

/// Quantiles of wealth at [`FAN_LEVELS`] after a number of periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanRow {
    /// Periods passed.
    pub period: usize,
    /// 5, 25, 50, 75 and 95 % quantiles.
    pub quantiles: [f64; 5],
}

/// What the paths say.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalOutcome {
    /// Share of paths that reach the goal.
    pub probability: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its Wilson interval at 95 %.
    pub wilson_95: (f64, f64),
    /// Mean terminal wealth.
    pub mean: f64,
    /// Standard error of the mean; none for one path.
    pub mean_standard_error: Option<f64>,
    /// Mean of what misses to the goal, over the paths that miss it; none if all reach it.
    pub shortfall_mean: Option<f64>,
    /// Share of paths that ran out of money.
    pub depletion_probability: f64,
    /// Mean number of periods after which those did; none if no path did.
    pub depletion_period_mean: Option<f64>,
    /// Quantiles of wealth after each year; empty unless asked for.
    pub fan: Vec<FanRow>,
    /// Terminal wealth of each path, ascending.
    terminals: Vec<f64>,
}

impl GoalOutcome {
    /// Type-7 quantile of terminal wealth; none unless 0 ≤ level ≤ 1.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&level) {
            return None;
        }
        let position = level * (self.terminals.len() - 1) as f64;
        let below = position.floor() as usize;
        let above = (below + 1).min(self.terminals.len() - 1);
        Some(self.terminals[below] + (position - below as f64) * (self.terminals[above] - self.terminals[below]))
    }
}

/// Simulates `plan` with returns of `engine`.
pub fn goal_simulation(
    plan: &GoalPlan,
    engine: &ReturnEngine,
    simulation: Simulation,
) -> Result<GoalOutcome, Undefined> {
    check(plan, simulation)?;
    engine.check()?;
    Ok(match engine {
        ReturnEngine::Lognormal { log_drift, log_volatility } => {
            run(plan, &Lognormal { log_drift: *log_drift, log_volatility: *log_volatility }, simulation)
        }
        ReturnEngine::Student { mean, volatility, degrees } => {
            let scale = volatility * ((degrees - 2.0) / degrees).sqrt();
            run(plan, &Student { mean: *mean, scale, degrees: *degrees }, simulation)
        }
        ReturnEngine::Bootstrap { history, mean_block } => {
            run(plan, &Bootstrap { history, jump: 1.0 / mean_block }, simulation)
        }
        ReturnEngine::Regimes { regimes, initial } => run(plan, &Regimes { regimes, initial }, simulation),
    })
}

/// Expected terminal wealth of a plan without fee, tax and withdrawal when one period grows by `growth` on average.
pub fn mean_terminal_wealth(initial: f64, contribution: f64, growth: f64, periods: usize) -> Result<f64, Undefined> {
    // Horner's scheme: each period adds, then grows.
    let mean = (0..periods).fold(initial, |wealth, _| (wealth + contribution) * growth);
    if mean.is_finite() { Ok(mean) } else { Err(Undefined::InvalidInput { what: "growth" }) }
}

fn check(plan: &GoalPlan, simulation: Simulation) -> Result<(), Undefined> {
    let checks = [
        (plan.initial, plan.initial >= 0.0, "initial"),
        (plan.goal, true, "goal"),
        (plan.contribution, true, "contribution"),
        (plan.fee, (0.0..=1.0).contains(&plan.fee), "fee"),
        (plan.tax_on_gains, (0.0..=1.0).contains(&plan.tax_on_gains), "tax"),
    ];
    if let Some((.., what)) = checks.iter().find(|(value, sound, _)| !(value.is_finite() && *sound)) {
        return Err(Undefined::InvalidInput { what });
    }
    if plan.periods == 0 || plan.periods_per_year == 0 {
        return Err(Undefined::InvalidInput { what: "periods" });
    }
    if simulation.paths == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    plan.withdrawal.check()
}

/// Paths that one thread takes at a time.
const CHUNK: usize = 8_192;

/// Terminal wealth, and the period of depletion from 1 (0: never), of some paths.
struct Paths<'a> {
    first: usize,
    terminals: &'a mut [f64],
    depleted: &'a mut [u32],
}

fn run<G: Growth>(plan: &GoalPlan, growth: &G, simulation: Simulation) -> GoalOutcome {
    let mut terminals = vec![0.0; simulation.paths];
    let mut depleted = vec![0_u32; simulation.paths];
    let chunks: Vec<Paths<'_>> = terminals
        .chunks_mut(CHUNK)
        .zip(depleted.chunks_mut(CHUNK))
        .enumerate()
        .map(|(at, (terminals, depleted))| Paths { first: at * CHUNK, terminals, depleted })
        .collect();
    let counts = spread(
        chunks,
        simulation.threads,
        || Counts::of(plan, simulation.fan),
        |counts, chunk| {
            if is_plain(plan) && !simulation.fan {
                plain_paths(plan, growth, simulation.seed, chunk);
            } else {
                paths(plan, growth, simulation.seed, chunk, counts);
            }
        },
    );
    let fan = counts.into_iter().reduce(Counts::merged).map(|counts| counts.fan(simulation.paths)).unwrap_or_default();
    outcome(plan, terminals, &depleted, fan)
}

/// Gives each item to one of `threads` workers; workers keep a tally each.
fn spread<T: Send, A: Send>(
    items: Vec<T>,
    threads: usize,
    tally: impl Fn() -> A + Sync,
    work: impl Fn(&mut A, T) + Sync,
) -> Vec<A> {
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        let mut own = tally();
        items.into_iter().for_each(|item| work(&mut own, item));
        return vec![own];
    }
    let mut shares: Vec<Vec<T>> = (0..threads).map(|_| Vec::new()).collect();
    items.into_iter().enumerate().for_each(|(at, item)| shares[at % threads].push(item));
    std::thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .map(|share| {
                scope.spawn(|| {
                    let mut own = tally();
                    share.into_iter().for_each(|item| work(&mut own, item));
                    own
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Whether wealth cannot be depleted and nothing but returns and contributions moves it.
fn is_plain(plan: &GoalPlan) -> bool {
    plan.withdrawal == WithdrawalRule::None && plan.fee == 0.0 && plan.tax_on_gains == 0.0 && plan.contribution >= 0.0
}

fn plain_paths<G: Growth>(plan: &GoalPlan, growth: &G, seed: u64, chunk: Paths<'_>) {
    for (at, terminal) in chunk.terminals.iter_mut().enumerate() {
        let mut stream = Stream::new(seed, (chunk.first + at) as u64);
        let mut state = growth.start(&mut stream);
        let mut wealth = plan.initial;
        for _ in 0..plan.periods {
            wealth = (wealth + plan.contribution) * growth.next(&mut stream, &mut state);
        }
        *terminal = bounded(wealth);
    }
}

fn paths<G: Growth>(plan: &GoalPlan, growth: &G, seed: u64, chunk: Paths<'_>, counts: &mut Counts) {
    for (at, terminal) in chunk.terminals.iter_mut().enumerate() {
        let mut stream = Stream::new(seed, (chunk.first + at) as u64);
        let mut state = growth.start(&mut stream);
        let mut spending = plan.withdrawal.begin(plan.initial, plan.periods, plan.periods_per_year);
        let mut wealth = plan.initial;
        counts.count(0, wealth);
        for period in 0..plan.periods {
            let factor = growth.next(&mut stream, &mut state);
            if chunk.depleted[at] == 0 {
                let before = (wealth + plan.contribution).max(0.0);
                let grown = before * factor;
                let after_costs = grown * (1.0 - plan.fee) - plan.tax_on_gains * (grown - before).max(0.0);
                let available = after_costs.max(0.0);
                let had_something = before > 0.0 || period > 0 || plan.contribution < 0.0;
                wealth = bounded(available - spending.amount(period, available));
                if wealth <= 0.0 && had_something {
                    chunk.depleted[at] = period as u32 + 1;
                    wealth = 0.0;
                }
            }
            counts.count(period + 1, wealth);
        }
        *terminal = wealth;
    }
}

/// Wealth beyond 1e290 counts as 1e290, so that sums over paths stay floats.
fn bounded(wealth: f64) -> f64 {
    wealth.min(1e290)
}

fn outcome(plan: &GoalPlan, mut terminals: Vec<f64>, depleted: &[u32], fan: Vec<FanRow>) -> GoalOutcome {
    let paths = terminals.len();
    let n = paths as f64;
    let reached = terminals.iter().filter(|wealth| **wealth >= plan.goal).count();
    let probability = reached as f64 / n;
    let mean = sum(terminals.iter().map(|wealth| wealth / n));
    let spread = sum(terminals.iter().map(|wealth| (wealth - mean) * ((wealth - mean) / n)));
    let mean_standard_error = (paths > 1).then(|| (spread / (n - 1.0)).sqrt()).filter(|error| error.is_finite());
    let missed = terminals.iter().filter(|wealth| **wealth < plan.goal).map(|wealth| plan.goal - wealth);
    let shortfall_mean = (reached < paths).then(|| sum(missed) / (paths - reached) as f64);
    let ruined: Vec<f64> = depleted.iter().filter(|period| **period > 0).map(|period| f64::from(*period)).collect();
    terminals.sort_unstable_by(f64::total_cmp);
    GoalOutcome {
        probability,
        standard_error: (probability * (1.0 - probability) / n).sqrt(),
        wilson_95: wilson_interval(reached, paths, 0.95).unwrap_or((0.0, 1.0)),
        mean,
        mean_standard_error,
        shortfall_mean,
        depletion_probability: ruined.len() as f64 / n,
        depletion_period_mean: (!ruined.is_empty()).then(|| crate::moments::mean(&ruined)),
        fan,
        terminals,
    }
}

/// Counts of wealth in narrow bins, one histogram for each row of the fan.
struct Counts {
    periods_per_year: usize,
    periods: usize,
    rows: Vec<Vec<u32>>,
}

/// Bins in a doubling of wealth: the nine leading bits of the mantissa.
const BINS_PER_DOUBLING: u64 = 512;
/// Wealth from 2⁻⁴⁰ to 2⁶⁰ has bins of its own; bin 0 holds what is less.
const SMALLEST_EXPONENT: u64 = 1_023 - 40;
const BINS: usize = (BINS_PER_DOUBLING * 100) as usize;

impl Counts {
    fn of(plan: &GoalPlan, fan: bool) -> Counts {
        let rows = if fan { plan.periods.div_ceil(plan.periods_per_year) + 1 } else { 0 };
        Counts { periods_per_year: plan.periods_per_year, periods: plan.periods, rows: vec![vec![0; BINS]; rows] }
    }

    #[inline]
    fn count(&mut self, period: usize, wealth: f64) {
        let is_row = period.is_multiple_of(self.periods_per_year) || period == self.periods;
        if self.rows.is_empty() || !is_row {
            return;
        }
        let leading = wealth.to_bits() >> (52 - 9);
        let bin = leading.saturating_sub(SMALLEST_EXPONENT * BINS_PER_DOUBLING).min(BINS as u64 - 1);
        self.rows[period.div_ceil(self.periods_per_year)][bin as usize] += 1;
    }

    fn merged(mut self, other: Counts) -> Counts {
        for (row, others) in self.rows.iter_mut().zip(other.rows) {
            row.iter_mut().zip(others).for_each(|(count, more)| *count += more);
        }
        self
    }

    fn fan(self, paths: usize) -> Vec<FanRow> {
        let (per_year, periods) = (self.periods_per_year, self.periods);
        let row = |(at, counts): (usize, &Vec<u32>)| FanRow {
            period: (at * per_year).min(periods),
            quantiles: FAN_LEVELS.map(|level| value_at(counts, level, paths)),
        };
        self.rows.iter().enumerate().map(row).collect()
    }
}

/// The wealth below which a share `level` of the counts lies, interpolated inside its bin.
fn value_at(counts: &[u32], level: f64, paths: usize) -> f64 {
    let wanted = level * paths as f64;
    let mut below = 0.0;
    for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let through = below + f64::from(*count);
        if wanted <= through {
            if bin == 0 {
                return 0.0;
            }
            let edge = |bin: usize| f64::from_bits((SMALLEST_EXPONENT * BINS_PER_DOUBLING + bin as u64) << (52 - 9));
            // Half a bin when all paths share it: no place inside is better known.
            let inside = if f64::from(*count) >= paths as f64 { 0.5 } else { (wanted - below) / f64::from(*count) };
            return edge(bin) + inside * (edge(bin + 1) - edge(bin));
        }
        below = through;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::super::goal_probability;
    use super::*;
    use proptest::prelude::*;

    const ENGINE: ReturnEngine = ReturnEngine::Lognormal { log_drift: 0.06, log_volatility: 0.18 };

    fn simulation(paths: usize) -> Simulation {
        Simulation { seed: 1, paths, threads: 2, fan: false }
    }

    #[test]
    fn worked_example() {
        // Without risk: (100 + 10)·1.1 = 121, (121 + 10)·1.1 = 144.1.
        let engine = ReturnEngine::Bootstrap { history: vec![0.1], mean_block: 1.0 };
        let found = goal_simulation(&GoalPlan::saving(100.0, 144.0, 2, 10.0), &engine, simulation(10)).unwrap();
        assert!((found.mean - 144.1).abs() < 1e-12);
        assert_eq!((found.probability, found.standard_error, found.shortfall_mean), (1.0, 0.0, None));
        assert!((mean_terminal_wealth(100.0, 10.0, 1.1, 2).unwrap() - 144.1).abs() < 1e-12);
        let missed = goal_simulation(&GoalPlan::saving(100.0, 150.0, 2, 10.0), &engine, simulation(10)).unwrap();
        assert_eq!(missed.probability, 0.0);
        assert!((missed.shortfall_mean.unwrap() - 5.9).abs() < 1e-12);
    }

    #[test]
    fn the_closed_form_lies_within_four_standard_errors() {
        let found =
            goal_simulation(&GoalPlan::saving(10_000.0, 15_000.0, 8, 0.0), &ENGINE, simulation(200_000)).unwrap();
        let closed = goal_probability(10_000.0, 15_000.0, 0.06, 0.18, 8.0).unwrap();
        assert!((found.probability - closed.probability).abs() < 4.0 * found.standard_error);
        assert!((found.mean - closed.mean).abs() < 4.0 * found.mean_standard_error.unwrap());
        for level in FAN_LEVELS {
            let (found, closed) = (found.quantile(level).unwrap(), closed.quantile(level).unwrap());
            assert!((found / closed - 1.0).abs() < 0.02, "{level}: {found} {closed}");
        }
        let saving = goal_simulation(&GoalPlan::saving(1_000.0, 0.0, 20, 100.0), &ENGINE, simulation(200_000)).unwrap();
        let growth = ENGINE.mean_growth().unwrap();
        let mean = mean_terminal_wealth(1_000.0, 100.0, growth, 20).unwrap();
        assert!((saving.mean - mean).abs() < 4.0 * saving.mean_standard_error.unwrap());
    }

    #[test]
    fn threads_do_not_matter() {
        let plan = GoalPlan { withdrawal: WithdrawalRule::Constant(6.0), ..GoalPlan::saving(100.0, 50.0, 30, 0.0) };
        let of = |threads| {
            goal_simulation(&plan, &ENGINE, Simulation { seed: 5, paths: 30_000, threads, fan: true }).unwrap()
        };
        let one = of(1);
        assert_eq!(one, of(2));
        assert_eq!(one, of(7));
        assert!(one.depletion_probability > 0.01 && one.depletion_period_mean.unwrap() > 10.0);
    }

    #[test]
    fn the_fan_is_exact_to_a_thousandth() {
        let plan = GoalPlan { periods_per_year: 12, ..GoalPlan::saving(100.0, 100.0, 30, 0.0) };
        let engine = ReturnEngine::Lognormal { log_drift: 0.005, log_volatility: 0.05 };
        let found =
            goal_simulation(&plan, &engine, Simulation { seed: 2, paths: 50_000, threads: 2, fan: true }).unwrap();
        assert_eq!(found.fan.iter().map(|row| row.period).collect::<Vec<_>>(), [0, 12, 24, 30]);
        assert!(found.fan[0].quantiles.iter().all(|wealth| (wealth / 100.0 - 1.0).abs() <= 1e-3));
        for (at, level) in FAN_LEVELS.iter().enumerate() {
            let exact = found.quantile(*level).unwrap();
            assert!((found.fan[3].quantiles[at] / exact - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn fees_taxes_and_ruin() {
        let engine = ReturnEngine::Bootstrap { history: vec![0.1], mean_block: 1.0 };
        let plan = GoalPlan { fee: 0.01, tax_on_gains: 0.25, ..GoalPlan::saving(100.0, 0.0, 1, 0.0) };
        // 110 · .99 − .25 · 10.
        assert!((goal_simulation(&plan, &engine, simulation(2)).unwrap().mean - 106.4).abs() < 1e-12);
        let ruin = GoalPlan { withdrawal: WithdrawalRule::Constant(60.0), ..GoalPlan::saving(100.0, 1.0, 5, 0.0) };
        let found = goal_simulation(&ruin, &engine, simulation(4)).unwrap();
        // 50 after one year; 55 do not pay the second.
        assert_eq!((found.depletion_probability, found.depletion_period_mean, found.mean), (1.0, Some(2.0), 0.0));
        assert_eq!(found.shortfall_mean, Some(1.0));
        let lost = ReturnEngine::Bootstrap { history: vec![-1.0], mean_block: 1.0 };
        assert_eq!(goal_simulation(&ruin, &lost, simulation(4)).unwrap().depletion_period_mean, Some(1.0));
    }

    #[test]
    fn edges() {
        let plan = GoalPlan::saving(100.0, 1.0, 5, 0.0);
        let code = |plan: &GoalPlan, paths| goal_simulation(plan, &ENGINE, simulation(paths)).unwrap_err().code();
        assert_eq!(code(&plan, 0), "insufficient_data");
        assert_eq!(code(&GoalPlan { periods: 0, ..plan.clone() }, 1), "invalid_input");
        assert_eq!(code(&GoalPlan { initial: -1.0, ..plan.clone() }, 1), "invalid_input");
        assert_eq!(code(&GoalPlan { goal: f64::NAN, ..plan.clone() }, 1), "invalid_input");
        assert_eq!(code(&GoalPlan { fee: 2.0, ..plan }, 1), "invalid_input");
        // Growth beyond all floats stays a float.
        let huge = ReturnEngine::Lognormal { log_drift: 700.0, log_volatility: 0.0 };
        let found = goal_simulation(&GoalPlan::saving(100.0, 1.0, 5, 0.0), &huge, simulation(3)).unwrap();
        assert!(found.mean.is_finite() && found.quantile(0.5).unwrap().is_finite());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn saving_more_and_wanting_less_help(c in 0.0..20.0f64, g in 50.0..400.0f64, seed in 0u64..1_000) {
            let of = |contribution, goal| {
                let plan = GoalPlan::saving(100.0, goal, 12, contribution);
                goal_simulation(&plan, &ENGINE, Simulation { seed, paths: 500, threads: 1, fan: false }).unwrap()
            };
            let base = of(c, g);
            prop_assert!(of(c + 1.0, g).probability >= base.probability);
            prop_assert!(of(c, g * 0.9).probability >= base.probability);
            prop_assert!(base.wilson_95.0 <= base.probability && base.probability <= base.wilson_95.1);
        }

        #[test]
        fn no_outcome_is_not_a_number(
            w in 0.0..50.0f64, fee in 0.0..0.2f64, tax in 0.0..1.0f64, r in proptest::collection::vec(-1.0..2.0f64, 1..10),
        ) {
            let engine = ReturnEngine::Bootstrap { history: r, mean_block: 3.0 };
            for withdrawal in [WithdrawalRule::Constant(w), WithdrawalRule::Guardrails { annual_rate: 0.05 }] {
                let plan = GoalPlan { withdrawal, fee, tax_on_gains: tax, ..GoalPlan::saving(100.0, 90.0, 20, 1.0) };
                let found = goal_simulation(&plan, &engine, Simulation { seed: 1, paths: 50, threads: 1, fan: true }).unwrap();
                prop_assert!(found.mean.is_finite() && (0.0..=1.0).contains(&found.depletion_probability));
                prop_assert!(found.fan.iter().flat_map(|row| row.quantiles).all(f64::is_finite));
            }
        }
    }
}
