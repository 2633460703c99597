//! Runs every case of `cases/` and compares the answers; proves that no metric, type of transaction, or convention of the
//! format is without a case.
//!
//! A query of these files has `expected` beside it: a value, or `{"absent": code}`. Decimals compare by value, exactly
//! where both are short, else to nine digits (`tolerance` widens it).

use std::collections::BTreeSet;
use std::path::PathBuf;

use portfolio_case::case::{Kind, number_of};
use portfolio_case::metrics::METRICS;
use serde_json::Value;

fn files() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, value)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn cases() -> Vec<(String, Value)> {
    files()
        .into_iter()
        .flat_map(|(name, file)| {
            assert_eq!(file["schema"], portfolio_case::SCHEMA, "{name}");
            let cases = file["cases"].as_array().expect("cases").clone();
            cases.into_iter().map(move |case| (format!("{name}: {}", case["id"].as_str().unwrap_or("?")), case))
        })
        .collect()
}

/// Where `found` differs from `expected`; empty where it does not.
fn difference(expected: &Value, found: &Value, tolerance: f64) -> Option<String> {
    match (expected, found) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| difference(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            if a.keys().collect::<Vec<_>>() != b.keys().collect::<Vec<_>>() {
                return Some(format!("expected keys of {expected}, found {found}"));
            }
            a.iter().find_map(|(key, value)| difference(value, &b[key], tolerance).map(|text| format!("{key}: {text}")))
        }
        (Value::String(a), Value::String(b)) if a == b => None,
        (Value::Bool(a), Value::Bool(b)) if a == b => None,
        (Value::String(_), Value::String(_)) => match (number_of(expected), number_of(found)) {
            (Some(a), Some(b)) => {
                let (x, y) = (a.to_f64(), b.to_f64());
                let scale = x.abs().max(y.abs()).max(1e-9);
                ((x - y).abs() > tolerance * scale).then(|| format!("expected {expected}, found {found}"))
            }
            _ => Some(format!("expected {expected}, found {found}")),
        },
        _ => Some(format!("expected {expected}, found {found}")),
    }
}

#[test]
fn every_case_is_answered_as_reasoned() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, case) in cases() {
        count += 1;
        assert!(case["note"].as_str().is_some_and(|note| note.len() > 20), "{name} has no reasoning in its note");
        let output = match portfolio_case::answer(&case, true) {
            Ok(output) => output,
            Err(problems) => {
                failures.push(format!("{name}: {}", problems[0]));
                continue;
            }
        };
        assert!(output.get("warnings").is_none(), "{name}: {}", output["warnings"]);
        let queries = case["queries"].as_array().expect("queries");
        let answers = output["answers"].as_array().expect("answers");
        assert_eq!(queries.len(), answers.len(), "{name}");
        for (query, answer) in queries.iter().zip(answers) {
            let expected = &query["expected"];
            assert!(!expected.is_null(), "{name}: {} has no expectation", query["metric"]);
            let tolerance = query["tolerance"].as_str().and_then(|text| text.parse().ok()).unwrap_or(1e-9);
            let differs = match expected.get("absent") {
                Some(code) => {
                    (answer.get("absent") != Some(code)).then(|| format!("expected {expected}, found {answer}"))
                }
                None => match answer.get("value") {
                    Some(found) => difference(expected, found, tolerance),
                    None => Some(format!("expected {expected}, found {answer}")),
                },
            };
            if let Some(text) = differs {
                failures.push(format!("{name}: {} {} {}: {text}", query["metric"], query["scope"], query["params"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} differences in {count} cases\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 60, "only {count} cases");
}

#[test]
fn ids_are_unique() {
    let ids: Vec<String> = cases().iter().map(|(_, case)| case["id"].as_str().expect("id").to_owned()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn every_metric_and_type_has_a_case() {
    let all = cases();
    let asked: BTreeSet<&str> = all
        .iter()
        .flat_map(|(_, case)| case["queries"].as_array().expect("queries"))
        .filter(|query| query["expected"].get("absent").is_none() || query["metric"] == "trade_end")
        .filter_map(|query| query["metric"].as_str())
        .collect();
    let missing: Vec<&&str> = METRICS.iter().filter(|metric| !asked.contains(**metric)).collect();
    assert!(missing.is_empty(), "no case asks for {missing:?}");
    let booked: BTreeSet<&str> = all
        .iter()
        .flat_map(|(_, case)| case["transactions"].as_array().into_iter().flatten())
        .filter_map(|t| t["type"].as_str())
        .collect();
    let unbooked: Vec<&str> = Kind::ALL.iter().map(|(name, _)| *name).filter(|name| !booked.contains(name)).collect();
    assert!(unbooked.is_empty(), "no case books {unbooked:?}");
}

/// Each row: a choice that the format names, and the cases' words that select it (any of them, in conventions or params).
const CHOICES: &[(&str, &[&str])] = &[
    ("Ghostfolio's column", &["ghostfolio"]),
    ("Portfolio Performance's column", &["portfolio_performance"]),
    ("Wealthfolio's column", &["wealthfolio"]),
    ("hledger's column", &["hledger"]),
    ("Beancount's column", &["beancount"]),
    ("rotki's column", &["rotki"]),
    ("FIFO", &["\"FIFO\""]),
    ("LIFO", &["\"LIFO\""]),
    ("HIFO", &["\"HIFO\""]),
    ("average cost", &["\"AVERAGE\""]),
    ("strict lots", &["\"STRICT\""]),
    ("specific lots", &["\"SPECIFIC\""]),
    ("fees in or out of cost", &["\"fees_in_cost\""]),
    ("taxes in or out", &["\"taxes\""]),
    ("first price before the first quote", &["\"first_before_first\""]),
    ("exact prices", &["\"exact\""]),
    ("purchases first", &["\"purchases_first\""]),
    ("sales first", &["\"sales_first\""]),
    ("flow at start", &["\"start_of_day\""]),
    ("flow at end", &["\"end_of_day\""]),
    ("flow in the middle", &["\"mid_day\""]),
    ("gross in- and outflows", &["\"in_out\""]),
    ("linked windows", &["\"windows\""]),
    ("days of the internal rate", &["\"day_count\""]),
    ("days of annualisation", &["\"annualisation\""]),
    ("volatility of the period", &["\"period_log\""]),
    ("volatility per year", &["\"sqrt_252\""]),
    ("dividends in the gain", &["\"dividends_in_gain\""]),
    ("cents at each booking", &["\"cents_half_up_each_booking\""]),
    ("eight decimals", &["\"8_decimals\""]),
    ("rate for cost", &["\"fx\""]),
    ("short positions", &["\"allow_short\""]),
    ("long-term after days", &["\"long_term_days\""]),
    ("time zone", &["\"time_zone\""]),
];

#[test]
fn every_convention_has_a_case() {
    let mut chosen = String::new();
    for (_, case) in cases() {
        chosen.push_str(&case["conventions"].to_string());
        for query in case["queries"].as_array().expect("queries") {
            chosen.push_str(&query["params"].to_string());
        }
    }
    let missing: Vec<&str> = CHOICES
        .iter()
        .filter(|(_, words)| !words.iter().any(|word| chosen.contains(word)))
        .map(|(name, _)| *name)
        .collect();
    assert!(missing.is_empty(), "no case selects {missing:?}");
}
