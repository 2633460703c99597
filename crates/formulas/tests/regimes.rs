//! The regimes and the short-term cycle on the demo's series, by data month, against the phases that the definition is
//! known to give; and against the recessions that the NBER dated later.

mod common;

use common::table;
use formulas::macro_statistics::{CycleDefinition, PhaseState, SeriesOfPeriods, phase_likelihood};
use std::collections::BTreeMap;
use std::sync::LazyLock;

fn month(text: &str) -> i32 {
    let number = |text: &str| text.parse::<i32>().expect("a number");
    number(&text[..4]) * 12 + number(&text[5..7]) - 1
}

/// Monthly values of the demo's series by id.
static SERIES: LazyLock<BTreeMap<String, SeriesOfPeriods>> = LazyLock::new(|| {
    let mut series: BTreeMap<String, SeriesOfPeriods> = BTreeMap::new();
    for row in table("macro.csv") {
        if let Ok(value) = row["value"].parse() {
            series.entry(row["series_id"].clone()).or_default().insert(month(&row["date"]), value);
        }
    }
    series
});

/// x_t / x_{t−lag} − 1, or the difference.
fn change(values: &SeriesOfPeriods, lag: i32, of: fn(f64, f64) -> f64) -> SeriesOfPeriods {
    values.iter().filter_map(|(at, value)| Some((*at, of(*value, *values.get(&(at - lag))?)))).collect()
}

fn growth(now: f64, before: f64) -> f64 {
    now / before - 1.0
}

fn difference(now: f64, before: f64) -> f64 {
    now - before
}

/// A quarter's value stands for its three months.
fn held(quarterly: &SeriesOfPeriods) -> SeriesOfPeriods {
    quarterly.iter().flat_map(|(at, value)| (0..3).map(move |month| (at + month, *value))).collect()
}

fn indicators() -> BTreeMap<String, SeriesOfPeriods> {
    let of = |id: &str| &SERIES[id];
    let indicators = [
        ("T10Y2Y", of("T10Y2YM").clone()),
        ("UNRATE", of("UNRATE").clone()),
        ("UNRATE_D6", change(of("UNRATE"), 6, difference)),
        ("INDPRO_YOY", change(of("INDPRO"), 12, growth)),
        ("CPI_YOY", change(of("CPIAUCSL"), 12, growth)),
        ("PAYROLLS_YOY", change(of("PAYEMS"), 12, growth)),
        ("REAL_GDP_YOY", held(&change(of("GDPC1"), 12, growth))),
        ("CREDIT_GROWTH", change(of("BUSLOANS"), 12, growth)),
    ];
    indicators.map(|(id, values)| (id.to_owned(), values)).into()
}

fn states(cycle: &str, series: &BTreeMap<String, SeriesOfPeriods>) -> BTreeMap<i32, PhaseState> {
    let cycle = CycleDefinition::named(cycle).expect("a cycle of this build");
    phase_likelihood(&cycle.table, series).expect("states").into_iter().map(|state| (state.period, state)).collect()
}

fn phase_name(cycle: &str, state: &PhaseState) -> String {
    let cycle = CycleDefinition::named(cycle).expect("a cycle of this build");
    state.phase.as_ref().map_or_else(|reason| reason.code().to_owned(), |at| cycle.table.phases[*at].name.clone())
}

fn check(cycle: &str, expected: &[(&str, &str)]) {
    let states = states(cycle, &indicators());
    for (date, phase) in expected {
        assert_eq!(phase_name(cycle, &states[&month(date)]), *phase, "{cycle} {date}");
    }
}

#[test]
fn regimes_of_known_months() {
    let expected = [
        ("2005-06", "MID_EXPANSION"),
        ("2006-06", "LATE_EXPANSION"),
        ("2008-06", "EARLY_CONTRACTION"),
        ("2009-06", "DEEP_CONTRACTION"),
        ("2010-06", "EARLY_EXPANSION"),
        ("2018-06", "LATE_EXPANSION"),
        ("2020-06", "DEEP_CONTRACTION"),
        ("2022-06", "LATE_EXPANSION"),
        ("2025-06", "MID_EXPANSION"),
    ];
    check("regime_v2", &expected);
}

#[test]
fn phases_of_the_short_term_cycle() {
    let expected = [
        ("1998-06", "Mid Expansion"),
        ("2001-06", "Early Recession"),
        ("2004-06", "Early Recovery"),
        ("2007-06", "Late Expansion / Boom"),
        ("2010-06", "Early Recovery"),
        ("2013-06", "Mid Expansion"),
        ("2020-05", "Deep Recession"),
        ("2022-06", "Late Expansion / Boom"),
    ];
    check("stdc", &expected);
}

#[test]
fn recessions_are_contractions() {
    let states = states("regime_v2", &indicators());
    let (mut months, mut found) = (0, 0);
    for row in table("us_recessions.csv") {
        // From the month after the peak through the trough.
        for at in month(&row["peak"]) + 1..=month(&row["trough"]) {
            if at >= month("1990-08") {
                months += 1;
                found += usize::from(phase_name("regime_v2", &states[&at]).ends_with("CONTRACTION"));
            }
        }
    }
    assert_eq!(months, 36);
    assert!(found >= 32, "{found} of {months}");
}

#[test]
fn what_is_missing_lowers_confidence() {
    // The demo has no Baa spread: a fifth of the weight is missing everywhere.
    let all = indicators();
    let with = states("regime_v2", &all);
    let latest = &with[&month("2025-06")];
    assert!(0.8 < latest.coverage && latest.coverage < 0.9, "{}", latest.coverage);
    assert!(latest.confidence <= latest.coverage);
    let mut fewer = all.clone();
    fewer.remove("CPI_YOY");
    let without = states("regime_v2", &fewer);
    assert!(without[&month("2025-06")].coverage < latest.coverage);
    fewer.retain(|id, _| id == "UNRATE");
    let cycle = CycleDefinition::named("regime_v2").expect("a cycle of this build");
    assert_eq!(phase_likelihood(&cycle.table, &fewer).expect_err("too little").code(), "insufficient_coverage");
}
