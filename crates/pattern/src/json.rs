//! JSON with positions: every key and value knows its line and column, so that messages can point.
//!
//! Strict RFC 8259: no comments, no trailing commas, no duplicate keys; nesting at most 32. Never panics.

use serde_json::{Map, Number, Value};
use std::collections::HashSet;

/// Where something stands. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Column after the last, on the same line.
    pub end_column: u32,
}

/// A value with its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: NodeValue,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Members in file order, each with the position of its key.
    Object(Vec<(String, Span, Node)>),
}

impl Node {
    /// The member of a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.members().iter().find(|(key, ..)| key == name).map(|(_, _, node)| node)
    }

    /// Members of an object; none for anything else.
    pub fn members(&self) -> &[(String, Span, Node)] {
        match &self.value {
            NodeValue::Object(members) => members,
            _ => &[],
        }
    }

    /// Elements of a list; none for anything else.
    pub fn elements(&self) -> &[Node] {
        match &self.value {
            NodeValue::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of the JSON kind.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "boolean",
            NodeValue::Number(_) => "number",
            NodeValue::Text(_) => "text",
            NodeValue::List(_) => "list",
            NodeValue::Object(_) => "object",
        }
    }

    /// The value without positions.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(truth) => Value::Bool(*truth),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(elements) => Value::Array(elements.iter().map(Node::to_value).collect()),
            NodeValue::Object(members) => {
                let mut map = Map::new();
                for (name, _, node) in members {
                    map.insert(name.clone(), node.to_value());
                }
                Value::Object(map)
            }
        }
    }
}

/// Deepest nesting.
const DEPTH_MAX: usize = 32;

/// What is wrong with the text, and where.
pub type JsonProblem = (Span, String);

/// Parse a whole text.
pub fn parse_json(text: &str) -> Result<Node, JsonProblem> {
    let mut parser = Parser { rest: text, line: 1, column: 1 };
    parser.space();
    let node = parser.value(0)?;
    parser.space();
    if parser.rest.is_empty() { Ok(node) } else { Err(parser.problem("nothing may follow the value")) }
}

struct Parser<'a> {
    rest: &'a str,
    line: u32,
    column: u32,
}

impl Parser<'_> {
    fn here(&self) -> Span {
        Span { line: self.line, column: self.column, end_column: self.column.saturating_add(1) }
    }

    fn since(&self, start: Span) -> Span {
        let end_column = if self.line == start.line { self.column } else { start.column.saturating_add(1) };
        Span { end_column, ..start }
    }

    fn problem(&self, detail: impl Into<String>) -> JsonProblem {
        (self.here(), detail.into())
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.rest = &self.rest[character.len_utf8()..];
        if character == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(character)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), JsonProblem> {
        if self.peek() == Some(wanted) {
            self.next();
            return Ok(());
        }
        let found = self.peek().map_or("the end of the file".to_owned(), |found| format!("`{found}`"));
        Err(self.problem(format!("expected `{wanted}`, found {found}")))
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonProblem> {
        let start = self.here();
        let value = match self.peek() {
            Some('{' | '[') if depth >= DEPTH_MAX => {
                return Err(self.problem(format!("nested deeper than {DEPTH_MAX}")));
            }
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => NodeValue::Text(self.string()?),
            Some('-' | '0'..='9') => NodeValue::Number(self.number()?),
            Some('a'..='z' | 'A'..='Z') => self.word()?,
            Some(found) => return Err(self.problem(format!("expected a value, found `{found}`"))),
            None => return Err(self.problem("expected a value, found the end of the file")),
        };
        Ok(Node { span: self.since(start), value })
    }

    fn object(&mut self, depth: usize) -> Result<NodeValue, JsonProblem> {
        self.expect('{')?;
        let mut members: Vec<(String, Span, Node)> = Vec::new();
        let mut known = HashSet::new();
        self.space();
        if self.peek() == Some('}') {
            self.next();
            return Ok(NodeValue::Object(members));
        }
        loop {
            self.space();
            let start = self.here();
            if self.peek() != Some('"') {
                return Err(self.problem("expected a key in double quotes"));
            }
            let key = self.string()?;
            let span = self.since(start);
            if !known.insert(key.clone()) {
                return Err((span, format!("key `{key}` stands here a second time")));
            }
            self.space();
            self.expect(':')?;
            self.space();
            let node = self.value(depth + 1)?;
            members.push((key, span, node));
            self.space();
            match self.peek() {
                Some(',') => {
                    self.next();
                }
                _ => {
                    self.expect('}')?;
                    return Ok(NodeValue::Object(members));
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<NodeValue, JsonProblem> {
        self.expect('[')?;
        let mut elements = Vec::new();
        self.space();
        if self.peek() == Some(']') {
            self.next();
            return Ok(NodeValue::List(elements));
        }
        loop {
            self.space();
            elements.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => {
                    self.next();
                }
                _ => {
                    self.expect(']')?;
                    return Ok(NodeValue::List(elements));
                }
            }
        }
    }

    fn word(&mut self) -> Result<NodeValue, JsonProblem> {
        let start = self.here();
        let mut word = String::new();
        while let Some(letter @ ('a'..='z' | 'A'..='Z')) = self.peek() {
            word.push(letter);
            self.next();
        }
        match word.as_str() {
            "true" => Ok(NodeValue::Bool(true)),
            "false" => Ok(NodeValue::Bool(false)),
            "null" => Ok(NodeValue::Null),
            other => Err((self.since(start), format!("`{other}` is not a JSON value"))),
        }
    }

    fn number(&mut self) -> Result<Number, JsonProblem> {
        let start = self.here();
        let mut text = String::new();
        while let Some(part @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.peek() {
            text.push(part);
            self.next();
        }
        serde_json::from_str::<Number>(&text).map_err(|_| {
            (self.since(start), format!("`{}` is not a number", text.chars().take(40).collect::<String>()))
        })
    }

    fn string(&mut self) -> Result<String, JsonProblem> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            let here = self.here();
            match self.next() {
                None => return Err((here, "the text is not closed".into())),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape(here)?),
                Some(control) if (control as u32) < 0x20 => {
                    return Err((here, "a control character must be written as an escape".into()));
                }
                Some(character) => text.push(character),
            }
        }
    }

    fn escape(&mut self, here: Span) -> Result<char, JsonProblem> {
        Ok(match self.next() {
            Some('"') => '"',
            Some('\\') => '\\',
            Some('/') => '/',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let first = self.four_hex(here)?;
                if (0xD800..0xDC00).contains(&first) {
                    if self.next() != Some('\\') || self.next() != Some('u') {
                        return Err((here, "half of a surrogate pair".into()));
                    }
                    let second = self.four_hex(here)?;
                    if !(0xDC00..0xE000).contains(&second) {
                        return Err((here, "half of a surrogate pair".into()));
                    }
                    char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
                } else {
                    char::from_u32(first)
                }
                .ok_or_else(|| (here, "half of a surrogate pair".to_owned()))?
            }
            _ => return Err((here, "there is no such escape".into())),
        })
    }

    fn four_hex(&mut self, here: Span) -> Result<u32, JsonProblem> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|character| character.to_digit(16));
            value = value * 16 + digit.ok_or_else(|| (here, "\\u needs four hexadecimal digits".to_owned()))?;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn positions_are_those_of_an_editor() {
        let node = parse_json("{\n  \"id\": \"a\",\n  \"n\": [1, -2.5e3]\n}").unwrap();
        let (_, key, id) = &node.members()[0];
        assert_eq!((key.line, key.column, key.end_column), (2, 3, 7));
        assert_eq!((id.span.line, id.span.column, id.span.end_column), (2, 9, 12));
        let second = &node.get("n").unwrap().elements()[1];
        assert_eq!((second.span.line, second.span.column), (3, 12));
    }

    #[test]
    fn what_json_forbids_is_refused_where_it_stands() {
        for (text, line, column) in [
            ("{\"a\":1,\"a\":2}", 1, 8),
            ("{\"a\":1,}", 1, 8),
            ("[1,]", 1, 4),
            ("{\"a\" 1}", 1, 6),
            ("\"open", 1, 6),
            ("01", 1, 1),
            ("nul", 1, 1),
            ("1 2", 1, 3),
            ("\"\\ud800\"", 1, 2),
            ("", 1, 1),
            ("'a'", 1, 1),
        ] {
            let (span, _) = parse_json(text).expect_err(text);
            assert_eq!((span.line, span.column), (line, column), "{text}");
        }
        assert!(parse_json(&"[".repeat(100_000)).is_err());
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_json(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(parse_json(&nested(DEPTH_MAX + 1)).expect_err("too deep").0.column, 33);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in "\\PC*") {
            let _ = parse_json(&text);
        }

        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{}\",:0-9truefalsn .eE+\\-\\\\]{0,24}") {
            let reference: Result<Value, _> = serde_json::from_str(&text);
            match (parse_json(&text), reference) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours.to_value(), theirs),
                (Err(_), Err(_)) => {}
                // serde_json keeps the last of two equal keys; we refuse.
                (Err((_, detail)), Ok(_)) => prop_assert!(detail.contains("second time"), "{}", detail),
                (Ok(ours), Err(error)) => prop_assert!(false, "{:?} {}", ours, error),
            }
        }
    }
}
