//! `ledger.amend`: puts a corrected transaction in the place of another by a new entry; nothing is edited.

use capability::{CapabilityResult, Declaration, Failure, FailureDetail, Field, Type};
use money::Currency;
use store::queries::ledger::Source;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{applied, complete, needs_market, value_of, writing};
use crate::financial_analyst::ledger_void::{reason_of, target_of};
use crate::ledger_write::{Desk, WRITE, begin, entry_type, finish, refusal};
use crate::scene::portfolio_of;
use crate::schema::{
    FINANCIAL_ANALYST, effects, field, idempotency_key, if_ledger_commit, portfolio, schema, warnings,
};

const NAME: &str = "ledger.amend";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Puts a corrected transaction in the place of another by a new entry of the ledger.",
        schema([
            portfolio(),
            Field::required("transaction_id", Type::id("transaction"), "transaction to correct"),
            Field::required("entry", entry_type(), "the whole corrected transaction"),
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
    let given = args.get("entry").cloned().unwrap_or_default();
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let needs = |base: Currency| needs_market(std::slice::from_ref(&given), base);
            let desk = Desk::open(agents, tx, user, portfolio, WRITE, args.text("if_ledger_commit"), &needs).await?;
            let target = target_of(&desk, id)?;
            let mut entry = complete(&desk, &given, "/entry").map_err(|problems| {
                let message = problems.first().map(|first| first.detail.clone()).unwrap_or_default();
                refusal("invalid_input", message, problems)
            })?;
            // The identity in the source stays that of the transaction unless another is given.
            entry.external_id = entry.external_id.or_else(|| target.external_id.clone());
            let entry = entry.amending(target.seq, Some(reason.clone()));
            let place = |_| FailureDetail { pointer: Some("/entry".into()), ..FailureDetail::default() };
            let applied = applied(&desk, vec![entry], &place)?;
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
