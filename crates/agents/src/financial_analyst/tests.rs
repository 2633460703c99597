//! The pure computations on small books made by hand.

use ledger::Kind;
use money::Currency;
use serde_json::{Value, json};

use super::*;
use crate::args::Args;
use crate::testbed::{Bed, day, dec, id};

fn args(value: Value) -> Args {
    // Checked by the registry's tests; here only what the computation reads.
    let input = match &value {
        Value::Object(members) => capability::Schema::record(
            members.keys().map(|name| capability::Field::optional(name, capability::Type::Any, name)),
        ),
        _ => capability::Schema::default(),
    };
    let declaration = capability::Declaration::read(
        "test.args",
        "1.0.0",
        "financial_analyst",
        "",
        input,
        capability::Schema::default(),
    );
    Args::checked(&declaration, value).expect("arguments")
}

/// 10 shares for 100 dollars each when a dollar is 0.80 euro; the share gains 10 %, the dollar 5 %.
fn small_book() -> Bed {
    Bed::default()
        .security("OIL", "stock", Currency::USD)
        .rates(Currency::USD, [("2024-03-25", "1.25"), ("2024-03-26", "1.25"), ("2024-03-27", "1.190476190476190476")])
        .prices("OIL", Currency::USD, [("2024-03-25", "100"), ("2024-03-26", "100"), ("2024-03-27", "110")])
        .deposit("2024-03-25", "1500", Currency::USD)
        .buy("2024-03-25", "OIL", "10", "100", Currency::USD)
}

#[test]
fn valued_positions_of_a_small_book() {
    let scene = small_book().scene("2024-03-25", "2024-03-27");
    let found = portfolio_get_valued_positions::compute(&scene);
    assert_eq!(found.warnings, []);
    insta::assert_json_snapshot!("valued_positions", found.value);
}

#[test]
fn performance_of_a_small_book() {
    let scene = small_book().setting("risk_free", json!("0.02")).scene("2024-03-25", "2024-03-27");
    let found = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).expect("metrics");
    // 1,500 dollars of 0.80 become 1,600 of 0.84.
    let wanted = 1600.0 * 0.84 / 1200.0 - 1.0;
    for name in ["time_weighted_return_1d", "time_weighted_return_itd", "lookback_return", "best_day"] {
        let value = found.value[name].as_f64().unwrap_or_else(|| panic!("{name}: {}", found.value[name]));
        assert!((value - wanted).abs() < 1e-12, "{name}: {value} {wanted}");
    }
    assert_eq!(found.value["maximum_drawdown"], json!(0.0));
    let codes: Vec<(&str, &str)> = [
        "time_weighted_return_1y",
        "time_weighted_return_itd_annualized",
        "volatility_30d",
        "calmar_ratio",
        "money_weighted_return_itd",
    ]
    .map(|name| (name, found.value[name]["absent"]["code"].as_str().unwrap_or("present")))
    .to_vec();
    assert_eq!(
        codes,
        [
            ("time_weighted_return_1y", "insufficient_data"),
            ("time_weighted_return_itd_annualized", "not_annualisable"),
            ("volatility_30d", "insufficient_data"),
            ("calmar_ratio", "zero_denominator"),
            ("money_weighted_return_itd", "not_annualisable"),
        ]
    );
    let without_rate = small_book().scene("2024-03-25", "2024-03-27");
    let found = metrics_compute_twr::compute(&without_rate, &args(json!({"lookback_days": 252}))).expect("metrics");
    assert_eq!(found.value["sharpe_ratio"]["absent"]["why"], "missing_series: RF_EUR");
    assert!(found.value["volatility"].is_f64());
}

#[test]
fn the_parts_of_the_return_are_told_apart() {
    let scene = small_book().scene("2024-03-25", "2024-03-27");
    let found = attribution_currency::compute(&scene, &args(json!({"lookback_days": 1}))).expect("attribution").value;
    // Of 1,500 dollars 1,000 are in the share: 10 % of 1,000 is 6.67 % of 1,500; the dollar gains 5 %.
    for (name, wanted) in
        [("local_return", 100.0 / 1500.0), ("currency_return", 0.05), ("interaction", 100.0 / 1500.0 * 0.05)]
    {
        assert!((found[name].as_f64().expect(name) - wanted).abs() < 1e-12, "{name}: {}", found[name]);
    }
    assert_eq!(found["start_date"], "2024-03-26");
    assert_eq!(found["by_position"][0]["symbol"], "OIL");
}

#[test]
fn flow_timing_decides_what_a_deposit_earned() {
    let bed = || {
        Bed::default()
            .security("X", "stock", Currency::EUR)
            .prices("X", Currency::EUR, [("2024-03-25", "100"), ("2024-03-26", "110")])
            .deposit("2024-03-25", "1000", Currency::EUR)
            .buy("2024-03-25", "X", "10", "100", Currency::EUR)
            .deposit("2024-03-26", "100", Currency::EUR)
    };
    for (timing, wanted) in
        [("start", 100.0 / 1100.0), ("mid", 100.0 / 1050.0), ("end", 0.1), ("hybrid", 100.0 / 1100.0)]
    {
        let scene = bed().scene("2024-03-25", "2024-03-26");
        let given = args(json!({"lookback_days": 252, "flow_timing": timing}));
        let found = metrics_compute_twr::compute(&scene, &given).expect("metrics").value;
        assert!(
            (found["time_weighted_return_1d"].as_f64().expect(timing) - wanted).abs() < 1e-12,
            "{timing}: {}",
            found["time_weighted_return_1d"]
        );
    }
}

#[test]
fn a_split_is_no_return() {
    let scene = Bed::default()
        .security("X", "stock", Currency::EUR)
        .prices("X", Currency::EUR, [("2024-03-25", "100"), ("2024-03-26", "26")])
        .deposit("2024-03-25", "1000", Currency::EUR)
        .buy("2024-03-25", "X", "10", "100", Currency::EUR)
        .entry(Kind::Split, "2024-03-26", Currency::EUR, |draft| {
            draft.security_id = Some(id("X"));
            draft.ratio = ledger::Ratio::parse("4:1");
        })
        .scene("2024-03-25", "2024-03-26");
    let found = portfolio_get_valued_positions::compute(&scene).value;
    assert_eq!(
        (found["positions"][0]["quantity"].as_str(), found["net_asset_value"]["amount"].as_str()),
        (Some("40"), Some("1040"))
    );
    assert!((found["positions"][0]["day_return"].as_f64().expect("a return") - 0.04).abs() < 1e-12);
    let lots = ledger_lots::compute(&scene, &args(json!({}))).expect("lots").value;
    assert_eq!(lots["lots"][0]["quantity_original"], "40");
    assert_eq!(lots["lots"][0]["adjustments"], json!([{"date": "2024-03-26", "kind": "split", "delta": "30"}]));
}

#[test]
fn pence_are_counted_in_pounds() {
    let scene = Bed::default()
        .security("PIT", "stock", Currency::GBX)
        .rates(Currency::GBP, [("2024-03-25", "0.80")])
        .prices("PIT", Currency::GBX, [("2024-03-25", "250")])
        .deposit("2024-03-25", "100", Currency::GBP)
        .buy("2024-03-25", "PIT", "40", "250", Currency::GBX)
        .scene("2024-03-25", "2024-03-25");
    let row = &portfolio_get_valued_positions::compute(&scene).value["positions"][0];
    assert_eq!(row["price"], json!({"amount": "250", "currency": "GBX"}));
    assert_eq!(row["value_local"], json!({"amount": "100", "currency": "GBP"}));
    assert_eq!(row["market_value"], json!({"amount": "125", "currency": "EUR"}));
    assert_eq!(row["unrealized_gain"], json!({"amount": "0", "currency": "EUR"}));
    assert_eq!(row["currency_gain"], json!({"amount": "0", "currency": "EUR"}));
}

#[test]
fn an_old_price_is_stale_then_missing() {
    let bed = || {
        Bed::default()
            .security("X", "stock", Currency::EUR)
            .prices("X", Currency::EUR, [("2024-03-25", "100")])
            .deposit("2024-03-25", "1000", Currency::EUR)
            .buy("2024-03-25", "X", "10", "100", Currency::EUR)
    };
    // A weekend makes no price old.
    for (last, stale, usable) in [
        ("2024-03-25", false, true),
        ("2024-03-26", true, true),
        ("2024-04-01", true, true),
        ("2024-04-02", false, false),
    ] {
        let scene = bed().scene("2024-03-25", last);
        let found = portfolio_get_valued_positions::compute(&scene);
        let row = &found.value["positions"][0];
        assert_eq!(
            (row["stale"].as_bool(), row["market_value"]["amount"].is_string()),
            (Some(stale), usable),
            "{last}"
        );
        assert_eq!(found.warnings.len(), usize::from(stale), "{last}");
        if !usable {
            assert_eq!(found.value["missing"][0]["why"], format!("missing_price: X on {last}"));
            assert_eq!(found.value["net_asset_value"]["absent"]["code"], "incomplete");
            let sectors = portfolio_sector_allocation::compute(&scene, None).value;
            assert_eq!(sectors["sectors"][0]["market_value"]["absent"]["code"], "missing_price");
        }
    }
    let friday = Bed::default()
        .security("X", "stock", Currency::EUR)
        .prices("X", Currency::EUR, [("2024-03-22", "100")])
        .deposit("2024-03-22", "1000", Currency::EUR)
        .buy("2024-03-22", "X", "10", "100", Currency::EUR)
        .scene("2024-03-22", "2024-03-24");
    assert_eq!(portfolio_get_valued_positions::compute(&friday).value["positions"][0]["stale"], false);
}

#[test]
fn a_missing_rate_is_named() {
    let scene = Bed::default()
        .rates(Currency::USD, [("2024-03-25", "1.25")])
        .deposit("2024-03-25", "1000", Currency::EUR)
        .deposit("2024-03-25", "125", Currency::USD)
        .scene("2024-03-25", "2024-04-03");
    let found = portfolio_get_valued_positions::compute(&scene).value;
    assert_eq!(found["cash"][1]["base_value"]["absent"]["why"], "missing_fx: USD/EUR on 2024-04-03");
    assert_eq!(found["partial_value"]["amount"], "1000");
    let metrics = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).expect("metrics").value;
    assert_eq!(metrics["time_weighted_return_itd"]["absent"]["code"], "missing_fx");
}

#[test]
fn statistics_leave_out_a_small_hole_and_refuse_a_large_one() {
    let bed = |unquoted: &str| {
        Bed::default()
            .security("X", "stock", Currency::EUR)
            .security("UNQUOTED", "private", Currency::EUR)
            .prices("X", Currency::EUR, [("2024-03-25", "100"), ("2024-03-26", "110"), ("2024-03-27", "121")])
            .deposit("2024-03-25", "10000", Currency::EUR)
            .buy("2024-03-25", "X", "90", "100", Currency::EUR)
            .buy("2024-03-26", "UNQUOTED", unquoted, "1", Currency::EUR)
    };
    let scene = bed("400").scene("2024-03-25", "2024-03-27");
    let found = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).expect("metrics");
    // What went into the unquoted company is as if it had been withdrawn; 90 shares and 1,000, then 600, in cash remain.
    let wanted = (10_900.0 / 10_000.0) * ((90.0 * 121.0 + 600.0) / (90.0 * 110.0 + 600.0)) - 1.0;
    let itd = found.value["time_weighted_return_itd"].as_f64().expect("a return");
    assert!((itd - wanted).abs() < 1e-12, "{itd} {wanted}");
    let coverage = 11_490.0 / 11_890.0;
    assert!((found.value["coverage"].as_f64().expect("coverage") - coverage).abs() < 1e-12);
    assert_eq!(found.value["excluded"], json!(["UNQUOTED"]));
    assert_eq!(found.warnings[0].code, "partial_coverage");
    let scene = bed("1000").scene("2024-03-25", "2024-03-27");
    let found = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).expect("metrics").value;
    assert_eq!(found["volatility"]["absent"]["code"], "insufficient_coverage");
    assert_eq!(found["volatility"]["absent"]["subject"]["excluded"], json!(["UNQUOTED"]));
    let stated =
        bed("1000").manual_price("UNQUOTED", "2024-03-26", "1", Currency::EUR).scene("2024-03-25", "2024-03-27");
    let found = metrics_compute_twr::compute(&stated, &args(json!({"lookback_days": 252}))).expect("metrics").value;
    assert_eq!((found["coverage"].as_f64(), found["excluded"].clone()), (Some(1.0), json!([])));
}

#[test]
fn a_book_that_never_sleeps_has_365_days() {
    let bed = |kind: &str| {
        Bed::default()
            .security("COIN", kind, Currency::EUR)
            .prices(
                "COIN",
                Currency::EUR,
                [("2024-03-22", "100"), ("2024-03-23", "110"), ("2024-03-24", "121"), ("2024-03-25", "121")],
            )
            .deposit("2024-03-22", "1000", Currency::EUR)
            .buy("2024-03-22", "COIN", "10", "100", Currency::EUR)
            .scene("2024-03-22", "2024-03-25")
    };
    for (kind, per_year, observations, best) in [("crypto", 365.0, 4, 0.1), ("stock", 252.0, 2, 0.21)] {
        let found =
            metrics_compute_twr::compute(&bed(kind), &args(json!({"lookback_days": 252}))).expect("metrics").value;
        assert_eq!(
            (found["periods_per_year"].as_f64(), found["observations"].as_u64()),
            (Some(per_year), Some(observations)),
            "{kind}"
        );
        assert!((found["best_day"].as_f64().expect(kind) - best).abs() < 1e-12, "{kind}");
    }
}

#[test]
fn a_transfer_in_kind_is_a_flow_not_a_gain() {
    let scene = Bed::default()
        .security("X", "stock", Currency::EUR)
        .prices("X", Currency::EUR, [("2024-03-25", "100"), ("2024-03-26", "110")])
        .deposit("2024-03-25", "1000", Currency::EUR)
        .entry(Kind::TransferIn, "2024-03-26", Currency::EUR, |draft| {
            draft.security_id = Some(id("X"));
            draft.quantity = Some(dec("10"));
            draft.price = Some(dec("110"));
            draft.lot_date = Some(day("2020-01-02"));
            draft.lot_cost = Some(dec("500"));
        })
        .scene("2024-03-25", "2024-03-26");
    let history = portfolio_historical_nav::compute(&scene, &args(json!({"lookback_days": 365}))).value;
    assert_eq!(history["total_return"], json!(0.0));
    assert_eq!(history["flows"][1], json!({"date": "2024-03-26", "amount": {"amount": "1100", "currency": "EUR"}}));
    let gains = metrics_unrealized_pl::compute(&scene, &args(json!({}))).value;
    assert_eq!(
        (gains["long_term_total"]["amount"].as_str(), gains["short_term_total"]["amount"].as_str()),
        (Some("600"), Some("0"))
    );
    assert_eq!(gains["positions"][0]["holding_days_max"], (day("2024-03-26") - day("2020-01-02")).num_days());
}

#[test]
fn an_empty_book_says_so_everywhere() {
    let scene = Bed::default()
        .security("X", "stock", Currency::EUR)
        .prices("X", Currency::EUR, [("2024-03-25", "100")])
        .scene("2024-03-25", "2024-03-26");
    let valued = portfolio_get_valued_positions::compute(&scene).value;
    assert_eq!((valued["net_asset_value"]["amount"].as_str(), valued["positions"].clone()), (Some("0"), json!([])));
    let metrics = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).expect("metrics").value;
    assert_eq!(metrics["time_weighted_return_itd"]["absent"]["code"], "insufficient_data");
    let money = metrics_compute_mwr::compute(&scene, &args(json!({}))).expect("metrics").value;
    assert_eq!(money["status"], "insufficient_data");
    let nav = portfolio_historical_nav::compute(&scene, &args(json!({"lookback_days": 365}))).value;
    assert_eq!(nav["series"]["absent"]["code"], "insufficient_data");
    let years = metrics_calendar_returns::compute(&scene).value;
    assert_eq!(years["years"], json!([]));
    let split = attribution_currency::compute(&scene, &args(json!({"lookback_days": 1}))).expect("attribution").value;
    assert_eq!(split["local_return"]["absent"]["code"], "insufficient_data");
    let spread = portfolio_allocation::compute(&scene, &args(json!({}))).value;
    assert_eq!(spread["concentration"]["hhi"]["absent"]["code"], "insufficient_data");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    /// Whatever prices and rates do: parts sum to the whole, weights to one, and without flows the value is the return.
    #[test]
    fn parts_sum_to_the_whole(
        prices in proptest::collection::vec(1u32..100_000, 3),
        rates in proptest::collection::vec(5_000u32..20_000, 3),
        units in 1u32..1_000,
    ) {
        let money = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
        let rate = |points: u32| format!("{}.{:04}", points / 10_000, points % 10_000);
        let days = ["2024-03-25", "2024-03-26", "2024-03-27"];
        let closes: Vec<String> = prices.iter().map(|cents| money(*cents)).collect();
        let fixings: Vec<String> = rates.iter().map(|points| rate(*points)).collect();
        let deposit = u64::from(units) * u64::from(prices[0]) / 100 + 1_000;
        let scene = Bed::default()
            .security("OIL", "stock", Currency::USD)
            .rates(Currency::USD, [0, 1, 2].map(|at| (days[at], fixings[at].as_str())))
            .prices("OIL", Currency::USD, [0, 1, 2].map(|at| (days[at], closes[at].as_str())))
            .deposit(days[0], &deposit.to_string(), Currency::USD)
            .buy(days[0], "OIL", &units.to_string(), &closes[0], Currency::USD)
            .scene(days[0], days[2]);
        let valued = crate::valued::value_book(&scene);
        let holding = &valued.holdings[0];
        let (price, currency) = (holding.price_gain.clone().unwrap(), holding.currency_gain.clone().unwrap());
        proptest::prop_assert_eq!(price + currency, holding.unrealized.clone().unwrap());
        proptest::prop_assert_eq!(
            valued.positions_value.clone().unwrap() + valued.cash_value.clone().unwrap(),
            valued.net_asset_value.clone().unwrap()
        );
        proptest::prop_assert_eq!(valued.partial, valued.net_asset_value.clone().unwrap());
        for by in ["sector", "asset_class", "currency", "country", "account", "security"] {
            let groups = portfolio_allocation::compute(&scene, &args(json!({ "by": by }))).value;
            let sum: f64 = groups["groups"].as_array().unwrap().iter().map(|row| row["weight"].as_f64().unwrap()).sum();
            proptest::prop_assert!((sum - 1.0).abs() < 1e-9, "{}: {}", by, sum);
        }
        let metrics = metrics_compute_twr::compute(&scene, &args(json!({"lookback_days": 252}))).unwrap().value;
        let nav = money::float::to_f64(valued.net_asset_value.unwrap());
        let funded = deposit as f64 / (f64::from(rates[0]) / 10_000.0);
        let itd = metrics["time_weighted_return_itd"].as_f64().unwrap();
        proptest::prop_assert!((itd - (nav / funded - 1.0)).abs() < 1e-9 * (1.0 + itd.abs()), "{} {}", itd, nav / funded - 1.0);
        let split = attribution_currency::compute(&scene, &args(json!({"lookback_days": 252}))).unwrap().value;
        let parts: f64 = ["local_return", "currency_return", "interaction"].iter().map(|part| split[part].as_f64().unwrap()).sum();
        proptest::prop_assert!((parts - split["total_return"].as_f64().unwrap()).abs() < 1e-9 * (1.0 + itd.abs()));
    }
}
