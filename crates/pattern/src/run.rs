//! What a plan needs while it runs: values of references, arguments of a step, conditions, outputs.

use crate::expression::{Expression, Truth};
use crate::plan::PlanNode;
use crate::reference::{Part, Reference, Root, Segment, Template};
use capability::{absence_code, absent, is_absent};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a step left behind: its value, or absent with the reason why there is none.
#[derive(Debug, Clone, Copy)]
pub struct StepValue<'a> {
    /// The value, or absent.
    pub value: &'a Value,
    /// The envelope without the value, for `$meta`.
    pub meta: &'a Value,
    /// It was skipped.
    pub is_skipped: bool,
}

/// Everything that references may name at a moment of an execution.
pub struct Scope<'a> {
    /// Inputs after typing and defaults.
    pub inputs: &'a Map<String, Value>,
    /// Fields of `ctx`.
    pub context: &'a Value,
    /// Results of steps that have ended, by every name of the step.
    pub steps: BTreeMap<&'a str, StepValue<'a>>,
}

/// Why a step is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Code of the absent value that stands for the step's result.
    pub code: String,
    /// The reason, for people.
    pub why: String,
}

impl Scope<'_> {
    /// The value that a reference names; absent with a reason when there is none. `row`: the current element.
    /// Borrowed where it is there: the whole result of a step is not copied to be looked at.
    pub fn look_up<'r>(&'r self, reference: &Reference, row: Option<&'r Value>) -> Cow<'r, Value> {
        let unknown = |reference: &Reference| Cow::Owned(unknown(reference));
        let (start, path): (&'r Value, &[Segment]) = match &reference.root {
            Root::Inputs => match reference.path.first() {
                Some(Segment::Name(name)) => match self.inputs.get(name) {
                    Some(value) => (value, &reference.path[1..]),
                    None => return unknown(reference),
                },
                _ => return unknown(reference),
            },
            Root::Context => (self.context, &reference.path[..]),
            Root::Row => match row {
                Some(row) => (row, &reference.path[..]),
                None => return unknown(reference),
            },
            Root::Step(name) => match self.steps.get(name.as_str()) {
                Some(step) => match reference.path.first() {
                    Some(Segment::Name(meta)) if meta == "$meta" => (step.meta, &reference.path[1..]),
                    _ => (step.value, &reference.path[..]),
                },
                None => return unknown(reference),
            },
        };
        walk(start, path).unwrap_or_else(|| unknown(reference))
    }

    fn is_skipped(&self, reference: &Reference) -> bool {
        match &reference.root {
            Root::Step(name) => self.steps.get(name.as_str()).is_some_and(|step| step.is_skipped),
            _ => false,
        }
    }

    /// A tree of constants and texts with its references replaced.
    pub fn fill(&self, tree: &Value, row: Option<&Value>) -> Value {
        self.view(tree, row).into_owned()
    }

    /// The same, borrowed where the tree is one reference or has none.
    pub fn view<'r>(&'r self, tree: &'r Value, row: Option<&'r Value>) -> Cow<'r, Value> {
        Cow::Owned(match tree {
            Value::String(text) => return self.fill_text(text, tree, row),
            Value::Array(elements) => Value::Array(elements.iter().map(|element| self.fill(element, row)).collect()),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(key, inner)| (key.clone(), self.fill(inner, row))).collect())
            }
            other => return Cow::Borrowed(other),
        })
    }

    /// `tree` is the text as a value.
    fn fill_text<'r>(&'r self, text: &str, tree: &'r Value, row: Option<&'r Value>) -> Cow<'r, Value> {
        if !text.contains("{{") {
            return Cow::Borrowed(tree);
        }
        // A checked plan writes `row.` before fields of the row.
        match Template::parse(text, false) {
            Err(_) => Cow::Borrowed(tree),
            Ok(Template::Text(text)) => Cow::Owned(Value::String(text)),
            Ok(Template::Whole(reference)) => self.look_up(&reference, row),
            Ok(Template::Mixed(parts)) => {
                let mut filled = String::new();
                for part in &parts {
                    match part {
                        Part::Text(text) => filled.push_str(text),
                        Part::Reference(reference) => {
                            let value = self.look_up(reference, row);
                            if is_absent(&value) {
                                return value;
                            }
                            filled.push_str(&plain(&value));
                        }
                    }
                }
                Cow::Owned(Value::String(filled))
            }
        }
    }
}

/// A value inside a text, formatted plainly.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => match (members.get("amount"), members.get("currency")) {
            (Some(Value::String(amount)), Some(Value::String(currency))) => format!("{amount} {currency}"),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn unknown(reference: &Reference) -> Value {
    absent("unknown_field", format!("unknown_field: {reference}"), Value::Null)
}

/// Follow a path; an absent value on the way is the result. Absent list elements have their own reason.
pub(crate) fn walk<'v>(start: &'v Value, path: &[Segment]) -> Option<Cow<'v, Value>> {
    let owned = |value: Value| Some(Cow::Owned(value));
    let mut at = start;
    for segment in path {
        if is_absent(at) {
            return Some(Cow::Borrowed(at));
        }
        at = match (at, segment) {
            (Value::Array(elements), Segment::Index(index)) => {
                let place = if *index < 0 {
                    elements.len().checked_sub(index.unsigned_abs() as usize)
                } else {
                    Some(*index as usize)
                };
                match place.and_then(|place| elements.get(place)) {
                    Some(element) => element,
                    None => {
                        return owned(absent(
                            "no_element",
                            format!("no_element: [{index}] of {}", elements.len()),
                            Value::Null,
                        ));
                    }
                }
            }
            (Value::Array(elements), Segment::Name(name)) => match name.as_str() {
                "length" => return owned(elements.len().into()),
                "first" | "last" => match if name == "first" { elements.first() } else { elements.last() } {
                    Some(element) => element,
                    None => return owned(absent("no_element", "no_element: the list is empty", Value::Null)),
                },
                _ => return None,
            },
            (Value::Object(members), Segment::Name(name)) => match members.get(name) {
                Some(inner) => inner,
                None if name == "length" => return owned(members.len().into()),
                None => return None,
            },
            (Value::String(text), Segment::Name(name)) if name == "length" => {
                return owned(text.chars().count().into());
            }
            _ => return None,
        };
    }
    Some(Cow::Borrowed(at))
}

/// A condition in a scope.
pub fn evaluate(expression: &Expression, scope: &Scope<'_>) -> Truth {
    crate::expression::evaluate(expression, &|reference| scope.look_up(reference, None).into_owned(), &|reference| {
        scope.is_skipped(reference)
    })
}

/// Arguments of a step, with the capability's defaults and the context's portfolio; or why the step cannot run.
pub fn resolve_args(node: &PlanNode, scope: &Scope<'_>) -> Result<Map<String, Value>, Skip> {
    resolve_declared(&node.declaration.input, &node.args, scope)
}

/// The same for any declared input and given arguments (fallbacks).
pub(crate) fn resolve_declared(
    input: &capability::Schema,
    given: &BTreeMap<String, Value>,
    scope: &Scope<'_>,
) -> Result<Map<String, Value>, Skip> {
    let mut args = Map::new();
    for field in &input.fields {
        let value = match given.get(&field.name) {
            Some(tree) => Some(scope.fill(tree, None)),
            None if field.name == "portfolio_id" => {
                scope.context.get("portfolio_id").cloned().filter(|value| !value.is_null())
            }
            None => None,
        };
        match value {
            Some(value) if is_absent(&value) => match &field.default {
                // A default stands for what the user did not say, never for data that are missing.
                Some(default) if absence_code(&value) == Some("not_given") => {
                    args.insert(field.name.clone(), default.clone());
                }
                None if !field.required || field.ty.is_optional() => {
                    args.insert(field.name.clone(), value);
                }
                _ => {
                    let code = absence_code(&value).unwrap_or("skipped").to_owned();
                    let why = value["absent"]["why"].as_str().unwrap_or("its argument is absent");
                    return Err(Skip {
                        code,
                        why: format!("skipped because argument `{}` is absent: {why}", field.name),
                    });
                }
            },
            Some(value) => {
                args.insert(field.name.clone(), value);
            }
            None => {
                if let Some(default) = &field.default {
                    args.insert(field.name.clone(), default.clone());
                } else if field.required && !field.ty.is_optional() {
                    return Err(Skip {
                        code: "not_given".into(),
                        why: format!("skipped because argument `{}` was not given", field.name),
                    });
                }
            }
        }
    }
    Ok(args)
}

/// The value of an output.
pub fn output_value<'r>(tree: &'r Value, scope: &'r Scope<'_>) -> Cow<'r, Value> {
    scope.view(tree, None)
}

/// The absent value that stands for a step that was skipped.
impl Skip {
    /// As a value.
    pub fn to_absent(&self) -> Value {
        json!({ "absent": { "code": self.code, "why": self.why } })
    }
}
