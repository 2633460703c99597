//! A file of transactions, read against a book: which rows are good, known already, or wrong, and what they would do.
//!
//! Invariant: a row's identity is its reference in the source, else a hash of what it says and its number among equal
//! rows; a row that a committed import wrote is a duplicate.

use std::collections::HashSet;

use capability::Failure;
use dates::Date;
use formats::reading::Column;
use formats::security::{NewSecurity, Question};
use formats::{AccountsAndSecurities, Detected, Options, Outcome, Reading, Row, SecurityName, SecurityQuery};
use ledger::{BookError, Kind, NewEntry, Problem};
use money::{Currency, Decimal};
use serde_json::{Map, Value};
use store::UserTransaction;
use store::queries::imports;
use uuid::Uuid;

use super::desk::{Applied, Desk};
use super::effects::warnings as warnings_of;
use super::entries::currency_mismatch;
use super::import_file::{ImportFile, ImportSettings};
use crate::failure::StepError;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowStatus {
    /// It would be written.
    Ok,
    /// It would be written, and is worth a look.
    Warning,
    /// It cannot be written.
    Error,
    /// It is there already.
    Duplicate,
    /// It is no transaction, or was chosen to be left out.
    Ignored,
}

impl RowStatus {
    /// The word in tables and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            RowStatus::Ok => "ok",
            RowStatus::Warning => "warning",
            RowStatus::Error => "error",
            RowStatus::Duplicate => "duplicate",
            RowStatus::Ignored => "ignored",
        }
    }
}

/// A row with its fate.
pub(crate) struct ReadRow {
    /// Line on which it starts.
    pub line: u64,
    /// Number among the rows of that line.
    pub part: u32,
    /// Its cells.
    pub raw: Value,
    /// Identity.
    pub row_key: String,
    /// Fate.
    pub status: RowStatus,
    /// What is wrong or worth a look.
    pub problems: Vec<Problem>,
    /// The entry that it would write; its payload for showing.
    pub entry: Option<NewEntry>,
}

impl ReadRow {
    /// Whether the row becomes an entry.
    pub fn is_written(&self) -> bool {
        matches!(self.status, RowStatus::Ok | RowStatus::Warning)
    }
}

/// A file, read.
pub(crate) struct ReadImport {
    /// Problems of the file as a whole.
    pub file_problems: Vec<Problem>,
    /// How the file was understood.
    pub detected: Detected,
    /// Columns of a delimited file.
    pub columns: Vec<Column>,
    /// Securities for which somebody must choose.
    pub questions: Vec<Question>,
    /// Securities that the import creates.
    pub created: Vec<NewSecurity>,
    /// Accounts that the file names and the portfolio does not have.
    pub unknown_accounts: Vec<String>,
    /// Its rows in the order in which they are applied.
    pub rows: Vec<ReadRow>,
    /// What the good rows make of the book, where all is well.
    pub applied: Option<Applied>,
}

/// Names of a desk, with an account for rows that name none.
struct Names<'a> {
    desk: &'a Desk,
    account_id: Option<Uuid>,
}

impl AccountsAndSecurities for Names<'_> {
    fn account(&self, name: &str) -> Option<Uuid> {
        self.desk.directory.account(name)
    }

    fn only_account(&self) -> Option<Uuid> {
        self.account_id.or_else(|| self.desk.directory.only_account())
    }

    fn account_names(&self) -> Vec<String> {
        self.desk.directory.account_names()
    }

    fn securities(&self, wanted: &SecurityQuery<'_>) -> Vec<SecurityName> {
        self.desk.directory.securities(wanted)
    }

    fn nearest_symbol(&self, symbol: &str) -> Option<String> {
        self.desk.directory.nearest_symbol(symbol)
    }

    fn securities_named(&self, name: &str) -> Vec<SecurityName> {
        self.desk.directory.securities_named(name)
    }

    fn base_currency(&self) -> Option<Currency> {
        Some(self.desk.head.base_currency)
    }

    /// Units from the transactions in force: a split that is imported late asks about the past.
    fn units_held(&self, account: Uuid, security: Uuid, before: Date) -> Option<Decimal> {
        let mut rows: Vec<_> = self
            .desk
            .folio
            .book
            .transactions()
            .filter(|row| row.is_active() && row.account_id == account && row.security_id == Some(security))
            .filter(|row| row.effective_on < before)
            .collect();
        rows.sort_by_key(|row| (row.effective_on, row.seq));
        let mut units = Decimal::ZERO;
        for row in rows {
            let quantity = row.quantity.unwrap_or_default();
            let ratio = || {
                let entry = self.desk.folio.book.entries().iter().find(|entry| entry.seq == row.seq)?;
                entry.transaction()?.ratio
            };
            units = match row.kind {
                Kind::Buy | Kind::TransferIn | Kind::StockDividend => units.checked_add(quantity)?,
                Kind::Sell | Kind::TransferOut => units.checked_sub(quantity)?,
                Kind::Split => ratio().and_then(|ratio| units.checked_mul(ratio.to)?.checked_div(ratio.from))?,
                _ => units,
            };
        }
        Some(units)
    }
}

/// Reads a file against a desk: rows, duplicates, and what the good rows do to the book.
pub(crate) async fn read_import(
    tx: &mut UserTransaction,
    desk: &Desk,
    file: &ImportFile,
) -> Result<ReadImport, StepError> {
    if let Some(id) = file.account_id.filter(|id| !desk.accounts.iter().any(|account| account.id == *id)) {
        return Err(Failure::new("account_not_found", format!("there is no account {id} in the portfolio"))
            .at("/account_id")
            .into());
    }
    let settings = &file.settings;
    let options = Options {
        format: settings.format,
        mapping: Some(&settings.mapping),
        security_choices: settings.security_choices.clone(),
        account_choices: settings.account_choices.clone(),
        creates_unknown: settings.create_securities,
        owner: desk.head.user_id,
        corrections: settings.corrections.clone(),
        progress: None,
    };
    let reading = formats::read(&file.content, &options, &Names { desk, account_id: file.account_id });
    let keys: Vec<String> = reading.rows.iter().map(|row| row.row_key.clone()).collect();
    let known: HashSet<String> =
        imports::known_row_keys(tx, desk.head.user_id, desk.head.id, &keys).await?.into_iter().collect();
    Ok(judged(desk, reading, &known, settings))
}

/// The fate of a row before the book is asked.
fn fate(
    desk: &Desk,
    row: &Row,
    known: &HashSet<String>,
    external: &HashSet<(Uuid, &str)>,
    settings: &ImportSettings,
) -> (RowStatus, Vec<Problem>, Option<NewEntry>) {
    if settings.skip.contains(&row.line.to_string()) || settings.skip.contains(&row.row_key) {
        let problem = Problem::new("skipped", "", "the line is left out, as chosen").at_line(row.line);
        return (RowStatus::Ignored, vec![problem], None);
    }
    let draft = match &row.outcome {
        Outcome::Draft(draft) => draft,
        Outcome::Problems(_) if known.contains(&row.row_key) => return (RowStatus::Duplicate, Vec::new(), None),
        Outcome::Problems(problems) => return (RowStatus::Error, problems.clone(), None),
        Outcome::NotSupported(problem) => {
            let status = if settings.skip_not_supported { RowStatus::Ignored } else { RowStatus::Error };
            return (status, vec![problem.clone()], None);
        }
        Outcome::Ignored(why) => {
            let problem = Problem::new("no_transaction", "", why.clone()).at_line(row.line);
            return (RowStatus::Ignored, vec![problem], None);
        }
    };
    match draft.complete(desk) {
        Ok(entry) => {
            let by_source =
                entry.account_id.zip(entry.external_id.as_deref()).is_some_and(|key| external.contains(&key));
            if by_source || known.contains(&row.row_key) {
                return (RowStatus::Duplicate, Vec::new(), Some(entry));
            }
            match currency_mismatch(desk, &entry) {
                Some(problem) => (RowStatus::Error, vec![problem.at_line(row.line)], None),
                None if row.warnings.is_empty() => (RowStatus::Ok, Vec::new(), Some(entry)),
                None => (RowStatus::Warning, row.warnings.clone(), Some(entry)),
            }
        }
        // A row that is there already needs no rate any more.
        Err(_) if known.contains(&row.row_key) => (RowStatus::Duplicate, Vec::new(), None),
        Err(problems) => {
            let problems = problems.into_iter().map(|problem| problem.at_line(row.line)).collect();
            (RowStatus::Error, problems, None)
        }
    }
}

fn judged(desk: &Desk, reading: Reading, known: &HashSet<String>, settings: &ImportSettings) -> ReadImport {
    let external: HashSet<(Uuid, &str)> = desk
        .folio
        .book
        .transactions()
        .filter(|row| row.is_active())
        .filter_map(|row| Some((row.account_id, row.external_id.as_deref()?)))
        .collect();
    let mut rows: Vec<ReadRow> = reading
        .rows
        .iter()
        .map(|row| {
            let (status, problems, entry) = fate(desk, row, known, &external, settings);
            let raw: Map<String, Value> =
                row.raw.iter().map(|(column, cell)| (column.clone(), cell.clone().into())).collect();
            let (line, part, row_key) = (row.line, row.part, row.row_key.clone());
            ReadRow { line, part, raw: Value::Object(raw), row_key, status, problems, entry }
        })
        .collect();
    let mut applied = None;
    if reading.problems.is_empty() && rows.iter().all(|row| row.status != RowStatus::Error) {
        let good: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_written()).collect();
        let new: Vec<NewEntry> = good.iter().filter_map(|at| rows[*at].entry.clone()).collect();
        if !new.is_empty() {
            let opening = desk.opening_of(&new);
            match desk.apply(new) {
                Ok(made) => {
                    warn(desk, &made, &good, &mut rows);
                    applied = Some(made);
                }
                Err(error) => blame(desk, opening, &error, &good, &mut rows),
            }
        }
    }
    ReadImport {
        file_problems: reading.problems,
        detected: reading.detected,
        columns: reading.columns,
        questions: reading.questions,
        created: reading.created,
        unknown_accounts: reading.unknown_accounts,
        rows,
        applied,
    }
}

/// Puts warnings beside the rows that they are about.
fn warn(desk: &Desk, applied: &Applied, good: &[usize], rows: &mut [ReadRow]) {
    for warning in warnings_of(desk, applied, &|at| ("position", at.into())) {
        let Some(row) = warning["position"].as_u64().and_then(|at| good.get(usize::try_from(at).ok()?)).copied() else {
            continue;
        };
        let code = match warning["code"].as_str() {
            Some("negative_cash") => "negative_cash",
            Some("possible_duplicate") => "possible_duplicate",
            Some("price_far_from_market") => "price_far_from_market",
            _ => "split_without_holding",
        };
        let problem = Problem::new(code, "", warning["message"].as_str().unwrap_or_default()).at_line(rows[row].line);
        rows[row].status = RowStatus::Warning;
        rows[row].problems.push(problem);
    }
}

/// Puts a refusal of the book beside the rows that cause it; a row of the past that suffers is named in the text.
fn blame(desk: &Desk, opening: usize, error: &BookError, good: &[usize], rows: &mut [ReadRow]) {
    let first_new = desk.head.seq + opening as u64 + 1;
    let row_of = |seq: u64| seq.checked_sub(first_new).and_then(|at| good.get(usize::try_from(at).ok()?)).copied();
    let mut told = false;
    if let BookError::Oversell { all, .. } = error {
        for sale in all {
            let detail = format!(
                "sale of {} {} on {}, {} are open",
                sale.asked.normalize(),
                desk.symbol(sale.security_id),
                sale.on,
                sale.open.normalize()
            );
            if let Some(row) = row_of(sale.seq) {
                told = true;
                let problem = Problem::new("oversell", "quantity", detail)
                    .with_try("add the missing purchase")
                    .at_line(rows[row].line);
                rows[row].status = RowStatus::Error;
                rows[row].problems.push(problem);
            }
        }
    }
    if !told {
        let row = error.seq().and_then(row_of).or(good.first().copied()).unwrap_or(0);
        let problem = Problem::new(error.code(), "", error.to_string()).at_line(rows[row].line);
        rows[row].status = RowStatus::Error;
        rows[row].problems.push(problem);
    }
}
