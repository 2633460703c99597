//! Which function a name means, and the one way to run it.
//!
//! Invariant: a key that a function does not declare is refused, with the nearest declared one; so is a missing one.

use crate::{Function, Input, Problem, Problems, Tables};
use serde_json::{Map, Value};

/// All functions, by calculator in the order of their tables.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        crate::returns::FUNCTIONS,
        crate::risk::FUNCTIONS,
        crate::drawdowns::FUNCTIONS,
        crate::value_at_risk::FUNCTIONS,
        crate::risk_contributions::FUNCTIONS,
        crate::attribution::FUNCTIONS,
        crate::regression::FUNCTIONS,
        crate::covariance::FUNCTIONS,
        crate::optimisation::FUNCTIONS,
        crate::lots::FUNCTIONS,
        crate::corporate_actions::FUNCTIONS,
        crate::tax::FUNCTIONS,
        crate::quality::FUNCTIONS,
        crate::income::FUNCTIONS,
        crate::macro_statistics::FUNCTIONS,
        crate::scenarios::FUNCTIONS,
        crate::projection::FUNCTIONS,
        crate::rebalancing::FUNCTIONS,
        crate::ledger_hash::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Names of the calculators, each once.
pub fn calculators() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for function in functions() {
        if !names.contains(&function.calculator) {
            names.push(function.calculator);
        }
    }
    names
}

/// The functions of a calculator, its default first.
pub fn functions_of(calculator: &str) -> impl Iterator<Item = &'static Function> {
    functions().filter(move |function| function.calculator == calculator)
}

/// The function that `name` means: a function, or a calculator whose input may choose one by `"function"`.
pub fn function(name: &str, chosen: Option<&str>) -> Result<&'static Function, Problem> {
    if let Some(chosen) = chosen {
        // The chosen one must belong to what was named, so that a typing error cannot compute something else.
        let known: Vec<&str> = match functions().find(|f| f.name == name).map(|f| f.calculator) {
            _ if functions_of(name).next().is_some() => functions_of(name).map(|f| f.name).collect(),
            Some(_) => vec![name],
            None => return Err(unknown(name)),
        };
        return functions().find(|f| known.contains(&f.name) && f.name == chosen).ok_or_else(|| {
            Problem::new("/function", format!("`{name}` has no function `{chosen}`"))
                .did_you_mean(chosen, known.clone())
        });
    }
    functions().find(|f| f.name == name).or_else(|| functions_of(name).next()).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Problem {
    let known: Vec<&str> = functions().map(|f| f.name).chain(calculators()).collect();
    let problem = Problem::new("", format!("there is no calculator or function `{name}`")).did_you_mean(name, known);
    match &problem.advice {
        Some(advice) if advice.starts_with("known") => problem.advising("`dawsos calc --list` lists all"),
        _ => problem,
    }
}

/// Runs the function that `name` and the input's `"function"` mean. What is undefined is `null` with a `status`; what is
/// wrong with the input is problems.
pub fn calculate(name: &str, input: &Value, tables: &dyn Tables) -> Result<Map<String, Value>, Problems> {
    let Value::Object(object) = input else {
        return Err(Problem::new("", "the input is not a JSON object").into());
    };
    let chosen = match object.get("function") {
        None | Some(Value::Null) => None,
        Some(Value::String(chosen)) => Some(chosen.as_str()),
        Some(_) => return Err(Problem::new("/function", "`function` is not a text").into()),
    };
    let function = function(name, chosen)?;
    check_keys(function, object)?;
    let input = Input::new(object, function.keys, tables);
    Ok((function.run)(&input)?.into_map())
}

fn check_keys(function: &Function, object: &Map<String, Value>) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for name in object.keys() {
        let is_known = ["notes", "function"].contains(&name.as_str()) || function.keys.iter().any(|k| k.name == name);
        if !is_known {
            let problem =
                Problem::new(crate::input::child("", name), format!("`{}` takes no key `{name}`", function.name));
            problems.push(problem.did_you_mean(name, function.keys.iter().map(|key| key.name)));
        }
    }
    for key in function.keys.iter().filter(|key| key.required) {
        if object.get(key.name).is_none_or(Value::is_null) {
            problems.push(Problem {
                pointer: crate::input::child("", key.name),
                code: "invalid_input",
                detail: format!("`{}` needs the key `{}`", function.name, key.name),
                advice: Some(key.description.to_owned()),
            });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoTables;
    use serde_json::json;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = functions().map(|f| f.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn every_default_fits_its_key() {
        for function in functions() {
            for key in function.keys.iter().filter(|key| !key.default.is_empty()) {
                assert!(!key.required, "{}.{}", function.name, key.name);
                assert!(serde_json::from_str::<Value>(key.default).is_ok(), "{}.{}", function.name, key.name);
            }
        }
    }

    #[test]
    fn a_calculator_means_its_first_function_or_the_chosen_one() {
        assert_eq!(function("twr", None).unwrap().name, "twr_daily");
        assert_eq!(function("twr", Some("annualise_calendar")).unwrap().name, "annualise_calendar");
        assert_eq!(function("xirr", Some("xnpv")).unwrap().name, "xnpv");
        assert_eq!(function("xnpv", None).unwrap().name, "xnpv");
        assert_eq!(
            function("twr", Some("anualise_calendar")).unwrap_err().advice.as_deref(),
            Some("did you mean `annualise_calendar`?")
        );
        assert!(function("sharp", None).unwrap_err().advice.unwrap().contains("sharpe"));
        assert_eq!(function("xnpv", Some("xirr")).unwrap_err().pointer, "/function");
    }

    #[test]
    fn all_unknown_and_missing_keys_are_named_at_once() {
        let problems = calculate("volatility", &json!({ "retruns": [1], "notes": "x" }), &NoTables).unwrap_err().0;
        let pointers: Vec<&str> = problems.iter().map(|p| p.pointer.as_str()).collect();
        assert_eq!(pointers, ["/retruns", "/returns"]);
        assert_eq!(problems[0].advice.as_deref(), Some("did you mean `returns`?"));
    }
}
