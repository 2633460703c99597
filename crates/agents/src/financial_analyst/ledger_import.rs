//! `ledger.import`: a file of transactions into the ledger, all or nothing, once; a second run finds duplicates only.

use capability::{CapabilityResult, Declaration, Failure, Field, Schema, Type};
use chrono::{Days, Utc};
use serde_json::{Value, json};
use store::UserTransaction;
use store::queries::imports::{self, ImportRow, NewImport};
use store::queries::ledger::Source;
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_import_preview::{file_arguments, page_arguments};
use crate::financial_analyst::ledger_record::writing;
use crate::ledger_write::{
    Applied, Desk, ImportFile, LOOK, ReadImport, ReadRow, WRITE, begin, create_securities, effects, entry_wire, finish,
    preview_schema, read_import,
};
use crate::scene::portfolio_of;
use crate::schema::{FINANCIAL_ANALYST, if_ledger_commit, portfolio};

const NAME: &str = "ledger.import";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut fields = vec![portfolio()];
    fields.extend(file_arguments());
    fields.extend(page_arguments());
    fields.extend([
        Field::optional("mode", Type::one_of(["preview", "commit"]), "commit when a key is given, else preview"),
        Field::with_default(
            "skip_duplicates",
            Type::Boolean,
            true,
            "leave out rows that are there already; else they are problems",
        ),
        Field::with_default("allow_warnings", Type::Boolean, true, "write although rows are worth a look"),
        if_ledger_commit(),
        Field::optional(
            "idempotency_key",
            Type::Text,
            "for commit: the same key with the same arguments has one effect",
        ),
    ]);
    let declaration = Declaration::read(
        NAME,
        "1.1.0",
        FINANCIAL_ANALYST,
        "Writes a file of transactions to the ledger, all or nothing.",
        Schema::record(fields),
        preview_schema(),
    );
    let mut declaration = writing(declaration);
    declaration.cost = capability::Cost::Heavy;
    declaration.timeout_ms = 60_000;
    declaration
}

/// Reads the file and, in mode commit, writes it.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let args = &call.args;
    let has_key = args.text("idempotency_key").is_some_and(|key| !key.is_empty());
    let commits = args.text("mode").map_or(has_key, |mode| mode == "commit");
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if commits && let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let file = ImportFile::of(tx, user, portfolio, args, commits).await?;
            let access = if commits { WRITE } else { LOOK };
            let desk =
                Desk::open(agents, tx, user, portfolio, access, args.text("if_ledger_commit"), &|_| true).await?;
            let read = read_import(tx, &desk, &file).await?;
            let mut value = read.wire(&desk, args)?;
            if let Some(applied) = &read.applied {
                value.insert("effects".into(), effects(&desk, applied));
            }
            if !commits {
                return Ok((Value::Object(value), None));
            }
            may_commit(&read, args.is("skip_duplicates"), args.is("allow_warnings"))?;
            let import = keep_file(tx, user, portfolio, &file, &read).await?;
            create_securities(tx, &desk, &read.created).await?;
            let ReadImport { applied, rows, .. } = &read;
            value.insert("import_id".into(), import.to_string().into());
            let (commit, _) =
                applied.as_ref().map_or((desk.head.commit, desk.head.seq), |applied| desk.head_after(applied));
            value.insert("commit".into(), hex::encode(commit).into());
            let seqs = seqs_of(rows, applied.as_ref());
            imports::replace_rows(tx, user, import, &import_rows(rows, &seqs)?).await?;
            if let Some(applied) = applied {
                let first = applied.entries.first().map_or(desk.head.seq, |entry| entry.seq);
                let last = applied.entries.last().map_or(desk.head.seq, |entry| entry.seq);
                desk.commit(tx, applied, Source::Import, Some(import), NAME).await?;
                imports::mark_committed(tx, user, import, first, last, &read.counts()).await?;
                value.insert("from_seq".into(), first.into());
                value.insert("to_seq".into(), last.into());
            }
            let value = Value::Object(value);
            finish(tx, user, NAME, args, &value).await?;
            Ok((value, read.applied.map(|applied| (desk, applied))))
        })
        .await?;
    if let Some((desk, applied)) = written.1 {
        desk.remember(agents, applied, Source::Import);
    }
    Ok(CapabilityResult::computed(written.0))
}

/// All or nothing: one row that cannot be written refuses the file.
fn may_commit(read: &ReadImport, skip_duplicates: bool, allow_warnings: bool) -> Result<(), Failure> {
    let refuse = |status: &str, message: &str| {
        let lines = read.rows.iter().filter(|row| row.status.name() == status);
        let errors = lines.take(1_000).map(|row| capability::FailureDetail {
            line: Some(row.line),
            code: status.to_owned(),
            detail: row.problems.first().map_or_else(|| message.to_owned(), |problem| problem.detail.clone()),
            ..capability::FailureDetail::default()
        });
        let errors: Vec<_> = errors.collect();
        match errors.is_empty() {
            true => Ok(()),
            false => {
                Err(Failure::new("import_rejected", format!("{} rows: {message}", errors.len())).with_errors(errors))
            }
        }
    };
    if !read.is_sound() {
        return Err(read.refusal());
    }
    if !skip_duplicates {
        refuse("duplicate", "the row is there already")?;
    }
    if !allow_warnings {
        refuse("warning", "the row is worth a look; allow warnings to write it")?;
    }
    Ok(())
}

/// The import that the rows belong to; a file that was given as text is kept like an uploaded one.
async fn keep_file(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    file: &ImportFile,
    read: &ReadImport,
) -> Result<Uuid, StepError> {
    if let Some(import) = &file.import {
        return Ok(import.id);
    }
    let new = NewImport {
        id: Uuid::now_v7(),
        portfolio_id: portfolio,
        account_id: file.account_id,
        filename: file.filename.clone(),
        format: read.detected.format.map_or("mapped_csv", |format| format.id()).to_owned(),
        file_sha256: file.sha256,
        mapping: json!({ "mapping": file.settings.mapping.to_json() }),
        options: json!({}),
        expires_at: Utc::now() + Days::new(7),
    };
    let media_type = read.detected.format.map_or("text/csv", |format| format.media_types()[0]);
    imports::put_blob(tx, user, &file.sha256, media_type, &file.content, None).await?;
    Ok(imports::insert(tx, user, &new).await?.id)
}

/// The entry that each row wrote.
fn seqs_of(rows: &[ReadRow], applied: Option<&Applied>) -> Vec<Option<u64>> {
    let mut entries = applied.map_or(&[][..], |applied| &applied.entries[applied.opening..]).iter();
    rows.iter().map(|row| if row.is_written() { entries.next().map(|entry| entry.seq) } else { None }).collect()
}

fn import_rows(rows: &[ReadRow], seqs: &[Option<u64>]) -> Result<Vec<ImportRow>, Failure> {
    let row = |(row, seq): (&ReadRow, &Option<u64>)| {
        let too_long = |error| crate::failure::internal("a file has more lines than fit", error);
        Ok(ImportRow {
            line: u32::try_from(row.line).map_err(too_long)?,
            part: row.part,
            raw: row.raw.clone(),
            // What was written is in the ledger, under `seq`.
            entry: row.entry.as_ref().filter(|_| seq.is_none()).map(entry_wire),
            row_key: Some(row.row_key.clone()),
            status: row.status.name().to_owned(),
            problems: serde_json::to_value(&row.problems).unwrap_or_default(),
            seq: *seq,
        })
    };
    rows.iter().zip(seqs).map(row).collect()
}
