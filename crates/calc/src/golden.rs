//! Known answers: runs the cases of a golden file and compares.
//!
//! A number passes if |got − expected| ≤ abs + rel·|expected|; `tol.keys.NAME` overrides for one output, at any depth.
//! Text, booleans, whole numbers, lengths and `null` are exact; extra outputs are allowed. `integer_lots` passes if
//! nothing is overspent and its objective is not above the greedy one, for equally good answers differ in their shares.

use crate::{Problem, Tables};
use serde_json::Value;

/// The outcome of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One line per case, in the order of the file.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// Whether there were cases and all passed.
    pub fn passed(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|case| case.differences.is_empty())
    }
}

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// Its id.
    pub id: String,
    /// The function that it tests.
    pub function: String,
    /// What it is about.
    pub title: String,
    /// What differs; empty if it passed.
    pub differences: Vec<String>,
}

/// Runs the cases of a golden file, or the one called `only`.
pub fn run(file: &Value, tables: &dyn Tables, only: Option<&str>) -> Result<Report, Problem> {
    if file["schema"].as_str() != Some("golden/1") {
        return Err(Problem::new("/schema", "not a file of known answers: its schema is not golden/1"));
    }
    let cases = file["cases"].as_array().ok_or_else(|| Problem::new("/cases", "`cases` is not a list"))?;
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let ids: Vec<String> = cases.iter().map(|case| text(case, "id")).collect();
    if let Some(only) = only
        && !ids.iter().any(|id| id == only)
    {
        let known = ids.iter().map(String::as_str);
        return Err(Problem::new("/cases", format!("there is no case `{only}`")).did_you_mean(only, known));
    }
    let chosen = cases.iter().filter(|case| only.is_none_or(|only| case["id"].as_str() == Some(only)));
    Ok(Report {
        cases: chosen
            .map(|case| CaseReport {
                id: text(case, "id"),
                function: text(case, "function"),
                title: text(case, "title"),
                differences: differences(case, tables),
            })
            .collect(),
    })
}

/// What differs between the expected and the computed outputs of a case.
pub fn differences(case: &Value, tables: &dyn Tables) -> Vec<String> {
    let function = case["function"].as_str().unwrap_or_default();
    let got = match crate::calculate(function, &inputs(case), tables) {
        Ok(got) => Value::Object(got),
        Err(problems) => return problems.0.iter().map(ToString::to_string).collect(),
    };
    if function == "integer_lots" {
        return whole_shares(case, &got);
    }
    let mut found = Vec::new();
    compare(&case["tol"], &mut Vec::new(), &case["expected"], Some(&got), &mut found);
    found
}

/// The inputs of a case. Known answers list every fifth probability of a filter, as their notes say.
fn inputs(case: &Value) -> Value {
    let mut inputs = case["inputs"].clone();
    if case["function"] == "hamilton_filter"
        && let Some(object) = inputs.as_object_mut()
    {
        let stated = case["notes"].as_str().and_then(|notes| notes.split_once("every ")).map(|(_, after)| {
            after.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(1)
        });
        object.entry("every").or_insert_with(|| stated.unwrap_or(5).into());
    }
    inputs
}

fn compare<'v>(
    tol: &Value,
    path: &mut Vec<&'v str>,
    expected: &'v Value,
    got: Option<&Value>,
    found: &mut Vec<String>,
) {
    let place = |path: &[&str]| path.join(".");
    let Some(got) = got else {
        found.push(format!("{} is missing", place(path)));
        return;
    };
    match (expected, got) {
        (Value::Object(fields), _) => {
            for (key, value) in fields {
                path.push(key);
                compare(tol, path, value, got.get(key), found);
                path.pop();
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (item, other) in items.iter().zip(others) {
                compare(tol, path, item, Some(other), found);
            }
        }
        (Value::Number(wanted), Value::Number(number)) if wanted.is_f64() || number.is_f64() => {
            let (wanted, number) = (wanted.as_f64().unwrap_or(f64::NAN), number.as_f64().unwrap_or(f64::NAN));
            let (abs, rel) = tolerance(tol, path);
            let difference = (number - wanted).abs();
            // A difference that is no number is no agreement.
            if difference.partial_cmp(&(abs + rel * wanted.abs())).is_none_or(|order| order.is_gt()) {
                found.push(format!("{}: expected {wanted}, got {number}", place(path)));
            }
        }
        _ if expected == got => {}
        // Decimal texts of money are compared as numbers.
        (Value::Number(_), Value::String(text)) if text.parse::<f64>().is_ok() => {
            let number = serde_json::json!(text.parse::<f64>().unwrap_or(f64::NAN));
            compare(tol, path, expected, Some(&number), found);
        }
        _ => found.push(format!("{}: expected {expected}, got {got}", place(path))),
    }
}

/// The tolerance of the innermost name that has one of its own.
fn tolerance(tol: &Value, path: &[&str]) -> (f64, f64) {
    let own = path.iter().rev().find_map(|name| tol["keys"].get(name));
    let of = |tol: &Value| (tol["abs"].as_f64().unwrap_or(0.0), tol["rel"].as_f64().unwrap_or(0.0));
    of(own.unwrap_or(tol))
}

fn whole_shares(case: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if got["optimal_leftover"].as_f64().is_none_or(|left| left < -1e-9) {
        found.push(format!("optimal_leftover: {} is overspent", got["optimal_leftover"]));
    }
    let (abs, rel) = tolerance(&case["tol"], &["optimal_objective"]);
    let bound = |key: &str| case["expected"][key].as_f64().map(|bound| bound + abs + rel * bound.abs());
    match (got["optimal_objective"].as_f64(), bound("greedy_objective").or(bound("optimal_objective"))) {
        (Some(objective), Some(bound)) if objective <= bound => {}
        (objective, bound) => found.push(format!("optimal_objective: {objective:?} is above {bound:?}")),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoTables;
    use serde_json::json;

    fn case(expected: Value, tol: Value) -> Vec<String> {
        let inputs = json!({ "returns": [0.01, -0.01], "periods_per_year": 1 });
        differences(&json!({ "function": "volatility", "inputs": inputs, "expected": expected, "tol": tol }), &NoTables)
    }

    #[test]
    fn tolerances_are_kept() {
        let value = 0.01 * 2.0_f64.sqrt();
        assert_eq!(case(json!({ "value": value }), json!({ "abs": 1e-12, "rel": 0 })), Vec::<String>::new());
        assert_eq!(case(json!({ "value": value + 1e-6 }), json!({ "abs": 1e-12, "rel": 1e-9 })).len(), 1);
        let own = json!({ "abs": 0, "rel": 0, "keys": { "value": { "abs": 1e-5, "rel": 0 } } });
        assert_eq!(case(json!({ "value": value + 1e-6 }), own), Vec::<String>::new());
    }

    #[test]
    fn filters_are_listed_as_the_notes_say() {
        let every = |case: Value| inputs(&case)["every"].clone();
        assert_eq!(every(json!({ "function": "hamilton_filter", "inputs": {} })), 5);
        assert_eq!(every(json!({ "function": "hamilton_filter", "inputs": {}, "notes": "every 10th" })), 10);
        assert_eq!(every(json!({ "function": "hamilton_filter", "inputs": {}, "notes": "every observation" })), 1);
        assert_eq!(every(json!({ "function": "hamilton_filter", "inputs": { "every": 2 } })), 2);
        assert_eq!(every(json!({ "function": "volatility", "inputs": {} })), Value::Null);
    }

    #[test]
    fn null_and_absence_differ_from_a_number() {
        let tol = json!({ "abs": 1e9, "rel": 0 });
        assert_eq!(case(json!({ "value": null }), tol.clone()).len(), 1);
        assert_eq!(case(json!({ "variance": 1.0 }), tol), ["variance is missing"]);
    }

    #[test]
    fn files_of_another_kind_and_unknown_cases_are_refused() {
        assert!(run(&json!({}), &NoTables, None).is_err());
        let file = json!({ "schema": "golden/1", "cases": [{ "id": "a-1" }] });
        assert!(run(&file, &NoTables, Some("a-2")).unwrap_err().advice.unwrap().contains("a-1"));
        assert!(!run(&json!({ "schema": "golden/1", "cases": [] }), &NoTables, None).unwrap().passed());
    }
}
