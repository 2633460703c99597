//! Every rule on a file that breaks it and nothing else, in both formats, with its place.

use crate::check;
use pattern::{Diagnostic, RULES, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A good file of a format; cases change one thing in it.
fn good(format: u8) -> Value {
    json!({
        "format": format,
        "id": "case",
        "name": "Case",
        "description": "A small pattern",
        "version": "1.2.3",
        "inputs": {
            "portfolio_id": { "type": "portfolio_id", "required": true },
            "days": { "type": "integer", "default": 252, "minimum": 2 },
        },
        "steps": [
            { "capability": "portfolio.get_valued_positions", "as": "valued" },
            { "capability": "metrics.compute_twr", "as": "perf", "args": { "lookback_days": "{{inputs.days}}" } },
        ],
        "outputs": ["valued", "perf"],
        "panels": [
            { "id": "strip", "title": "Strip", "kind": "metrics",
              "metrics": [{ "label": "NAV", "value": "{{valued.net_asset_value}}", "format": "currency" }] },
            { "id": "rows", "title": "Rows", "kind": "table", "data": "{{valued.positions}}",
              "columns": [{ "field": "symbol", "header": "Symbol", "format": "text" }] },
        ],
    })
}

/// Put a value at a pointer; null takes the member away.
fn with(format: u8, changes: &[(&str, Value)]) -> String {
    let mut file = good(format);
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match file.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
            Value::Object(members) if value.is_null() => {
                members.remove(name);
            }
            Value::Object(members) => {
                members.insert(name.to_owned(), value.clone());
            }
            Value::Array(elements) => match name.parse::<usize>() {
                Ok(index) => elements[index] = value.clone(),
                Err(_) => elements.push(value.clone()),
            },
            other => panic!("{other} at {pointer}"),
        }
    }
    serde_json::to_string_pretty(&file).unwrap()
}

struct Case {
    rule: &'static str,
    format_1: Option<Severity>,
    format_2: Option<Severity>,
    changes: Vec<(&'static str, Value)>,
    /// The words under the carets begin with this.
    at: &'static str,
    suggestion: Option<&'static str>,
}

use Severity::{Error, Note, Warning};

fn error(rule: &'static str, changes: Vec<(&'static str, Value)>, at: &'static str) -> Case {
    Case { rule, format_1: Some(Error), format_2: Some(Error), changes, at, suggestion: None }
}

fn mild(rule: &'static str, changes: Vec<(&'static str, Value)>, at: &'static str) -> Case {
    Case { format_1: Some(Warning), ..error(rule, changes, at) }
}

impl Case {
    fn near(self, suggestion: &'static str) -> Case {
        Case { suggestion: Some(suggestion), ..self }
    }

    fn severities(self, format_1: Option<Severity>, format_2: Option<Severity>) -> Case {
        Case { format_1, format_2, ..self }
    }
}

fn step(name: &str, capability: &str, args: Value) -> Value {
    json!({ "capability": capability, "as": name, "args": args })
}

fn cases() -> Vec<Case> {
    let regime = || step("regime", "macro.detect_regime", json!({}));
    let column = |field: &str, format: &str| json!({ "field": field, "header": "H", "format": format });
    vec![
        error("PAT0002", vec![("/id", json!("Case!"))], "\"Case!\""),
        error("PAT0002", vec![("/id", json!("other"))], "\"other\"").near("case"),
        error("PAT0003", vec![("/description", Value::Null)], "{"),
        error("PAT0003", vec![("/steps/0/capability", Value::Null)], "{"),
        mild("PAT0004", vec![("/verison", json!("1"))], "\"verison\"").near("version"),
        mild("PAT0004", vec![("/steps/0/arg", json!({}))], "\"arg\"").near("args"),
        error("PAT0005", vec![("/deadline_ms", json!("soon"))], "\"soon\""),
        error("PAT0005", vec![("/format", json!(3))], "3"),
        error("PAT0005", vec![("/rights_required", json!("portfolio_read"))], "\"portfolio_read\""),
        error("PAT0005", vec![("/panels/0/span", json!(13))], "13"),
        error("PAT0005", vec![("/steps/1/on_error", json!("partail"))], "\"partail\"").near("partial"),
        error("PAT0006", vec![("/version", json!("1.2"))], "\"1.2\""),
        error("PAT0006", vec![("/version", json!("1.02.3"))], "\"1.02.3\""),
        error("PAT0006", vec![("/created", json!("2024-02-30"))], "\"2024-02-30\""),
        error("PAT0007", vec![("/inputs/days/type", json!("intger"))], "\"intger\"").near("integer"),
        error("PAT0007", vec![("/inputs/days/default", json!(1))], "1"),
        error("PAT0007", vec![("/inputs/days/default", json!("many"))], "\"many\""),
        error("PAT0007", vec![("/inputs/days/enum", json!([252, "a"]))], "\"enum\""),
        error(
            "PAT0008",
            vec![("/steps/1/as", json!("inputs")), ("/outputs", json!(["valued"])), ("/inputs/days", Value::Null)],
            "\"inputs\"",
        ),
        error(
            "PAT0008",
            vec![("/steps/1/as", json!("valued")), ("/outputs", json!(["valued"])), ("/inputs/days", Value::Null)],
            "\"valued\"",
        ),
        error(
            "PAT0009",
            vec![("/panels/0/metrics/0/value", json!("{{valued..currency}}"))],
            "\"{{valued..currency}}\"",
        ),
        error("PAT0009", vec![("/panels/0/metrics/0/value", json!("{{state.valued.net_asset_value}}"))], "\"{{state")
            .severities(None, Some(Error)),
        error("PAT0010", vec![("/steps/1/args/lookback_dais", json!(3))], "\"lookback_dais\"").near("lookback_days"),
        error(
            "PAT0010",
            vec![
                ("/steps/-", step("fx", "attribution.currency", json!({ "base_currency": "EUR" }))),
                ("/outputs/-", json!("fx")),
            ],
            "\"base_currency\"",
        )
        .severities(Some(Warning), Some(Error)),
        error(
            "PAT0011",
            vec![("/steps/1/args/lookback_days", json!("{{valued.currency}}")), ("/inputs/days", Value::Null)],
            "\"{{valued.currency}}\"",
        ),
        error("PAT0011", vec![("/steps/1/args/lookback_days", json!(1.5)), ("/inputs/days", Value::Null)], "1.5"),
        error("PAT0011", vec![("/steps/1/args/flow_timing", json!("never"))], "\"never\""),
        error(
            "PAT0011",
            vec![("/panels/0/title", json!("T")), ("/steps/1/otherwise", json!("of {{valued.positions}}"))],
            "\"of {{",
        ),
        error("PAT0012", vec![("/steps/1/capability", json!("metrics.compute_twrr"))], "\"metrics.compute_twrr\"")
            .near("metrics.compute_twr"),
        error(
            "PAT0013",
            vec![("/steps/-", step("detail", "position.details", json!({}))), ("/outputs/-", json!("detail"))],
            "{",
        ),
        error("PAT0014", vec![("/panels/0/metrics/0/value", json!("{{valed.net_asset_value}}"))], "\"{{valed")
            .near("valued"),
        error("PAT0014", vec![("/steps/1/after", json!(["perff"]))], "\"perff\"").near("perf"),
        error(
            "PAT0015",
            vec![("/outputs", json!({ "v": "{{valued.net_asset_valeu}}", "p": "{{perf}}" }))],
            "\"{{valued",
        )
        .near("net_asset_value"),
        mild("PAT0015", vec![("/panels/0/metrics/0/value", json!("{{valued.net_asset_valeu}}"))], "\"{{valued")
            .near("net_asset_value"),
        error("PAT0016", vec![("/steps/1/when", json!("{{inputs.days}} ="))], "\"{{inputs"),
        error("PAT0016", vec![("/steps/1/when", json!("{{inputs.days}}"))], "\"{{inputs"),
        error("PAT0016", vec![("/steps/1/when", json!("{{inputs.days}} == 'many'"))], "\"{{inputs"),
        error("PAT0016", vec![("/steps/1/when", json!("is_skipped({{inputs.days}})"))], "\"is_skipped"),
        error(
            "PAT0017",
            vec![("/steps/0/after", json!(["perf"])), ("/steps/1/after", json!(["valued"]))],
            "\"valued\"",
        ),
        error("PAT0018", vec![("/steps/0/after", json!(["perf"]))], "\"perf\"").severities(Some(Warning), None),
        error("PAT0019", vec![("/outputs/1", json!("pref"))], "\"pref\"")
            .near("perf")
            .severities(Some(Error), Some(Error)),
        error("PAT0019", vec![("/outputs", json!({ "n": 3, "v": "{{valued}}", "p": "{{perf}}" }))], "\"n\""),
        error(
            "PAT0019",
            vec![
                ("/outputs", json!({ "panels": ["strip", "rowz"] })),
                ("/unused_ok", json!({ "perf": "later", "days": "later" })),
            ],
            "\"rowz\"",
        )
        .near("rows"),
        error("PAT0020", vec![("/output_schemas", json!({ "perf": { "properties": { "volatlity": {} } } }))], "{}")
            .near("volatility"),
        error(
            "PAT0020",
            vec![("/output_schemas", json!({ "perf": { "properties": { "volatility": { "type": "string" } } } }))],
            "\"string\"",
        )
        .near("number"),
        error("PAT0020", vec![("/output_schemas", json!({ "valued": { "type": "array" } }))], "\"array\"")
            .near("object"),
        error("PAT0020", vec![("/output_schemas", json!({ "valeud": {} }))], "\"valeud\"").near("valued"),
        error("PAT0020", vec![("/output_schemas", json!({ "valued": { "required": ["nav"] } }))], "\"nav\""),
        mild("PAT0021", vec![("/inputs/extra", json!({ "type": "text", "required": false }))], "\"extra\""),
        mild("PAT0022", vec![("/steps/-", regime())], "\"regime\""),
        mild("PAT0023", vec![("/panels/-", json!({ "id": "perf", "title": "Performance" }))], "{"),
        mild(
            "PAT0023",
            vec![("/panels", Value::Null), ("/display", json!({ "panels": [{ "id": "valued", "title": "V" }] }))],
            "{",
        ),
        mild("PAT0024", vec![("/panels/1/columns/0", column("symbl", "text"))], "\"symbl\"").near("symbol"),
        mild(
            "PAT0024",
            vec![("/panels/0/metrics/0/value", json!("{{row.symbol}}")), ("/panels/0/metrics/0/format", Value::Null)],
            "\"{{row",
        ),
        mild("PAT0025", vec![("/panels/1/columns/0", column("weight", "bps"))], "\"bps\""),
        mild("PAT0025", vec![("/panels/0/metrics/0/format", json!("percentage"))], "\"percentage\""),
        error("PAT0026", vec![("/panels/0/kind", json!("metric"))], "\"metric\"").near("metrics"),
        error("PAT0026", vec![("/panels/0/metrics/0/format", json!("curency"))], "\"curency\"").near("currency"),
        error("PAT0027", vec![("/rights_required", json!(["portfolio_read", "macro_read"]))], "\"macro_read\""),
        error(
            "PAT0027",
            vec![
                ("/rights_required", json!(["portfolio_read"])),
                ("/steps/-", regime()),
                ("/outputs/-", json!("regime")),
            ],
            "[",
        ),
        mild("PAT0028", vec![("/steps/1/fallback", json!({ "time_weighted_return_1y": 0 }))], "{"),
        error(
            "PAT0029",
            vec![
                (
                    "/steps/-",
                    json!({ "capability": "ledger.record", "as": "booked", "retry": { "attempts": 2 }, "args": { "entries": [], "idempotency_key": "k" } }),
                ),
                ("/outputs/-", json!("booked")),
            ],
            "{",
        ),
        error(
            "PAT0029",
            vec![
                ("/steps/-", step("booked", "ledger.record", json!({ "entries": [], "idempotency_key": "k" }))),
                ("/steps/-", step("archived", "portfolio.archive", json!({}))),
                ("/outputs/-", json!("booked")),
            ],
            "\"archived\"",
        ),
        mild("PAT0030", vec![("/deadline_ms", json!(1000)), ("/steps/1/timeout_ms", json!(2000))], "2000")
            .severities(Some(Warning), Some(Warning)),
        mild("PAT0031", vec![("/steps/1/when", json!("{{inputs.days}} > 3 or true"))], "\"{{inputs"),
        mild(
            "PAT0031",
            vec![
                ("/inputs/security_id", json!({ "type": "security_id" })),
                ("/steps/-", step("detail", "position.details", json!({ "security_id": "{{inputs.security_id}}" }))),
                ("/steps/1/when", json!("{{detail.asset_class}} == 'equty'")),
                ("/outputs/-", json!("detail")),
            ],
            "\"{{detail",
        )
        .near("equity"),
        error("PAT0034", vec![("/panels/0/metrics/0/value", json!("{{valued.total_value}}"))], "\"{{valued")
            .near("net_asset_value")
            .severities(Some(Note), Some(Warning)),
        error("PAT0034", vec![("/steps/0/capability", json!("portfolio.valued_positions"))], "\"portfolio.valued")
            .near("portfolio.get_valued_positions")
            .severities(Some(Note), Some(Warning)),
        error("PAT0034", vec![("/steps/0/args", json!({ "pack_id": "{{ctx.pricing_pack_id}}" }))], "\"pack_id\"")
            .severities(Some(Note), Some(Warning)),
        mild(
            "PAT0035",
            vec![("/panels/0/metrics/0/value", json!("0.00%")), ("/panels/0/metrics/0/format", Value::Null)],
            "\"0.00%\"",
        ),
        error(
            "PAT0036",
            vec![
                ("/steps/-", json!({ "capability": "portfolio.get_valued_positions", "as": "again" })),
                ("/outputs/-", json!("again")),
            ],
            "\"again\"",
        )
        .severities(Some(Note), Some(Note)),
    ]
}

/// The text of a message's place.
fn place<'a>(text: &'a str, found: &Diagnostic) -> &'a str {
    let line = text.lines().nth(found.line as usize - 1).unwrap_or_default();
    line.char_indices().nth(found.column as usize - 1).map_or("", |(at, _)| &line[at..])
}

#[test]
fn the_good_file_is_good() {
    for format in [1, 2] {
        let text = with(format, &[]);
        let (plan, found) = check("case.json", &text);
        assert!(plan.is_some() && found.is_empty(), "{}", pattern::render_text("case.json", &text, &found));
    }
}

/// What is wrong with the messages of one case, if anything.
fn judge(case: &Case, format: u8, expected: Option<Severity>) -> Option<String> {
    let text = with(format, &case.changes);
    let (plan, found) = check("case.json", &text);
    let shown = || format!("{} format {format}\n{}", case.rule, pattern::render_text("case.json", &text, &found));
    let Some(severity) = expected else {
        return found.iter().any(|one| one.rule == case.rule).then(|| format!("not expected: {}", shown()));
    };
    let Some(one) = found.iter().find(|one| one.rule == case.rule && place(&text, one).starts_with(case.at)) else {
        return Some(format!("missing at {}: {}", case.at, shown()));
    };
    // What a broken name would have used is unused; nothing else may follow from one mistake.
    let others = |one: &&Diagnostic| one.severity == Error && ![case.rule, "PAT0021", "PAT0022"].contains(&one.rule);
    if found.iter().any(|one| others(&one)) {
        return Some(format!("not alone: {}", shown()));
    }
    let has_error = found.iter().any(|one| one.severity == Error);
    if one.severity != severity || plan.is_some() == has_error {
        return Some(format!("{:?} instead of {severity:?}: {}", one.severity, shown()));
    }
    let is_near = case.suggestion.is_none() || one.suggestion.as_deref() == case.suggestion;
    (!is_near).then(|| format!("suggests {:?}: {}", one.suggestion, shown()))
}

#[test]
fn each_rule_speaks_where_it_is_broken_and_nowhere_else() {
    let wrong: Vec<String> = cases()
        .iter()
        .flat_map(|case| [(1, case.format_1), (2, case.format_2)].map(|(format, expected)| (case, format, expected)))
        // A case that is about the format has but one.
        .filter(|(case, format, _)| *format == 1 || case.changes.iter().all(|(pointer, _)| *pointer != "/format"))
        .filter_map(|(case, format, expected)| judge(case, format, expected))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn text_that_is_no_pattern_is_pat0001() {
    let long = format!("{{\"notes\": \"{}\"}}", "x".repeat(256 * 1024));
    let many = json!({ "steps": (0..65).map(|_| json!({ "capability": "a.b" })).collect::<Vec<_>>() }).to_string();
    let twice =
        with(2, &[("/steps/1/when", json!("inputs.days > 3")), ("/steps/1/condition", json!("inputs.days > 4"))]);
    for (text, line, column) in [
        ("{\n  \"id\": \"a\",\n  \"id\": \"b\"\n}", 3, 3),
        ("{\"id\": }", 1, 8),
        ("\u{feff}{}", 1, 1),
        (&long, 1, 1),
        (&many, 1, 10),
    ] {
        let (plan, found) = check("case.json", text);
        assert!(plan.is_none());
        let one = found.iter().find(|one| one.rule == "PAT0001").unwrap_or_else(|| panic!("{text}"));
        assert_eq!((one.line, one.column, one.severity), (line, column, Error), "{text}");
    }
    let (_, found) = check("case.json", &twice);
    let rules: Vec<&str> = found.iter().map(|one| one.rule).collect();
    assert_eq!(rules, ["PAT0001"], "{found:?}");
    let bytes = b"{\n \"id\": \"\xff\"}";
    let found = pattern::parse_bytes("case.json", bytes).expect_err("not UTF-8");
    assert_eq!((found[0].rule, found[0].line, found[0].column), ("PAT0001", 2, 9));
}

#[test]
fn a_retry_on_what_happens_once_and_a_short_deadline_are_told() {
    let steps: Vec<Value> = (0..40)
        .map(|n| {
            let mut step = step(&format!("s{n}"), "metrics.compute_twr", json!({ "lookback_days": 200 + n }));
            if n > 0 {
                step["after"] = json!([format!("s{}", n - 1)]);
            }
            step
        })
        .collect();
    let names: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
    let changes = [
        ("/steps", json!(steps)),
        ("/outputs", json!(names)),
        ("/panels", Value::Null),
        ("/deadline_ms", json!(150)),
        ("/inputs/days", Value::Null),
    ];
    let (plan, found) = check("case.json", &with(2, &changes));
    let rules: Vec<&str> = found.iter().map(|one| one.rule).collect();
    assert_eq!(rules, ["PAT0030"]);
    assert!(plan.is_some());
}

#[test]
fn steps_that_only_each_other_need_are_unused_and_those_that_are_meant_are_not_run() {
    let changes = [
        ("/steps/-", step("nav", "portfolio.historical_nav", json!({}))),
        ("/steps/-", step("table", "charts.table", json!({ "rows": "{{nav.dates}}" }))),
    ];
    let (_, found) = check("case.json", &with(2, &changes));
    let unused: Vec<&str> = found.iter().filter(|one| one.rule == "PAT0022").map(|one| one.message.as_str()).collect();
    assert_eq!(unused, ["the result of step `nav` is never used", "the result of step `table` is never used"]);
    let mut meant = changes.to_vec();
    meant.push(("/unused_ok", json!({ "nav": "for later", "table": "for later" })));
    let (plan, found) = check("case.json", &with(2, &meant));
    assert!(found.is_empty(), "{found:?}");
    let names: Vec<String> = plan.unwrap().nodes.iter().map(|node| node.name.clone()).collect();
    assert_eq!(names, ["valued", "perf"]);
}

/// What the language of this release does not say yet, and why; everything else is said by a case above.
const SILENT: [(&str, &str); 1] = [("PAT0032", "needs the rights registry")];

#[test]
fn every_rule_is_broken_by_a_case() {
    let mut spoken: BTreeSet<&str> = cases().iter().map(|case| case.rule).collect();
    spoken.extend(["PAT0001", "PAT0033"]);
    let silent: Vec<&str> = RULES.iter().map(|rule| rule.id).filter(|id| !spoken.contains(id)).collect();
    assert_eq!(silent, SILENT.map(|(rule, _)| rule));
}

#[test]
fn at_most_a_hundred_messages_in_the_order_of_the_file() {
    let inputs: Value = (0..300).map(|n| (format!("input_{n:03}"), json!({ "type": "nothing" }))).collect();
    let text = with(2, &[("/inputs", inputs)]);
    let (plan, found) = check("case.json", &text);
    assert!(plan.is_none());
    assert_eq!(found.len(), 100);
    assert!(found.windows(2).all(|pair| (pair[0].line, pair[0].column) <= (pair[1].line, pair[1].column)));
}
