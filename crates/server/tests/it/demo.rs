//! The demo through the command line, against figures computed independently; reproducible, also after a restatement.

use crate::rig::{Rig, demo_file};
use serde_json::Value;

fn amount(value: &Value) -> f64 {
    value["amount"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no amount"))
}

#[test]
fn the_overview_equals_the_expected_figures_and_repeats_its_bytes() {
    let rig = Rig::demo("overview");
    let first = rig.good(&["run", "portfolio_overview", "--format", "json"]);
    let again = rig.good(&["run", "portfolio_overview", "--format", "json"]);
    assert_eq!(first, again, "from the result store");
    let computed = rig.good(&["run", "portfolio_overview", "--format", "json", "--no-cache"]);
    assert_eq!(first, computed, "computed again in another process");
    let answer: Value = serde_json::from_str(&first).expect("JSON");
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(demo_file("expected.json")).expect("file")).expect("JSON");
    assert_eq!(answer["status"], "complete");
    assert_eq!(answer["context"]["pricing_pack_id"], "PP_2022-06-15");
    let data = &answer["data"];
    let near = |found: f64, wanted: &Value, tolerance: f64, what: &str| {
        let wanted = wanted.as_f64().expect("a number");
        assert!((found - wanted).abs() <= tolerance, "{what}: {found}, expected {wanted}");
    };
    near(amount(&data["valued_positions"]["net_asset_value"]), &expected["nav_base"], 0.01, "nav");
    near(amount(&data["valued_positions"]["cash_value"]), &expected["cash_base"], 0.01, "cash");
    near(
        data["perf_metrics"]["time_weighted_return_itd"].as_f64().expect("a return"),
        &expected["twr"]["cash_basis"]["hybrid"],
        1e-7,
        "time-weighted return",
    );
    near(
        data["perf_metrics"]["money_weighted_return_itd"].as_f64().expect("a rate"),
        &expected["xirr"],
        1e-7,
        "money-weighted return",
    );
    assert!(
        data["sector_allocation"]["sectors"].as_array().is_some_and(|rows| rows.len() == 4),
        "{}",
        data["sector_allocation"]
    );
    let absences = first.matches("\"absent\"").count();
    let unrated = first.matches("not rated yet").count();
    assert!(absences > 0 && unrated > 0, "ratings are absent with their reason");
}

#[test]
fn a_restatement_makes_a_new_pack_and_keeps_the_old_result() {
    let rig = Rig::demo("restated");
    let before: Value = rig.json(&["run", "portfolio_overview", "--format", "json"]);
    let report = rig.json(&[
        "packs",
        "restate",
        "--date",
        "2021-11-19",
        "--price",
        "XNAS:AAPL=160.00",
        "--reason",
        "vendor correction",
        "--json",
    ]);
    assert_eq!(report["packs"][0]["new"], "PP_2021-11-19_R1");
    let after: Value = rig.json(&["run", "portfolio_overview", "--format", "json"]);
    assert_eq!(after["context"]["pricing_pack_id"], "PP_2022-06-15_R1");
    assert_ne!(after["data"]["historical_nav"], before["data"]["historical_nav"]);
    let old: Value = rig.json(&["run", "portfolio_overview", "--format", "json", "--pack", "PP_2022-06-15"]);
    for part in ["context", "data", "panels"] {
        assert_eq!(old[part], before[part], "{part} of the old pack changed");
    }
    let recomputed: Value =
        rig.json(&["run", "portfolio_overview", "--format", "json", "--pack", "PP_2022-06-15", "--no-cache"]);
    assert_eq!(recomputed["data"], before["data"]);
    assert_eq!(old["staleness"]["performance_strip"]["state"], "restated");
    let shown = rig.good(&["run", "portfolio_overview"]);
    assert!(shown.contains("restated: vendor correction"), "{shown}");
    let shown = rig.good(&["run", "portfolio_overview", "--pack", "PP_2022-06-15"]);
    assert!(shown.contains("restated since: PP_2022-06-15_R1"), "{shown}");
    rig.good(&["packs", "verify"]);
}
