//! The file as read: format, id and the tree with positions; everything else is the checker's.

use crate::diagnostic::Diagnostic;
use crate::json::{Node, NodeValue, Span, parse_json};

/// Largest file, bytes.
const SIZE_MAX: usize = 256 * 1024;

/// A pattern file that is valid JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternFile {
    /// Name of the file without folder and `.json`.
    pub stem: String,
    /// The text.
    pub text: String,
    /// The tree.
    pub root: Node,
    /// 1 (tolerant) or 2 (strict).
    pub format: u8,
}

/// Parse the bytes of a file; text that is not UTF-8 is pointed at where it stops being so.
pub fn parse_bytes(file_name: &str, bytes: &[u8]) -> Result<PatternFile, Vec<Diagnostic>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(file_name, text),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let line = count(good.matches('\n').count()).saturating_add(1);
            let column = count(good.rsplit('\n').next().map_or(0, |last| last.chars().count())).saturating_add(1);
            let span = Span { line, column, end_column: column.saturating_add(1) };
            Err(vec![Diagnostic::new("PAT0001", 2, span, "the file is not UTF-8 from here on".into(), None)])
        }
    }
}

/// Parse a file. `file_name` is the name with or without folder.
pub fn parse(file_name: &str, text: &str) -> Result<PatternFile, Vec<Diagnostic>> {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let stem = name.strip_suffix(".json").unwrap_or(name).to_owned();
    let start = Span { line: 1, column: 1, end_column: 2 };
    if text.len() > SIZE_MAX {
        let message = format!("the file has {} bytes; at most {SIZE_MAX} are read", text.len());
        return Err(vec![Diagnostic::new("PAT0001", 2, start, message, None)]);
    }
    if text.starts_with('\u{feff}') {
        let message = "the file begins with a byte order mark; save it as UTF-8 without one".into();
        return Err(vec![Diagnostic::new("PAT0001", 2, start, message, None)]);
    }
    let root = parse_json(text).map_err(|(span, detail)| vec![Diagnostic::new("PAT0001", 2, span, detail, None)])?;
    if !matches!(root.value, NodeValue::Object(_)) {
        let message = format!("a pattern is a JSON object, not a {}", root.kind());
        return Err(vec![Diagnostic::new("PAT0005", 2, root.span, message, None)]);
    }
    let format = match root.get("format").map(|node| &node.value) {
        Some(NodeValue::Number(number)) if number.as_u64() == Some(2) => 2,
        _ => 1,
    };
    Ok(PatternFile { stem, text: text.to_owned(), root, format })
}
