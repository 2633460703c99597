//! What a plan needs while it runs: arguments, reasons not to run, conditions, outputs.

use crate::plan;
use capability::absent;
use pattern::{Plan, Scope, Skip, StepValue, Truth, evaluate, output_value, resolve_args};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const PORTFOLIO: &str = "0190a1b2-0000-7000-8000-000000000001";

fn deep_dive() -> Plan {
    let text = json!({
        "format": 2, "id": "dive", "name": "Dive", "description": "One position", "version": "1.0.0",
        "inputs": {
            "portfolio_id": { "type": "portfolio_id" },
            "security_id": { "type": "security_id" },
            "days": { "type": "integer", "required": false },
        },
        "steps": [
            { "capability": "position.details", "as": "position", "args": { "security_id": "{{inputs.security_id}}" } },
            { "capability": "fundamentals.security", "as": "fundamentals", "args": { "security_id": "{{inputs.security_id}}" },
              "when": "position.asset_class == 'equity' and position.quantity > 9", "otherwise": "shown for equities, not for {{position.asset_class}}" },
            { "capability": "position.comparables", "as": "comparables", "on_error": "partial",
              "args": { "security_id": "{{inputs.security_id}}", "sector": "{{fundamentals.sector}}" } },
            { "capability": "metrics.compute_twr", "as": "perf", "args": { "lookback_days": "{{inputs.days}}" } },
            { "capability": "metrics.drawdowns", "as": "falls", "args": { "top": "{{comparables.count}}" } },
            { "capability": "portfolio.get_valued_positions", "as": "valued" },
            { "capability": "portfolio.sector_allocation", "as": "sectors", "args": { "valued_positions": "{{valued}}" } },
            { "capability": "charts.table", "as": "chart", "args": { "rows": ["{{fundamentals.sector}}", "on {{ctx.as_of}} \\{{as is}}", { "n": "{{perf.observations}}" }] } },
        ],
        "outputs": {
            "position": "{{position}}", "perf": "{{perf}}", "falls": "{{falls}}", "sectors": "{{sectors}}", "chart": "{{chart}}",
            "summary": { "weight": "{{position.weight}}", "first": "{{comparables.comparables[0].symbol}}",
                         "last": "{{comparables.comparables.last.symbol}}", "how_many": "{{comparables.comparables.length}}",
                         "title": "{{position.symbol}} in {{ctx.base_currency}}" },
        },
        "panels": [{ "id": "hint", "kind": "text", "title": "Hint", "content": "{{valued.position_count}} positions", "when": "count(valued.positions) > 0" }],
    });
    plan("dive.json", &text.to_string())
}

struct Bench {
    plan: Plan,
    inputs: Map<String, Value>,
    context: Value,
    results: BTreeMap<&'static str, Value>,
}

static NO_META: Value = Value::Null;

impl Bench {
    fn new() -> Bench {
        let inputs = json!({ "portfolio_id": PORTFOLIO, "security_id": "XTSE:CNR",
                             "days": absent("not_given", "not_given: days", Value::Null) });
        let Value::Object(inputs) = inputs else { panic!() };
        Bench {
            plan: deep_dive(),
            inputs,
            context: json!({ "as_of": "2022-06-15", "portfolio_id": PORTFOLIO, "base_currency": "EUR" }),
            results: BTreeMap::new(),
        }
    }

    fn with(mut self, step: &'static str, value: Value) -> Bench {
        self.results.insert(step, value);
        self
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            inputs: &self.inputs,
            context: &self.context,
            steps: self
                .results
                .iter()
                .map(|(name, value)| {
                    (*name, StepValue { value, meta: &NO_META, is_skipped: capability::is_absent(value) })
                })
                .collect(),
        }
    }

    fn args(&self, step: &str) -> Result<Value, Skip> {
        let (_, node) = self.plan.node(step).unwrap();
        resolve_args(node, &self.scope()).map(Value::Object)
    }

    fn when(&self, step: &str) -> Truth {
        let (_, node) = self.plan.node(step).unwrap();
        evaluate(node.when.as_ref().unwrap(), &self.scope())
    }

    fn output(&self, name: &str) -> Value {
        let output = self.plan.outputs.iter().find(|output| output.name == name).unwrap();
        output_value(&output.value, &self.scope()).into_owned()
    }
}

#[test]
fn a_whole_reference_keeps_its_type_and_the_context_gives_the_portfolio() {
    let bench = Bench::new().with("valued", json!({ "positions": [{ "sector": "Energy" }], "missing": [] }));
    assert_eq!(bench.args("position"), Ok(json!({ "portfolio_id": PORTFOLIO, "security_id": "XTSE:CNR" })));
    // The whole valuation was given: the list that the argument wants is taken from it.
    assert_eq!(
        bench.args("sectors"),
        Ok(json!({ "portfolio_id": PORTFOLIO, "valued_positions": [{ "sector": "Energy" }] }))
    );
}

#[test]
fn a_default_stands_for_what_was_not_said_but_not_for_what_is_missing() {
    let bench = Bench::new().with("comparables", absent("missing_fundamentals", "no statements", Value::Null));
    assert_eq!(bench.args("perf").unwrap()["lookback_days"], 252);
    let skip = bench.args("falls").unwrap_err();
    assert_eq!(
        (skip.code.as_str(), skip.why.as_str()),
        ("missing_fundamentals", "skipped because argument `top` is absent: no statements")
    );
}

#[test]
fn a_required_argument_that_is_absent_skips_and_carries_the_reason() {
    let why = "skipped because `fundamentals` was skipped: not an equity";
    let bench = Bench::new().with("fundamentals", absent("skipped", why, Value::Null));
    let skip = bench.args("comparables").unwrap_err();
    assert_eq!(skip.code, "skipped");
    assert!(skip.why.contains("not an equity"), "{}", skip.why);
    assert_eq!(skip.to_absent()["absent"]["code"], "skipped");
}

#[test]
fn an_argument_of_any_type_takes_an_absent_value_as_it_is() {
    let gone = absent("skipped", "not asked", Value::Null);
    let bench = Bench::new().with("fundamentals", gone.clone()).with("perf", json!({ "observations": 251 }));
    assert_eq!(bench.args("chart"), Ok(json!({ "rows": [gone, "on 2022-06-15 {{as is}}", { "n": 251 }] })));
}

#[test]
fn conditions_are_true_false_or_about_something_absent() {
    let equity = |quantity: &str| json!({ "asset_class": "equity", "quantity": quantity });
    // Quantities are decimals: "12.5" is more than 9 although it sorts before it as text.
    assert_eq!(Bench::new().with("position", equity("12.5")).when("fundamentals"), Truth::True);
    assert_eq!(Bench::new().with("position", equity("8.75")).when("fundamentals"), Truth::False);
    let gone = absent("not_found", "no such position", Value::Null);
    assert_eq!(Bench::new().with("position", gone).when("fundamentals"), Truth::Absent("position.asset_class".into()));
}

#[test]
fn outputs_are_values_or_trees_with_each_hole_in_its_place() {
    let bench = Bench::new()
        .with("position", json!({ "symbol": "XTSE:CNR", "weight": absent("missing_price", "no price", Value::Null) }))
        .with("comparables", json!({ "comparables": [{ "symbol": "A" }, { "symbol": "B" }], "count": 2 }));
    assert_eq!(
        bench.output("summary"),
        json!({ "weight": absent("missing_price", "no price", Value::Null), "first": "A", "last": "B", "how_many": 2,
                "title": "XTSE:CNR in EUR" })
    );
    let empty = Bench::new().with("position", json!({})).with("comparables", json!({ "comparables": [] }));
    assert_eq!(empty.output("summary")["first"]["absent"]["code"], "no_element");
    assert_eq!(empty.output("summary")["title"]["absent"]["code"], "unknown_field");
}

#[test]
fn required_outputs_are_those_that_cannot_be_skipped() {
    let plan = deep_dive();
    let required: Vec<&str> =
        plan.outputs.iter().filter(|output| output.is_required).map(|output| output.name.as_str()).collect();
    assert_eq!(required, ["chart", "falls", "perf", "position", "sectors"]);
}

#[test]
fn equal_content_has_one_plan_hash_and_another_capability_version_another() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../patterns/views/holdings.json")).unwrap();
    let spaced = text.replace('\n', "\n\n");
    let (one, two) = (plan("holdings.json", &text), plan("holdings.json", &spaced));
    assert_eq!(one.plan_hash, two.plan_hash);
    assert_ne!(one.text_hash, two.text_hash);
    let newer = pattern::Catalogue::new(crate::catalogue::catalogue().iter().map(|declaration| {
        let mut declaration = (**declaration).clone();
        declaration.version = "1.1.0".into();
        declaration
    }));
    let file = pattern::parse("holdings.json", &text).unwrap();
    assert_ne!(pattern::check(&file, &newer).0.unwrap().plan_hash, one.plan_hash);
}

#[test]
fn a_whole_record_is_taken_as_the_list_inside() {
    let plan = deep_dive();
    let (_, sectors) = plan.node("sectors").unwrap();
    assert_eq!(sectors.args["valued_positions"], "{{valued.positions}}");
    let rows = json!([{ "symbol": "CNR" }]);
    let bench = Bench::new().with("valued", json!({ "positions": rows, "position_count": 1 }));
    assert_eq!(bench.args("sectors").unwrap()["valued_positions"], rows);
}

#[test]
fn identical_steps_are_run_once_unless_their_order_differs() {
    let twins = |after: Value| {
        json!({
            "format": 2, "id": "twins", "name": "Twins", "description": "Twice the same", "version": "1.0.0",
            "inputs": { "portfolio_id": { "type": "portfolio_id" } },
            "steps": [
                { "capability": "portfolio.allocation", "as": "one", "after": after },
                { "capability": "portfolio.historical_nav", "as": "between", "after": ["two"] },
                { "capability": "portfolio.allocation", "as": "two" },
            ],
            "outputs": ["one", "between", "two"],
        })
        .to_string()
    };
    let merged = plan("twins.json", &twins(json!([])));
    assert_eq!(merged.nodes.len(), 2);
    assert_eq!(merged.node("two").unwrap().1.name, "one");
    assert_eq!(merged.node("between").unwrap().1.depends, [0]);
    assert_eq!(merged.levels, [[0], [1]]);
    // One waits for what waits for the other: as one step they would wait for themselves.
    let apart = plan("twins.json", &twins(json!(["between"])));
    let levels: Vec<Vec<&str>> = apart
        .levels
        .iter()
        .map(|level| level.iter().map(|index| apart.nodes[*index].name.as_str()).collect())
        .collect();
    assert_eq!(levels, [["two"], ["between"], ["one"]]);
}

#[test]
fn another_text_in_the_file_is_another_plan() {
    let text = |label: &str| {
        json!({
            "format": 2, "id": "small", "name": "Small", "description": label, "version": "1.0.0",
            "inputs": { "portfolio_id": { "type": "portfolio_id" } },
            "steps": [{ "capability": "portfolio.get_valued_positions", "as": "valued" }],
            "outputs": ["valued"],
        })
        .to_string()
    };
    let hash = |label: &str| plan("small.json", &text(label)).plan_hash;
    assert_eq!(hash("A"), hash("A"));
    assert_ne!(hash("A"), hash("B"));
}
