//! Which holding carries the risk, and how concentrated the portfolio is.

use crate::drawdowns::TAIL;
use crate::{Function, Input, Key, Kind, Matrix, Output, Problem, Problems};
use formulas::Undefined;
use serde_json::Value;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "risk_contribution",
        calculator: "risk_contribution",
        summary: "how much of the volatility each holding carries",
        keys: &[
            Key::optional("returns", Kind::Matrix, "", "returns of the holdings, for a covariance that is estimated"),
            WEIGHTS,
            BENCHMARK_WEIGHTS,
            Key::optional(
                "covariance",
                Kind::Any,
                "\"sample ddof=1 x 252\"",
                "a matrix, or \"sample ddof=1 x 252\": the sample covariance times periods per year",
            ),
        ],
        outputs: &[
            ("volatility", "of the portfolio"),
            ("marginal", "change of volatility per unit of weight"),
            ("component", "part of the volatility; the parts sum to it"),
            ("percent", "the same as a fraction"),
        ],
        page: "risk_contribution",
        run: risk_contribution,
    },
    Function {
        name: "cvar_contribution",
        calculator: "risk_contribution",
        summary: "who loses how much in the portfolio's worst cases",
        keys: &[
            Key::required("returns", Kind::Matrix, "returns of the holdings, rows of periods × columns"),
            WEIGHTS,
            BENCHMARK_WEIGHTS,
            TAIL,
        ],
        outputs: &[
            ("cvar", "expected shortfall of the portfolio, positive"),
            ("component", "part of it; the parts sum to it"),
            ("percent", "the same as a fraction"),
        ],
        page: "cvar_contribution",
        run: cvar_contribution,
    },
    Function {
        name: "concentration",
        calculator: "risk_contribution",
        summary: "how few holdings the portfolio really rests on",
        keys: &[
            Key::required("weights", Kind::Any, "weights as a list or by name"),
            Key::optional("basis", Kind::Text, "", "what the weights are of: holdings, issuers, sectors, …"),
        ],
        outputs: &[
            ("hhi", "sum of squared weights"),
            ("effective_n", "1/HHI"),
            ("entropy_effective_n", "exp of the entropy"),
            ("top1", "the largest weight"),
            ("top3", "the three largest"),
            ("top10", "the ten largest"),
        ],
        page: "concentration",
        run: concentration,
    },
    Function {
        name: "factor_risk_contribution",
        calculator: "risk_contribution",
        summary: "how much of the volatility each common factor carries",
        keys: &[
            WEIGHTS,
            Key::required("betas", Kind::Matrix, "exposures, rows of holdings × factors"),
            Key::required("factor_covariance", Kind::Matrix, "covariance of the factors"),
            Key::required("specific_variances", Kind::Series, "variance of each holding that is its own"),
        ],
        outputs: &[
            ("volatility", "of the portfolio"),
            ("exposure", "of the portfolio to each factor"),
            ("component", "part of the volatility by factor"),
            ("specific", "part that is the holdings' own"),
        ],
        page: "factor_risk_contribution",
        run: factor_risk_contribution,
    },
];

const WEIGHTS: Key = Key::required("weights", Kind::Series, "weights of the holdings, in the order of the columns");
const BENCHMARK_WEIGHTS: Key =
    Key::optional("benchmark_weights", Kind::Series, "", "weights of the benchmark: active risk is split instead");

/// Weights, less the benchmark's if given.
fn weights(input: &Input<'_>) -> Result<Vec<f64>, Problem> {
    let weights = input.numbers("weights")?;
    match input.optional_series("benchmark_weights")? {
        None => Ok(weights),
        Some(benchmark) if benchmark.values.len() == weights.len() => {
            Ok(weights.iter().zip(&benchmark.values).map(|(w, b)| w - b).collect())
        }
        Some(benchmark) => {
            let detail = format!("{} weights where the portfolio has {}", benchmark.values.len(), weights.len());
            Err(input.problem("benchmark_weights", detail))
        }
    }
}

fn risk_contribution(input: &Input<'_>) -> Result<Output, Problems> {
    let weights = weights(input)?;
    let (covariance, names) = match covariance(input)? {
        Ok(found) => found,
        Err(reason) => return Ok(Output::undefined(&["volatility", "marginal", "component", "percent"], &reason)),
    };
    if covariance.len() != weights.len() {
        let detail = format!("{} weights for {} holdings", weights.len(), covariance.len());
        return Err(input.problem("weights", detail).into());
    }
    let mut output = match formulas::contribution::risk_contribution(&weights, &covariance) {
        Ok(split) => {
            let mut output = Output::new();
            output.number("volatility", split.volatility).numbers("marginal", &split.marginal);
            output.numbers("component", &split.component).numbers("percent", &split.percent);
            output
        }
        Err(reason) => {
            let mut output = Output::undefined(&["marginal", "component", "percent"], &reason);
            // The volatility itself exists: it is zero.
            if matches!(reason, Undefined::ZeroDenominator { .. }) {
                output.number("volatility", 0.0);
            } else {
                output.null("volatility", reason.code());
            }
            output
        }
    };
    if let Some(names) = names {
        output.put("names", names);
    }
    Ok(output)
}

type Covariance = (Vec<Vec<f64>>, Option<Vec<String>>);

/// The covariance given or estimated.
fn covariance(input: &Input<'_>) -> Result<Result<Covariance, Undefined>, Problem> {
    if !matches!(input.given("covariance"), None | Some(Value::String(_))) {
        let matrix = input.matrix("covariance")?;
        if matrix.width() != matrix.rows.len() {
            let detail = format!("{} rows and {} columns are no covariance", matrix.rows.len(), matrix.width());
            return Err(input.problem("covariance", detail));
        }
        return Ok(Ok((matrix.rows, matrix.names)));
    }
    let (ddof, scale) = estimator(input, &input.text("covariance")?)?;
    if input.given("returns").is_none() {
        return Err(input.problem("returns", "a covariance that is estimated needs `returns`"));
    }
    let Matrix { rows, names, .. } = input.matrix("returns")?;
    if rows.len() <= ddof {
        return Ok(Err(Undefined::InsufficientData { needed: ddof + 1, found: rows.len() }));
    }
    if let Some(index) = rows.iter().position(|row| row.iter().any(|r| *r < -1.0)) {
        return Ok(Err(Undefined::InvalidReturn { index }));
    }
    let n = rows.len() as f64;
    let width = rows[0].len();
    let means: Vec<f64> = (0..width).map(|j| rows.iter().map(|row| row[j]).sum::<f64>() / n).collect();
    let entry = |i: usize, j: usize| {
        let cross: f64 = rows.iter().map(|row| (row[i] - means[i]) * (row[j] - means[j])).sum();
        cross / (n - ddof as f64) * scale
    };
    Ok(Ok(((0..width).map(|i| (0..width).map(|j| entry(i, j)).collect()).collect(), names)))
}

/// Reads `sample ddof=1 x 252`: degrees of freedom and periods per year.
fn estimator(input: &Input<'_>, text: &str) -> Result<(usize, f64), Problem> {
    let refuse = || {
        input
            .problem("covariance", format!("`{text}` is no estimator that is known here"))
            .advising("write \"sample ddof=1 x 252\", or give the matrix")
    };
    let mut words = text.split_whitespace().peekable();
    if words.next() != Some("sample") {
        return Err(refuse());
    }
    let mut ddof = 1;
    if let Some(number) = words.peek().and_then(|word| word.strip_prefix("ddof=")) {
        ddof = number.parse().map_err(|_| refuse())?;
        words.next();
    }
    let scale = match (words.next(), words.next(), words.next()) {
        (None, ..) => 1.0,
        (Some("x" | "×" | "*"), Some(number), None) => number.parse().map_err(|_| refuse())?,
        _ => return Err(refuse()),
    };
    if scale > 0.0 && f64::is_finite(scale) { Ok((ddof, scale)) } else { Err(refuse()) }
}

fn cvar_contribution(input: &Input<'_>) -> Result<Output, Problems> {
    let (weights, matrix, tail) = (weights(input)?, input.matrix("returns")?, input.probability("tail_probability")?);
    crate::value_at_risk::portfolio_returns(input, &matrix, &weights)?;
    let mut output = match formulas::contribution::cvar_contribution(&matrix.rows, &weights, tail) {
        Ok(split) => {
            let mut output = Output::new();
            output.number("cvar", split.cvar).numbers("component", &split.component);
            match split.percent {
                Some(percent) => output.numbers("percent", &percent),
                None => output.null("percent", "zero_denominator"),
            };
            output.put("tail_unobserved", !formulas::tail::is_tail_observed(tail, matrix.rows.len()));
            output
        }
        Err(reason) => Output::undefined(&["cvar", "component", "percent"], &reason),
    };
    if let Some(names) = matrix.names {
        output.put("names", names);
    }
    Ok(output)
}

fn concentration(input: &Input<'_>) -> Result<Output, Problems> {
    let weights = match input.given("weights") {
        Some(Value::Object(by_name)) if !by_name.contains_key("csv") && !by_name.contains_key("values") => {
            let nested = input.object("weights")?;
            nested.names().map(|name| nested.number(name)).collect::<Result<Vec<f64>, Problem>>()?
        }
        _ => input.numbers("weights")?,
    };
    input.optional_text("basis")?;
    Ok(match formulas::portfolio::concentration(&weights) {
        Ok(measured) => {
            let mut output = Output::new();
            output.number("hhi", measured.hhi).number("effective_n", measured.effective_n);
            output.number("entropy_effective_n", measured.entropy_effective_n);
            output.number("top1", measured.top1).number("top3", measured.top3).number("top10", measured.top10);
            output
        }
        Err(reason) => {
            Output::undefined(&["hhi", "effective_n", "entropy_effective_n", "top1", "top3", "top10"], &reason)
        }
    })
}

fn factor_risk_contribution(input: &Input<'_>) -> Result<Output, Problems> {
    let (weights, betas) = (input.numbers("weights")?, input.matrix("betas")?);
    let (factors, own) = (input.matrix("factor_covariance")?, input.numbers("specific_variances")?);
    for (key, found) in [("betas", betas.rows.len()), ("specific_variances", own.len())] {
        if found != weights.len() {
            return Err(input.problem(key, format!("{found} rows for {} weights", weights.len())).into());
        }
    }
    if factors.rows.len() != factors.width() || factors.width() != betas.width() {
        let detail = format!("{}×{} for {} factors", factors.rows.len(), factors.width(), betas.width());
        return Err(input.problem("factor_covariance", detail).into());
    }
    let result = formulas::contribution::factor_risk_contribution(&weights, &betas.rows, &factors.rows, &own);
    Ok(match result {
        Ok(split) => {
            let mut output = Output::new();
            output.number("volatility", split.volatility).numbers("exposure", &split.exposure);
            output.numbers("component", &split.component).number("specific", split.specific);
            output
        }
        Err(reason) => Output::undefined(&["volatility", "exposure", "component", "specific"], &reason),
    })
}
