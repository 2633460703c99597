//! The checker: everything that can be known before a pattern runs, each message with its place.
//!
//! What cannot run is an error in both formats; what is merely useless or cannot be shown is a warning in format 1.

mod default_panel;
mod graph;
mod output_schemas;
mod outputs;
mod panels;
mod steps;
mod top_level;

use crate::diagnostic::{Diagnostic, Severity};
use crate::file::PatternFile;
use crate::json::{Node, Span};
use crate::plan::Plan;
use crate::reference::{Part, Reference, Root, Segment, Template, names_state};
use crate::typing::{Environment, Unresolved};
use capability::{Declaration, Type, canonical_name, nearest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most messages of one file.
const MESSAGES_MAX: usize = 100;

/// The capabilities that a pattern may call.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    declarations: BTreeMap<String, Arc<Declaration>>,
}

impl Catalogue {
    /// A catalogue of declarations.
    pub fn new(declarations: impl IntoIterator<Item = Declaration>) -> Catalogue {
        let declarations =
            declarations.into_iter().map(|declaration| (declaration.name.clone(), Arc::new(declaration))).collect();
        Catalogue { declarations }
    }

    /// The declaration of a canonical or accepted name.
    pub fn get(&self, name: &str) -> Option<&Arc<Declaration>> {
        self.declarations.get(canonical_name(name))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Declaration>> {
        self.declarations.values()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.declarations.keys().map(String::as_str)
    }
}

/// Check a file. The plan is there if and only if no message is an error.
pub fn check(file: &PatternFile, catalogue: &Catalogue) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut checker = Checker {
        file,
        catalogue,
        found: Vec::new(),
        environment: Environment { inputs: BTreeMap::new(), steps: BTreeMap::new(), row: None },
        used_inputs: BTreeSet::new(),
        used_steps: BTreeSet::new(),
        shown_steps: BTreeSet::new(),
        is_in_panel: false,
    };
    let plan = checker.run();
    let mut found = checker.found;
    found.sort_by(|a, b| (a.line, a.column, a.rule).cmp(&(b.line, b.column, b.rule)));
    found.dedup();
    let has_error = found.iter().any(|one| one.severity == Severity::Error);
    found.truncate(MESSAGES_MAX);
    (plan.filter(|_| !has_error), found)
}

struct Checker<'a> {
    file: &'a PatternFile,
    catalogue: &'a Catalogue,
    found: Vec<Diagnostic>,
    environment: Environment,
    used_inputs: BTreeSet<String>,
    /// Steps that the part at hand refers to.
    used_steps: BTreeSet<String>,
    /// Steps that outputs and panels refer to.
    shown_steps: BTreeSet<String>,
    /// Inside a panel: what cannot be shown is milder than what cannot run.
    is_in_panel: bool,
}

impl Checker<'_> {
    fn run(&mut self) -> Option<Plan> {
        let head = self.top_level();
        let inputs = self.inputs();
        let drafts = self.steps();
        let order = self.graph(&drafts);
        // What steps refer to is in their needs; from here on, what outputs and panels refer to.
        self.used_steps.clear();
        let mut outputs = self.outputs(&drafts);
        let panels = self.panels();
        self.outputs_of_panels(&drafts, &panels, &mut outputs);
        self.output_schemas(&outputs);
        self.shown_steps = std::mem::take(&mut self.used_steps);
        let left_out = self.unused(&drafts);
        let rights = self.rights(&drafts);
        let mut order = order?;
        order.leave_out(&drafts, &left_out);
        self.assemble(head?, inputs, drafts, order, outputs, panels, rights)
    }

    /// A message of a rule at a place.
    fn say(&mut self, rule: &'static str, span: Span, message: impl Into<String>) {
        self.found.push(Diagnostic::new(rule, self.file.format, span, message.into(), None));
    }

    /// The same, where format 1 only warns although the rule is an error elsewhere.
    fn soften_last(&mut self) {
        if self.file.format < 2
            && let Some(last) = self.found.last_mut()
        {
            last.severity = Severity::Warning;
        }
    }

    fn suggest(&mut self, rule: &'static str, span: Span, message: impl Into<String>, near: Option<&str>) {
        self.found.push(Diagnostic::new(rule, self.file.format, span, message.into(), near.map(str::to_owned)));
    }

    /// Unknown keys of an object.
    fn known_keys(&mut self, node: &Node, known: &[&str]) {
        let unknown: Vec<(String, Span)> = node
            .members()
            .iter()
            .filter(|(key, ..)| !known.contains(&key.as_str()))
            .map(|(key, span, _)| (key.clone(), *span))
            .collect();
        for (key, span) in unknown {
            let near = nearest(&key, known.iter().copied());
            self.suggest("PAT0004", span, format!("there is no key `{key}` here"), near);
        }
    }

    /// The text of a member; a message when it is something else.
    fn text_of(&mut self, node: &Node, key: &str) -> Option<String> {
        let member = node.get(key)?;
        match member.text() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.say("PAT0005", member.span, format!("`{key}` must be a text, not a {}", member.kind()));
                None
            }
        }
    }

    /// Resolve a reference, mark what it uses, report what is wrong; `None` if it names nothing.
    fn resolve(&mut self, reference: &Reference, span: Span, field_rule: &'static str) -> Option<(Reference, Type)> {
        let reference = &self.environment.out_of_row(reference);
        match &reference.root {
            Root::Inputs => {
                if let Some(Segment::Name(name)) = reference.path.first() {
                    self.used_inputs.insert(name.clone());
                }
            }
            Root::Step(name) => {
                self.used_steps.insert(name.clone());
            }
            _ => {}
        }
        match self.environment.resolve(reference) {
            Ok(resolved) => {
                for (alias, canonical) in resolved.rewritten {
                    self.suggest("PAT0034", span, format!("`{alias}` is an alias of `{canonical}`"), Some(&canonical));
                }
                Some((resolved.reference, resolved.ty))
            }
            Err(Unresolved::Undeclared(name, near)) => {
                self.suggest(
                    "PAT0014",
                    span,
                    format!("`{reference}`: there is no input or step `{name}`"),
                    near.as_deref(),
                );
                None
            }
            Err(Unresolved::NoField(name, near)) => {
                self.suggest(field_rule, span, format!("`{reference}` cannot have a field `{name}`"), near.as_deref());
                if self.is_in_panel {
                    self.soften_last();
                }
                None
            }
            Err(Unresolved::NoRow) => {
                self.say("PAT0024", span, format!("`{reference}` stands outside a row"));
                None
            }
        }
    }

    /// `state` is the root of another format.
    fn no_state(&mut self, text: &str, node: &Node) {
        if self.file.format >= 2 && names_state(text) {
            self.say("PAT0009", node.span, "`state` belongs to format 1; write the name of the step alone");
        }
    }

    /// Check all references of a tree of texts; gives the tree with canonical references, and the type of the whole if it
    /// is one reference.
    fn tree(&mut self, node: &Node, in_row: bool, field_rule: &'static str) -> (serde_json::Value, Option<Type>) {
        use crate::json::NodeValue;
        use serde_json::Value;
        match &node.value {
            NodeValue::Text(text) => match Template::parse(text, in_row).inspect(|_| self.no_state(text, node)) {
                Err(detail) => {
                    self.say("PAT0009", node.span, detail);
                    (Value::Null, Some(Type::Any))
                }
                // As written: `\{{` is read as a literal when the value is made.
                Ok(Template::Text(_)) => (Value::String(text.clone()), None),
                Ok(Template::Whole(reference)) => match self.resolve(&reference, node.span, field_rule) {
                    Some((reference, ty)) => (Value::String(format!("{{{{{reference}}}}}")), Some(ty)),
                    None => (Value::String(text.clone()), None),
                },
                Ok(Template::Mixed(parts)) => {
                    let mut canonical = String::new();
                    let mut may_be_absent = false;
                    for part in &parts {
                        match part {
                            Part::Text(text) => canonical.push_str(&text.replace("{{", "\\{{")),
                            Part::Reference(reference) => match self.resolve(reference, node.span, field_rule) {
                                Some((resolved, ty)) => {
                                    if !is_embeddable(&ty) {
                                        self.say(
                                            "PAT0011",
                                            node.span,
                                            format!("{ty} cannot stand inside a text (`{reference}`)"),
                                        );
                                    }
                                    may_be_absent |= ty.is_optional();
                                    canonical.push_str(&format!("{{{{{resolved}}}}}"));
                                }
                                None => canonical.push_str(&format!("{{{{{reference}}}}}")),
                            },
                        }
                    }
                    let ty = if may_be_absent { Type::Text.optional() } else { Type::Text };
                    (Value::String(canonical), Some(ty))
                }
            },
            NodeValue::List(elements) => {
                (Value::Array(elements.iter().map(|element| self.tree(element, in_row, field_rule).0).collect()), None)
            }
            NodeValue::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, _, inner)| (key.clone(), self.tree(inner, in_row, field_rule).0))
                    .collect();
                (Value::Object(members), None)
            }
            _ => (node.to_value(), None),
        }
    }
}

fn is_embeddable(ty: &Type) -> bool {
    matches!(
        ty.required(),
        Type::Text
            | Type::Integer
            | Type::Date
            | Type::Decimal
            | Type::Fraction
            | Type::Money
            | Type::Id(_)
            | Type::Enum(_)
            | Type::Any
            | Type::Number
    )
}
