//! Constraints: what any portfolio must satisfy, whatever is optimised.
//!
//!   Σw = total · l ≤ w ≤ u · group and exposure limits l_g ≤ a'w ≤ u_g · Σ|w − w₀| ≤ turnover (both sides counted)
//!   √((w−b)'Σ(w−b)) ≤ tracking error · √(w'Σw) ≤ volatility · μ'w ≥ return
//!   at most K names, K trades, each position 0 or at least m (see `selection`)
//!
//! Weights are fractions. Every constraint has a name, by which results list its slack and infeasible problems their
//! conflict: `sum`, `min_weight[A]`, `max_weight[A]`, `group[G] min`, `group[G] max`, `exposure[F] min`, `exposure[F] max`,
//! `max_l1_turnover`, `tracking_error`, `max_volatility`, `min_return`.

use crate::Failure;
use crate::failure::check_vector;

/// Limits on the joint weight of some assets: a sector, a currency, an issuer, a liquidity class, cash.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name in results.
    pub name: String,
    /// Positions of its members.
    pub members: Vec<usize>,
    /// Least joint weight.
    pub minimum: Option<f64>,
    /// Greatest joint weight.
    pub maximum: Option<f64>,
}

/// Limits on a weighted sum of the weights: a factor beta, a duration, a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// Its name in results.
    pub name: String,
    /// One loading per asset.
    pub loadings: Vec<f64>,
    /// Least exposure.
    pub minimum: Option<f64>,
    /// Greatest exposure.
    pub maximum: Option<f64>,
}

/// Limit on the volatility of the difference to a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackingError {
    /// The benchmark's weights.
    pub benchmark: Vec<f64>,
    /// Greatest tracking error, in the units of √Σ.
    pub maximum: f64,
}

/// A floor under the expected return.
#[derive(Debug, Clone, PartialEq)]
pub struct MinimumReturn {
    /// Expected return of each asset.
    pub expected: Vec<f64>,
    /// Least expected return of the portfolio.
    pub minimum: f64,
}

/// What every portfolio of a problem must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraints {
    /// Names of the assets, in the order of all vectors.
    pub names: Vec<String>,
    /// Sum of the weights; `None` leaves it free.
    pub total: Option<f64>,
    /// Least weight of each asset; −∞ for none.
    pub lower: Vec<f64>,
    /// Greatest weight of each asset; ∞ for none.
    pub upper: Vec<f64>,
    /// Joint limits.
    pub groups: Vec<Group>,
    /// Limits on weighted sums.
    pub exposures: Vec<Exposure>,
    /// Weights held before; turnover, costs and trades are counted from them.
    pub initial: Option<Vec<f64>>,
    /// Greatest Σ|w − w₀|, buys and sells both counted.
    pub maximum_turnover: Option<f64>,
    /// Limit against a benchmark.
    pub tracking_error: Option<TrackingError>,
    /// Greatest volatility, in the units of √Σ.
    pub maximum_volatility: Option<f64>,
    /// Floor under the expected return.
    pub minimum_return: Option<MinimumReturn>,
    /// Each weight is 0 or at least this (long-only).
    pub minimum_position: Option<f64>,
    /// Most names with a weight above 0 (long-only).
    pub maximum_names: Option<usize>,
    /// Most weights that differ from those held before.
    pub maximum_trades: Option<usize>,
}

impl Constraints {
    /// Fully invested, without further limits.
    pub fn fully_invested(names: Vec<String>) -> Constraints {
        let n = names.len();
        Constraints {
            names,
            total: Some(1.0),
            lower: vec![f64::NEG_INFINITY; n],
            upper: vec![f64::INFINITY; n],
            groups: Vec::new(),
            exposures: Vec::new(),
            initial: None,
            maximum_turnover: None,
            tracking_error: None,
            maximum_volatility: None,
            minimum_return: None,
            minimum_position: None,
            maximum_names: None,
            maximum_trades: None,
        }
    }

    /// Fully invested without short positions.
    pub fn long_only(names: Vec<String>) -> Constraints {
        let lower = vec![0.0; names.len()];
        Constraints { lower, ..Constraints::fully_invested(names) }
    }

    /// Number of assets.
    pub fn n(&self) -> usize {
        self.names.len()
    }

    /// Whether some constraint counts positions, so that a search has to choose them.
    pub fn counts_positions(&self) -> bool {
        self.minimum_position.is_some_and(|minimum| minimum > 0.0)
            || self.maximum_names.is_some()
            || self.maximum_trades.is_some()
    }

    /// Refuses shapes and numbers that mean nothing; a contradiction is found by the solver instead.
    pub fn check(&self) -> Result<(), Failure> {
        let n = self.n();
        if n == 0 {
            return Err(Failure::InsufficientData { needed: 1, found: 0 });
        }
        if self.lower.len() != n || self.upper.len() != n {
            return Err(Failure::invalid(format!("{n} assets need {n} least and greatest weights")));
        }
        for (name, (lower, upper)) in self.names.iter().zip(self.lower.iter().zip(&self.upper)) {
            if lower.is_nan() || upper.is_nan() || *lower == f64::INFINITY || *upper == f64::NEG_INFINITY {
                return Err(Failure::invalid(format!("the limits of the weight of {name} are not numbers")));
            }
        }
        let limits = self.groups.iter().flat_map(|group| [group.minimum, group.maximum]);
        let limits = limits.chain(self.exposures.iter().flat_map(|exposure| [exposure.minimum, exposure.maximum]));
        if limits.flatten().chain(self.total).any(|limit| !limit.is_finite()) {
            return Err(Failure::invalid("a limit is not a finite number"));
        }
        for group in &self.groups {
            if group.members.is_empty() || group.members.iter().any(|member| *member >= n) {
                return Err(Failure::invalid(format!("group {} has no members or unknown ones", group.name)));
            }
        }
        for exposure in &self.exposures {
            check_vector(&exposure.loadings, n, &format!("exposure {}", exposure.name))?;
        }
        if let Some(initial) = &self.initial {
            check_vector(initial, n, "initial weight")?;
        } else if self.maximum_turnover.is_some() || self.maximum_trades.is_some() {
            return Err(Failure::invalid("a limit on turnover or trades needs the initial weights"));
        }
        if let Some(tracking_error) = &self.tracking_error {
            check_vector(&tracking_error.benchmark, n, "benchmark weight")?;
        }
        if let Some(minimum) = &self.minimum_return {
            check_vector(&minimum.expected, n, "expected return")?;
        }
        let not_negative = [
            ("the greatest turnover", self.maximum_turnover),
            ("the greatest tracking error", self.tracking_error.as_ref().map(|limit| limit.maximum)),
            ("the greatest volatility", self.maximum_volatility),
            ("the least position", self.minimum_position),
        ];
        for (what, limit) in not_negative {
            if limit.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
                return Err(Failure::invalid(format!("{what} must be a number of at least 0")));
            }
        }
        if self.minimum_return.as_ref().is_some_and(|minimum| !minimum.minimum.is_finite()) {
            return Err(Failure::invalid("the least return is not a finite number"));
        }
        let positions = self.minimum_position.is_some_and(|minimum| minimum > 0.0) || self.maximum_names.is_some();
        if positions && self.lower.iter().any(|lower| *lower < 0.0) {
            return Err(Failure::invalid("least positions and a greatest number of names need long-only weights"));
        }
        Ok(())
    }
}
