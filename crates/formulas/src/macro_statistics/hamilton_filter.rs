//! Hamilton filter: the probability of each regime of a Markov-switching series, from what was known at the time.
//!
//!   y_t − μ_{S_t} = Σ_{k=1}^{p} φ_k·(y_{t−k} − μ_{S_{t−k}}) + ε_t,  ε_t ~ N(0, σ²_{S_t})      p = 0: y_t = μ_{S_t} + ε_t
//!   predicted ξ_{t|t−1} = P'·ξ_{t−1|t−1}      filtered ξ_{t|t} ∝ ξ_{t|t−1} · f(y_t | regime)
//!   log-likelihood = Σ ln Σ_regimes ξ_{t|t−1}·f(y_t | regime)
//!   smoothed (Kim): ξ_{t|T}(i) = ξ_{t|t}(i) · Σ_j p_ij·ξ_{t+1|T}(j)/ξ_{t+1|t}(j)
//!
//! P has a row for each regime of today and a column for each of tomorrow, so rows sum to 1 (`p00` stays in 0, `p10`
//! goes from 1 to 0). With p lags the state is the last p + 1 regimes and the first p observations are given. The start
//! is the ergodic distribution unless stated. The live number is the filtered one; the smoothed one knows the future
//! and is for history. Expected duration of regime i: 1/(1 − p_ii), undefined for a regime that is never left.
//! Computed in logs, so that no observation is too unlikely. Invariant: each row of probabilities sums to 1.
//!
//! Hamilton, J. (1989), Econometrica 57(2); (1994), Time Series Analysis, ch. 22. Kim, C. & Nelson, C. (1999),
//! State-Space Models with Regime Switching, ch. 4.

use crate::Undefined;
use crate::moments::sum;
use crate::small_matrix::solve;

/// A series whose mean, and perhaps variance, follows a regime.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchingModel {
    /// Probability of each regime tomorrow (column) for each regime today (row).
    pub transition: Vec<Vec<f64>>,
    /// Mean of each regime.
    pub means: Vec<f64>,
    /// Variance of each regime's shocks, > 0.
    pub variances: Vec<f64>,
    /// Coefficients of the lags, nearest first.
    pub autoregression: Vec<f64>,
}

/// Where the filter starts.
#[derive(Debug, Clone, PartialEq)]
pub enum InitialState {
    /// The distribution that the chain settles in.
    Ergodic,
    /// Given probabilities of the regimes.
    Given(Vec<f64>),
}

/// Probabilities of regimes over time; rows are periods from the first that is not given.
#[derive(Debug, Clone, PartialEq)]
pub struct HamiltonFilter {
    /// Log-likelihood of the series.
    pub log_likelihood: f64,
    /// P(S_t | y_1 … y_{t−1}).
    pub predicted: Vec<Vec<f64>>,
    /// P(S_t | y_1 … y_t).
    pub filtered: Vec<Vec<f64>>,
    /// P(S_t | y_1 … y_T).
    pub smoothed: Vec<Vec<f64>>,
    /// Expected periods in each regime; none for one that is never left.
    pub expected_durations: Vec<Option<f64>>,
    /// Long-run share of each regime.
    pub ergodic: Vec<f64>,
    /// Expected number of moves from regime i to j, given the whole series (without lags only).
    pub(super) moves: Vec<Vec<f64>>,
}

/// Filters and smooths `series` under `model`.
pub fn hamilton_filter(
    series: &[f64],
    model: &SwitchingModel,
    initial: &InitialState,
) -> Result<HamiltonFilter, Undefined> {
    check(series, model)?;
    let ergodic = ergodic_probabilities(&model.transition)?;
    let start = match initial {
        InitialState::Ergodic => ergodic.clone(),
        InitialState::Given(start) if is_distribution(start, ergodic.len()) => start.clone(),
        InitialState::Given(_) => return Err(Undefined::InvalidInput { what: "initial" }),
    };
    let states = States { regimes: ergodic.len(), lags: model.autoregression.len() };
    let forward = Forward::run(series, model, &start, states)?;
    let smoothed = backward(&forward, model, states);
    let moves = if states.lags == 0 { moves(&forward, &smoothed, &model.transition) } else { Vec::new() };
    let by_regime = |rows: &[Vec<f64>]| rows.iter().map(|row| states.by_regime(row)).collect();
    Ok(HamiltonFilter {
        log_likelihood: forward.log_likelihood,
        predicted: by_regime(&forward.predicted),
        filtered: by_regime(&forward.filtered),
        smoothed: by_regime(&smoothed),
        expected_durations: (0..ergodic.len()).map(|at| duration(model.transition[at][at])).collect(),
        ergodic,
        moves,
    })
}

/// Log-likelihood alone, for a fit.
pub(super) fn log_likelihood(series: &[f64], model: &SwitchingModel) -> Option<f64> {
    let start = ergodic_probabilities(&model.transition).ok()?;
    let states = States { regimes: start.len(), lags: model.autoregression.len() };
    Forward::run(series, model, &start, states).ok().map(|forward| forward.log_likelihood)
}

/// The distribution π = P'π; undefined when the chain has more than one.
pub fn ergodic_probabilities(transition: &[Vec<f64>]) -> Result<Vec<f64>, Undefined> {
    let k = transition.len();
    if k == 0 || transition.iter().any(|row| !is_distribution(row, k)) {
        return Err(Undefined::InvalidInput { what: "transition" });
    }
    // (I − P')π = 0 with its last equation replaced by Σπ = 1.
    let mut system: Vec<Vec<f64>> =
        (0..k).map(|to| (0..k).map(|from| f64::from(u8::from(from == to)) - transition[from][to]).collect()).collect();
    system[k - 1] = vec![1.0; k];
    let mut sums = vec![0.0; k];
    sums[k - 1] = 1.0;
    let shares = solve(&system, &sums).ok_or(Undefined::InvalidInput { what: "transition" })?;
    if shares.iter().any(|share| !(-1e-9..=1.0 + 1e-9).contains(share)) {
        return Err(Undefined::InvalidInput { what: "transition" });
    }
    Ok(shares.into_iter().map(|share| share.clamp(0.0, 1.0)).collect())
}

fn duration(stay: f64) -> Option<f64> {
    let periods = 1.0 / (1.0 - stay);
    periods.is_finite().then_some(periods)
}

fn is_distribution(p: &[f64], k: usize) -> bool {
    p.len() == k && p.iter().all(|p| (0.0..=1.0).contains(p)) && (p.iter().sum::<f64>() - 1.0).abs() < 1e-9
}

fn check(series: &[f64], model: &SwitchingModel) -> Result<(), Undefined> {
    let (k, lags) = (model.transition.len(), model.autoregression.len());
    if series.len() <= lags {
        return Err(Undefined::InsufficientData { needed: lags + 1, found: series.len() });
    }
    if series.iter().any(|y| !y.is_finite()) {
        return Err(Undefined::InvalidInput { what: "series" });
    }
    let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    let sound = model.means.len() == k
        && model.variances.len() == k
        && finite(&model.means)
        && finite(&model.autoregression)
        && model.variances.iter().all(|variance| variance.is_finite() && *variance > 0.0);
    // 4^9 states of nine lags are more than a series can tell apart.
    let small = k.checked_pow(lags as u32 + 1).is_some_and(|states| states <= 1 << 16);
    if sound && small { Ok(()) } else { Err(Undefined::InvalidInput { what: "params" }) }
}

/// The regimes of today and of the lags as one number: today's is the leading digit in base `regimes`.
#[derive(Debug, Clone, Copy)]
struct States {
    regimes: usize,
    lags: usize,
}

impl States {
    fn count(self) -> usize {
        self.regimes.pow(self.lags as u32 + 1)
    }

    /// Regime `lag` periods before today (0: today's).
    fn regime(self, state: usize, lag: usize) -> usize {
        state / self.regimes.pow((self.lags - lag) as u32) % self.regimes
    }

    /// The state of tomorrow if it brings `regime`.
    fn next(self, state: usize, regime: usize) -> usize {
        regime * (self.count() / self.regimes) + state / self.regimes
    }

    fn by_regime(self, state_probabilities: &[f64]) -> Vec<f64> {
        state_probabilities.chunks(self.count() / self.regimes).map(|chunk| sum(chunk.iter().copied())).collect()
    }
}

struct Forward {
    log_likelihood: f64,
    predicted: Vec<Vec<f64>>,
    filtered: Vec<Vec<f64>>,
}

impl Forward {
    fn run(series: &[f64], model: &SwitchingModel, start: &[f64], states: States) -> Result<Forward, Undefined> {
        let mut ahead = first_prediction(model, start, states);
        let (mut predicted, mut filtered, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        for at in states.lags..series.len() {
            let logs: Vec<f64> = ahead
                .iter()
                .enumerate()
                .map(|(state, p)| p.ln() + log_density(series, at, state, model, states))
                .collect();
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let scaled: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
            let total = sum(scaled.iter().copied());
            let term = largest + total.ln();
            if !term.is_finite() {
                return Err(Undefined::InvalidInput { what: "params" });
            }
            terms.push(term);
            let now: Vec<f64> = scaled.iter().map(|scaled| scaled / total).collect();
            predicted.push(std::mem::replace(&mut ahead, prediction(&now, model, states)));
            filtered.push(now);
        }
        Ok(Forward { log_likelihood: sum(terms), predicted, filtered })
    }
}

/// Distribution of the first state: the start, then as many moves as there are lags.
fn first_prediction(model: &SwitchingModel, start: &[f64], states: States) -> Vec<f64> {
    (0..states.count())
        .map(|state| {
            let oldest = states.regime(state, states.lags);
            (0..states.lags).rev().fold(start[oldest], |p, lag| {
                p * model.transition[states.regime(state, lag + 1)][states.regime(state, lag)]
            })
        })
        .collect()
}

fn prediction(now: &[f64], model: &SwitchingModel, states: States) -> Vec<f64> {
    let mut ahead = vec![0.0; now.len()];
    for (state, p) in now.iter().enumerate() {
        let today = states.regime(state, 0);
        for regime in 0..states.regimes {
            ahead[states.next(state, regime)] += p * model.transition[today][regime];
        }
    }
    ahead
}

fn log_density(series: &[f64], at: usize, state: usize, model: &SwitchingModel, states: States) -> f64 {
    let deviation = |lag: usize| series[at - lag] - model.means[states.regime(state, lag)];
    let explained: f64 = model.autoregression.iter().enumerate().map(|(at, phi)| phi * deviation(at + 1)).sum();
    let shock = deviation(0) - explained;
    let variance = model.variances[states.regime(state, 0)];
    -0.5 * (shock * shock / variance + variance.ln() + (2.0 * std::f64::consts::PI).ln())
}

fn backward(forward: &Forward, model: &SwitchingModel, states: States) -> Vec<Vec<f64>> {
    let mut smoothed = forward.filtered.clone();
    for at in (0..smoothed.len().saturating_sub(1)).rev() {
        let ratio: Vec<f64> = smoothed[at + 1]
            .iter()
            .zip(&forward.predicted[at + 1])
            .map(|(s, p)| if *p > 0.0 { s / p } else { 0.0 })
            .collect();
        for state in 0..states.count() {
            let today = states.regime(state, 0);
            let later = sum((0..states.regimes).map(|to| model.transition[today][to] * ratio[states.next(state, to)]));
            smoothed[at][state] *= later;
        }
    }
    smoothed
}

fn moves(forward: &Forward, smoothed: &[Vec<f64>], transition: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let k = transition.len();
    let mut moves = vec![vec![0.0; k]; k];
    for at in 0..smoothed.len() - 1 {
        for from in 0..k {
            for to in 0..k {
                let ahead = forward.predicted[at + 1][to];
                if ahead > 0.0 {
                    moves[from][to] += forward.filtered[at][from] * transition[from][to] * smoothed[at + 1][to] / ahead;
                }
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two(p00: f64, p10: f64, means: [f64; 2], variance: f64) -> SwitchingModel {
        SwitchingModel {
            transition: vec![vec![p00, 1.0 - p00], vec![p10, 1.0 - p10]],
            means: means.to_vec(),
            variances: vec![variance; 2],
            autoregression: vec![],
        }
    }

    #[test]
    fn worked_example() {
        // One observation at the mean of regime 0, means 0 and 2, variance 1: odds e^{2} times 0.75/0.25.
        let model = two(0.9, 0.3, [0.0, 2.0], 1.0);
        let found = hamilton_filter(&[0.0], &model, &InitialState::Ergodic).unwrap();
        assert!((found.ergodic[0] - 0.75).abs() < 1e-15);
        let odds = 3.0 * 2.0_f64.exp();
        assert!((found.filtered[0][0] - odds / (1.0 + odds)).abs() < 1e-14);
        assert_eq!(found.smoothed, found.filtered);
        let density = |x: f64| crate::normal_density(x);
        let likelihood = 0.75 * density(0.0) + 0.25 * density(2.0);
        assert!((found.log_likelihood - likelihood.ln()).abs() < 1e-14);
        assert!((found.expected_durations[0].unwrap() - 10.0).abs() < 1e-12);
    }

    #[test]
    fn smoothing_agrees_with_enumeration() {
        // All 2^5 paths of regimes, with one lag.
        let series = [0.3, -0.4, 1.9, 2.5, 0.1, -0.2];
        let mut model = two(0.8, 0.3, [0.0, 2.0], 0.7);
        model.autoregression = vec![0.4];
        let found = hamilton_filter(&series, &model, &InitialState::Ergodic).unwrap();
        let (mut total, mut in_zero) = (0.0, [0.0; 5]);
        for path in 0..64_usize {
            let regime = |t: usize| path >> t & 1;
            let mut p = found.ergodic[regime(0)];
            for t in 1..6 {
                let shock = series[t] - model.means[regime(t)] - 0.4 * (series[t - 1] - model.means[regime(t - 1)]);
                p *= model.transition[regime(t - 1)][regime(t)];
                p *= (-0.5 * shock * shock / 0.7).exp() / (2.0 * std::f64::consts::PI * 0.7).sqrt();
            }
            total += p;
            (0..5).filter(|t| regime(t + 1) == 0).for_each(|t| in_zero[t] += p);
        }
        assert!((found.log_likelihood - total.ln()).abs() < 1e-12);
        for (t, mass) in in_zero.iter().enumerate() {
            assert!((found.smoothed[t][0] - mass / total).abs() < 1e-12);
        }
    }

    #[test]
    fn edges() {
        let model = two(0.9, 0.3, [0.0, 2.0], 1.0);
        let code = |series: &[f64], model: &SwitchingModel, initial: &InitialState| {
            hamilton_filter(series, model, initial).unwrap_err().code()
        };
        let ergodic = InitialState::Ergodic;
        assert_eq!(code(&[], &model, &ergodic), "insufficient_data");
        assert_eq!(code(&[f64::NAN], &model, &ergodic), "invalid_input");
        assert_eq!(code(&[1.0], &two(1.1, 0.3, [0.0, 2.0], 1.0), &ergodic), "invalid_input");
        assert_eq!(code(&[1.0], &two(0.9, 0.3, [0.0, 2.0], 0.0), &ergodic), "invalid_input");
        assert_eq!(code(&[1.0], &model, &InitialState::Given(vec![0.5])), "invalid_input");
        // Two regimes that are never left have no one ergodic distribution.
        assert_eq!(code(&[1.0], &two(1.0, 0.0, [0.0, 2.0], 1.0), &ergodic), "invalid_input");
        let absorbing = hamilton_filter(&[1.0], &two(1.0, 0.5, [0.0, 2.0], 1.0), &ergodic).unwrap();
        assert_eq!(absorbing.expected_durations, [None, Some(2.0)]);
        // An observation that no float density can hold.
        let far = hamilton_filter(&[0.0, 1e4, 0.0], &model, &ergodic).unwrap();
        assert!(far.log_likelihood.is_finite() && far.filtered[1][1] > 0.999);
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_names_do_not_matter(
            y in proptest::collection::vec(-5.0..5.0f64, 1..40), p00 in 0.05..0.95f64, p10 in 0.05..0.95f64,
        ) {
            let model = two(p00, p10, [-1.0, 1.0], 1.5);
            let swapped = two(1.0 - p10, 1.0 - p00, [1.0, -1.0], 1.5);
            let a = hamilton_filter(&y, &model, &InitialState::Ergodic).unwrap();
            let b = hamilton_filter(&y, &swapped, &InitialState::Ergodic).unwrap();
            prop_assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-9);
            for (p, q) in a.smoothed.iter().zip(&b.smoothed) {
                prop_assert!((p[0] + p[1] - 1.0).abs() < 1e-9 && (p[0] - q[1]).abs() < 1e-9);
            }
        }
    }
}
