//! Comma-separated text into records with line numbers (RFC 4180), and cells back into text.
//!
//! Invariant: never panics; every byte of a cell comes from the input; what is not well formed is a problem with its line.

use std::borrow::Cow;

use ledger::problem::Problem;

/// Longest cell in bytes.
pub const CELL_BYTES_MAX: usize = 20_000;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Its cells, without quotes, not trimmed.
    pub cells: Vec<Cow<'a, str>>,
}

/// Splits bytes into records. Empty lines are skipped; a byte order mark is allowed.
pub fn read(bytes: &[u8]) -> (Vec<Record<'_>>, Vec<Problem>) {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = Problem::new("not_utf8", "", "the file is UTF-16, not UTF-8");
        return (Vec::new(), vec![problem.with_try("save it as CSV UTF-8").at_line(1)]);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count() as u64;
            let problem = Problem::new("not_utf8", "", format!("line {line} is not UTF-8"));
            return (Vec::new(), vec![problem.with_try("save the file as CSV UTF-8").at_line(line)]);
        }
    };
    if let Some(at) = text.find('\0') {
        let line = 1 + text[..at].bytes().filter(|byte| *byte == b'\n').count() as u64;
        let problem = Problem::new("bad_character", "", "the file holds a NUL byte, it is not a text file");
        return (Vec::new(), vec![problem.at_line(line)]);
    }
    records(text, b',', Quotes::Strict)
}

/// What a quotation mark inside of a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// A mistake that is reported.
    Strict,
    /// A character like others: titles and totals of brokers hold them.
    Lenient,
}

/// Splits text into records at an ASCII delimiter. Empty lines are skipped.
pub fn records(text: &str, delimiter: u8, quotes: Quotes) -> (Vec<Record<'_>>, Vec<Problem>) {
    let mut reader = Reader { text, at: 0, line: 1, problems: Vec::new(), delimiter, quotes };
    let mut records = Vec::new();
    while reader.at < text.len() {
        let record = reader.record();
        let is_blank = matches!(record.cells.as_slice(), [only] if only.trim().is_empty());
        if !is_blank {
            records.push(record);
        }
    }
    (records, reader.problems)
}

/// Writes one record with a line feed; cells are quoted where they must be.
pub fn write_record<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let is_plain = !cell.contains([',', '"', '\n', '\r']) && cell.trim() == cell;
        if is_plain {
            out.push_str(cell);
        } else {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        }
    }
    out.push('\n');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    problems: Vec<Problem>,
    delimiter: u8,
    quotes: Quotes,
}

impl<'a> Reader<'a> {
    fn record(&mut self) -> Record<'a> {
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let cell = if self.rest().starts_with('"') { self.quoted(cells.len()) } else { self.plain(cells.len()) };
            if cell.len() > CELL_BYTES_MAX {
                let detail =
                    format!("cell {} has {} bytes, at most {CELL_BYTES_MAX} are read", cells.len() + 1, cell.len());
                self.problems.push(Problem::new("too_long", "", detail).at_line(line));
            }
            cells.push(cell);
            match self.rest().as_bytes().first() {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                _ => break,
            }
        }
        self.end_of_line();
        Record { line, cells }
    }

    fn plain(&mut self, cell: usize) -> Cow<'a, str> {
        let rest = self.rest();
        let length = rest.find([char::from(self.delimiter), '\n', '\r']).unwrap_or(rest.len());
        let text = &rest[..length];
        if self.quotes == Quotes::Strict && text.contains('"') {
            let detail = format!("cell {} holds a quotation mark but does not start with one", cell + 1);
            let problem = Problem::new("stray_quote", "", detail).at_line(self.line);
            self.problems.push(problem.with_try("quote the whole cell and double the marks inside"));
        }
        self.at += length;
        Cow::Borrowed(text)
    }

    fn quoted(&mut self, cell: usize) -> Cow<'a, str> {
        let start_line = self.line;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let Some(length) = rest.find('"') else {
                let detail = format!("cell {} starts with a quotation mark that is never closed", cell + 1);
                self.problems.push(Problem::new("unterminated_quote", "", detail).at_line(start_line));
                self.count_lines(rest);
                self.at = self.text.len();
                append(&mut text, rest);
                return text;
            };
            let part = &rest[..length];
            self.count_lines(part);
            append(&mut text, part);
            self.at += length + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            self.at += 1;
            append(&mut text, "\"");
        }
        let rest = self.rest();
        let after = rest.find([char::from(self.delimiter), '\n', '\r']).unwrap_or(rest.len());
        if after > 0 {
            // Such text is no part of the cell; strict or not, dropping it silently would lose what a row says.
            let detail = format!("cell {} has text after its closing quotation mark", cell + 1);
            self.problems.push(Problem::new("stray_quote", "", detail).at_line(self.line));
            self.at += after;
        }
        text
    }

    fn end_of_line(&mut self) {
        let rest = self.rest();
        let length = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        self.at += length;
        self.line += u64::from(length > 0);
    }

    fn count_lines(&mut self, text: &str) {
        self.line += text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
}

fn append<'a>(text: &mut Cow<'a, str>, part: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(part);
    } else if !part.is_empty() {
        text.to_mut().push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        let (records, problems) = read(text.as_bytes());
        assert_eq!(problems, [], "{text:?}");
        records.into_iter().map(|record| (record.line, record.cells.into_iter().map(String::from).collect())).collect()
    }

    #[test]
    fn reads_quotes_and_line_ends() {
        let expected =
            vec![(1, vec!["a".to_owned(), "b,\"c\"\nd".to_owned()]), (4, vec!["e".to_owned(), String::new()])];
        assert_eq!(cells("\u{feff}a,\"b,\"\"c\"\"\nd\"\r\n\r\ne,"), expected);
    }

    #[test]
    fn malformed_text_is_a_problem_with_its_line() {
        for (text, code, line) in [
            (&b"a,b\n1,\"two\n3"[..], "unterminated_quote", 2),
            (b"a\nb\"c", "stray_quote", 2),
            (b"a\n\"b\"c", "stray_quote", 2),
            (b"a\n\xff", "not_utf8", 2),
            (b"\xff\xfea\x00", "not_utf8", 1),
            (b"a\nb\x00", "bad_character", 2),
        ] {
            let (_, problems) = read(text);
            assert_eq!((problems[0].code, problems[0].line), (code, Some(line)), "{text:?}");
        }
        let (_, problems) = read(format!("a\n{}", "x".repeat(CELL_BYTES_MAX + 1)).as_bytes());
        assert_eq!(problems[0].code, "too_long");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn what_is_written_is_read(rows in proptest::collection::vec(proptest::collection::vec("[a-c,\"\r\n é]{0,6}", 2..4), 1..5)) {
            let mut text = String::new();
            for row in &rows {
                write_record(&mut text, row.iter().map(String::as_str));
            }
            let (records, problems) = read(text.as_bytes());
            prop_assert_eq!(problems, vec![]);
            let read: Vec<Vec<String>> = records.into_iter().map(|record| record.cells.into_iter().map(String::from).collect()).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
