//! `metrics.drawdowns`: every fall below an earlier peak, the deepest first, with how long it took to recover.

use capability::{CapabilityResult, Declaration, Failure, Field, Type, wire};
use dates::Date;
use formulas::drawdown::{drawdown_table, drawdowns, ulcer_index};
use formulas::returns::FlowTiming;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::financial_analyst::metrics_compute_twr::coverage_warnings;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio_or_rows, schema, sometimes};
use crate::track::Track;
use crate::values::{Absence, Maybe, maybe as maybe_wire, statistic};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let fall = Type::record([
        field("depth", Type::Fraction, "deepest point, below 0"),
        field("peak_date", Type::Date, "last day at the peak"),
        field("trough_date", Type::Date, "first day at the deepest point"),
        sometimes("recovery_date", Type::Date, "first day at the old peak again"),
        field("periods_to_trough", Type::Integer, "days from peak to trough"),
        sometimes("periods_to_recover", Type::Integer, "days from trough to recovery"),
        field("periods_total", Type::Integer, "days from peak to recovery, or until now"),
    ]);
    let mut declaration = Declaration::read(
        "metrics.drawdowns",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Falls of the time-weighted index below its peaks.",
        schema([
            portfolio_or_rows(),
            Field::optional("series", Type::series(Type::Ratio), "an index to look at instead of the portfolio's"),
            Field::with_default("top", Type::Integer, 5, "most rows").between(1.0, 100.0),
        ]),
        schema([
            field("drawdowns", Type::list(fall), "deepest first"),
            maybe("current_drawdown", Type::Fraction, "fall below the highest index, 0 or less"),
            maybe("ulcer_index", Type::Fraction, "root mean square of the falls"),
            maybe("average_drawdown", Type::Fraction, "mean of the falls as positive numbers"),
            maybe("underwater", Type::series(Type::Fraction), "fall below the running peak, by day"),
        ]),
    );
    declaration.calculators = vec!["drawdown_table".into(), "ulcer_index".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let top = call.args.count("top");
    if let Some(series) = call.args.get("series") {
        let path = path_of_series(series)?;
        return Ok(CapabilityResult::computed(compute(Ok(path), top)));
    }
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    Ok(of_scene(&scene, &call.args).into())
}

/// The falls of a scene's portfolio.
pub fn of_scene(scene: &Scene, args: &Args) -> Computed {
    let path = scene.measured().and_then(|measured| {
        let track = Track::of(&scene.folio, measured, FlowTiming::Hybrid)?;
        let (dates, returns) = track.daily_since(Date::MIN);
        Ok(Path { opened_on: track.daily.opened_on, dates, returns })
    });
    Computed { value: compute(path, args.count("top")), warnings: coverage_warnings(scene), sources: scene.sources() }
}

/// Returns with their days, after an opening.
pub struct Path {
    opened_on: Date,
    dates: Vec<Date>,
    returns: Vec<f64>,
}

fn path_of_series(series: &Value) -> Result<Path, Failure> {
    let refuse =
        |at: usize, what: &str| Failure::new("invalid_input", what.to_owned()).at(format!("/series/points/{at}"));
    let points = series["points"].as_array().map_or(&[][..], Vec::as_slice);
    let mut read = Vec::with_capacity(points.len());
    for (at, point) in points.iter().enumerate() {
        let date = point[0]
            .as_str()
            .and_then(|text| dates::parse_date(text).ok())
            .ok_or_else(|| refuse(at, "a point is a date and a value"))?;
        let text_value = || point[1].as_str().and_then(|text| text.parse().ok());
        let value = point[1].as_f64().or_else(text_value).filter(|value: &f64| value.is_finite() && *value > 0.0);
        let value = value.ok_or_else(|| refuse(at, "an index is greater than zero"))?;
        if read.last().is_some_and(|(before, _)| date <= *before) {
            return Err(refuse(at, "the dates of a series ascend"));
        }
        read.push((date, value));
    }
    let Some((opened_on, _)) = read.first().copied() else { return Err(refuse(0, "the series is empty")) };
    let returns = read.windows(2).map(|pair| pair[1].1 / pair[0].1 - 1.0).collect();
    Ok(Path { opened_on, dates: read[1..].iter().map(|(date, _)| *date).collect(), returns })
}

/// The falls of a path of returns.
pub fn compute(path: Maybe<Path>, top: usize) -> Value {
    let table = path.as_ref().map_err(Clone::clone).and_then(|path| Ok(drawdown_table(&path.returns, top)?));
    let falls = path.as_ref().map_err(Clone::clone).and_then(|path| Ok(drawdowns(&path.returns)?));
    let ulcer = path.as_ref().map_err(Clone::clone).and_then(|path| Ok(ulcer_index(&path.returns)?));
    let rows: Vec<Value> = match (&path, table) {
        (Ok(path), Ok(table)) => {
            let day = |position: usize| position.checked_sub(1).map_or(path.opened_on, |at| path.dates[at]);
            let row = |fall: formulas::drawdown::Episode| {
                let mut row = json!({
                    "depth": wire::fraction(fall.depth),
                    "peak_date": day(fall.peak),
                    "trough_date": day(fall.trough),
                    "periods_to_trough": fall.periods_to_trough,
                    "periods_total": fall.periods_total,
                });
                if let (Some(recovery), Some(periods)) = (fall.recovery, fall.periods_to_recover) {
                    row["recovery_date"] = wire::date(day(recovery));
                    row["periods_to_recover"] = periods.into();
                }
                row
            };
            table.into_iter().map(row).collect()
        }
        _ => Vec::new(),
    };
    let underwater = falls.clone().and_then(|falls| {
        let path = path.as_ref().map_err(Clone::clone)?;
        let points = path.dates.iter().zip(&falls).map(|(date, fall)| json!([date, wire::number(*fall)])).collect();
        Ok::<Value, Absence>(wire::series(wire::plain_unit("fraction"), "D", points, Vec::new()))
    });
    json!({
        "drawdowns": rows,
        "current_drawdown": statistic(falls.map(|falls| falls.last().copied().unwrap_or(0.0))),
        "ulcer_index": statistic(ulcer.clone().map(|index| index.ulcer)),
        "average_drawdown": statistic(ulcer.map(|index| index.average_drawdown)),
        "underwater": maybe_wire(underwater, |series| series),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_index_is_read_strictly() {
        let series =
            json!({"points": [["2024-01-01", 1.0], ["2024-01-02", 0.8], ["2024-01-03", "1.2"], ["2024-01-04", 0.9]]});
        let value = compute(Ok(path_of_series(&series).unwrap()), 5);
        assert_eq!(value["drawdowns"][0]["peak_date"], "2024-01-03");
        assert_eq!(value["drawdowns"][1]["recovery_date"], "2024-01-03");
        assert!((value["current_drawdown"].as_f64().unwrap() + 0.25).abs() < 1e-12);
        for bad in [
            json!([["2024-01-01", 0.0]]),
            json!([["2024-01-02", 1.0], ["2024-01-01", 1.0]]),
            json!([["x", 1.0]]),
            json!([]),
        ] {
            assert_eq!(path_of_series(&json!({ "points": bad })).err().unwrap().code, "invalid_input");
        }
    }

    #[test]
    fn nothing_to_measure_is_said() {
        let value = compute(Err(formulas::Undefined::InsufficientData { needed: 1, found: 0 }.into()), 5);
        assert_eq!(value["drawdowns"], json!([]));
        assert_eq!(value["ulcer_index"]["absent"]["code"], "insufficient_data");
    }
}
