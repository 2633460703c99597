//! Amounts that bring a portfolio to its targets, and how long until a goal is reached.
//!
//! Targets are linear constraints: Σ weight · amount = target. They are solved by least squares with the smallest amounts
//! (the pseudo-inverse, from the eigenvectors of AᵀA); an amount is exact if every constraint that names it is met. With a
//! fixed sum, the amounts that no solution meets exactly keep that sum. Without constraints, the amount of a position is
//! its target weight of the new total less its value.
//!
//! Periods to a target with a payment each month: ln((p + T r)/(p + P r)) / ln(1 + r), r per month.
//!
//! Invariant: the solution does not depend on the order of names beyond the last bit.

use serde_json::{Map, Value, json};

use crate::absent::Absent;
use crate::case::number_of;
use crate::context::Context;
use crate::num::Num;
use crate::output::{Answer, float, text};

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "rebalance_amount" => amounts(c),
        "rebalance_exact" => exact(c),
        "periods_to_target_months" => periods_to_target(c),
        _ => return None,
    })
}

/// One linear constraint.
#[derive(Debug, Clone)]
struct Constraint {
    weights: Vec<f64>,
    named: Vec<bool>,
    target: f64,
}

struct Solution {
    names: Vec<String>,
    amounts: Vec<f64>,
    exact: Vec<bool>,
}

/// Names in order of appearance, and the constraints on them.
type Named = (Vec<String>, Vec<Constraint>);

fn constraints(c: &Context<'_>) -> Result<Option<Named>, Absent> {
    let Some(list) = ["constraints", "equations"].iter().find_map(|key| c.case.input(key)?.as_array()) else {
        return Ok(None);
    };
    let bad = || Absent::new("invalid_input", "a constraint is {weights: {name: share}, target: amount}");
    let mut names: Vec<String> = Vec::new();
    let mut raw: Vec<(Vec<(usize, f64)>, f64)> = Vec::new();
    for item in list {
        let map = item.as_object().ok_or_else(bad)?;
        let target_keys = ["target", "amount", "sum", "value", "target_amount"];
        let target = target_keys.iter().find_map(|key| number_of(map.get(*key)?)).ok_or_else(bad)?;
        let weight_keys = ["weights", "coefficients", "equation", "linear_equation", "shares", "vehicles", "terms"];
        let weights = match weight_keys.iter().find_map(|key| map.get(*key)) {
            Some(Value::Object(weights)) => weights.clone(),
            Some(Value::Array(pairs)) => pairs
                .iter()
                .map(|pair| match pair {
                    Value::Array(pair) if pair.len() == 2 => Some((pair[0].as_str()?.to_owned(), pair[1].clone())),
                    Value::Object(map) => {
                        let name = ["symbol", "name", "vehicle"].iter().find_map(|key| map.get(*key)?.as_str())?;
                        Some((name.to_owned(), map.get("weight").or_else(|| map.get("coefficient"))?.clone()))
                    }
                    _ => None,
                })
                .collect::<Option<Map<String, Value>>>()
                .ok_or_else(bad)?,
            _ => return Err(bad()),
        };
        // A constraint that names nothing restricts nothing.
        if weights.is_empty() {
            continue;
        }
        let mut row = Vec::new();
        for (name, weight) in &weights {
            let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            });
            row.push((at, number_of(weight).ok_or_else(bad)?.to_f64()));
        }
        raw.push((row, target.to_f64()));
    }
    let constraints = raw
        .into_iter()
        .map(|(row, target)| {
            let (mut weights, mut named) = (vec![0.0; names.len()], vec![false; names.len()]);
            for (at, weight) in row {
                weights[at] = weight;
                named[at] = true;
            }
            Constraint { weights, named, target }
        })
        .collect();
    Ok(Some((names, constraints)))
}

fn solve(c: &Context<'_>) -> Result<Option<Solution>, Absent> {
    let Some((names, constraints)) = constraints(c)? else { return Ok(None) };
    let mut amounts = least_squares(&constraints, names.len());
    let scale = amounts.iter().chain(constraints.iter().map(|k| &k.target)).fold(1e-9_f64, |max, x| max.max(x.abs()));
    let mut exact = vec![true; names.len()];
    for constraint in &constraints {
        let met: f64 = constraint.weights.iter().zip(&amounts).map(|(w, x)| w * x).sum();
        if (met - constraint.target).abs() > 1e-9 * scale {
            for (flag, named) in exact.iter_mut().zip(&constraint.named) {
                *flag &= !named;
            }
        }
    }
    let total = ["total", "fixed_sum", "sum", "total_sum"].iter().find_map(|key| number_of(c.case.input(key)?));
    if let (Some(total), Some(out)) = (total, exact.iter().position(|flag| !flag)) {
        keep_sum(&constraints, &exact, total.to_f64(), out, &mut amounts);
    }
    Ok(Some(Solution { names, amounts, exact }))
}

/// Solves the inexact part again with one amount replaced by the rest of the sum.
fn keep_sum(constraints: &[Constraint], exact: &[bool], total: f64, out: usize, amounts: &mut [f64]) {
    let rest = total - amounts.iter().zip(exact).filter(|(_, flag)| **flag).map(|(x, _)| x).sum::<f64>();
    let reduced: Vec<Constraint> = constraints
        .iter()
        .filter(|constraint| constraint.named.iter().zip(exact).any(|(named, flag)| *named && !flag))
        .map(|constraint| {
            let factor = constraint.weights[out];
            let mut weights = constraint.weights.clone();
            for (at, weight) in weights.iter_mut().enumerate() {
                if !exact[at] {
                    *weight -= factor;
                }
            }
            weights[out] = 0.0;
            Constraint { weights, named: constraint.named.clone(), target: constraint.target - factor * rest }
        })
        .collect();
    let solved = least_squares(&reduced, amounts.len());
    let mut left = rest;
    for at in 0..amounts.len() {
        if !exact[at] && at != out {
            amounts[at] = solved[at];
            left -= solved[at];
        }
    }
    amounts[out] = left;
}

/// The smallest solution of least squares.
fn least_squares(constraints: &[Constraint], n: usize) -> Vec<f64> {
    let mut normal = vec![vec![0.0; n]; n];
    let mut right = vec![0.0; n];
    for constraint in constraints {
        for (i, row) in normal.iter_mut().enumerate() {
            right[i] += constraint.weights[i] * constraint.target;
            for (cell, weight) in row.iter_mut().zip(&constraint.weights) {
                *cell += constraint.weights[i] * weight;
            }
        }
    }
    let (values, vectors) = eigen(normal);
    let largest = values.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
    let mut solution = vec![0.0; n];
    for (k, value) in values.iter().enumerate() {
        // Directions that no constraint sees stay at zero.
        if value.abs() <= 1e-12 * largest || *value == 0.0 {
            continue;
        }
        let along: f64 = (0..n).map(|i| vectors[i][k] * right[i]).sum::<f64>() / value;
        for (i, x) in solution.iter_mut().enumerate() {
            *x += along * vectors[i][k];
        }
    }
    solution
}

/// Eigenvalues and vectors of a symmetric matrix (cyclic Jacobi rotations).
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..100 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off < 1e-300 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let cos = 1.0 / (t * t + 1.0).sqrt();
                let sin = t * cos;
                for row in a.iter_mut() {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (cos * x - sin * y, sin * x + cos * y);
                }
                let (above, below) = a.split_at_mut(q);
                for (x, y) in above[p].iter_mut().zip(below[0].iter_mut()) {
                    (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
                }
                for row in v.iter_mut() {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (cos * x - sin * y, sin * x + cos * y);
                }
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), v)
}

/// To the cent, unless another rounding is chosen: amounts are orders of money.
fn cents(c: &Context<'_>, amount: f64) -> Num {
    let decimals = c.conventions.rounding.decimals.unwrap_or(2);
    Num::from_f64(amount).round(decimals, c.conventions.rounding.half)
}

fn amounts(c: &Context<'_>) -> Answer {
    let wanted = c.scope().symbol.as_deref().or(c.query.text(&["name", "symbol", "vehicle", "of"]));
    let found: Vec<(String, Num)> = match solve(c)? {
        Some(solution) => {
            solution.names.iter().cloned().zip(solution.amounts.iter().map(|amount| cents(c, *amount))).collect()
        }
        None => to_targets(c)?,
    };
    if let Some(wanted) = wanted {
        let found = found.iter().find(|(name, _)| name == wanted);
        let (_, amount) =
            found.ok_or_else(|| Absent::new("no_such_name", format!("no constraint names {wanted:?}")))?;
        return Ok(Value::from(text(*amount)?));
    }
    let mut map = Map::new();
    for (name, amount) in found {
        map.insert(name, json!(text(amount)?));
    }
    Ok(Value::Object(map))
}

/// Target weights of values: of the inputs, or of the positions on the day.
fn to_targets(c: &Context<'_>) -> Result<Vec<(String, Num)>, Absent> {
    let targets = c
        .query
        .param(&["targets", "target", "weights"])
        .or_else(|| ["targets", "target_weights", "weights"].iter().find_map(|key| c.case.input(key)));
    let targets = targets.and_then(Value::as_object).ok_or_else(|| Absent::missing("constraints or target weights"))?;
    let given = ["values", "current", "current_values"].iter().find_map(|key| c.case.input(key)?.as_object());
    let new_cash =
        c.query.number(&["newcash", "cash"]).or_else(|| number_of(c.case.input("new_cash")?)).unwrap_or(Num::ZERO);
    let bad = || Absent::new("invalid_input", "targets and values are objects of decimals by name");
    let mut values: Vec<(String, Num)> = Vec::new();
    match given {
        Some(given) => {
            for (name, value) in given {
                values.push((name.clone(), number_of(value).ok_or_else(bad)?));
            }
        }
        None => {
            let (currency, at) = (c.currency()?, c.at()?);
            for symbol in c.symbols() {
                let scope = crate::case::Scope { symbol: Some(symbol.clone()), ..Default::default() };
                values.push((symbol, c.securities_value(&scope, at, &currency)?));
            }
        }
    }
    for name in
        targets.keys().filter(|name| !values.iter().any(|(known, _)| known == *name)).cloned().collect::<Vec<_>>()
    {
        values.push((name, Num::ZERO));
    }
    let total = values.iter().map(|(_, value)| *value).sum::<Num>() + new_cash;
    values
        .into_iter()
        .map(|(name, value)| {
            let share = targets.get(&name).map_or(Some(Num::ZERO), number_of).ok_or_else(bad)?;
            Ok((name, c.conventions.shown(share * total - value)))
        })
        .collect()
}

fn exact(c: &Context<'_>) -> Answer {
    let solution = solve(c)?.ok_or_else(|| Absent::missing("constraints"))?;
    match c.scope().symbol.as_deref().or(c.query.text(&["name", "symbol", "vehicle", "of"])) {
        Some(wanted) => {
            let at = solution.names.iter().position(|name| name == wanted);
            let at = at.ok_or_else(|| Absent::new("no_such_name", format!("no constraint names {wanted:?}")))?;
            Ok(Value::from(solution.exact[at]))
        }
        None => Ok(Value::from(solution.exact.iter().all(|flag| *flag))),
    }
}

fn periods_to_target(c: &Context<'_>) -> Answer {
    let input = |what: &str, names: &[&str]| {
        let param = c.query.number(
            &names
                .iter()
                .map(|name| name.replace('_', ""))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        );
        let given = c.case.inputs.as_object().and_then(|map| {
            names.iter().find_map(|name| {
                map.iter().find(|(key, _)| key.to_lowercase() == *name).and_then(|(_, value)| number_of(value))
            })
        });
        param.or(given).map(Num::to_f64).ok_or_else(|| Absent::missing(what))
    };
    let principal = input(
        "the present amount",
        &["principal", "p", "present", "current", "initial", "present_value", "start_amount", "initial_amount"],
    )?;
    let target =
        input("the target", &["target", "total_amount", "goal", "totalamount", "target_amount", "future_value"])?;
    let payment = input(
        "the monthly payment",
        &[
            "payment",
            "pmt",
            "monthly_payment",
            "contribution",
            "monthly_contribution",
            "saving",
            "savings_rate",
            "monthly_saving",
        ],
    )?;
    let yearly = input(
        "the yearly rate",
        &["rate", "r", "annual_rate", "annual_return", "interest_rate", "yearly_rate", "annual_interest_rate"],
    )?;
    let r = yearly / 12.0;
    let unreachable = || Absent::new("unreachable", "the target is never reached");
    let periods = if r == 0.0 {
        (target - principal) / payment
    } else {
        ((payment + target * r) / (payment + principal * r)).ln() / r.ln_1p()
    };
    if !periods.is_finite() || periods < 0.0 {
        return Err(unreachable());
    }
    float(periods)
}
