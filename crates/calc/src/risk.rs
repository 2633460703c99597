//! Risk and the ratios over it.

use crate::input::Rate;
use crate::returns::{PERIODS, RETURNS};
use crate::series::common_labels;
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    statistic(
        "volatility",
        "how far returns scatter around their mean, per year",
        &[RETURNS, PERIODS, DDOF],
        volatility,
    ),
    statistic("sharpe", "reward per unit of total risk", &[RETURNS, PERIODS, RISK_FREE], sharpe),
    statistic("sortino", "reward per unit of downside risk", &[RETURNS, PERIODS, MAR], sortino),
    statistic(
        "downside_deviation",
        "how far returns fall short of the least acceptable one, per year",
        &[RETURNS, PERIODS, MAR],
        downside_deviation,
    ),
    statistic("calmar", "compound return per unit of the worst fall", &[RETURNS, PERIODS], calmar),
    Function {
        name: "higher_moments",
        calculator: "risk_statistics",
        summary: "skewness and excess kurtosis, population moments",
        keys: &[RETURNS],
        outputs: &[("skewness", "m₃/m₂^1.5"), ("excess_kurtosis", "m₄/m₂² − 3")],
        page: "higher_moments",
        run: higher_moments,
    },
    statistic(
        "tracking_error",
        "how far the return scatters around that of the benchmark, per year",
        &[RETURNS, BENCHMARK, PERIODS, DDOF],
        tracking_error,
    ),
    statistic(
        "information_ratio",
        "active return per unit of active risk",
        &[RETURNS, BENCHMARK, PERIODS],
        information_ratio,
    ),
];

const DDOF: Key = Key::optional("ddof", Kind::Integer, "1", "degrees of freedom taken off; 0 for a whole population");
const BENCHMARK: Key = Key::required("benchmark", Kind::Series, "returns of the benchmark in the same periods");
const RISK_FREE: Key =
    Key::optional("rf_per_period", Kind::NumberOrSeries, "0", "risk-free rate per period, a fraction");
const MAR: Key =
    Key::optional("mar_per_period", Kind::NumberOrSeries, "0", "least acceptable return per period, a fraction");

const VALUE: &[(&str, &str)] =
    &[("value", "the statistic; null with a status where it is undefined"), ("n", "observations used")];

/// A function of `risk_statistics` whose result is one number under `value`.
const fn statistic(
    name: &'static str,
    summary: &'static str,
    keys: &'static [Key],
    run: fn(&Input<'_>) -> Result<Output, Problems>,
) -> Function {
    Function { name, calculator: "risk_statistics", summary, keys, outputs: VALUE, page: name, run }
}

/// Returns with what belongs to each period, on the dates that all have.
struct Sample {
    returns: Vec<f64>,
    benchmark: Vec<f64>,
    rate: Rate,
}

/// The sample of `returns`, of `benchmark` if `with_benchmark`, and of the rate under `rate`.
fn sample(input: &Input<'_>, with_benchmark: bool, rate: Option<&str>) -> Result<Sample, Problem> {
    let mut returns = input.series("returns")?;
    let mut benchmark = if with_benchmark { Some(input.series("benchmark")?) } else { None };
    let mut rate_value = rate.map_or(Ok(Rate::Constant(0.0)), |key| input.rate(key))?;
    {
        let mut all = vec![returns.dates.as_deref()];
        all.extend(benchmark.as_ref().map(|b| b.dates.as_deref()));
        if let Rate::Series(series) = &rate_value {
            all.push(series.dates.as_deref());
        }
        if let Some(common) = common_labels(&all) {
            returns.select(&common);
            if let Some(benchmark) = &mut benchmark {
                benchmark.select(&common);
            }
            if let Rate::Series(series) = &mut rate_value {
                series.select(&common);
            }
        }
    }
    let same = |key: &str, found: usize| {
        let wanted = returns.values.len();
        if found == wanted {
            return Ok(());
        }
        Err(input
            .problem(key, format!("{found} values for {wanted} returns"))
            .advising("give both with dates to join them"))
    };
    if let Some(benchmark) = &benchmark {
        same("benchmark", benchmark.values.len())?;
    }
    if let (Rate::Series(series), Some(key)) = (&rate_value, rate) {
        same(key, series.values.len())?;
    }
    let benchmark = benchmark.map(|b| b.values).unwrap_or_default();
    Ok(Sample { returns: returns.values, benchmark, rate: rate_value })
}

fn value(result: Result<f64, Undefined>, n: usize) -> Output {
    let mut output = Output::new();
    output.result("value", result).put("n", n);
    output
}

fn volatility(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, .. } = sample(input, false, None)?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::volatility(&returns, periods, input.count("ddof")?), returns.len()))
}

fn sharpe(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, rate, .. } = sample(input, false, Some("rf_per_period"))?;
    let result = formulas::risk::sharpe(&returns, rate.per_period(), input.positive("periods_per_year")?);
    let mut output = value(result.clone().map(|s| s.value), returns.len());
    output.maybe("standard_error", result.ok().map(|s| s.standard_error));
    Ok(output)
}

fn sortino(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, rate, .. } = sample(input, false, Some("mar_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::sortino(&returns, rate.per_period(), periods), returns.len()))
}

fn downside_deviation(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, rate, .. } = sample(input, false, Some("mar_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::downside_deviation(&returns, rate.per_period(), periods), returns.len()))
}

fn calmar(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, .. } = sample(input, false, None)?;
    Ok(value(formulas::risk::calmar(&returns, input.positive("periods_per_year")?), returns.len()))
}

fn higher_moments(input: &Input<'_>) -> Result<Output, Problems> {
    let returns = input.series("returns")?.values;
    let mut output = Output::new();
    output.result("skewness", formulas::risk::skewness(&returns));
    output.result("excess_kurtosis", formulas::risk::excess_kurtosis(&returns)).put("n", returns.len());
    Ok(output)
}

fn tracking_error(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, .. } = sample(input, true, None)?;
    let (periods, ddof) = (input.positive("periods_per_year")?, input.count("ddof")?);
    Ok(value(formulas::risk::tracking_error(&returns, &benchmark, periods, ddof), returns.len()))
}

fn information_ratio(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, .. } = sample(input, true, None)?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::information_ratio(&returns, &benchmark, periods), returns.len()))
}
