//! Value at risk, expected shortfall, and how well they were foreseen.

use crate::drawdowns::TAIL;
use crate::input::Rate;
use crate::returns::RETURNS;
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;
use formulas::tail::{ReturnModel, TailSimulation};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "var_historical",
        calculator: "var",
        summary: "the loss that past returns exceeded with a given probability",
        keys: &[RETURNS, TAIL, HORIZON],
        outputs: &[
            ("linear_quantile", "interpolated quantile, the headline; positive is a loss"),
            ("order_statistic", "the ⌈αT⌉-th worst return"),
            ("n", "returns used"),
            ("effective_n", "independent ones among them"),
            ("tail_unobserved", "whether fewer than one observation lies in the tail"),
            ("small_sample", "whether there are fewer than 30 returns"),
        ],
        page: "historical_value_at_risk",
        run: var_historical,
    },
    Function {
        name: "cvar_historical",
        calculator: "var",
        summary: "the mean loss in the worst part of past returns",
        keys: &[RETURNS, TAIL, HORIZON],
        outputs: &[
            ("rockafellar_uryasev", "tail mean with the last observation in part, the headline"),
            ("mean_of_worst_floor", "mean of the ⌊(T − 1)α⌋ + 1 worst"),
            ("n", "returns used"),
            ("effective_n", "independent ones among them"),
            ("tail_unobserved", "whether fewer than one observation lies in the tail"),
            ("small_sample", "whether there are fewer than 30 returns"),
        ],
        page: "historical_expected_shortfall",
        run: cvar_historical,
    },
    Function {
        name: "var_cvar_normal",
        calculator: "var",
        summary: "value at risk and expected shortfall if returns were normal",
        keys: &[RETURNS, TAIL, Key::optional("horizons", Kind::List, "[1]", "numbers of periods ahead")],
        outputs: &[("var_<h>", "value at risk over h periods"), ("es_<h>", "expected shortfall over h periods")],
        page: "normal_value_at_risk",
        run: var_cvar_normal,
    },
    Function {
        name: "var_cvar_cornish_fisher",
        calculator: "var",
        summary: "value at risk corrected for skewness and fat tails",
        keys: &[RETURNS, TAIL],
        outputs: &[
            ("z_cf", "corrected quantile"),
            ("monotone", "whether the correction is a quantile function"),
            ("var", "value at risk"),
            ("es", "expected shortfall"),
            ("warning", "not_monotone: the headline should be historical"),
            ("headline", "var, or the historical value where the correction is not monotone"),
        ],
        page: "cornish_fisher",
        run: var_cvar_cornish_fisher,
    },
    Function {
        name: "var_monte_carlo",
        calculator: "var",
        summary: "the tail of many simulated returns",
        keys: &[
            Key::required("returns", Kind::Matrix, "returns of the holdings, rows of periods × columns"),
            Key::optional("weights", Kind::Series, "", "weights of the holdings; 1 for a single series"),
            TAIL,
            Key::optional(
                "model",
                Kind::Text,
                "\"normal\"",
                "normal, student_t, filtered_historical or block_bootstrap",
            ),
            Key::optional("paths", Kind::Integer, "100000", "number of simulated returns, up to 50 million"),
            Key::optional("horizon", Kind::Integer, "1", "periods ahead"),
            Key::optional("mean_block", Kind::Number, "", "block_bootstrap: mean length of a block, default T^(1/3)"),
            Key::optional("seed", Kind::Integer, "1", "the same seed gives the same result"),
        ],
        outputs: &[
            ("var", "value at risk"),
            ("es", "expected shortfall"),
            ("var_standard_error", "how far var would scatter with another seed"),
            ("seed", "the seed used"),
        ],
        page: "monte_carlo_value_at_risk",
        run: var_monte_carlo,
    },
    Function {
        name: "var_backtest",
        calculator: "var",
        summary: "were losses as frequent, as independent and as large as foreseen?",
        keys: &[
            RETURNS,
            Key::required("var", Kind::NumberOrSeries, "value at risk foreseen for each period, positive"),
            Key::optional("es", Kind::NumberOrSeries, "", "expected shortfall foreseen for each period, positive"),
            TAIL,
        ],
        outputs: &[
            ("exceedances", "periods with a loss beyond value at risk"),
            ("expected_exceedances", "αT"),
            ("kupiec_lr", "likelihood ratio of the frequency"),
            ("kupiec_p_value", "its p-value"),
            ("christoffersen_lr", "likelihood ratio of independence"),
            ("christoffersen_p_value", "its p-value"),
            ("acerbi_szekely_z2", "0 as foreseen, negative where shortfall was understated"),
        ],
        page: "kupiec",
        run: var_backtest,
    },
];

const HORIZON: Key =
    Key::optional("horizon", Kind::Integer, "1", "periods; above 1 overlapping compounded returns are used");

/// Returns over the horizon, with n and what the sample is worth.
fn sample(input: &Input<'_>) -> Result<(Result<Vec<f64>, Undefined>, Output), Problems> {
    let returns = input.series("returns")?.values;
    let horizon = input.count("horizon")?;
    if horizon == 0 {
        return Err(input.problem("horizon", "a horizon of 0 periods").into());
    }
    let tail = input.probability("tail_probability")?;
    let mut output = Output::new();
    let overlapping = if returns.is_empty() {
        Err(Undefined::InsufficientData { needed: 1, found: 0 })
    } else {
        formulas::tail::overlapping_returns(&returns, horizon)
    };
    let overlapping = overlapping.map(|(returns, effective)| {
        output.put("n", returns.len()).put("effective_n", effective);
        output.put("tail_unobserved", !formulas::tail::is_tail_observed(tail, returns.len()));
        output.put("small_sample", returns.len() < 30);
        returns
    });
    Ok((overlapping, output))
}

fn var_historical(input: &Input<'_>) -> Result<Output, Problems> {
    let tail = input.probability("tail_probability")?;
    let (returns, mut output) = sample(input)?;
    let of = |formula: fn(&[f64], f64) -> Result<f64, Undefined>| returns.clone().and_then(|r| formula(&r, tail));
    output.result("linear_quantile", of(formulas::tail::linear_quantile));
    output.result("order_statistic", of(formulas::tail::order_statistic));
    Ok(output)
}

fn cvar_historical(input: &Input<'_>) -> Result<Output, Problems> {
    let tail = input.probability("tail_probability")?;
    let (returns, mut output) = sample(input)?;
    let of = |formula: fn(&[f64], f64) -> Result<f64, Undefined>| returns.clone().and_then(|r| formula(&r, tail));
    output.result("rockafellar_uryasev", of(formulas::tail::rockafellar_uryasev));
    output.result("mean_of_worst_floor", of(formulas::tail::mean_of_worst_floor));
    Ok(output)
}

/// A tail probability below 1: a parametric quantile at 1 is infinite.
fn open_tail(input: &Input<'_>) -> Result<f64, Problem> {
    let tail = input.probability("tail_probability")?;
    if tail < 1.0 { Ok(tail) } else { Err(input.problem("tail_probability", "a distribution has no quantile at 1")) }
}

fn var_cvar_normal(input: &Input<'_>) -> Result<Output, Problems> {
    let (returns, tail) = (input.series("returns")?.values, open_tail(input)?);
    let mut output = Output::new();
    for (index, horizon) in input.numbers("horizons")?.into_iter().enumerate() {
        if horizon <= 0.0 {
            let pointer = format!("{}/{index}", input.pointer("horizons"));
            return Err(Problem::new(pointer, format!("a horizon of {horizon} periods")).into());
        }
        let result = formulas::tail::normal_value_at_risk(&returns, tail, horizon);
        output.result(&format!("var_{horizon}"), result.clone().map(|tail| tail.value_at_risk));
        output.result(&format!("es_{horizon}"), result.map(|tail| tail.expected_shortfall));
    }
    output.put("n", returns.len());
    Ok(output)
}

fn var_cvar_cornish_fisher(input: &Input<'_>) -> Result<Output, Problems> {
    let (returns, tail) = (input.series("returns")?.values, open_tail(input)?);
    Ok(match formulas::tail::cornish_fisher(&returns, tail) {
        Ok(result) => {
            let mut output = Output::new();
            output.number("z_cf", result.z_cf).put("monotone", result.monotone);
            output.number("var", result.value_at_risk).number("es", result.expected_shortfall);
            if result.monotone {
                output.number("headline", result.value_at_risk);
            } else {
                output.put("warning", "not_monotone");
                output.result("headline", formulas::tail::linear_quantile(&returns, tail));
            }
            output
        }
        Err(reason) => Output::undefined(&["z_cf", "monotone", "var", "es"], &reason),
    })
}

fn var_monte_carlo(input: &Input<'_>) -> Result<Output, Problems> {
    let tail = open_tail(input)?;
    let matrix = input.matrix("returns")?;
    let weights = match input.optional_series("weights")? {
        Some(weights) => weights.values,
        None if matrix.width() <= 1 => vec![1.0; matrix.width()],
        None => return Err(input.problem("weights", format!("{} holdings need weights", matrix.width())).into()),
    };
    let portfolio = portfolio_returns(input, &matrix, &weights)?;
    let model = model(input, portfolio.len())?;
    let (paths, horizon) = (input.count("paths")?, input.count("horizon")?);
    if !(1..=50_000_000).contains(&paths) {
        return Err(input.problem("paths", "the number of paths is not between 1 and 50 million").into());
    }
    if !(1..=100_000).contains(&horizon) {
        return Err(input.problem("horizon", "the horizon is not between 1 and 100000 periods").into());
    }
    let seed = input.seed("seed")?;
    // The result does not depend on it.
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let simulation = TailSimulation { seed, paths, horizon, threads };
    let mut output = match formulas::tail::monte_carlo_value_at_risk(&portfolio, tail, model, simulation) {
        Ok(simulated) => {
            let mut output = Output::new();
            output.number("var", simulated.value_at_risk).number("es", simulated.expected_shortfall);
            let none = Undefined::ZeroDenominator { what: "density at the quantile" };
            output.result("var_standard_error", simulated.standard_error.ok_or(none));
            output
        }
        Err(reason) => Output::undefined(&["var", "es", "var_standard_error"], &reason),
    };
    output.put("seed", seed).put("paths", paths).put("horizon", horizon);
    Ok(output)
}

/// w'r of each period.
pub(crate) fn portfolio_returns(
    input: &Input<'_>,
    matrix: &crate::Matrix,
    weights: &[f64],
) -> Result<Vec<f64>, Problem> {
    if !matrix.rows.is_empty() && weights.len() != matrix.width() {
        let detail = format!("{} weights for {} holdings", weights.len(), matrix.width());
        return Err(input.problem("weights", detail));
    }
    Ok(matrix.rows.iter().map(|row| row.iter().zip(weights).map(|(r, w)| r * w).sum()).collect())
}

fn model(input: &Input<'_>, observations: usize) -> Result<ReturnModel, Problem> {
    const WORDS: [&str; 4] = ["normal", "student_t", "filtered_historical", "block_bootstrap"];
    let text = input.text("model")?;
    // The golden files describe the normal model in a sentence.
    let word = text.strip_prefix("multivariate ").unwrap_or(&text);
    let word = word.split([',', ' ']).next().unwrap_or_default();
    match word {
        "normal" => Ok(ReturnModel::Normal),
        "student_t" | "student" => Ok(ReturnModel::StudentT),
        "filtered_historical" | "filtered" => Ok(ReturnModel::FilteredHistorical),
        "block_bootstrap" | "bootstrap" | "stationary_bootstrap" => {
            let default = (observations as f64).cbrt().max(1.0);
            let mean_block = input.optional_number("mean_block")?.unwrap_or(default);
            if mean_block < 1.0 {
                return Err(input.problem("mean_block", "a block has at least one period"));
            }
            Ok(ReturnModel::BlockBootstrap { mean_block })
        }
        _ => Err(input.problem("model", format!("there is no model `{text}`")).did_you_mean(word, WORDS)),
    }
}

fn var_backtest(input: &Input<'_>) -> Result<Output, Problems> {
    let (returns, tail) = (input.series("returns")?.values, open_tail(input)?);
    let forecast = |key: &str| -> Result<Vec<f64>, Problem> {
        match input.rate(key)? {
            Rate::Constant(value) => Ok(vec![value; returns.len()]),
            Rate::Series(series) if series.values.len() == returns.len() => Ok(series.values),
            Rate::Series(series) => {
                Err(input.problem(key, format!("{} forecasts for {} returns", series.values.len(), returns.len())))
            }
        }
    };
    let var = forecast("var")?;
    let hits: Vec<bool> = returns.iter().zip(&var).map(|(r, var)| *r < -var).collect();
    let count = hits.iter().filter(|hit| **hit).count();
    let mut output = Output::new();
    output.put("exceedances", count).number("expected_exceedances", tail * returns.len() as f64);
    let frequency = formulas::tail::kupiec(count, returns.len(), tail);
    output.result("kupiec_lr", frequency.clone().map(|test| test.likelihood_ratio));
    output.result("kupiec_p_value", frequency.map(|test| test.p_value));
    let independence = formulas::tail::christoffersen(&hits);
    output.result("christoffersen_lr", independence.clone().map(|test| test.likelihood_ratio));
    output.result("christoffersen_p_value", independence.map(|test| test.p_value));
    if input.given("es").is_some() {
        let es = forecast("es")?;
        output.result("acerbi_szekely_z2", formulas::tail::acerbi_szekely_z2(&returns, &var, &es, tail));
    }
    Ok(output)
}
