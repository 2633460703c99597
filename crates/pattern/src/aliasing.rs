//! Rewriting accepted field names to canonical ones, and finding the list inside a record (`patterns.md` §2).

use capability::{Schema, Type, canonical_field, local_field};

/// The canonical name of a field of a record, if `name` is an accepted alias that the record has.
pub(crate) fn canonical_in(schema: &Schema, capability: Option<&str>, name: &str) -> Option<String> {
    let candidates = [capability.and_then(|owner| local_field(owner, name)).map(str::to_owned), canonical_field(name)];
    candidates.into_iter().flatten().find(|candidate| schema.field(candidate).is_some())
}

/// The one field of a record whose type the wanted list accepts: `positions` of a whole valuation. Where several would
/// do, the one whose name ends that of the argument (`positions` for `valued_positions`).
pub(crate) fn only_list_inside(wanted: &Type, argument: &str, schema: &Schema) -> Option<String> {
    let Type::List(element) = wanted.required() else { return None };
    let fits = |ty: &Type| match (ty.required(), element.required()) {
        (Type::List(given), Type::Record(fields)) if !fields.fields.is_empty() => {
            // Rows that have none of the wanted fields would be accepted where all are optional.
            let shares_a_field = match given.required() {
                Type::Record(given) => fields.names().any(|name| given.field(name).is_some()),
                other => *other == Type::Any,
            };
            shares_a_field && wanted.accepts(ty)
        }
        (Type::List(_), _) => wanted.accepts(ty),
        _ => false,
    };
    let fitting: Vec<&str> =
        schema.fields.iter().filter(|field| fits(&field.ty)).map(|field| field.name.as_str()).collect();
    let named = || fitting.iter().find(|name| argument.strip_suffix(**name).is_some_and(|rest| rest.ends_with('_')));
    match fitting.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => named().map(|name| (*name).to_owned()),
    }
}
