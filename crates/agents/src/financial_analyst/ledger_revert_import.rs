//! `ledger.revert_import`: takes back everything that an import wrote, by void entries, all in one write.

use std::collections::HashMap;

use capability::{CapabilityResult, Declaration, Failure, FailureDetail, Field, Type};
use ledger::{Action, Book, Entry, NewEntry};
use serde_json::json;
use store::queries::imports::{self, ImportStatus};
use store::queries::ledger::Source;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{applied, writing};
use crate::financial_analyst::ledger_void::reason_of;
use crate::ledger_write::{Desk, WRITE, begin, effects as effects_of, finish};
use crate::scene::portfolio_of;
use crate::schema::{FINANCIAL_ANALYST, effects, field, idempotency_key, if_ledger_commit, portfolio, schema};

const NAME: &str = "ledger.revert_import";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Takes back every transaction of an import by void entries; nothing is edited.",
        schema([
            portfolio(),
            Field::required("import_id", Type::id("import"), "the import to take back"),
            Field::required("reason", Type::Text, "why, 1 to 500 characters"),
            if_ledger_commit(),
            idempotency_key(),
        ]),
        schema([
            field("import_id", Type::id("import"), "the import"),
            field("voided", Type::Integer, "transactions that were taken back"),
            field("commit", Type::Text, "commit of the ledger after the voids"),
            field("seq", Type::Integer, "number of the last entry"),
            effects(),
        ]),
    );
    writing(declaration)
}

/// Writes the voids.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let id = call.args.id("import_id")?.unwrap_or_default();
    let reason = reason_of(&call)?;
    let ticket = call.ticket()?;
    let args = &call.args;
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let unknown = || Failure::new("not_found", format!("there is no import {id}")).at("/import_id");
            let found = imports::lock(tx, user, id).await?.filter(|import| import.portfolio_id == portfolio);
            let import = found.ok_or_else(unknown)?;
            let Some((first, last)) = import.seqs.filter(|_| import.status == ImportStatus::Committed) else {
                let message = format!("the import is {}, only a committed one can be taken back", import.status.name());
                return Err(Failure::new("conflict", message).at("/import_id").into());
            };
            let desk =
                Desk::open(agents, tx, user, portfolio, WRITE, args.text("if_ledger_commit"), &|_| false).await?;
            let targets = in_force(&desk.folio.book, first.unsigned_abs(), last.unsigned_abs());
            let voids: Vec<NewEntry> =
                targets.iter().rev().map(|target| NewEntry::void(target, Some(reason.clone()))).collect();
            let count = voids.len();
            let place = |_| FailureDetail { pointer: Some("/import_id".into()), ..FailureDetail::default() };
            let applied = applied(&desk, voids, &place)?;
            if 0 < count {
                desk.commit(tx, &applied, Source::Api, Some(id), NAME).await?;
            }
            imports::mark_reverted(tx, user, id).await?;
            let (commit, seq) = desk.head_after(&applied);
            let value = json!({
                "import_id": id,
                "voided": count,
                "commit": hex::encode(commit),
                "seq": seq,
                "effects": effects_of(&desk, &applied),
            });
            finish(tx, user, NAME, args, &value).await?;
            Ok((value, Some((desk, applied))))
        })
        .await?;
    if let Some((desk, applied)) = written.1.filter(|(_, applied)| !applied.entries.is_empty()) {
        desk.remember(agents, applied, Source::Api);
    }
    Ok(CapabilityResult::computed(written.0))
}

/// What is in force of the entries of a range: an amendment stands in the place of what it amends, what was voided is
/// gone.
fn in_force(book: &Book, first: u64, last: u64) -> Vec<Entry> {
    let entries = book.entries();
    let closed_by: HashMap<u64, &Entry> =
        entries.iter().filter_map(|entry| Some((entry.target_seq?, entry.as_ref()))).collect();
    let is_imported = |entry: &&Entry| {
        (first..=last).contains(&entry.seq) && entry.kind.is_transaction() && entry.action == Action::Record
    };
    let imported = entries.iter().map(|entry| entry.as_ref()).filter(is_imported);
    imported
        .filter_map(|entry| {
            let mut current = entry;
            while let Some(closing) = closed_by.get(&current.seq) {
                if closing.action == Action::Void {
                    return None;
                }
                current = closing;
            }
            Some(current.clone())
        })
        .collect()
}
