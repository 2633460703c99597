//! `metrics.compute_twr`: time-weighted returns over the standard periods, and the risk taken for them.
//!
//! Periods begin at the last close before them and are chained over all pack dates. Statistics of dispersion are sampled
//! on weekdays over `lookback_days` (fewer where the portfolio is younger; `observations` says how many). Drawdowns are
//! those of the daily index; Calmar is over the same days. Ratios to a risk-free rate need one: a constant of the
//! portfolio, else the series `RF_<base currency>`.

use capability::{CapabilityResult, Declaration, Failure, Field, Type, Warning, wire};
use formulas::drawdown::{drawdowns, max_drawdown};
use formulas::returns::FlowTiming;
use formulas::risk::{calmar, excess_kurtosis, sharpe, skewness, sortino, volatility};
use formulas::{PerPeriod, Undefined};
use serde_json::{Map, Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, lookback, maybe, portfolio, schema};
use crate::track::{Lookback, PERIODS, Track, annual_rate, linked, money_weighted};
use crate::values::{Absence, Maybe, maybe as maybe_wire, statistic};
use dates::Period;

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut output = Vec::new();
    for (name, _) in PERIODS {
        output.push(maybe(
            &format!("time_weighted_return_{name}"),
            Type::Fraction,
            "return of the period, external flows taken out",
        ));
    }
    for name in ANNUALISED {
        output.push(maybe(
            &format!("time_weighted_return_{name}_annualized"),
            Type::Fraction,
            "the same per year; absent under a year",
        ));
    }
    for (name, ty, description) in STATISTICS {
        output.push(maybe(name, ty(), description));
    }
    output.push(field("coverage", Type::Fraction, "share of the value that is measured"));
    output.push(field("excluded", Type::list(Type::Text), "securities without prices, left out"));
    let mut declaration = Declaration::read(
        "metrics.compute_twr",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Time-weighted returns over the standard periods, volatility, ratios and drawdowns.",
        schema([
            portfolio(),
            lookback(252),
            Field::with_default(
                "flow_timing",
                Type::one_of(["start", "mid", "end", "hybrid"]),
                "hybrid",
                "when in the day a flow arrives",
            ),
        ]),
        capability::Schema::record(output),
    );
    let calculators = [
        "twr_daily",
        "annualise_calendar",
        "volatility",
        "sharpe",
        "sortino",
        "calmar",
        "max_drawdown",
        "higher_moments",
        "xirr",
    ];
    declaration.calculators = calculators.map(str::to_owned).to_vec();
    declaration
}

const ANNUALISED: [&str; 3] = ["3y", "5y", "itd"];

type TypeOf = fn() -> Type;

const STATISTICS: [(&str, TypeOf, &str); 25] = [
    ("lookback_return", || Type::Fraction, "return over the lookback"),
    ("money_weighted_return_1y", || Type::Fraction, "annual rate at which the year's flows grew to the value"),
    ("money_weighted_return_itd", || Type::Fraction, "the same since the first funding"),
    ("volatility", || Type::Fraction, "standard deviation of returns per year, over the lookback"),
    ("volatility_30d", || Type::Fraction, "the same over 30 observations"),
    ("volatility_90d", || Type::Fraction, "the same over 90 observations"),
    ("volatility_1y", || Type::Fraction, "the same over 252 observations (365 for a book that trades every day)"),
    ("sharpe_ratio", || Type::Ratio, "excess return per unit of volatility, per year"),
    ("sortino_ratio", || Type::Ratio, "excess return per unit of downside deviation, per year"),
    ("calmar_ratio", || Type::Ratio, "annual return over the maximum drawdown of the lookback"),
    ("maximum_drawdown", || Type::Fraction, "deepest fall of the index in the lookback, 0 or less"),
    ("maximum_drawdown_1y", || Type::Fraction, "the same over a year"),
    ("maximum_drawdown_3y", || Type::Fraction, "the same over three years"),
    ("current_drawdown", || Type::Fraction, "fall below the highest index since inception, 0 or less"),
    ("skewness", || Type::Ratio, "skewness of returns"),
    ("excess_kurtosis", || Type::Ratio, "kurtosis of returns over that of a normal distribution"),
    ("best_day", || Type::Fraction, "largest return"),
    ("worst_day", || Type::Fraction, "smallest return"),
    ("positive_days", || Type::Fraction, "share of returns above zero"),
    ("observations", || Type::Integer, "returns in the lookback"),
    ("first_date", || Type::Date, "day of the first return"),
    ("last_date", || Type::Date, "day of the last return"),
    ("inception_date", || Type::Date, "first day with a value"),
    ("periods_per_year", || Type::Number, "observations in a year"),
    ("risk_free_used", || Type::Fraction, "annual rate that excess returns refer to"),
];

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    compute(&scene, &call.args).map(CapabilityResult::from)
}

/// The figures of a scene.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    let timing = args.text("flow_timing").unwrap_or("hybrid");
    let timing: FlowTiming =
        timing.parse().map_err(|_| Failure::new("invalid_input", "unknown flow timing").at("/flow_timing"))?;
    let measured = scene.measured();
    let track = measured.clone().and_then(|measured| Track::of(&scene.folio, measured, timing).map_err(Absence::from));
    let track = track.as_ref();
    let of_track = |figure: &dyn Fn(&Track) -> Result<f64, Undefined>| -> Maybe<f64> {
        let track = track.map_err(|absence| absence.clone())?;
        figure(track).map_err(Absence::from)
    };
    let mut value = Map::new();
    let mut put = |name: &str, wire: Value| value.insert(name.to_owned(), wire);
    for (name, period) in PERIODS {
        put(&format!("time_weighted_return_{name}"), statistic(of_track(&|track| track.of_period(period))));
        if ANNUALISED.contains(&name) {
            put(
                &format!("time_weighted_return_{name}_annualized"),
                statistic(of_track(&|track| track.annualised(period))),
            );
        }
    }
    for (name, period) in [("1y", Some(Period::OneYear)), ("itd", None)] {
        let rate = measured.clone().and_then(|measured| {
            let valuation = &measured.valuation;
            let last = valuation.dates[valuation.dates.len() - 1];
            let opening = period.map_or(dates::Date::MIN, |period| period.start(last, measured.first));
            annual_rate(&money_weighted(valuation, opening, last)?)
        });
        put(&format!("money_weighted_return_{name}"), statistic(rate));
    }
    let window = |count: Option<usize>| -> Maybe<(Lookback, f64)> {
        let track = track.map_err(|absence| absence.clone())?;
        let lookback = match count {
            Some(count) => track.full_window(count),
            None => track.lookback(args.count("lookback_days")),
        };
        Ok((lookback?, track.per_year))
    };
    let lookback = window(None);
    let over = |figure: &dyn Fn(&Lookback, f64) -> Result<f64, Undefined>| -> Value {
        statistic(lookback.clone().and_then(|(lookback, per_year)| figure(&lookback, per_year).map_err(Absence::from)))
    };
    put("lookback_return", over(&|window, _| Ok(linked(&window.returns))));
    put("volatility", over(&|window, per_year| volatility(&window.returns, per_year, 1)));
    let year = track.map_or(252, |track| track.per_year as usize);
    for (name, count) in [("volatility_30d", 30), ("volatility_90d", 90), ("volatility_1y", year)] {
        let figure = window(Some(count)).and_then(|(window, per_year)| Ok(volatility(&window.returns, per_year, 1)?));
        put(name, statistic(figure));
    }
    let risk_free = risk_free(scene);
    put("risk_free_used", statistic(risk_free.clone()));
    let ratio = |figure: &dyn Fn(&Lookback, PerPeriod<'_>, f64) -> Result<f64, Undefined>| -> Value {
        let found = risk_free.clone().and_then(|rate| {
            let (window, per_year) = lookback.clone()?;
            Ok(figure(&window, PerPeriod::Constant(rate / per_year), per_year)?)
        });
        statistic(found)
    };
    put("sharpe_ratio", ratio(&|window, rate, per_year| Ok(sharpe(&window.returns, rate, per_year)?.value)));
    put("sortino_ratio", ratio(&|window, rate, per_year| sortino(&window.returns, rate, per_year)));
    let daily = |opening: dates::Date| -> Maybe<(Vec<f64>, f64)> {
        let track = track.map_err(|absence| absence.clone())?;
        Ok((track.daily_since(opening).1, track.daily_per_year()))
    };
    let fallen = |opening: Maybe<dates::Date>| {
        statistic(opening.and_then(|opening| Ok(max_drawdown(&daily(opening)?.0)?.depth)))
    };
    put("maximum_drawdown", fallen(lookback.clone().map(|(window, _)| window.opened_on)));
    for (name, period) in [("maximum_drawdown_1y", Period::OneYear), ("maximum_drawdown_3y", Period::ThreeYears)] {
        let opening = track.map_err(|absence| absence.clone()).and_then(|track| {
            // Defined only where the return of the period is.
            track.of_period(period)?;
            Ok(track.opening_of(period))
        });
        put(name, fallen(opening));
    }
    let of_calmar = lookback.clone().and_then(|(window, _)| {
        let (returns, per_year) = daily(window.opened_on)?;
        Ok(calmar(&returns, per_year)?)
    });
    put("calmar_ratio", statistic(of_calmar));
    let current = daily(dates::Date::MIN).and_then(|(returns, _)| {
        let falls = drawdowns(&returns)?;
        Ok(falls.last().copied().unwrap_or(0.0))
    });
    put("current_drawdown", statistic(current));
    put("skewness", over(&|window, _| skewness(&window.returns)));
    put("excess_kurtosis", over(&|window, _| excess_kurtosis(&window.returns)));
    put("best_day", over(&|window, _| Ok(window.returns.iter().copied().fold(f64::NEG_INFINITY, f64::max))));
    put("worst_day", over(&|window, _| Ok(window.returns.iter().copied().fold(f64::INFINITY, f64::min))));
    put(
        "positive_days",
        over(&|window, _| Ok(window.returns.iter().filter(|r| **r > 0.0).count() as f64 / window.returns.len() as f64)),
    );
    put("observations", maybe_wire(lookback.clone(), |(window, _)| window.returns.len().into()));
    put("first_date", maybe_wire(lookback.clone(), |(window, _)| wire::date(window.first)));
    put("last_date", maybe_wire(lookback.clone(), |(window, _)| wire::date(window.last)));
    put("inception_date", maybe_wire(measured.clone(), |measured| wire::date(measured.first)));
    put("periods_per_year", maybe_wire(lookback.clone(), |(_, per_year)| wire::number(per_year)));
    put(
        "coverage",
        wire::fraction(measured.clone().map_or_else(|absence| covered(&absence), |measured| measured.coverage)),
    );
    let excluded: Vec<Value> =
        measured.map_or_else(|_| Vec::new(), |m| m.excluded.iter().map(|id| scene.folio.symbol(*id).into()).collect());
    put("excluded", excluded.into());
    Ok(Computed { value: Value::Object(value), warnings: coverage_warnings(scene), sources: scene.sources() })
}

/// The coverage that a refusal found.
fn covered(absence: &Absence) -> f64 {
    absence.subject.get("coverage").and_then(Value::as_f64).unwrap_or(0.0)
}

/// The annual risk-free rate: the portfolio's constant, else a series that this build does not have yet.
fn risk_free(scene: &Scene) -> Maybe<f64> {
    let settings = &scene.folio.book.settings;
    settings.risk_free_constant().ok_or_else(|| {
        let named = settings.values.get(ledger::settings::RISK_FREE).and_then(Value::as_str).map(str::to_owned);
        let series = named.unwrap_or_else(|| format!("RF_{}", scene.base()));
        Absence::new("missing_series", series.clone(), json!({ "series": series }))
    })
}

/// Says which securities are left out of statistics.
pub fn coverage_warnings(scene: &Scene) -> Vec<Warning> {
    let Ok(measured) = scene.measured() else { return Vec::new() };
    if measured.excluded.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = measured.excluded.iter().map(|id| scene.folio.symbol(*id)).collect();
    let message = format!(
        "{} lack prices and are left out; {:.1} % of the value is measured",
        names.join(", "),
        measured.coverage * 100.0
    );
    vec![Warning::new("partial_coverage", message, json!({ "excluded": names, "coverage": measured.coverage }))]
}
