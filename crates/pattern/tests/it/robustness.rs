//! No bytes can make the language panic, and what it accepts can be run.

use crate::{catalogue::catalogue, check};
use pattern::{Scope, explain_json, explain_mermaid, explain_text, output_value, render_panels, resolve_args};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const SHIPPED: &str = include_str!("../../../../patterns/portfolio_overview.json");

/// Words that mutations put in: what the language gives a meaning to.
const WORDS: [&str; 24] = [
    "{{",
    "}}",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "\\{{",
    "inputs.",
    "ctx.as_of",
    "valued_positions",
    ".first",
    "[0]",
    "[-1]",
    "\"when\":\"not not x\"",
    "\"format\":1",
    "\"format\":2",
    "é\u{10000}",
];

/// Everything that can be done with a text.
fn use_it(text: &str) {
    let (plan, found) = check("portfolio_overview.json", text);
    let _ = pattern::render_text("portfolio_overview.json", text, &found);
    let _ = pattern::render_sarif(&[("portfolio_overview.json".into(), found.clone())]);
    assert!(found.len() <= 100);
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    for one in &found {
        let length = lines.get((one.line - 1) as usize).copied();
        assert!(length.is_some_and(|length| one.column as usize <= length + 1), "{one:?} lies outside the file");
        assert!(one.end_column > one.column, "{one:?} is empty");
    }
    let has_error = found.iter().any(|one| one.severity == pattern::Severity::Error);
    assert!(plan.is_none() || !has_error);
    let Some(plan) = plan else { return };
    let _ = (explain_text(&plan), explain_json(&plan), explain_mermaid(&plan));
    let (inputs, context) = (Map::new(), json!({}));
    let scope = Scope { inputs: &inputs, context: &context, steps: BTreeMap::new() };
    for node in &plan.nodes {
        let _ = resolve_args(node, &scope);
    }
    for output in &plan.outputs {
        let _ = output_value(&output.value, &scope);
    }
    let _ = render_panels(&plan, &scope);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "{{valued_positions}}",
            "{{perf_metrics.volatility}}",
            "{{inputs.lookback_days}}",
            "{{row.symbol}}",
            "{{symbol}}",
            "{{ctx.as_of}}",
            "x {{inputs.portfolio_id}} y",
            "integer",
            "metrics.compute_twr",
            "percentage",
            "table",
            "sectors",
        ])
        .prop_map(Value::from),
        "[a-z{}. ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(vec![
            "id",
            "kind",
            "type",
            "capability",
            "as",
            "args",
            "when",
            "after",
            "fallback",
            "retry",
            "cache",
            "on_error",
            "data",
            "columns",
            "metrics",
            "value",
            "field",
            "format",
            "series",
            "chart",
            "cards",
            "card_template",
            "panels",
            "enum",
            "default",
            "minimum",
            "required",
            "off",
            "properties",
            "items",
            "label_field",
            "categories",
            "values",
            "marks",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(file) = pattern::parse_bytes("a.json", &bytes) {
            let _ = pattern::check(&file, &catalogue());
        }
    }

    #[test]
    fn mutations_of_a_good_file(edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, 0..WORDS.len()), 1..4)) {
        let mut text: Vec<char> = SHIPPED.chars().collect();
        for (place, removed, word) in edits {
            let at = place.index(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, WORDS[word].chars());
        }
        use_it(&text.into_iter().collect::<String>());
    }

    #[test]
    fn slices_lost_doubled_or_moved(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1usize..120, 0u8..3), 1..3)
    ) {
        let mut text: Vec<char> = SHIPPED.chars().collect();
        for (from, to, length, kind) in edits {
            let from = from.index(text.len());
            let end = (from + length).min(text.len());
            let slice: Vec<char> = if kind == 1 { text[from..end].to_vec() } else { text.drain(from..end).collect() };
            if kind > 0 {
                let to = to.index(text.len() + 1);
                text.splice(to..to, slice);
            }
        }
        use_it(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_value_in_any_place(
        place in prop::sample::select(vec![
            "/inputs", "/inputs/lookback_days", "/steps", "/steps/0", "/steps/1/args", "/steps/1/when", "/steps/1/fallback",
            "/outputs", "/panels", "/panels/0", "/panels/1/chart", "/panels/5/columns", "/panels/5/data", "/rights_required",
        ]),
        value in any_json(),
        key in prop::sample::select(vec!["output_schemas", "display", "presentation", "unused_ok", "export_allowed", "notes"]),
        other in any_json(),
    ) {
        let mut file: Value = serde_json::from_str(SHIPPED).unwrap();
        *file.pointer_mut(place).unwrap_or(&mut Value::Null) = value;
        file[key] = other;
        use_it(&file.to_string());
    }
}

#[test]
fn a_file_of_many_keys_is_read_in_a_moment() {
    let members: Vec<String> = (0..15_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let text = format!("{{{}}}", members.join(","));
    let before = std::time::Instant::now();
    let (_, found) = check("a.json", &text);
    assert_eq!(found.len(), 100);
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
}
