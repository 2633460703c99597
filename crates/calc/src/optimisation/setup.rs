//! What optimisers are given: names, expected returns, covariance, rate, from returns or as they are.

use crate::covariance::Estimator;
use crate::input::{child, number_at};
use crate::{Input, Matrix, Problem};
use formulas::Undefined;
use optimizer::{Failure, RiskModel, Symmetric};
use serde_json::Value;

/// Everything but constraints and objective.
pub(super) struct Setup {
    pub(super) names: Vec<String>,
    pub(super) returns: Option<Matrix>,
    pub(super) expected: Option<Vec<f64>>,
    pub(super) covariance: Option<Symmetric>,
    pub(super) risk: Option<RiskModel>,
    pub(super) risk_free: f64,
    /// Periods per year of the estimates.
    pub(super) periods: f64,
}

/// Why there is no setup: the caller's mistake, or data that do not suffice.
pub(super) enum NoSetup {
    Problem(Problem),
    Undefined(Undefined),
    Failure(Failure),
}

impl From<Problem> for NoSetup {
    fn from(problem: Problem) -> NoSetup {
        NoSetup::Problem(problem)
    }
}

impl From<Undefined> for NoSetup {
    fn from(reason: Undefined) -> NoSetup {
        NoSetup::Undefined(reason)
    }
}

impl From<Failure> for NoSetup {
    fn from(failure: Failure) -> NoSetup {
        NoSetup::Failure(failure)
    }
}

impl Setup {
    pub(super) fn n(&self) -> usize {
        self.names.len()
    }

    /// Reads the setup; `needs_risk` if the problem cannot do without a covariance.
    pub(super) fn read(input: &Input<'_>, needs_risk: bool) -> Result<Setup, NoSetup> {
        let returns = if input.given("returns").is_some() { Some(input.matrix("returns")?) } else { None };
        let given = given_covariance(input)?;
        let names = names(input, returns.as_ref(), given.as_ref())?;
        let n = names.len();
        let text = if given.is_none() { input.optional_text("covariance")? } else { None };
        let estimator = match &text {
            None => None,
            Some(text) => Some(Estimator::parse(text).ok_or_else(|| {
                input.problem("covariance", format!("`{text}` is no estimator of a covariance")).advising(
                    "write for example \"sample ddof=1 x 252\", \"ewma lambda=0.94 x 252\", \"ledoit_wolf x 252\", \
                     \"ledoit_wolf_constant_correlation x 252\" or \"oas x 252\"",
                )
            })?),
        };
        let covariance = match (given, &returns, estimator) {
            (Some(matrix), _, _) => {
                if matrix.rows.len() != n || matrix.width() != n {
                    let detail = format!("{} rows and {} columns for {n} assets", matrix.rows.len(), matrix.width());
                    return Err(input.problem(covariance_key(input), detail).into());
                }
                let symmetric = Symmetric::from_rows(&matrix.rows);
                Some(symmetric.map_err(|failure| input.problem(covariance_key(input), failure.to_string()))?)
            }
            (None, Some(returns), Some(estimator)) => match estimator.estimate(returns) {
                Ok(covariance) => Some(Symmetric::new(n, covariance.values().to_vec())?),
                // One period has no covariance; a problem over scenarios does not need it.
                Err(_) if !needs_risk => None,
                Err(reason) => return Err(reason.into()),
            },
            _ => None,
        };
        if covariance.is_none() && needs_risk {
            return Err(input.problem("returns", "give `returns`, or `covariance_matrix`").into());
        }
        let risk = match &covariance {
            Some(covariance) => Some(RiskModel::dense(covariance.clone())?),
            None => None,
        };
        let expected = expected(input, returns.as_ref(), &names)?;
        let periods = estimator.map_or(252.0, |estimator| estimator.periods);
        Ok(Setup { names, returns, expected, covariance, risk, risk_free: input.number("rf")?, periods })
    }
}

fn covariance_key(input: &Input<'_>) -> &'static str {
    if input.given("covariance_matrix").is_some() { "covariance_matrix" } else { "covariance" }
}

fn given_covariance(input: &Input<'_>) -> Result<Option<Matrix>, Problem> {
    match (input.given("covariance_matrix"), input.given("covariance")) {
        (Some(_), _) => input.matrix("covariance_matrix").map(Some),
        (None, Some(Value::Array(_) | Value::Object(_))) => input.matrix("covariance").map(Some),
        _ => Ok(None),
    }
}

fn names(input: &Input<'_>, returns: Option<&Matrix>, covariance: Option<&Matrix>) -> Result<Vec<String>, Problem> {
    let matrix = returns.or(covariance);
    let width = matrix.map_or(0, Matrix::width);
    if input.given("names").is_some() {
        let names = input.texts("names")?;
        if matrix.is_some() && names.len() != width {
            return Err(input.problem("names", format!("{} names for {width} assets", names.len())));
        }
        return Ok(names);
    }
    let named = [returns, covariance].into_iter().flatten().find_map(|matrix| matrix.names.clone());
    let names = named.unwrap_or_else(|| (1..=width).map(|i| format!("x{i}")).collect());
    if names.is_empty() {
        return Err(input.problem("returns", "give `returns`, or `covariance_matrix`"));
    }
    Ok(names)
}

fn expected(input: &Input<'_>, returns: Option<&Matrix>, names: &[String]) -> Result<Option<Vec<f64>>, NoSetup> {
    for key in ["expected_return_vector", "expected_return"] {
        if let Some(value @ (Value::Array(_) | Value::Object(_))) = input.given(key) {
            return Ok(Some(vector(value, &input.pointer(key), names, None)?));
        }
    }
    let Some(returns) = returns else { return Ok(None) };
    let text = input.text("expected_return")?;
    let (is_geometric, periods) = mean(&text).ok_or_else(|| {
        input
            .problem("expected_return", format!("`{text}` says no expected return"))
            .advising("write \"arithmetic mean x 252\", \"geometric mean x 252\", or one number per asset")
    })?;
    let n = returns.rows.len();
    if n == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 }.into());
    }
    let of = |column: usize| -> f64 {
        let values = returns.column(column);
        if is_geometric {
            let log: f64 = values.iter().map(|r| r.ln_1p()).sum();
            if values.iter().any(|r| *r <= -1.0) { -1.0 } else { (log * periods / n as f64).exp_m1() }
        } else {
            values.iter().sum::<f64>() / n as f64 * periods
        }
    };
    Ok(Some((0..returns.width()).map(of).collect()))
}

/// Whether the mean is geometric, and periods per year.
fn mean(text: &str) -> Option<(bool, f64)> {
    let text = text.to_lowercase().replace(['×', '*'], " x ").replace(['_', '-'], " ");
    let (kind, periods) = match text.split_once(" x ") {
        Some((kind, periods)) => (kind.trim().to_owned(), periods.trim().parse().ok()?),
        None => (text.trim().to_owned(), 252.0),
    };
    let is_geometric = match kind.as_str() {
        "arithmetic mean" | "arithmetic" | "mean" | "historical" | "sample mean" => false,
        "geometric mean" | "geometric" | "cagr" => true,
        _ => return None,
    };
    (f64::is_finite(periods) && periods > 0.0).then_some((is_geometric, periods))
}

/// One number per asset: a list in order, a map by name (`absent` for names left out), or one number for all.
pub(super) fn vector(value: &Value, pointer: &str, names: &[String], absent: Option<f64>) -> Result<Vec<f64>, Problem> {
    match value {
        Value::Array(items) => {
            if items.len() != names.len() {
                return Err(Problem::new(pointer, format!("{} values for {} assets", items.len(), names.len())));
            }
            items.iter().enumerate().map(|(i, item)| number_at(item, &format!("{pointer}/{i}"))).collect()
        }
        Value::Object(object) => {
            if let Some(name) = object.keys().find(|name| !names.contains(name)) {
                let problem = Problem::new(child(pointer, name), format!("there is no asset `{name}`"));
                return Err(problem.did_you_mean(name, names.iter().map(String::as_str)));
            }
            names
                .iter()
                .map(|name| match (object.get(name), absent) {
                    (Some(value), _) if !value.is_null() => number_at(value, &child(pointer, name)),
                    (_, Some(absent)) => Ok(absent),
                    _ => Err(Problem::new(pointer, format!("there is no value for `{name}`"))),
                })
                .collect()
        }
        value => number_at(value, pointer).map(|number| vec![number; names.len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_read_from_texts() {
        assert_eq!(mean("arithmetic mean x 252"), Some((false, 252.0)));
        assert_eq!(mean("Geometric mean × 12"), Some((true, 12.0)));
        assert_eq!(mean("arithmetic_mean"), Some((false, 252.0)));
        assert_eq!(mean("median x 252"), None);
        assert_eq!(mean("mean x 0"), None);
    }

    #[test]
    fn vectors_may_be_lists_maps_or_one_number() {
        let names = ["A".to_owned(), "B".to_owned()];
        let read = |value| vector(&value, "/w", &names, Some(0.0));
        assert_eq!(read(serde_json::json!([0.1, "0.2"])).unwrap(), [0.1, 0.2]);
        assert_eq!(read(serde_json::json!({ "B": 1 })).unwrap(), [0.0, 1.0]);
        assert_eq!(read(serde_json::json!(0.4)).unwrap(), [0.4, 0.4]);
        assert_eq!(read(serde_json::json!({ "C": 1 })).unwrap_err().pointer, "/w/C");
        assert_eq!(read(serde_json::json!([1])).unwrap_err().pointer, "/w");
    }
}
