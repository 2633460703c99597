//! `portfolio.historical_nav`: what the portfolio was worth each day, and what it earned meanwhile.
//!
//! The money series shows deposits as jumps; the index and the total return do not.

use capability::{CapabilityResult, Declaration, Failure, Type, wire};
use formulas::returns::{FlowTiming, wealth_index};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::financial_analyst::metrics_compute_twr::coverage_warnings;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, lookback, maybe, portfolio, schema};
use crate::track::Track;
use crate::values::{Absence, Maybe, amount, maybe as maybe_wire, rounded};
use money::decimal_text;

/// What the capability promises.
pub fn declaration() -> Declaration {
    let flow = Type::record([
        field("date", Type::Date, "day"),
        field("amount", Type::Money, "external flow, + into the portfolio"),
    ]);
    let mut declaration = Declaration::read(
        "portfolio.historical_nav",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Net asset value of each day, external flows, and the time-weighted index over the same days.",
        schema([portfolio(), lookback(365)]),
        schema([
            maybe("series", Type::series(Type::Money), "net asset value at each close"),
            maybe("time_weighted_index", Type::series(Type::Ratio), "what 1 at the start has become, flows taken out"),
            field("flows", Type::list(flow), "external flows of the window"),
            maybe("total_return", Type::Fraction, "time-weighted return over the window"),
            maybe("start_date", Type::Date, "close at which the window opens"),
            maybe("end_date", Type::Date, "last close"),
            field("dates", Type::list(Type::Date), "days of the series"),
            field("values", Type::list(Type::Decimal), "values of the series, base currency"),
        ]),
    );
    declaration.calculators = vec!["twr_daily".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    Ok(compute(&scene, &call.args).into())
}

/// The window of a scene's daily values.
pub fn compute(scene: &Scene, args: &Args) -> Computed {
    match window(scene, args) {
        Ok(value) => Computed { value, warnings: coverage_warnings(scene), sources: scene.sources() },
        Err(absence) => {
            let none = absence.wire();
            let value = json!({
                "series": none, "time_weighted_index": none, "flows": [], "total_return": none,
                "start_date": none, "end_date": none, "dates": [], "values": [],
            });
            value.into()
        }
    }
}

fn window(scene: &Scene, args: &Args) -> Maybe<Value> {
    let measured = scene.measured()?;
    let valuation = &measured.valuation;
    let track = Track::of(&scene.folio, measured, FlowTiming::Hybrid);
    let opened_on = match &track {
        Ok(track) => track.lookback(args.count("lookback_days")).map_err(Absence::from)?.opened_on,
        // The chain of returns may break while the values are known.
        Err(_) => valuation.dates[valuation.dates.len().saturating_sub(args.count("lookback_days") + 1)],
    };
    let from = valuation.dates.partition_point(|date| *date < opened_on);
    let base = scene.base();
    let (mut points, mut gaps, mut dates, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (date, nav) in valuation.dates[from..].iter().zip(&valuation.nav[from..]) {
        match rounded(*nav, base) {
            Ok(value) => {
                let text = Value::String(decimal_text(value));
                points.push(json!([date, text]));
                dates.push(wire::date(*date));
                values.push(text);
            }
            Err(_) => gaps.push((*date, "incomplete")),
        }
    }
    let flows = valuation
        .dates
        .iter()
        .zip(&valuation.external_flow)
        .skip(from)
        .filter(|(date, flow)| **flow != 0.0 && opened_on < **date);
    let flows: Vec<Value> = flows
        .filter_map(|(date, flow)| Some(json!({ "date": date, "amount": amount(rounded(*flow, base).ok()?, base) })))
        .collect();
    let index = track.as_ref().map(|track| {
        let begin = track.daily.dates.partition_point(|date| *date <= opened_on);
        let wealth = wealth_index(&track.daily.daily[begin..]);
        let days = std::iter::once(opened_on).chain(track.daily.dates[begin..].iter().copied());
        let points = days.zip(wealth).map(|(date, wealth)| json!([date, wire::number(wealth)])).collect();
        wire::series(wire::plain_unit("ratio"), "D", points, Vec::new())
    });
    let total = track.as_ref().map_err(Absence::from).and_then(|track| track.since(opened_on).map_err(Absence::from));
    Ok(json!({
        "series": wire::series(wire::money_unit(base.code()), "D", points, gaps),
        "time_weighted_index": maybe_wire(index.map_err(Absence::from), |series| series),
        "flows": flows,
        "total_return": crate::values::statistic(total),
        "start_date": wire::date(valuation.dates[from]),
        "end_date": wire::date(valuation.dates[valuation.dates.len() - 1]),
        "dates": dates,
        "values": values,
    }))
}
