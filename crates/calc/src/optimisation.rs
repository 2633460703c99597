//! Portfolios that are best in some sense, under one set of constraints.

mod constraints;
mod lots;
mod report;
mod setup;
mod views;

use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use optimizer::{Constraints, Distance, Failure, Linkage, Portfolio, Utility};
use report::dot;
use serde_json::{Value, json};
use setup::{Setup, vector};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    optimiser("min_variance", "the least risky portfolio", PLAIN, "min_variance", min_variance),
    optimiser("max_sharpe", "the highest return above the rate per unit of risk", SHARPE, "max_sharpe", max_sharpe),
    optimiser("mean_variance", "return less a price for risk and trading", UTILITY, "utility", mean_variance),
    optimiser("min_cvar", "the portfolio whose worst days are mildest", TAILED, "min_cvar", min_cvar),
    optimiser("min_cdar", "the portfolio whose deepest drawdowns are mildest", TAILED, "min_cdar", min_cdar),
    optimiser("inverse_volatility", "weights in proportion to 1/σ", BARE, "inverse_volatility", inverse_volatility),
    optimiser("efficient_return", "the least risk for a return", TARGETED, "efficient_return", efficient_return),
    optimiser("efficient_risk", "the highest return for a risk", TARGETED, "efficient_risk", efficient_risk),
    lots::INTEGER_LOTS,
    Function {
        name: "efficient_frontier",
        calculator: "optimize",
        summary: "the highest return for each risk",
        keys: FRONTIER,
        outputs: &[("points", "[{expected_return, volatility, weights}] from least risk to highest return")],
        page: "efficient_frontier",
        run: efficient_frontier,
    },
    Function {
        name: "risk_parity",
        calculator: "risk_parity",
        summary: "every asset contributes its share of the risk",
        keys: PARITY,
        outputs: &[
            OUT_STATUS,
            OUT_WEIGHTS,
            OUT_FIGURES,
            ("risk_contribution_percent", "share of the risk of each asset"),
        ],
        page: "risk_parity",
        run: risk_parity,
    },
    Function {
        name: "hrp",
        calculator: "hrp",
        summary: "risk shared out down a tree of similar assets",
        keys: HIERARCHICAL,
        outputs: &[OUT_STATUS, OUT_WEIGHTS, OUT_FIGURES, ("leaf_order", "names in the order of the tree")],
        page: "hierarchical_risk_parity",
        run: hrp,
    },
    views::BLACK_LITTERMAN,
];

const OUT_STATUS: (&str, &str) =
    ("status", "optimal, infeasible, unbounded, not_converged, or why the data do not suffice");
const OUT_WEIGHTS: (&str, &str) = ("weights", "in the order of `names`; null unless optimal");
const OUT_FIGURES: (&str, &str) = ("volatility, expected_return, sharpe, hhi, effective_n", "of the portfolio");

const RETURNS: Key = Key::optional("returns", Kind::Matrix, "", "returns, rows of periods × columns of assets");
const EXPECTED: Key = Key::optional(
    "expected_return",
    Kind::Any,
    "\"arithmetic mean x 252\"",
    "how to expect: \"arithmetic mean x 252\", \"geometric mean x 252\", or a number per asset",
);
const EXPECTED_VECTOR: Key =
    Key::optional("expected_return_vector", Kind::Any, "", "expected return of each asset, instead of an estimate");
const COVARIANCE: Key = Key::optional(
    "covariance",
    Kind::Any,
    "\"sample ddof=1 x 252\"",
    "how to estimate: \"sample ddof=1 x 252\", \"ewma lambda=0.94 x 252\", \"ledoit_wolf x 252\", \
     \"ledoit_wolf_constant_correlation x 252\", \"oas x 252\", or a matrix",
);
const COVARIANCE_MATRIX: Key =
    Key::optional("covariance_matrix", Kind::Matrix, "", "covariance per year, instead of an estimate");
const NAMES: Key = Key::optional("names", Kind::List, "", "names of the assets, if no matrix has them");
const RATE: Key = Key::optional("rf", Kind::Number, "0", "risk-free rate per year");
const CONSTRAINTS: Key = Key::optional(
    "constraints",
    Kind::Object,
    "",
    "long_only (true), sum (1), min_weight, max_weight, bounds, groups [{name, members, min, max}], group_min, group_max, \
     exposures [{name, loadings, min, max}], cash {asset, min, max}, max_l1_turnover (both sides), max_turnover (one way), \
     tracking_error {benchmark, max}, max_volatility, min_return, min_position, max_names, max_trades",
);
const INITIAL: Key = Key::optional("initial_weights", Kind::Any, "", "weights held before, by name or in order");
const BENCHMARK: Key = Key::optional("benchmark_weights", Kind::Any, "", "weights of the benchmark");
const GROUPS: Key = Key::optional("groups", Kind::Any, "", "groups, as in `constraints`");
const TARGET: Key = Key::optional("target", Kind::Number, "", "the return or volatility asked for, per year");
const TAIL: Key = Key::optional("tail_probability", Kind::Number, "0.05", "share of the worst cases");
const RESAMPLES: Key =
    Key::optional("resamples", Kind::Integer, "", "draws for the range of the weights; 50 where that is quick");
const SEED: Key = Key::optional("seed", Kind::Integer, "1", "seed of the draws");

const BARE: &[Key] = &[RETURNS, EXPECTED, EXPECTED_VECTOR, COVARIANCE, COVARIANCE_MATRIX, NAMES, RATE];
const PLAIN: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
];
const SHARPE: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
    RESAMPLES,
    SEED,
];
const TARGETED: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
    TARGET,
    Key::optional("target_return", Kind::Number, "", "the same as `target`, of a return"),
    Key::optional("target_volatility", Kind::Number, "", "the same as `target`, of a volatility"),
    Key::optional("target_risk", Kind::Number, "", "the same as `target`, of a volatility"),
];
const FRONTIER: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
    Key::optional("points", Kind::Integer, "25", "number of portfolios, 2 to 200"),
];
const TAILED: &[Key] = &[
    Key::required("returns", Kind::Matrix, "returns, rows of periods × columns of assets"),
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
    TAIL,
];
const UTILITY: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    CONSTRAINTS,
    INITIAL,
    BENCHMARK,
    GROUPS,
    Key::optional("risk_aversion", Kind::Number, "", "γ; not needed where the objective or a limit prices risk"),
    Key::optional("linear_cost", Kind::Any, "", "cost per unit traded, one number or one per asset"),
    Key::optional("quadratic_cost", Kind::Any, "", "cost per squared unit traded, one number or one per asset"),
    Key::optional(
        "objective",
        Kind::Text,
        "",
        "\"utility\" (default), \"max return\", \"min variance\" or \"min tracking error\"",
    ),
];
const PARITY: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    Key::optional("risk_budget", Kind::Any, "", "share of the risk of each asset; equal if not given"),
];
const HIERARCHICAL: &[Key] = &[
    RETURNS,
    EXPECTED,
    EXPECTED_VECTOR,
    COVARIANCE,
    COVARIANCE_MATRIX,
    NAMES,
    RATE,
    Key::optional("linkage", Kind::Choice(LINKAGES), "\"single\"", "how far clusters are from each other"),
    Key::optional("distance", Kind::Choice(DISTANCES), "\"d\"", "d = √((1 − ρ)/2), or between columns of d"),
];
const LINKAGES: &[&str] = &["single", "complete", "average", "ward"];
const DISTANCES: &[&str] = &["d", "euclidean_of_d"];

const fn optimiser(
    name: &'static str,
    summary: &'static str,
    keys: &'static [Key],
    page: &'static str,
    run: fn(&Input<'_>) -> Result<Output, Problems>,
) -> Function {
    const OUTPUTS: &[(&str, &str)] = &[
        OUT_STATUS,
        OUT_WEIGHTS,
        OUT_FIGURES,
        ("objective, cvar, cdar, l1_turnover, tracking_error", "where the problem has them"),
        ("binding", "names of the constraints without room"),
        ("constraints", "[{name, value, limit, slack, binding, dual}]"),
        ("kkt_residual", "largest violation of the optimality conditions"),
        ("ridge", "the covariance is singular: the least norm was chosen among equals"),
        ("conflict", "constraints that contradict each other, if infeasible"),
    ];
    Function { name, calculator: "optimize", summary, keys, outputs: OUTPUTS, page, run }
}

const FIGURES: [&str; 4] = ["weights", "volatility", "expected_return", "sharpe"];

/// Reads the input, solves, reports; `more` adds figures of this problem, `absent` names those that are null without one.
fn solved(
    input: &Input<'_>,
    needs_risk: bool,
    absent: &[&'static str],
    solve: impl Fn(&Setup, &Constraints) -> Result<Portfolio, Failure>,
    more: impl Fn(&mut Output, &Setup, &Constraints, &Portfolio) -> Result<(), Problem>,
) -> Result<Output, Problems> {
    let keys: Vec<&str> = FIGURES.iter().copied().chain(absent.iter().copied()).collect();
    let setup = match Setup::read(input, needs_risk) {
        Ok(setup) => setup,
        Err(reason) => return report::no_setup(&keys, reason),
    };
    let constraints = constraints::read(input, &setup)?;
    match solve(&setup, &constraints) {
        Ok(portfolio) => {
            let mut output = report::portfolio(&setup, &constraints, &portfolio);
            more(&mut output, &setup, &constraints, &portfolio)?;
            Ok(output)
        }
        Err(failure) => report::failure(&keys, &failure),
    }
}

/// Expected returns, which some problems cannot do without.
fn expected(setup: &Setup) -> Result<&[f64], Failure> {
    setup.expected.as_deref().ok_or_else(|| Failure::invalid("give `returns`, or `expected_return_vector`"))
}

fn risk(setup: &Setup) -> Result<&optimizer::RiskModel, Failure> {
    setup.risk.as_ref().ok_or_else(|| Failure::invalid("give `returns`, or `covariance_matrix`"))
}

fn min_variance(input: &Input<'_>) -> Result<Output, Problems> {
    solved(
        input,
        true,
        &["objective"],
        |setup, constraints| optimizer::min_variance(risk(setup)?, constraints),
        |output, setup, _, portfolio| variance_objective(output, setup, portfolio),
    )
}

fn variance_objective(output: &mut Output, setup: &Setup, portfolio: &Portfolio) -> Result<(), Problem> {
    output.maybe("objective", setup.covariance.as_ref().map(|covariance| covariance.quadratic(&portfolio.weights)));
    Ok(())
}

fn max_sharpe(input: &Input<'_>) -> Result<Output, Problems> {
    let resamples = input.optional_count("resamples")?;
    let seed = input.seed("seed")?;
    solved(
        input,
        true,
        &[],
        |setup, constraints| optimizer::max_sharpe(expected(setup)?, setup.risk_free, risk(setup)?, constraints),
        |output, setup, constraints, _| {
            let n = setup.n();
            let equal = report::weights(setup, &vec![1.0 / n as f64; n]).into_map();
            output.put(
                "baseline",
                json!({ "equal_weight": {
                "volatility": equal["volatility"], "expected_return": equal["expected_return"],
                "sharpe": equal["sharpe"] } }),
            );
            sensitivity(output, setup, constraints, resamples, seed);
            Ok(())
        },
    )
}

/// The range of the weights over resamples, where there are returns to draw from.
fn sensitivity(output: &mut Output, setup: &Setup, constraints: &Constraints, resamples: Option<usize>, seed: u64) {
    let Some(returns) = setup.returns.as_ref().filter(|returns| returns.rows.len() > 2) else { return };
    let n = setup.n();
    let is_quick = n * n * returns.rows.len() <= 2_000_000 && !constraints.counts_positions();
    let resamples = resamples.unwrap_or(if is_quick { 50 } else { 0 }).min(10_000);
    if resamples == 0 {
        return;
    }
    let optimise =
        |mean: &[f64], risk: &optimizer::RiskModel| optimizer::max_sharpe(mean, setup.risk_free, risk, constraints);
    let Ok(range) = optimizer::weight_sensitivity(&returns.rows, setup.periods, resamples, seed, optimise) else {
        return;
    };
    let mut list = |values: &[f64]| -> Vec<Value> { values.iter().map(|value| output.finite(*value)).collect() };
    let value = json!({ "weight_low": list(&range.low), "weight_mean": list(&range.mean),
        "weight_high": list(&range.high), "resamples": range.resamples, "solved": range.solved });
    output.put("sensitivity", value);
}

fn target(input: &Input<'_>, keys: &[&'static str]) -> Result<Option<f64>, Problem> {
    for key in keys {
        if let Some(number) = input.optional_number(key)? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

fn efficient_return(input: &Input<'_>) -> Result<Output, Problems> {
    let target = target(input, &["target", "target_return"])?;
    solved(
        input,
        true,
        &["objective"],
        |setup, constraints| {
            let given = constraints.minimum_return.as_ref().map(|minimum| minimum.minimum);
            let minimum = target.or(given).ok_or_else(|| Failure::invalid("give the return asked for as `target`"))?;
            optimizer::efficient_return(expected(setup)?, minimum, risk(setup)?, constraints)
        },
        |output, setup, _, portfolio| variance_objective(output, setup, portfolio),
    )
}

fn efficient_risk(input: &Input<'_>) -> Result<Output, Problems> {
    let target = target(input, &["target", "target_volatility", "target_risk"])?;
    solved(
        input,
        true,
        &["objective"],
        |setup, constraints| {
            let maximum = target
                .or(constraints.maximum_volatility)
                .ok_or_else(|| Failure::invalid("give the volatility asked for as `target`"))?;
            optimizer::efficient_risk(expected(setup)?, maximum, risk(setup)?, constraints)
        },
        |output, setup, _, portfolio| {
            output.maybe("objective", setup.expected.as_ref().map(|expected| dot(expected, &portfolio.weights)));
            Ok(())
        },
    )
}

fn efficient_frontier(input: &Input<'_>) -> Result<Output, Problems> {
    let setup = match Setup::read(input, true) {
        Ok(setup) => setup,
        Err(reason) => return report::no_setup(&["points"], reason),
    };
    let constraints = constraints::read(input, &setup)?;
    let points = input.count("points")?;
    if !(2..=200).contains(&points) {
        return Err(input.problem("points", "`points` is not from 2 to 200").into());
    }
    let frontier = expected(&setup)
        .and_then(|expected| optimizer::efficient_frontier(expected, risk(&setup)?, &constraints, points));
    let frontier = match frontier {
        Ok(frontier) => frontier,
        Err(failure) => return report::failure(&["points"], &failure),
    };
    let mut output = Output::new();
    output.status("optimal").put("names", setup.names.clone());
    let mut list = Vec::new();
    for point in frontier {
        let weights: Vec<Value> = point.weights.iter().map(|weight| output.finite(*weight)).collect();
        let (mean, volatility) = (output.finite(point.expected_return), output.finite(point.volatility));
        list.push(json!({ "expected_return": mean, "volatility": volatility, "weights": weights }));
    }
    output.put("points", list);
    Ok(output)
}

/// What `mean_variance` optimises.
#[derive(Clone, Copy, PartialEq)]
enum Objective {
    Utility,
    MaxReturn,
    MinVariance,
    MinTrackingError,
}

/// Reads the objective from its words; a formula with γ is the utility.
fn objective(input: &Input<'_>) -> Result<Option<Objective>, Problem> {
    let Some(text) = input.optional_text("objective")? else { return Ok(None) };
    let words = text.to_lowercase().replace(['_', '-'], " ");
    let has = |part: &str| words.contains(part);
    Ok(Some(if has("utility") || has("gamma") || has("γ") || has("/2") || has("aversion") || has("mean variance") {
        Objective::Utility
    } else if has("min") && (has("tracking") || has("benchmark")) {
        Objective::MinTrackingError
    } else if has("min") && (has("varia") || has("volat") || has("risk")) {
        Objective::MinVariance
    } else if has("max") || has("return") || has("mu'w") || has("μ") {
        Objective::MaxReturn
    } else {
        return Err(input
            .problem("objective", format!("`{text}` is no objective"))
            .advising("write \"utility\", \"max return\", \"min variance\" or \"min tracking error\""));
    }))
}

fn mean_variance(input: &Input<'_>) -> Result<Output, Problems> {
    let asked = objective(input)?;
    let aversion = input.optional_number("risk_aversion")?;
    let keys = ["objective"];
    let costs = |key: &str, setup: &Setup| -> Result<Option<Vec<f64>>, Problem> {
        input.given(key).map(|value| vector(value, &input.pointer(key), &setup.names, Some(0.0))).transpose()
    };
    // Costs and the benchmark are read again for the report: reading is cheap and can fail only once.
    let setup = match Setup::read(input, true) {
        Ok(setup) => setup,
        Err(reason) => return report::no_setup(&[&FIGURES[..], &keys[..]].concat(), reason),
    };
    let constraints = constraints::read(input, &setup)?;
    let (linear, quadratic) = (costs("linear_cost", &setup)?, costs("quadratic_cost", &setup)?);
    let benchmark = constraints::benchmark(input, &setup, &constraints)?;
    let is_priced = constraints.tracking_error.is_some() || constraints.maximum_volatility.is_some();
    let kind = asked.unwrap_or(Objective::Utility);
    let aversion = match (aversion, kind) {
        (Some(aversion), _) => aversion,
        (None, Objective::Utility) if !is_priced => {
            return Err(input
                .problem("risk_aversion", "the key `risk_aversion` is missing")
                .advising("give γ, a limit on tracking error or volatility, or another `objective`")
                .into());
        }
        (None, _) => 0.0,
    };
    let aversion = if kind == Objective::MaxReturn && asked.is_some() { 0.0 } else { aversion };
    if (linear.is_some() || quadratic.is_some()) && constraints.initial.is_none() {
        return Err(input.problem("initial_weights", "costs need `initial_weights`").into());
    }
    let solve = || -> Result<(Portfolio, f64), Failure> {
        let risk = risk(&setup)?;
        match kind {
            Objective::Utility | Objective::MaxReturn => {
                let utility = Utility {
                    expected: expected(&setup)?,
                    risk_aversion: aversion,
                    costs: linear.as_deref(),
                    impact: quadratic.as_deref(),
                };
                let portfolio = optimizer::mean_variance(utility, risk, &constraints)?;
                let value = utility.of(&portfolio.weights, risk, constraints.initial.as_deref());
                Ok((portfolio, value))
            }
            Objective::MinVariance => {
                let portfolio = optimizer::min_variance(risk, &constraints)?;
                let value = risk.variance(&portfolio.weights);
                Ok((portfolio, value))
            }
            Objective::MinTrackingError => {
                let benchmark =
                    benchmark.as_deref().ok_or_else(|| Failure::invalid("give `benchmark_weights` to track"))?;
                let portfolio = optimizer::min_tracking_error(risk, benchmark, &constraints)?;
                let value = optimizer::tracking(risk, &portfolio.weights, benchmark);
                Ok((portfolio, value))
            }
        }
    };
    match solve() {
        Ok((portfolio, value)) => {
            let mut output = report::portfolio(&setup, &constraints, &portfolio);
            output.number("objective", value);
            if let (Some(benchmark), Some(risk)) = (&benchmark, &setup.risk) {
                output.number("tracking_error", optimizer::tracking(risk, &portfolio.weights, benchmark));
            }
            Ok(output)
        }
        Err(failure) => report::failure(&[&FIGURES[..], &keys[..]].concat(), &failure),
    }
}

fn min_cvar(input: &Input<'_>) -> Result<Output, Problems> {
    tail(input, "cvar", optimizer::min_cvar)
}

fn min_cdar(input: &Input<'_>) -> Result<Output, Problems> {
    tail(input, "cdar", optimizer::min_cdar)
}

type TailProblem =
    fn(&[Vec<f64>], f64, Option<&optimizer::RiskModel>, &Constraints) -> Result<optimizer::TailPortfolio, Failure>;

fn tail(input: &Input<'_>, key: &'static str, problem: TailProblem) -> Result<Output, Problems> {
    let probability = input.probability("tail_probability")?;
    let found = std::cell::Cell::new(0.0);
    solved(
        input,
        false,
        &[key],
        |setup, constraints| {
            let returns = setup.returns.as_ref().map_or(&[][..], |returns| &returns.rows);
            let result = problem(returns, probability, setup.risk.as_ref(), constraints)?;
            found.set(result.tail_mean);
            Ok(result.portfolio)
        },
        |output, _, _, _| {
            output.number(key, found.get());
            Ok(())
        },
    )
}

/// Problems without constraints: weights from the covariance alone.
fn from_covariance<T>(
    input: &Input<'_>,
    absent: &[&'static str],
    solve: impl Fn(&Setup, &optimizer::Symmetric) -> Result<(Vec<f64>, T), Failure>,
    more: impl Fn(&mut Output, &Setup, &[f64], T),
) -> Result<Output, Problems> {
    let keys: Vec<&str> = FIGURES.iter().copied().chain(absent.iter().copied()).collect();
    let setup = match Setup::read(input, true) {
        Ok(setup) => setup,
        Err(reason) => return report::no_setup(&keys, reason),
    };
    let Some(covariance) = &setup.covariance else {
        return Err(input.problem("returns", "give `returns`, or `covariance_matrix`").into());
    };
    match solve(&setup, covariance) {
        Ok((weights, rest)) => {
            let mut output = report::weights(&setup, &weights);
            more(&mut output, &setup, &weights, rest);
            Ok(output)
        }
        Err(failure) => report::failure(&keys, &failure),
    }
}

fn inverse_volatility(input: &Input<'_>) -> Result<Output, Problems> {
    from_covariance(
        input,
        &["hhi", "effective_n"],
        |_, covariance| Ok((optimizer::inverse_volatility(covariance)?, ())),
        |_, _, _, ()| {},
    )
}

fn risk_parity(input: &Input<'_>) -> Result<Output, Problems> {
    let budget = input.given("risk_budget");
    from_covariance(
        input,
        &["risk_contribution_percent"],
        |setup, covariance| {
            let n = setup.n();
            let budgets = match budget {
                None => vec![1.0 / n as f64; n],
                Some(value) => vector(value, &input.pointer("risk_budget"), &setup.names, None)
                    .map_err(|problem| Failure::invalid(problem.to_string()))?,
            };
            Ok((optimizer::risk_parity(covariance, &budgets)?, ()))
        },
        |output, setup, weights, ()| {
            if let Some(covariance) = &setup.covariance {
                let variance = covariance.quadratic(weights);
                let risk = covariance.times(weights);
                let shares: Vec<f64> =
                    weights.iter().zip(&risk).map(|(weight, risk)| weight * risk / variance).collect();
                output.numbers("risk_contribution_percent", &shares);
            }
        },
    )
}

fn hrp(input: &Input<'_>) -> Result<Output, Problems> {
    let linkage = match input.choice("linkage", LINKAGES)? {
        "complete" => Linkage::Complete,
        "average" => Linkage::Average,
        "ward" => Linkage::Ward,
        _ => Linkage::Single,
    };
    let distance = match input.choice("distance", DISTANCES)? {
        "euclidean_of_d" => Distance::EuclideanOfCorrelation,
        _ => Distance::Correlation,
    };
    from_covariance(
        input,
        &["leaf_order"],
        |_, covariance| {
            let result = optimizer::hierarchical_risk_parity(covariance, linkage, distance)?;
            Ok((result.weights, result.leaf_order))
        },
        |output, setup, _, order| {
            let names: Vec<&str> = order.iter().map(|i| setup.names[*i].as_str()).collect();
            output.put("leaf_order", json!(names));
        },
    )
}

#[cfg(test)]
mod tests;
