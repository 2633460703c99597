//! Panels in the form that the user interface draws.

use crate::{check, plan, serious};
use capability::absent;
use pattern::{Plan, Scope, StepValue, render_panels};
use serde_json::{Map, Value, json};

static NO_META: Value = Value::Null;

fn with_panels(format: u8, panels: Value) -> String {
    json!({
        "format": format, "id": "shown", "name": "Shown", "description": "Panels", "version": "1.0.0",
        "inputs": { "portfolio_id": { "type": "portfolio_id" } },
        "steps": [
            { "capability": "portfolio.get_valued_positions", "as": "valued" },
            { "capability": "portfolio.historical_nav", "as": "nav" },
            { "capability": "attribution.currency", "as": "fx" },
            { "capability": "metrics.calendar_returns", "as": "calendar" },
        ],
        "outputs": ["valued", "nav", "fx", "calendar"],
        "panels": panels,
    })
    .to_string()
}

fn draw(plan: &Plan, results: &[(&str, Value)]) -> Vec<Value> {
    let inputs = Map::new();
    let context = json!({ "as_of": "2022-06-15", "base_currency": "EUR" });
    let steps =
        results.iter().map(|(name, value)| (*name, StepValue { value, meta: &NO_META, is_skipped: false })).collect();
    render_panels(plan, &Scope { inputs: &inputs, context: &context, steps })
}

fn drawn(panel: Value, results: &[(&str, Value)]) -> Value {
    draw(&plan("shown.json", &with_panels(2, json!([panel]))), results).remove(0)
}

#[test]
fn metrics_keep_label_format_and_the_reason_of_a_hole() {
    let hole = absent("incomplete", "incomplete: 2 prices are missing", Value::Null);
    let panel = json!({ "id": "strip", "title": "Strip", "kind": "metrics", "span": 12, "metrics": [
        { "label": "NAV", "value": "{{valued.net_asset_value}}", "format": "currency" },
        { "label": "Known", "value": "{{valued.coverage}}", "format": "percentage", "color_condition": "sign" },
    ] });
    assert_eq!(
        drawn(panel, &[("valued", json!({ "net_asset_value": hole, "coverage": 0.97 }))]),
        json!({ "id": "strip", "title": "Strip", "kind": "metrics", "span": 12, "metrics": [
            { "label": "NAV", "value": hole, "format": "currency" },
            { "label": "Known", "value": 0.97, "format": "percentage", "color_condition": "sign" },
        ] })
    );
}

#[test]
fn tables_are_cut_to_their_columns_and_no_row_is_dropped() {
    let hole = absent("missing_price", "missing_price: B", Value::Null);
    let panel = json!({ "id": "rows", "title": "Rows", "kind": "table", "empty": "No positions on {{ctx.as_of}}",
        "data": "{{valued.positions}}", "sort_by": "market_value", "sort_order": "desc",
        "columns": [{ "field": "symbol", "header": "Symbol", "format": "text" }, { "field": "market_value", "header": "Value", "format": "currency" }] });
    let money = json!({ "amount": "5", "currency": "EUR" });
    let rows = json!([{ "symbol": "A", "market_value": money, "weight": 1 }, { "symbol": "B", "market_value": hole }]);
    let table = drawn(panel.clone(), &[("valued", json!({ "positions": rows }))]);
    assert_eq!(
        table["rows"],
        json!([{ "symbol": "A", "market_value": money }, { "symbol": "B", "market_value": hole }])
    );
    assert_eq!(table["empty"], "No positions on 2022-06-15");
    assert_eq!((&table["sort_by"], &table["columns"][1]["header"]), (&json!("market_value"), &json!("Value")));
    let none = drawn(panel, &[("valued", absent("forbidden", "not yours", Value::Null))]);
    assert_eq!((&none["rows"], &none["absent"]["code"]), (&json!([]), &json!("forbidden")));
}

#[test]
fn a_column_may_reach_into_its_row() {
    let panel = json!({ "id": "months", "title": "Months", "kind": "table", "data": "{{calendar.years}}", "columns": [
        { "field": "year", "header": "Year" }, { "field": "months[0]", "header": "Jan", "format": "percentage" },
        { "field": "months[11]", "header": "Dec", "format": "percentage" }] });
    let table = drawn(panel, &[("calendar", json!({ "years": [{ "year": 2022, "months": [0.01] }] }))]);
    assert_eq!(table["rows"][0]["months[0]"], 0.01);
    assert_eq!(table["rows"][0]["months[11]"]["absent"]["code"], "no_element");
}

#[test]
fn a_money_series_becomes_a_line_with_flows_as_marks() {
    let panel = json!({ "id": "nav", "title": "Value", "kind": "chart", "chart": { "type": "line", "title": "Net asset value",
        "series": [{ "id": "nav", "name": "Portfolio", "role": "primary", "data": "{{nav.series}}" }], "marks": "{{nav.flows}}", "format": "currency" } });
    let unit = json!({ "kind": "money", "currency": "EUR" });
    let value = json!({
        "series": { "unit": unit, "frequency": "D", "points": [["2022-06-14", "100.10"], ["2022-06-15", "99.5"]], "gaps": [] },
        "flows": [{ "date": "2022-06-14", "amount": { "amount": "-20", "currency": "EUR" } }],
    });
    let chart = drawn(panel.clone(), &[("nav", value)])["chart"].take();
    assert_eq!(chart["kind"], "line");
    assert_eq!(chart["as_of"], "2022-06-15");
    assert_eq!(
        (&chart["x"]["type"], &chart["y"]["unit"], &chart["y"]["format"]),
        (&json!("date"), &unit, &json!("currency"))
    );
    assert_eq!(chart["series"][0]["points"], json!([["2022-06-14", 100.10], ["2022-06-15", 99.5]]));
    assert_eq!((&chart["marks"][0]["at"], &chart["marks"][0]["label"]), (&json!("2022-06-14"), &json!("withdrawal")));
    let text = chart["text"].as_str().unwrap();
    assert!(text.contains("lowest 99.50 EUR on 2022-06-15"), "{text}");
    assert!(!text.contains("change"), "a value that money left has no change of its own: {text}");
    let hole = absent("insufficient_data", "one day", Value::Null);
    let chart = drawn(panel, &[("nav", json!({ "series": hole, "flows": [] }))])["chart"].take();
    assert_eq!(chart["absent"], json!([{ "series": "nav", "code": "insufficient_data", "why": "one day" }]));
    assert_eq!(chart["series"][0]["points"], json!([]));
}

#[test]
fn words_of_a_chart_of_fractions_tell_no_relative_change() {
    let panel = json!({ "id": "nav", "title": "Value", "kind": "chart", "chart": { "type": "underwater",
        "series": [{ "name": "Drawdown", "data": "{{nav.time_weighted_index}}" }] } });
    let series = json!({ "unit": { "kind": "fraction" }, "frequency": "D",
        "points": [["2022-06-13", -0.001], ["2022-06-14", -0.12], ["2022-06-15", -0.11]], "gaps": [] });
    let chart = drawn(panel, &[("nav", json!({ "time_weighted_index": series }))])["chart"].take();
    assert_eq!(
        chart["text"],
        "Drawdown: -0.1 % on 2022-06-13, -11.0 % on 2022-06-15; lowest -12.0 % on 2022-06-14, highest -0.1 % on 2022-06-13"
    );
}

#[test]
fn categories_and_values_become_a_waterfall_without_its_holes() {
    let panel = json!({ "id": "fx", "title": "Currency", "kind": "chart", "chart": { "type": "waterfall",
        "categories": ["Local", "Currency"], "values": ["{{fx.local_return}}", "{{fx.currency_return}}"],
        "unit": { "kind": "fraction" }, "format": "percentage" } });
    let hole = absent("missing_fx", "no USD rate", Value::Null);
    let chart = drawn(panel, &[("fx", json!({ "local_return": -0.02, "currency_return": hole }))])["chart"].take();
    assert_eq!(chart["series"][0]["points"], json!([["Local", -0.02]]));
    assert_eq!(chart["absent"][0]["series"], "Currency");
    assert_eq!(chart["x"]["type"], "category");
}

#[test]
fn rows_become_the_parts_of_a_donut_and_a_part_without_value_is_named() {
    let panel = json!({ "id": "parts", "title": "Parts", "kind": "donut_chart", "chart": {
        "data": "{{valued.positions}}", "label_field": "symbol", "value_field": "weight", "unit": { "kind": "fraction" } } });
    let hole = absent("missing_price", "missing_price: C", Value::Null);
    let rows =
        json!([{ "symbol": "A", "weight": 0.25 }, { "symbol": "B", "weight": 0.5 }, { "symbol": "C", "weight": hole }]);
    let chart = drawn(panel.clone(), &[("valued", json!({ "positions": rows }))])["chart"].take();
    assert_eq!(chart["kind"], "donut");
    assert_eq!(chart["series"][0]["points"], json!([["A", 0.25], ["B", 0.5]]));
    assert_eq!(chart["absent"], json!([{ "series": "C", "code": "missing_price", "why": "missing_price: C" }]));
    assert_eq!(chart["y"]["unit"], json!({ "kind": "fraction" }));
    let hole = absent("skipped", "its condition is not met", Value::Null);
    let chart = drawn(panel, &[("valued", hole)])["chart"].take();
    assert_eq!((&chart["series"][0]["points"], &chart["absent"][0]["code"]), (&json!([]), &json!("skipped")));
}

#[test]
fn cards_are_made_from_a_template_where_bare_names_are_the_row_and_steps_stay_steps() {
    let panel = json!({ "id": "cards", "title": "Cards", "kind": "cards", "cards": "{{valued.positions}}",
        "card_template": { "title": "{{symbol}}", "subtitle": "{{row.name}} in {{valued.currency}}", "value": "{{weight}}" } });
    let value = json!({ "positions": [{ "symbol": "A", "name": "Alpha", "weight": 0.5 }], "currency": "EUR" });
    assert_eq!(
        drawn(panel, &[("valued", value)])["cards"],
        json!([{ "title": "A", "subtitle": "Alpha in EUR", "value": 0.5 }])
    );
}

#[test]
fn a_panel_whose_condition_is_not_met_says_so() {
    let panel =
        json!({ "id": "hint", "title": "Hint", "kind": "text", "content": "x", "when": "{{valued.coverage}} < 1" });
    let hidden = drawn(panel.clone(), &[("valued", json!({ "coverage": 1 }))]);
    assert_eq!(hidden["hidden"]["code"], "condition");
    assert!(hidden.get("content").is_none());
    let hole = drawn(panel.clone(), &[("valued", absent("x", "x", Value::Null))]);
    assert_eq!(hole["hidden"]["why"], "condition on absent: valued.coverage");
    assert_eq!(drawn(panel, &[("valued", json!({ "coverage": 0.5 }))])["content"], "x");
}

#[test]
fn aliases_in_columns_are_rewritten_to_what_results_carry() {
    let panel = json!({ "id": "rows", "title": "Rows", "kind": "table", "data": "{{valued.positions}}", "sort_by": "qty",
        "columns": [{ "field": "qty", "header": "Quantity", "format": "number" }] });
    let text = with_panels(1, json!([panel]));
    let (plan, found) = check("shown.json", &text);
    assert!(serious(&found).is_empty(), "{found:?}");
    let table = draw(&plan.unwrap(), &[("valued", json!({ "positions": [{ "quantity": "3" }] }))]).remove(0);
    assert_eq!(table["rows"], json!([{ "quantity": "3" }]));
    assert_eq!((&table["sort_by"], &table["columns"][0]["field"]), (&json!("quantity"), &json!("quantity")));
}

#[test]
fn without_a_presentation_the_type_decides() {
    let text = with_panels(
        1,
        json!([{ "id": "fx", "title": "FX" }, { "id": "calendar" }, { "id": "nav_line", "data_source": "nav.time_weighted_index" }]),
    );
    let plan = plan("shown.json", &text);
    let kinds: Vec<(&str, &str)> = plan.panels.iter().map(|panel| (panel.id.as_str(), panel.kind.as_str())).collect();
    assert_eq!(kinds, [("fx", "metrics"), ("calendar", "table"), ("nav_line", "chart")]);
    let drawn = draw(&plan, &[("fx", json!({ "local_return": 0.1 })), ("calendar", json!({ "years": [] }))]);
    assert_eq!(drawn[0]["metrics"][0], json!({ "label": "Local return", "value": 0.1, "format": "percentage" }));
    assert_eq!(drawn[1]["columns"][0]["header"], "Year");
}

#[test]
fn the_older_form_with_display_and_presentation_gives_the_same_panels() {
    let mut file: Value = serde_json::from_str(&with_panels(1, json!([]))).unwrap();
    let members = file.as_object_mut().unwrap();
    members.remove("panels");
    members.insert(
        "display".into(),
        json!({ "panels": [{ "id": "rows", "title": "Rows", "type": "table", "refresh_ttl": 60 }] }),
    );
    members.insert(
        "presentation".into(),
        json!({ "rows": { "data": "{{state.valued.positions}}", "columns": [{ "field": "symbol", "header": "S" }] } }),
    );
    let plan = plan("shown.json", &file.to_string());
    let table = draw(&plan, &[("valued", json!({ "positions": [{ "symbol": "A" }] }))]).remove(0);
    assert_eq!(
        table,
        json!({ "id": "rows", "title": "Rows", "kind": "table", "refresh_ttl": 60, "columns": [{ "field": "symbol", "header": "S" }], "rows": [{ "symbol": "A" }] })
    );
}
