//! Returns: money-weighted, time-weighted, Modified Dietz, per year.

use crate::{Function, Input, Key, Kind, Output, Problems};
use formulas::Undefined;
use formulas::returns::{DietzTiming, FlowTiming};
use serde_json::{Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "xirr",
        calculator: "xirr",
        summary: "money-weighted return: the yearly rate at which the flows are worth nothing net",
        keys: &[
            FLOWS,
            Key::optional("guess", Kind::Number, "0.1", "chooses between several rates: the nearest is reported"),
            Key::optional("day_count", Kind::Choice(DAY_COUNTS), "\"act/365\"", "actual/365 fixed"),
        ],
        outputs: &[
            ("status", "ok, multiple_roots, no_sign_change, no_root, single_date or too_few_flows"),
            ("rate", "annual effective rate, a fraction"),
            ("roots", "all rates above −100 %, ascending"),
            ("period_return", "return over the span of the flows, not annualised"),
            ("span_days", "days from the first to the last flow"),
        ],
        page: "xirr",
        run: xirr,
    },
    Function {
        name: "xnpv",
        calculator: "xirr",
        summary: "net present value of dated flows on the earliest date",
        keys: &[FLOWS, Key::required("rate", Kind::Number, "annual effective rate above −1")],
        outputs: &[("npv", "value on the date of the first flow")],
        page: "xnpv",
        run: xnpv,
    },
    Function {
        name: "twr_daily",
        calculator: "twr",
        summary: "time-weighted return: what was earned whatever was paid in or out",
        keys: &[
            Key::required("nav", Kind::Series, "values at the close; the first is the opening one"),
            Key::required("flows", Kind::Series, "net external flow of each row, deposits +"),
            Key::optional("flow_timing", Kind::Choice(FLOW_TIMINGS), "\"hybrid\"", "when in its day a flow arrives"),
        ],
        outputs: &[
            ("status", "ok, insufficient_data or undefined_return"),
            ("twr", "linked return"),
            ("daily", "one return per row after the first; null on a day without exposure"),
            ("first_bad_index", "row at which the chain breaks"),
            ("daily_before", "daily returns before the break"),
            ("twr_before", "linked return before the break"),
            ("gap_days", "rows without exposure"),
        ],
        page: "time_weighted_return",
        run: twr_daily,
    },
    Function {
        name: "annualise_calendar",
        calculator: "twr",
        summary: "a return over a span of days, per year",
        keys: &[
            Key::required("cumulative_return", Kind::Number, "return over the span, a fraction"),
            Key::required("calendar_days", Kind::Integer, "days of the span"),
        ],
        outputs: &[
            ("annualised", "return per year; null under a year"),
            ("annualisable", "whether the span is a year"),
        ],
        page: "annualise_calendar",
        run: annualise_calendar,
    },
    Function {
        name: "annual_return_geometric",
        calculator: "twr",
        summary: "compound annual return of a series",
        keys: &[RETURNS, PERIODS],
        outputs: &[
            ("value", "compound annual return"),
            ("cumulative", "return over the whole series"),
            ("arithmetic_annual", "mean return times periods per year"),
        ],
        page: "annual_return_geometric",
        run: annual_return_geometric,
    },
    Function {
        name: "modified_dietz",
        calculator: "modified_dietz",
        summary: "return of a period valued at its ends only",
        keys: &[
            Key::required("begin_value", Kind::Number, "value at the begin"),
            Key::required("end_value", Kind::Number, "value at the end"),
            Key::required("begin_date", Kind::Date, "begin of the period"),
            Key::required("end_date", Kind::Date, "end of the period"),
            Key::optional("flows", Kind::Flows, "[]", "external flows, deposits +"),
            Key::optional("flow_timing", Kind::Choice(DIETZ_TIMINGS), "\"end\"", "when in its day a flow arrives"),
        ],
        outputs: &[
            ("status", "ok or undefined_return"),
            ("return", "return of the period"),
            ("average_capital", "opening value plus flows weighted by their days"),
        ],
        page: "modified_dietz",
        run: modified_dietz,
    },
];

const FLOWS: Key =
    Key::required("flows", Kind::Flows, "[[date, amount], …]: contribution −, withdrawal and final value +");
const DAY_COUNTS: &[&str] = &["act/365"];
const FLOW_TIMINGS: &[&str] = &["start", "mid", "end", "hybrid"];
const DIETZ_TIMINGS: &[&str] = &["start", "mid", "end"];

/// Returns of one series.
pub(crate) const RETURNS: Key = Key::required("returns", Kind::Series, "simple returns per period, fractions");
/// Periods in a year.
pub(crate) const PERIODS: Key =
    Key::optional("periods_per_year", Kind::Number, "252", "252 daily, 52 weekly, 12 monthly, 4 quarterly");

fn xirr(input: &Input<'_>) -> Result<Output, Problems> {
    input.choice("day_count", DAY_COUNTS)?;
    let guess = input.number("guess")?;
    if guess <= -1.0 {
        return Err(input.problem("guess", "the guess is not above -1").into());
    }
    let flows = input.flows("flows")?;
    let mut output = Output::new();
    match formulas::returns::xirr(&flows, guess) {
        Ok(found) => {
            output.number("rate", found.rate).numbers("roots", &found.roots);
            output.number("period_return", found.period_return).put("span_days", found.span_days);
            if found.roots.len() > 1 {
                output.status(found.status.name());
            }
        }
        Err(reason) => {
            output.null("rate", reason.code()).put("roots", json!([])).put("reason", reason.to_string());
            // All was paid in and nothing came back: a fact worth a label, though no rate solves the equation.
            let is_lost = reason == Undefined::NoSignChange
                && flows.iter().all(|(_, amount)| *amount <= 0.0)
                && flows.iter().max_by_key(|(date, _)| *date).is_some_and(|(_, amount)| *amount == 0.0);
            output.put("total_loss", is_lost);
        }
    }
    Ok(output)
}

fn xnpv(input: &Input<'_>) -> Result<Output, Problems> {
    let rate = input.number("rate")?;
    if rate <= -1.0 {
        return Err(input.problem("rate", "the rate is not above -1").into());
    }
    let mut output = Output::new();
    output.result("npv", formulas::returns::xnpv(&input.flows("flows")?, rate));
    Ok(output)
}

fn twr_daily(input: &Input<'_>) -> Result<Output, Problems> {
    let timing: FlowTiming = input.choice("flow_timing", FLOW_TIMINGS)?.parse().unwrap_or_default();
    let (nav, flows) = (input.series("nav")?.values, input.series("flows")?.values);
    if nav.len() != flows.len() {
        let detail = format!("{} flows for {} values; give 0 where there is none", flows.len(), nav.len());
        return Err(input.problem("flows", detail).into());
    }
    let mut output = Output::new();
    let list = |output: &mut Output, daily: &[Option<f64>]| -> Vec<Value> {
        daily.iter().map(|r| r.map_or(Value::Null, |r| output.finite(r))).collect()
    };
    match formulas::returns::twr_daily(&nav, &flows, timing) {
        Ok(chain) => {
            output.number("twr", chain.twr);
            let daily = list(&mut output, &chain.daily);
            output.put("daily", daily);
            let gaps: Vec<usize> =
                (0..chain.daily.len()).filter(|i| chain.daily[*i].is_none()).map(|i| i + 1).collect();
            output.put("gap_days", gaps);
        }
        Err(broken) => {
            output.null("twr", broken.reason.code()).put("reason", broken.reason.to_string());
            let daily = list(&mut output, &broken.daily_before);
            output.put("daily", daily.clone());
            if let Undefined::UndefinedReturn { index } = broken.reason {
                output.put("first_bad_index", index).put("daily_before", daily);
                let linked = formulas::returns::link(broken.daily_before.iter().flatten().copied());
                output.number("twr_before", linked);
            }
        }
    }
    Ok(output)
}

fn annualise_calendar(input: &Input<'_>) -> Result<Output, Problems> {
    let days = input.count("calendar_days")?;
    let result = formulas::returns::annualise_calendar(input.number("cumulative_return")?, days as i64);
    let mut output = Output::new();
    output.put("annualisable", result.is_ok()).result("annualised", result);
    Ok(output)
}

fn annual_return_geometric(input: &Input<'_>) -> Result<Output, Problems> {
    let result = formulas::returns::annual_return_geometric(
        &input.series("returns")?.values,
        input.positive("periods_per_year")?,
    );
    Ok(match result {
        Ok(annual) => {
            let mut output = Output::new();
            output.number("value", annual.value).number("cumulative", annual.cumulative);
            output.number("arithmetic_annual", annual.arithmetic_annual);
            output
        }
        Err(reason) => Output::undefined(&["value", "cumulative", "arithmetic_annual"], &reason),
    })
}

fn modified_dietz(input: &Input<'_>) -> Result<Output, Problems> {
    let timing = match input.choice("flow_timing", DIETZ_TIMINGS)? {
        "start" => DietzTiming::Start,
        "mid" => DietzTiming::Mid,
        _ => DietzTiming::End,
    };
    let begin = (input.date("begin_date")?, input.number("begin_value")?);
    let end = (input.date("end_date")?, input.number("end_value")?);
    if end.0 <= begin.0 {
        return Err(input.problem("end_date", "the period ends before or when it begins").into());
    }
    let flows = input.flows("flows")?;
    if let Some(index) = flows.iter().position(|(date, _)| *date < begin.0 || end.0 < *date) {
        let detail = format!("the flow of {} lies outside of the period", flows[index].0);
        return Err(crate::Problem::new(format!("{}/{index}/0", input.pointer("flows")), detail).into());
    }
    let mut output = Output::new();
    output.number("average_capital", formulas::returns::average_capital(begin, end.0, &flows, timing));
    output.result("return", formulas::returns::modified_dietz(begin, end, &flows, timing).map(|dietz| dietz.rate));
    Ok(output)
}
