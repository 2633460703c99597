//! `ledger.void`: takes a transaction back by a new entry; nothing is edited.

use capability::{CapabilityResult, Declaration, Failure, FailureDetail, Field, Type};
use ledger::{Entry, NewEntry};
use store::queries::ledger::Source;
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{applied, value_of, writing};
use crate::ledger_write::{Desk, WRITE, begin, finish};
use crate::scene::portfolio_of;
use crate::schema::{
    FINANCIAL_ANALYST, effects, field, idempotency_key, if_ledger_commit, portfolio, schema, warnings,
};

const NAME: &str = "ledger.void";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Takes a transaction back by a new entry of the ledger.",
        schema([
            portfolio(),
            Field::required("transaction_id", Type::id("transaction"), "transaction to take back"),
            Field::required("reason", Type::Text, "why, 1 to 500 characters"),
            if_ledger_commit(),
            idempotency_key(),
        ]),
        schema([
            field("commit", Type::Text, "commit of the ledger after the entry"),
            field("seq", Type::Integer, "number of the entry"),
            field("transaction_ids", Type::list(Type::id("transaction")), "id of the entry"),
            effects(),
            warnings(),
        ]),
    );
    writing(declaration)
}

/// Writes the entry.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let id = call.args.id("transaction_id")?.unwrap_or_default();
    let reason = reason_of(&call)?;
    let ticket = call.ticket()?;
    let args = &call.args;
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let desk =
                Desk::open(agents, tx, user, portfolio, WRITE, args.text("if_ledger_commit"), &|_| false).await?;
            let target = target_of(&desk, id)?;
            let place = |_| FailureDetail { pointer: Some("/transaction_id".into()), ..FailureDetail::default() };
            let applied = applied(&desk, vec![NewEntry::void(&target, Some(reason.clone()))], &place)?;
            desk.commit(tx, &applied, Source::Api, None, NAME).await?;
            let value = value_of(&desk, &applied);
            finish(tx, user, NAME, args, &value).await?;
            Ok((value, Some((desk, applied))))
        })
        .await?;
    if let Some((desk, applied)) = written.1 {
        desk.remember(agents, applied, Source::Api);
    }
    Ok(CapabilityResult::computed(written.0))
}

/// The reason of a call.
pub fn reason_of(call: &Call) -> Result<String, Failure> {
    let reason = call.args.text("reason").unwrap_or_default().trim().to_owned();
    if reason.is_empty() || 500 < reason.chars().count() {
        return Err(Failure::new("invalid_input", "a reason has 1 to 500 characters").at("/reason"));
    }
    Ok(reason)
}

/// The entry that a void or amendment is about.
pub fn target_of(desk: &Desk, id: Uuid) -> Result<Entry, Failure> {
    let found = desk.folio.book.entries().iter().find(|entry| entry.entry_id == id && desk.head.seq > 0);
    found.map(|entry| entry.as_ref().clone()).ok_or_else(|| {
        Failure::new("transaction_not_found", format!("there is no transaction {id} in the portfolio"))
            .at("/transaction_id")
    })
}
