//! The CSV of DawsOS: one row is one transaction.
//!
//! UTF-8, comma, decimal point, ISO dates, named columns in any order, empty = absent. Every problem of a file is
//! reported with line, column, what is wrong and what to do; rows without problems become drafts.

use std::borrow::Cow;
use std::collections::HashMap;

use dates::{Date, DateError};
use money::{Currency, CurrencyError, Decimal};
use uuid::Uuid;

use crate::csv_text::{self, Record};
use crate::directory::{AccountsAndSecurities, SecurityName, SecurityQuery};
use crate::row_key::RowKeys;
use ledger::draft::{Draft, NewEntry, Resolver};
use ledger::kind::Kind;
use ledger::payload::{Fee, Ratio, Tax, TaxKind};
use ledger::problem::Problem;

/// All columns, in the order in which files are written.
pub const COLUMNS: [&str; 30] = [
    "external_id",
    "kind",
    "trade_date",
    "account",
    "isin",
    "figi",
    "symbol",
    "mic",
    "quantity",
    "price",
    "currency",
    "gross_amount",
    "fees",
    "taxes",
    "net_amount",
    "settlement_date",
    "ex_date",
    "record_date",
    "pay_date",
    "fx_rate",
    "counter_currency",
    "counter_amount",
    "counter_fx_rate",
    "counter_account",
    "ratio",
    "lot_date",
    "lot_cost",
    "lot_fx_rate",
    "note",
    "tags",
];

/// Columns without which there is no transaction.
pub const REQUIRED: [&str; 3] = ["kind", "trade_date", "currency"];

/// Kind of a fee whose file gives only an amount.
pub const DEFAULT_FEE_KIND: &str = "commission";

/// How many unknown symbols of a file get the nearest known one as advice (the search reads all symbols).
const NEAREST_SYMBOLS_MAX: u32 = 100;

/// A file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Problems of the file as a whole; if there are any, rows may be missing.
    pub problems: Vec<Problem>,
    /// The rows, in file order.
    pub rows: Vec<Row>,
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Its cells that are not empty, by column.
    pub raw: Vec<(&'static str, String)>,
    /// Identity for finding it again; see [`RowKeys`].
    pub row_key: String,
    /// What it asks for, or why it cannot be read.
    pub draft: Result<Draft, Vec<Problem>>,
}

/// One row, completed.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedRow {
    /// Line on which it starts.
    pub line: u64,
    /// Identity for finding it again.
    pub row_key: String,
    /// The entry to record, or what is wrong.
    pub entry: Result<NewEntry, Vec<Problem>>,
}

impl Parsed {
    /// Completes every row; problems carry line and column.
    pub fn complete(&self, resolver: &dyn Resolver) -> Vec<CompletedRow> {
        let complete = |row: &Row| {
            let entry = row.draft.clone().and_then(|draft| {
                let at_line = |problems: Vec<Problem>| {
                    problems.into_iter().map(|problem| problem.at_line(row.line)).collect::<Vec<_>>()
                };
                draft.complete(resolver).map_err(at_line)
            });
            CompletedRow { line: row.line, row_key: row.row_key.clone(), entry }
        };
        self.rows.iter().map(complete).collect()
    }

    /// All problems of reading, in line order.
    pub fn all_problems(&self) -> Vec<Problem> {
        let of_rows = self.rows.iter().filter_map(|row| row.draft.as_ref().err()).flatten();
        let mut problems: Vec<Problem> = self.problems.iter().chain(of_rows).cloned().collect();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

/// Reads a file.
pub fn parse(bytes: &[u8], names: &dyn AccountsAndSecurities) -> Parsed {
    let (records, mut problems) = csv_text::read(bytes);
    let Some((header, body)) = records.split_first() else {
        if problems.is_empty() {
            let problem = Problem::new("empty_file", "", "the file is empty");
            problems.push(problem.with_try("the first line names the columns: kind,trade_date,currency,…").at_line(1));
        }
        return Parsed { problems, rows: Vec::new() };
    };
    let before = problems.len();
    let columns = read_header(header, &mut problems);
    if problems.len() > before {
        // Cells under unknown names have no meaning; the rows would only repeat the problem.
        return Parsed { problems, rows: Vec::new() };
    }
    if body.is_empty() {
        problems.push(Problem::new("no_rows", "", "the file has a header but no rows").at_line(header.line));
    }
    let mut reader = RowReader {
        names,
        columns,
        keys: RowKeys::default(),
        external_ids: HashMap::new(),
        nearest_left: NEAREST_SYMBOLS_MAX,
    };
    let rows = body.iter().map(|record| reader.row(record)).collect();
    Parsed { problems, rows }
}

fn read_header(header: &Record<'_>, problems: &mut Vec<Problem>) -> Vec<&'static str> {
    let line = header.line;
    if let [only] = header.cells.as_slice()
        && let Some(mark) = [';', '\t', '|'].into_iter().find(|mark| only.contains(*mark))
    {
        let detail = format!("columns are separated by {mark:?}, not by a comma");
        problems.push(
            Problem::new("wrong_delimiter", "", detail).with_try("save with comma and decimal point").at_line(line),
        );
        return Vec::new();
    }
    let mut columns: Vec<&'static str> = Vec::new();
    for (at, cell) in header.cells.iter().enumerate() {
        let name = cell.trim();
        if let Some(column) = COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name)) {
            if columns.contains(&column) {
                problems.push(
                    Problem::new("duplicate_column", column, format!("column {column} is named twice")).at_line(line),
                );
            }
            columns.push(column);
            continue;
        }
        let shown: String = name.chars().take(40).collect();
        if name.is_empty() {
            let detail = format!("column {} has no name", at + 1);
            problems.push(Problem::new("unknown_column", "", detail).with_try("remove it").at_line(line));
            continue;
        }
        let nearest = nearest_of(&name.to_lowercase(), &COLUMNS);
        let detail = format!("column {shown:?} is not known");
        let advice = format!("nearest is {nearest}; the columns are {}", COLUMNS.join(" "));
        problems.push(Problem::new("unknown_column", shown, detail).with_try(advice).at_line(line));
    }
    for required in REQUIRED {
        if !columns.contains(&required) {
            let detail = format!("column {required} is missing");
            problems.push(Problem::new("missing_column", required, detail).at_line(line));
        }
    }
    columns
}

fn nearest_of(text: &str, known: &[&'static str]) -> &'static str {
    let wanted: String = text.chars().take(40).collect();
    let score = |name: &str| strsim::normalized_damerau_levenshtein(&wanted, name);
    known.iter().copied().fold(known[0], |best, name| if score(name) > score(best) { name } else { best })
}

struct RowReader<'n> {
    names: &'n dyn AccountsAndSecurities,
    columns: Vec<&'static str>,
    keys: RowKeys,
    external_ids: HashMap<(Uuid, String), u64>,
    nearest_left: u32,
}

/// The cells of one row by column, and what is wrong with them.
struct Cells<'a> {
    line: u64,
    cells: Vec<(&'static str, &'a str)>,
    problems: Vec<Problem>,
}

impl RowReader<'_> {
    fn row(&mut self, record: &Record<'_>) -> Row {
        let line = record.line;
        let trimmed = self.columns.iter().copied().zip(record.cells.iter().map(|cell: &Cow<'_, str>| cell.trim()));
        let given: Vec<(&'static str, &str)> = trimmed.filter(|(_, cell)| !cell.is_empty()).collect();
        let raw = given.iter().map(|(column, cell)| (*column, (*cell).to_owned())).collect();
        let mut cells = Cells { line, cells: given, problems: Vec::new() };
        let (found, expected) = (record.cells.len(), self.columns.len());
        if found != expected {
            let detail = format!("{found} cells, the header has {expected}");
            let advice =
                if found > expected { "quote cells that hold a comma" } else { "give every cell, empty ones too" };
            cells.problem("cell_count", "", detail, Some(advice.to_owned()));
        }
        // With cells missing or shifted, what they say cannot be trusted.
        let draft = if found == expected { self.draft(&mut cells) } else { None };
        match draft.filter(|_| cells.problems.is_empty()) {
            Some(draft) => Row { line, raw, row_key: self.keys.key_of(&draft), draft: Ok(draft) },
            None => {
                let row_key = self.keys.key_of_cells(record.cells.iter().map(|cell| cell.as_ref()));
                Row { line, raw, row_key, draft: Err(cells.problems) }
            }
        }
    }

    fn draft(&mut self, cells: &mut Cells<'_>) -> Option<Draft> {
        let kind = cells.kind();
        let trade_date = cells.required("trade_date").and_then(|text| cells.date_of("trade_date", text));
        let currency = cells.required("currency").and_then(|text| cells.currency_of("currency", text));
        let account_id = self.account(cells, "account");
        let security_id = self.security(cells);
        let external_id = cells.text("external_id");
        if let (Some(account_id), Some(external_id)) = (account_id, &external_id)
            && let Some(first) = self.external_ids.insert((account_id, external_id.clone()), cells.line)
        {
            let detail = format!("external id {external_id:?} is already on line {first}");
            cells.problem("duplicate_external_id", "external_id", detail, None);
        }
        let numbers = [
            "quantity",
            "price",
            "gross_amount",
            "net_amount",
            "fx_rate",
            "counter_amount",
            "counter_fx_rate",
            "lot_cost",
            "lot_fx_rate",
        ]
        .map(|column| cells.number(column));
        let [
            quantity,
            price,
            gross_amount,
            net_amount,
            fx_rate,
            counter_amount,
            counter_fx_rate,
            lot_cost,
            lot_fx_rate,
        ] = numbers;
        let [settlement_date, ex_date, record_date, pay_date, lot_date] =
            ["settlement_date", "ex_date", "record_date", "pay_date", "lot_date"].map(|column| cells.date(column));
        let fees = cells.fees();
        let taxes = cells.taxes(kind);
        let counter_currency =
            cells.get("counter_currency").and_then(|text| cells.currency_of("counter_currency", text));
        let counter_account_id = cells.get("counter_account").and_then(|_| self.account(cells, "counter_account"));
        let ratio = cells.ratio();
        let note = cells.text("note");
        let tags = cells.get("tags").map_or(Vec::new(), |text| {
            text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
        });
        Some(Draft {
            settlement_date,
            ex_date,
            record_date,
            pay_date,
            quantity,
            price,
            gross_amount,
            fees,
            taxes,
            net_amount,
            fx_rate,
            counter_currency,
            counter_amount,
            counter_fx_rate,
            ratio,
            lot_date,
            lot_cost,
            lot_fx_rate,
            counter_account_id,
            security_id,
            external_id,
            note,
            tags,
            ..Draft::new(kind?, account_id?, trade_date?, currency?)
        })
    }

    fn account(&self, cells: &mut Cells<'_>, column: &'static str) -> Option<Uuid> {
        let Some(name) = cells.get(column) else {
            let only = self.names.only_account();
            if only.is_none() {
                let names = self.names.account_names();
                let (detail, advice) = if names.is_empty() {
                    ("the portfolio has no account".to_owned(), "create an account first".to_owned())
                } else {
                    (format!("the portfolio has {} accounts, the row names none", names.len()), one_of(&names))
                };
                cells.problem("missing_field", column, detail, Some(advice));
            }
            return only;
        };
        let account = self.names.account(name);
        if account.is_none() {
            let detail = format!("no account is named {:?}", short(name));
            cells.problem("unknown_account", column, detail, Some(one_of(&self.names.account_names())));
        }
        account
    }

    fn security(&mut self, cells: &mut Cells<'_>) -> Option<Uuid> {
        let wanted = SecurityQuery {
            isin: cells.get("isin"),
            figi: cells.get("figi"),
            symbol: cells.get("symbol"),
            mic: cells.get("mic"),
        };
        let (column, named) = match wanted {
            SecurityQuery { figi: Some(figi), .. } => ("figi", figi),
            SecurityQuery { isin: Some(isin), .. } => ("isin", isin),
            SecurityQuery { symbol: Some(symbol), .. } => ("symbol", symbol),
            SecurityQuery { mic: Some(mic), .. } => {
                let detail = format!("mic {:?} alone names no security", short(mic));
                cells.problem("unknown_security", "mic", detail, Some("give symbol too".to_owned()));
                return None;
            }
            _ => return None,
        };
        let found = self.names.securities(&wanted);
        match found.as_slice() {
            [one] => Some(one.id),
            [] => {
                self.report_unknown(cells, &wanted, column, named);
                None
            }
            many => {
                let candidates: Vec<String> = many.iter().take(10).map(SecurityName::label).collect();
                let detail =
                    format!("{column} {:?} is {} securities: {}", short(named), many.len(), candidates.join(", "));
                cells.problem("ambiguous_security", column, detail, Some("give mic, isin or figi too".to_owned()));
                None
            }
        }
    }

    fn report_unknown(&mut self, cells: &mut Cells<'_>, wanted: &SecurityQuery<'_>, column: &'static str, named: &str) {
        let alone = match column {
            "figi" => SecurityQuery { figi: wanted.figi, ..SecurityQuery::default() },
            "isin" => SecurityQuery { isin: wanted.isin, ..SecurityQuery::default() },
            _ => SecurityQuery { symbol: wanted.symbol, ..SecurityQuery::default() },
        };
        let near = self.names.securities(&alone);
        if !near.is_empty() {
            let known: Vec<String> = near.iter().take(10).map(SecurityName::label).collect();
            let detail = format!(
                "{column} {:?} is {}, which does not fit the other names of the row",
                short(named),
                known.join(", ")
            );
            cells.problem("security_conflict", column, detail, Some("correct or leave out the others".to_owned()));
            return;
        }
        let nearest = match wanted.symbol {
            Some(symbol) if self.nearest_left > 0 => {
                self.nearest_left -= 1;
                self.names.nearest_symbol(symbol)
            }
            _ => None,
        };
        let advice = nearest.map_or("add the security first".to_owned(), |nearest| {
            format!("nearest is {nearest}; or add the security first")
        });
        cells.problem(
            "unknown_security",
            column,
            format!("no security with {column} {:?}", short(named)),
            Some(advice),
        );
    }
}

impl<'a> Cells<'a> {
    fn get(&self, column: &str) -> Option<&'a str> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| *cell)
    }

    fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    fn required(&mut self, column: &'static str) -> Option<&'a str> {
        let cell = self.get(column);
        if cell.is_none() {
            self.problem("missing_field", column, format!("{column} is empty"), None);
        }
        cell
    }

    fn kind(&mut self) -> Option<Kind> {
        let text = self.required("kind")?;
        let advice = |nearest: Kind| Some(format!("nearest is {nearest}"));
        match text.to_ascii_lowercase().parse::<Kind>() {
            Ok(kind) if kind.is_transaction() => Some(kind),
            Ok(kind) => {
                self.problem(
                    "unknown_kind",
                    "kind",
                    format!("{kind} is not a transaction"),
                    advice(Kind::nearest(text)),
                );
                None
            }
            Err(error) => {
                let detail = format!("unknown kind {:?}", short(text));
                self.problem("unknown_kind", "kind", detail, advice(error.nearest));
                None
            }
        }
    }

    fn number(&mut self, column: &'static str) -> Option<Decimal> {
        let text = self.get(column)?;
        self.number_of(column, text)
    }

    fn number_of(&mut self, column: &'static str, text: &str) -> Option<Decimal> {
        match money::parse_decimal(text) {
            Ok(number) => Some(number),
            Err(error) => {
                let detail = format!("{:?}: {error}", short(text));
                self.problem("bad_number", column, detail, Some("write it like 1234.56".to_owned()));
                None
            }
        }
    }

    fn date(&mut self, column: &'static str) -> Option<Date> {
        let text = self.get(column)?;
        self.date_of(column, text)
    }

    fn date_of(&mut self, column: &'static str, text: &str) -> Option<Date> {
        match dates::parse_date(text) {
            Ok(date) => Some(date),
            Err(error) => {
                let code = if matches!(error, DateError::OutOfRange { .. }) { "out_of_range" } else { "bad_date" };
                self.problem(code, column, error.to_string(), Some("write it like 2024-03-28".to_owned()));
                None
            }
        }
    }

    fn currency_of(&mut self, column: &'static str, text: &str) -> Option<Currency> {
        match text.parse() {
            Ok(currency) => Some(currency),
            Err(CurrencyError::Unknown { nearest, .. }) => {
                let detail = format!("unknown currency {:?}", short(text));
                self.problem("unknown_currency", column, detail, Some(format!("nearest is {nearest}")));
                None
            }
        }
    }

    fn ratio(&mut self) -> Option<Ratio> {
        let text = self.get("ratio")?;
        let ratio = Ratio::parse(text);
        if ratio.is_none() {
            let detail = format!("{:?} is not a ratio", short(text));
            self.problem("bad_ratio", "ratio", detail, Some("write new:old, for example 4:1".to_owned()));
        }
        ratio
    }

    fn fees(&mut self) -> Vec<Fee> {
        let costs = self.costs("fees");
        let fee =
            |(kind, amount): (Option<&str>, Decimal)| Fee { kind: kind.unwrap_or(DEFAULT_FEE_KIND).to_owned(), amount };
        costs.into_iter().map(fee).collect()
    }

    fn taxes(&mut self, kind: Option<Kind>) -> Vec<Tax> {
        let mut taxes = Vec::new();
        for (named, amount) in self.costs("taxes") {
            let tax_kind = match named {
                None => Some(default_tax_kind(kind.unwrap_or(Kind::Tax))),
                Some("withholding") => Some(TaxKind::Withholding),
                Some("transaction") => Some(TaxKind::Transaction),
                Some("other") => Some(TaxKind::Other),
                Some(_) => None,
            };
            match tax_kind {
                Some(kind) => taxes.push(Tax { kind, amount }),
                None => {
                    let detail = format!("unknown kind of tax {:?}", short(named.unwrap_or_default()));
                    self.problem(
                        "unknown_tax",
                        "taxes",
                        detail,
                        Some("one of withholding, transaction, other".to_owned()),
                    );
                }
            }
        }
        taxes
    }

    /// `1.50`, or parts with their kinds: `commission=1.00;exchange=0.50`.
    fn costs(&mut self, column: &'static str) -> Vec<(Option<&'a str>, Decimal)> {
        let Some(text) = self.get(column) else { return Vec::new() };
        if !text.contains('=') {
            return self.number_of(column, text).map(|amount| (None, amount)).into_iter().collect();
        }
        let mut costs = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (kind, amount) =
                part.split_once('=').map_or((None, part), |(kind, amount)| (Some(kind.trim()), amount.trim()));
            costs.extend(self.number_of(column, amount).map(|amount| (kind, amount)));
        }
        costs
    }

    fn problem(&mut self, code: &'static str, column: &'static str, detail: String, advice: Option<String>) {
        let problem = Problem { code, field: column.to_owned(), detail, try_: advice, line: Some(self.line) };
        self.problems.push(problem);
    }
}

/// What a tax is if only its amount is given: withheld from income, part of the cost of trades, else other.
pub fn default_tax_kind(kind: Kind) -> TaxKind {
    match kind {
        Kind::Dividend | Kind::Interest | Kind::ReturnOfCapital => TaxKind::Withholding,
        Kind::Buy | Kind::Sell => TaxKind::Transaction,
        _ => TaxKind::Other,
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn one_of(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(10).map(String::as_str).collect();
    format!("one of {}", shown.join(", "))
}
