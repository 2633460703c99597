//! From constraints and an objective to a convex program, and from its answer to a portfolio with named shadow prices.
//!
//! Invariant: each named constraint owns one row or one cone of the program, so multipliers, infeasibility proofs and
//! reports can be traced to it. Risk and returns are scaled to about 1 inside; all results are in the caller's units.
//!
//! Fractional objectives are made convex by the change of variables y = κw (Charnes, A. & Cooper, W. (1962),
//! "Programming with Linear Fractional Functionals"): [`Formulation::homogenise`].

use crate::conflict;
use crate::constraints::Constraints;
use crate::portfolio::{ConstraintReport, Portfolio};
use crate::program::{Program, Row, Stop};
use crate::risk_model::RiskModel;
use crate::{Failure, failure::check_vector};

/// One named constraint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Total,
    Lower(usize),
    Upper(usize),
    GroupMinimum(usize),
    GroupMaximum(usize),
    ExposureMinimum(usize),
    ExposureMaximum(usize),
    Turnover,
    TrackingError,
    Volatility,
    Return,
}

/// Where a constraint lives in the program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Equality(usize),
    Inequality(usize),
    Cone(usize),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    /// The row is the constraint times this.
    scale: f64,
}

/// A problem being put together: weights are variables 0..n.
pub(crate) struct Formulation<'a> {
    pub(crate) constraints: &'a Constraints,
    risk: Option<&'a RiskModel>,
    pub(crate) program: Program,
    pub(crate) rules: Vec<Rule>,
    /// First of the variables |w − w₀|.
    moves: Option<usize>,
    /// First of the variables L'w of a factor model.
    exposures: Option<usize>,
    /// The variable κ when weights are w = y/κ.
    kappa: Option<usize>,
    /// The program's objective is the true one divided by this.
    objective_scale: f64,
}

impl<'a> Formulation<'a> {
    /// The constraints as rows and cones, no objective yet.
    pub(crate) fn new(constraints: &'a Constraints, risk: Option<&'a RiskModel>) -> Result<Formulation<'a>, Failure> {
        constraints.check()?;
        let n = constraints.n();
        if let Some(risk) = risk
            && risk.n() != n
        {
            return Err(Failure::invalid(format!("a covariance of {} assets for {n} assets", risk.n())));
        }
        let mut formulation = Formulation {
            constraints,
            risk,
            program: Program::new(n),
            rules: Vec::new(),
            moves: None,
            exposures: None,
            kappa: None,
            objective_scale: 1.0,
        };
        formulation.linear_rules();
        formulation.turnover_rule();
        formulation.risk_rules()?;
        Ok(formulation)
    }

    fn linear_rules(&mut self) {
        let (constraints, n) = (self.constraints, self.constraints.n());
        if let Some(total) = constraints.total {
            self.rules.push(Rule { kind: Kind::Total, place: Place::Equality(0), scale: 1.0 });
            self.program.equalities.push(Row { entries: (0..n).map(|i| (i, 1.0)).collect(), bound: total });
        }
        for i in 0..n {
            if constraints.lower[i].is_finite() {
                // 0 rather than −0: the program recognises bounds at zero.
                self.at_most(Kind::Lower(i), vec![(i, -1.0)], 0.0 - constraints.lower[i], 1.0);
            }
            if constraints.upper[i].is_finite() {
                self.at_most(Kind::Upper(i), vec![(i, 1.0)], constraints.upper[i], 1.0);
            }
        }
        for (g, group) in constraints.groups.iter().enumerate() {
            let mut members = group.members.clone();
            members.sort_unstable();
            members.dedup();
            let entries = |sign: f64| members.iter().map(|i| (*i, sign)).collect();
            if let Some(minimum) = group.minimum {
                self.at_most(Kind::GroupMinimum(g), entries(-1.0), -minimum, 1.0);
            }
            if let Some(maximum) = group.maximum {
                self.at_most(Kind::GroupMaximum(g), entries(1.0), maximum, 1.0);
            }
        }
        for (e, exposure) in constraints.exposures.iter().enumerate() {
            let scale = 1.0 / size(&exposure.loadings);
            if let Some(minimum) = exposure.minimum {
                self.at_most(Kind::ExposureMinimum(e), sparse(&exposure.loadings, -scale), -minimum * scale, scale);
            }
            if let Some(maximum) = exposure.maximum {
                self.at_most(Kind::ExposureMaximum(e), sparse(&exposure.loadings, scale), maximum * scale, scale);
            }
        }
        if let Some(minimum) = &constraints.minimum_return {
            let scale = 1.0 / size(&minimum.expected);
            self.at_most(Kind::Return, sparse(&minimum.expected, -scale), -minimum.minimum * scale, scale);
        }
    }

    fn at_most(&mut self, kind: Kind, entries: Vec<(usize, f64)>, bound: f64, scale: f64) {
        self.rules.push(Rule { kind, place: Place::Inequality(self.program.inequalities.len()), scale });
        self.program.inequalities.push(Row { entries, bound });
    }

    fn turnover_rule(&mut self) {
        if let Some(maximum) = self.constraints.maximum_turnover {
            let first = self.moves();
            let entries = (first..first + self.constraints.n()).map(|u| (u, 1.0)).collect();
            self.at_most(Kind::Turnover, entries, maximum, 1.0);
        }
    }

    /// The variables u ≥ |w − w₀|.
    fn moves(&mut self) -> usize {
        if let Some(first) = self.moves {
            return first;
        }
        let n = self.constraints.n();
        let first = self.program.add_variables(n);
        let zeros = vec![0.0; n];
        let initial = self.constraints.initial.as_ref().unwrap_or(&zeros);
        for (i, held) in initial.iter().enumerate() {
            self.program.inequalities.push(Row { entries: vec![(i, 1.0), (first + i, -1.0)], bound: *held });
            self.program.inequalities.push(Row { entries: vec![(i, -1.0), (first + i, -1.0)], bound: -held });
        }
        self.moves = Some(first);
        first
    }

    fn risk_rules(&mut self) -> Result<(), Failure> {
        let constraints = self.constraints;
        if constraints.tracking_error.is_none() && constraints.maximum_volatility.is_none() {
            return Ok(());
        }
        let risk = self.risk.ok_or_else(|| Failure::invalid("a limit on risk needs a covariance"))?;
        let scale = 1.0 / risk.mean_variance().sqrt().max(1e-150);
        if let Some(limit) = &constraints.tracking_error {
            let rows = self.deviation_cone(risk, Some(&limit.benchmark), limit.maximum, scale);
            self.cone(Kind::TrackingError, rows, scale);
        }
        if let Some(maximum) = constraints.maximum_volatility {
            let rows = self.deviation_cone(risk, None, maximum, scale);
            self.cone(Kind::Volatility, rows, scale);
        }
        Ok(())
    }

    fn cone(&mut self, kind: Kind, rows: Vec<Row>, scale: f64) {
        self.rules.push(Rule { kind, place: Place::Cone(self.program.cones.len()), scale });
        self.program.cones.push(rows);
    }

    /// limit ≥ ‖L'(w − b)‖ as rows of a cone.
    fn deviation_cone(&mut self, risk: &RiskModel, from: Option<&[f64]>, limit: f64, scale: f64) -> Vec<Row> {
        let mut rows = vec![Row { entries: Vec::new(), bound: limit * scale }];
        rows.extend(self.deviation_rows(risk, from, scale));
        rows
    }

    /// Rows whose slacks are the components of scale·L'(w − b).
    fn deviation_rows(&mut self, risk: &RiskModel, from: Option<&[f64]>, scale: f64) -> Vec<Row> {
        let n = self.constraints.n();
        let origin = |i: usize| from.map_or(0.0, |from| from[i]);
        if let Some((_, lower)) = risk.dense_entry() {
            let row = |k: usize| Row {
                entries: (k..n).map(|i| (i, -scale * lower.at(i, k))).collect(),
                bound: -(k..n).map(|i| scale * lower.at(i, k) * origin(i)).sum::<f64>(),
            };
            return (0..n).map(row).collect();
        }
        let Some((loadings, specific)) = risk.factor_form() else { return Vec::new() };
        let first = self.exposures(risk);
        let k = loadings.first().map_or(0, Vec::len);
        let own = (0..n).map(|i| {
            let deviation = scale * (specific[i] + risk.ridge()).sqrt();
            Row { entries: vec![(i, -deviation)], bound: -deviation * origin(i) }
        });
        let common = (0..k).map(|j| Row {
            entries: vec![(first + j, -scale)],
            bound: -(0..n).map(|i| scale * loadings[i][j] * origin(i)).sum::<f64>(),
        });
        own.chain(common).collect()
    }

    /// The variables y = L'w of a factor model.
    fn exposures(&mut self, risk: &RiskModel) -> usize {
        if let Some(first) = self.exposures {
            return first;
        }
        let Some((loadings, _)) = risk.factor_form() else { return 0 };
        let k = loadings.first().map_or(0, Vec::len);
        let first = self.program.add_variables(k);
        for j in 0..k {
            let mut entries: Vec<(usize, f64)> =
                loadings.iter().enumerate().map(|(i, row)| (i, row[j])).filter(|(_, value)| *value != 0.0).collect();
            entries.push((first + j, -1.0));
            self.program.equalities.push(Row { entries, bound: 0.0 });
        }
        self.exposures = Some(first);
        first
    }

    /// Adds ½·aversion·(w−b)'Σ(w−b) to what is minimised.
    pub(crate) fn add_variance(&mut self, aversion: f64, from: Option<&[f64]>) -> Result<(), Failure> {
        let risk = self.risk.ok_or_else(|| Failure::invalid("this objective needs a covariance"))?;
        let n = self.constraints.n();
        if let Some((covariance, _)) = risk.dense_entry() {
            if self.program.block.is_empty() {
                self.program.block = vec![0.0; n * n];
            }
            for i in 0..n {
                let row = &mut self.program.block[i * n..(i + 1) * n];
                row.iter_mut().zip(covariance.row(i)).for_each(|(sum, value)| *sum += aversion * value);
                row[i] += aversion * risk.ridge();
            }
        } else if let Some((loadings, specific)) = risk.factor_form() {
            let first = self.exposures(risk);
            specific
                .iter()
                .enumerate()
                .for_each(|(i, own)| self.program.diagonal[i] += aversion * (own + risk.ridge()));
            (0..loadings.first().map_or(0, Vec::len)).for_each(|j| self.program.diagonal[first + j] += aversion);
        }
        if let Some(from) = from {
            let pull = risk.times(from);
            pull.iter().enumerate().for_each(|(i, pull)| self.program.linear[i] -= aversion * pull);
        }
        Ok(())
    }

    /// Adds Σ k_i (w_i − w₀_i)² to what is minimised.
    pub(crate) fn add_squares(&mut self, factors: &[f64], from: &[f64]) {
        for (i, (factor, from)) in factors.iter().zip(from).enumerate() {
            self.program.diagonal[i] += 2.0 * factor;
            self.program.linear[i] -= 2.0 * factor * from;
        }
    }

    /// Adds q'w to what is minimised.
    pub(crate) fn add_linear(&mut self, coefficients: &[f64]) {
        coefficients.iter().enumerate().for_each(|(i, value)| self.program.linear[i] += value);
    }

    /// Adds Σ c_i |w_i − w₀_i| to what is minimised.
    pub(crate) fn add_costs(&mut self, rates: &[f64]) {
        let first = self.moves();
        rates.iter().enumerate().for_each(|(i, rate)| self.program.linear[first + i] += rate);
    }

    /// Adds price·√((w−b)'Σ(w−b)) to what is minimised.
    pub(crate) fn add_deviation(&mut self, price: f64, from: &[f64]) -> Result<(), Failure> {
        let risk = self.risk.ok_or_else(|| Failure::invalid("this objective needs a covariance"))?;
        let scale = 1.0 / risk.mean_variance().sqrt().max(1e-150);
        let deviation = self.program.add_variables(1);
        self.program.linear[deviation] += price / scale;
        let mut rows = vec![Row { entries: vec![(deviation, -1.0)], bound: 0.0 }];
        rows.extend(self.deviation_rows(risk, Some(from), scale));
        self.program.cones.push(rows);
        Ok(())
    }

    /// Divides the objective by its size, and lets the least norm choose where the objective itself does not.
    pub(crate) fn scale_objective(&mut self) {
        let n = self.constraints.n();
        let curvature = (0..n)
            .map(|i| {
                let block = if self.program.block.is_empty() { 0.0 } else { self.program.block[i * n + i] };
                let factors = match (self.exposures, self.risk.and_then(RiskModel::factor_form)) {
                    (Some(first), Some((loadings, _))) => {
                        self.program.diagonal[first] * crate::symmetric::dot(&loadings[i], &loadings[i])
                    }
                    _ => 0.0,
                };
                block + self.program.diagonal[i] + factors
            })
            .sum::<f64>()
            / n as f64;
        let scale = curvature.max(largest(&self.program.linear));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        self.program.block.iter_mut().for_each(|value| *value /= scale);
        self.program.diagonal.iter_mut().for_each(|value| *value /= scale);
        self.program.linear.iter_mut().for_each(|value| *value /= scale);
        self.objective_scale = scale;
        if curvature == 0.0 {
            self.program.diagonal[..n].iter_mut().for_each(|value| *value += LEAST_NORM);
        }
    }

    /// For a linear objective of about 1 in units of `objective_scale`: among equals the least norm.
    pub(crate) fn prefer_least_norm(&mut self, objective_scale: f64) {
        self.objective_scale = objective_scale;
        let n = self.constraints.n();
        self.program.diagonal[..n].iter_mut().for_each(|value| *value += LEAST_NORM);
    }

    /// Replaces w by y = κw: every bound moves to the variable κ ≥ 0.
    pub(crate) fn homogenise(&mut self) -> usize {
        let kappa = self.program.add_variables(1);
        let cones = self.program.cones.iter_mut().flatten();
        for row in self.program.equalities.iter_mut().chain(&mut self.program.inequalities).chain(cones) {
            if row.bound != 0.0 {
                row.entries.push((kappa, -row.bound));
                row.bound = 0.0;
            }
        }
        self.program.inequalities.push(Row { entries: vec![(kappa, -1.0)], bound: 0.0 });
        self.kappa = Some(kappa);
        kappa
    }

    /// Solves; the multipliers in the portfolio are the improvement of the objective per unit of relief.
    pub(crate) fn solve(&self) -> Result<Portfolio, Failure> {
        self.solve_with(|_, _| 1.0)
    }

    /// As `solve`, with the values of all variables.
    pub(crate) fn solve_raw(&self) -> Result<(Portfolio, Vec<f64>), Failure> {
        self.solve_priced(|_, _| 1.0)
    }

    /// As `solve`, with the multipliers times what `price` makes of (weights, κ).
    pub(crate) fn solve_with(&self, price: impl Fn(&[f64], f64) -> f64) -> Result<Portfolio, Failure> {
        self.solve_priced(price).map(|(portfolio, _)| portfolio)
    }

    fn solve_priced(&self, price: impl Fn(&[f64], f64) -> f64) -> Result<(Portfolio, Vec<f64>), Failure> {
        let n = self.constraints.n();
        let answer = match self.program.solve() {
            Ok(answer) => answer,
            Err(Stop::Infeasible(multipliers)) => {
                return Err(Failure::Infeasible { conflict: conflict::of(self, &multipliers) });
            }
            Err(Stop::Unbounded) => return Err(Failure::Unbounded),
            Err(Stop::NotConverged(residual)) => {
                // A contradiction too slight for the solver to prove at once is still a contradiction.
                return Err(match self.program.is_feasible() {
                    Some(false) => Failure::Infeasible { conflict: conflict::of(self, &Default::default()) },
                    _ => Failure::NotConverged { residual: if residual.is_finite() { residual } else { f64::MAX } },
                });
            }
        };
        let mut weights = answer.x[..n].to_vec();
        let mut kappa = 1.0;
        if let Some(variable) = self.kappa {
            kappa = answer.x[variable];
            let gross: f64 = weights.iter().map(|weight| weight.abs()).sum();
            if kappa <= 1e-9 * gross || kappa <= 0.0 {
                return Err(Failure::Unbounded);
            }
            weights.iter_mut().for_each(|weight| *weight /= kappa);
        }
        weights.iter_mut().filter(|weight| weight.abs() < ZERO_WEIGHT).for_each(|weight| *weight = 0.0);
        if weights.iter().any(|weight| weight.abs() > UNBOUNDED_WEIGHT) {
            return Err(Failure::Unbounded);
        }
        let price = price(&weights, kappa) * self.objective_scale;
        let multiplier = |rule: &Rule| {
            let raw = match rule.place {
                Place::Equality(i) => answer.multipliers.equalities[i],
                Place::Inequality(i) => answer.multipliers.inequalities[i],
                Place::Cone(i) => answer.multipliers.cones[i].first().copied().unwrap_or(0.0),
            };
            raw * rule.scale * price
        };
        let constraints = self.rules.iter().map(|rule| self.report(rule.kind, &weights, multiplier(rule))).collect();
        let portfolio = Portfolio {
            weights,
            kkt_residual: answer.residual,
            ridge: self.risk.is_some_and(RiskModel::has_ridge),
            constraints,
            optimality_proven: true,
        };
        Ok((portfolio, answer.x))
    }

    /// A constraint as it stands at `weights`.
    fn report(&self, kind: Kind, weights: &[f64], multiplier: f64) -> ConstraintReport {
        let sum = |members: &[usize]| {
            let mut members = members.to_vec();
            members.sort_unstable();
            members.dedup();
            members.iter().map(|i| weights[*i]).sum::<f64>()
        };
        let product = |loadings: &[f64]| crate::symmetric::dot(loadings, weights);
        let c = self.constraints;
        let (value, limit, is_minimum) = match kind {
            Kind::Total => (weights.iter().sum(), c.total.unwrap_or(0.0), false),
            Kind::Lower(i) => (weights[i], c.lower[i], true),
            Kind::Upper(i) => (weights[i], c.upper[i], false),
            Kind::GroupMinimum(g) => (sum(&c.groups[g].members), c.groups[g].minimum.unwrap_or(0.0), true),
            Kind::GroupMaximum(g) => (sum(&c.groups[g].members), c.groups[g].maximum.unwrap_or(0.0), false),
            Kind::ExposureMinimum(e) => {
                (product(&c.exposures[e].loadings), c.exposures[e].minimum.unwrap_or(0.0), true)
            }
            Kind::ExposureMaximum(e) => {
                (product(&c.exposures[e].loadings), c.exposures[e].maximum.unwrap_or(0.0), false)
            }
            Kind::Turnover => (l1_turnover(weights, c.initial.as_deref()), c.maximum_turnover.unwrap_or(0.0), false),
            Kind::TrackingError => {
                let limit = c.tracking_error.as_ref();
                let value = limit.zip(self.risk).map_or(0.0, |(limit, risk)| tracking(risk, weights, &limit.benchmark));
                (value, limit.map_or(0.0, |limit| limit.maximum), false)
            }
            Kind::Volatility => {
                let value = self.risk.map_or(0.0, |risk| risk.volatility(weights));
                (value, c.maximum_volatility.unwrap_or(0.0), false)
            }
            Kind::Return => {
                let minimum = c.minimum_return.as_ref();
                (minimum.map_or(0.0, |m| product(&m.expected)), minimum.map_or(0.0, |m| m.minimum), true)
            }
        };
        let slack = match kind {
            Kind::Total => -(value - limit).abs(),
            _ if is_minimum => value - limit,
            _ => limit - value,
        };
        let binding = kind == Kind::Total || slack <= BINDING * limit.abs().max(1.0);
        ConstraintReport {
            name: name(c, kind),
            value,
            limit,
            slack,
            binding,
            multiplier: if !binding || multiplier.abs() < 1e-14 { 0.0 } else { multiplier },
        }
    }

    pub(crate) fn risk(&self) -> Option<&'a RiskModel> {
        self.risk
    }
}

const LEAST_NORM: f64 = 1e-8;
const ZERO_WEIGHT: f64 = 1e-9;
/// A weight beyond this means that nothing but the ridge bounds the problem.
const UNBOUNDED_WEIGHT: f64 = 1e6;
const BINDING: f64 = 1e-6;

/// The name of a constraint.
pub(crate) fn name(constraints: &Constraints, kind: Kind) -> String {
    match kind {
        Kind::Total => "sum".into(),
        Kind::Lower(i) => format!("min_weight[{}]", constraints.names[i]),
        Kind::Upper(i) => format!("max_weight[{}]", constraints.names[i]),
        Kind::GroupMinimum(g) => format!("group[{}] min", constraints.groups[g].name),
        Kind::GroupMaximum(g) => format!("group[{}] max", constraints.groups[g].name),
        Kind::ExposureMinimum(e) => format!("exposure[{}] min", constraints.exposures[e].name),
        Kind::ExposureMaximum(e) => format!("exposure[{}] max", constraints.exposures[e].name),
        Kind::Turnover => "max_l1_turnover".into(),
        Kind::TrackingError => "tracking_error".into(),
        Kind::Volatility => "max_volatility".into(),
        Kind::Return => "min_return".into(),
    }
}

/// Σ|w − w₀|, both sides counted.
pub fn l1_turnover(weights: &[f64], initial: Option<&[f64]>) -> f64 {
    match initial {
        Some(initial) => weights.iter().zip(initial).map(|(w, w0)| (w - w0).abs()).sum(),
        None => weights.iter().map(|w| w.abs()).sum(),
    }
}

/// √((w−b)'Σ(w−b)).
pub fn tracking(risk: &RiskModel, weights: &[f64], benchmark: &[f64]) -> f64 {
    let active: Vec<f64> = weights.iter().zip(benchmark).map(|(w, b)| w - b).collect();
    risk.volatility(&active)
}

/// Refuses expected returns of the wrong shape.
pub(crate) fn check_expected(expected: &[f64], n: usize) -> Result<(), Failure> {
    check_vector(expected, n, "expected return")
}

fn sparse(values: &[f64], scale: f64) -> Vec<(usize, f64)> {
    values.iter().enumerate().filter(|(_, value)| **value != 0.0).map(|(i, value)| (i, value * scale)).collect()
}

/// Largest absolute value, 1 if there is none above 0.
fn size(values: &[f64]) -> f64 {
    let largest = largest(values);
    if largest > 0.0 { largest } else { 1.0 }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}
