//! Promises of a file about its outputs, held against what the capabilities promise (PAT0020).

use super::Checker;
use crate::aliasing::canonical_in;
use crate::json::{Node, NodeValue};
use crate::plan::Output;
use crate::reference::{Root, Template};
use capability::{Type, nearest};

const KEYS: &[&str] = &["type", "required", "properties", "items", "enum", "format", "description"];

impl Checker<'_> {
    pub(super) fn output_schemas(&mut self, outputs: &[Output]) {
        let file = self.file;
        let Some(schemas) = file.root.get("output_schemas") else { return };
        if !matches!(schemas.value, NodeValue::Object(_)) {
            self.say("PAT0005", schemas.span, format!("`output_schemas` is an object, not a {}", schemas.kind()));
            return;
        }
        for (name, span, schema) in schemas.members() {
            let Some(output) = outputs.iter().find(|output| output.name == *name) else {
                let near = nearest(name, outputs.iter().map(|output| output.name.as_str()));
                self.suggest("PAT0020", *span, format!("there is no output `{name}`"), near);
                continue;
            };
            let Some(Ok(Template::Whole(reference))) = output.value.as_str().map(|text| Template::parse(text, false))
            else {
                continue;
            };
            let capability = match &reference.root {
                Root::Step(step) => self.environment.steps.get(step).cloned().flatten(),
                _ => None,
            };
            if let Ok(resolved) = self.environment.resolve(&reference) {
                let owner = capability.map(|declaration| declaration.name.clone());
                self.promise(schema, &resolved.ty, name, owner.as_deref());
            }
        }
    }

    /// One schema against one type; `path` names the place in the output.
    fn promise(&mut self, schema: &Node, ty: &Type, path: &str, owner: Option<&str>) {
        if !matches!(schema.value, NodeValue::Object(_)) {
            self.say("PAT0005", schema.span, format!("a schema is an object, not a {}", schema.kind()));
            return;
        }
        self.known_keys(schema, KEYS);
        let ty = ty.required();
        if *ty == Type::Any {
            return;
        }
        if let Some(node) = schema.get("type")
            && let Some(word) = self.text_of(schema, "type")
            && !json_kinds(ty).contains(&word.as_str())
        {
            let kind = json_kinds(ty).first().copied();
            self.suggest("PAT0020", node.span, format!("`{path}` is {ty}, not {word}"), kind);
            return;
        }
        if let (Some(node), Type::Enum(words)) = (schema.get("enum"), ty) {
            let listed: Vec<&str> = node.elements().iter().filter_map(Node::text).collect();
            if let Some(word) = words.iter().find(|word| !listed.contains(&word.as_str())) {
                self.say("PAT0020", node.span, format!("`{path}` may be `{word}`, which `enum` leaves out"));
            }
        }
        if let Some(node) = schema.get("format")
            && let Some(format) = node.text()
        {
            let fits = match format {
                "date" => matches!(ty, Type::Date),
                "date-time" => matches!(ty, Type::Timestamp),
                "uuid" => matches!(ty, Type::Id(_)),
                _ => true,
            };
            if !fits {
                self.say("PAT0020", node.span, format!("`{path}` is {ty}, not a text of format {format}"));
            }
        }
        for element in schema.get("required").map(Node::elements).unwrap_or_default() {
            if let Some(name) = element.text() {
                self.property(name, element, ty, path, owner);
            }
        }
        for (name, _, inner) in schema.get("properties").map(Node::members).unwrap_or_default() {
            if let Some(field) = self.property(name, inner, ty, path, owner) {
                self.promise(inner, &field, &format!("{path}.{name}"), owner);
            }
        }
        match (schema.get("items"), ty) {
            (Some(items), Type::List(element)) => self.promise(items, element, &format!("{path}[]"), owner),
            (Some(items), _) => self.say("PAT0020", items.span, format!("`{path}` is {ty} and has no items")),
            (None, _) => {}
        }
    }

    /// Type of a property; a message when the value cannot have it.
    fn property(&mut self, name: &str, node: &Node, ty: &Type, path: &str, owner: Option<&str>) -> Option<Type> {
        match ty {
            Type::Record(schema) => {
                if let Some(field) = schema.field(name) {
                    return Some(field.ty.clone());
                }
                if let Some(canonical) = canonical_in(schema, owner, name) {
                    let detail = format!("`{name}` is an alias of `{canonical}`");
                    self.suggest("PAT0034", node.span, detail, Some(&canonical));
                    return schema.field(&canonical).map(|field| field.ty.clone());
                }
                let near = nearest(name, schema.names());
                self.suggest("PAT0020", node.span, format!("`{path}` cannot have a field `{name}`"), near);
                None
            }
            Type::Map(value) => Some((**value).clone()),
            Type::Money | Type::Price if ["amount", "currency"].contains(&name) => Some(Type::Text),
            Type::Series(_) | Type::Chart | Type::FxRate => Some(Type::Any),
            _ => {
                self.say("PAT0020", node.span, format!("`{path}` is {ty} and has no field `{name}`"));
                None
            }
        }
    }
}

/// JSON kinds of the wire form of a type, the usual one first.
fn json_kinds(ty: &Type) -> &'static [&'static str] {
    match ty {
        Type::Integer => &["integer", "number"],
        Type::Number | Type::Ratio | Type::Fraction | Type::Bps | Type::Score10 | Type::Score100 => &["number"],
        Type::Boolean => &["boolean"],
        Type::List(_) => &["array"],
        Type::Money | Type::Price | Type::FxRate | Type::Record(_) | Type::Map(_) | Type::Series(_) | Type::Chart => {
            &["object"]
        }
        _ => &["string"],
    }
}
