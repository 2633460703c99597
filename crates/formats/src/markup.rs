//! XML and the SGML of OFX 1.x as one tree of elements with lines.
//!
//! Invariant: never panics, never recurses, expands nothing but the five entities and character references; a leaf of
//! SGML that is not closed ends where the next tag begins.

use std::collections::HashMap;

use ledger::Problem;

/// Most elements that a file may have.
const ELEMENTS_MAX: usize = 4_000_000;
/// Deepest nesting that a file may have.
const DEPTH_MAX: usize = 200;

/// An element.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Element {
    /// Its name as written.
    pub name: String,
    /// Line of its tag, from 1.
    pub line: u64,
    /// Its attributes in order.
    pub attributes: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub text: String,
    /// Its children in order.
    pub children: Vec<usize>,
    /// The element it is in.
    pub parent: Option<usize>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tree {
    /// All elements; the first is the root of everything and has no name.
    pub elements: Vec<Element>,
}

impl Tree {
    /// Reads a document. What is not well formed but readable is read.
    pub fn read(text: &str) -> Result<Tree, Problem> {
        let mut parser =
            Parser { tree: Tree { elements: vec![Element { line: 1, ..Element::default() }] }, open: vec![0], line: 1 };
        parser.run(text)?;
        Ok(parser.tree)
    }

    /// Children of an element with a name (letter case does not matter).
    pub fn children<'t>(&'t self, of: usize, name: &'t str) -> impl Iterator<Item = usize> + 't {
        let children = self.elements.get(of).map_or(&[][..], |element| element.children.as_slice());
        children.iter().copied().filter(move |at| self.elements[*at].name.eq_ignore_ascii_case(name))
    }

    /// The first child with a name.
    pub fn child(&self, of: usize, name: &str) -> Option<usize> {
        self.children(of, name).next()
    }

    /// The element at the end of a path of names.
    pub fn at(&self, of: usize, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(of, |at, name| self.child(at, name))
    }

    /// Text of the element at the end of a path; none if it is empty.
    pub fn text(&self, of: usize, path: &[&str]) -> Option<&str> {
        let at = self.at(of, path)?;
        Some(self.elements[at].text.as_str()).filter(|text| !text.is_empty())
    }

    /// An attribute; none if it is empty.
    pub fn attribute(&self, of: usize, name: &str) -> Option<&str> {
        let found = self.elements.get(of)?.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All elements below one with a name, in document order.
    pub fn all<'t>(&'t self, name: &'t str) -> impl Iterator<Item = usize> + 't {
        (0..self.elements.len()).filter(move |at| self.elements[*at].name.eq_ignore_ascii_case(name))
    }

    /// Leaves below an element with their paths, for showing what was read.
    pub fn leaves(&self, of: usize) -> Vec<(String, String)> {
        let mut leaves = Vec::new();
        let mut open = vec![(of, String::new())];
        while let Some((at, path)) = open.pop() {
            let element = &self.elements[at];
            leaves.extend(
                element
                    .attributes
                    .iter()
                    .map(|(name, value)| (join(&path, name), value.clone()))
                    .filter(|(_, value)| !value.is_empty()),
            );
            if !element.text.is_empty() {
                leaves.push((if path.is_empty() { element.name.clone() } else { path.clone() }, element.text.clone()));
            }
            open.extend(element.children.iter().rev().map(|child| (*child, join(&path, &self.elements[*child].name))));
        }
        leaves
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

struct Parser {
    tree: Tree,
    open: Vec<usize>,
    line: u64,
}

impl Parser {
    fn run(&mut self, text: &str) -> Result<(), Problem> {
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            self.text(&rest[..at]);
            rest = &rest[at..];
            let length = if let Some(body) = rest.strip_prefix("<!--") {
                body.find("-->").map_or(rest.len(), |end| end + 7)
            } else if let Some(body) = rest.strip_prefix("<![CDATA[") {
                let end = body.find("]]>").unwrap_or(body.len());
                self.add_text(&body[..end]);
                (end + 12).min(rest.len())
            } else if rest.starts_with("<?") || rest.starts_with("<!") {
                rest.find('>').map_or(rest.len(), |end| end + 1)
            } else {
                let Some(end) = end_of_tag(rest) else {
                    return Err(Problem::new("malformed", "", "a tag is not closed")
                        .with_try("export the file again")
                        .at_line(self.line));
                };
                self.tag(&rest[1..end])?;
                end + 1
            };
            // Marks are one byte long, so that the slices stay on characters.
            let (done, left) = rest.split_at(length.min(rest.len()));
            self.line += done.bytes().filter(|byte| *byte == b'\n').count() as u64;
            rest = left;
        }
        Ok(())
    }

    fn text(&mut self, raw: &str) {
        let trimmed = raw.trim();
        if !trimmed.is_empty() {
            self.add_text(&unescaped(trimmed));
        }
        self.line += raw.bytes().filter(|byte| *byte == b'\n').count() as u64;
    }

    fn add_text(&mut self, text: &str) {
        if let Some(at) = self.open.last() {
            self.tree.elements[*at].text.push_str(text);
        }
    }

    fn tag(&mut self, inside: &str) -> Result<(), Problem> {
        if let Some(name) = inside.strip_prefix('/') {
            self.close(name.trim());
            return Ok(());
        }
        let (inside, is_empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let end = inside.find(char::is_whitespace).unwrap_or(inside.len());
        let name = inside[..end].to_owned();
        if name.is_empty() {
            return Ok(());
        }
        // A leaf of SGML that was not closed has text and no children.
        if let Some(at) = self.open.last().copied()
            && at != 0
            && !self.tree.elements[at].text.is_empty()
            && self.tree.elements[at].children.is_empty()
        {
            self.open.pop();
        }
        if ELEMENTS_MAX <= self.tree.elements.len() || DEPTH_MAX <= self.open.len() {
            return Err(
                Problem::new("too_large", "", "the file has too many or too deeply nested elements").at_line(self.line)
            );
        }
        let parent = self.open.last().copied().unwrap_or(0);
        let at = self.tree.elements.len();
        let attributes = attributes(&inside[end..]);
        self.tree.elements.push(Element {
            name,
            line: self.line,
            attributes,
            parent: Some(parent),
            ..Element::default()
        });
        self.tree.elements[parent].children.push(at);
        if !is_empty {
            self.open.push(at);
        }
        Ok(())
    }

    /// Closes the element and every leaf that was left open in it; a closing tag of nothing is passed over.
    fn close(&mut self, name: &str) {
        let found =
            self.open.iter().rposition(|at| *at != 0 && self.tree.elements[*at].name.eq_ignore_ascii_case(name));
        if let Some(position) = found {
            // Empty leaves that were left open took what follows them as children: give it back.
            let strays: Vec<usize> = self.open[position + 1..].to_vec();
            for stray in strays.into_iter().rev() {
                self.give_back(stray);
            }
            self.open.truncate(position);
        }
    }

    /// An open element that was never closed is a leaf; its children belong beside it.
    fn give_back(&mut self, at: usize) {
        let children = std::mem::take(&mut self.tree.elements[at].children);
        let Some(parent) = self.tree.elements[at].parent else { return };
        for child in &children {
            self.tree.elements[*child].parent = Some(parent);
        }
        self.tree.elements[parent].children.extend(children);
    }
}

/// Where a tag ends: a `>` outside of quoted attributes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            // OFX has no attributes, and apostrophes only in texts; quotes count after an equals sign.
            (None, b'"' | b'\'') if 0 < at && tag.as_bytes()[at - 1] == b'=' => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(equals) = rest.find('=') {
        let name = rest[..equals].trim().to_owned();
        let after = rest[equals + 1..].trim_start();
        let Some(quote) = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { break };
        let Some(end) = after[1..].find(quote) else { break };
        found.push((name, unescaped(&after[1..=end]).into_owned()));
        rest = after[end + 2..].trim_start();
    }
    found
}

/// The five entities and character references; anything else stays as it is.
fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let known: HashMap<&str, char> =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')].into();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 10);
        let char = end.and_then(|end| {
            let body = &rest[1..end];
            let code = match body.strip_prefix('#') {
                Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(&hex[1..], 16).ok(),
                Some(decimal) => decimal.parse().ok(),
                None => return known.get(body).copied(),
            };
            code.and_then(char::from_u32)
        });
        match (char, end) {
            (Some(char), Some(end)) => {
                out.push(char);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn xml_and_sgml_give_the_same_tree() {
        let xml = "<?xml version=\"1.0\"?>\n<OFX><A><B>1 &amp; 2</B>\n<C>x</C><E/></A><A><B>3</B></A></OFX>";
        let sgml = "\n<OFX><A><B>1 &amp; 2\n<C>x<E></A><A><B>3</A></OFX>";
        for text in [xml, sgml] {
            let tree = Tree::read(text).expect(text);
            let groups: Vec<usize> = tree.at(0, &["OFX"]).map(|ofx| tree.children(ofx, "A").collect()).expect("OFX");
            assert_eq!(groups.len(), 2, "{text}");
            assert_eq!(tree.text(groups[0], &["B"]), Some("1 & 2"));
            assert_eq!(tree.text(groups[0], &["C"]), Some("x"));
            assert_eq!(tree.text(groups[1], &["B"]), Some("3"));
            assert_eq!(tree.elements[tree.at(groups[0], &["C"]).expect("C")].line, 3);
        }
    }

    #[test]
    fn an_empty_leaf_does_not_swallow_what_follows() {
        let tree = Tree::read("<A><MEMO><B><C>1</B><D>2</A>").expect("a tree");
        let a = tree.child(0, "A").expect("A");
        assert_eq!(tree.text(a, &["B", "C"]), Some("1"));
        assert_eq!(tree.text(a, &["D"]), Some("2"));
    }

    #[test]
    fn attributes_hold_signs() {
        let tree = Tree::read("<Trade buySell=\"BUY\" note='a > b' x=\"&lt;&#65;&#x42;&unknown;\"/>").expect("a tree");
        assert_eq!(tree.attribute(1, "note"), Some("a > b"));
        assert_eq!(tree.attribute(1, "x"), Some("<AB&unknown;"));
    }

    #[test]
    fn nesting_is_bounded() {
        assert_eq!(Tree::read(&"<a>".repeat(1_000)).expect_err("deep").code, "too_large");
        assert_eq!(Tree::read("<a").expect_err("open").code, "malformed");
    }

    proptest! {
        #[test]
        fn never_panics(text in "[<>/a-bA&;#x'\"= \n!?\\[\\]é-]{0,60}") {
            let _ = Tree::read(&text);
        }
    }
}
