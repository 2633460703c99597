//! Reading a file of any format: detect, read, match names.
//!
//! Invariant: every record of the file is a row of the reading, or the file as a whole has a problem.

use std::collections::HashMap;

use ledger::Problem;
use serde_json::Value;

use crate::brokers::{degiro, fidelity, schwab, trade_republic, trading_212};
use crate::csv_text::Record;
use crate::detect::{self as detection, Guess};
use crate::directory::AccountsAndSecurities;
use crate::fields::{Style, suggested_field};
use crate::format::Format;
use crate::mapping::Mapping;
use crate::movement::{Content, Line};
use crate::reading::{Column, Detected, Options, Outcome, Reading, Row};
use crate::resolve::resolve;
use crate::table::{self, Table, folded};
use crate::text::{self, Encoding};
use crate::{
    beancount_journal, dawsos_csv, ghostfolio_csv, ghostfolio_json, ibkr_flex, mapped_csv, ofx, portfolio_performance,
    tabular, wealthfolio_csv,
};

/// Samples of a column.
const SAMPLES: usize = 5;

/// Reads a file.
pub fn read(bytes: &[u8], options: &Options<'_>, names: &dyn AccountsAndSecurities) -> Reading {
    let (text, encoding) = match text::decode(bytes) {
        Ok(decoded) => decoded,
        Err(problem) => return refused(options.format, Encoding::Utf8, problem),
    };
    if text.trim().is_empty() {
        let problem = Problem::new("empty_file", "", "the file is empty").at_line(1);
        return refused(options.format, encoding, problem.with_try("export the transactions again"));
    }
    let named =
        options.format.or_else(|| options.mapping.filter(|mapping| !mapping.is_empty()).map(|_| Format::MappedCsv));
    let guess = match named {
        Some(format) => Some(Guess { format, confidence: 1.0 }),
        None => detection::of_document(&text),
    };
    match guess {
        Some(guess) if !guess.format.is_delimited() => read_document(&text, encoding, guess, options, names),
        guess => read_table(bytes, &text, encoding, guess, options, names),
    }
}

/// The format of a file, its columns and style, without matching names.
pub fn detect(bytes: &[u8]) -> (Detected, Vec<Column>) {
    let known = crate::directory::Directory::default();
    let reading = read(bytes, &Options::default(), &known);
    (reading.detected, reading.columns)
}

fn refused(format: Option<Format>, encoding: Encoding, problem: Problem) -> Reading {
    let detected = Detected { format, confidence: 0.0, ..plain(encoding) };
    Reading {
        detected,
        columns: Vec::new(),
        problems: vec![problem],
        rows: Vec::new(),
        questions: Vec::new(),
        created: Vec::new(),
        unknown_accounts: Vec::new(),
    }
}

fn plain(encoding: Encoding) -> Detected {
    Detected {
        format: None,
        confidence: 0.0,
        delimiter: None,
        encoding: encoding.name(),
        decimal_separator: ".",
        date_format: "YYYY-MM-DD",
        is_date_uncertain: false,
        header_line: None,
        is_newest_first: false,
    }
}

fn read_document(
    text: &str,
    encoding: Encoding,
    guess: Guess,
    options: &Options<'_>,
    names: &dyn AccountsAndSecurities,
) -> Reading {
    let lines = match guess.format {
        Format::Ofx => ofx::read(text),
        Format::IbkrFlexXml => ibkr_flex::read(text),
        Format::PortfolioPerformanceXml => portfolio_performance::xml::read(text),
        Format::Beancount => Ok(beancount_journal::read(text)),
        Format::GhostfolioJson => match serde_json::from_str::<Value>(text) {
            Ok(document) if ghostfolio_json::is_such(&document) => Ok(ghostfolio_json::read(text, &document)),
            Ok(_) => Err(Problem::new("malformed", "activities", "the file has no list of activities").at_line(1)),
            Err(error) => Err(Problem::new("malformed", "", format!("not JSON: {error}")).at_line(error.line() as u64)),
        },
        _ => Err(Problem::new("restores_a_portfolio", "", "an export of DawsOS holds a whole portfolio")
            .with_try("restore it with `dawsos import FILE` where the portfolio does not exist; to add transactions to another one, export them as CSV")
            .at_line(1)),
    };
    let date_format = match guess.format {
        Format::Ofx | Format::IbkrFlexXml => "YYYYMMDD",
        _ => "YYYY-MM-DD",
    };
    match lines {
        Ok(lines) => {
            let detected =
                Detected { format: Some(guess.format), confidence: guess.confidence, date_format, ..plain(encoding) };
            let problems = no_rows(&lines);
            resolved(lines, detected, Vec::new(), problems, options, names)
        }
        Err(problem) => {
            let mut reading = refused(Some(guess.format), encoding, problem);
            reading.detected.confidence = guess.confidence;
            reading
        }
    }
}

fn read_table(
    bytes: &[u8],
    text: &str,
    encoding: Encoding,
    guess: Option<Guess>,
    options: &Options<'_>,
    names: &dyn AccountsAndSecurities,
) -> Reading {
    let none = Mapping::default();
    let mapping = options.mapping.unwrap_or(&none);
    let mut table = table::split(text, mapping.delimiter);
    let guess = guess.or_else(|| detection::of_table(&table));
    let Some(guess) = guess else {
        let line = table.records.first().map_or(1, |record| record.line);
        let problem = Problem::new("unknown_format", "", "the format of the file is not known")
            .with_try("choose the format, or map the columns of a CSV")
            .at_line(line);
        let mut reading = refused(None, encoding, problem);
        if table.delimiter == ',' && table.records.iter().take(1).any(|record| 1 < record.cells.len()) {
            // It may be meant as ours: then these are the mistakes.
            let guess = Guess { format: Format::DawsosCsv, confidence: 0.0 };
            reading.problems.extend(read_dawsos(bytes, encoding, guess, names).problems);
        }
        reading.columns = columns_of(&table);
        reading.detected.delimiter = Some(table.delimiter);
        return reading;
    };
    if guess.format == Format::DawsosCsv {
        return read_dawsos(bytes, encoding, guess, names);
    }
    let read = lines_of(&mut table, guess.format, mapping, options);
    let columns = columns_of(&table);
    let header_line = table.header.and_then(|at| table.records.get(at)).map(|record| record.line);
    let mut detected = Detected {
        format: Some(guess.format),
        confidence: guess.confidence,
        delimiter: Some(table.delimiter),
        header_line,
        ..plain(encoding)
    };
    match read {
        Ok((lines, style)) => {
            detected.decimal_separator = style.mark.text();
            detected.date_format = if style.days.is_iso { "YYYY-MM-DD" } else { style.days.order.name() };
            detected.is_date_uncertain = !style.days.is_certain;
            let mut problems = table.problems.clone();
            problems.extend(no_rows(&lines));
            resolved(lines, detected, columns, problems, options, names)
        }
        Err(problems) => {
            let mut reading = refused(Some(guess.format), encoding, Problem::new("", "", ""));
            reading.detected = detected;
            reading.columns = columns;
            reading.problems = problems;
            reading
        }
    }
}

type Lines = Result<(Vec<Line>, Style), Vec<Problem>>;

fn lines_of(table: &mut Table<'_>, format: Format, mapping: &Mapping, options: &Options<'_>) -> Lines {
    let is_header: &dyn Fn(&[String]) -> bool = match format {
        Format::GhostfolioCsv => &ghostfolio_csv::is_header,
        Format::PortfolioPerformanceCsv => {
            &|cells| portfolio_performance::csv::is_header(cells) || portfolio_performance::csv::is_other_export(cells)
        }
        Format::WealthfolioCsv => {
            &|cells| wealthfolio_csv::is_header(cells) || wealthfolio_csv::is_holdings_header(cells)
        }
        Format::SchwabCsv => &schwab::is_header,
        Format::FidelityCsv => &fidelity::is_header,
        Format::DegiroAccountCsv => &|cells| degiro::file_of(cells) == Some(degiro::File::Account),
        Format::DegiroTransactionsCsv => &|cells| degiro::file_of(cells) == Some(degiro::File::Transactions),
        Format::Trading212Csv => &trading_212::is_header,
        Format::TradeRepublicCsv => &trade_republic::is_header,
        _ => {
            // The mapping finds its own header; corrections of cells need it before.
            return mapped_with_corrections(table, mapping, options);
        }
    };
    if !table.find_header(mapping.header_line, is_header) {
        return Err(vec![tabular::wrong_header(table, format)]);
    }
    correct(table, options);
    Ok(match format {
        Format::GhostfolioCsv => ghostfolio_csv::read(table),
        Format::PortfolioPerformanceCsv if portfolio_performance::csv::is_other_export(&folded_header(table)) => {
            return other_export(table);
        }
        Format::PortfolioPerformanceCsv => portfolio_performance::csv::read(table),
        Format::WealthfolioCsv => wealthfolio_csv::read(table),
        Format::SchwabCsv => schwab::read(table),
        Format::FidelityCsv => fidelity::read(table),
        Format::DegiroAccountCsv => degiro::read(table, degiro::File::Account),
        Format::DegiroTransactionsCsv => degiro::read(table, degiro::File::Transactions),
        Format::Trading212Csv => trading_212::read(table),
        _ => trade_republic::read(table),
    })
}

fn folded_header(table: &Table<'_>) -> Vec<String> {
    table.header_cells().iter().map(|name| folded(name)).collect()
}

/// Prices and master data: every line is accounted for, none is a transaction.
fn other_export(table: &Table<'_>) -> Lines {
    let columns = crate::fields::Columns::of_header(&table.header_cells());
    let style = Style::detect(table, &columns, crate::day::DayOrder::DayFirst);
    let line = |record: &Record<'_>| Line {
        line: record.line,
        raw: columns.raw(record),
        content: Content::Ignored("is a price or describes a security".to_owned()),
    };
    Ok((table.above().iter().chain(table.body()).map(line).collect(), style))
}

fn mapped_with_corrections(table: &mut Table<'_>, mapping: &Mapping, options: &Options<'_>) -> Lines {
    if !options.corrections.is_empty() {
        // Finding the header twice is cheap; the first time only to know the names of the columns.
        let _ = mapped_csv::read(table, mapping);
        correct(table, options);
    }
    mapped_csv::read(table, mapping)
}

/// Puts corrected cells in the place of those of the file.
fn correct(table: &mut Table<'_>, options: &Options<'_>) {
    if options.corrections.is_empty() {
        return;
    }
    let names: Vec<String> = table.header_cells().iter().map(|name| folded(name)).collect();
    for record in &mut table.records {
        for (field, text) in options.corrections.get(&record.line).into_iter().flatten() {
            let at = names.iter().position(|name| *name == folded(field));
            if let Some(cell) = at.and_then(|at| record.cells.get_mut(at)) {
                *cell = text.clone().into();
            }
        }
    }
}

/// A file of nothing but titles has no transactions to offer.
fn no_rows(lines: &[Line]) -> Vec<Problem> {
    if lines.is_empty() {
        return vec![Problem::new("no_rows", "", "the file has no transactions").at_line(1)];
    }
    Vec::new()
}

fn resolved(
    lines: Vec<Line>,
    mut detected: Detected,
    columns: Vec<Column>,
    problems: Vec<Problem>,
    options: &Options<'_>,
    names: &dyn AccountsAndSecurities,
) -> Reading {
    let resolved = resolve(lines, options, names);
    detected.is_newest_first = resolved.is_newest_first;
    Reading {
        detected,
        columns,
        problems,
        rows: resolved.rows,
        questions: resolved.questions,
        created: resolved.created,
        unknown_accounts: resolved.unknown_accounts,
    }
}

/// Our own format has a strict reader of its own, which reports every deviation.
fn read_dawsos(bytes: &[u8], encoding: Encoding, guess: Guess, names: &dyn AccountsAndSecurities) -> Reading {
    let parsed = dawsos_csv::parse(bytes, names);
    let row = |(record, row): (usize, dawsos_csv::Row)| Row {
        line: row.line,
        part: 0,
        record,
        raw: row.raw.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect(),
        row_key: row.row_key,
        outcome: match row.draft {
            Ok(draft) => Outcome::Draft(Box::new(draft)),
            Err(problems) => Outcome::Problems(problems),
        },
        warnings: Vec::new(),
    };
    let detected = Detected {
        format: Some(guess.format),
        confidence: guess.confidence,
        delimiter: Some(','),
        header_line: Some(1),
        ..plain(encoding)
    };
    Reading {
        detected,
        columns: Vec::new(),
        problems: parsed.problems,
        rows: parsed.rows.into_iter().enumerate().map(row).collect(),
        questions: Vec::new(),
        created: Vec::new(),
        unknown_accounts: Vec::new(),
    }
}

fn columns_of(table: &Table<'_>) -> Vec<Column> {
    let header = table.header_cells();
    let mut samples: HashMap<usize, Vec<String>> = HashMap::new();
    for record in table.body().iter().take(200) {
        for (at, cell) in record.cells.iter().enumerate() {
            let known = samples.entry(at).or_default();
            if known.len() < SAMPLES && !cell.trim().is_empty() {
                known.push(cell.trim().chars().take(100).collect());
            }
        }
    }
    let column = |(at, name): (usize, &&str)| Column {
        name: if name.is_empty() { format!("column {}", at + 1) } else { (*name).to_owned() },
        samples: samples.remove(&at).unwrap_or_default(),
        suggested_field: suggested_field(name),
    };
    header.iter().enumerate().map(column).collect()
}
