//! The demo's daily values and returns against figures computed independently: `demo/nav_daily.csv`, `demo/expected.json`.

mod common;

use common::{FIRST_DAY, LAST_DAY, cur, day, demo_book, demo_market, id, table};
use formulas::attribution::currency_daily;
use formulas::returns::{FlowTiming, link, weekday_returns, xirr};
use formulas::valuation::{DailyValuation, HoleKind, ManualPrices, daily_valuation};
use ledger::{Book, Timeline};
use money::Currency;
use pricing::MarketHistory;
use serde_json::Value;
use std::sync::LazyLock;

static BOOK: LazyLock<Book> = LazyLock::new(demo_book);
static MARKET: LazyLock<MarketHistory> = LazyLock::new(demo_market);

fn expected() -> Value {
    let text = std::fs::read_to_string(format!("{}/expected.json", common::DEMO)).expect("expected figures");
    serde_json::from_str(&text).expect("JSON")
}

fn valued(from: &str, to: &str, base: Currency) -> DailyValuation {
    let timeline = Timeline::of(&BOOK);
    daily_valuation(&timeline, &MARKET, &ManualPrices::of(&BOOK), day(from), day(to), base)
        .expect("packs in the window")
}

#[test]
fn every_day_has_the_expected_value() {
    let valuation = valued(FIRST_DAY, LAST_DAY, Currency::EUR);
    assert_eq!(valuation.missing, []);
    assert!(valuation.opens_empty);
    let rows = table("nav_daily.csv");
    assert_eq!(valuation.dates.len(), rows.len());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(valuation.dates[at], day(&row["date"]));
        let wanted: f64 = row["nav"].parse().expect("a number");
        assert!((valuation.nav[at] - wanted).abs() <= 0.01, "{}: {} {wanted}", row["date"], valuation.nav[at]);
    }
    for (date, wanted) in expected()["nav_at"].as_object().expect("dates") {
        let at = valuation.dates.binary_search(&day(date)).expect("a day of the window");
        let near =
            |found: f64, key: &str| assert!((found - wanted[key].as_f64().unwrap()).abs() <= 0.01, "{date} {key}");
        near(valuation.nav[at], "nav");
        near(valuation.positions_value[at], "securities");
        near(valuation.cash_value[at], "cash");
    }
}

#[test]
fn flows_add_up_to_what_the_book_says() {
    let (valuation, expected) = (valued(FIRST_DAY, LAST_DAY, Currency::EUR), expected());
    let total = |column: &[f64]| column.iter().sum::<f64>();
    let near = |found: f64, wanted: &Value, what: &str| {
        assert!((found - wanted.as_f64().expect("a number")).abs() <= 0.011, "{what}: {found} {wanted}");
    };
    near(total(&valuation.external_flow), &expected["net_external_flows_base"], "external flows");
    let years = expected["dividends"]["by_year"].as_object().expect("years");
    let sum = |key: &str| Value::from(years.values().map(|year| year[key].as_f64().expect("a number")).sum::<f64>());
    near(total(&valuation.income_taxes), &sum("tax_base"), "withholding tax");
    let gain = valuation.nav[valuation.nav.len() - 1] - total(&valuation.external_flow);
    near(gain, &expected["total_gain_base"], "total gain");
    assert!(total(&valuation.fees) > 0.0 && total(&valuation.transaction_taxes) > 0.0);
}

#[test]
fn time_weighted_returns_in_three_timings() {
    let expected = &expected()["twr"]["cash_basis"];
    for from in [FIRST_DAY, "2019-12-01", "2015-01-01"] {
        let valuation = valued(from, LAST_DAY, Currency::EUR);
        for timing in [FlowTiming::Start, FlowTiming::Hybrid, FlowTiming::End] {
            let found = valuation.time_weighted_return(timing).expect("a chain");
            let wanted = expected[timing.name()].as_f64().expect("a number");
            assert!((found.twr - wanted).abs() <= 1e-7, "{} from {from}: {} {wanted}", timing.name(), found.twr);
        }
    }
}

#[test]
fn weekdays_lose_nothing_of_the_weekends() {
    let returns = valued(FIRST_DAY, LAST_DAY, Currency::EUR).time_weighted_return(FlowTiming::Hybrid).expect("a chain");
    let weekdays = weekday_returns(&returns.dates, &returns.daily).expect("paired");
    assert_eq!(weekdays.len(), 663);
    assert!((link(weekdays.iter().map(|w| w.1)) - returns.twr).abs() < 1e-12);
}

#[test]
fn money_weighted_return() {
    let flows = valued(FIRST_DAY, LAST_DAY, Currency::EUR).investor_flows().expect("complete");
    let found = xirr(&flows, 0.1).expect("a rate");
    let wanted = expected()["xirr"].as_f64().expect("a number");
    assert!((found.rate - wanted).abs() <= 1e-7, "{} {wanted}", found.rate);
    assert_eq!(found.status.name(), "ok");
}

#[test]
fn windows_link_to_the_whole() {
    let whole =
        valued(FIRST_DAY, LAST_DAY, Currency::EUR).time_weighted_return(FlowTiming::Hybrid).expect("a chain").twr;
    let parts =
        [(FIRST_DAY, "2020-08-30"), ("2020-08-30", "2021-12-31"), ("2021-12-31", LAST_DAY)].map(|(from, to)| {
            valued(from, to, Currency::EUR).time_weighted_return(FlowTiming::Hybrid).expect("a chain").twr
        });
    assert!((link(parts) - whole).abs() < 1e-12);
}

#[test]
fn a_split_changes_quantity_not_value() {
    // AAPL split 4:1 on 2020-08-31; its price rose by 3.4 % that day.
    let valuation = valued("2020-08-28", "2020-08-31", Currency::USD);
    let dollars = valuation.sleeves.iter().find(|sleeve| sleeve.currency == Currency::USD).expect("dollars");
    let change = dollars.positions[3] / dollars.positions[0] - 1.0;
    assert!(change.abs() < 0.05, "{change}");
}

#[test]
fn a_missing_price_makes_the_day_missing() {
    let timeline = Timeline::of(&BOOK);
    let mut without = timeline.clone();
    // A security that the market does not know, held on two days.
    without.holdings.insert(id("unquoted"), vec![(day("2020-01-06"), 5.0), (day("2020-01-08"), 0.0)]);
    let of = |manual: &ManualPrices| {
        daily_valuation(&without, &MARKET, manual, day("2020-01-05"), day("2020-01-09"), Currency::EUR).expect("packs")
    };
    let valuation = of(&ManualPrices::default());
    let holes: Vec<_> = valuation.missing.iter().map(|hole| (hole.date, hole.kind)).collect();
    let hole = HoleKind::Price(id("unquoted"));
    assert_eq!(holes, [(day("2020-01-06"), hole), (day("2020-01-07"), hole)]);
    assert_eq!(valuation.nav.iter().map(|nav| nav.is_nan()).collect::<Vec<_>>(), [false, true, true, false, false]);
    assert_eq!(valuation.value_at(1).unwrap_err().code(), "incomplete");
    assert_eq!(valuation.time_weighted_return(FlowTiming::Hybrid).unwrap_err().reason.code(), "incomplete");
    assert_eq!(valuation.missing[0].code(), "missing_price");

    let stated = ManualPrices::new([(id("unquoted"), day("2020-01-06"), 10.0, cur("EUR"))]);
    let complete = of(&stated);
    assert_eq!(complete.missing, []);
    let plain = valued("2020-01-05", "2020-01-09", Currency::EUR);
    let extra: Vec<f64> = complete.nav.iter().zip(&plain.nav).map(|(a, b)| (a - b).round()).collect();
    assert_eq!(extra, [0.0, 50.0, 50.0, 0.0, 0.0]);
    // A rate that no pack has.
    let francs = daily_valuation(&timeline, &MARKET, &stated, day("2020-01-05"), day("2020-01-05"), cur("CHF"));
    let missing = francs.expect("packs").missing;
    assert!(!missing.is_empty() && missing.iter().all(|hole| hole.code() == "missing_fx"));
}

#[test]
fn currency_effects_sum_to_the_return_before_fees() {
    let timeline = Timeline::of(&BOOK);
    for (from, to) in [(FIRST_DAY, LAST_DAY), ("2021-06-15", LAST_DAY), ("2022-06-14", LAST_DAY)] {
        let result = currency_daily(&timeline, &MARKET, &ManualPrices::of(&BOOK), day(from), day(to), Currency::EUR);
        let result = result.expect("complete");
        assert!(result.residual_bps.abs() < 1e-6, "{}", result.residual_bps);
        let net = valued(from, to, Currency::EUR).time_weighted_return(FlowTiming::Hybrid).expect("a chain").twr;
        assert!(net <= result.total_return && result.total_return < net + 0.02 * (1.0 + net), "{net} {result:?}");
        // The base currency's own effect is what conversions into it lost.
        let euro = result.by_currency.iter().find(|(currency, _)| *currency == Currency::EUR).expect("euro").1;
        assert!(euro.currency.abs() < 1e-3 && euro.interaction == 0.0, "{euro:?}");
        let dollar = result.by_currency.iter().find(|(currency, _)| *currency == Currency::USD).expect("dollar").1;
        let positions = result.by_position.iter().filter(|p| p.currency == Currency::USD);
        let of_positions: f64 = positions.map(|p| p.effect.local).sum();
        // Dollar cash earns next to nothing at home.
        assert!((dollar.local - of_positions).abs() < 2e-3, "{} {of_positions}", dollar.local);
    }
}
