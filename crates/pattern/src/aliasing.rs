//! Rewriting accepted field names to canonical ones, and finding the list inside a record (`patterns.md` §2).

use capability::{Schema, Type, canonical_field, local_field};

/// The canonical name of a field of a record, if `name` is an accepted alias that the record has.
pub(crate) fn canonical_in(schema: &Schema, capability: Option<&str>, name: &str) -> Option<String> {
    let candidates = [capability.and_then(|owner| local_field(owner, name)).map(str::to_owned), canonical_field(name)];
    candidates.into_iter().flatten().find(|candidate| schema.field(candidate).is_some())
}

/// The one field of a record whose type the wanted list accepts: `positions` of a whole valuation.
pub(crate) fn only_list_inside(wanted: &Type, schema: &Schema) -> Option<String> {
    let Type::List(_) = wanted.required() else { return None };
    let mut fitting =
        schema.fields.iter().filter(|field| matches!(field.ty.required(), Type::List(_)) && wanted.accepts(&field.ty));
    let first = fitting.next()?;
    match fitting.next() {
        None => Some(first.name.clone()),
        // Several lists fit a loose type: the one of the argument's own name is meant, judged by the caller.
        Some(_) => None,
    }
}
