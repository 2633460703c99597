//! PAT0033: the version number says as much as the change.

use crate::plan;
use pattern::check_version;
use serde_json::{Value, json};

fn base() -> Value {
    json!({
        "format": 2, "id": "one", "name": "One", "description": "One step", "version": "1.2.3",
        "inputs": { "portfolio_id": { "type": "portfolio_id" }, "days": { "type": "integer", "default": 252, "maximum": 1000 } },
        "steps": [
            { "capability": "metrics.compute_twr", "as": "perf", "args": { "lookback_days": "{{inputs.days}}" } },
            { "capability": "portfolio.get_valued_positions", "as": "valued" },
        ],
        "outputs": ["perf", "valued"],
    })
}

#[test]
fn each_change_asks_for_its_number() {
    let days = |declaration: Value| ("/inputs/days", declaration);
    for (version, change, expected) in [
        ("1.2.3", ("/description", json!("Other words")), Some("1.2.4")),
        ("1.2.4", ("/description", json!("Other words")), None),
        ("1.2.4", ("/panels", json!([{ "id": "strip", "metrics": [] }])), Some("1.3.0")),
        ("1.3.0", ("/panels", json!([{ "id": "strip", "metrics": [] }])), None),
        ("1.3.0", days(json!({ "type": "integer", "default": 100, "maximum": 1000 })), Some("2.0.0")),
        ("1.3.0", days(json!({ "type": "integer", "default": 252, "maximum": 500 })), Some("2.0.0")),
        ("1.2.4", days(json!({ "type": "integer", "default": 252, "maximum": 2000 })), None),
        ("2.0.0", ("/outputs", json!({ "perf": "{{perf}}", "v": "{{valued}}" })), None),
        ("1.9.0", ("/outputs", json!({ "perf": "{{perf}}", "v": "{{valued}}" })), Some("2.0.0")),
    ] {
        let before = plan("one.json", &base().to_string());
        let mut after = base();
        after["version"] = version.into();
        let (parent, name) = change.0.rsplit_once('/').unwrap();
        after.pointer_mut(parent).unwrap()[name] = change.1.clone();
        let text = after.to_string();
        let file = pattern::parse("one.json", &text).unwrap();
        let found = check_version(&before, &plan("one.json", &text), &file);
        assert_eq!(
            found.as_ref().and_then(|one| one.suggestion.as_deref()),
            expected,
            "{version} {change:?} {found:?}"
        );
        assert!(found.is_none_or(|one| one.rule == "PAT0033"));
    }
    let same = plan("one.json", &base().to_string());
    let file = pattern::parse("one.json", &base().to_string()).unwrap();
    assert_eq!(check_version(&same, &same, &file), None);
}
