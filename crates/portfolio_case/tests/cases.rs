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

#[test]
fn the_documented_example_gives_what_is_documented() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/portfolio-cases.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let between =
        |from: &str, to: &str| page.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect("an example");
    let case: Value = serde_json::from_str(between("```json\n", "```")).expect("a case");
    let documented: Value = serde_json::from_str(between("gives `", "`.")).expect("answers");
    assert_eq!(portfolio_case::answer(&case, false).expect("a readable case"), documented);
}

/// The words of the format's table of conventions, column by column.
#[test]
fn the_formats_own_words_are_understood() {
    let columns = serde_json::json!([
        { "cost_method": "average", "fees_in_cost": "no (gain is gross, net = gross − fees)",
          "price_lookup": "last on or before", "same_day_order": "file order",
          "money_weighted": "gain / time-weighted average invested capital", "annualisation": "365 days",
          "dividends_in_gain": "no", "money_rounding": "none" },
        { "cost_method": "FIFO and average side by side", "fees_in_cost": "yes",
          "price_lookup": "last on or before; before the first quote the first; after the last the last",
          "same_day_order": "purchases before sales; flows without a time after timed purchases",
          "twr": "(V_end + out) / (V_prev + in) − 1", "money_weighted": "IRR, ACT/365", "annualisation": "365 days",
          "volatility": "stdev(log returns, n−1) × √n of the period, not annualised",
          "dividends_in_gain": "yes (earnings)", "money_rounding": "cents, half up, at each booking" },
        { "cost_method": "FIFO", "fees_in_cost": "yes", "price_lookup": "fill forward", "same_day_order": "time stamp",
          "twr": "V_end / (V_prev + net flow) − 1", "money_weighted": "day-linked modified Dietz, half of the flow",
          "annualisation": "365.25 days", "volatility": "× √252", "dividends_in_gain": "yes", "money_rounding": "8 decimals" },
        { "twr": "linked between valuation dates; windows with flows use their own IRR",
          "money_weighted": "IRR, ACT/365.25, closing value on the day after the period", "annualisation": "365.25 days",
          "money_rounding": "display only" },
        { "cost_method": "STRICT/FIFO/LIFO/HIFO", "same_day_order": "file order", "money_rounding": "quantised by commodity" },
    ]);
    use portfolio_case::conventions::{MoneyWeighted, PriceLookup, RoundAt, SameDay, Twr, Volatility};
    let read: Vec<_> = columns
        .as_array()
        .expect("columns")
        .iter()
        .map(|column| {
            let mut conventions = portfolio_case::conventions::Conventions::default();
            let mut problems = portfolio_case::Problems::default();
            portfolio_case::conventions_text::read(column, "", &mut conventions, &mut problems);
            assert!(problems.warnings.is_empty() && conventions.unresolved.is_empty(), "{:?}", problems.warnings);
            conventions
        })
        .collect();
    let [gf, pp, wf, hl, _] = read.as_slice() else { panic!("five columns") };
    assert!(!gf.fees_in_cost && !gf.dividends_in_gain && gf.money_weighted == MoneyWeighted::AverageInvested);
    assert!(
        pp.fees_in_cost && pp.price_lookup == PriceLookup::FirstBeforeFirst && pp.same_day == SameDay::PurchasesFirst
    );
    assert!(pp.twr == Twr::InOut && pp.volatility == Volatility::PeriodLog && pp.money_weighted == MoneyWeighted::Irr);
    assert!(pp.rounding.decimals == Some(2) && pp.rounding.at == RoundAt::Booking && pp.dividends_in_gain);
    assert!(wf.twr == Twr::Start && wf.money_weighted == MoneyWeighted::DietzLinked && wf.rounding.decimals == Some(8));
    assert!(wf.volatility == Volatility::Annual252 && wf.annualisation.to_f64() == 365.25);
    assert!(
        hl.twr == Twr::Windows
            && hl.closing_on_next_day
            && hl.day_count.to_f64() == 365.25
            && hl.rounding.decimals.is_none()
    );
}

#[test]
fn choices_have_many_spellings() {
    use portfolio_case::conventions::{Conventions, FxDay, LongTerm, Method, Oversell, Product};
    let read = |text: &str| {
        let mut conventions = Conventions::default();
        let mut problems = portfolio_case::Problems::default();
        let value: Value = serde_json::from_str(text).expect("json");
        portfolio_case::conventions_text::read(&value, "", &mut conventions, &mut problems);
        assert!(conventions.unresolved.is_empty(), "{text}: {:?}", problems.warnings);
        conventions
    };
    assert_eq!(read(r#"{"Cost-Basis Method":"moving average"}"#).method, Method::Average);
    assert_eq!(read(r#"{"lots":{"method":"last in, first out"}}"#).method, Method::Lifo);
    assert_eq!(read(r#""Portfolio Performance, moving average""#).method, Method::Average);
    assert_eq!(read(r#"{"as":"Portfolio Performance"}"#).product, Some(Product::PortfolioPerformance));
    assert_eq!(read(r#"{"fx":"historical rates"}"#).fx_day, FxDay::Trade);
    assert_eq!(read(r#"{"fx":"rate of the valuation date"}"#).fx_day, FxDay::Valuation);
    assert_eq!(read(r#"{"long_term":"365 days"}"#).long_term, LongTerm::MoreThanDays(365));
    assert_eq!(read(r#"{"taxfree_after_period":31536000}"#).long_term, LongTerm::MoreThanDays(365));
    assert_eq!(read(r#"{"allow_short":true}"#).oversell, Oversell::Short);
    assert_eq!(read(r#"{"rounding":"half_up"}"#).rounding.decimals, None);
    assert_eq!(
        read(r#"{"rounding":{"decimals":2,"mode":"half_even","when":"each booking"}}"#).rounding.decimals,
        Some(2)
    );
    assert_eq!(read(r#"{"prices":"closing prices of the exchange"}"#), Conventions::default());
    assert!(!read(r#"{"fees_in_cost":"excluded"}"#).fees_in_cost);
    assert!(read(r#"{"pre_tax":true}"#).before_taxes && !read(r#"{"per_account":true}"#).lots_over_accounts);
}
