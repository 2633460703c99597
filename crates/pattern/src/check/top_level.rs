//! Top-level keys, inputs, rights, and putting the plan together.

use super::Checker;
use super::graph::Order;
use super::steps::Draft;
use crate::json::{Node, NodeValue};
use crate::plan::{Fallback, InputDeclaration, InputType, Output, Panel, Plan, PlanNode};
use capability::{Reads, Type, canonical, check_value, nearest};
use serde_json::Value;

const KEYS: &[&str] = &[
    "$schema",
    "format",
    "id",
    "name",
    "title",
    "description",
    "version",
    "category",
    "tags",
    "author",
    "created",
    "inputs",
    "steps",
    "outputs",
    "output_schemas",
    "presentation",
    "display",
    "panels",
    "rights_required",
    "rights",
    "export_allowed",
    "deadline_ms",
    "class",
    "requires_fresh",
    "unused_ok",
    "notes",
    "last_updated",
];

const RIGHTS: &[&str] = &[
    "portfolio_read",
    "position_read",
    "macro_data_read",
    "fundamentals_read",
    "news_read",
    "report_read",
    "scenario_analysis",
    "analytics_read",
    "ai_use",
    "portfolio_write",
    "alerts_write",
    "export_pdf",
    "export_csv",
    "export_xlsx",
    "portfolio_share",
    "manage_portfolios",
    "manage_alerts",
    "ops_read",
    "packs_write",
    "rights_write",
    "users_write",
    "ops_write",
    "provider_keys",
    "pattern_write",
    "library_write",
    "securities_write",
    "rubrics_write",
    "settings_write",
    "audit_read",
    "viewer_invite",
];

/// Identity and settings of a pattern.
pub(super) struct Head {
    id: String,
    version: String,
    name: String,
    description: String,
    category: Option<String>,
    tags: Vec<String>,
    deadline_ms: u64,
    is_background: bool,
    requires_fresh: bool,
}

impl Checker<'_> {
    pub(super) fn top_level(&mut self) -> Option<Head> {
        let root = &self.file.root;
        self.known_keys(root, KEYS);
        for key in ["id", "version", "description", "steps", "outputs"] {
            if root.get(key).is_none() {
                self.say("PAT0003", root.span, format!("key `{key}` is required"));
            }
        }
        if root.get("name").is_none() && root.get("title").is_none() {
            self.say("PAT0003", root.span, "key `name` is required");
        }
        let id = self.text_of(root, "id");
        if let (Some(id), Some(node)) = (&id, root.get("id")) {
            let is_formed = (3..=64).contains(&id.len())
                && id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !is_formed {
                self.say(
                    "PAT0002",
                    node.span,
                    format!("`{id}` must be 3 to 64 of a-z, 0-9 and _, beginning with a letter"),
                );
            } else if *id != self.file.stem {
                let stem = self.file.stem.clone();
                self.suggest(
                    "PAT0002",
                    node.span,
                    format!("the file is called `{stem}.json`, the pattern `{id}`"),
                    Some(&stem),
                );
            }
        }
        let version = self.text_of(root, "version");
        if let (Some(version), Some(node)) = (&version, root.get("version")) {
            let parts: Vec<_> = version.split('.').collect();
            if parts.len() != 3 || !parts.iter().all(|part| is_version_number(part)) {
                self.say("PAT0006", node.span, format!("`{version}` is no version of the form 1.2.3"));
            }
        }
        if let (Some(created), Some(node)) = (self.text_of(root, "created"), root.get("created"))
            && chrono::NaiveDate::parse_from_str(&created, "%Y-%m-%d").is_err()
        {
            self.say("PAT0006", node.span, format!("`{created}` is no date of the form 2024-03-28"));
        }
        if let Some(node) = root.get("format")
            && !matches!(node.to_value().as_u64(), Some(1 | 2))
        {
            self.say("PAT0005", node.span, "`format` is 1 or 2");
        }
        let deadline_ms = match root.get("deadline_ms") {
            None => 30_000,
            Some(node) => match node.to_value().as_u64() {
                Some(ms) if (100..=90_000).contains(&ms) => ms,
                _ => {
                    self.say("PAT0005", node.span, "`deadline_ms` is a whole number between 100 and 90000");
                    30_000
                }
            },
        };
        if let Some(exports) = root.get("export_allowed") {
            self.known_keys(exports, &["pdf", "csv", "excel"]);
            if !matches!(exports.value, NodeValue::Object(_)) {
                self.say("PAT0005", exports.span, format!("`export_allowed` is an object, not a {}", exports.kind()));
            }
            for (key, _, value) in exports.members() {
                if !matches!(value.value, NodeValue::Bool(_)) {
                    self.say("PAT0005", value.span, format!("`{key}` is true or false"));
                }
            }
        }
        if let Some(node) = root.get("requires_fresh")
            && !matches!(node.value, NodeValue::Bool(_))
        {
            self.say("PAT0005", node.span, "`requires_fresh` is true or false");
        }
        let class = self.text_of(root, "class");
        if let (Some(class), Some(node)) = (&class, root.get("class"))
            && !["interactive", "background"].contains(&class.as_str())
        {
            self.say("PAT0005", node.span, "`class` is interactive or background");
        }
        let name = self.text_of(root, "name").or_else(|| self.text_of(root, "title"));
        let description = self.text_of(root, "description");
        Some(Head {
            id: id?,
            version: version?,
            name: name?,
            description: description?,
            category: self.text_of(root, "category"),
            tags: root
                .get("tags")
                .map(|node| node.elements().iter().filter_map(Node::text).map(str::to_owned).collect())
                .unwrap_or_default(),
            deadline_ms,
            is_background: class.as_deref() == Some("background"),
            requires_fresh: matches!(root.get("requires_fresh").map(|node| &node.value), Some(NodeValue::Bool(true))),
        })
    }

    pub(super) fn inputs(&mut self) -> Vec<InputDeclaration> {
        let Some(node) = self.file.root.get("inputs") else { return Vec::new() };
        if !matches!(node.value, NodeValue::Object(_)) {
            self.say("PAT0005", node.span, format!("`inputs` must be an object, not a {}", node.kind()));
            return Vec::new();
        }
        let mut declared = Vec::new();
        for (name, _, body) in node.members() {
            self.known_keys(
                body,
                &[
                    "type",
                    "required",
                    "default",
                    "description",
                    "enum",
                    "minimum",
                    "maximum",
                    "items",
                    "properties",
                    "unit",
                ],
            );
            let word = self.text_of(body, "type");
            let Some(word) = word else {
                if body.get("type").is_none() {
                    self.say("PAT0003", body.span, format!("input `{name}` needs a `type`"));
                }
                self.environment.inputs.insert(name.clone(), Type::Any);
                continue;
            };
            let Some(mut ty) = input_type(&word) else {
                let span = body.get("type").map_or(body.span, |node| node.span);
                self.suggest(
                    "PAT0007",
                    span,
                    format!("`{word}` is no input type"),
                    nearest(&word, TYPES.iter().map(|(word, _)| *word)),
                );
                self.environment.inputs.insert(name.clone(), Type::Any);
                continue;
            };
            if name == "portfolio_id" && matches!(ty, InputType::Text | InputType::Uuid) {
                ty = InputType::PortfolioId;
            }
            let default = body.get("default").map(Node::to_value).filter(|value| !value.is_null());
            let allowed: Vec<Value> =
                body.get("enum").map(|node| node.elements().iter().map(Node::to_value).collect()).unwrap_or_default();
            for (key, span, node) in body.members() {
                let detail = match key.as_str() {
                    "enum" if !matches!(node.value, NodeValue::List(_)) => "`enum` is a list of values".to_owned(),
                    "enum" => match allowed.iter().find(|word| !check_value(&ty.capability_type(), word).is_empty()) {
                        Some(word) => format!("{word} does not fit input `{name}`"),
                        None => continue,
                    },
                    "minimum" | "maximum" if !matches!(node.value, NodeValue::Number(_)) => {
                        format!("`{key}` is a number")
                    }
                    "minimum" | "maximum" if !is_numeric(ty) => format!("input `{name}` is no number to be bounded"),
                    _ => continue,
                };
                self.say("PAT0007", *span, detail);
            }
            let bound = |key: &str| body.get(key).and_then(|node| node.to_value().as_f64());
            let (minimum, maximum) = (bound("minimum"), bound("maximum"));
            if let (Some(least), Some(most)) = (minimum, maximum)
                && least > most
            {
                self.say(
                    "PAT0007",
                    body.span,
                    format!("input `{name}`: the minimum {least} is above the maximum {most}"),
                );
            }
            if let (Some(value), Some(node)) = (&default, body.get("default")) {
                let fits_type = is_relative_date(ty, value) || check_value(&ty.capability_type(), value).is_empty();
                let fits_enum = allowed.is_empty() || allowed.contains(value);
                let fits_bounds = value.as_f64().is_none_or(|number| {
                    minimum.is_none_or(|least| number >= least) && maximum.is_none_or(|most| number <= most)
                });
                if !fits_type || !fits_enum || !fits_bounds {
                    self.say("PAT0007", node.span, format!("the default {value} does not fit input `{name}`"));
                }
            }
            let required = match body.get("required").map(|node| &node.value) {
                Some(NodeValue::Bool(required)) => *required && default.is_none(),
                Some(_) => {
                    self.say("PAT0005", body.span, "`required` is true or false");
                    false
                }
                None => default.is_none(),
            };
            let words: Option<Vec<String>> = allowed.iter().map(|word| word.as_str().map(str::to_owned)).collect();
            let given_type = match words {
                Some(words) if ty == InputType::Text && !words.is_empty() => Type::Enum(words),
                _ => ty.capability_type(),
            };
            let seen = if required || default.is_some() { given_type } else { given_type.optional() };
            self.environment.inputs.insert(name.clone(), seen);
            declared.push(InputDeclaration {
                name: name.clone(),
                ty,
                required,
                default,
                description: self.text_of(body, "description").unwrap_or_default(),
                allowed,
                minimum,
                maximum,
            });
        }
        declared
    }

    /// Rights that the file asks for, or those that its capabilities need.
    pub(super) fn rights(&mut self, drafts: &[Draft]) -> Vec<String> {
        let root = &self.file.root;
        let node = root.get("rights_required").or_else(|| root.get("rights"));
        let mut needed: Vec<String> = drafts
            .iter()
            .flat_map(|draft| {
                let fallback = match &draft.fallback {
                    Some(Fallback::Capability(declaration, _)) => Some(declaration),
                    _ => None,
                };
                draft.declaration.iter().chain(fallback)
            })
            .flat_map(|declaration| declaration.rights.clone())
            .collect();
        needed.sort();
        needed.dedup();
        let Some(node) = node else { return needed };
        if !matches!(node.value, NodeValue::List(_)) {
            self.say("PAT0005", node.span, format!("`rights_required` must be a list, not a {}", node.kind()));
            return needed;
        }
        let mut given = Vec::new();
        for element in node.elements() {
            match element.text() {
                Some(right) if RIGHTS.contains(&right) => given.push(right.to_owned()),
                Some(right) => self.suggest(
                    "PAT0027",
                    element.span,
                    format!("there is no right `{right}`"),
                    nearest(right, RIGHTS.iter().copied()),
                ),
                None => self.say("PAT0005", element.span, "a right is a text"),
            }
        }
        for right in needed.iter().filter(|right| !given.contains(right)) {
            self.say("PAT0027", node.span, format!("a capability of this pattern needs the right `{right}`"));
        }
        given
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn assemble(
        &mut self,
        head: Head,
        inputs: Vec<InputDeclaration>,
        drafts: Vec<Draft>,
        order: Order,
        outputs: Vec<Output>,
        panels: Vec<Panel>,
        rights: Vec<String>,
    ) -> Option<Plan> {
        let nodes = order.nodes(drafts, &outputs)?;
        let fallback = |node: &PlanNode| match &node.fallback {
            Some(Fallback::Capability(declaration, _)) => Some(declaration.clone()),
            _ => None,
        };
        let reads = nodes
            .iter()
            .flat_map(|node| std::iter::once(node.declaration.clone()).chain(fallback(node)))
            .fold(Reads::NONE, |reads, declaration| reads.union(declaration.reads));
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"dawsos-plan-v1");
        hasher.update(&canonical(&self.file.root.to_value()));
        for node in &nodes {
            for declaration in std::iter::once(node.declaration.clone()).chain(fallback(node)) {
                hasher.update(declaration.id().as_bytes());
                hasher.update(b"\n");
            }
        }
        let plan = Plan {
            id: head.id,
            version: head.version,
            name: head.name,
            description: head.description,
            category: head.category,
            tags: head.tags,
            format: self.file.format,
            text_hash: blake3::hash(self.file.text.as_bytes()).to_hex().to_string(),
            plan_hash: hasher.finalize().to_hex().to_string(),
            inputs,
            levels: order.levels(&nodes),
            nodes,
            outputs,
            panels,
            rights,
            deadline_ms: head.deadline_ms,
            is_background: head.is_background,
            requires_fresh: head.requires_fresh,
            reads,
        };
        self.time(&plan);
        Some(plan)
    }

    /// Is there time for the longest chain, and does no step claim more than the whole?
    fn time(&mut self, plan: &Plan) {
        let root = &self.file.root;
        let (_, predicted_ms) = plan.critical_path(|node| node.declaration.cost.assumed_ms() as f64);
        if predicted_ms > plan.deadline_ms as f64 {
            let span = root.get("deadline_ms").map_or(root.span, |node| node.span);
            let detail = format!("the longest chain of steps is predicted to take {predicted_ms} ms");
            self.say("PAT0030", span, format!("{detail}, more than the deadline of {} ms", plan.deadline_ms));
        }
        for step in root.get("steps").map(Node::elements).unwrap_or_default() {
            if let Some(node) = step.get("timeout_ms")
                && node.to_value().as_u64().is_some_and(|ms| ms > plan.deadline_ms)
            {
                let detail = format!("the step may take longer than the deadline of {} ms", plan.deadline_ms);
                self.say("PAT0030", node.span, detail);
            }
        }
    }
}

const TYPES: &[(&str, InputType)] = &[
    ("uuid", InputType::Uuid),
    ("portfolio_id", InputType::PortfolioId),
    ("security_id", InputType::SecurityId),
    ("string", InputType::Text),
    ("text", InputType::Text),
    ("enum", InputType::Text),
    ("integer", InputType::Integer),
    ("number", InputType::Number),
    ("boolean", InputType::Boolean),
    ("date", InputType::Date),
    ("fraction", InputType::Fraction),
    ("bps", InputType::Bps),
    ("money", InputType::Money),
    ("array", InputType::List),
    ("list", InputType::List),
    ("object", InputType::Record),
    ("record", InputType::Record),
    ("scenario_id", InputType::ScenarioId),
    ("benchmark", InputType::Benchmark),
    ("currency", InputType::Currency),
];

fn input_type(word: &str) -> Option<InputType> {
    TYPES.iter().find(|(known, _)| *known == word).map(|(_, ty)| *ty)
}

fn is_numeric(ty: InputType) -> bool {
    matches!(ty, InputType::Integer | InputType::Number | InputType::Fraction | InputType::Bps | InputType::Money)
}

fn is_version_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
        && part.parse::<u32>().is_ok()
        && (part == "0" || !part.starts_with('0'))
}

fn is_relative_date(ty: InputType, value: &Value) -> bool {
    ty == InputType::Date
        && value.as_str().is_some_and(|text| crate::inputs::relative_date(text, chrono::NaiveDate::MIN).is_some())
}

impl InputType {
    /// The type that flows from the input.
    pub fn capability_type(self) -> Type {
        match self {
            InputType::Uuid => Type::id("any"),
            InputType::PortfolioId => Type::id("portfolio"),
            InputType::SecurityId => Type::id("security"),
            InputType::Text => Type::Text,
            InputType::Integer => Type::Integer,
            InputType::Number => Type::Number,
            InputType::Boolean => Type::Boolean,
            InputType::Date => Type::Date,
            InputType::Fraction => Type::Fraction,
            InputType::Bps => Type::Bps,
            InputType::Money => Type::Money,
            InputType::List => Type::list(Type::Any),
            InputType::Record => Type::map(Type::Any),
            InputType::ScenarioId => Type::id("scenario"),
            InputType::Benchmark => Type::id("benchmark"),
            InputType::Currency => Type::id("currency"),
        }
    }
}
