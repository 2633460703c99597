//! Expected returns between the market's and an investor's.

use super::setup::vector;
use crate::input::number_at;
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use optimizer::{Prior, Symmetric, Uncertainty, Views};
use serde_json::Value;

pub(super) const BLACK_LITTERMAN: Function = Function {
    name: "black_litterman",
    calculator: "black_litterman",
    summary: "expected returns between what the market implies and what an investor believes",
    keys: &[
        Key::optional("names", Kind::List, "", "names of the assets"),
        Key::required("covariance", Kind::Matrix, "covariance per year"),
        Key::required("market_weights", Kind::Any, "weights of the market, by name or in order"),
        Key::optional("risk_aversion", Kind::Number, "2.5", "δ"),
        Key::optional(
            "market_excess_return",
            Kind::Number,
            "",
            "implies δ: expected return of the market above the rate",
        ),
        Key::optional("tau", Kind::Number, "0.05", "weight of the prior's error"),
        Key::optional("P", Kind::Any, "", "one row of weights per view"),
        Key::optional("Q", Kind::Any, "", "expected return of each view"),
        Key::optional(
            "omega",
            Kind::Any,
            "",
            "uncertainty of the views: a matrix or variances; diag(PτΣP') if not given",
        ),
        Key::optional("confidences", Kind::Any, "", "instead of omega: confidence above 0 and up to 1 of each view"),
    ],
    outputs: &[
        ("implied_equilibrium", "π = δΣw"),
        ("posterior_mean", "expected returns after the views"),
        ("posterior_cov", "covariance with the uncertainty of the mean"),
        ("weights_unconstrained", "(δΣ_post)⁻¹μ"),
        ("weights_normalised", "the same, summing to 1"),
    ],
    page: "black_litterman",
    run: black_litterman,
};

const RESULTS: [&str; 5] =
    ["implied_equilibrium", "posterior_mean", "posterior_cov", "weights_unconstrained", "weights_normalised"];

fn black_litterman(input: &Input<'_>) -> Result<Output, Problems> {
    let matrix = input.matrix("covariance")?;
    let covariance =
        Symmetric::from_rows(&matrix.rows).map_err(|failure| input.problem("covariance", failure.to_string()))?;
    let n = covariance.n();
    let names = if input.given("names").is_some() { input.texts("names")? } else { matrix.names_or_numbered() };
    if names.len() != n {
        return Err(input.problem("names", format!("{} names for {n} assets", names.len())).into());
    }
    let market = match input.given("market_weights") {
        Some(value) => vector(value, &input.pointer("market_weights"), &names, Some(0.0))?,
        None => return Err(input.problem("market_weights", "the key `market_weights` is missing").into()),
    };
    let weights = rows(input, "P", &names)?;
    let k = weights.len();
    let returns = list(input, "Q")?;
    if returns.len() != k {
        return Err(input.problem("Q", format!("{} returns for {k} views", returns.len())).into());
    }
    let uncertainty = match (input.given("omega"), input.given("confidences")) {
        (Some(_), Some(_)) => return Err(input.problem("omega", "both `omega` and `confidences` are given").into()),
        (None, Some(_)) => Uncertainty::Confidence(list(input, "confidences")?),
        (None, None) | (Some(Value::String(_)), None) => Uncertainty::Proportional,
        (Some(value), None) => Uncertainty::Omega(omega(input, value, k)?),
    };
    let risk_aversion = match input.optional_number("market_excess_return")? {
        Some(excess) => match optimizer::implied_risk_aversion(&covariance, &market, excess) {
            Ok(aversion) => aversion,
            Err(failure) => return super::report::failure(&RESULTS, &failure),
        },
        None => input.number("risk_aversion")?,
    };
    let prior = Prior { covariance: &covariance, market_weights: &market, risk_aversion, tau: input.number("tau")? };
    let result = match optimizer::black_litterman(prior, &Views { weights, returns, uncertainty }) {
        Ok(result) => result,
        Err(failure) => return super::report::failure(&RESULTS, &failure),
    };
    let mut output = Output::new();
    output.numbers("implied_equilibrium", &result.implied_equilibrium);
    output.numbers("posterior_mean", &result.posterior_mean);
    output.matrix("posterior_cov", &result.posterior_covariance.rows());
    output.numbers("weights_unconstrained", &result.weights_unconstrained);
    match &result.weights_normalised {
        Some(weights) => output.numbers("weights_normalised", weights),
        None => output.null("weights_normalised", "zero_denominator"),
    };
    output.put("names", names).number("risk_aversion", risk_aversion);
    Ok(output)
}

/// Rows of weights; a flat list is one row, a row may be a map by name.
fn rows(input: &Input<'_>, key: &str, names: &[String]) -> Result<Vec<Vec<f64>>, Problem> {
    let items = match input.given(key) {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(input.problem(key, format!("`{key}` is not a list of rows"))),
    };
    if !items.is_empty() && items.iter().all(|item| !item.is_array() && !item.is_object()) {
        return Ok(vec![vector(&Value::Array(items.clone()), &input.pointer(key), names, None)?]);
    }
    let row = |(i, item): (usize, &Value)| vector(item, &format!("{}/{i}", input.pointer(key)), names, Some(0.0));
    items.iter().enumerate().map(row).collect()
}

fn list(input: &Input<'_>, key: &str) -> Result<Vec<f64>, Problem> {
    match input.given(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(_)) => {
            // A column of one number per row is a list too.
            let items = input.list(key)?;
            let number = |(i, item): (usize, &Value)| {
                let item = item.as_array().filter(|inner| inner.len() == 1).map_or(item, |inner| &inner[0]);
                number_at(item, &format!("{}/{i}", input.pointer(key)))
            };
            items.iter().enumerate().map(number).collect()
        }
        Some(value) => Ok(vec![number_at(value, &input.pointer(key))?]),
    }
}

fn omega(input: &Input<'_>, value: &Value, k: usize) -> Result<Vec<Vec<f64>>, Problem> {
    let is_matrix = value.as_array().is_some_and(|items| items.iter().any(Value::is_array));
    if is_matrix || value.is_object() {
        let matrix = input.matrix("omega")?;
        if matrix.rows.len() != k || matrix.width() != k {
            let detail = format!("{} rows and {} columns for {k} views", matrix.rows.len(), matrix.width());
            return Err(input.problem("omega", detail));
        }
        return Ok(matrix.rows);
    }
    let variances = list(input, "omega")?;
    if variances.len() != k {
        return Err(input.problem("omega", format!("{} variances for {k} views", variances.len())));
    }
    Ok((0..k).map(|i| (0..k).map(|j| if i == j { variances[i] } else { 0.0 }).collect()).collect())
}
