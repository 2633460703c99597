//! The type of what a reference names: inputs, context and results of steps, with aliases rewritten on the way.

use crate::aliasing::canonical_in;
use crate::reference::{Reference, Root, Segment};
use capability::{Declaration, Field, Schema, Type, nearest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What references may name in a file.
pub(crate) struct Environment {
    /// Declared inputs with their types.
    pub(crate) inputs: BTreeMap<String, Type>,
    /// Steps with their declarations; `None` when the capability is not known (its own message exists).
    pub(crate) steps: BTreeMap<String, Option<Arc<Declaration>>>,
    /// Element type of the list that a row template stands in.
    pub(crate) row: Option<Type>,
}

/// Why a reference names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// No such input or step; the nearest.
    Undeclared(String, Option<String>),
    /// The value cannot have this field; the nearest.
    NoField(String, Option<String>),
    /// A row reference outside a row.
    NoRow,
}

/// A resolved reference.
pub(crate) struct Resolved {
    /// With canonical field names.
    pub(crate) reference: Reference,
    /// Type of the value; may be absent when anything on the way may be.
    pub(crate) ty: Type,
    /// Aliases that were rewritten.
    pub(crate) rewritten: Vec<(String, String)>,
}

/// Fields of `ctx`.
pub(crate) fn context_schema() -> Schema {
    Schema::record([
        Field::required("as_of", Type::Date, ""),
        Field::optional("pricing_pack_id", Type::id("pricing_pack"), ""),
        Field::optional("ledger_commit", Type::Text, ""),
        Field::optional("portfolio_id", Type::id("portfolio"), ""),
        Field::required("base_currency", Type::Text, ""),
        Field::required("user_id", Type::Text, ""),
        Field::required("trace_id", Type::Text, ""),
        Field::required("execution_id", Type::Text, ""),
        Field::required("deadline", Type::Integer, ""),
    ])
}

impl Environment {
    /// A name in a row template that is no field of the row but a step means the step.
    pub(crate) fn out_of_row(&self, reference: &Reference) -> Reference {
        if let (Root::Row, Some(Segment::Name(first))) = (&reference.root, reference.path.first())
            && let Some(Type::Record(schema)) = self.row.as_ref().map(Type::required)
            && schema.field(first).is_none()
            && canonical_in(schema, None, first).is_none()
            && self.steps.contains_key(first)
        {
            return Reference { root: Root::Step(first.clone()), path: reference.path[1..].to_vec() };
        }
        reference.clone()
    }

    /// Resolve a reference.
    pub(crate) fn resolve(&self, reference: &Reference) -> Result<Resolved, Unresolved> {
        let mut path = Vec::new();
        let mut capability = None;
        let (ty, rest): (Type, &[Segment]) = match &reference.root {
            Root::Inputs => {
                let Some(Segment::Name(name)) = reference.path.first() else {
                    return Err(Unresolved::Undeclared("inputs".into(), None));
                };
                let Some(ty) = self.inputs.get(name) else {
                    let near = nearest(name, self.inputs.keys().map(String::as_str)).map(str::to_owned);
                    return Err(Unresolved::Undeclared(format!("inputs.{name}"), near));
                };
                path.push(Segment::Name(name.clone()));
                (ty.clone(), &reference.path[1..])
            }
            Root::Context => (Type::Record(context_schema()), &reference.path[..]),
            Root::Row => match &self.row {
                Some(element) => (element.clone(), &reference.path[..]),
                None => return Err(Unresolved::NoRow),
            },
            Root::Step(name) => match self.steps.get(name) {
                None => {
                    let near = nearest(name, self.steps.keys().map(String::as_str)).map(str::to_owned);
                    return Err(Unresolved::Undeclared(name.clone(), near));
                }
                Some(None) => (Type::Any, &reference.path[..]),
                Some(Some(declaration)) => {
                    capability = Some(declaration.name.as_str());
                    (Type::Record(declaration.output.clone()), &reference.path[..])
                }
            },
        };
        follow(reference, path, ty, rest, capability)
    }

    /// Resolve a reference to a row whose type is known, of a list that a capability made.
    pub(crate) fn resolve_in(
        &self,
        row: &Type,
        reference: &Reference,
        capability: Option<&str>,
    ) -> Result<Resolved, Unresolved> {
        follow(reference, Vec::new(), row.clone(), &reference.path, capability)
    }
}

fn follow(
    reference: &Reference,
    mut path: Vec<Segment>,
    mut ty: Type,
    rest: &[Segment],
    capability: Option<&str>,
) -> Result<Resolved, Unresolved> {
    let mut rewritten = Vec::new();
    let mut may_be_absent = false;
    for segment in rest {
        may_be_absent |= ty.is_optional();
        let (next, kept) = step(ty.required(), segment, capability, &mut rewritten)?;
        path.push(kept);
        ty = next;
    }
    if may_be_absent {
        ty = ty.optional();
    }
    Ok(Resolved { reference: Reference { root: reference.root.clone(), path }, ty, rewritten })
}

/// One segment further; the segment comes back canonical.
fn step(
    ty: &Type,
    segment: &Segment,
    capability: Option<&str>,
    rewritten: &mut Vec<(String, String)>,
) -> Result<(Type, Segment), Unresolved> {
    match (ty, segment) {
        (Type::Any, _) => Ok((Type::Any, segment.clone())),
        (_, Segment::Name(name)) if name == "$meta" => Ok((Type::Any, segment.clone())),
        (Type::List(element), Segment::Index(_)) => Ok(((**element).clone().optional(), segment.clone())),
        (Type::List(element), Segment::Name(name)) if name == "first" || name == "last" => {
            Ok(((**element).clone().optional(), segment.clone()))
        }
        (Type::List(_) | Type::Text | Type::Record(_) | Type::Map(_), Segment::Name(name)) if name == "length" => {
            Ok((Type::Integer, segment.clone()))
        }
        (Type::Map(value), Segment::Name(_)) => Ok(((**value).clone().optional(), segment.clone())),
        (Type::Series(_), Segment::Name(name)) if ["unit", "points", "gaps", "frequency"].contains(&name.as_str()) => {
            Ok((Type::Any, segment.clone()))
        }
        (Type::Money | Type::Price, Segment::Name(name)) if name == "amount" => Ok((Type::Decimal, segment.clone())),
        (Type::Money | Type::Price, Segment::Name(name)) if name == "currency" => Ok((Type::Text, segment.clone())),
        (Type::Record(schema), Segment::Name(name)) => {
            if let Some(field) = schema.field(name) {
                return Ok((field.ty.clone(), segment.clone()));
            }
            if let Some(canonical) = canonical_in(schema, capability, name)
                && let Some(field) = schema.field(&canonical)
            {
                rewritten.push((name.clone(), canonical.clone()));
                return Ok((field.ty.clone(), Segment::Name(canonical)));
            }
            Err(Unresolved::NoField(name.clone(), nearest(name, schema.names()).map(str::to_owned)))
        }
        (_, Segment::Name(name)) => Err(Unresolved::NoField(name.clone(), None)),
        (_, Segment::Index(index)) => Err(Unresolved::NoField(format!("[{index}]"), None)),
    }
}
