//! Inputs of a request: typed, defaulted, bounded; every problem at once, each with its pointer.

use crate::plan::{InputDeclaration, InputType, Plan};
use capability::{absent, check_value, nearest};
use chrono::{Duration, NaiveDate};
use serde_json::{Map, Value};

/// Most bytes of lists and records in all inputs together.
const NESTED_BYTES_MAX: usize = 256 * 1024;

/// A problem with one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem {
    /// JSON pointer below `inputs`.
    pub pointer: String,
    /// `invalid_input` or `unknown_input`.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    pub suggestion: Option<String>,
    /// Allowed values, where there is a list.
    pub allowed: Vec<String>,
}

/// Inputs by name, and the names of unknown inputs that were ignored.
pub type ResolvedInputs = (Map<String, Value>, Vec<String>);

/// Give every declared input its value: as given, else the default, else absent(`not_given`).
///
/// `from_text`: values may be text for numbers and truths (query strings, command lines). `today` resolves relative
/// dates. `lenient`: unknown inputs come back as the second value instead of being problems.
pub fn resolve(
    plan: &Plan,
    given: &Map<String, Value>,
    today: NaiveDate,
    from_text: bool,
    lenient: bool,
) -> Result<ResolvedInputs, Vec<InputProblem>> {
    let mut problems = Vec::new();
    let mut ignored = Vec::new();
    for name in given.keys().filter(|name| !plan.inputs.iter().any(|input| input.name == **name)) {
        if lenient {
            ignored.push(name.clone());
            continue;
        }
        let near = nearest(name, plan.inputs.iter().map(|input| input.name.as_str()));
        problems.push(InputProblem {
            pointer: format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            code: "unknown_input",
            detail: format!("{} has no input `{name}`", plan.id),
            suggestion: near.map(|near| format!("did you mean `{near}`?")),
            allowed: plan.inputs.iter().map(|input| input.name.clone()).collect(),
        });
    }
    let mut resolved = Map::new();
    for input in &plan.inputs {
        match given.get(&input.name).filter(|value| !value.is_null()).or(input.default.as_ref()) {
            Some(value) => {
                let value = typed(input, value, today, from_text);
                problems.extend(problems_of(input, &value));
                resolved.insert(input.name.clone(), value);
            }
            None if input.required => problems.push(InputProblem {
                pointer: format!("/{}", input.name),
                code: "invalid_input",
                detail: format!("input `{}` is required", input.name),
                suggestion: None,
                allowed: Vec::new(),
            }),
            None => {
                let why = format!("not_given: {}", input.name);
                resolved.insert(input.name.clone(), absent("not_given", why, Value::Null));
            }
        }
    }
    let size: usize = plan
        .inputs
        .iter()
        .filter(|input| matches!(input.ty, InputType::List | InputType::Record))
        .filter_map(|input| resolved.get(&input.name))
        .map(|value| value.to_string().len())
        .sum();
    if size > NESTED_BYTES_MAX {
        problems.push(InputProblem {
            pointer: String::new(),
            code: "invalid_input",
            detail: format!("lists and records have {size} bytes; at most {NESTED_BYTES_MAX} are taken"),
            suggestion: None,
            allowed: Vec::new(),
        });
    }
    if problems.is_empty() { Ok((resolved, ignored)) } else { Err(problems) }
}

/// The value in the form of its type, where text may stand for it.
fn typed(input: &InputDeclaration, value: &Value, today: NaiveDate, from_text: bool) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    match input.ty {
        InputType::Date => match relative_date(text, today) {
            Some(date) => Value::String(date.format("%Y-%m-%d").to_string()),
            None => value.clone(),
        },
        InputType::Integer | InputType::Number | InputType::Fraction | InputType::Bps | InputType::Money
            if from_text =>
        {
            serde_json::from_str::<Value>(text).ok().filter(Value::is_number).unwrap_or_else(|| value.clone())
        }
        InputType::Boolean if from_text => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value.clone(),
        },
        InputType::List | InputType::Record if from_text => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        _ => value.clone(),
    }
}

/// `today` and `-30d`.
pub(crate) fn relative_date(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    if text == "today" {
        return Some(today);
    }
    let days: i64 = text.strip_prefix('-')?.strip_suffix('d')?.parse().ok()?;
    if (0..=40_000).contains(&days) {
        Some(today.checked_sub_signed(Duration::days(days)).unwrap_or(today))
    } else {
        None
    }
}

fn problems_of(input: &InputDeclaration, value: &Value) -> Vec<InputProblem> {
    let problem = |pointer: String, detail: String, allowed: Vec<String>| InputProblem {
        pointer: format!("/{}{pointer}", input.name),
        code: "invalid_input",
        detail,
        suggestion: None,
        allowed,
    };
    let mut problems: Vec<InputProblem> = check_value(&input.ty.capability_type(), value)
        .into_iter()
        .map(|mismatch| problem(mismatch.pointer, mismatch.detail, mismatch.allowed))
        .collect();
    if value.as_str().is_some_and(|text| text.chars().count() > 10_000) {
        problems.push(problem(String::new(), "the text is longer than 10000 characters".into(), Vec::new()));
    }
    if !input.allowed.is_empty() && !input.allowed.contains(value) {
        let allowed: Vec<String> =
            input.allowed.iter().map(|word| word.as_str().map_or(word.to_string(), str::to_owned)).collect();
        problems.push(problem(String::new(), format!("{value} is not one of {}", allowed.join(", ")), allowed));
    }
    if let Some(number) = value.as_f64() {
        match (input.minimum, input.maximum) {
            (Some(least), _) if number < least => {
                problems.push(problem(String::new(), format!("{number} is below the minimum {least}"), Vec::new()));
            }
            (_, Some(most)) if number > most => {
                problems.push(problem(String::new(), format!("{number} is above the maximum {most}"), Vec::new()));
            }
            _ => {}
        }
    }
    problems
}
