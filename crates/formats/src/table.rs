//! A delimited file as a table: its delimiter, where its header is, and the records of its body.
//!
//! Invariant: every record that is not blank is either the header, above it, or part of the body; none is lost.

use ledger::Problem;

use crate::csv_text::{self, Quotes, Record};
use crate::number::{DecimalMark, detect_mark};

/// Delimiters that are tried, the more common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at to find delimiter and header.
const HEAD_RECORDS: usize = 60;

/// A delimited file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<'a> {
    /// Between cells.
    pub delimiter: char,
    /// All records in file order.
    pub records: Vec<Record<'a>>,
    /// Which record is the header, where one was found.
    pub header: Option<usize>,
    /// What is malformed.
    pub problems: Vec<Problem>,
}

/// Splits a text; the delimiter is the one that gives the most equal rows, unless it is given.
pub fn split(text: &str, delimiter: Option<char>) -> Table<'_> {
    let given = delimiter.and_then(|char| u8::try_from(char).ok()).filter(u8::is_ascii);
    let delimiter = given.unwrap_or_else(|| detect_delimiter(text));
    let (records, problems) = csv_text::records(text, delimiter, Quotes::Lenient);
    Table { delimiter: char::from(delimiter), records, header: None, problems }
}

fn detect_delimiter(text: &str) -> u8 {
    let head = head_of(text);
    let score = |delimiter: u8| -> usize {
        let (records, _) = csv_text::records(head, delimiter, Quotes::Lenient);
        let mut counts: Vec<usize> =
            records.iter().map(|record| record.cells.len()).filter(|cells| 1 < *cells).collect();
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b).map(|run| run.len() * (run[0] - 1));
        runs.max().unwrap_or(0)
    };
    let best = DELIMITERS.into_iter().map(|delimiter| (score(delimiter), delimiter));
    // Ties go to the more common one.
    best.fold((0, b','), |best, next| if best.0 < next.0 { next } else { best }).1
}

/// The first lines of a text.
fn head_of(text: &str) -> &str {
    let end = text.match_indices('\n').nth(HEAD_RECORDS).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

impl<'a> Table<'a> {
    /// Takes as header the first record for which `is_header` holds, or the one that starts on a line.
    pub fn find_header(&mut self, line: Option<u64>, is_header: impl Fn(&[String]) -> bool) -> bool {
        let fits = |record: &Record<'_>| match line {
            Some(line) => record.line == line,
            None => is_header(&folded_cells(record)),
        };
        let within = if line.is_some() { self.records.len() } else { HEAD_RECORDS };
        self.header = self.records.iter().take(within).position(fits);
        self.header.is_some()
    }

    /// Cells of the header as they are, trimmed; empty without a header.
    pub fn header_cells(&self) -> Vec<&str> {
        let record = self.header.and_then(|at| self.records.get(at));
        record.map_or(Vec::new(), |record| record.cells.iter().map(|cell| cell.trim()).collect())
    }

    /// Records above the header.
    pub fn above(&self) -> &[Record<'a>] {
        &self.records[..self.header.unwrap_or(0)]
    }

    /// Records below the header; all of them without one.
    pub fn body(&self) -> &[Record<'a>] {
        &self.records[self.header.map_or(0, |at| at + 1)..]
    }

    /// The decimal mark that the numbers of the body agree on. Where none tells, a file with semicolons has commas.
    pub fn decimal_mark(&self) -> DecimalMark {
        let otherwise = if self.delimiter == ';' { DecimalMark::Comma } else { DecimalMark::Point };
        let cells = self.body().iter().flat_map(|record| record.cells.iter().map(|cell| cell.as_ref()));
        detect_mark(cells, otherwise)
    }
}

/// The cells of a record in the form in which header names are compared.
pub fn folded_cells(record: &Record<'_>) -> Vec<String> {
    record.cells.iter().map(|cell| folded(cell)).collect()
}

/// Letters and digits in lower case, without accents, spaces and signs: `Fees & Comm` → `feescomm`.
pub fn folded(text: &str) -> String {
    let plain = |char: char| match char {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ș' | 'ş' => 's',
        'ť' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).filter(|char| char.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_gives_equal_rows() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", ','),
            ("date;text;amount\n1;a, b, c;1,5\n2;d;2,5\n", ';'),
            ("a\tb\n1\t2,5\n", '\t'),
            ("Report, all accounts\nPeriod, 2024\na;b;c\n1;2;3\n4;5;6\n", ';'),
            ("only\none\n", ','),
            ("", ','),
        ] {
            assert_eq!(split(text, None).delimiter, delimiter, "{text}");
        }
        assert_eq!(split("a,b;c", Some(';')).records[0].cells, ["a,b", "c"]);
    }

    #[test]
    fn titles_stand_above_the_header_and_the_rest_below() {
        let mut table = split("Statement \"of\" account\n\nDate,Amount\n2024-01-02,5\nTotal,5\n", None);
        assert!(table.find_header(None, |cells| cells.contains(&"amount".to_owned())));
        assert_eq!((table.above().len(), table.header_cells(), table.body().len()), (1, vec!["Date", "Amount"], 2));
        assert_eq!(table.body()[0].line, 4);
        assert_eq!(table.problems, []);
        assert!(!table.find_header(None, |cells| cells.contains(&"price".to_owned())));
        assert!(table.find_header(Some(4), |_| false));
    }

    #[test]
    fn names_are_folded() {
        for (text, expected) in [
            ("Fees & Comm", "feescomm"),
            ("Omschrijving", "omschrijving"),
            ("Quantité ", "quantite"),
            ("unit_price", "unitprice"),
            ("Gebühren", "gebuhren"),
            ("No. of shares", "noofshares"),
        ] {
            assert_eq!(folded(text), expected);
        }
    }
}
