//! `ledger.record`: entries into the ledger, all or none, once.

use capability::{CapabilityResult, Declaration, Effect, Failure, FailureDetail, Field, Type};
use ledger::NewEntry;
use money::Currency;
use serde_json::{Value, json};
use store::queries::ledger::Source;

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::failure::StepError;
use crate::ledger_write::{
    Applied, Desk, WRITE, Wish, begin, effects as effects_of, entry_type, finish, of_book_error, read_entry, refusal,
    warnings as warnings_of,
};
use crate::scene::portfolio_of;
use crate::schema::{
    FINANCIAL_ANALYST, effects, field, idempotency_key, if_ledger_commit, portfolio, schema, warnings,
};

const NAME: &str = "ledger.record";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Records transactions, settings and own prices in the ledger, all or none.",
        schema([portfolio(), entries_argument(), if_ledger_commit(), idempotency_key()]),
        schema([
            field("commit", Type::Text, "commit of the ledger after the entries"),
            field("seq", Type::Integer, "number of the last entry"),
            field("transaction_ids", Type::list(Type::id("transaction")), "ids of the entries, in order"),
            effects(),
            warnings(),
        ]),
    );
    writing(declaration)
}

/// The entries of a call.
pub fn entries_argument() -> Field {
    Field::required("entries", Type::list(entry_type()), "1 to 1,000 entries, in this order")
}

/// Turns the declaration of a read into that of a write that happens once.
pub fn writing(mut declaration: Declaration) -> Declaration {
    declaration.reads.packs = false;
    declaration.effect = Effect::Once;
    declaration.rights = vec!["portfolio_write".into()];
    declaration.transient = Vec::new();
    declaration.calculators = vec!["lots_replay".into()];
    declaration
}

/// Writes the entries.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let args = &call.args;
    let given = given_entries(args)?;
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let needs = |base: Currency| needs_market(given, base);
            let desk = Desk::open(agents, tx, user, portfolio, WRITE, args.text("if_ledger_commit"), &needs).await?;
            let applied = apply(&desk, given)?;
            desk.commit(tx, &applied, Source::Api, None, NAME).await?;
            let value = value_of(&desk, &applied);
            finish(tx, user, NAME, args, &value).await?;
            Ok((value, Some((desk, applied))))
        })
        .await?;
    let (value, kept) = written;
    if let Some((desk, applied)) = kept {
        desk.remember(agents, applied, Source::Api);
    }
    Ok(CapabilityResult::computed(value))
}

/// The entries of a call, 1 to 1,000.
pub fn given_entries(args: &Args) -> Result<&[Value], Failure> {
    let entries = args.list("entries").unwrap_or_default();
    if entries.is_empty() || 1000 < entries.len() {
        let message = format!("a call records 1 to 1,000 entries, not {}", entries.len());
        return Err(Failure::new("invalid_input", message).at("/entries"));
    }
    Ok(entries)
}

/// Whether completing the entries needs rates or prices of the market.
pub fn needs_market(entries: &[Value], base: Currency) -> bool {
    entries.iter().any(|entry| {
        let foreign = |name: &str| entry[name].as_str().is_some_and(|code| code != base.code());
        let transfer = matches!(entry["kind"].as_str(), Some("transfer_in" | "transfer_out"));
        foreign("currency") || foreign("counter_currency") || transfer
    })
}

/// Reads, completes and applies entries; every problem of all of them at once.
pub fn apply(desk: &Desk, given: &[Value]) -> Result<Applied, Failure> {
    let mut new: Vec<NewEntry> = Vec::with_capacity(given.len());
    let mut problems = Vec::new();
    for (at, entry) in given.iter().enumerate() {
        let below = format!("/entries/{at}");
        match complete(desk, entry, &below) {
            Ok(entry) => new.push(entry),
            Err(found) => problems.extend(found),
        }
    }
    if let Some(first) = problems.first() {
        let message =
            format!("{} of {} entries cannot be recorded: {}", given.len() - new.len(), given.len(), first.detail);
        return Err(refusal("invalid_input", message, problems));
    }
    let place = |at: usize| FailureDetail { pointer: Some(format!("/entries/{at}")), ..FailureDetail::default() };
    applied(desk, new, &place)
}

/// One entry, complete.
pub fn complete(desk: &Desk, entry: &Value, below: &str) -> Result<NewEntry, Vec<FailureDetail>> {
    match read_entry(desk, entry, below)? {
        Wish::Complete(entry) => Ok(*entry),
        Wish::Draft(draft) => {
            let at = |problem| crate::ledger_write::detail_of(problem, below);
            let entry =
                draft.complete(desk).map_err(|problems| -> Vec<_> { problems.into_iter().map(at).collect() })?;
            match crate::ledger_write::currency_mismatch(desk, &entry) {
                None => Ok(entry),
                Some(problem) => Err(vec![at(problem)]),
            }
        }
    }
}

/// Applies complete entries.
pub fn applied(desk: &Desk, new: Vec<NewEntry>, place: &dyn Fn(usize) -> FailureDetail) -> Result<Applied, Failure> {
    let opening = desk.opening_of(&new);
    desk.apply(new).map_err(|error| of_book_error(desk, opening, &error, place))
}

/// The answer after the entries.
pub fn value_of(desk: &Desk, applied: &Applied) -> Value {
    let (commit, seq) = desk.head_after(applied);
    let ids: Vec<String> = applied.entries[applied.opening..].iter().map(|entry| entry.entry_id.to_string()).collect();
    json!({
        "commit": hex::encode(commit),
        "seq": seq,
        "transaction_ids": ids,
        "effects": effects_of(desk, applied),
        "warnings": warnings_of(desk, applied, &|at| ("pointer", format!("/entries/{at}").into())),
    })
}
