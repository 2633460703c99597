//! What optimisers give: weights with their figures and constraints, or null with the reason and the conflict.

use super::setup::{NoSetup, Setup};
use crate::{Output, Problem, Problems};
use optimizer::{Constraints, Failure, Portfolio};
use serde_json::{Map, Value, json};

/// Weights with volatility, expected return, ratio and concentration; the status is `optimal`.
pub(super) fn weights(setup: &Setup, weights: &[f64]) -> Output {
    let mut output = Output::new();
    output.status("optimal");
    output.numbers("weights", weights).put("names", setup.names.clone());
    let expected = setup.expected.as_ref().map(|expected| dot(expected, weights));
    let volatility = setup.covariance.as_ref().map(|covariance| covariance.quadratic(weights).max(0.0).sqrt());
    output.maybe("volatility", volatility).maybe("expected_return", expected);
    let sharpe = match (expected, volatility) {
        // What is left of a volatility by rounding is none.
        (Some(expected), Some(volatility)) if volatility > 1e-12 => Some((expected - setup.risk_free) / volatility),
        (Some(_), Some(_)) => {
            output.put("reason", "the ratio is undefined: volatility is zero");
            None
        }
        _ => None,
    };
    output.maybe("sharpe", sharpe);
    let hhi: f64 = weights.iter().map(|weight| weight * weight).sum();
    output.number("hhi", hhi).maybe("effective_n", (hhi > 0.0).then(|| 1.0 / hhi));
    output
}

/// The same with the constraints and the proof.
pub(super) fn portfolio(setup: &Setup, constraints: &Constraints, portfolio: &Portfolio) -> Output {
    let mut output = weights(setup, &portfolio.weights);
    if constraints.initial.is_some() {
        output.number("l1_turnover", optimizer::l1_turnover(&portfolio.weights, constraints.initial.as_deref()));
    }
    if let (Some(limit), Some(risk)) = (&constraints.tracking_error, &setup.risk) {
        output.number("tracking_error", optimizer::tracking(risk, &portfolio.weights, &limit.benchmark));
    }
    let binding: Vec<&str> = portfolio.binding().map(|constraint| constraint.name.as_str()).collect();
    output.put("binding", json!(binding));
    let mut list = Vec::new();
    for constraint in &portfolio.constraints {
        let mut entry = Map::new();
        entry.insert("name".into(), json!(constraint.name));
        for (key, value) in [
            ("value", constraint.value),
            ("limit", constraint.limit),
            ("slack", constraint.slack),
            ("dual", constraint.multiplier),
        ] {
            entry.insert(key.into(), output.finite(value));
        }
        entry.insert("binding".into(), json!(constraint.binding));
        list.push(Value::Object(entry));
    }
    output.put("constraints", list);
    output.number("kkt_residual", portfolio.kkt_residual);
    output.put("ridge", portfolio.ridge).put("optimality_proven", portfolio.optimality_proven);
    output
}

/// Null for all of `keys` with the reason; a mistake of the caller is a problem instead.
pub(super) fn failure(keys: &[&str], failure: &Failure) -> Result<Output, Problems> {
    if let Failure::Invalid { what } = failure {
        return Err(Problem::new("", what.clone()).into());
    }
    let mut output = Output::new();
    keys.iter().for_each(|key| {
        output.null(key, failure.code());
    });
    output.put("reason", failure.to_string());
    match failure {
        Failure::Infeasible { conflict } => output.put("conflict", conflict.clone()),
        Failure::NotConverged { residual } => output.number("kkt_residual", *residual),
        _ => &mut output,
    };
    Ok(output)
}

/// The same for data that do not suffice.
pub(super) fn no_setup(keys: &[&str], reason: NoSetup) -> Result<Output, Problems> {
    match reason {
        NoSetup::Problem(problem) => Err(problem.into()),
        NoSetup::Undefined(reason) => Ok(Output::undefined(keys, &reason)),
        NoSetup::Failure(reason) => failure(keys, &reason),
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
