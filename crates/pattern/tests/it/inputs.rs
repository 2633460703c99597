//! Inputs of a request: typed, defaulted, bounded, all problems at once.

use crate::plan;
use chrono::NaiveDate;
use pattern::{Plan, ResolvedInputs, resolve_inputs};
use serde_json::{Value, json};

fn declared() -> Plan {
    let text = json!({
        "format": 2, "id": "asks", "name": "Asks", "description": "Many inputs", "version": "1.0.0",
        "inputs": {
            "portfolio_id": { "type": "portfolio_id" },
            "days": { "type": "integer", "default": 252, "minimum": 2, "maximum": 12600 },
            "since": { "type": "date", "default": "-30d" },
            "hedge": { "type": "text", "enum": ["unhedged", "hedged"], "default": "unhedged" },
            "deep": { "type": "boolean", "default": false },
            "share": { "type": "fraction", "required": false },
            "goal": { "type": "money", "required": false },
            "shocks": { "type": "object", "required": false },
        },
        "steps": [{ "capability": "portfolio.get_valued_positions", "as": "valued" }],
        "outputs": ["valued"],
        "unused_ok": { "days": "", "since": "", "hedge": "", "deep": "", "share": "", "goal": "", "shocks": "" },
    });
    plan("asks.json", &text.to_string())
}

const PORTFOLIO: &str = "0190a1b2-0000-7000-8000-000000000001";

fn resolve(given: Value, from_text: bool, lenient: bool) -> Result<ResolvedInputs, Vec<String>> {
    let Value::Object(given) = given else { panic!("not an object") };
    let today = NaiveDate::from_ymd_opt(2022, 6, 15).unwrap();
    resolve_inputs(&declared(), &given, today, from_text, lenient).map_err(|problems| {
        problems.into_iter().map(|one| format!("{} {} {}", one.pointer, one.code, one.detail)).collect()
    })
}

#[test]
fn what_is_not_given_is_the_default_or_absent_never_null() {
    let (inputs, ignored) = resolve(json!({ "portfolio_id": PORTFOLIO, "share": null }), false, false).unwrap();
    assert!(ignored.is_empty());
    assert_eq!(inputs["days"], json!(252));
    assert_eq!(inputs["since"], json!("2022-05-16"));
    assert_eq!(inputs["share"]["absent"]["code"], "not_given");
    assert_eq!(inputs["goal"]["absent"]["why"], "not_given: goal");
}

#[test]
fn all_problems_come_at_once_each_with_its_pointer() {
    let problems = resolve(
        json!({ "portfolio_id": "mine", "dais": 3, "days": 1, "since": "2022-02-30", "hedge": "half", "deep": "true",
                "goal": { "amount": "1", "currency": "eur" } }),
        false,
        false,
    )
    .unwrap_err();
    let starts = [
        "/dais unknown_input",
        "/days invalid_input 1 is below the minimum 2",
        "/deep invalid_input",
        "/goal invalid_input",
        "/hedge invalid_input \"half\" is not one of unhedged, hedged",
        "/portfolio_id invalid_input",
        "/since invalid_input",
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem} instead of {start}");
    }
}

#[test]
fn an_unknown_input_names_its_neighbour_or_is_ignored_when_the_request_says_so() {
    let given = json!({ "portfolio_id": PORTFOLIO, "dayz": 3 });
    let Value::Object(members) = given.clone() else { panic!() };
    let today = NaiveDate::from_ymd_opt(2022, 6, 15).unwrap();
    let problems = resolve_inputs(&declared(), &members, today, false, false).unwrap_err();
    assert_eq!(problems[0].suggestion.as_deref(), Some("did you mean `days`?"));
    assert_eq!(resolve(given, false, true).unwrap().1, ["dayz"]);
}

#[test]
fn text_stands_for_numbers_and_truths_only_where_everything_is_text() {
    let given =
        json!({ "portfolio_id": PORTFOLIO, "days": "500", "deep": "true", "share": "0.5", "shocks": "{\"a\":1}" });
    let (inputs, _) = resolve(given.clone(), true, false).unwrap();
    assert_eq!((&inputs["days"], &inputs["deep"], &inputs["share"]), (&json!(500), &json!(true), &json!(0.5)));
    assert_eq!(inputs["shocks"], json!({ "a": 1 }));
    assert_eq!(resolve(given, false, false).unwrap_err().len(), 4);
}

#[test]
fn lists_and_records_are_bounded_together() {
    let problems = resolve(json!({ "portfolio_id": PORTFOLIO, "shocks": { "a": "x".repeat(300_000) } }), false, false)
        .unwrap_err();
    assert!(problems[0].contains("at most 262144"), "{problems:?}");
}
