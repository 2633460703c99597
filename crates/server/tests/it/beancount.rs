//! Real Beancount reads the exported journal and agrees on every position, cost and cash balance.

use crate::rig::{Rig, demo_file, text};
use serde_json::Value;
use std::process::Command;

/// Prints `{"errors": […], "positions": {commodity: [quantity, cost]}, "cash": {currency: amount}}`.
const ORACLE: &str = r#"
import json, sys
from collections import defaultdict
from beancount import loader
from beancount.core import realization, data
entries, errors, options = loader.load_file(sys.argv[1])
positions, cash = defaultdict(lambda: [0, 0]), defaultdict(float)
quantities, costs, money = defaultdict(int), defaultdict(int), defaultdict(int)
for entry in entries:
    if isinstance(entry, data.Transaction):
        for posting in entry.postings:
            if not posting.account.startswith("Assets:"):
                continue
            if posting.cost is not None:
                quantities[posting.units.currency] += posting.units.number
                costs[posting.units.currency] += posting.units.number * posting.cost.number
            else:
                money[posting.units.currency] += posting.units.number
print(json.dumps({
    "errors": [str(e.message) for e in errors],
    "positions": {c: [str(q), str(costs[c])] for c, q in quantities.items() if abs(q) > 1e-9},
    "cash": {c: str(a) for c, a in money.items()},
}))
"#;

fn oracle_path() -> String {
    let cache = std::env::var("XDG_CACHE_HOME")
        .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap_or_default()));
    format!("{cache}/dawsos/beancount")
}

#[test]
fn beancount_agrees_with_the_exported_journal() {
    let rig = Rig::demo("beancount");
    let journal = rig.folder().join("demo.beancount");
    rig.good(&["ledger", "export", "--format", "beancount", "--output", journal.to_str().expect("a path")]);
    let output = Command::new("python3")
        .args(["-c", ORACLE])
        .arg(&journal)
        .env("PYTHONPATH", oracle_path())
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "Beancount is missing? `make test` installs it. {}", text(&output.stderr));
    let oracle: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(oracle["errors"], serde_json::json!([]), "Beancount accepts the journal");
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(demo_file("expected.json")).expect("file")).expect("JSON");
    let number =
        |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok()).or(value.as_f64()).expect("a number");
    let positions = oracle["positions"].as_object().expect("positions");
    let wanted = expected["positions"].as_array().expect("positions");
    assert_eq!(positions.len(), wanted.len(), "{positions:?}");
    for row in wanted {
        let symbol = row["symbol"].as_str().expect("a symbol");
        let (_, found) = positions
            .iter()
            .find(|(commodity, _)| {
                let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
                plain(commodity).ends_with(&plain(symbol))
            })
            .unwrap_or_else(|| panic!("{symbol} is not in the journal: {positions:?}"));
        assert!((number(&found[0]) - number(&row["quantity"])).abs() < 1e-6, "{symbol}: {found}");
        assert!(
            (number(&found[1]) - number(&row["cost_fifo"])).abs() <= 0.015,
            "{symbol}: {found}, expected {}",
            row["cost_fifo"]
        );
    }
    for (currency, balance) in expected["cash"].as_object().expect("cash") {
        assert!(
            (number(&oracle["cash"][currency]) - number(balance)).abs() < 0.005,
            "{currency}: {}",
            oracle["cash"][currency]
        );
    }
}
