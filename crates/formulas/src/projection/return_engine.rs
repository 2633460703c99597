//! Return engines: where the returns of a simulated period come from.
//!
//!   lognormal    1 + R = exp(m + s·Z)
//!   student      R = μ + σ·√((ν−2)/ν)·t_ν, not below −100 %
//!   bootstrap    R = history drawn in blocks: with probability 1/L a new start, else the next period, round the end
//!   regimes      1 + R = exp(m_i + s_i·Z) in regime i, which changes from i to j with probability p_ij
//!
//! All per period. The portfolio of several assets with a joint t distribution is a t variable itself (weights w: mean
//! w'μ, variance w'Σw, same ν), so one number per period is enough. The bootstrap keeps fat tails and clustering of the
//! history and assumes nothing else. Invariant: one engine, seed, path and position give one return, so variants of a
//! plan meet the same markets (common random numbers).
//!
//! Politis, D. & Romano, J. (1994), "The Stationary Bootstrap", JASA 89(428). Hamilton, J. (1989), Econometrica 57(2).
//! Demarta, S. & McNeil, A. (2005), "The t Copula and Related Copulas", International Statistical Review 73(1).

use crate::moments::check_returns;
use crate::{Stream, Undefined};

/// How a period's return is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum ReturnEngine {
    /// Normal log returns.
    Lognormal {
        /// Mean of the log return.
        log_drift: f64,
        /// Its deviation.
        log_volatility: f64,
    },
    /// Simple returns with Student's t distribution.
    Student {
        /// Mean of the return.
        mean: f64,
        /// Its standard deviation.
        volatility: f64,
        /// Degrees of freedom, above 2.
        degrees: f64,
    },
    /// Stationary block bootstrap.
    Bootstrap {
        /// Simple returns of the past, in order.
        history: Vec<f64>,
        /// Mean length of a block in periods, at least 1.
        mean_block: f64,
    },
    /// Regimes that change as a Markov chain.
    Regimes {
        /// The regimes, with the probabilities of the next one.
        regimes: Vec<Regime>,
        /// Probability of each regime in the first period.
        initial: Vec<f64>,
    },
}

/// One regime of [`ReturnEngine::Regimes`].
#[derive(Debug, Clone, PartialEq)]
pub struct Regime {
    /// Mean of the log return.
    pub log_drift: f64,
    /// Its deviation.
    pub log_volatility: f64,
    /// Probability of each regime in the following period; sums to 1.
    pub next: Vec<f64>,
}

impl ReturnEngine {
    /// Whether the engine can draw: parameters in their domains, probabilities that sum to 1.
    pub fn check(&self) -> Result<(), Undefined> {
        let invalid = |what| Err(Undefined::InvalidInput { what });
        match self {
            ReturnEngine::Lognormal { log_drift, log_volatility } => match () {
                () if !log_drift.is_finite() => invalid("log_drift"),
                () if !(log_volatility.is_finite() && *log_volatility >= 0.0) => invalid("log_vol"),
                () => Ok(()),
            },
            ReturnEngine::Student { mean, volatility, degrees } => match () {
                () if !mean.is_finite() => invalid("mean"),
                () if !(volatility.is_finite() && *volatility >= 0.0) => invalid("volatility"),
                () if !(degrees.is_finite() && *degrees > 2.0) => invalid("degrees"),
                () => Ok(()),
            },
            ReturnEngine::Bootstrap { history, mean_block } => match () {
                () if history.is_empty() => Err(Undefined::InsufficientData { needed: 1, found: 0 }),
                () if !(mean_block.is_finite() && *mean_block >= 1.0) => invalid("mean_block"),
                () => check_returns(history),
            },
            ReturnEngine::Regimes { regimes, initial } => {
                let is_distribution = |p: &[f64]| {
                    p.len() == regimes.len()
                        && p.iter().all(|p| (0.0..=1.0).contains(p))
                        && (p.iter().sum::<f64>() - 1.0).abs() < 1e-9
                };
                let sound = |regime: &Regime| {
                    regime.log_drift.is_finite()
                        && regime.log_volatility.is_finite()
                        && regime.log_volatility >= 0.0
                        && is_distribution(&regime.next)
                };
                if !regimes.is_empty() && is_distribution(initial) && regimes.iter().all(sound) {
                    return Ok(());
                }
                invalid("regimes")
            }
        }
    }

    /// The engine with `change` added to the mean return of each period, to see what rests on the mean.
    pub fn with_mean_changed(&self, change: f64) -> ReturnEngine {
        let mut engine = self.clone();
        match &mut engine {
            ReturnEngine::Lognormal { log_drift, .. } => *log_drift += change,
            ReturnEngine::Student { mean, .. } => *mean += change,
            ReturnEngine::Bootstrap { history, .. } => history.iter_mut().for_each(|r| *r = (*r + change).max(-1.0)),
            ReturnEngine::Regimes { regimes, .. } => regimes.iter_mut().for_each(|r| r.log_drift += change),
        }
        engine
    }

    /// Expected growth factor of one period, where the engine knows it without its state.
    pub fn mean_growth(&self) -> Option<f64> {
        match self {
            ReturnEngine::Lognormal { log_drift, log_volatility } => {
                Some((log_drift + log_volatility * log_volatility / 2.0).exp())
            }
            ReturnEngine::Bootstrap { history, .. } => Some(1.0 + crate::moments::mean(history)),
            // The floor at −100 % lifts the mean of the one, the chain's state moves that of the other.
            ReturnEngine::Student { .. } | ReturnEngine::Regimes { .. } => None,
        }
    }
}

/// An engine ready for the inner loop: state of one path, growth factor of its next period.
pub(super) trait Growth: Sync {
    /// What a path remembers between periods.
    type State;
    fn start(&self, stream: &mut Stream) -> Self::State;
    fn next(&self, stream: &mut Stream, state: &mut Self::State) -> f64;
}

pub(super) struct Lognormal {
    pub log_drift: f64,
    pub log_volatility: f64,
}

impl Growth for Lognormal {
    type State = ();
    #[inline]
    fn start(&self, _: &mut Stream) {}
    #[inline]
    fn next(&self, stream: &mut Stream, (): &mut ()) -> f64 {
        (self.log_drift + self.log_volatility * stream.normal()).exp()
    }
}

pub(super) struct Student {
    pub mean: f64,
    pub scale: f64,
    pub degrees: f64,
}

impl Growth for Student {
    type State = ();
    fn start(&self, _: &mut Stream) {}
    fn next(&self, stream: &mut Stream, (): &mut ()) -> f64 {
        (1.0 + self.mean + self.scale * stream.student_t(self.degrees)).max(0.0)
    }
}

pub(super) struct Bootstrap<'a> {
    pub history: &'a [f64],
    pub jump: f64,
}

impl Growth for Bootstrap<'_> {
    /// Position of the next period in the history.
    type State = usize;
    fn start(&self, stream: &mut Stream) -> usize {
        stream.index(self.history.len())
    }
    fn next(&self, stream: &mut Stream, at: &mut usize) -> f64 {
        let growth = 1.0 + self.history[*at];
        let follows = stream.uniform() >= self.jump;
        *at = if follows { (*at + 1) % self.history.len() } else { stream.index(self.history.len()) };
        growth
    }
}

pub(super) struct Regimes<'a> {
    pub regimes: &'a [Regime],
    pub initial: &'a [f64],
}

impl Growth for Regimes<'_> {
    /// The regime of the next period.
    type State = usize;
    fn start(&self, stream: &mut Stream) -> usize {
        drawn(self.initial, stream)
    }
    fn next(&self, stream: &mut Stream, at: &mut usize) -> f64 {
        let regime = &self.regimes[*at];
        let growth = (regime.log_drift + regime.log_volatility * stream.normal()).exp();
        *at = drawn(&regime.next, stream);
        growth
    }
}

fn drawn(probabilities: &[f64], stream: &mut Stream) -> usize {
    let mut left = stream.uniform();
    for (at, p) in probabilities.iter().enumerate() {
        left -= p;
        if left < 0.0 {
            return at;
        }
    }
    probabilities.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(growth: &impl Growth, n: u32) -> (f64, f64) {
        let (mut total, mut square) = (0.0, 0.0);
        let mut stream = Stream::new(3, 0);
        let mut state = growth.start(&mut stream);
        for _ in 0..n {
            let r = growth.next(&mut stream, &mut state) - 1.0;
            total += r;
            square += r * r;
        }
        let mean = total / f64::from(n);
        (mean, (square / f64::from(n) - mean * mean).sqrt())
    }

    #[test]
    fn engines_draw_what_they_say() {
        let (mean, deviation) =
            moments(&Student { mean: 0.01, scale: 0.04 * (3.0_f64 / 5.0).sqrt(), degrees: 5.0 }, 400_000);
        assert!((mean - 0.01).abs() < 4.0 * 0.04 / 632.0 && (deviation - 0.04).abs() < 0.001, "{mean} {deviation}");
        let history: Vec<f64> = (0..50).map(|at| f64::from(at) / 1_000.0).collect();
        let (mean, _) = moments(&Bootstrap { history: &history, jump: 1.0 / 12.0 }, 400_000);
        assert!((mean - 0.0245).abs() < 0.001, "{mean}");
    }

    #[test]
    fn blocks_have_the_mean_length() {
        let history: Vec<f64> = (0..1_000).map(f64::from).collect();
        let engine = Bootstrap { history: &history, jump: 1.0 / 12.0 };
        let mut stream = Stream::new(5, 0);
        let mut at = engine.start(&mut stream);
        let mut blocks = 0;
        for _ in 0..120_000 {
            let before = at;
            engine.next(&mut stream, &mut at);
            blocks += u32::from(at != (before + 1) % 1_000);
        }
        assert!((9_500..10_500).contains(&blocks), "{blocks}");
    }

    #[test]
    fn regimes_stay_as_long_as_they_should() {
        let regime = |log_drift, stay: f64, first: bool| Regime {
            log_drift,
            log_volatility: 0.0,
            next: if first { vec![stay, 1.0 - stay] } else { vec![1.0 - stay, stay] },
        };
        let regimes = [regime(0.0, 0.9, true), regime(1.0, 0.7, false)];
        let engine = Regimes { regimes: &regimes, initial: &[1.0, 0.0] };
        let mut stream = Stream::new(9, 0);
        let mut state = engine.start(&mut stream);
        let second = (0..100_000).filter(|_| engine.next(&mut stream, &mut state) > 1.5).count();
        // Ergodic share of the second: (1 − .9)/((1 − .9) + (1 − .7)) = 25 %.
        assert!((24_000..26_000).contains(&second), "{second}");
    }

    #[test]
    fn unsound_engines_are_refused() {
        let engines = [
            ReturnEngine::Lognormal { log_drift: f64::NAN, log_volatility: 0.1 },
            ReturnEngine::Lognormal { log_drift: 0.0, log_volatility: -0.1 },
            ReturnEngine::Student { mean: 0.0, volatility: 0.1, degrees: 2.0 },
            ReturnEngine::Bootstrap { history: vec![], mean_block: 12.0 },
            ReturnEngine::Bootstrap { history: vec![-2.0], mean_block: 12.0 },
            ReturnEngine::Bootstrap { history: vec![0.1], mean_block: 0.5 },
            ReturnEngine::Regimes { regimes: vec![], initial: vec![] },
            ReturnEngine::Regimes {
                regimes: vec![Regime { log_drift: 0.0, log_volatility: 0.1, next: vec![0.5] }],
                initial: vec![1.0],
            },
        ];
        assert!(engines.iter().all(|engine| engine.check().is_err()));
    }
}
