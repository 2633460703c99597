//! `ledger.verify`: whether what is stored is what the ledger says, by replaying all of it.

use capability::{CapabilityResult, Cost, Declaration, Failure, Type};
use ledger::verification::verify;
use serde_json::{Value, json};
use store::queries::{ledger as entries, portfolios, projections};

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::scene::{portfolio_not_found, portfolio_of};
use crate::schema::{FINANCIAL_ANALYST, field, portfolio, schema};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let difference = Type::record([
        field("what", Type::Text, "table and key"),
        field("replayed", Type::Text, "what the ledger gives"),
        field("stored", Type::Text, "what is stored"),
    ]);
    let mut declaration = Declaration::read(
        "ledger.verify",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Replays the ledger and compares chain and projections with what is stored.",
        schema([portfolio()]),
        schema([
            field("matches", Type::Boolean, "nothing differs"),
            field("commit_ok", Type::Boolean, "the chain of commits is whole and ends at the stored head"),
            field("entries_checked", Type::Integer, "entries of the ledger"),
            field("differences", Type::list(difference), "rows that differ"),
        ]),
    );
    declaration.reads.packs = false;
    declaration.cost = Cost::Heavy;
    declaration.calculators = vec!["lots_replay".into()];
    // What is stored is read anew, whatever the commit says.
    declaration.ttl_s = Some(0);
    declaration
}

/// Reads entries and rows in one transaction and compares.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let (head, stored, rows) = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let head = portfolios::by_id(tx, user, portfolio).await?.ok_or_else(|| portfolio_not_found(portfolio))?;
            let stored = entries::entries(tx, head.user_id, portfolio).await?;
            let rows = projections::rows_of(tx, head.user_id, portfolio).await?;
            Ok((head, stored, rows))
        })
        .await?;
    let (entries, commits): (Vec<_>, Vec<_>) = stored.into_iter().unzip();
    if entries.is_empty() {
        let commit_ok = head.commit == ledger::commit::genesis(portfolio) && head.seq == 0;
        let matches = commit_ok && rows == ledger::projection::Rows::default();
        let value = json!({ "matches": matches, "commit_ok": commit_ok, "entries_checked": 0, "differences": [] });
        return Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) });
    }
    let found = verify(portfolio, &entries, &commits, &rows);
    let commit_ok = found.chain.as_ref().is_ok_and(|last| *last == head.commit && head.seq == entries.len() as u64);
    let mut differences: Vec<Value> = Vec::new();
    match &found.chain {
        Err(error) => differences.push(
            json!({ "what": "chain of commits", "replayed": error.to_string(), "stored": hex::encode(head.commit) }),
        ),
        Ok(last) if !commit_ok => {
            differences.push(json!({ "what": "head of the ledger", "replayed": hex::encode(last), "stored": hex::encode(head.commit) }));
        }
        Ok(_) => {}
    }
    if let Some(error) = &found.replay_error {
        differences.push(json!({ "what": "replay", "replayed": error.to_string(), "stored": "" }));
    }
    let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "no row".to_owned());
    differences.extend(found.rows.iter().map(|row| {
        json!({ "what": format!("{} {}", row.table, row.key), "replayed": shown(&row.ledger), "stored": shown(&row.stored) })
    }));
    let value = json!({
        "matches": found.is_clean() && commit_ok,
        "commit_ok": commit_ok,
        "entries_checked": entries.len(),
        "differences": differences,
    });
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) })
}
