//! References `{{root.path}}` and the texts that hold them.
//!
//! A text that is exactly one reference keeps the type of what it names; text around references makes text;
//! `\{{` is a literal. Source: `patterns.md` §2.

use std::fmt;

/// Where a reference begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Root {
    /// `inputs.x`.
    Inputs,
    /// `ctx.x` or `context.x`.
    Context,
    /// The current element of a panel's list.
    Row,
    /// The result of a step.
    Step(String),
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A member.
    Name(String),
    /// An element; negative counts from the end.
    Index(i64),
}

/// A parsed reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Where it begins.
    pub root: Root,
    /// The way from there.
    pub path: Vec<Segment>,
}

impl Reference {
    /// Parse what stands between the braces. `in_row`: a bare name means a field of the row.
    pub fn parse(text: &str, in_row: bool) -> Result<Reference, String> {
        let mut words = split(text.trim())?;
        if words.is_empty() {
            return Err("the reference is empty".into());
        }
        let Segment::Name(first) = words.remove(0) else { return Err("a reference begins with a name".into()) };
        let root = match first.as_str() {
            "inputs" => Root::Inputs,
            "ctx" | "context" => Root::Context,
            "row" => Root::Row,
            "state" => match (words.is_empty(), words.first().cloned()) {
                (false, Some(Segment::Name(step))) => {
                    words.remove(0);
                    Root::Step(step)
                }
                _ => return Err("`state` needs the name of a step".into()),
            },
            _ if in_row => {
                words.insert(0, Segment::Name(first));
                Root::Row
            }
            _ => Root::Step(first),
        };
        if words.is_empty() && matches!(root, Root::Inputs | Root::Context) {
            return Err(format!("`{}` needs the name of a field", text.trim()));
        }
        Ok(Reference { root, path: words })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Root::Inputs => f.write_str("inputs")?,
            Root::Context => f.write_str("ctx")?,
            Root::Row => f.write_str("row")?,
            Root::Step(name) => f.write_str(name)?,
        }
        for segment in &self.path {
            match segment {
                Segment::Name(name) if is_plain_name(name) => write!(f, ".{name}")?,
                Segment::Name(name) => write!(f, "[\"{name}\"]")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A name that needs no quotes in a path.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

fn split(text: &str) -> Result<Vec<Segment>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut is_first = true;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[\"") {
            let Some((name, after)) = inside.split_once("\"]") else { return Err("`[\"` is not closed".into()) };
            if name.is_empty() || name.contains('"') {
                return Err(format!("`[\"{name}\"]` is not a quoted name"));
            }
            words.push(Segment::Name(name.to_owned()));
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let Some((index, after)) = inside.split_once(']') else { return Err("`[` is not closed".into()) };
            let index = index.trim();
            words.push(Segment::Index(
                index.parse().map_err(|_| format!("`[{index}]` is neither a number nor a quoted name"))?,
            ));
            rest = after;
        } else {
            if !is_first {
                rest = rest
                    .strip_prefix('.')
                    .ok_or_else(|| format!("unexpected `{}`", rest.chars().take(10).collect::<String>()))?;
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if !is_plain_name(name) {
                return Err(format!("`{name}` is not a name"));
            }
            words.push(Segment::Name(name.to_owned()));
            rest = after;
        }
        is_first = false;
    }
    Ok(words)
}

/// A text of a pattern file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Template {
    /// No reference.
    Text(String),
    /// Exactly one reference: keeps its type.
    Whole(Reference),
    /// Text with references in it.
    Mixed(Vec<Part>),
}

/// A piece of a mixed text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A reference.
    Reference(Reference),
}

/// True if some reference of a text begins with `state`, the root of format 1.
pub(crate) fn names_state(text: &str) -> bool {
    text.split("{{").skip(1).any(|inside| {
        inside.trim_start().strip_prefix("state").is_some_and(|rest| rest.starts_with(['.', '[', '}', ' ']))
    })
}

impl Template {
    /// Parse a text; the error says what is malformed.
    pub fn parse(text: &str, in_row: bool) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            if rest[..at].ends_with('\\') {
                literal.push_str(&rest[..at - 1]);
                literal.push_str("{{");
                rest = &rest[at + 2..];
                continue;
            }
            literal.push_str(&rest[..at]);
            let inside = &rest[at + 2..];
            let Some(end) = inside.find("}}") else { return Err("`{{` is not closed".into()) };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Reference(Reference::parse(&inside[..end], in_row)?));
            rest = &inside[end + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(match parts.len() {
            0 => Template::Text(String::new()),
            1 => match parts.remove(0) {
                Part::Text(text) => Template::Text(text),
                Part::Reference(reference) => Template::Whole(reference),
            },
            _ => Template::Mixed(parts),
        })
    }

    /// All references in it.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Template::Text(_) => Vec::new(),
            Template::Whole(reference) => vec![reference],
            Template::Mixed(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Reference(reference) => Some(reference),
                    Part::Text(_) => None,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_print_as_they_are_read() {
        for (text, expected) in [
            ("{{inputs.days}}", "inputs.days"),
            ("{{ context.as_of }}", "ctx.as_of"),
            ("{{valued.positions[0].weight}}", "valued.positions[0].weight"),
            ("{{valued.positions[-1][\"weight\"]}}", "valued.positions[-1].weight"),
            ("{{a[\"real rate\"].b}}", "a[\"real rate\"].b"),
            ("{{a[\"x]y\"]}}", "a[\"x]y\"]"),
            ("{{state.ltdc.phase}}", "ltdc.phase"),
            ("{{valued.$meta.provenance.kind}}", "valued.$meta.provenance.kind"),
        ] {
            let Template::Whole(reference) = Template::parse(text, false).unwrap() else { panic!("{text}") };
            assert_eq!(reference.to_string(), expected);
            assert_eq!(Reference::parse(expected, false), Ok(reference));
        }
    }

    #[test]
    fn malformed_references_are_named() {
        for text in
            ["{{}}", "{{inputs}}", "{{a..b}}", "{{a[x]}}", "{{a", "{{a b}}", "{{[0]}}", "{{state}}", "{{a[\"\"]}}"]
        {
            assert!(Template::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn text_around_references_and_literals_stay_text() {
        assert_eq!(Template::parse("a \\{{b}}", false).unwrap(), Template::Text("a {{b}}".into()));
        let Template::Mixed(parts) = Template::parse("as of {{ctx.as_of}}!", false).unwrap() else { panic!() };
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn a_bare_name_in_a_row_is_its_field() {
        let Template::Whole(reference) = Template::parse("{{symbol}}", true).unwrap() else { panic!() };
        assert_eq!(reference.to_string(), "row.symbol");
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_panic(text in "[{}\\[\\]\\\\a-z.\"0-9\\-é ]{0,40}") {
            let _ = Template::parse(&text, false);
        }
    }
}
