//! A mapping: which column of a file is which field, what its words mean, and how its numbers and dates are written.
//!
//! The stored form is `{"fields": {"trade_date": "Buchungstag", "currency": {"constant": "EUR"}, "fees": ["Provision",
//! "Spesen"]}, "kinds": {"Kauf": "buy"}, "currencies": {"Euro": "EUR"}, "options": {"delimiter": ";", "decimal_separator":
//! ",", "date_format": "DD.MM.YYYY", "header_line": 3}}`; all parts may be left out.

use std::collections::BTreeMap;

use ledger::Problem;
use money::Currency;
use serde_json::{Map, Value, json};

use crate::day::DayOrder;
use crate::fields::{FIELDS, currency_named, field_named};
use crate::number::DecimalMark;
use crate::table::folded;
use crate::words::{MAPPED_KINDS, meaning_of_kind};

/// Where a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Columns by name; the first that is not empty counts, amounts of fees and taxes add up.
    Columns(Vec<String>),
    /// The same text in all lines.
    Constant(String),
}

/// How to read a delimited file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Fields and where they come from.
    pub fields: BTreeMap<&'static str, Source>,
    /// Words of the file (folded) and the kinds that they mean.
    pub kinds: BTreeMap<String, String>,
    /// Words of the file and currencies.
    pub currencies: BTreeMap<String, Currency>,
    /// Between cells.
    pub delimiter: Option<char>,
    /// Between units and tenths.
    pub decimal_mark: Option<DecimalMark>,
    /// Order of day and month.
    pub day_order: Option<DayOrder>,
    /// Line of the header, from 1.
    pub header_line: Option<u64>,
}

impl Mapping {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Mapping::default()
    }

    /// Reads the stored form; every mistake is reported.
    pub fn from_json(value: &Value) -> Result<Mapping, Vec<Problem>> {
        let mut mapping = Mapping::default();
        let mut problems = Vec::new();
        let Some(parts) = value.as_object() else {
            return Err(vec![Problem::new("bad_mapping", "", "a mapping is a JSON object")]);
        };
        for (part, value) in parts {
            match (part.as_str(), value.as_object()) {
                ("fields", Some(fields)) => mapping.read_fields(fields, &mut problems),
                ("kinds", Some(kinds)) => mapping.read_kinds(kinds, &mut problems),
                ("currencies", Some(currencies)) => mapping.read_currencies(currencies, &mut problems),
                ("options", Some(options)) => mapping.read_options(options, &mut problems),
                ("fields" | "kinds" | "currencies" | "options", None) => {
                    problems.push(Problem::new("bad_mapping", part.clone(), format!("{part} is a JSON object")));
                }
                _ => {
                    let detail = format!("a mapping has no part {part:?}");
                    problems.push(
                        Problem::new("bad_mapping", part.clone(), detail)
                            .with_try("parts are fields, kinds, currencies, options"),
                    );
                }
            }
        }
        if problems.is_empty() { Ok(mapping) } else { Err(problems) }
    }

    fn read_fields(&mut self, fields: &Map<String, Value>, problems: &mut Vec<Problem>) {
        for (name, value) in fields {
            let Some(field) = field_named(name) else {
                let near = nearest(name, FIELDS.iter().map(|(field, _)| *field));
                let detail = format!("there is no field {name:?}");
                problems.push(
                    Problem::new("unknown_field", format!("fields/{name}"), detail)
                        .with_try(format!("nearest is {near}")),
                );
                continue;
            };
            let source = match value {
                Value::String(column) => Some(Source::Columns(vec![column.clone()])),
                Value::Array(columns) => {
                    let names: Option<Vec<String>> =
                        columns.iter().map(|column| column.as_str().map(str::to_owned)).collect();
                    names.filter(|names| !names.is_empty()).map(Source::Columns)
                }
                Value::Object(form) => {
                    match (form.get("column").and_then(Value::as_str), form.get("constant").and_then(Value::as_str)) {
                        (Some(column), None) => Some(Source::Columns(vec![column.to_owned()])),
                        (None, Some(constant)) => Some(Source::Constant(constant.to_owned())),
                        _ => None,
                    }
                }
                _ => None,
            };
            match source {
                Some(source) => drop(self.fields.insert(field, source)),
                None => {
                    let problem = Problem::new(
                        "bad_mapping",
                        format!("fields/{name}"),
                        format!("{name} is not mapped to a column"),
                    );
                    problems
                        .push(problem.with_try("give the name of a column, a list of names, or {\"constant\": text}"));
                }
            }
        }
    }

    fn read_kinds(&mut self, kinds: &Map<String, Value>, problems: &mut Vec<Problem>) {
        for (word, value) in kinds {
            let kind = value.as_str().unwrap_or_default();
            if meaning_of_kind(kind).is_some() {
                self.kinds.insert(folded(word), kind.to_owned());
                continue;
            }
            let near = nearest(kind, MAPPED_KINDS.into_iter());
            let detail = format!("{word:?} is mapped to {kind:?}, which is no kind");
            problems.push(
                Problem::new("unknown_kind", format!("kinds/{word}"), detail).with_try(format!("nearest is {near}")),
            );
        }
    }

    fn read_currencies(&mut self, currencies: &Map<String, Value>, problems: &mut Vec<Problem>) {
        for (word, value) in currencies {
            match currency_named(value.as_str().unwrap_or_default()) {
                Ok(currency) => drop(self.currencies.insert(word.clone(), currency)),
                Err(error) => {
                    problems.push(Problem::new("unknown_currency", format!("currencies/{word}"), error.to_string()))
                }
            }
        }
    }

    fn read_options(&mut self, options: &Map<String, Value>, problems: &mut Vec<Problem>) {
        for (name, value) in options {
            let text = value.as_str().unwrap_or_default();
            let mut chars = text.chars();
            let is_read = match name.as_str() {
                "delimiter" => match (text, chars.next(), chars.next()) {
                    ("\\t" | "tab", _, _) => {
                        self.delimiter = Some('\t');
                        true
                    }
                    (_, Some(char), None) if char.is_ascii() && !matches!(char, '"' | '\n' | '\r') => {
                        self.delimiter = Some(char);
                        true
                    }
                    _ => false,
                },
                "decimal_separator" => DecimalMark::of(text).map(|mark| self.decimal_mark = Some(mark)).is_some(),
                "date_format" => {
                    let upper = text.to_ascii_uppercase();
                    // With the year in front there is nothing to tell.
                    upper.starts_with("YYYY")
                        || DayOrder::of(&upper).map(|order| self.day_order = Some(order)).is_some()
                }
                "header_line" => {
                    value.as_u64().filter(|line| 0 < *line).map(|line| self.header_line = Some(line)).is_some()
                }
                _ => false,
            };
            if !is_read {
                let problem =
                    Problem::new("bad_mapping", format!("options/{name}"), format!("option {name} cannot be {value}"));
                problems.push(
                    problem
                        .with_try("options are delimiter, decimal_separator, date_format (DD.MM.YYYY…), header_line"),
                );
            }
        }
    }

    /// The stored form.
    pub fn to_json(&self) -> Value {
        let source = |source: &Source| match source {
            Source::Columns(names) => match names.as_slice() {
                [only] => json!(only),
                several => json!(several),
            },
            Source::Constant(text) => json!({ "constant": text }),
        };
        let fields: Map<String, Value> =
            self.fields.iter().map(|(field, from)| ((*field).to_owned(), source(from))).collect();
        let currencies: Map<String, Value> =
            self.currencies.iter().map(|(word, currency)| (word.clone(), json!(currency.code()))).collect();
        let mut options = Map::new();
        if let Some(delimiter) = self.delimiter {
            options.insert("delimiter".to_owned(), json!(delimiter.to_string()));
        }
        if let Some(mark) = self.decimal_mark {
            options.insert("decimal_separator".to_owned(), json!(mark.text()));
        }
        if let Some(order) = self.day_order {
            options.insert("date_format".to_owned(), json!(order.name()));
        }
        if let Some(line) = self.header_line {
            options.insert("header_line".to_owned(), json!(line));
        }
        json!({ "fields": fields, "kinds": self.kinds, "currencies": currencies, "options": options })
    }
}

fn nearest(text: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    let wanted: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
    let score = |name: &str| strsim::normalized_damerau_levenshtein(&wanted, name);
    known.max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or("trade_date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_read_and_written() {
        let stored = json!({
            "fields": { "trade_date": "Buchungstag", "currency": { "constant": "EUR" }, "fees": ["Provision", "Spesen"] },
            "kinds": { "kauf": "buy" },
            "currencies": { "Euro": "EUR" },
            "options": { "delimiter": ";", "decimal_separator": ",", "date_format": "DD/MM/YYYY", "header_line": 3 },
        });
        let mapping = Mapping::from_json(&stored).expect("a mapping");
        assert_eq!(mapping.to_json(), stored);
        assert_eq!(mapping.fields["fees"], Source::Columns(vec!["Provision".to_owned(), "Spesen".to_owned()]));
        assert!(Mapping::from_json(&json!({})).expect("empty").is_empty());
    }

    #[test]
    fn every_mistake_is_reported() {
        let problems = Mapping::from_json(&json!({
            "fields": { "tradedate": "A", "price": 5 },
            "kinds": { "x": "purchase" },
            "currencies": { "x": "XXQ" },
            "options": { "delimiter": "ab", "date_format": "soon", "header_line": 0, "other": 1 },
            "columns": {},
        }))
        .expect_err("mistakes");
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        let count = |code: &str| codes.iter().filter(|found| **found == code).count();
        assert_eq!(
            (count("unknown_field"), count("unknown_kind"), count("unknown_currency"), count("bad_mapping")),
            (1, 1, 1, 6),
            "{problems:?}"
        );
    }
}
