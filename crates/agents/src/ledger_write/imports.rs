//! A file of transactions, read against a book: which rows are good, known already, or wrong, and what they would do.
//!
//! Invariant: a row's identity is its reference in the source, else a hash of what it says and its number among equal
//! rows; a row that a committed import wrote is a duplicate.

use std::collections::{HashMap, HashSet};

use capability::{Failure, Field, Schema, Type};
use formats::dawsos_csv::{self, Parsed};
use formats::{AccountsAndSecurities, SecurityName, SecurityQuery};
use ledger::{BookError, NewEntry, Payload, Problem};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::UserTransaction;
use store::queries::imports::{self, Import, ImportStatus};
use uuid::Uuid;

use super::desk::{Applied, Desk};
use super::effects::warnings as warnings_of;
use super::entries::currency_mismatch;
use crate::args::Args;
use crate::failure::StepError;
use crate::schema::{effects, field, sometimes};
use crate::values::{amount, fx_rate, price, quantity};

/// Problems that an answer lists; the counts say how many there are.
const PROBLEMS_MAX: usize = 1_000;

/// The file of a call.
pub(crate) struct ImportFile {
    /// The import that it was uploaded to, if it was.
    pub import: Option<Import>,
    /// Account of rows that name none.
    pub account_id: Option<Uuid>,
    /// The bytes.
    pub content: Vec<u8>,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Name of the file.
    pub filename: String,
}

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
}

impl RowStatus {
    /// The word in tables and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            RowStatus::Ok => "ok",
            RowStatus::Warning => "warning",
            RowStatus::Error => "error",
            RowStatus::Duplicate => "duplicate",
        }
    }
}

/// A row with its fate.
pub(crate) struct ReadRow {
    /// Line on which it starts.
    pub line: u64,
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
    /// Its rows in file order.
    pub rows: Vec<ReadRow>,
    /// What the good rows make of the book, where all is well.
    pub applied: Option<Applied>,
}

impl ImportFile {
    /// The file of a call: of an upload, or given as text.
    pub async fn of(
        tx: &mut UserTransaction,
        user: Uuid,
        portfolio: Uuid,
        args: &Args,
        lock: bool,
    ) -> Result<ImportFile, StepError> {
        if let Some(id) = args.id("import_id")? {
            let found = if lock { imports::lock(tx, user, id).await? } else { imports::by_id(tx, user, id).await? };
            let unknown = || Failure::new("not_found", format!("there is no import {id}")).at("/import_id");
            let import = found.filter(|import| import.portfolio_id == portfolio).ok_or_else(unknown)?;
            if lock && matches!(import.status, ImportStatus::Committed | ImportStatus::Reverted) {
                return Err(Failure::new("import_already_committed", "the import was committed before").into());
            }
            let content = imports::blob(tx, user, &import.file_sha256).await?.ok_or_else(unknown)?.1;
            return Ok(ImportFile {
                account_id: import.account_id,
                sha256: import.file_sha256,
                filename: import.filename.clone(),
                import: Some(import),
                content,
            });
        }
        let Some(content) = args.text("content") else {
            return Err(Failure::new("invalid_input", "give content, or import_id of an uploaded file")
                .at("/content")
                .into());
        };
        if imports::BLOB_BYTES_MAX < content.len() {
            return Err(Failure::new("payload_too_large", "a file has at most 25 MiB").at("/content").into());
        }
        Ok(ImportFile {
            import: None,
            account_id: args.id("account_id")?,
            sha256: Sha256::digest(content.as_bytes()).into(),
            filename: args.text("filename").unwrap_or("content.csv").chars().take(200).collect(),
            content: content.as_bytes().to_vec(),
        })
    }
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
    let parsed = dawsos_csv::parse(&file.content, &Names { desk, account_id: file.account_id });
    let keys: Vec<String> = parsed.rows.iter().map(|row| row.row_key.clone()).collect();
    let known: HashSet<String> =
        imports::known_row_keys(tx, desk.head.user_id, desk.head.id, &keys).await?.into_iter().collect();
    Ok(judged(desk, parsed, &known))
}

fn judged(desk: &Desk, parsed: Parsed, known: &HashSet<String>) -> ReadImport {
    let external: HashSet<(Uuid, &str)> = desk
        .folio
        .book
        .transactions()
        .filter(|row| row.is_active())
        .filter_map(|row| Some((row.account_id, row.external_id.as_deref()?)))
        .collect();
    let completed = parsed.complete(desk);
    let mut rows: Vec<ReadRow> = parsed
        .rows
        .iter()
        .zip(completed)
        .map(|(row, completed)| {
            let raw: Map<String, Value> =
                row.raw.iter().map(|(column, cell)| ((*column).to_owned(), cell.clone().into())).collect();
            let is_known = |entry: &NewEntry| {
                let by_source =
                    entry.account_id.zip(entry.external_id.as_deref()).is_some_and(|key| external.contains(&key));
                by_source || known.contains(&row.row_key)
            };
            let (status, problems, entry) = match completed.entry {
                Ok(entry) if is_known(&entry) => (RowStatus::Duplicate, Vec::new(), Some(entry)),
                Ok(entry) => match currency_mismatch(desk, &entry) {
                    None => (RowStatus::Ok, Vec::new(), Some(entry)),
                    Some(problem) => (RowStatus::Error, vec![problem.at_line(row.line)], None),
                },
                // A row that is there already needs no rate any more.
                Err(_) if known.contains(&row.row_key) => (RowStatus::Duplicate, Vec::new(), None),
                Err(problems) => (RowStatus::Error, problems, None),
            };
            ReadRow { line: row.line, raw: Value::Object(raw), row_key: row.row_key.clone(), status, problems, entry }
        })
        .collect();
    let mut applied = None;
    if parsed.problems.is_empty() && rows.iter().all(|row| row.status != RowStatus::Error) {
        let good: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].status == RowStatus::Ok).collect();
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
    ReadImport { file_problems: parsed.problems, rows, applied }
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

impl ReadImport {
    /// Whether every row can be written or is there already.
    pub fn is_sound(&self) -> bool {
        self.file_problems.is_empty() && self.rows.iter().all(|row| row.status != RowStatus::Error)
    }

    /// Rows by fate.
    pub fn counts(&self) -> Value {
        let count = |status: RowStatus| self.rows.iter().filter(|row| row.status == status).count();
        json!({
            "ok": count(RowStatus::Ok),
            "warning": count(RowStatus::Warning),
            "error": count(RowStatus::Error),
            "duplicate": count(RowStatus::Duplicate),
            "ignored": 0,
        })
    }

    /// All problems in line order.
    pub fn problems(&self) -> Vec<&Problem> {
        let of_rows = self.rows.iter().filter(|row| row.status == RowStatus::Error).flat_map(|row| &row.problems);
        let mut problems: Vec<&Problem> = self.file_problems.iter().chain(of_rows).collect();
        problems.sort_by_key(|problem| problem.line);
        problems
    }

    /// Why the file is refused.
    pub fn refusal(&self) -> Failure {
        let problems = self.problems();
        let errors = problems.iter().take(PROBLEMS_MAX).map(|problem| capability::FailureDetail {
            pointer: None,
            line: problem.line,
            column: (!problem.field.is_empty()).then(|| problem.field.clone()),
            code: problem.code.to_owned(),
            detail: problem.detail.clone(),
            try_: problem.try_.clone(),
        });
        let message = format!("the file has {} problems, nothing was written", problems.len());
        Failure::new("import_rejected", message)
            .with_errors(errors.collect())
            .advising("correct the file and import it again")
    }

    /// The answer: counts, problems, a page of rows.
    pub fn wire(&self, desk: &Desk, args: &Args) -> Result<Map<String, Value>, Failure> {
        let refuse = |_| Failure::new("invalid_cursor", "the cursor is not one of this list").at("/cursor");
        let wanted: Option<Vec<&str>> =
            args.list("status").map(|words| words.iter().filter_map(Value::as_str).collect());
        let shown: Vec<&ReadRow> = self
            .rows
            .iter()
            .filter(|row| wanted.as_ref().is_none_or(|words| words.contains(&row.status.name())))
            .collect();
        let begin =
            args.text("cursor").map(str::parse::<usize>).transpose().map_err(refuse)?.unwrap_or(0).min(shown.len());
        let end = (begin + args.count("limit").clamp(1, 1_000)).min(shown.len());
        let lines = |status: &[RowStatus]| -> Vec<u64> {
            self.rows.iter().filter(|row| status.contains(&row.status)).map(|row| row.line).collect()
        };
        let unknown =
            self.rows.iter().flat_map(|row| &row.problems).filter(|problem| problem.code == "unknown_security");
        let mut unknown_securities: HashMap<&str, (&Problem, usize)> = HashMap::new();
        for problem in unknown {
            unknown_securities.entry(problem.detail.as_str()).or_insert((problem, 0)).1 += 1;
        }
        let mut unknown_securities: Vec<Value> = unknown_securities
            .into_values()
            .map(|(problem, count)| json!({ "detail": problem.detail, "try": problem.try_.clone().unwrap_or_default(), "rows": count, "line": problem.line }))
            .collect();
        unknown_securities.sort_by_key(|row| row["line"].as_u64());
        let mut value = Map::new();
        let mut put = |name: &str, wire: Value| value.insert(name.to_owned(), wire);
        put("rows_read", self.rows.len().into());
        put("counts", self.counts());
        put("accepted", lines(&[RowStatus::Ok, RowStatus::Warning]).into());
        put("duplicates", lines(&[RowStatus::Duplicate]).into());
        put("problems", self.problems().into_iter().take(PROBLEMS_MAX).map(problem_wire).collect::<Vec<_>>().into());
        put("unknown_securities", unknown_securities.into());
        put("rows", shown[begin..end].iter().map(|row| row_wire(desk, row)).collect::<Vec<_>>().into());
        put("total_count", shown.len().into());
        if end < shown.len() {
            put("next_cursor", end.to_string().into());
        }
        Ok(value)
    }
}

fn problem_wire(problem: &Problem) -> Value {
    let mut wire = json!({ "line": problem.line.unwrap_or(0), "code": problem.code, "message": problem.detail });
    if !problem.field.is_empty() {
        wire["column"] = problem.field.clone().into();
    }
    if let Some(advice) = &problem.try_ {
        wire["try"] = advice.clone().into();
    }
    wire
}

fn row_wire(desk: &Desk, row: &ReadRow) -> Value {
    let problems: Vec<Value> = row
        .problems
        .iter()
        .map(|problem| {
            let mut wire = json!({ "column": problem.field, "code": problem.code, "detail": problem.detail });
            if let Some(advice) = &problem.try_ {
                wire["try"] = advice.clone().into();
            }
            wire
        })
        .collect();
    let cells = row.raw.as_object().into_iter().flatten();
    let raw: Vec<String> =
        cells.map(|(column, cell)| format!("{column}={}", cell.as_str().unwrap_or_default())).collect();
    let mut wire =
        json!({ "line": row.line, "raw": raw.join(", "), "status": row.status.name(), "problems": problems });
    if let Some(entry) = &row.entry {
        wire["transaction"] = transaction_wire(desk, entry);
    }
    wire
}

/// An entry in the words of a list of transactions; what its kind does not have is left out.
fn transaction_wire(desk: &Desk, entry: &NewEntry) -> Value {
    let mut wire =
        json!({ "kind": entry.kind.name(), "account_id": entry.account_id, "trade_date": entry.effective_on });
    if let Some(security) = entry.security_id {
        wire["security_id"] = security.to_string().into();
        wire["symbol"] = desk.symbol(security).into();
        wire["name"] = desk.security(security).map(|security| security.fields.name.clone()).unwrap_or_default().into();
    }
    if let Some(external_id) = &entry.external_id {
        wire["external_id"] = external_id.clone().into();
    }
    let Payload::Transaction(transaction) = &entry.payload else { return wire };
    let currency = transaction.currency;
    if let Some(date) = transaction.trade_date {
        wire["trade_date"] = date.to_string().into();
    }
    for (name, date) in [
        ("settlement_date", transaction.settlement_date),
        ("ex_date", transaction.ex_date),
        ("pay_date", transaction.pay_date),
    ] {
        if let Some(date) = date {
            wire[name] = date.to_string().into();
        }
    }
    wire["currency"] = currency.code().into();
    wire["gross_amount"] = amount(transaction.gross_amount, currency);
    wire["amount"] = amount(transaction.net_amount, currency);
    wire["fees"] = amount(transaction.fees_total().unwrap_or_default(), currency);
    wire["tax"] = amount(transaction.taxes_total().unwrap_or_default(), currency);
    if let Some(units) = transaction.quantity {
        wire["quantity"] = quantity(units);
    }
    if let Some(each) = transaction.price {
        wire["price"] = price(each, currency);
    }
    if let Some((bought, counter)) = transaction.counter_amount.zip(transaction.counter_currency) {
        wire["counter_amount"] = amount(bought, counter);
    }
    if let Some(rate) = transaction.fx_rate {
        wire["fx_rate"] = fx_rate(currency, desk.head.base_currency, rate);
    }
    if let Some(note) = &transaction.note {
        wire["narration"] = note.clone().into();
    }
    wire
}

/// An entry as it is kept with its row.
pub(crate) fn entry_wire(entry: &NewEntry) -> Value {
    json!({
        "kind": entry.kind.name(),
        "account_id": entry.account_id,
        "security_id": entry.security_id,
        "effective_on": entry.effective_on,
        "external_id": entry.external_id,
        "payload": entry.payload.to_json(),
    })
}

/// Fields of an answer about a file.
pub(crate) fn preview_schema() -> Schema {
    let problem = Type::record([
        field("line", Type::Integer, "line of the file; 0 for the whole"),
        sometimes("column", Type::Text, "column"),
        field("code", Type::Text, "code"),
        field("message", Type::Text, "what is wrong"),
        sometimes("try", Type::Text, "what to do"),
    ]);
    let unknown = Type::record([
        field("detail", Type::Text, "what is not known"),
        field("try", Type::Text, "the nearest known one"),
        field("rows", Type::Integer, "rows that name it"),
        field("line", Type::Integer, "first of them"),
    ]);
    let row = Type::record([
        field("line", Type::Integer, "line of the file"),
        field("raw", Type::Text, "cells that are not empty, column=cell"),
        field("status", Type::one_of(["ok", "warning", "error", "duplicate", "ignored"]), "fate"),
        field("problems", Type::list(Type::Any), "what is wrong or worth a look"),
        sometimes("transaction", Type::Any, "the entry that it would write"),
    ]);
    Schema::record([
        field("rows_read", Type::Integer, "rows of the file"),
        field("counts", Type::map(Type::Integer), "rows by fate"),
        field("accepted", Type::list(Type::Integer), "lines that would be written"),
        field("duplicates", Type::list(Type::Integer), "lines that are there already"),
        field("problems", Type::list(problem), "everything that is wrong, by line"),
        field("unknown_securities", Type::list(unknown), "securities that are not known, with the nearest"),
        field("rows", Type::list(row), "a page of rows"),
        field("total_count", Type::Integer, "rows of all pages"),
        sometimes("next_cursor", Type::Text, "where the next page begins"),
        Field { required: false, ..effects() },
        sometimes("commit", Type::Text, "commit of the ledger after the import"),
        sometimes("from_seq", Type::Integer, "first entry written"),
        sometimes("to_seq", Type::Integer, "last entry written"),
        sometimes("import_id", Type::id("import"), "the import"),
    ])
}
