//! What an answer says about a file: counts, problems, questions, a page of rows.

use std::collections::HashMap;

use capability::{Failure, Field, Schema, Type};
use formats::security::Question;
use ledger::{NewEntry, Payload, Problem};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::imports::{ReadImport, ReadRow, RowStatus};
use crate::args::Args;
use crate::schema::{effects, field, sometimes};
use crate::values::{amount, fx_rate, price, quantity};

/// Problems that an answer lists; the counts say how many there are.
const PROBLEMS_MAX: usize = 1_000;
/// Lines that a question lists.
const LINES_MAX: usize = 20;

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
            "ignored": count(RowStatus::Ignored),
        })
    }

    /// All problems in line order.
    pub fn problems(&self) -> Vec<&Problem> {
        let of_rows = self.rows.iter().filter(|row| row.status == RowStatus::Error).flat_map(|row| &row.problems);
        let mut problems: Vec<&Problem> = self.file_problems.iter().chain(of_rows).collect();
        problems.sort_by_key(|problem| problem.line);
        problems
    }

    /// Lines of what books do not hold.
    fn lines_not_supported(&self) -> Vec<u64> {
        let is_such = |row: &&ReadRow| row.problems.iter().any(|problem| problem.code == "not_supported");
        self.rows.iter().filter(is_such).map(|row| row.line).collect()
    }

    /// How the file was understood.
    pub fn detected_wire(&self) -> Value {
        let detected = &self.detected;
        json!({
            "format": detected.format.map(|format| format.id()),
            "confidence": confidence(detected.confidence),
            "delimiter": detected.delimiter.map(String::from),
            "encoding": detected.encoding,
            "decimal_separator": detected.decimal_separator,
            "date_format": detected.date_format,
            "is_date_uncertain": detected.is_date_uncertain,
            "header_line": detected.header_line,
            "is_newest_first": detected.is_newest_first,
        })
    }

    fn columns_wire(&self) -> Value {
        let column = |column: &formats::reading::Column| json!({ "name": column.name, "samples": column.samples, "suggested_field": column.suggested_field });
        self.columns.iter().map(column).collect::<Vec<_>>().into()
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
        let is_wanted = |row: &&ReadRow| wanted.as_ref().is_none_or(|words| words.contains(&row.status.name()));
        let mut shown: Vec<&ReadRow> = self.rows.iter().filter(is_wanted).collect();
        // People read a file from its top, whatever the order of time in it.
        shown.sort_by_key(|row| (row.line, row.part));
        let begin =
            args.text("cursor").map(str::parse::<usize>).transpose().map_err(refuse)?.unwrap_or(0).min(shown.len());
        let end = (begin + args.count("limit").clamp(1, 1_000)).min(shown.len());
        let lines = |status: &[RowStatus]| -> Vec<u64> {
            let mut lines: Vec<u64> =
                self.rows.iter().filter(|row| status.contains(&row.status)).map(|row| row.line).collect();
            lines.sort_unstable();
            lines
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
        put("not_supported", self.lines_not_supported().into());
        put("questions", self.questions.iter().map(question_wire).collect::<Vec<_>>().into());
        put("unknown_accounts", self.unknown_accounts.clone().into());
        put("created_securities", self.created.iter().map(|new| new.names.label()).collect::<Vec<_>>().into());
        put("detected", self.detected_wire());
        put("columns", self.columns_wire());
        put("rows", shown[begin..end].iter().map(|row| row_wire(desk, row)).collect::<Vec<_>>().into());
        put("total_count", shown.len().into());
        if end < shown.len() {
            put("next_cursor", end.to_string().into());
        }
        Ok(value)
    }
}

/// 0 to 1; whole numbers as such, as they are kept.
fn confidence(value: f64) -> Value {
    if value == 0.0 || value == 1.0 { Value::from(u8::from(value == 1.0)) } else { capability::wire::number(value) }
}

/// What has to be chosen, with the securities that it may be.
fn question_wire(question: &Question) -> Value {
    let candidates: Vec<Value> = question
        .candidates
        .iter()
        .take(LINES_MAX)
        .map(|security| {
            json!({
                "security_id": security.id,
                "label": security.label(),
                "name": security.name,
                "isin": security.isin,
                "currency": security.currency.map(|currency| currency.code().to_owned()),
            })
        })
        .collect();
    json!({
        "key": question.key,
        "label": question.names.label(),
        "currency": question.currency.code(),
        "why": question.why,
        "candidates": candidates,
        "rows": question.lines.len(),
        "lines": question.lines.iter().take(LINES_MAX).collect::<Vec<_>>(),
    })
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
    let mut wire = json!({ "line": row.line, "part": row.part, "raw": raw.join(", "), "status": row.status.name(), "problems": problems });
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
        field("part", Type::Integer, "number among the rows of that line, from 0"),
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
        field(
            "not_supported",
            Type::list(Type::Integer),
            "lines of options, futures and the like, which books do not hold",
        ),
        field(
            "questions",
            Type::list(Type::Any),
            "securities for which somebody must choose: key, label, why, candidates",
        ),
        field("unknown_accounts", Type::list(Type::Text), "accounts of the file that the portfolio does not have"),
        field("created_securities", Type::list(Type::Text), "securities that the import creates"),
        field("detected", Type::Any, "format, delimiter, encoding, decimal separator, date format"),
        field("columns", Type::list(Type::Any), "columns of a CSV: name, samples, suggested field"),
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
