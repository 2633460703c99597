//! Panels as the user interface draws them: references replaced, rows cut to their columns, charts in the neutral schema.
//!
//! Nothing is computed here but what drawing needs: points of a series as numbers, thinning of long ones, and the text
//! that stands for a chart. An absent value keeps its place and its reason.

use crate::expression::Truth;
use crate::plan::{Panel, Plan};
use crate::reference::Reference;
use crate::run::{Scope, evaluate, walk};
use capability::is_absent;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Most points of one series in a chart; longer ones keep the least and greatest of each bucket.
const POINTS_MAX: usize = 2_000;

/// All panels of a plan in a scope.
pub fn render(plan: &Plan, scope: &Scope<'_>) -> Vec<Value> {
    plan.panels.iter().map(|panel| render_panel(panel, scope)).collect()
}

/// One panel, as soon as its steps have ended.
pub fn render_panel(panel: &Panel, scope: &Scope<'_>) -> Value {
    let mut drawn = Map::new();
    drawn.insert("id".into(), panel.id.clone().into());
    drawn.insert("title".into(), panel.title.clone().into());
    drawn.insert("kind".into(), panel.kind.clone().into());
    if let Some(when) = &panel.when {
        match evaluate(when, scope) {
            Truth::True => {}
            Truth::False => {
                drawn
                    .insert("hidden".into(), json!({ "code": "condition", "why": "the panel's condition is not met" }));
                return Value::Object(drawn);
            }
            Truth::Absent(path) => {
                drawn.insert(
                    "hidden".into(),
                    json!({ "code": "condition", "why": format!("condition on absent: {path}") }),
                );
                return Value::Object(drawn);
            }
        }
    }
    for key in ["span", "empty", "refresh_ttl", "description"] {
        if let Some(value) = panel.body.get(key) {
            drawn.insert(key.into(), scope.fill(value, None));
        }
    }
    match panel.kind.as_str() {
        "table" => table(&panel.body, scope, &mut drawn),
        "chart" => {
            drawn.insert("chart".into(), chart(panel, scope));
        }
        _ => plain(&panel.body, scope, &mut drawn),
    }
    Value::Object(drawn)
}

fn plain(body: &Value, scope: &Scope<'_>, drawn: &mut Map<String, Value>) {
    let Some(members) = body.as_object() else { return };
    let template = members.get("card_template").or_else(|| members.get("item_template"));
    for (key, tree) in members {
        if drawn.contains_key(key) || key.ends_with("_template") {
            continue;
        }
        let value = scope.fill(tree, None);
        let value = match (template, value) {
            (Some(template), Value::Array(rows)) if ["cards", "items", "data", "rows"].contains(&key.as_str()) => {
                Value::Array(rows.iter().map(|row| scope.fill(template, Some(row))).collect())
            }
            (_, value) => value,
        };
        drawn.insert(key.clone(), value);
    }
}

fn table(body: &Value, scope: &Scope<'_>, drawn: &mut Map<String, Value>) {
    let columns = body.get("columns").cloned().unwrap_or_else(|| json!([]));
    let data = body.get("data").or_else(|| body.get("rows")).map(|tree| scope.view(tree, None));
    let fields: Vec<&str> = columns
        .as_array()
        .map(|columns| columns.iter().filter_map(|column| column["field"].as_str()).collect())
        .unwrap_or_default();
    match data.as_deref() {
        Some(Value::Array(rows)) => {
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| Value::Object(fields.iter().map(|field| ((*field).to_owned(), cell(row, field))).collect()))
                .collect();
            drawn.insert("rows".into(), Value::Array(rows));
        }
        Some(absent) if is_absent(absent) => {
            drawn.insert("absent".into(), absent["absent"].clone());
            drawn.insert("rows".into(), json!([]));
        }
        _ => {
            drawn.insert("rows".into(), json!([]));
        }
    }
    drawn.insert("columns".into(), columns);
    for key in ["sort_by", "sort_order"] {
        if let Some(value) = body.get(key) {
            drawn.insert(key.into(), value.clone());
        }
    }
    if let Some(summary) = body.get("summary_row") {
        drawn.insert("summary_row".into(), scope.fill(summary, None));
    }
}

/// The value of a column: a path into the row, with the reason where the path ends early.
fn cell(row: &Value, field: &str) -> Value {
    let unknown = || capability::absent("unknown_field", format!("unknown_field: {field}"), Value::Null);
    match row.get(field) {
        Some(value) => value.clone(),
        None => match Reference::parse(&format!("row.{field}"), false) {
            Ok(reference) => walk(row, &reference.path).map_or_else(unknown, Cow::into_owned),
            Err(_) => unknown(),
        },
    }
}

/// The neutral chart of a panel: either a capability's chart as it is, or drawn from series, rows or values.
fn chart(panel: &Panel, scope: &Scope<'_>) -> Value {
    let tree = ["chart", "gauge", "waterfall"]
        .iter()
        .find_map(|key| panel.body.get(*key))
        .cloned()
        .unwrap_or_else(|| json!({}));
    let filled = scope.fill(&tree, None);
    if is_absent(&filled) || (tree.is_string() && filled.is_object()) {
        return filled;
    }
    let given = |key: &str| filled.get(key).filter(|value| !value.is_null());
    let kind = given("type")
        .or_else(|| given("kind"))
        .and_then(Value::as_str)
        .or_else(|| panel.body.get("chart_kind").and_then(Value::as_str))
        .unwrap_or("line")
        .trim_end_matches("_chart")
        .to_owned();
    let mut absences = Vec::new();
    let mut unit = given("unit").cloned();
    let series: Vec<Value> = match given("series").and_then(Value::as_array) {
        Some(list) => list.iter().enumerate().map(|(index, one)| dated(index, one, &mut unit, &mut absences)).collect(),
        None => vec![parts(&filled, &mut unit, &mut absences)],
    };
    let mut drawn = Map::new();
    drawn.insert("id".into(), panel.id.clone().into());
    drawn.insert("kind".into(), kind.clone().into());
    drawn.insert("title".into(), given("title").cloned().unwrap_or_else(|| panel.title.clone().into()));
    drawn.insert("as_of".into(), scope.context.get("as_of").cloned().unwrap_or(Value::Null));
    let is_dated = filled.get("series").is_some();
    drawn.insert(
        "x".into(),
        given("x")
            .filter(|x| x.is_object())
            .cloned()
            .unwrap_or_else(|| json!({ "type": if is_dated { "date" } else { "category" } })),
    );
    let mut y = json!({ "type": "number" });
    if let Some(unit) = &unit {
        y["unit"] = unit.clone();
    }
    if let Some(format) = given("format") {
        y["format"] = format.clone();
    }
    drawn.insert("y".into(), y);
    drawn.insert("text".into(), words(&kind, &series, unit.as_ref(), given("marks").is_some()).into());
    drawn.insert("series".into(), Value::Array(series));
    if let Some(marks) = given("marks") {
        if let Some(rows) = marks.as_array() {
            drawn.insert("marks".into(), Value::Array(rows.iter().map(mark).collect()));
        } else if is_absent(marks) {
            absences.push(absence("marks", marks));
        }
    }
    if !absences.is_empty() {
        drawn.insert("absent".into(), Value::Array(absences));
    }
    Value::Object(drawn)
}

/// A flow or event as a mark: date, label, amount if it has one.
fn mark(row: &Value) -> Value {
    let mut mark =
        json!({ "at": row.get("date").or_else(|| row.get("at")).cloned().unwrap_or(Value::Null), "role": "event" });
    if let Some(amount) = row.get("amount") {
        mark["value"] = amount.clone();
        let is_out = amount["amount"].as_str().or_else(|| amount.as_str()).is_some_and(|text| text.starts_with('-'));
        mark["label"] = if is_out { "withdrawal".into() } else { "deposit".into() };
    }
    if let Some(label) = row.get("label") {
        mark["label"] = label.clone();
    }
    mark
}

fn absence(series: &str, value: &Value) -> Value {
    json!({ "series": series, "code": value["absent"]["code"], "why": value["absent"]["why"] })
}

/// One dated series: `data` names a series value or a list of points.
fn dated(index: usize, given: &Value, unit: &mut Option<Value>, absences: &mut Vec<Value>) -> Value {
    let name = given["name"].as_str().unwrap_or("series").to_owned();
    let id = given["id"].as_str().map_or_else(|| name.to_lowercase().replace(' ', "_"), str::to_owned);
    let role = given["role"]
        .as_str()
        .map_or_else(|| if index == 0 { "primary".to_owned() } else { format!("series_{index}") }, str::to_owned);
    let data = given.get("data").or_else(|| given.get("points")).unwrap_or(&Value::Null);
    if is_absent(data) {
        absences.push(absence(&id, data));
        return json!({ "id": id, "name": name, "role": role, "points": [] });
    }
    if unit.is_none() {
        *unit = data.get("unit").cloned();
    }
    let points = data.get("points").unwrap_or(data).as_array().map(Vec::as_slice).unwrap_or_default();
    let numbers: Vec<(String, f64)> = points
        .iter()
        .filter_map(|point| Some((point.get(0)?.as_str()?.to_owned(), as_number(point.get(1)?)?)))
        .collect();
    let (kept, is_thinned) = thin(&numbers);
    let mut series = json!({ "id": id, "name": name, "role": role, "points": kept });
    if is_thinned {
        series["reduced_from"] = numbers.len().into();
    }
    series
}

/// Parts of a whole: rows with a label and a value field, or categories and values side by side.
fn parts(filled: &Value, unit: &mut Option<Value>, absences: &mut Vec<Value>) -> Value {
    let mut points = Vec::new();
    let mut put = |label: &Value, value: &Value| {
        if is_absent(value) {
            absences.push(absence(label.as_str().unwrap_or_default(), value));
            return;
        }
        if unit.is_none()
            && let Some(currency) = value.get("currency").and_then(Value::as_str)
        {
            *unit = Some(json!({ "kind": "money", "currency": currency }));
        }
        if let Some(number) = as_number(value) {
            points.push(json!([label, number]));
        }
    };
    let empty = Vec::new();
    if let Some(rows) = filled["data"].as_array() {
        let label_field = filled["label_field"].as_str().unwrap_or("label");
        let value_field = filled["value_field"].as_str().unwrap_or("value");
        for row in rows {
            put(row.get(label_field).unwrap_or(&Value::Null), row.get(value_field).unwrap_or(&Value::Null));
        }
    } else if is_absent(&filled["data"]) {
        put(&Value::String("data".into()), &filled["data"]);
    } else {
        let categories = filled["categories"].as_array().unwrap_or(&empty);
        let values = filled["values"].as_array().unwrap_or(&empty);
        for (category, value) in categories.iter().zip(values) {
            put(category, value);
        }
    }
    if unit.is_none() {
        *unit = Some(json!({ "kind": "fraction" }));
    }
    json!({ "id": "parts", "name": filled["title"].as_str().unwrap_or("parts"), "role": "primary", "points": points })
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).or_else(|| value.get("amount")?.as_str()?.parse().ok())
}

/// At most [`POINTS_MAX`] points: first, last, and the least and greatest of each bucket.
fn thin(points: &[(String, f64)]) -> (Vec<Value>, bool) {
    let shown = |point: &(String, f64)| json!([point.0, point.1]);
    if points.len() <= POINTS_MAX {
        return (points.iter().map(shown).collect(), false);
    }
    let size = points.len().div_ceil(POINTS_MAX / 2 - 1);
    let mut kept = vec![shown(&points[0])];
    for bucket in points[1..points.len() - 1].chunks(size) {
        let (mut low, mut high) = (0, 0);
        for (index, point) in bucket.iter().enumerate() {
            if point.1 < bucket[low].1 {
                low = index;
            }
            if point.1 > bucket[high].1 {
                high = index;
            }
        }
        kept.push(shown(&bucket[low.min(high)]));
        if low != high {
            kept.push(shown(&bucket[low.max(high)]));
        }
    }
    kept.push(shown(&points[points.len() - 1]));
    (kept, true)
}

/// The text that stands for a chart: first, last, least and greatest of a series; the greatest parts of a whole.
/// Where money comes and goes (`has_flows`), a change of the value is no return and is not said.
fn words(kind: &str, series: &[Value], unit: Option<&Value>, has_flows: bool) -> String {
    let shown = |value: f64| spoken(value, unit);
    let sentences: Vec<String> = series
        .iter()
        .map(|one| {
            let name = one["name"].as_str().unwrap_or_default();
            let points: Vec<(&str, f64)> = one["points"]
                .as_array()
                .map(|points| {
                    points.iter().filter_map(|point| Some((point[0].as_str()?, point[1].as_f64()?))).collect()
                })
                .unwrap_or_default();
            let (Some(first), Some(last)) = (points.first(), points.last()) else { return format!("{name}: no data") };
            if ["donut", "pie", "bar", "horizontal_bar", "treemap", "waterfall"].contains(&kind) {
                let mut sorted = points.clone();
                if kind != "waterfall" {
                    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
                }
                let parts: Vec<String> =
                    sorted.iter().take(5).map(|(label, value)| format!("{label} {}", shown(*value))).collect();
                let more = points.len().saturating_sub(5);
                return if more > 0 { format!("{} and {more} more", parts.join(", ")) } else { parts.join(", ") };
            }
            let low = points.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(first);
            let high = points.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(first);
            // A ratio of two fractions is no figure of interest, and one to nothing or less is none at all.
            let has_change = !has_flows && first.1 > 0.0 && unit.is_none_or(|unit| unit["kind"] != "fraction");
            let change =
                if has_change { format!(", change {:+.2} %", (last.1 / first.1 - 1.0) * 100.0) } else { String::new() };
            format!(
                "{name}: {} on {}, {} on {}{change}; lowest {} on {}, highest {} on {}",
                shown(first.1),
                first.0,
                shown(last.1),
                last.0,
                shown(low.1),
                low.0,
                shown(high.1),
                high.0
            )
        })
        .collect();
    sentences.join(". ")
}

/// A figure in a sentence: a fraction as percent, money with its currency and grouped, anything else with two decimals.
fn spoken(value: f64, unit: Option<&Value>) -> String {
    let kind = unit.and_then(|unit| unit["kind"].as_str());
    if kind == Some("fraction") {
        return format!("{:.1} %", value * 100.0);
    }
    let text = format!("{:.2}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let currency = unit.and_then(|unit| unit["currency"].as_str()).map(|code| format!(" {code}")).unwrap_or_default();
    format!("{sign}{grouped}.{rest}{currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_sentences_carry_their_unit() {
        let money = json!({ "kind": "money", "currency": "EUR" });
        let fraction = json!({ "kind": "fraction" });
        assert_eq!(spoken(-1_234_567.891, Some(&money)), "-1,234,567.89 EUR");
        assert_eq!(spoken(0.4703, Some(&fraction)), "47.0 %");
        assert_eq!(spoken(12.0, None), "12.00");
    }

    #[test]
    fn long_series_keep_their_ends_and_extremes() {
        let mut points: Vec<(String, f64)> =
            (0..12_600).map(|day| (format!("d{day:05}"), f64::from(day % 97))).collect();
        points[7_000].1 = 1e6;
        points[7_001].1 = -1e6;
        let (kept, is_thinned) = thin(&points);
        assert!(is_thinned && kept.len() <= POINTS_MAX);
        assert_eq!((kept[0][0].as_str(), kept[kept.len() - 1][0].as_str()), (Some("d00000"), Some("d12599")));
        for extreme in [1e6, -1e6] {
            assert!(kept.iter().any(|point| point[1].as_f64() == Some(extreme)));
        }
    }
}
