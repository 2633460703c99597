//! `metrics.calendar_returns`: the return of each calendar month and year since the first funding.

use std::collections::BTreeMap;

use capability::{CapabilityResult, Declaration, Failure, Type, wire};
use chrono::Datelike;
use formulas::Undefined;
use formulas::returns::{FlowTiming, calendar_year_returns, link};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::financial_analyst::metrics_compute_twr::coverage_warnings;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::track::Track;
use crate::values::{Absence, Maybe, maybe as maybe_wire, statistic};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let year = Type::record([
        field("year", Type::Integer, "calendar year"),
        field("months", Type::list(Type::Fraction.optional()), "January to December; absent where nothing was held"),
        field("total", Type::Fraction, "return of the year, or of its part that is covered"),
        field("complete", Type::Boolean, "the whole year is covered"),
    ]);
    let month = || {
        Type::record([
            field("year", Type::Integer, "year"),
            field("month", Type::Integer, "month, 1 to 12"),
            field("return", Type::Fraction, "return"),
        ])
    };
    let mut declaration = Declaration::read(
        "metrics.calendar_returns",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Time-weighted return of each calendar month and year.",
        schema([portfolio()]),
        schema([
            field("years", Type::list(year), "ascending"),
            maybe("best_month", month(), "largest return of a month"),
            maybe("worst_month", month(), "smallest return of a month"),
        ]),
    );
    declaration.calculators = vec!["twr_daily".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    Ok(compute(&scene).into())
}

/// The months and years of a scene.
pub fn compute(scene: &Scene) -> Computed {
    let track = scene.measured().and_then(|measured| Ok(Track::of(&scene.folio, measured, FlowTiming::Hybrid)?));
    let value = match track.and_then(|track| table(&track)) {
        Ok(value) => value,
        Err(absence) => json!({ "years": [], "best_month": absence.wire(), "worst_month": absence.wire() }),
    };
    Computed { value, warnings: coverage_warnings(scene), sources: scene.sources() }
}

fn table(track: &Track) -> Maybe<Value> {
    let mut months: BTreeMap<(i32, u32), Vec<f64>> = BTreeMap::new();
    for (date, r) in track.daily.dates.iter().zip(&track.daily.daily) {
        if let Some(r) = r {
            months.entry((date.year(), date.month())).or_default().push(*r);
        }
    }
    let months: BTreeMap<(i32, u32), f64> = months.into_iter().map(|(month, returns)| (month, link(returns))).collect();
    let years = calendar_year_returns(&track.daily.dates, &track.daily.daily)?;
    let none = || Absence::from(Undefined::InsufficientData { needed: 1, found: 0 });
    let rows = years.iter().map(|year| {
        let cells: Vec<Value> =
            (1..=12).map(|month| statistic(months.get(&(year.year, month)).copied().ok_or_else(none))).collect();
        json!({ "year": year.year, "months": cells, "total": wire::fraction(year.rate), "complete": year.is_complete })
    });
    let rows: Vec<Value> = rows.collect();
    let shown = |found: Option<(&(i32, u32), &f64)>| {
        maybe_wire(
            found.ok_or_else(none),
            |((year, month), r)| json!({ "year": year, "month": month, "return": wire::fraction(*r) }),
        )
    };
    let best = months.iter().max_by(|a, b| a.1.total_cmp(b.1).then_with(|| b.0.cmp(a.0)));
    let worst = months.iter().min_by(|a, b| a.1.total_cmp(b.1).then_with(|| a.0.cmp(b.0)));
    Ok(json!({ "years": rows, "best_month": shown(best), "worst_month": shown(worst) }))
}
