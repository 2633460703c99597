//! Monte Carlo value at risk and expected shortfall: the tail of many simulated h-period returns.
//!
//!   normal               hμ + √h σ Z                                        μ, σ of the sample (n − 1)
//!   Student's t          Σ of h draws of μ + s·t_ν                          μ, s, ν by maximum likelihood
//!   filtered historical  h surprises drawn at today's volatility, compounded, the variance following GARCH(1, 1)
//!   block bootstrap      h past returns in blocks of geometric length, compounded (stationary bootstrap)
//!
//! The portfolio keeps its weights, so its return is linear in those of its holdings and the joint model of the holdings
//! gives exactly the model above of the portfolio's own series w'r. VaR is the type-7 quantile, ES the tail mean of
//! Rockafellar and Uryasev; the standard error of VaR is √(α(1 − α)/n)/f(q), f estimated from the spacing of the simulated
//! returns around the quantile. Every path has its own random numbers, keyed by (seed, path): the result does not depend
//! on the number of threads.
//!
//! Undefined where the model cannot be fitted, and for no path or no period.
//!
//! Jorion, P. (2006), Value at Risk. Politis, D. and Romano, J. (1994), JASA 89. Hall, P. and Sheather, S. (1988), JRSS B 50.

use crate::Undefined;
use crate::moments::{check_returns, mean, standard_deviation};
use crate::normal::{normal_density, normal_quantile};
use crate::random::Stream;
use crate::tail::filtered_historical::{Garch, garch};
use crate::tail::historical_value_at_risk::quantile;
use crate::tail::student_t_fit::{StudentFit, student_t_fit};
use crate::tail::tail_rank::lower_tail_mean;

/// Where the returns are drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReturnModel {
    /// Normal with the sample's mean and deviation.
    Normal,
    /// Student's t by maximum likelihood.
    StudentT,
    /// GARCH-standardised surprises.
    FilteredHistorical,
    /// Stationary bootstrap with this mean length of a block, ≥ 1.
    BlockBootstrap {
        /// Mean length.
        mean_block: f64,
    },
}

/// How to simulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailSimulation {
    /// Key of all random numbers.
    pub seed: u64,
    /// Number of simulated returns.
    pub paths: usize,
    /// Periods ahead.
    pub horizon: usize,
    /// Threads to use; the result is the same for any number.
    pub threads: usize,
}

/// The simulated tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedTail {
    /// Value at risk, positive a loss.
    pub value_at_risk: f64,
    /// Expected shortfall, positive a loss.
    pub expected_shortfall: f64,
    /// How far value at risk would scatter with another seed; none where the simulated returns have no density.
    pub standard_error: Option<f64>,
}

/// Simulates `returns` of a portfolio.
pub fn monte_carlo_value_at_risk(
    returns: &[f64],
    tail_probability: f64,
    model: ReturnModel,
    simulation: TailSimulation,
) -> Result<SimulatedTail, Undefined> {
    check_returns(returns)?;
    let z = normal_quantile(tail_probability).ok_or(Undefined::InvalidInput { what: "tail probability" })?;
    if simulation.paths == 0 || simulation.horizon == 0 {
        return Err(Undefined::InvalidInput { what: "number of paths or periods" });
    }
    let fitted = Fitted::of(returns, model)?;
    let mut drawn = simulate(&fitted, simulation);
    if drawn.iter().any(|r| !r.is_finite()) {
        return Err(Undefined::InvalidInput { what: "size of the returns" });
    }
    let n = drawn.len();
    let q = quantile(&mut drawn, tail_probability);
    // Spacing around the quantile: half width m of ranks that balances noise and curvature for a normal density.
    let curvature = 4.5 * normal_density(z).powi(4) / (2.0 * z * z + 1.0).powi(2);
    let width =
        ((n as f64).powf(0.8) * curvature.powf(0.2)).min(tail_probability.min(1.0 - tail_probability) * n as f64 / 2.0);
    let m = (width as usize).max(1);
    let center = ((n - 1) as f64 * tail_probability) as usize;
    let (low, high) = (center.saturating_sub(m), (center + m).min(n - 1));
    let below = *drawn.select_nth_unstable_by(low, f64::total_cmp).1;
    let above = *drawn.select_nth_unstable_by(high, f64::total_cmp).1;
    let inverse_density = (above - below) * n as f64 / (high - low).max(1) as f64;
    let error = (tail_probability * (1.0 - tail_probability) / n as f64).sqrt() * inverse_density;
    Ok(SimulatedTail {
        value_at_risk: -q,
        expected_shortfall: -lower_tail_mean(&mut drawn, tail_probability),
        standard_error: (error > 0.0).then_some(error),
    })
}

/// A model with its parameters.
enum Fitted<'r> {
    Normal { mean: f64, deviation: f64 },
    Student(StudentFit),
    Filtered(Box<Garch>),
    Blocks { returns: &'r [f64], restart: f64 },
}

impl<'r> Fitted<'r> {
    fn of(returns: &'r [f64], model: ReturnModel) -> Result<Fitted<'r>, Undefined> {
        Ok(match model {
            ReturnModel::Normal => {
                let deviation = standard_deviation(returns, 1)?;
                Fitted::Normal { mean: mean(returns), deviation }
            }
            ReturnModel::StudentT => Fitted::Student(student_t_fit(returns)?),
            ReturnModel::FilteredHistorical => Fitted::Filtered(Box::new(garch(returns)?)),
            ReturnModel::BlockBootstrap { mean_block } => {
                if returns.is_empty() {
                    return Err(Undefined::InsufficientData { needed: 1, found: 0 });
                }
                if mean_block.is_nan() || mean_block < 1.0 {
                    return Err(Undefined::InvalidInput { what: "mean length of a block" });
                }
                Fitted::Blocks { returns, restart: 1.0 / mean_block }
            }
        })
    }

    fn draw(&self, stream: &mut Stream, horizon: usize) -> f64 {
        match self {
            Fitted::Normal { mean, deviation } => {
                let h = horizon as f64;
                h * mean + h.sqrt() * deviation * stream.normal()
            }
            Fitted::Student(fit) => {
                (0..horizon).map(|_| fit.location + fit.scale * stream.student_t(fit.degrees)).sum()
            }
            Fitted::Filtered(fit) => {
                let (mut wealth, mut variance) = (1.0, fit.next_variance);
                for _ in 0..horizon {
                    let shock = variance.sqrt() * fit.standardised[stream.index(fit.standardised.len())];
                    // A loss of more than everything is no return of an unlevered holding.
                    wealth *= (1.0 + fit.mean + shock).max(0.0);
                    variance = fit.omega + fit.shock * shock * shock + fit.persistence * variance;
                }
                wealth - 1.0
            }
            Fitted::Blocks { returns, restart } => {
                let (mut wealth, mut at) = (1.0, stream.index(returns.len()));
                for step in 0..horizon {
                    if step > 0 {
                        at = if stream.uniform() < *restart {
                            stream.index(returns.len())
                        } else {
                            (at + 1) % returns.len()
                        };
                    }
                    wealth *= 1.0 + returns[at];
                }
                wealth - 1.0
            }
        }
    }
}

/// One return per path; each thread fills a range of paths.
fn simulate(fitted: &Fitted<'_>, simulation: TailSimulation) -> Vec<f64> {
    let mut drawn = vec![0.0; simulation.paths];
    let share = simulation.paths.div_ceil(simulation.threads.clamp(1, 256));
    let fill = |first: usize, part: &mut [f64]| {
        for (offset, slot) in part.iter_mut().enumerate() {
            *slot = fitted.draw(&mut Stream::new(simulation.seed, (first + offset) as u64), simulation.horizon);
        }
    };
    std::thread::scope(|scope| {
        for (index, part) in drawn.chunks_mut(share).enumerate() {
            if simulation.threads <= 1 {
                fill(index * share, part);
            } else {
                scope.spawn(move || fill(index * share, part));
            }
        }
    });
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tail::{normal_value_at_risk, rockafellar_uryasev};

    fn sample() -> Vec<f64> {
        let mut stream = Stream::new(1, 1);
        (0..500).map(|_| 0.0005 + 0.01 * stream.normal()).collect()
    }

    fn simulation(paths: usize, horizon: usize) -> TailSimulation {
        TailSimulation { seed: 42, paths, horizon, threads: 2 }
    }

    #[test]
    fn worked_example() {
        // The simulated normal tail is the closed form, within four standard errors.
        let r = sample();
        for horizon in [1, 10] {
            let exact = normal_value_at_risk(&r, 0.05, horizon as f64).unwrap();
            let found = monte_carlo_value_at_risk(&r, 0.05, ReturnModel::Normal, simulation(100_000, horizon)).unwrap();
            let error = found.standard_error.unwrap();
            assert!((found.value_at_risk - exact.value_at_risk).abs() < 4.0 * error, "{found:?} {exact:?}");
            assert!((found.expected_shortfall - exact.expected_shortfall).abs() < 6.0 * error, "{found:?} {exact:?}");
            // φ(z)/σ is the density at the quantile: the error is known too.
            let deviation = standard_deviation(&r, 1).unwrap() * (horizon as f64).sqrt();
            let known =
                (0.05 * 0.95 / 100_000.0_f64).sqrt() * deviation / normal_density(normal_quantile(0.05).unwrap());
            assert!((error / known - 1.0).abs() < 0.1, "{error} {known}");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let r = sample();
        for model in [
            ReturnModel::Normal,
            ReturnModel::StudentT,
            ReturnModel::FilteredHistorical,
            ReturnModel::BlockBootstrap { mean_block: 5.0 },
        ] {
            let with = |threads| {
                monte_carlo_value_at_risk(&r, 0.05, model, TailSimulation { threads, ..simulation(3_001, 5) }).unwrap()
            };
            assert_eq!(with(1), with(2));
            assert_eq!(with(1), with(7));
            let other = TailSimulation { seed: 43, ..simulation(3_001, 5) };
            assert_ne!(with(1), monte_carlo_value_at_risk(&r, 0.05, model, other).unwrap());
        }
    }

    #[test]
    fn the_bootstrap_of_one_period_is_the_history() {
        let r = sample();
        let model = ReturnModel::BlockBootstrap { mean_block: 1.0 };
        let found = monte_carlo_value_at_risk(&r, 0.1, model, simulation(100_000, 1)).unwrap();
        let history = rockafellar_uryasev(&r, 0.1).unwrap();
        assert!((found.expected_shortfall - history).abs() < 0.03 * history, "{found:?} {history}");
    }

    #[test]
    fn edges() {
        let of = |r: &[f64], alpha, paths, horizon| {
            monte_carlo_value_at_risk(r, alpha, ReturnModel::Normal, simulation(paths, horizon))
        };
        assert_eq!(of(&[0.1], 0.05, 10, 1).unwrap_err().code(), "insufficient_data");
        assert_eq!(of(&[0.1, 0.2], 1.0, 10, 1).unwrap_err().code(), "invalid_input");
        assert_eq!(of(&[0.1, 0.2], 0.05, 0, 1).unwrap_err().code(), "invalid_input");
        // Nothing scatters: the mean, and no error to state.
        let flat = of(&[0.01, 0.01], 0.05, 10, 1).unwrap();
        assert_eq!((flat.value_at_risk, flat.standard_error), (-0.01, None));
        assert!(of(&[0.1, 0.2], 0.05, 1, 1).unwrap().value_at_risk.is_finite());
    }
}
