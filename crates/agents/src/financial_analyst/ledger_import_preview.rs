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
        "1.0.0",
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

/// Where the file comes from.
pub fn file_arguments() -> [Field; 5] {
    [
        Field::with_default("format", Type::one_of(["dawsos_csv"]), "dawsos_csv", "format of the file"),
        Field::optional("import_id", Type::id("import"), "an uploaded file"),
        Field::optional("content", Type::Text, "the file itself, where it was not uploaded"),
        Field::optional("filename", Type::Text, "its name"),
        Field::optional("account_id", Type::id("account"), "account of rows that name none"),
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
