//! Steps: names, capabilities, arguments with their types, conditions, fallbacks, retries.

use super::Checker;
use crate::aliasing::{canonical_in, only_list_inside};
use crate::expression::Expression;
use crate::json::{Node, NodeValue, Span};
use crate::plan::{Fallback, OnError, Retry};
use crate::reference::{Reference, Root, Segment, Template};
use capability::{Declaration, Effect, Field, Type, canonical_name, check_value, nearest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const KEYS: &[&str] = &[
    "capability",
    "as",
    "args",
    "description",
    "when",
    "condition",
    "otherwise",
    "after",
    "on_error",
    "fallback",
    "retry",
    "timeout_ms",
    "cache",
];
const RESERVED: &[&str] = &["inputs", "ctx", "context", "row", "state", "true", "false", "null"];
/// Arguments that the context answers; given in a file they are redundant.
const CONTEXT_ARGUMENTS: &[&str] = &["pricing_pack_id", "pack_id", "ledger_commit", "as_of", "asof_date", "asof"];
/// Arguments that capabilities once had, by family: told, but no reason not to run a file of format 1.
const RETIRED_ARGUMENTS: &[(&str, &str)] = &[("attribution.", "base_currency"), ("", "fallback")];
const STEPS_MAX: usize = 64;

/// A step on its way into the plan.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) declaration: Option<Arc<Declaration>>,
    pub(super) args: BTreeMap<String, Value>,
    pub(super) when: Option<Expression>,
    pub(super) otherwise: Option<String>,
    pub(super) on_error: OnError,
    pub(super) fallback: Option<Fallback>,
    pub(super) retry: Option<Retry>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) may_cache: bool,
    pub(super) description: Option<String>,
    /// Names of the steps that it refers to, each with the place of the reference.
    pub(super) needs: BTreeMap<String, Span>,
}

impl Checker<'_> {
    pub(super) fn steps(&mut self) -> Vec<Draft> {
        let Some(list) = self.file.root.get("steps") else { return Vec::new() };
        let NodeValue::List(elements) = &list.value else {
            self.say("PAT0005", list.span, format!("`steps` must be a list, not a {}", list.kind()));
            return Vec::new();
        };
        if elements.is_empty() {
            self.say("PAT0003", list.span, "a pattern needs at least one step");
        }
        if elements.len() > STEPS_MAX {
            self.say("PAT0001", list.span, format!("{} steps; at most {STEPS_MAX} are allowed", elements.len()));
            return Vec::new();
        }
        let named: Vec<(String, &Node)> = elements.iter().filter_map(|node| self.name_step(node)).collect();
        named.into_iter().map(|(name, node)| self.step(name, node)).collect()
    }

    /// First pass: names and capabilities, so that later references may go forward.
    fn name_step<'n>(&mut self, node: &'n Node) -> Option<(String, &'n Node)> {
        if !matches!(node.value, NodeValue::Object(_)) {
            self.say("PAT0005", node.span, format!("a step is an object, not a {}", node.kind()));
            return None;
        }
        self.known_keys(node, KEYS);
        let capability = self.text_of(node, "capability");
        if capability.is_none() && node.get("capability").is_none() {
            self.say("PAT0003", node.span, "a step needs a `capability`");
        }
        let name = match self.text_of(node, "as") {
            Some(name) => name,
            None => capability.as_deref()?.rsplit('.').next()?.to_owned(),
        };
        let span = node.get("as").or_else(|| node.get("capability")).map_or(node.span, |node| node.span);
        let is_formed = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_formed || RESERVED.contains(&name.as_str()) {
            self.say("PAT0008", span, format!("`{name}` cannot be the name of a step"));
            return None;
        }
        if self.environment.steps.contains_key(&name) {
            self.say("PAT0008", span, format!("another step is called `{name}` too"));
            return None;
        }
        let mut declaration = None;
        if let (Some(capability), Some(node)) = (&capability, node.get("capability")) {
            declaration = self.catalogue.get(capability).cloned();
            if declaration.is_none() {
                let names: Vec<&str> = self.catalogue.names().collect();
                let near = nearest(capability, names.iter().copied());
                self.suggest("PAT0012", node.span, format!("there is no capability `{capability}`"), near);
            } else if canonical_name(capability) != capability {
                let canonical = canonical_name(capability);
                self.suggest(
                    "PAT0034",
                    node.span,
                    format!("`{capability}` is an accepted name of `{canonical}`"),
                    Some(canonical),
                );
            }
        }
        self.environment.steps.insert(name.clone(), declaration);
        Some((name, node))
    }

    /// Second pass: everything else.
    fn step(&mut self, name: String, node: &Node) -> Draft {
        let declaration = self.environment.steps.get(&name).cloned().flatten();
        let before = self.used_steps.clone();
        self.used_steps.clear();
        let mut needs = BTreeMap::new();
        let args = match (&declaration, node.get("args")) {
            (_, None) => BTreeMap::new(),
            (Some(declaration), Some(args)) => self.arguments(&name, declaration, args, &mut needs),
            (None, Some(args)) => {
                self.tree(args, false, "PAT0015");
                BTreeMap::new()
            }
        };
        if let Some(declaration) = &declaration {
            self.missing_arguments(declaration, &args, node);
        }
        if let (Some(_), Some(other)) = (node.get("when"), node.get("condition")) {
            self.say("PAT0001", other.span, "`when` and `condition` are one key and stand here twice");
        }
        let when = self.condition(node.get("when").or_else(|| node.get("condition")));
        let otherwise = node.get("otherwise").map(|node| match self.tree(node, false, "PAT0015").0 {
            Value::String(text) => text,
            other => other.to_string(),
        });
        let fallback = node.get("fallback").and_then(|node| self.fallback(node));
        let retry = node.get("retry").and_then(|node| self.retry(node));
        let effect = declaration.as_ref().map_or(Effect::None, |declaration| declaration.effect);
        if effect == Effect::Once {
            for key in ["retry", "cache"] {
                if let Some(given) = node.get(key) {
                    self.say("PAT0029", given.span, format!("`{key}` cannot stand on an effect that happens once"));
                }
            }
        }
        if let Some(after) = node.get("after")
            && !matches!(after.value, NodeValue::List(_))
        {
            self.say("PAT0005", after.span, format!("`after` is a list of step names, not a {}", after.kind()));
        }
        if let Some(cache) = node.get("cache")
            && !matches!(cache.value, NodeValue::Bool(_))
            && cache.get("off").is_none()
        {
            self.say("PAT0005", cache.span, "`cache` is true, or {\"off\": reason}");
        }
        for element in node.get("after").map(Node::elements).unwrap_or_default() {
            match element.text() {
                Some(other) if self.environment.steps.contains_key(other) => {
                    needs.insert(other.to_owned(), element.span);
                    self.used_steps.insert(other.to_owned());
                }
                Some(other) => {
                    let known: Vec<String> = self.environment.steps.keys().cloned().collect();
                    let near = nearest(other, known.iter().map(String::as_str));
                    self.suggest("PAT0014", element.span, format!("there is no step `{other}`"), near);
                }
                None => self.say("PAT0005", element.span, "`after` is a list of step names"),
            }
        }
        let span = node.get("as").or_else(|| node.get("capability")).map_or(node.span, |node| node.span);
        for used in self.used_steps.iter() {
            needs.entry(used.clone()).or_insert(span);
        }
        self.used_steps.extend(before);
        let on_error = match self.text_of(node, "on_error").as_deref() {
            None | Some("fail") => OnError::Fail,
            Some("skip") => OnError::Skip,
            Some("partial") => OnError::Partial,
            Some(other) => {
                let (other, span) = (other.to_owned(), node.get("on_error").map_or(node.span, |node| node.span));
                self.suggest(
                    "PAT0005",
                    span,
                    format!("`on_error` is fail, skip or partial, not `{other}`"),
                    nearest(&other, ["fail", "skip", "partial"]),
                );
                OnError::Fail
            }
        };
        let timeout_ms = match node.get("timeout_ms").map(|node| (node.span, node.to_value().as_u64())) {
            Some((_, Some(ms))) if ms > 0 => Some(ms),
            Some((span, _)) => {
                self.say("PAT0005", span, "`timeout_ms` is a whole number above 0");
                None
            }
            None => None,
        };
        Draft {
            name,
            span,
            declaration,
            args,
            when,
            otherwise,
            on_error,
            fallback,
            retry,
            timeout_ms,
            may_cache: effect == Effect::None
                && !matches!(
                    node.get("cache").map(|node| &node.value),
                    Some(NodeValue::Object(_) | NodeValue::Bool(false))
                ),
            description: self.text_of(node, "description"),
            needs,
        }
    }

    pub(super) fn condition(&mut self, node: Option<&Node>) -> Option<Expression> {
        let node = node?;
        let Some(text) = node.text() else {
            self.say("PAT0005", node.span, "a condition is a text");
            return None;
        };
        self.no_state(text, node);
        match Expression::parse(text, self.file.format >= 2) {
            Err(detail) => {
                self.say("PAT0016", node.span, detail);
                None
            }
            Ok(mut expression) => {
                let references: Vec<Reference> = expression.references().into_iter().cloned().collect();
                let mut types = Vec::new();
                for reference in references {
                    let resolved = self.resolve(&reference, node.span, "PAT0015");
                    types.push((reference, resolved));
                }
                let type_of = |wanted: &Reference| {
                    types
                        .iter()
                        .find(|(reference, _)| reference == wanted)
                        .and_then(|(_, resolved)| resolved.as_ref().map(|(_, ty)| ty.clone()))
                };
                if let Some(detail) = expression.type_error(&type_of) {
                    self.say("PAT0016", node.span, detail);
                } else if let Some(truth) = expression.constant() {
                    self.say("PAT0031", node.span, format!("the condition is always {truth}"));
                } else if let Some((word, words)) = expression.impossible_word(&type_of) {
                    let near = nearest(&word, words.iter().map(String::as_str));
                    let detail = format!("`{word}` is never the value; it is one of {}", words.join(", "));
                    self.suggest("PAT0031", node.span, detail, near);
                }
                expression.set_measures(&type_of);
                expression.map_references(&|given| {
                    let (_, resolved) = types.iter().find(|(reference, _)| reference == given)?;
                    resolved.as_ref().map(|(canonical, _)| canonical.clone())
                });
                Some(expression)
            }
        }
    }

    fn arguments(
        &mut self,
        step: &str,
        declaration: &Declaration,
        node: &Node,
        needs: &mut BTreeMap<String, Span>,
    ) -> BTreeMap<String, Value> {
        let mut args = BTreeMap::new();
        if !matches!(node.value, NodeValue::Object(_)) {
            self.say("PAT0005", node.span, format!("`args` must be an object, not a {}", node.kind()));
            return args;
        }
        for (key, key_span, value) in node.members() {
            let name = match canonical_in(&declaration.input, Some(&declaration.name), key) {
                Some(canonical) if declaration.input.field(key).is_none() => {
                    self.suggest(
                        "PAT0034",
                        *key_span,
                        format!("`{key}` is an alias of `{canonical}`"),
                        Some(&canonical),
                    );
                    canonical
                }
                _ => key.clone(),
            };
            let Some(field) = declaration.input.field(&name).cloned() else {
                if CONTEXT_ARGUMENTS.contains(&key.as_str()) {
                    self.tree(value, false, "PAT0015");
                    self.say(
                        "PAT0034",
                        *key_span,
                        format!("`{key}` is given by the context; the argument is redundant"),
                    );
                } else {
                    let names: Vec<&str> = declaration.input.names().collect();
                    let near = nearest(key, names.iter().copied());
                    self.suggest("PAT0010", *key_span, format!("{} has no argument `{key}`", declaration.name), near);
                    let is_retired = RETIRED_ARGUMENTS.iter().any(|(family, name)| {
                        *name == key && (family.is_empty() || declaration.name.starts_with(family))
                    });
                    if is_retired {
                        self.soften_last();
                        self.tree(value, false, "PAT0015");
                    }
                }
                continue;
            };
            if let Some(tree) = self.argument(step, &field, value, needs) {
                args.insert(name, tree);
            }
        }
        args
    }

    /// One argument: references resolved, types compared, whole records narrowed to the list inside.
    fn argument(
        &mut self,
        step: &str,
        field: &Field,
        value: &Node,
        needs: &mut BTreeMap<String, Span>,
    ) -> Option<Value> {
        let used = std::mem::take(&mut self.used_steps);
        let (tree, ty) = self.tree(value, false, "PAT0015");
        for name in &self.used_steps {
            needs.insert(name.clone(), value.span);
        }
        self.used_steps.extend(used);
        match ty {
            Some(ty) if field.ty.accepts(&ty) => Some(tree),
            Some(ty) => {
                if let (Type::Record(schema), Value::String(text)) = (ty.required(), &tree)
                    && let Ok(Template::Whole(reference)) = Template::parse(text, false)
                {
                    let by_name = schema
                        .field(&field.name)
                        .filter(|inner| field.ty.accepts(&inner.ty))
                        .map(|inner| inner.name.clone());
                    if let Some(inner) = by_name.or_else(|| only_list_inside(&field.ty, &field.name, schema)) {
                        let narrowed = narrow(&reference, &inner);
                        self.suggest(
                            "PAT0034",
                            value.span,
                            format!("`{reference}` is taken as `{narrowed}`"),
                            Some(&narrowed.to_string()),
                        );
                        return Some(Value::String(format!("{{{{{narrowed}}}}}")));
                    }
                }
                self.say(
                    "PAT0011",
                    value.span,
                    format!("argument `{}` of step `{step}` is {}, given is {ty}", field.name, field.ty),
                );
                None
            }
            None if has_reference(&tree) => Some(tree),
            None => {
                for mismatch in check_value(&field.ty, &tree) {
                    self.say(
                        "PAT0011",
                        value.span,
                        format!("argument `{}` of step `{step}`: {}", field.name, mismatch.detail),
                    );
                }
                Some(tree)
            }
        }
    }

    fn missing_arguments(&mut self, declaration: &Declaration, args: &BTreeMap<String, Value>, node: &Node) {
        let portfolio = self
            .environment
            .inputs
            .iter()
            .find(|(_, ty)| *ty.required() == Type::id("portfolio"))
            .map(|(name, _)| name.clone());
        for field in declaration.input.fields.iter().filter(|field| field.required && !args.contains_key(&field.name)) {
            if field.name == "portfolio_id" && portfolio.is_some() {
                continue;
            }
            let given = node.get("args").is_some_and(|given| given.get(&field.name).is_some());
            if !given {
                let span = node.get("args").or_else(|| node.get("capability")).map_or(node.span, |node| node.span);
                self.say(
                    "PAT0013",
                    span,
                    format!("{} needs the argument `{}` ({})", declaration.name, field.name, field.ty),
                );
            }
        }
        if let Some(name) = portfolio
            && (declaration.reads.ledger || declaration.input.field("portfolio_id").is_some())
        {
            self.used_inputs.insert(name);
        }
    }

    fn fallback(&mut self, node: &Node) -> Option<Fallback> {
        if let Some(capability) = node.get("capability").and_then(Node::text) {
            let Some(declaration) = self.catalogue.get(capability).cloned() else {
                let names: Vec<&str> = self.catalogue.names().collect();
                let near = nearest(capability, names.iter().copied());
                self.suggest("PAT0012", node.span, format!("there is no capability `{capability}`"), near);
                return None;
            };
            let mut needs = BTreeMap::new();
            let args = match node.get("args") {
                Some(args) => self.arguments("fallback", &declaration, args, &mut needs),
                None => BTreeMap::new(),
            };
            self.missing_arguments(&declaration, &args, node);
            self.used_steps.extend(needs.into_keys());
            return Some(Fallback::Capability(declaration, args));
        }
        if let Some(text) = node.text()
            && let Ok(Template::Whole(_)) = Template::parse(text, false)
        {
            let (tree, _) = self.tree(node, false, "PAT0015");
            return tree.as_str().map(|text| Fallback::Reference(text.to_owned()));
        }
        self.say("PAT0028", node.span, "a constant fallback would show invented data; it is ignored");
        None
    }

    fn retry(&mut self, node: &Node) -> Option<Retry> {
        self.known_keys(node, &["attempts", "backoff_ms", "max_ms"]);
        let number = |key: &str, default: u64| node.get(key).map_or(Some(default), |node| node.to_value().as_u64());
        match (number("attempts", 2), number("backoff_ms", 100), number("max_ms", 2_000)) {
            (Some(attempts @ 1..=4), Some(backoff_ms), Some(max_ms)) => {
                Some(Retry { attempts: attempts as u32, backoff_ms, max_ms })
            }
            _ => {
                self.say("PAT0005", node.span, "`retry` has `attempts` from 1 to 4 and pauses in milliseconds");
                None
            }
        }
    }

    /// Inputs and steps that nothing uses; gives the steps that need not run because the file says that this is meant.
    pub(super) fn unused(&mut self, drafts: &[Draft]) -> BTreeSet<String> {
        let root = &self.file.root;
        let accepted: BTreeSet<&str> = root
            .get("unused_ok")
            .map(|node| node.members().iter().map(|(key, ..)| key.as_str()).collect())
            .unwrap_or_default();
        for (name, span, _) in root.get("inputs").map(Node::members).unwrap_or_default() {
            if !self.used_inputs.contains(name) && !accepted.contains(name.as_str()) {
                self.say("PAT0021", *span, format!("input `{name}` is never read"));
            }
        }
        // What reaches an output, a panel or an effect.
        let has_effect =
            |draft: &&Draft| draft.declaration.as_ref().is_some_and(|declaration| declaration.effect != Effect::None);
        let mut ahead: Vec<String> = self.shown_steps.iter().cloned().collect();
        ahead.extend(drafts.iter().filter(has_effect).map(|draft| draft.name.clone()));
        let mut reached: BTreeSet<String> = BTreeSet::new();
        while let Some(name) = ahead.pop() {
            if let Some(draft) = drafts.iter().find(|draft| draft.name == name)
                && reached.insert(name)
            {
                ahead.extend(draft.needs.keys().cloned());
            }
        }
        let mut left_out = BTreeSet::new();
        for draft in drafts.iter().filter(|draft| !reached.contains(&draft.name)) {
            if accepted.contains(draft.name.as_str()) {
                left_out.insert(draft.name.clone());
            } else {
                self.say("PAT0022", draft.span, format!("the result of step `{}` is never used", draft.name));
            }
        }
        left_out
    }
}

fn narrow(reference: &Reference, field: &str) -> Reference {
    let mut narrowed = reference.clone();
    narrowed.path.push(Segment::Name(field.to_owned()));
    narrowed
}

fn has_reference(tree: &Value) -> bool {
    match tree {
        Value::String(text) => Template::parse(text, false).is_ok_and(|template| {
            template
                .references()
                .iter()
                .any(|reference| matches!(reference.root, Root::Inputs | Root::Context | Root::Step(_) | Root::Row))
        }),
        Value::Array(elements) => elements.iter().any(has_reference),
        Value::Object(members) => members.values().any(has_reference),
        _ => false,
    }
}
