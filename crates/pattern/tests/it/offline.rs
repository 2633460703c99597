//! The cases beside the shipped patterns (`*.test.json`, `patterns.md` §8.3): what each step gives is written down, and
//! the plan must make of it what is expected. No network, no database.

use crate::plan;
use capability::{absent, is_absent};
use pattern::{OnError, Plan, Reference, Scope, StepValue, Truth, evaluate, output_value, render_panels, resolve_args};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What became of a case.
struct Outcome {
    status: &'static str,
    outputs: Map<String, Value>,
    panels: Vec<Value>,
    skipped: BTreeMap<String, String>,
    calls: BTreeMap<String, Value>,
    /// Steps without a value.
    without: BTreeSet<String>,
}

static NO_META: Value = Value::Null;

fn scope<'a>(inputs: &'a Map<String, Value>, context: &'a Value, results: &'a BTreeMap<String, Value>) -> Scope<'a> {
    let steps = results
        .iter()
        .map(|(name, value)| (name.as_str(), StepValue { value, meta: &NO_META, is_skipped: is_absent(value) }))
        .collect();
    Scope { inputs, context, steps }
}

fn run(plan: &Plan, case: &Value) -> Outcome {
    let given = case["inputs"].as_object().unwrap();
    let today = case["context"]["as_of"].as_str().unwrap().parse().unwrap();
    let (inputs, _) = pattern::resolve_inputs(plan, given, today, false, false).unwrap();
    let mut context = case["context"].clone();
    context["portfolio_id"] = inputs.get("portfolio_id").cloned().unwrap_or_default();
    let mut results: BTreeMap<String, Value> = BTreeMap::new();
    let (mut skipped, mut calls, mut without) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let mut is_failed = false;
    for node in plan.levels.iter().flatten().map(|index| &plan.nodes[*index]) {
        let decided = {
            let scope = scope(&inputs, &context, &results);
            match node.when.as_ref().map(|when| evaluate(when, &scope)) {
                None | Some(Truth::True) => resolve_args(node, &scope).map_err(|skip| skip.why),
                Some(Truth::False) => Err(node.otherwise.clone().unwrap_or_else(|| "its condition is not met".into())),
                Some(Truth::Absent(path)) => Err(format!("condition on absent: {path}")),
            }
        };
        let value = match decided {
            Err(why) => {
                skipped.insert(node.name.clone(), why.clone());
                absent("skipped", why, Value::Null)
            }
            Ok(args) => {
                calls.insert(node.name.clone(), Value::Object(args));
                let step = &case["steps"][&node.name];
                match (&step["value"], &step["absent"], step["fail"].as_str()) {
                    (value, _, _) if !value.is_null() => value.clone(),
                    (_, reason, _) if !reason.is_null() => json!({ "absent": reason }),
                    (_, _, Some(code)) => {
                        is_failed |= node.on_error == OnError::Fail;
                        absent(code, format!("{} failed", node.name), Value::Null)
                    }
                    _ => panic!("the case says nothing about step {}", node.name),
                }
            }
        };
        if is_absent(&value) {
            without.insert(node.name.clone());
        }
        for name in std::iter::once(&node.name).chain(&node.also) {
            results.insert(name.clone(), value.clone());
        }
    }
    let scope = scope(&inputs, &context, &results);
    let outputs: Map<String, Value> = plan
        .outputs
        .iter()
        .map(|output| (output.name.clone(), output_value(&output.value, &scope).into_owned()))
        .collect();
    let status = match (is_failed, outputs.values().any(is_absent)) {
        (true, _) => "failed",
        (false, true) => "partial",
        (false, false) => "complete",
    };
    Outcome { status, panels: render_panels(plan, &scope), outputs, skipped, calls, without }
}

/// The value at a path such as `valued_positions.positions[0].symbol`.
fn at(outputs: &Map<String, Value>, path: &str) -> Value {
    let reference = Reference::parse(path, false).unwrap();
    let results: BTreeMap<String, Value> = outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    scope(&Map::new(), &Value::Null, &results).look_up(&reference, None).into_owned()
}

fn judge(plan: &Plan, case: &Value) {
    let name = case["name"].as_str().unwrap();
    let expected = &case["expect"];
    for key in expected.as_object().unwrap().keys() {
        assert!(["status", "outputs", "skipped", "panels", "plan", "calls"].contains(&key.as_str()), "{name}: {key}");
    }
    let members = |key: &str| expected[key].as_object().cloned().unwrap_or_default();
    let outcome = run(plan, case);
    assert_eq!(Some(outcome.status), expected["status"].as_str(), "{name}");
    for (path, wanted) in members("outputs") {
        let found = at(&outcome.outputs, &path);
        match (wanted.get("approx").and_then(Value::as_f64), wanted.get("tol").and_then(Value::as_f64)) {
            (Some(x), Some(tol)) => {
                assert!(found.as_f64().is_some_and(|f| (f - x).abs() <= tol), "{name}: {path} is {found}");
            }
            _ => assert_eq!(found, wanted, "{name}: {path}"),
        }
    }
    let skipped = members("skipped");
    assert_eq!(outcome.skipped.keys().collect::<Vec<_>>(), skipped.keys().collect::<Vec<_>>(), "{name}");
    for (step, reason) in skipped {
        assert!(outcome.skipped[&step].contains(reason.as_str().unwrap()), "{name}: {}", outcome.skipped[&step]);
    }
    for (id, wanted) in members("panels") {
        let panel = plan.panels.iter().find(|panel| panel.id == id).unwrap_or_else(|| panic!("{name}: no panel {id}"));
        let is_absent = !panel.steps.is_empty() && panel.steps.iter().all(|step| outcome.without.contains(step));
        assert_eq!(if is_absent { "absent" } else { "present" }, wanted, "{name}: panel {id}");
        assert!(outcome.panels.iter().any(|drawn| drawn["id"] == id.as_str()), "{name}: panel {id} is not drawn");
    }
    for (step, args) in members("calls") {
        for (arg, value) in args.as_object().unwrap() {
            assert_eq!(&outcome.calls[&step][arg], value, "{name}: {step}.{arg}");
        }
    }
    if let Some(levels) = expected["plan"].get("levels") {
        let names: Vec<Vec<&str>> = plan
            .levels
            .iter()
            .map(|level| level.iter().map(|index| plan.nodes[*index].name.as_str()).collect())
            .collect();
        assert_eq!(&json!(names), levels, "{name}");
    }
    if let Some(peak) = expected["plan"].get("peak_leases") {
        assert_eq!(&json!(plan.peak_leases_total()), peak, "{name}");
    }
}

#[test]
fn every_case_of_the_shipped_patterns_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns");
    for id in ["portfolio_overview", "portfolio_performance"] {
        let read = |name: String| {
            std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let plan = plan(&format!("{id}.json"), &read(format!("{id}.json")));
        let cases: Value = serde_json::from_str(&read(format!("{id}.test.json"))).unwrap();
        let cases = cases["cases"].as_array().unwrap();
        assert!(cases.len() >= 4, "{id}");
        for case in cases {
            judge(&plan, case);
        }
    }
}
