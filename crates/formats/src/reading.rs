//! A file, read: how it was understood, its rows with drafts, and what has to be asked.

use std::collections::HashMap;

use ledger::{Draft, Problem};
use uuid::Uuid;

use crate::format::Format;
use crate::mapping::Mapping;
use crate::security::{Choice, NewSecurity, Question};

/// How to read a file, where that is not left to detection.
#[derive(Default)]
pub struct Options<'a> {
    /// The format.
    pub format: Option<Format>,
    /// Columns and words of a CSV.
    pub mapping: Option<&'a Mapping>,
    /// Choices for securities, by the key of their question.
    pub security_choices: HashMap<String, Choice>,
    /// Account of the portfolio for each account of the file.
    pub account_choices: HashMap<String, Uuid>,
    /// Whether securities that nothing is known about are created.
    pub creates_unknown: bool,
    /// Whose securities those are that are created; part of their identity.
    pub owner: Uuid,
    /// Corrections of single lines: field and new text, in the columns of DawsOS.
    pub corrections: HashMap<u64, Vec<(String, String)>>,
    /// Told from time to time how many of how many lines are done.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

/// How a file was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected {
    /// The format; none where it is unknown.
    pub format: Option<Format>,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// Between cells, for delimited files.
    pub delimiter: Option<char>,
    /// Character set.
    pub encoding: &'static str,
    /// Between units and tenths.
    pub decimal_separator: &'static str,
    /// Form of dates.
    pub date_format: &'static str,
    /// Whether another order of day and month would fit as well.
    pub is_date_uncertain: bool,
    /// Line of the header, for delimited files.
    pub header_line: Option<u64>,
    /// Whether the file begins with its newest day; rows are given in order of time.
    pub is_newest_first: bool,
}

/// A column of a delimited file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name; `column 4` where it has none.
    pub name: String,
    /// Its first values that are not empty.
    pub samples: Vec<String>,
    /// The field of a mapping that it looks like.
    pub suggested_field: Option<&'static str>,
}

/// A file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// How it was understood.
    pub detected: Detected,
    /// The columns of a delimited file.
    pub columns: Vec<Column>,
    /// Problems of the file as a whole; if there are any, rows may be missing.
    pub problems: Vec<Problem>,
    /// Every line in the order in which it is applied.
    pub rows: Vec<Row>,
    /// Securities for which somebody must choose.
    pub questions: Vec<Question>,
    /// Securities that will be created.
    pub created: Vec<NewSecurity>,
    /// Accounts that the file names and the portfolio does not have.
    pub unknown_accounts: Vec<String>,
}

/// A transaction of a line, or what stands in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Number among the rows of that line, from 0.
    pub part: u32,
    /// Number of the record in the file, from 0; a file in one long line has many.
    pub record: usize,
    /// The cells of the line.
    pub raw: Vec<(String, String)>,
    /// Identity for finding it again.
    pub row_key: String,
    /// What it asks for.
    pub outcome: Outcome,
    /// What is worth a look.
    pub warnings: Vec<Problem>,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A transaction.
    Draft(Box<Draft>),
    /// It cannot be read, for all these reasons.
    Problems(Vec<Problem>),
    /// Books of this version do not hold it.
    NotSupported(Problem),
    /// No transaction, for this reason.
    Ignored(String),
}

impl Reading {
    /// Records by what became of them. A record counts once, under the worst.
    pub fn record_counts(&self) -> RecordCounts {
        let mut worst: HashMap<usize, u8> = HashMap::new();
        for row in &self.rows {
            let rank = match row.outcome {
                Outcome::Ignored(_) => 0,
                Outcome::Draft(_) => 1,
                Outcome::NotSupported(_) => 2,
                Outcome::Problems(_) => 3,
            };
            let entry = worst.entry(row.record).or_insert(rank);
            *entry = (*entry).max(rank);
        }
        let count = |rank: u8| worst.values().filter(|found| **found == rank).count();
        RecordCounts { drafts: count(1), problems: count(3), not_supported: count(2), ignored: count(0) }
    }
}

/// How many records of a file became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordCounts {
    /// Transactions.
    pub drafts: usize,
    /// Lines with problems.
    pub problems: usize,
    /// Lines that books do not hold.
    pub not_supported: usize,
    /// Titles, totals and the like.
    pub ignored: usize,
}
