//! Portfolio cases: books, prices and questions in one file, answered without a database.
//!
//! The ledger of a case is replayed in memory under the conventions that the case chooses, valued with its own prices, and
//! each question is answered by the same pure code that explains it. Formulas come from crate `formulas`.
//!
//! Invariant: an answer is a value or an absence with a reason, never a guess; a file that cannot be read yields every
//! fault with its place and no answer.

pub mod absent;
pub mod case;
pub mod convention_names;
pub mod conventions;
pub mod conventions_text;
pub mod num;
pub mod output;
pub mod problem;
pub mod read;

pub mod context;
pub mod lots;
pub mod periods;

pub mod books;
pub mod bridge;
pub mod cash;
pub mod income;
pub mod invested;
pub mod positions;
pub mod rebalance;
pub mod returns;
pub mod risk;
pub mod trades;

pub mod metrics;

use serde_json::{Map, Value, json};

pub use absent::Absent;
pub use problem::{Problem, Problems};

/// The schema that a file of several cases names.
pub const SCHEMA: &str = "portfolio-case/1";

/// Answers a case, or every case of a file: `{"answers": […]}`, one per query in order; for a file also `cases`.
pub fn answer(input: &Value, explain: bool) -> Result<Value, Vec<Problem>> {
    // A bare list is a file without its heading.
    let list = input.is_array().then_some(input);
    let Some(cases) = input.get("cases").or(list) else {
        let mut problems = Problems::default();
        let Some(case) = read::case(input, "", &mut problems) else { return Err(problems.errors) };
        let (answers, warnings) = of_case(&case, explain);
        let mut output = Map::new();
        output.insert("answers".to_owned(), Value::from(answers));
        if !warnings.is_empty() {
            output.insert("warnings".to_owned(), warnings_of(&warnings));
        }
        return Ok(Value::Object(output));
    };
    let mut problems = Problems::default();
    let schema = input.get("schema").and_then(Value::as_str);
    if schema.is_some_and(|schema| schema != SCHEMA) {
        problems.error("/schema", format!("{:?} is not {SCHEMA:?}", schema.unwrap_or_default()));
    }
    let Some(items) = cases.as_array() else {
        problems.error("/cases", "cases is a list");
        return Err(problems.errors);
    };
    let mut read_cases = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let pointer = if list.is_some() { format!("/{index}") } else { format!("/cases/{index}") };
        if let Some(case) = read::case(item, &pointer, &mut problems) {
            read_cases.push(case);
        }
    }
    let mut ids: Vec<&str> = read_cases.iter().map(|case| case.id.as_str()).collect();
    ids.sort_unstable();
    for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
        problems.warn("/cases", format!("the id {:?} is not unique", pair[0]));
    }
    if !problems.errors.is_empty() {
        return Err(problems.errors);
    }
    let (mut all, mut by_case) = (Vec::new(), Vec::new());
    for case in &read_cases {
        let (answers, warnings) = of_case(case, explain);
        let mut entry = Map::new();
        entry.insert("id".to_owned(), json!(case.id));
        entry.insert("answers".to_owned(), Value::from(answers.clone()));
        if !warnings.is_empty() {
            entry.insert("warnings".to_owned(), warnings_of(&warnings));
        }
        by_case.push(Value::Object(entry));
        all.extend(answers);
    }
    Ok(json!({ "answers": all, "cases": by_case }))
}

fn warnings_of(warnings: &[Problem]) -> Value {
    warnings.iter().map(|warning| json!({ "pointer": warning.pointer, "message": warning.message })).collect()
}

fn of_case(case: &case::Case, explain: bool) -> (Vec<Value>, Vec<Problem>) {
    let mut warnings = case.warnings.clone();
    let answers = case.queries.iter().map(|query| {
        let (answer, trail) = metrics::answer(case, query, explain, &mut warnings);
        let mut output = Map::new();
        match answer {
            Ok(value) => {
                output.insert("value".to_owned(), value);
            }
            Err(absent) => {
                output.insert("absent".to_owned(), Value::from(absent.code));
                output.insert("why".to_owned(), Value::from(absent.why));
            }
        }
        if explain {
            output.insert("trail".to_owned(), Value::from(trail));
        }
        Value::Object(output)
    });
    (answers.collect(), warnings)
}
