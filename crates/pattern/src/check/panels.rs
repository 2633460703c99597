//! Panels: what is shown, and whether fields and formats fit the types of what they show.

use super::Checker;
use super::default_panel::default_panel;
use crate::json::{Node, NodeValue};
use crate::plan::Panel;
use crate::reference::{Reference, Root, Template};
use crate::typing::Unresolved;
use capability::{Type, nearest};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const PANEL_KEYS: &[&str] = &[
    "id",
    "title",
    "kind",
    "type",
    "empty",
    "refresh_ttl",
    "span",
    "condition",
    "when",
    "metrics",
    "data",
    "rows",
    "columns",
    "sort_by",
    "sort_order",
    "summary_row",
    "chart",
    "gauge",
    "waterfall",
    "cards",
    "card_template",
    "items",
    "item_template",
    "components",
    "overall_score",
    "max_score",
    "comparison",
    "tabs",
    "winners",
    "losers",
    "content",
    "data_source",
    "description",
];
/// Keys that say where a panel stands, not what it shows.
const PLACE_KEYS: &[&str] =
    &["id", "title", "kind", "type", "empty", "refresh_ttl", "span", "data_source", "description"];
const KINDS: &[(&str, &str)] = &[
    ("metrics", "metrics"),
    ("metrics_grid", "metrics"),
    ("table", "table"),
    ("chart", "chart"),
    ("line_chart", "chart"),
    ("pie_chart", "chart"),
    ("donut_chart", "chart"),
    ("bar_chart", "chart"),
    ("heatmap", "chart"),
    ("gauge", "chart"),
    ("waterfall", "chart"),
    ("cards", "cards"),
    ("action_cards", "cards"),
    ("cycle_card", "cycle_card"),
    ("scorecard", "scorecard"),
    ("dual_list", "dual_list"),
    ("news_list", "news_list"),
    ("report", "report"),
    ("report_viewer", "report"),
    ("text", "text"),
    ("comparison", "comparison"),
    ("tabs", "tabs"),
];
const FORMATS: &[&str] = &[
    "percentage",
    "percent",
    "currency",
    "number",
    "integer",
    "decimal_2",
    "bps",
    "rating",
    "date",
    "datetime",
    "text",
    "sentiment_badge",
    "trend_arrow",
    "risk_badge",
    "bytes",
    "url",
    "auto",
];

impl Checker<'_> {
    pub(super) fn panels(&mut self) -> Vec<Panel> {
        let root = &self.file.root;
        let (one_place, display, presentation) = (root.get("panels"), root.get("display"), root.get("presentation"));
        if let Some(node) = one_place {
            if let Some(other) = display.or(presentation) {
                self.say("PAT0023", other.span, "a file uses either `panels`, or `display` and `presentation`");
            }
            if !matches!(node.value, NodeValue::List(_)) {
                self.say("PAT0005", node.span, format!("`panels` is a list, not a {}", node.kind()));
            }
            let mut panels: Vec<Panel> = Vec::new();
            for place in node.elements() {
                let has_body = place.members().iter().any(|(key, ..)| !PLACE_KEYS.contains(&key.as_str()));
                let panel = match place.get("id").and_then(Node::text) {
                    Some(id) if !has_body => self.undrawn(place, id),
                    _ => self.panel(place, place, None),
                };
                panels.extend(panel);
            }
            self.distinct(&mut panels, node);
            return panels;
        }
        let mut panels = Vec::new();
        let listed = display.and_then(|display| display.get("panels")).map(Node::elements).unwrap_or_default();
        let bodies = presentation.map(Node::members).unwrap_or_default();
        for place in listed {
            let id = place.text().or_else(|| place.get("id").and_then(Node::text));
            let Some(id) = id else {
                self.say("PAT0003", place.span, "a panel needs an `id`");
                continue;
            };
            match bodies.iter().find(|(name, ..)| name == id) {
                Some((_, _, body)) => panels.extend(self.panel(place, body, Some(id.to_owned()))),
                None => panels.extend(self.undrawn(place, id)),
            }
        }
        for (name, span, body) in bodies {
            let is_listed =
                listed.iter().any(|place| place.text().or_else(|| place.get("id").and_then(Node::text)) == Some(name));
            if !is_listed {
                if !listed.is_empty() {
                    self.say("PAT0023", *span, format!("presentation `{name}` belongs to no panel"));
                }
                panels.extend(self.panel(body, body, Some(name.clone())));
            }
        }
        if let Some(node) = display.or(presentation) {
            self.distinct(&mut panels, node);
        }
        panels
    }

    /// Two panels of one id: the first stays.
    fn distinct(&mut self, panels: &mut Vec<Panel>, node: &Node) {
        let mut seen = BTreeSet::new();
        panels.retain(|panel| {
            let is_new = seen.insert(panel.id.clone());
            if !is_new {
                self.say("PAT0023", node.span, format!("two panels are called `{}`", panel.id));
            }
            is_new
        });
    }

    /// A panel of which nothing says how it looks is drawn from the type of the result that it names.
    fn undrawn(&mut self, place: &Node, id: &str) -> Option<Panel> {
        self.say("PAT0023", place.span, format!("panel `{id}` has no presentation"));
        let source = place.get("data_source").and_then(Node::text).unwrap_or(id);
        let reference = match Template::parse(source, false).ok()? {
            Template::Whole(reference) => reference,
            _ => Reference::parse(source, false).ok()?,
        };
        let resolved = self.environment.resolve(&reference).ok()?;
        let Root::Step(step) = &resolved.reference.root else { return None };
        let (kind, mut fields) = default_panel(&resolved.reference.to_string(), &resolved.ty)?;
        for key in ["span", "empty", "refresh_ttl"] {
            if let Some(value) = place.get(key) {
                fields.insert(key.into(), value.to_value());
            }
        }
        self.used_steps.insert(step.clone());
        Some(Panel {
            id: id.to_owned(),
            title: place.get("title").and_then(Node::text).map_or_else(|| id.replace('_', " "), str::to_owned),
            kind: kind.to_owned(),
            body: Value::Object(fields),
            when: None,
            steps: BTreeSet::from([step.clone()]),
        })
    }

    /// One panel: `place` has id, title and type; `body` says what to draw (the same node in the one-place form).
    fn panel(&mut self, place: &Node, body: &Node, known_id: Option<String>) -> Option<Panel> {
        if !matches!(body.value, NodeValue::Object(_)) {
            self.say("PAT0005", body.span, format!("a panel is an object, not a {}", body.kind()));
            return None;
        }
        self.known_keys(body, PANEL_KEYS);
        let id = known_id.or_else(|| self.text_of(place, "id"));
        let Some(id) = id else {
            self.say("PAT0003", place.span, "a panel needs an `id`");
            return None;
        };
        let given =
            self.text_of(body, "kind").or_else(|| self.text_of(place, "kind")).or_else(|| self.text_of(place, "type"));
        let kind = match &given {
            Some(word) => match KINDS.iter().find(|(known, _)| known == word) {
                Some((_, kind)) => (*kind).to_owned(),
                None => {
                    let span = body.get("kind").or_else(|| place.get("type")).map_or(body.span, |node| node.span);
                    self.suggest(
                        "PAT0026",
                        span,
                        format!("there is no panel kind `{word}`"),
                        nearest(word, KINDS.iter().map(|(word, _)| *word)),
                    );
                    return None;
                }
            },
            None => kind_of_body(body).to_owned(),
        };
        for node in [body, place] {
            if let Some(span) = node.get("span")
                && !span.to_value().as_u64().is_some_and(|columns| (1..=12).contains(&columns))
            {
                self.say("PAT0005", span.span, "`span` is a whole number from 1 to 12");
            }
        }
        if let Some(order) = body.get("sort_order")
            && !matches!(order.text(), Some("asc" | "desc"))
        {
            self.say("PAT0005", order.span, "`sort_order` is asc or desc");
        }
        let field_rule = "PAT0015";
        let before = std::mem::take(&mut self.used_steps);
        self.is_in_panel = true;
        let mut fields = Map::new();
        let row = body
            .get("data")
            .or_else(|| body.get("rows"))
            .or_else(|| body.get("items"))
            .or_else(|| body.get("cards"))
            .and_then(|node| self.element_type(node));
        for (key, _, value) in body.members() {
            if ["id", "title", "kind", "type", "condition", "when"].contains(&key.as_str()) {
                continue;
            }
            let in_row = key.ends_with("_template")
                || (key == "cards" && body.get("card_template").is_none() && body.get("data").is_some());
            if in_row {
                self.environment.row = row.clone();
            }
            fields.insert(key.clone(), self.tree(value, in_row, field_rule).0);
            self.environment.row = None;
        }
        self.formats(body, row.as_ref(), &mut fields);
        let when = self.condition(body.get("condition").or_else(|| body.get("when")));
        self.is_in_panel = false;
        let steps = std::mem::take(&mut self.used_steps);
        self.used_steps = before;
        self.used_steps.extend(steps.iter().cloned());
        for (key, value) in
            [("span", place.get("span")), ("empty", place.get("empty")), ("refresh_ttl", place.get("refresh_ttl"))]
        {
            if let Some(value) = value {
                fields.entry(key).or_insert_with(|| value.to_value());
            }
        }
        if let (Some(word), true) = (&given, kind == "chart")
            && let Some(word) = word.strip_suffix("_chart")
        {
            fields.entry("chart_kind").or_insert_with(|| word.into());
        }
        let title = self
            .text_of(place, "title")
            .or_else(|| self.text_of(body, "title"))
            .unwrap_or_else(|| id.replace('_', " "));
        Some(Panel { id, title, kind, body: Value::Object(fields), when, steps })
    }

    /// Type of the elements of the list that a node refers to.
    fn element_type(&mut self, node: &Node) -> Option<Type> {
        let Ok(Template::Whole(reference)) = Template::parse(node.text()?, false) else { return None };
        match self.environment.resolve(&reference).ok()?.ty.required() {
            Type::List(element) => Some((**element).clone()),
            Type::Any => Some(Type::Any),
            _ => None,
        }
    }

    /// Columns name fields of the row; formats fit types.
    fn formats(&mut self, body: &Node, row: Option<&Type>, fields: &mut Map<String, Value>) {
        for metric in body.get("metrics").map(Node::elements).unwrap_or_default() {
            let ty = metric.get("value").and_then(Node::text).and_then(|text| match Template::parse(text, false) {
                Ok(Template::Whole(reference)) => self.environment.resolve(&reference).ok().map(|resolved| resolved.ty),
                _ => None,
            });
            self.format_of(metric, ty.as_ref());
            if let Some(value) = metric.get("value")
                && let Some(text) = value.text()
                && matches!(Template::parse(text, false), Ok(Template::Text(_)))
                && text.chars().any(|c| c.is_ascii_digit())
                && (text.contains('%') || text.contains('$'))
            {
                self.say("PAT0035", value.span, format!("`{text}` is a literal figure; show a value instead"));
            }
        }
        let capability =
            ["data", "rows"].iter().find_map(|key| body.get(key)).and_then(|node| self.capability_of(node));
        for (index, column) in body.get("columns").map(Node::elements).unwrap_or_default().iter().enumerate() {
            let Some(field) = column.get("field") else {
                self.say("PAT0003", column.span, "a column needs a `field`");
                continue;
            };
            let ty = match (row, field.text()) {
                (Some(element), Some(name)) => self.column_type(element, name, field, capability.as_deref()),
                _ => None,
            };
            let ty = ty.map(|(ty, canonical)| {
                if let (Some(shown), Some(name)) = (fields.get_mut("columns"), field.text())
                    && canonical != name
                {
                    shown[index]["field"] = canonical.as_str().into();
                    if fields.get("sort_by").and_then(Value::as_str) == Some(name) {
                        fields.insert("sort_by".into(), canonical.into());
                    }
                }
                ty
            });
            self.format_of(column, ty.as_ref());
        }
    }

    /// The capability whose result a node refers to.
    fn capability_of(&self, node: &Node) -> Option<String> {
        let Ok(Template::Whole(reference)) = Template::parse(node.text()?, false) else { return None };
        let Root::Step(step) = &reference.root else { return None };
        Some(self.environment.steps.get(step)?.as_ref()?.name.clone())
    }

    /// Type and canonical path of what a column shows: `symbol`, `driver.name`, `months[0]`.
    fn column_type(
        &mut self,
        element: &Type,
        path: &str,
        node: &Node,
        capability: Option<&str>,
    ) -> Option<(Type, String)> {
        let reference = match Reference::parse(&format!("row.{path}"), false) {
            Ok(reference) => reference,
            Err(detail) => {
                self.say("PAT0009", node.span, detail);
                return None;
            }
        };
        match self.environment.resolve_in(element, &reference, capability) {
            Ok(resolved) => {
                for (alias, known) in &resolved.rewritten {
                    self.suggest("PAT0034", node.span, format!("`{alias}` is an alias of `{known}`"), Some(known));
                }
                let canonical = resolved.reference.to_string();
                Some((resolved.ty, canonical.strip_prefix("row.").unwrap_or(&canonical).to_owned()))
            }
            Err(Unresolved::NoField(name, near)) => {
                self.suggest("PAT0024", node.span, format!("a row has no field `{name}`"), near.as_deref());
                None
            }
            Err(_) => None,
        }
    }

    fn format_of(&mut self, node: &Node, ty: Option<&Type>) {
        let Some(format) = node.get("format") else { return };
        let Some(word) = format.text() else {
            self.say("PAT0005", format.span, "`format` is a text");
            return;
        };
        if !FORMATS.contains(&word) {
            self.suggest(
                "PAT0026",
                format.span,
                format!("there is no format `{word}`"),
                nearest(word, FORMATS.iter().copied()),
            );
        } else if let Some(ty) = ty
            && !fits(word, ty)
        {
            self.say("PAT0025", format.span, format!("format `{word}` does not fit {ty}"));
        }
    }
}

fn kind_of_body(body: &Node) -> &'static str {
    for (key, kind) in [
        ("metrics", "metrics"),
        ("columns", "table"),
        ("chart", "chart"),
        ("gauge", "chart"),
        ("waterfall", "chart"),
        ("cards", "cards"),
        ("card_template", "cards"),
        ("items", "news_list"),
        ("components", "scorecard"),
        ("comparison", "comparison"),
        ("tabs", "tabs"),
        ("winners", "dual_list"),
        ("content", "text"),
    ] {
        if body.get(key).is_some() {
            return kind;
        }
    }
    "record"
}

/// Does a format fit a type (`patterns.md` §7)?
fn fits(format: &str, ty: &Type) -> bool {
    let ty = ty.required();
    if *ty == Type::Any {
        return true;
    }
    match format {
        "percentage" | "percent" => matches!(ty, Type::Fraction),
        "currency" => {
            matches!(ty, Type::Money | Type::Price) || matches!(ty, Type::Series(inner) if **inner == Type::Money)
        }
        "number" => matches!(ty, Type::Quantity | Type::Number | Type::Integer | Type::Decimal | Type::Ratio),
        "integer" => matches!(ty, Type::Integer | Type::Number | Type::Quantity),
        "decimal_2" => matches!(ty, Type::Ratio | Type::Number | Type::Decimal),
        "bps" => matches!(ty, Type::Bps),
        "rating" => matches!(ty, Type::Score10 | Type::Score100 | Type::Text),
        "date" => matches!(ty, Type::Date),
        "datetime" => matches!(ty, Type::Timestamp | Type::Date),
        "bytes" => matches!(ty, Type::Integer),
        "text" | "url" | "sentiment_badge" | "trend_arrow" | "risk_badge" => {
            matches!(
                ty,
                Type::Text | Type::Enum(_) | Type::Id(_) | Type::Date | Type::Boolean | Type::Number | Type::Integer
            )
        }
        _ => true,
    }
}
