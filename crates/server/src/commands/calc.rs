//! `dawsos calc`: reads the input and the tables that it names, prints the result; no database, no settings.
//!
//! Exit codes: 0 computed, also where a value is undefined (`null` with a `status`) · 1 a known answer differs · 2 the
//! input is wrong: problem details on standard error.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calc::{Problem, Problems, Table, TableError, Tables};
use capability::{Failure, FailureDetail};
use rust_embed::RustEmbed;
use serde_json::{Map, Value, json};

use super::portfolio_case;
use crate::cli::{Calc, Common};
use crate::print;
use crate::problem::Stopped;

/// The pages of the formulas, built in, so that they can be read offline.
#[derive(RustEmbed)]
#[folder = "../../docs/formulas"]
struct Pages;

/// Tables in a folder, each read once.
struct Folder {
    path: PathBuf,
    read: RefCell<BTreeMap<String, Arc<Table>>>,
}

impl Folder {
    fn new(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into(), read: RefCell::default() }
    }
}

impl Tables for Folder {
    fn table(&self, path: &str) -> Result<Arc<Table>, TableError> {
        if let Some(table) = self.read.borrow().get(path) {
            return Ok(table.clone());
        }
        let file = self.path.join(path);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| TableError(format!("{} cannot be read: {error}", file.display())))?;
        let table = Arc::new(Table::from_csv(&text)?);
        self.read.borrow_mut().insert(path.to_owned(), table.clone());
        Ok(table)
    }
}

pub(super) fn run(common: &Common, arguments: Calc) -> Result<u8, Stopped> {
    if arguments.list {
        list(common);
        return Ok(0);
    }
    if let Some(name) = &arguments.schema {
        let function = calc::function(name, None).map_err(|problem| stopped(problem.into()))?;
        super::print_json(&calc::schema::of(function));
        return Ok(0);
    }
    let name = arguments.name.as_deref().unwrap_or_default();
    if name == "golden" {
        return golden(common, &arguments);
    }
    if arguments.explain && name != portfolio_case::NAME {
        return explain(name);
    }
    let text = match &arguments.file {
        Some(file) if file.as_os_str() != "-" => read(file)?,
        _ => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let mut input = parse(&text)?;
    if let (Some(seed), Some(object)) = (arguments.seed, input.as_object_mut()) {
        object.insert("seed".to_owned(), json!(seed));
    }
    if name == portfolio_case::NAME {
        return portfolio_case::run(&input, arguments.explain, arguments.pretty);
    }
    let folder = folder_of(&arguments);
    let result = calc::calculate(name, &input, &Folder::new(folder)).map_err(stopped)?;
    if arguments.pretty {
        print!("{}", pretty(&result));
    } else {
        println!("{}", Value::Object(result));
    }
    Ok(0)
}

fn folder_of(arguments: &Calc) -> PathBuf {
    let of_file = || arguments.file.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    arguments.data.clone().or_else(of_file).unwrap_or_default()
}

fn read(file: &Path) -> Result<String, Stopped> {
    std::fs::read_to_string(file)
        .map_err(|error| Stopped::input("invalid_input", format!("{} cannot be read: {error}", file.display())))
}

fn parse(text: &str) -> Result<Value, Stopped> {
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| Stopped::input("invalid_json", format!("the input is not JSON: {error}")))
}

/// The problems as problem details.
fn stopped(problems: Problems) -> Stopped {
    let detail = |problem: &Problem| FailureDetail {
        pointer: Some(problem.pointer.clone()),
        code: problem.code.to_owned(),
        detail: problem.detail.clone(),
        try_: problem.advice.clone(),
        line: None,
        column: None,
    };
    let first = &problems.0[0];
    let mut failure = Failure::new(first.code, first.detail.clone());
    failure.errors = problems.0.iter().map(detail).collect();
    failure.try_ = first.advice.clone();
    Stopped::of(&failure)
}

fn list(common: &Common) {
    if common.json {
        let rows: Vec<Value> = calc::functions()
            .map(|f| (f.calculator, f.name, f.summary))
            .chain([(portfolio_case::NAME, portfolio_case::NAME, portfolio_case::SUMMARY)])
            .map(|(calculator, function, summary)| {
                json!({ "calculator": calculator, "function": function, "summary": summary })
            })
            .collect();
        super::print_json(&json!(rows));
        return;
    }
    let rows = calc::calculators()
        .into_iter()
        .flat_map(|calculator| {
            calc::functions_of(calculator).enumerate().map(move |(index, function)| {
                let named = if index == 0 { calculator } else { "" };
                vec![named.to_owned(), function.name.to_owned(), function.summary.to_owned()]
            })
        })
        .chain([[portfolio_case::NAME, portfolio_case::NAME, portfolio_case::SUMMARY].map(str::to_owned).to_vec()])
        .collect();
    println!("{}", print::table(&["calculator", "function", "what it tells"], rows));
}

fn explain(name: &str) -> Result<u8, Stopped> {
    let function = calc::function(name, None).map_err(|problem| stopped(problem.into()))?;
    let page = Pages::get(&format!("{}.md", function.page))
        .ok_or_else(|| Stopped::internal(format!("there is no page for {}", function.name)))?;
    print!("{}", String::from_utf8_lossy(&page.data));
    println!("\n## Inputs\n");
    for key in function.keys {
        let default = if key.default.is_empty() { String::new() } else { format!(" (default {})", key.default) };
        let required = if key.required { ", required" } else { "" };
        println!("- `{}`{required}{default}: {}", key.name, key.description);
    }
    println!("\n## Outputs\n");
    for (name, meaning) in function.outputs {
        println!("- `{name}`: {meaning}");
    }
    Ok(0)
}

fn golden(common: &Common, arguments: &Calc) -> Result<u8, Stopped> {
    let file = arguments.file.as_deref().ok_or_else(|| {
        Stopped::of(
            &Failure::new("invalid_input", "no file of known answers is named")
                .advising("write `dawsos calc golden FILE.json`"),
        )
    })?;
    let suite = parse(&read(file)?)?;
    let folder = Folder::new(folder_of(arguments));
    let report =
        calc::golden::run(&suite, &folder, arguments.case.as_deref()).map_err(|problem| stopped(problem.into()))?;
    let failed = report.cases.iter().filter(|case| !case.differences.is_empty()).count();
    if common.json {
        let case = |case: &calc::golden::CaseReport| {
            json!({ "id": case.id, "function": case.function, "title": case.title,
                "passed": case.differences.is_empty(), "differences": case.differences })
        };
        super::print_json(&json!({
            "passed": report.cases.len() - failed, "failed": failed,
            "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
        }));
    } else {
        for case in &report.cases {
            let word = if case.differences.is_empty() { "pass" } else { "FAIL" };
            println!("{word}  {}  {}: {}", case.id, case.function, case.title);
            for difference in &case.differences {
                println!("        {difference}");
            }
        }
        println!("{} passed, {failed} failed", report.cases.len() - failed);
    }
    Ok(u8::from(!report.passed()))
}

/// Scalars as a table, vectors and rows of objects as tables of their own.
fn pretty(result: &Map<String, Value>) -> String {
    let mut text = String::new();
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    let scalars: Vec<Vec<String>> = result
        .iter()
        .filter(|(_, value)| is_scalar(value))
        .map(|(key, value)| vec![key.clone(), cell(value)])
        .collect();
    if !scalars.is_empty() {
        text.push_str(&print::table(&["name", "value"], scalars));
        text.push('\n');
    }
    for (key, value) in result.iter().filter(|(_, value)| !is_scalar(value)) {
        text.push_str(&format!("\n{key}\n"));
        match value {
            Value::Object(fields) => text.push_str(&pretty(fields)),
            Value::Array(items) => {
                text.push_str(&rows(items));
                text.push('\n');
            }
            _ => {}
        }
    }
    text
}

fn rows(items: &[Value]) -> String {
    match items.first() {
        Some(Value::Object(first)) => {
            let names: Vec<&str> = first.keys().map(String::as_str).collect();
            let row = |item: &Value| names.iter().map(|name| cell(&item[*name])).collect();
            print::table(&names, items.iter().map(row).collect())
        }
        Some(Value::Array(first)) => {
            let names: Vec<String> = (1..=first.len()).map(|index| index.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let row = |item: &Value| item.as_array().into_iter().flatten().map(cell).collect();
            print::table(&names, items.iter().map(row).collect())
        }
        _ => {
            let row = |(index, item): (usize, &Value)| vec![(index + 1).to_string(), cell(item)];
            print::table(&["", "value"], items.iter().enumerate().map(row).collect())
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            let plain = number == 0.0 || (1e-4..1e12).contains(&number.abs());
            if plain { format!("{number:.6}") } else { format!("{number:.6e}") }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_page() {
        for function in calc::functions() {
            assert!(Pages::get(&format!("{}.md", function.page)).is_some(), "{}: {}", function.name, function.page);
        }
    }

    #[test]
    fn problems_keep_their_places() {
        let problems = calc::calculate("volatility", &json!({ "retruns": [] }), &calc::NoTables).unwrap_err();
        let stopped = stopped(problems);
        assert_eq!(stopped.exit_code, 2);
        assert_eq!(stopped.body["errors"][0]["pointer"], "/retruns");
        assert_eq!(stopped.body["errors"][0]["try"], "did you mean `returns`?");
    }

    #[test]
    fn people_see_numbers_and_holes() {
        let result = json!({ "value": 0.0123456789, "rows": [{ "depth": -0.5, "peak_date": null }], "status": "ok" });
        let text = pretty(result.as_object().unwrap());
        assert!(text.contains("0.012346") && text.contains("—") && text.contains("depth"), "{text}");
    }
}
