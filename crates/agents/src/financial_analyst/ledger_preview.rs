//! `ledger.preview`: what recording would do; nothing is written.

use capability::{CapabilityResult, Declaration, Failure};
use money::Currency;

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{apply, entries_argument, given_entries, needs_market};
use crate::ledger_write::{Desk, LOOK, effects as effects_of, warnings as warnings_of};
use crate::scene::portfolio_of;
use crate::schema::{FINANCIAL_ANALYST, effects, if_ledger_commit, portfolio, schema, warnings};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut declaration = Declaration::read(
        "ledger.preview",
        "1.0.0",
        FINANCIAL_ANALYST,
        "What recording entries would change; nothing is written.",
        schema([portfolio(), entries_argument(), if_ledger_commit()]),
        schema([effects(), warnings()]),
    );
    declaration.reads.packs = false;
    declaration.rights = vec!["portfolio_write".into()];
    declaration.calculators = vec!["lots_replay".into()];
    // Rates and closes of the newest pack complete the entries.
    declaration.ttl_s = Some(0);
    declaration
}

/// Applies the entries without writing them.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let args = &call.args;
    let given = given_entries(args)?;
    let value = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let needs = |base: Currency| needs_market(given, base);
            let desk = Desk::open(agents, tx, user, portfolio, LOOK, args.text("if_ledger_commit"), &needs).await?;
            let applied = apply(&desk, given)?;
            Ok(serde_json::json!({
                "effects": effects_of(&desk, &applied),
                "warnings": warnings_of(&desk, &applied, &|at| ("pointer", format!("/entries/{at}").into())),
            }))
        })
        .await?;
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) })
}
