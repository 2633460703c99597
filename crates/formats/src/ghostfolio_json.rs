//! Ghostfolio's export and import file: activities with accounts and asset profiles.
//!
//! Unknown keys are tolerated; old files lack balances and write fees as ITEM. Symbols of the source MANUAL are ids of
//! private assets, whose profile has the name.

use std::collections::HashMap;

use ledger::Problem;
use money::{Currency, Decimal};
use serde_json::Value;

use crate::day::{DayOrder, day_of_timestamp, parse_day};
use crate::facts::{Facts, Meaning, fee};
use crate::fields::currency_named;
use crate::ghostfolio_csv::standalone;
use crate::json_lines::line_numbers;
use crate::movement::{Content, Line, SecurityNames, is_isin, not_supported, short};
use crate::number::{DecimalMark, parse_number};

/// Whether a document is such a file.
pub(crate) fn is_such(document: &Value) -> bool {
    document.get("activities").is_some_and(Value::is_array)
}

/// Reads all activities.
pub(crate) fn read(text: &str, document: &Value) -> Vec<Line> {
    let empty = Vec::new();
    let activities = document["activities"].as_array().unwrap_or(&empty);
    let accounts = names_by_id(document, "accounts");
    let profiles = Profiles::of(document);
    let numbers = line_numbers(text, "activities");
    let lines = activities.iter().enumerate().map(|(at, activity)| {
        let line = numbers.get(at).copied().unwrap_or(1);
        let content = match facts(activity, &accounts, &profiles) {
            Ok(Ok(facts)) => facts.content(),
            Ok(Err(content)) => content,
            Err(problems) => Content::Problems(problems),
        };
        Line { line, raw: raw(activity), content }
    });
    lines.collect()
}

fn names_by_id(document: &Value, list: &str) -> HashMap<String, String> {
    let items = document[list].as_array().into_iter().flatten();
    let pairs = items.filter_map(|item| Some((item["id"].as_str()?.to_owned(), item["name"].as_str()?.to_owned())));
    pairs.collect()
}

/// What the file knows about assets.
struct Profiles(HashMap<(String, String), SecurityNames>);

impl Profiles {
    fn of(document: &Value) -> Profiles {
        let profiles = document["assetProfiles"].as_array().into_iter().flatten();
        let pairs = profiles.filter_map(|profile| {
            let text = |name: &str| profile[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            let key = (text("dataSource").unwrap_or_default(), text("symbol")?);
            let names = SecurityNames {
                isin: text("isin"),
                figi: text("figi"),
                cusip: text("cusip"),
                name: text("name"),
                kind: match text("assetSubClass").as_deref() {
                    Some("STOCK") => Some("stock"),
                    Some("ETF") => Some("etf"),
                    Some("MUTUALFUND") => Some("fund"),
                    Some("BOND") => Some("bond"),
                    Some("CRYPTOCURRENCY") => Some("crypto"),
                    _ => None,
                },
                ..SecurityNames::default()
            };
            Some((key, names))
        });
        Profiles(pairs.collect())
    }

    fn names(&self, source: &str, symbol: &str) -> SecurityNames {
        let profile = self.0.get(&(source.to_owned(), symbol.to_owned())).cloned().unwrap_or_default();
        let by_symbol = symbol_of(&SecurityNames::of_code(symbol), source);
        // A manual symbol is an id; the name says more.
        let symbol = if source == "MANUAL" && profile.name.is_some() { None } else { by_symbol.symbol };
        SecurityNames {
            isin: profile.isin.or(by_symbol.isin),
            symbol,
            name: profile.name.or(by_symbol.name),
            ..profile
        }
    }
}

/// What a symbol of a data source names: for MANUAL a name, else a symbol or ISIN.
pub(crate) fn symbol_of(names: &SecurityNames, source: &str) -> SecurityNames {
    match &names.symbol {
        Some(symbol) if source == "MANUAL" && !is_isin(symbol) => {
            SecurityNames { name: names.name.clone().or_else(|| Some(symbol.clone())), symbol: None, ..names.clone() }
        }
        _ => names.clone(),
    }
}

fn raw(activity: &Value) -> Vec<(String, String)> {
    let fields = activity.as_object().into_iter().flatten();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    fields
        .map(|(name, value)| (name.clone(), text(value)))
        .filter(|(_, value)| !value.is_empty() && value != "[]")
        .collect()
}

type Read = Result<Result<Facts, Content>, Vec<Problem>>;

fn facts(activity: &Value, accounts: &HashMap<String, String>, profiles: &Profiles) -> Read {
    let mut problems = Vec::new();
    let text = |name: &str| activity[name].as_str().filter(|text| !text.trim().is_empty());
    let word = text("type").unwrap_or_default();
    let meaning = match word {
        "BUY" => Some(Meaning::Buy),
        "SELL" => Some(Meaning::Sell),
        "DIVIDEND" => Some(Meaning::Dividend),
        "FEE" | "ITEM" => Some(Meaning::Fee),
        "INTEREST" => Some(Meaning::Interest),
        "LIABILITY" => return Ok(Err(Content::NotSupported(not_supported("a liability")))),
        _ => None,
    };
    if meaning.is_none() {
        problems.push(Problem::new("unknown_kind", "type", format!("{:?} is not a type of activity", short(word))));
    }
    let date =
        text("date").and_then(|text| day_of_timestamp(text).or_else(|| parse_day(text, DayOrder::DayFirst).ok()));
    if date.is_none() {
        let found = text("date").unwrap_or_default();
        problems.push(
            Problem::new("bad_date", "date", format!("{:?} is not a date", short(found)))
                .with_try("write it like 2024-03-28T00:00:00.000Z"),
        );
    }
    let currency: Option<Currency> = text("currency").and_then(|text| currency_named(text).ok());
    if currency.is_none() {
        let found = text("currency").unwrap_or_default();
        problems.push(Problem::new("unknown_currency", "currency", format!("unknown currency {:?}", short(found))));
    }
    let [quantity, price, costs] = ["quantity", "unitPrice", "fee"].map(|name| number(activity, name, &mut problems));
    let symbol = text("symbol");
    if symbol.is_none() && matches!(meaning, Some(Meaning::Buy | Meaning::Sell | Meaning::Dividend)) {
        problems.push(Problem::new("missing_field", "symbol", "the symbol is missing"));
    }
    let (Some(meaning), Some(date), Some(currency), true) = (meaning, date, currency, problems.is_empty()) else {
        return Err(problems);
    };
    if matches!(meaning, Meaning::Buy | Meaning::Sell) && quantity.is_none_or(|quantity| quantity.is_zero()) {
        return Ok(Err(Content::Ignored("buys or sells nothing: the quantity is zero".to_owned())));
    }
    let mut facts = Facts::new(meaning, date, currency);
    (facts.quantity, facts.price) = (quantity, price);
    facts.fees = costs.map(|costs| fee("commission", costs)).into_iter().collect();
    facts.account = text("accountId").map(|id| accounts.get(id).cloned().unwrap_or_else(|| id.to_owned()));
    facts.security = symbol.map(|symbol| profiles.names(text("dataSource").unwrap_or_default(), symbol));
    facts.external_id = text("id").map(str::to_owned);
    facts.note = text("comment").map(str::to_owned);
    standalone(&mut facts);
    Ok(Ok(facts))
}

/// A number as it is written; files of some exporters hold numbers in quotes.
fn number(activity: &Value, name: &str, problems: &mut Vec<Problem>) -> Option<Decimal> {
    let text = match &activity[name] {
        Value::Null => return None,
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match parse_number(&text, DecimalMark::Point) {
        Ok(number) => Some(number),
        Err(error) => {
            problems.push(
                Problem::new("bad_number", name, format!("{:?}: {error}", short(&text)))
                    .with_try("write it like 1234.56"),
            );
            None
        }
    }
}
