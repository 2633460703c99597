//! What shocks do to a portfolio.

use crate::{Function, Input, Key, Kind, Matrix, Output, Problem, Problems};
use formulas::scenarios::{self, Rebalancing};
use serde_json::Value;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "factor_shock",
        calculator: "factor_shock",
        summary: "effect of moves of the factors on assets and portfolio",
        keys: &[
            Key::optional("factors", Kind::List, "", "names of the factors"),
            BETAS,
            WEIGHTS,
            Key::required("shocks", Kind::Any, "move of each factor, or factor: move (0 for the others)"),
            Key::optional("convexity", Kind::Series, "", "convexity of each asset"),
            Key::optional("yield_move", Kind::Number, "0", "yield move that convexity meets"),
            Key::optional("specific_volatility", Kind::Series, "", "specific risk of each asset over the horizon"),
            Key::optional("z", Kind::Number, "1.645", "deviations of the specific band"),
        ],
        outputs: &[
            ("asset_impacts", "return of each asset"),
            ("portfolio_impact", "return of the portfolio"),
            ("factor_contributions", "part of each factor in it"),
            ("convexity_contribution", "part of convexity in it"),
            ("specific_band", "half-width of the band that specific risk leaves, if asked for"),
        ],
        page: "factor_shock",
        run: factor_shock,
    },
    Function {
        name: "scenario_dar",
        calculator: "factor_shock",
        summary: "loss that the worse of several scenarios exceed",
        keys: &[
            Key::required("outcomes", Kind::Series, "return of the portfolio in each scenario, loss negative"),
            Key::optional("confidence", Kind::Number, "0.95", "a fraction"),
        ],
        outputs: &[
            ("drawdown_at_risk", "loss at the confidence, ≥ 0"),
            ("expected_shortfall", "mean loss beyond, ≥ 0"),
            ("worst", "the least outcome, loss negative"),
            ("worst_index", "its position, from 0"),
        ],
        page: "scenario_dar",
        run: scenario_dar,
    },
    Function {
        name: "conditional_shock",
        calculator: "factor_shock",
        summary: "completes a stress of some factors by what the others do on average",
        keys: &[
            Key::optional("factors", Kind::List, "", "names of the factors"),
            COVARIANCE,
            BETAS,
            WEIGHTS,
            Key::required(
                "given",
                Kind::Any,
                "the moves: a list with null where unknown, or factor (name or position): move",
            ),
        ],
        outputs: &[
            ("completed_shocks", "move of each factor"),
            ("portfolio_impact", "return of the portfolio"),
            ("asset_impacts", "return of each asset"),
            ("factor_contributions", "part of each factor"),
            ("mahalanobis_distance", "how unusual the shock is, in deviations"),
        ],
        page: "conditional_shock",
        run: conditional_shock,
    },
    Function {
        name: "historical_replay",
        calculator: "factor_shock",
        summary: "what the portfolio would have done between two closes of the past",
        keys: &[
            Key::required("prices", Kind::Matrix, "total-return prices in the base currency: closes × assets"),
            Key::required("weights", Kind::Any, "fractions, in the order of the columns or by name; the rest is cash"),
            Key::optional(
                "rebalance",
                Kind::Any,
                "\"none\"",
                "none (buy and hold), daily, monthly, quarterly or annual; the last three need dates",
            ),
        ],
        outputs: &[
            ("return", "of the portfolio"),
            ("max_drawdown", "worst fall from a peak on the path, ≤ 0"),
            ("asset_returns", "of each asset"),
            ("contribution", "part of each asset in the return"),
            ("path", "value at each close, 1 at the first"),
        ],
        page: "historical_replay",
        run: historical_replay,
    },
    Function {
        name: "reverse_stress",
        calculator: "factor_shock",
        summary: "least unusual move of the factors that loses a given share",
        keys: &[
            Key::optional("factors", Kind::List, "", "names of the factors"),
            COVARIANCE,
            BETAS,
            WEIGHTS,
            Key::required("loss", Kind::Number, "loss of the portfolio, a fraction above 0"),
        ],
        outputs: &[
            ("shocks", "move of each factor"),
            ("mahalanobis_distance", "how unusual it is, in deviations"),
            ("exposures", "of the portfolio to each factor"),
        ],
        page: "reverse_stress",
        run: reverse_stress,
    },
];

const BETAS: Key = Key::required("betas", Kind::Matrix, "return per 1.00 of a factor's move: assets × factors");
const WEIGHTS: Key = Key::required("weights", Kind::Series, "fractions of the portfolio, shorts negative");
const COVARIANCE: Key = Key::required("factor_covariance", Kind::Matrix, "covariance of the factors over the horizon");

fn factor_shock(input: &Input<'_>) -> Result<Output, Problems> {
    let betas = input.matrix("betas")?;
    let names = factor_names(input, &betas)?;
    let weights = input.numbers("weights")?;
    let shocks: Vec<f64> = moves(input, "shocks", names.as_deref(), betas.width())?
        .into_iter()
        .enumerate()
        .map(|(at, shock)| match (shock, input.given("shocks")) {
            (Some(shock), _) => Ok(shock),
            (None, Some(Value::Object(_))) => Ok(0.0),
            (None, _) => Err(Problem::new(format!("{}/{at}", input.pointer("shocks")), "a move is missing here")),
        })
        .collect::<Result<_, Problem>>()?;
    let convexity = input.optional_series("convexity")?;
    let yield_move = input.number("yield_move")?;
    let convexity = convexity.as_ref().map(|series| (series.values.as_slice(), yield_move));
    let mut output = match scenarios::factor_shock(&betas.rows, &weights, &shocks, convexity) {
        Ok(found) => shocked(&found),
        Err(reason) => {
            return Ok(Output::undefined(&["asset_impacts", "portfolio_impact", "factor_contributions"], &reason));
        }
    };
    if let Some(specific) = input.optional_series("specific_volatility")? {
        output.result("specific_band", scenarios::specific_band(&weights, &specific.values, input.number("z")?));
    }
    Ok(output)
}

fn shocked(found: &scenarios::FactorShock) -> Output {
    let mut output = Output::new();
    output.numbers("asset_impacts", &found.asset_impacts).number("portfolio_impact", found.portfolio_impact);
    output.numbers("factor_contributions", &found.factor_contributions);
    output.number("convexity_contribution", found.convexity_contribution);
    output
}

fn scenario_dar(input: &Input<'_>) -> Result<Output, Problems> {
    let mut output = Output::new();
    match scenarios::scenario_dar(&input.numbers("outcomes")?, input.number("confidence")?) {
        Err(reason) => return Ok(Output::undefined(&["drawdown_at_risk", "expected_shortfall", "worst"], &reason)),
        Ok(found) => {
            output.number("drawdown_at_risk", found.drawdown_at_risk);
            output.number("expected_shortfall", found.expected_shortfall).number("worst", found.worst);
            output.put("worst_index", found.worst_index);
        }
    }
    Ok(output)
}

fn conditional_shock(input: &Input<'_>) -> Result<Output, Problems> {
    let covariance = input.matrix("factor_covariance")?;
    let betas = input.matrix("betas")?;
    let names = factor_names(input, &covariance)?.or(betas.names.clone());
    let given = moves(input, "given", names.as_deref(), covariance.rows.len())?;
    let keys = ["completed_shocks", "portfolio_impact"];
    let completed = match scenarios::conditional_shock(&covariance.rows, &given) {
        Ok(completed) => completed,
        Err(reason) => return Ok(Output::undefined(&keys, &reason)),
    };
    let mut output = match scenarios::factor_shock(&betas.rows, &input.numbers("weights")?, &completed.shocks, None) {
        Ok(found) => shocked(&found),
        Err(reason) => Output::undefined(&["portfolio_impact"], &reason),
    };
    output.numbers("completed_shocks", &completed.shocks).number("mahalanobis_distance", completed.distance);
    Ok(output)
}

fn reverse_stress(input: &Input<'_>) -> Result<Output, Problems> {
    let covariance = input.matrix("factor_covariance")?;
    let (betas, weights) = (input.matrix("betas")?, input.numbers("weights")?);
    let zero = vec![0.0; betas.width()];
    let keys = ["shocks", "mahalanobis_distance"];
    // The impact of no shock checks that betas and weights fit.
    if let Err(reason) = scenarios::factor_shock(&betas.rows, &weights, &zero, None) {
        return Ok(Output::undefined(&keys, &reason));
    }
    let exposure = |at: usize| betas.rows.iter().zip(&weights).map(|(row, weight)| row[at] * weight).sum();
    let exposures: Vec<f64> = (0..betas.width()).map(exposure).collect();
    let mut output = Output::new();
    match scenarios::reverse_stress(&covariance.rows, &exposures, input.number("loss")?) {
        Err(reason) => output = Output::undefined(&keys, &reason),
        Ok(found) => {
            output.numbers("shocks", &found.shocks).number("mahalanobis_distance", found.distance);
        }
    }
    output.numbers("exposures", &exposures);
    Ok(output)
}

/// Names of the factors: stated, or those of the matrix.
fn factor_names(input: &Input<'_>, matrix: &Matrix) -> Result<Option<Vec<String>>, Problem> {
    if input.given("factors").is_some() {
        return input.texts("factors").map(Some);
    }
    Ok(matrix.names.clone())
}

/// Moves by factor: a list with null for unknown ones, `{name or position: move}`, `[[factor, move], …]`,
/// `{"indices": […], "values": […]}` or `{"index": i, "shock": x}`.
fn moves(input: &Input<'_>, key: &str, names: Option<&[String]>, factors: usize) -> Result<Vec<Option<f64>>, Problem> {
    let pointer = input.pointer(key);
    let mut moves = vec![None; factors];
    let position = |factor: &Value, pointer: &str| -> Result<usize, Problem> {
        let found = match factor {
            Value::Number(number) => number.as_u64().map(|at| at as usize),
            Value::String(name) => {
                let named = names.and_then(|names| names.iter().position(|known| known == name));
                named.or_else(|| name.parse().ok())
            }
            _ => None,
        };
        found.filter(|at| *at < factors).ok_or_else(|| {
            let text = factor.as_str().map_or_else(|| factor.to_string(), str::to_owned);
            let known: Vec<&str> = names.unwrap_or_default().iter().map(String::as_str).collect();
            Problem::new(pointer, format!("there is no factor `{text}`")).did_you_mean(&text, known)
        })
    };
    match input.given(key) {
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_array) => {
            for (at, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{at}");
                let Some([factor, shock]) = item.as_array().map(Vec::as_slice) else {
                    return Err(Problem::new(pointer, "not a pair of factor and move"));
                };
                moves[position(factor, &pointer)?] = Some(crate::input::number_at(shock, &pointer)?);
            }
        }
        Some(Value::Array(_)) => {
            let listed = input.optional_numbers(key)?;
            if listed.len() != factors {
                return Err(input.problem(key, format!("{} moves for {factors} factors", listed.len())));
            }
            moves = listed;
        }
        Some(Value::Object(object)) => {
            let inner = input.object(key)?;
            let pairs: Vec<(Value, f64)> = if let Some(index) = object.get("index").or(object.get("factor")) {
                let shock = ["shock", "value"].into_iter().find(|name| object.contains_key(*name)).unwrap_or("shock");
                vec![(index.clone(), inner.number(shock)?)]
            } else if let Some(indices) = object.get("indices").or(object.get("index_list")).and_then(Value::as_array) {
                let shocks = ["values", "shocks"].into_iter().find(|name| object.contains_key(*name));
                let values = inner.numbers(shocks.unwrap_or("values"))?;
                if values.len() != indices.len() {
                    let detail = format!("{} moves for {} factors", values.len(), indices.len());
                    return Err(Problem::new(pointer, detail));
                }
                indices.iter().cloned().zip(values).collect()
            } else {
                object
                    .keys()
                    .map(|name| Ok((Value::String(name.clone()), inner.number(name)?)))
                    .collect::<Result<_, Problem>>()?
            };
            for (factor, shock) in pairs {
                moves[position(&factor, &pointer)?] = Some(shock);
            }
        }
        _ => return Err(Problem::new(pointer, format!("`{key}` is neither a list nor an object"))),
    }
    Ok(moves)
}

fn historical_replay(input: &Input<'_>) -> Result<Output, Problems> {
    let prices = input.matrix("prices")?;
    let names = prices.names_or_numbered();
    let weights = match input.given("weights") {
        Some(Value::Object(object)) if !object.contains_key("values") => {
            let inner = input.object("weights")?;
            inner.only(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
            let weight = |name: &String| match inner.given(name) {
                Some(_) => inner.number(name),
                None => Err(inner.problem(name, format!("the weight of `{name}` is missing"))),
            };
            names.iter().map(weight).collect::<Result<Vec<f64>, Problem>>()?
        }
        _ => input.numbers("weights")?,
    };
    let marks = rebalancing_marks(input, &prices)?;
    let rebalancing = match &marks {
        None => Rebalancing::Never,
        Some(marks) => Rebalancing::At(marks),
    };
    let mut output = Output::new();
    match scenarios::historical_replay(&prices.rows, &weights, rebalancing) {
        Err(reason) => {
            return Ok(Output::undefined(&["return", "max_drawdown", "asset_returns", "contribution"], &reason));
        }
        Ok(found) => {
            output.number("return", found.total_return).number("max_drawdown", found.max_drawdown);
            output.numbers("asset_returns", &found.asset_returns).numbers("contribution", &found.contributions);
            output.numbers("path", &found.path).put("names", names);
        }
    }
    Ok(output)
}

/// The closes at which weights are restored: at the last close of a month, quarter or year.
fn rebalancing_marks(input: &Input<'_>, prices: &Matrix) -> Result<Option<Vec<bool>>, Problem> {
    let words = ["none", "daily", "monthly", "quarterly", "annual"];
    let word = match input.given("rebalance") {
        Some(Value::Bool(rebalance)) => if *rebalance { "daily" } else { "none" }.to_owned(),
        _ => input.text("rebalance")?.to_lowercase().replace([' ', '-'], "_"),
    };
    let period: fn(&str) -> Option<String> = match word.as_str() {
        "none" | "never" | "no" | "buy_and_hold" | "hold" => return Ok(None),
        "daily" | "always" | "every_period" | "each_period" | "constant_weights" => {
            return Ok(Some(vec![true; prices.rows.len()]));
        }
        "monthly" => |date| date.get(..7).map(str::to_owned),
        "quarterly" => |date| {
            let month: u32 = date.get(5..7)?.parse().ok()?;
            Some(format!("{}Q{}", date.get(..4)?, month.div_ceil(3)))
        },
        "annual" | "yearly" => |date| date.get(..4).map(str::to_owned),
        other => {
            let problem = input.problem("rebalance", format!("`{other}` is none of its words"));
            return Err(problem.did_you_mean(other, words));
        }
    };
    let dates = prices.dates.as_ref();
    let dates = dates.ok_or_else(|| input.problem("rebalance", format!("`{word}` needs prices with dates")))?;
    let periods: Vec<Option<String>> = dates.iter().map(|date| period(date)).collect();
    let ends = |at: usize| at + 1 < periods.len() && periods[at] != periods[at + 1];
    Ok(Some((0..periods.len()).map(ends).collect()))
}
