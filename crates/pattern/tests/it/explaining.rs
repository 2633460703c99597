//! Plans told to people: levels, critical path, leases.

use crate::plan;
use serde_json::json;

/// `b` and `c` wait for `a`; `d` runs beside all of them.
fn uneven() -> pattern::Plan {
    let text = json!({
        "format": 2, "id": "uneven", "name": "Uneven", "description": "Levels of unequal length", "version": "1.0.0",
        "inputs": { "portfolio_id": { "type": "portfolio_id" } },
        "steps": [
            { "capability": "portfolio.get_valued_positions", "as": "a" },
            { "capability": "metrics.compute_twr", "as": "b", "after": ["a"] },
            { "capability": "metrics.compute_mwr", "as": "c", "after": ["a"] },
            { "capability": "metrics.drawdowns", "as": "d" },
            { "capability": "macro.detect_regime", "as": "e", "after": ["b", "c"] },
            { "capability": "charts.table", "as": "f", "args": { "rows": "{{e.regime}}" } },
        ],
        "outputs": ["a", "b", "c", "d", "e", "f"],
    });
    plan("uneven.json", &text.to_string())
}

#[test]
fn text_names_levels_path_leases_and_rights() {
    insta::assert_snapshot!(pattern::explain_text(&uneven()), @r"
    uneven@1.0.0   level 1: a[FA] d[FA]   level 2: b[FA] c[FA]   level 3: e[MH]   level 4: f[CH]
    critical path a → b → e → f, predicted 20 ms · peak leases 3 (FA 3, MH 1) · rights macro_data_read, portfolio_read
    ");
}

#[test]
fn json_says_the_same_to_programs() {
    let explained = pattern::explain_json(&uneven());
    assert_eq!(explained["levels"], json!([["a", "d"], ["b", "c"], ["e"], ["f"]]));
    assert_eq!(explained["critical_path"], json!(["a", "b", "e", "f"]));
    // Three steps of which none waits for another, although no level holds more than two.
    assert_eq!(
        explained["peak_leases"],
        json!({ "total": 3, "by_agent": { "financial_analyst": 3, "macro_hound": 1 } })
    );
    assert_eq!(explained["steps"][4]["depends"], json!(["b", "c"]));
    assert_eq!(explained["steps"][4]["reads"], "M");
}

#[test]
fn mermaid_draws_each_step_and_each_wait() {
    let text = pattern::explain_mermaid(&uneven());
    assert!(text.starts_with("flowchart") || text.starts_with("graph"), "{text}");
    assert_eq!(text.matches(" --> ").count(), 5, "{text}");
    assert!(text.contains("f[\"f<br/>charts.table · CH\"]"), "{text}");
}
