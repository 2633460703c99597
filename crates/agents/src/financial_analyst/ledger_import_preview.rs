//! `ledger.import_preview`: what an import would write, with the problems of each row; nothing is written.

use capability::{CapabilityResult, Declaration, Failure, Field, Schema, Type};
use serde_json::Value;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::ledger_write::{Desk, ImportFile, LOOK, effects, preview_schema, read_import};
use crate::scene::portfolio_of;
use crate::schema::{FINANCIAL_ANALYST, portfolio};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut fields = vec![portfolio()];
    fields.extend(file_arguments());
    fields.extend(page_arguments());
    let mut declaration = Declaration::read(
        "ledger.import_preview",
        "1.1.0",
        FINANCIAL_ANALYST,
        "What a file of transactions would write, with the problems of each row.",
        Schema::record(fields),
        preview_schema(),
    );
    declaration.reads.packs = false;
    declaration.rights = vec!["portfolio_write".into()];
    declaration.cost = capability::Cost::Heavy;
    declaration.calculators = vec!["lots_replay".into()];
    // Uploaded files, names and rates may change at any time.
    declaration.ttl_s = Some(0);
    declaration
}

/// Where the file comes from and how it is read.
pub fn file_arguments() -> Vec<Field> {
    let formats = std::iter::once("auto").chain(formats::Format::ALL.iter().map(|format| format.id()));
    let formats = Type::Enum(formats.map(str::to_owned).collect());
    vec![
        Field::with_default("format", formats, "auto", "format of the file; auto detects it"),
        Field::optional("import_id", Type::id("import"), "an uploaded file"),
        Field::optional("content", Type::Text, "the file itself, where it was not uploaded"),
        Field::optional("content_hex", Type::Text, "the same in hexadecimal, for files that are not UTF-8"),
        Field::optional("filename", Type::Text, "its name"),
        Field::optional("account_id", Type::id("account"), "account of rows that name none"),
        Field::optional("mapping", Type::Any, "columns and words of a CSV: fields, kinds, currencies, options"),
        Field::optional(
            "security_choices",
            Type::map(Type::Text),
            "by the key of a question: the id of a security, `create` or `ignore`",
        ),
        Field::optional("account_choices", Type::map(Type::id("account")), "account for each account of the file"),
        Field::with_default("create_securities", Type::Boolean, false, "create securities that nothing is known about"),
        Field::optional("skip", Type::list(Type::Text), "lines that are left out"),
        Field::with_default(
            "skip_not_supported",
            Type::Boolean,
            false,
            "leave out lines of options, futures and the like, which books do not hold",
        ),
        Field::optional(
            "corrections",
            Type::map(Type::map(Type::Text)),
            "by line: cells by column in the place of the file's",
        ),
    ]
}

/// Which rows to show.
pub fn page_arguments() -> [Field; 3] {
    let words = Type::one_of(["ok", "warning", "error", "duplicate", "ignored"]);
    [
        Field::optional("status", Type::list(words), "rows with these fates alone"),
        Field::with_default("limit", Type::Integer, 100, "most rows").between(1.0, 1000.0),
        Field::optional("cursor", Type::Text, "next_cursor of the page before"),
    ]
}

/// Reads the file against the book.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let args = &call.args;
    let value = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<Value, StepError> {
            let file = ImportFile::of(tx, user, portfolio, args, false).await?;
            let desk = Desk::open(agents, tx, user, portfolio, LOOK, None, &|_| true).await?;
            let read = read_import(tx, &desk, &file).await?;
            let mut value = read.wire(&desk, args)?;
            if let Some(applied) = &read.applied {
                value.insert("effects".into(), effects(&desk, applied));
            }
            if let Some(import) = &file.import {
                value.insert("import_id".into(), import.id.to_string().into());
            }
            Ok(Value::Object(value))
        })
        .await?;
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) })
}
