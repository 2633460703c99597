//! Risk and the ratios over it.

use crate::input::Rate;
use crate::returns::{PERIODS, RETURNS};
use crate::series::{Dated, common_labels, on_common_calendar};
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
    statistic(
        "mean_absolute_deviation",
        "how far a return typically lies from the mean",
        &[RETURNS],
        mean_absolute_deviation,
    ),
    Function {
        name: "alpha_beta",
        calculator: "risk_statistics",
        summary: "return beyond the sensitivity to the benchmark",
        keys: &[RETURNS, BENCHMARK, PERIODS, RISK_FREE],
        outputs: &[
            ("beta", "sensitivity to the benchmark"),
            ("alpha_per_period", "constant of the line"),
            ("alpha_annual_arithmetic", "N·α, the headline"),
            ("alpha_annual_compounded", "(1 + α)^N − 1"),
            ("r_squared", "share of the variance explained"),
            ("alpha_t_stat", "least squares"),
            ("beta_t_stat", "least squares"),
            ("alpha_t_stat_hac", "Newey–West, the one to show"),
            ("beta_t_stat_hac", "Newey–West, the one to show"),
        ],
        page: "alpha_beta",
        run: alpha_beta,
    },
    Function {
        name: "capture",
        calculator: "risk_statistics",
        summary: "part taken in the benchmark's rises and falls",
        keys: &[RETURNS, BENCHMARK, PERIODS],
        outputs: &[
            ("up_geometric_annualised", "ratio of annualised returns where the benchmark rose"),
            ("down_geometric_annualised", "where it fell"),
            ("up_mean_ratio", "ratio of means where it rose"),
            ("down_mean_ratio", "where it fell"),
            ("up_periods", "periods in which it rose"),
            ("down_periods", "periods in which it fell"),
        ],
        page: "capture",
        run: capture,
    },
    statistic("treynor", "reward per unit of shared risk", &[RETURNS, BENCHMARK, PERIODS, RISK_FREE], treynor),
    statistic(
        "m_squared",
        "return at the benchmark's volatility",
        &[RETURNS, BENCHMARK, PERIODS, RISK_FREE],
        m_squared,
    ),
    statistic("omega", "gains above a threshold per unit of losses below", &[RETURNS, MAR], omega),
    statistic("batting_average", "share of periods ahead of the benchmark", &[RETURNS, BENCHMARK], batting_average),
    statistic("martin_ratio", "excess growth per unit of ulcer index", &[RETURNS, PERIODS, RISK_FREE], martin_ratio),
    Function {
        name: "all",
        calculator: "risk_statistics",
        summary: "all of them, each under its name; those against a benchmark where one is given",
        keys: &[
            RETURNS,
            Key::optional("benchmark", Kind::Series, "", "returns of the benchmark in the same periods"),
            PERIODS,
            DDOF,
            RISK_FREE,
            MAR,
        ],
        outputs: &[("<function>", "what the function gives on its own")],
        page: "sharpe",
        run: all,
    },
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
    if let (true, Some(r), Some(b)) = (with_benchmark, input.given("returns"), input.given("benchmark")) {
        let references = [(r, input.pointer("returns")), (b, input.pointer("benchmark"))];
        if let Some(common) = on_common_calendar(&references, input.tables())? {
            let mut common = common.into_iter().map(Dated::of);
            (returns, benchmark) = (common.next().unwrap_or_default(), common.next());
        }
    }
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
    let periods = input.positive("periods_per_year")?;
    let result = formulas::risk::sharpe(&returns, rate.per_period(), periods);
    let mut output = value(result.clone().map(|s| s.value), returns.len());
    output.maybe("standard_error", result.as_ref().ok().map(|s| s.standard_error));
    // √N holds for independent returns; beside it what the sample's own dependence makes of it.
    let adjusted = formulas::risk::annualisation_factor(&returns, periods).ok();
    let per_period = result.ok().map(|s| s.value / periods.sqrt());
    output.number("annualisation_factor", periods.sqrt()).maybe("autocorrelation_adjusted_factor", adjusted);
    output.maybe("autocorrelation_adjusted", adjusted.zip(per_period).map(|(factor, ratio)| factor * ratio));
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

fn mean_absolute_deviation(input: &Input<'_>) -> Result<Output, Problems> {
    let returns = input.series("returns")?.values;
    Ok(value(formulas::risk::mean_absolute_deviation(&returns), returns.len()))
}

fn alpha_beta(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, rate } = sample(input, true, Some("rf_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    let keys = [
        "beta",
        "alpha_per_period",
        "alpha_annual_arithmetic",
        "alpha_annual_compounded",
        "r_squared",
        "alpha_t_stat",
        "beta_t_stat",
        "alpha_t_stat_hac",
        "beta_t_stat_hac",
    ];
    Ok(match formulas::risk::alpha_beta(&returns, &benchmark, rate.per_period(), periods) {
        Ok(line) => {
            let mut output = Output::new();
            output.number("beta", line.beta).number("alpha_per_period", line.alpha_per_period);
            output.number("alpha_annual_arithmetic", line.alpha_annual_arithmetic);
            let none = |what| {
                if line.n < 3 {
                    Undefined::InsufficientData { needed: 3, found: line.n }
                } else {
                    Undefined::ZeroDenominator { what }
                }
            };
            let compounded = line.alpha_annual_compounded.ok_or(Undefined::UndefinedReturn { index: 0 });
            output.result("alpha_annual_compounded", compounded);
            output.result("r_squared", line.r_squared.ok_or(none("variance of the returns")));
            for (key, t) in [
                ("alpha_t_stat", line.alpha_t_stat),
                ("beta_t_stat", line.beta_t_stat),
                ("alpha_t_stat_hac", line.alpha_t_stat_hac),
                ("beta_t_stat_hac", line.beta_t_stat_hac),
            ] {
                output.result(key, t.ok_or(none("variance of the residuals")));
            }
            output.put("hac_lags", line.hac_lags).put("n", line.n);
            output
        }
        Err(reason) => Output::undefined(&keys, &reason),
    })
}

fn capture(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, .. } = sample(input, true, None)?;
    let keys = ["up_geometric_annualised", "down_geometric_annualised", "up_mean_ratio", "down_mean_ratio"];
    Ok(match formulas::risk::capture(&returns, &benchmark, input.positive("periods_per_year")?) {
        Ok(capture) => {
            let mut output = Output::new();
            for (name, side) in [("up", capture.up), ("down", capture.down)] {
                output.result(&format!("{name}_geometric_annualised"), side.clone().map(|s| s.geometric_annualised));
                output.result(&format!("{name}_mean_ratio"), side.map(|s| s.mean_ratio));
            }
            output.put("up_periods", capture.up_periods).put("down_periods", capture.down_periods);
            output
        }
        Err(reason) => Output::undefined(&keys, &reason),
    })
}

fn treynor(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, rate } = sample(input, true, Some("rf_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::treynor(&returns, &benchmark, rate.per_period(), periods), returns.len()))
}

fn m_squared(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, rate } = sample(input, true, Some("rf_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::risk::m_squared(&returns, &benchmark, rate.per_period(), periods), returns.len()))
}

fn omega(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, rate, .. } = sample(input, false, Some("mar_per_period"))?;
    Ok(value(formulas::risk::omega(&returns, rate.per_period()), returns.len()))
}

fn batting_average(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, benchmark, .. } = sample(input, true, None)?;
    Ok(value(formulas::risk::batting_average(&returns, &benchmark), returns.len()))
}

fn martin_ratio(input: &Input<'_>) -> Result<Output, Problems> {
    let Sample { returns, rate, .. } = sample(input, false, Some("rf_per_period"))?;
    let periods = input.positive("periods_per_year")?;
    Ok(value(formulas::drawdown::martin_ratio(&returns, rate.per_period(), periods), returns.len()))
}

fn all(input: &Input<'_>) -> Result<Output, Problems> {
    let with_benchmark = input.given("benchmark").is_some();
    let mut output = Output::new();
    for function in FUNCTIONS.iter().filter(|function| function.name != "all") {
        let needs_benchmark = function.keys.iter().any(|key| key.name == "benchmark");
        if with_benchmark || !needs_benchmark {
            output.put(function.name, (function.run)(input)?.into_map());
        }
    }
    Ok(output)
}
