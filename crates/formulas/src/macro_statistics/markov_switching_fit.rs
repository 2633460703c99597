//! Markov-switching fit: regimes of different mean, estimated from a series by maximum likelihood.
//!
//!   y_t = μ_{S_t} + ε_t, ε_t ~ N(0, σ²) (or σ²_{S_t}); P(S_t = j | S_{t−1} = i) = p_ij; start at the ergodic distribution
//!   k = K(K−1) + K + 1 parameters, K − 1 more with a variance for each regime
//!   AIC = 2k − 2·ln L      BIC = k·ln n − 2·ln L
//!
//! Expectation–maximisation from 24 starts, each of the distinct best then refined by BFGS on the exact likelihood
//! (log-odds and log-variance as variables); the best is kept and all optima within 2 log units are reported. Regimes
//! are numbered by their means, 0 the lowest. A variance at the floor of 1 % of the sample variance is degenerate and
//! such an optimum rejected. Standard errors from the observed Hessian. Compare BIC with that of one regime: the
//! likelihood-ratio statistic has no χ² distribution. Undefined for a constant series and for no more observations
//! than parameters.
//!
//! Hamilton, J. (1990), "Analysis of Time Series Subject to Changes in Regime", Journal of Econometrics 45.
//! Hansen, B. (1992), "The Likelihood Ratio Test Under Nonstandard Conditions", Journal of Applied Econometrics 7.

use super::hamilton_filter::{InitialState, SwitchingModel, hamilton_filter, log_likelihood};
use super::quasi_newton::{hessian, minimize};
use crate::moments::{mean, standard_deviation, sum};
use crate::small_matrix::inverse_positive_definite;
use crate::{Stream, Undefined};

/// What to fit and how hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchingFitOptions {
    /// Number of regimes, at least 2.
    pub regimes: usize,
    /// Whether each regime has its own variance.
    pub switching_variance: bool,
    /// Seed of the random starts.
    pub seed: u64,
    /// Number of starts.
    pub starts: usize,
}

impl SwitchingFitOptions {
    /// Regimes of different mean and one variance, from 24 starts.
    pub fn means(regimes: usize) -> SwitchingFitOptions {
        SwitchingFitOptions { regimes, switching_variance: false, seed: 1, starts: 24 }
    }
}

/// The best fit.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovSwitchingFit {
    /// The estimated model, regimes by ascending mean.
    pub model: SwitchingModel,
    /// Its log-likelihood.
    pub log_likelihood: f64,
    /// Number of parameters.
    pub parameters: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Schwarz's criterion of a single regime.
    pub bic_one_regime: f64,
    /// Standard errors in the order p_i0 … p_i(K−2) for each i, means, variances; none at the edge of the domain.
    pub standard_errors: Option<Vec<f64>>,
    /// Log-likelihoods of all distinct optima within 2 of the best, the best first.
    pub optima: Vec<f64>,
    /// Observations.
    pub n: usize,
}

/// Fits regimes to `series`.
pub fn markov_switching_fit(series: &[f64], options: SwitchingFitOptions) -> Result<MarkovSwitchingFit, Undefined> {
    let k = options.regimes;
    if !(2..=6).contains(&k) {
        return Err(Undefined::InvalidInput { what: "regimes" });
    }
    if series.iter().any(|y| !y.is_finite()) {
        return Err(Undefined::InvalidInput { what: "series" });
    }
    let shape = Shape { k, variances: if options.switching_variance { k } else { 1 } };
    let n = series.len();
    if n <= shape.parameters() {
        return Err(Undefined::InsufficientData { needed: shape.parameters() + 1, found: n });
    }
    let (centre, unit) = (mean(series), standard_deviation(series, 1)?);
    if unit == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "variance" });
    }
    let standard: Vec<f64> = series.iter().map(|y| (y - centre) / unit).collect();
    let best = search(&standard, shape, options).ok_or(Undefined::NotConverged)?;
    let in_units = n as f64 * unit.ln();
    let model = rescaled(&best[0].1, centre, unit);
    let log_likelihood = best[0].0 - in_units;
    let count = shape.parameters() as f64;
    let variance_one = sum(standard.iter().map(|y| y * y)) / n as f64;
    let one = -0.5 * n as f64 * ((2.0 * std::f64::consts::PI * variance_one).ln() + 1.0) - in_units;
    Ok(MarkovSwitchingFit {
        log_likelihood,
        parameters: shape.parameters(),
        aic: 2.0 * count - 2.0 * log_likelihood,
        bic: count * (n as f64).ln() - 2.0 * log_likelihood,
        bic_one_regime: 2.0 * (n as f64).ln() - 2.0 * one,
        standard_errors: standard_errors(&standard, &best[0].1, shape, unit),
        optima: best.iter().map(|(value, _)| value - in_units).collect(),
        model,
        n,
    })
}

/// How many regimes, how many variances.
#[derive(Debug, Clone, Copy)]
struct Shape {
    k: usize,
    variances: usize,
}

/// Least variance of a series of unit variance.
const FLOOR: f64 = 0.01;

impl Shape {
    fn parameters(self) -> usize {
        self.k * (self.k - 1) + self.k + self.variances
    }

    /// Log-odds against staying, means, log variances.
    fn packed(self, model: &SwitchingModel) -> Vec<f64> {
        let odds = (0..self.k).flat_map(|from| {
            let row = &model.transition[from];
            let others = (0..self.k).filter(move |to| *to != from);
            others.map(move |to| (row[to].max(1e-12) / row[from].max(1e-12)).ln()).collect::<Vec<f64>>()
        });
        let variances = model.variances[..self.variances].iter().map(|variance| variance.ln());
        odds.chain(model.means.iter().copied()).chain(variances).collect()
    }

    fn unpacked(self, x: &[f64]) -> SwitchingModel {
        let k = self.k;
        let transition = (0..k)
            .map(|from| {
                let odds = &x[from * (k - 1)..(from + 1) * (k - 1)];
                let mut row: Vec<f64> = odds.iter().map(|log| log.clamp(-35.0, 35.0).exp()).collect();
                row.insert(from, 1.0);
                let total: f64 = row.iter().sum();
                row.iter().map(|odds| odds / total).collect()
            })
            .collect();
        let means = x[k * (k - 1)..k * k].to_vec();
        let mut variances: Vec<f64> = x[k * k..].iter().map(|log| log.exp()).collect();
        variances.resize(k, variances[0]);
        SwitchingModel { transition, means, variances, autoregression: Vec::new() }
    }
}

/// Distinct optima within 2 log units of the best, the best first.
fn search(series: &[f64], shape: Shape, options: SwitchingFitOptions) -> Option<Vec<(f64, SwitchingModel)>> {
    let mut climbed: Vec<(f64, SwitchingModel)> = (0..options.starts.max(1))
        .filter_map(|start| climb(series, first_guess(series, shape, options, start), shape))
        .collect();
    climbed.sort_by(|a, b| b.0.total_cmp(&a.0));
    climbed.dedup_by(|worse, better| (better.0 - worse.0).abs() < 1e-3 && near(&better.1, &worse.1));
    let promising = climbed.first()?.0 - 4.0;
    let mut refined: Vec<(f64, SwitchingModel)> = climbed
        .into_iter()
        .take_while(|(value, _)| *value >= promising)
        .take(8)
        .filter_map(|(_, model)| {
            let minus = |x: &[f64]| log_likelihood(series, &shape.unpacked(x)).map(|value| -value);
            let found = minimize(minus, &shape.packed(&model), 200)?;
            Some((-found.value, ordered(shape.unpacked(&found.x))))
        })
        .filter(|(_, model)| model.variances.iter().all(|variance| *variance > FLOOR))
        .collect();
    refined.sort_by(|a, b| b.0.total_cmp(&a.0));
    refined.dedup_by(|worse, better| (better.0 - worse.0).abs() < 1e-4 && near(&better.1, &worse.1));
    let best = refined.first()?.0;
    refined.retain(|(value, _)| best - value <= 2.0);
    Some(refined)
}

/// The first start splits the sorted values evenly; the others are drawn.
fn first_guess(series: &[f64], shape: Shape, options: SwitchingFitOptions, start: usize) -> SwitchingModel {
    let k = shape.k;
    let mut stream = Stream::new(options.seed, start as u64);
    let mut sorted = series.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut means: Vec<f64> = (0..k)
        .map(|regime| match start {
            0 => sorted[(2 * regime + 1) * sorted.len() / (2 * k)],
            _ => sorted[stream.index(sorted.len())],
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let stay = if start == 0 { 0.9 } else { 0.5 + 0.49 * stream.uniform() };
    let variance = if start == 0 { 0.3 } else { 0.1 + 0.9 * stream.uniform() };
    let other = (1.0 - stay) / (k - 1) as f64;
    let row = |from| (0..k).map(|to| if to == from { stay } else { other }).collect();
    SwitchingModel {
        transition: (0..k).map(row).collect(),
        means,
        variances: vec![variance; k],
        autoregression: Vec::new(),
    }
}

/// Expectation–maximisation until the likelihood settles.
fn climb(series: &[f64], mut model: SwitchingModel, shape: Shape) -> Option<(f64, SwitchingModel)> {
    let mut last = f64::NEG_INFINITY;
    for _ in 0..300 {
        let seen = hamilton_filter(series, &model, &InitialState::Ergodic).ok()?;
        if seen.log_likelihood - last < 1e-6 * (1.0 + last.abs()) && last.is_finite() {
            break;
        }
        last = seen.log_likelihood;
        let weight: Vec<f64> = (0..shape.k).map(|i| sum(seen.smoothed.iter().map(|p| p[i])).max(1e-10)).collect();
        for (i, row) in model.transition.iter_mut().enumerate() {
            // A regime that the data never visit keeps a chance.
            let total: f64 = seen.moves[i].iter().map(|moves| moves + 1e-8).sum();
            *row = seen.moves[i].iter().map(|moves| (moves + 1e-8) / total).collect();
            model.means[i] = sum(series.iter().zip(&seen.smoothed).map(|(y, p)| p[i] * y)) / weight[i];
        }
        let square = |i: usize| {
            let mean = model.means[i];
            sum(series.iter().zip(&seen.smoothed).map(|(y, p)| p[i] * (y - mean) * (y - mean)))
        };
        let squares: Vec<f64> = (0..shape.k).map(square).collect();
        let common = squares.iter().sum::<f64>() / series.len() as f64;
        for i in 0..shape.k {
            let variance = if shape.variances == 1 { common } else { squares[i] / weight[i] };
            model.variances[i] = variance.max(FLOOR);
        }
    }
    Some((last, ordered(model)))
}

/// Regimes by ascending mean.
fn ordered(model: SwitchingModel) -> SwitchingModel {
    let mut order: Vec<usize> = (0..model.means.len()).collect();
    order.sort_by(|a, b| model.means[*a].total_cmp(&model.means[*b]));
    SwitchingModel {
        transition: order.iter().map(|i| order.iter().map(|j| model.transition[*i][*j]).collect()).collect(),
        means: order.iter().map(|i| model.means[*i]).collect(),
        variances: order.iter().map(|i| model.variances[*i]).collect(),
        autoregression: model.autoregression,
    }
}

fn near(a: &SwitchingModel, b: &SwitchingModel) -> bool {
    a.means.iter().zip(&b.means).all(|(a, b)| (a - b).abs() < 0.02)
}

fn rescaled(model: &SwitchingModel, centre: f64, unit: f64) -> SwitchingModel {
    SwitchingModel {
        transition: model.transition.clone(),
        means: model.means.iter().map(|mean| centre + unit * mean).collect(),
        variances: model.variances.iter().map(|variance| unit * unit * variance).collect(),
        autoregression: Vec::new(),
    }
}

/// From second derivatives in the natural parameters; none when one of them sits at an edge.
fn standard_errors(series: &[f64], model: &SwitchingModel, shape: Shape, unit: f64) -> Option<Vec<f64>> {
    let k = shape.k;
    let free = k - 1;
    let mut x: Vec<f64> = model.transition.iter().flat_map(|row| row[..free].iter().copied()).collect();
    x.extend(model.means.iter().chain(&model.variances[..shape.variances]));
    let natural = |x: &[f64]| {
        let transition: Vec<Vec<f64>> = (0..k)
            .map(|from| {
                let row = &x[from * free..(from + 1) * free];
                row.iter().copied().chain([1.0 - row.iter().sum::<f64>()]).collect()
            })
            .collect();
        let mut variances = x[k * k..].to_vec();
        variances.resize(k, variances[0]);
        let model =
            SwitchingModel { transition, means: x[k * free..k * k].to_vec(), variances, autoregression: Vec::new() };
        log_likelihood(series, &model).map(|value| -value)
    };
    let steps: Vec<f64> = (0..x.len())
        .map(|at| if at < k * free { 1e-2 * x[at].min(1.0 - x[at]).max(1e-6) } else { 1e-3 * (1.0 + x[at].abs()) })
        .map(|step| step.min(1e-3))
        .collect();
    let covariance = inverse_positive_definite(&hessian(natural, &x, &steps)?)?;
    let scale = |at: usize| {
        if at < k * free {
            1.0
        } else if at < k * k {
            unit
        } else {
            unit * unit
        }
    };
    let errors: Vec<f64> = (0..x.len()).map(|at| covariance[at][at].sqrt() * scale(at)).collect();
    errors.iter().all(|error| error.is_finite()).then_some(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two regimes, 0 ± 1 and 5 ± 1, in blocks of 40 and 20.
    fn blocks() -> Vec<f64> {
        let mut stream = Stream::new(42, 0);
        (0..240).map(|t| if t % 60 < 40 { stream.normal() } else { 5.0 + stream.normal() }).collect()
    }

    #[test]
    fn worked_example() {
        let found = markov_switching_fit(&blocks(), SwitchingFitOptions::means(2)).unwrap();
        assert!((found.model.means[0]).abs() < 0.3 && (found.model.means[1] - 5.0).abs() < 0.4);
        assert!((found.model.transition[0][0] - 156.0 / 160.0).abs() < 0.02);
        assert!((found.model.transition[1][0] - 3.0 / 79.0).abs() < 0.04, "{:?}", found.model);
        assert!((found.aic - (10.0 - 2.0 * found.log_likelihood)).abs() < 1e-9);
        assert!((found.bic - (5.0 * 240.0_f64.ln() - 2.0 * found.log_likelihood)).abs() < 1e-9);
        assert!(found.bic < found.bic_one_regime - 100.0);
        let errors = found.standard_errors.unwrap();
        // The mean of 160 values of unit variance.
        assert!((errors[2] - 1.0 / 160.0_f64.sqrt()).abs() < 0.02, "{errors:?}");
        assert_eq!(found.optima[0], found.log_likelihood);
    }

    #[test]
    fn units_and_direction_do_not_matter() {
        let series = blocks();
        let plain = markov_switching_fit(&series, SwitchingFitOptions::means(2)).unwrap();
        let scaled: Vec<f64> = series.iter().map(|y| -100.0 * y + 7.0).collect();
        let other = markov_switching_fit(&scaled, SwitchingFitOptions::means(2)).unwrap();
        assert!((other.model.means[0] - (7.0 - 100.0 * plain.model.means[1])).abs() < 1e-3);
        assert!((other.model.variances[0] / plain.model.variances[0] - 1e4).abs() < 1.0);
        let moved = plain.log_likelihood - 240.0 * 100.0_f64.ln();
        assert!((other.log_likelihood - moved).abs() < 1e-5);
    }

    #[test]
    fn regimes_of_different_variance() {
        let mut stream = Stream::new(3, 1);
        let series: Vec<f64> =
            (0..400).map(|t| if t % 100 < 70 { stream.normal() } else { -1.0 + 4.0 * stream.normal() }).collect();
        let options = SwitchingFitOptions { switching_variance: true, ..SwitchingFitOptions::means(2) };
        let found = markov_switching_fit(&series, options).unwrap();
        assert!((found.model.variances[1] - 1.0).abs() < 0.4 && (found.model.variances[0] - 16.0).abs() < 5.0);
        assert_eq!(found.parameters, 6);
    }

    #[test]
    fn edges() {
        let code = |y: &[f64], k| markov_switching_fit(y, SwitchingFitOptions::means(k)).unwrap_err().code();
        assert_eq!(code(&[1.0; 50], 2), "zero_denominator");
        assert_eq!(code(&[1.0, 2.0, 3.0, 4.0, 5.0], 2), "insufficient_data");
        assert_eq!(code(&blocks(), 1), "invalid_input");
        assert_eq!(code(&[f64::NAN; 50], 2), "invalid_input");
        // Two values and nothing between: the variance falls to the floor.
        let two_values: Vec<f64> = (0..60).map(|t| f64::from(u8::from(t % 20 < 10))).collect();
        assert_eq!(code(&two_values, 2), "not_converged");
    }
}
