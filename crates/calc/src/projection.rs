//! What may become of savings.

use crate::expression::evaluate;
use crate::{Function, Input, Key, Kind, Output, Problem, Problems, Table};
use formulas::Undefined;
use formulas::projection::{
    self, FAN_LEVELS, GoalOutcome, GoalPlan, PaymentTiming, Regime, ReturnEngine, Simulation, WithdrawalRule,
};
use serde_json::{Map, Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "goal_probability",
        calculator: "project_goal",
        summary: "probability that savings reach a goal, with normal log returns",
        keys: &[
            INITIAL,
            GOAL,
            Key::required("log_drift", Kind::Number, "mean log return per year"),
            Key::required("log_vol", Kind::Number, "its standard deviation per year"),
            Key::required("years", Kind::Number, "years to the goal; whole if there is a contribution"),
            PATHS,
            Key::optional("contribution", Kind::Number, "0", "added at the start of each year; simulated unless 0"),
            SEED,
        ],
        outputs: &[
            ("probability", "share of outcomes at or above the goal, a fraction; exact without contribution"),
            ("standard_error", "its standard error; 0 where it is exact"),
            ("closed_form", "whether it is exact"),
            ("quantiles", "terminal wealth not exceeded with the probability that the name says"),
            ("mean", "expected terminal wealth"),
        ],
        page: "goal_probability",
        run: goal_probability,
    },
    Function {
        name: "goal_simulation",
        calculator: "project_goal",
        summary: "simulated savings or spending plan against a goal",
        keys: &[
            INITIAL,
            Key::optional("contribution", Kind::Number, "0", "added at the start of each period"),
            Key::optional("log_drift", Kind::Number, "", "mean log return per period (engine lognormal)"),
            Key::optional("log_vol", Kind::Number, "", "its standard deviation per period (engine lognormal)"),
            Key::required("periods", Kind::Integer, "number of periods"),
            GOAL,
            PATHS,
            SEED,
            Key::optional(
                "engine",
                Kind::Choice(&ENGINES),
                "",
                "where returns come from; bootstrap if there is a history, else lognormal",
            ),
            Key::optional("history", Kind::Series, "", "simple returns per period (engine bootstrap)"),
            Key::optional("mean_block", Kind::Number, "12", "mean length of a block in periods (engine bootstrap)"),
            Key::optional("mean", Kind::Number, "", "mean simple return per period (engine student)"),
            Key::optional("volatility", Kind::Number, "", "its standard deviation (engine student)"),
            Key::optional("degrees", Kind::Number, "5", "degrees of freedom, above 2 (engine student)"),
            Key::optional(
                "params",
                Kind::Object,
                "",
                "p00, p10, mu0, mu1 and sigma2 (or sigma2_0, sigma2_1) of log returns (engine regime)",
            ),
            Key::optional("periods_per_year", Kind::Integer, "1", "periods in a year, for the fan and guardrails"),
            Key::optional("withdrawal", Kind::Number, "0", "taken at the end of each period"),
            Key::optional(
                "withdrawal_rule",
                Kind::Choice(&["constant", "percent", "guardrails", "variable"]),
                "\"constant\"",
                "what `withdrawal` means: an amount, a share per period, a first annual rate, or an expected return",
            ),
            Key::optional("fee", Kind::Number, "0", "share of wealth charged per period"),
            Key::optional("tax_on_gains", Kind::Number, "0", "share of a period's gain that is tax"),
            Key::optional("mean_adjust", Kind::Number, "0", "added to the mean return of each period"),
            Key::optional("fan", Kind::Flag, "false", "whether to give the yearly quantiles of wealth"),
        ],
        outputs: &[
            ("probability", "share of paths at or above the goal, a fraction"),
            ("standard_error", "its standard error"),
            ("wilson_95", "its interval at 95 %"),
            ("mean_closed_form", "expected terminal wealth where a formula knows it"),
            ("mean", "mean terminal wealth of the paths"),
            ("mean_standard_error", "its standard error"),
            ("quantiles", "terminal wealth not exceeded with the probability that the name says"),
            ("shortfall_mean", "mean of what misses to the goal where it is missed"),
            ("depletion_probability", "share of paths that run out of money"),
            ("depletion_period_mean", "mean period in which they do"),
            ("fan", "quantiles of wealth by period, if asked for"),
        ],
        page: "goal_simulation",
        run: goal_simulation,
    },
    Function {
        name: "annuity_withdrawal",
        calculator: "project_goal",
        summary: "level payment that uses up a sum",
        keys: &[
            Key::required("capital", Kind::Number, "the sum"),
            Key::required("rate", Kind::Number, "real return per period, a fraction"),
            Key::required("years", Kind::Number, "number of periods"),
            Key::optional("timing", Kind::Choice(&["end", "start"]), "\"end\"", "when the payment falls"),
        ],
        outputs: &[("payment", "per period, in the currency of the capital")],
        page: "annuity_withdrawal",
        run: annuity_withdrawal,
    },
    Function {
        name: "swr_historical",
        calculator: "project_goal",
        summary: "withdrawal rate that history would have carried",
        keys: &[
            Key::optional("table", Kind::Table, "", "returns by month or year; the first column begins with the year"),
            Key::optional("real_returns", Kind::Series, "", "real annual returns, instead of a table"),
            Key::optional("first_year", Kind::Integer, "", "first calendar year"),
            Key::optional("last_year", Kind::Integer, "", "last calendar year"),
            Key::required("horizon_years", Kind::Integer, "years of withdrawals"),
            Key::optional("equity_weight", Kind::Number, "", "share of equities, a fraction; the rest is bonds"),
            Key::optional("equity", Kind::Text, "", "return of equities: an expression over the table's columns"),
            Key::optional("bonds", Kind::Text, "", "return of bonds: an expression over the table's columns"),
            Key::optional("inflation", Kind::Any, "0", "per year as a fraction, or an expression over the columns"),
            Key::required("withdrawal_rate", Kind::Number, "share of the first sum taken each year, a fraction"),
            Key::optional("timing", Kind::Text, "\"start of year\"", "start of year or end of year"),
            Key::optional("rebalance", Kind::Text, "\"annual\"", "annual or monthly"),
            SEED,
        ],
        outputs: &[
            ("real_returns", "of the portfolio by year"),
            ("start_years", "first years of the windows"),
            ("safe_rate_by_start", "rate that uses up the sum exactly"),
            ("worst_start", "start of the least"),
            ("safe_withdrawal_rate", "the least"),
            ("success_rate", "share of starts that carry the given rate"),
            ("median_terminal", "median of what is left, as a multiple of the first sum"),
            ("non_overlapping_windows", "windows that share no year"),
            ("interval_95", "of the safe rate, by drawing the years again in blocks of five on average"),
        ],
        page: "swr_historical",
        run: swr_historical,
    },
    Function {
        name: "fire_years",
        calculator: "project_goal",
        summary: "years until savings pay for the spending",
        keys: &[
            Key::required("annual_spending", Kind::Number, "in today's money"),
            Key::required("annual_saving", Kind::Number, "at the end of each year"),
            Key::required("current", Kind::Number, "savings now"),
            Key::required("real_return", Kind::Number, "per year, a fraction"),
            Key::required("withdrawal_rate", Kind::Number, "share of the savings that is spent each year"),
        ],
        outputs: &[
            ("target", "savings that pay for the spending"),
            ("years", "until then; null with status unreachable if never"),
            ("whole_years", "rounded up"),
        ],
        page: "fire_years",
        run: fire_years,
    },
];

const INITIAL: Key = Key::required("initial", Kind::Number, "wealth at the beginning");
const GOAL: Key = Key::required("goal", Kind::Number, "wealth wanted at the end");
const PATHS: Key = Key::optional("paths", Kind::Integer, "10000", "number of simulated paths");
const SEED: Key = Key::optional("seed", Kind::Integer, "1", "seed of the random numbers");
const ENGINES: [&str; 4] = ["bootstrap", "lognormal", "student", "regime"];

fn goal_probability(input: &Input<'_>) -> Result<Output, Problems> {
    let (initial, goal) = (input.number("initial")?, input.number("goal")?);
    let (drift, volatility) = (input.number("log_drift")?, input.number("log_vol")?);
    let (years, contribution) = (input.number("years")?, input.number("contribution")?);
    let (paths, seed) = (input.count("paths")?, input.seed("seed")?);
    if contribution == 0.0 {
        return Ok(match projection::goal_probability(initial, goal, drift, volatility, years) {
            Err(reason) => Output::undefined(&["probability", "quantiles", "mean"], &reason),
            Ok(found) => {
                let mut output = Output::new();
                output.number("probability", found.probability).number("standard_error", 0.0).put("closed_form", true);
                quantiles(&mut output, |level| found.quantile(level));
                output.number("mean", found.mean);
                output
            }
        });
    }
    if years.fract() != 0.0 || years < 1.0 {
        return Err(input.problem("years", "with a contribution, years are a whole number").into());
    }
    let plan = GoalPlan::saving(initial, goal, years as usize, contribution);
    let engine = ReturnEngine::Lognormal { log_drift: drift, log_volatility: volatility };
    let simulation = simulation(input, &plan, seed, paths, false)?;
    Ok(match projection::goal_simulation(&plan, &engine, simulation) {
        Err(reason) => Output::undefined(&["probability", "quantiles", "mean"], &reason),
        Ok(found) => {
            let mut output = Output::new();
            output.number("probability", found.probability).number("standard_error", found.standard_error);
            output.put("closed_form", false);
            quantiles(&mut output, |level| found.quantile(level));
            output.result("mean", mean_closed_form(&plan, &engine));
            output
        }
    })
}

fn goal_simulation(input: &Input<'_>) -> Result<Output, Problems> {
    let periods = input.count("periods")?;
    let plan = GoalPlan {
        periods_per_year: input.count("periods_per_year")?,
        withdrawal: withdrawal(input)?,
        fee: input.number("fee")?,
        tax_on_gains: input.number("tax_on_gains")?,
        ..GoalPlan::saving(input.number("initial")?, input.number("goal")?, periods, input.number("contribution")?)
    };
    let engine = engine(input)?.with_mean_changed(input.number("mean_adjust")?);
    let fan = input.flag("fan")?;
    let simulation = simulation(input, &plan, input.seed("seed")?, input.count("paths")?, fan)?;
    let found = match projection::goal_simulation(&plan, &engine, simulation) {
        Ok(found) => found,
        Err(reason) => return Ok(Output::undefined(&["probability", "quantiles", "mean_closed_form"], &reason)),
    };
    let mut output = Output::new();
    let is_plain = plan.withdrawal == WithdrawalRule::None && plan.fee == 0.0 && plan.tax_on_gains == 0.0;
    let closed = if is_plain { mean_closed_form(&plan, &engine).ok() } else { None };
    output.number("probability", found.probability).number("standard_error", found.standard_error);
    output.numbers("wilson_95", &[found.wilson_95.0, found.wilson_95.1]).maybe("mean_closed_form", closed);
    output.number("mean", found.mean).maybe("mean_standard_error", found.mean_standard_error);
    quantiles(&mut output, |level| found.quantile(level));
    output.maybe("shortfall_mean", found.shortfall_mean);
    output.number("depletion_probability", found.depletion_probability);
    output.maybe("depletion_period_mean", found.depletion_period_mean).put("paths", simulation.paths);
    if fan {
        output.put("fan", fan_rows(&found));
    }
    Ok(output)
}

/// Quantiles under their level and under the name that a fan uses.
fn quantiles(output: &mut Output, of: impl Fn(f64) -> Option<f64>) {
    let mut map = Map::new();
    for level in FAN_LEVELS {
        let wealth = of(level).map_or(Value::Null, |wealth| output.finite(wealth));
        map.insert(level.to_string(), wealth.clone());
        map.insert(format!("p{}", (100.0 * level).round()), wealth);
    }
    output.put("quantiles", map);
}

fn fan_rows(found: &GoalOutcome) -> Value {
    let row = |row: &projection::FanRow| {
        let [p5, p25, p50, p75, p95] = row.quantiles;
        json!({ "period": row.period, "p5": p5, "p25": p25, "p50": p50, "p75": p75, "p95": p95 })
    };
    found.fan.iter().map(row).collect()
}

fn mean_closed_form(plan: &GoalPlan, engine: &ReturnEngine) -> Result<f64, Undefined> {
    let growth = engine.mean_growth().ok_or(Undefined::NotApplicable { case: "this engine" })?;
    projection::mean_terminal_wealth(plan.initial, plan.contribution, growth, plan.periods)
}

/// Draws that a calculation may make; more would be a mistake in a number.
const DRAWS_MAX: u128 = 20_000_000_000;
const PATHS_MAX: usize = 20_000_000;

fn simulation(input: &Input<'_>, plan: &GoalPlan, seed: u64, paths: usize, fan: bool) -> Result<Simulation, Problem> {
    if paths > PATHS_MAX || paths as u128 * plan.periods as u128 > DRAWS_MAX {
        return Err(input.problem("paths", format!("{paths} paths of {} periods are too many", plan.periods)));
    }
    if fan && plan.periods / plan.periods_per_year.max(1) > 200 {
        return Err(input.problem("fan", "a fan has at most 200 years"));
    }
    // How many threads share the work changes nothing in the outcome.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    Ok(Simulation { seed, paths, threads, fan })
}

fn withdrawal(input: &Input<'_>) -> Result<WithdrawalRule, Problem> {
    let value = input.number("withdrawal")?;
    Ok(match input.choice("withdrawal_rule", &["constant", "percent", "guardrails", "variable"])? {
        "variable" => WithdrawalRule::Variable { expected_return: value },
        _ if value == 0.0 => WithdrawalRule::None,
        "percent" => WithdrawalRule::Percent(value),
        "guardrails" => WithdrawalRule::Guardrails { annual_rate: value },
        _ => WithdrawalRule::Constant(value),
    })
}

fn engine(input: &Input<'_>) -> Result<ReturnEngine, Problem> {
    let engine = match input.given("engine") {
        Some(_) => input.choice("engine", &ENGINES)?,
        None if input.given("history").is_some() => "bootstrap",
        None => "lognormal",
    };
    Ok(match engine {
        "bootstrap" => ReturnEngine::Bootstrap {
            history: input.series("history")?.values,
            mean_block: input.number("mean_block")?,
        },
        "student" => ReturnEngine::Student {
            mean: input.number("mean")?,
            volatility: input.number("volatility")?,
            degrees: input.number("degrees")?,
        },
        "regime" => {
            let model = crate::macro_statistics::switching_model(&input.object("params")?)?;
            let initial = formulas::macro_statistics::ergodic_probabilities(&model.transition)
                .map_err(|reason| input.problem("params", reason.to_string()))?;
            let regime = |at: usize| Regime {
                log_drift: model.means[at],
                log_volatility: model.variances[at].max(0.0).sqrt(),
                next: model.transition[at].clone(),
            };
            ReturnEngine::Regimes { regimes: (0..model.means.len()).map(regime).collect(), initial }
        }
        _ => {
            ReturnEngine::Lognormal { log_drift: input.number("log_drift")?, log_volatility: input.number("log_vol")? }
        }
    })
}

fn annuity_withdrawal(input: &Input<'_>) -> Result<Output, Problems> {
    let timing = match input.choice("timing", &["end", "start"])? {
        "start" => PaymentTiming::Start,
        _ => PaymentTiming::End,
    };
    let (capital, rate, years) = (input.number("capital")?, input.number("rate")?, input.number("years")?);
    let mut output = Output::new();
    output.result("payment", projection::annuity_withdrawal(capital, rate, years, timing));
    Ok(output)
}

fn fire_years(input: &Input<'_>) -> Result<Output, Problems> {
    let found = projection::fire_years(
        input.number("annual_spending")?,
        input.number("annual_saving")?,
        input.number("current")?,
        input.number("real_return")?,
        input.number("withdrawal_rate")?,
    );
    let mut output = Output::new();
    match found {
        Err(reason) => return Ok(Output::undefined(&["target", "years", "whole_years"], &reason)),
        Ok(found) => {
            output.number("target", found.target).result("years", found.years.clone());
            match found.whole_years() {
                Ok(years) => output.put("whole_years", years),
                Err(reason) => output.null("whole_years", reason.code()),
            };
        }
    }
    Ok(output)
}

/// Real annual returns and the years they belong to.
struct History {
    first_year: i64,
    real_returns: Vec<f64>,
}

fn swr_historical(input: &Input<'_>) -> Result<Output, Problems> {
    let horizon = input.count("horizon_years")?;
    let rate = input.number("withdrawal_rate")?;
    let text = input.text("timing")?;
    let timing = match text.split_whitespace().next() {
        Some("start") => PaymentTiming::Start,
        Some("end") => PaymentTiming::End,
        _ => return Err(input.problem("timing", format!("`{text}` is neither start nor end of year")).into()),
    };
    let history = if input.given("real_returns").is_some() { given_history(input)? } else { table_history(input)? };
    let names = ["safe_rate_by_start", "worst_start", "safe_withdrawal_rate", "success_rate", "median_terminal"];
    let returns = &history.real_returns;
    let mut output = match projection::swr_historical(returns, horizon, rate, timing) {
        Err(reason) => Output::undefined(&names, &reason),
        Ok(found) => {
            let mut output = Output::new();
            let year = |at: usize| history.first_year + at as i64;
            output.put("start_years", (0..found.safe_rate_by_start.len()).map(year).collect::<Vec<i64>>());
            output.numbers("safe_rate_by_start", &found.safe_rate_by_start).put("worst_start", year(found.worst_start));
            output.number("safe_withdrawal_rate", found.safe_withdrawal_rate);
            output.number("success_rate", found.success_rate).number("median_terminal", found.median_terminal);
            output.put("non_overlapping_windows", found.non_overlapping_windows);
            let interval =
                projection::swr_bootstrap_interval(returns, horizon, timing, 5.0, 0.95, 500, input.seed("seed")?);
            if let Ok((low, high)) = interval {
                output.numbers("interval_95", &[low, high]);
            }
            output
        }
    };
    output.numbers("real_returns", returns);
    Ok(output)
}

fn given_history(input: &Input<'_>) -> Result<History, Problem> {
    let series = input.series("real_returns")?;
    let dated = series.dates.as_ref().and_then(|dates| dates.first()).and_then(|date| date.get(..4)?.parse().ok());
    let stated = input.optional_number("first_year")?.map(|year| year as i64);
    Ok(History { first_year: stated.or(dated).unwrap_or(0), real_returns: series.values })
}

fn table_history(input: &Input<'_>) -> Result<History, Problem> {
    let table = input.table("table")?;
    let (first, last) = (input.count("first_year")?, input.count("last_year")?);
    if last < first || last - first > 10_000 {
        return Err(input.problem("last_year", format!("{last} is not a year from {first} on")));
    }
    let weight = input.number("equity_weight")?;
    let read = |key: &str| evaluate(&input.text(key)?, &table, &input.pointer(key));
    let (equity, bonds) = (read("equity")?, read("bonds")?);
    // One table has one unit: what is said of one column holds for the other.
    let unit = if format!("{} {}", equity.remark, bonds.remark).contains("percent") { 100.0 } else { 1.0 };
    let inflation = match input.given("inflation") {
        Some(Value::String(text)) if text.parse::<f64>().is_err() => {
            let found = evaluate(text, &table, &input.pointer("inflation"))?;
            let unit = if found.remark.contains("percent") { 100.0 } else { unit };
            found.values.iter().map(|value| value.map(|value| value / unit)).collect()
        }
        _ => {
            let yearly = input.number("inflation")?;
            return real_returns(input, &table, (first, last), weight, (&equity.values, &bonds.values, unit), |_| {
                Ok(yearly)
            });
        }
    };
    let inflation: Vec<Option<f64>> = inflation;
    real_returns(input, &table, (first, last), weight, (&equity.values, &bonds.values, unit), |rows| {
        compounded(input, "inflation", &table, rows, |at| inflation[at])
    })
}

/// Compounds the rows of each year and takes inflation off.
fn real_returns(
    input: &Input<'_>,
    table: &Table,
    (first, last): (usize, usize),
    weight: f64,
    (equity, bonds, unit): (&[Option<f64>], &[Option<f64>], f64),
    inflation: impl Fn(&[usize]) -> Result<f64, Problem>,
) -> Result<History, Problem> {
    let monthly = match input.text("rebalance")?.as_str() {
        "annual" | "yearly" => false,
        "monthly" => true,
        other => {
            return Err(input
                .problem("rebalance", format!("`{other}` is neither annual nor monthly"))
                .did_you_mean(other, ["annual", "monthly"]));
        }
    };
    let mut real = Vec::new();
    for year in first..=last {
        let label = year.to_string();
        let of_year = |row: &[String]| {
            row[0].strip_prefix(&label).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let rows: Vec<usize> = (0..table.rows.len()).filter(|at| of_year(&table.rows[*at])).collect();
        let months = rows.iter().all(|at| table.rows[*at][0].len() == 7 && !table.rows[*at][0].contains('Q'));
        if rows.is_empty() || (months && rows.len() != 12) {
            let detail = format!("the table has {} rows of {year}", rows.len());
            return Err(input.problem("table", detail).advising("choose years that the table has in full"));
        }
        let scaled = |values: &[Option<f64>], at: usize| values[at].map(|value| value / unit);
        let portfolio = if monthly {
            let mix = |at| Some(weight * scaled(equity, at)? + (1.0 - weight) * scaled(bonds, at)?);
            compounded(input, "equity", table, &rows, mix)?
        } else {
            weight * compounded(input, "equity", table, &rows, |at| scaled(equity, at))?
                + (1.0 - weight) * compounded(input, "bonds", table, &rows, |at| scaled(bonds, at))?
        };
        let rate = formulas::projection::real_rate(portfolio, inflation(&rows)?);
        real.push(rate.map_err(|reason| input.problem("inflation", reason.to_string()))?);
    }
    Ok(History { first_year: first as i64, real_returns: real })
}

fn compounded(
    input: &Input<'_>,
    key: &str,
    table: &Table,
    rows: &[usize],
    value: impl Fn(usize) -> Option<f64>,
) -> Result<f64, Problem> {
    rows.iter()
        .try_fold(1.0, |growth, at| {
            let value = value(*at);
            value
                .map(|value| growth * (1.0 + value))
                .ok_or_else(|| input.problem(key, format!("`{key}` has no value at {}", table.rows[*at][0])))
        })
        .map(|growth| growth - 1.0)
}
