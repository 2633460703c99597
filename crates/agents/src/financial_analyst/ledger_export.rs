//! `ledger.export`: the books as a file: CSV, JSON with everything, a journal for Beancount.
//!
//! The JSON restores to the same commit; the CSV can be imported again; Beancount accepts the journal.

use std::collections::HashMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use formats::json::{Export, ExportedPortfolio};
use formats::{beancount, dawsos_csv_write, json};
use serde_json::{Value, json as wire};
use store::queries::ledger as entries;
use store::queries::securities::{self, Identifier};
use store::queries::{accounts, portfolios};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::failure::{StepError, internal};
use crate::ledger_write::{account_to_json, directory_of, security_to_json};
use crate::scene::{portfolio_not_found, portfolio_of};
use crate::schema::{FINANCIAL_ANALYST, field, portfolio, schema};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut declaration = Declaration::read(
        "ledger.export",
        "1.0.0",
        FINANCIAL_ANALYST,
        "The books as a file: CSV, JSON that restores to the same commit, or a journal for Beancount.",
        schema([
            portfolio(),
            Field::with_default("format", Type::one_of(["json", "csv", "beancount"]), "json", "form of the file"),
        ]),
        schema([
            field("content", Type::Text, "the file"),
            field("filename", Type::Text, "a name for it"),
            field("media_type", Type::Text, "its media type"),
            field("commit", Type::Text, "commit of the ledger that it holds"),
            field("entries", Type::Integer, "entries of that ledger"),
        ]),
    );
    declaration.reads.packs = false;
    declaration.rights = vec!["portfolio_read".into()];
    declaration.cost = capability::Cost::Heavy;
    // Names of accounts and securities may change at any time.
    declaration.ttl_s = Some(0);
    declaration
}

/// Writes the file.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let format = call.args.text("format").unwrap_or("json").to_owned();
    let read = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let head = portfolios::by_id(tx, user, portfolio).await?.ok_or_else(|| portfolio_not_found(portfolio))?;
            let stored = entries::entries(tx, head.user_id, head.id).await?;
            let accounts = accounts::list(tx, head.user_id, head.id).await?;
            let named = |entry: &ledger::Entry| {
                let counter = entry.transaction().and_then(|transaction| transaction.counter_security_id);
                entry.security_id.into_iter().chain(counter).collect::<Vec<_>>()
            };
            let mut ids: Vec<Uuid> = stored.iter().flat_map(|(entry, _)| named(entry)).collect();
            ids.sort_unstable();
            ids.dedup();
            let securities = securities::by_ids(tx, &ids).await?;
            let identifiers = securities::identifiers(tx, &ids).await?;
            Ok((head, stored, accounts, securities, identifiers))
        })
        .await?;
    let (head, stored, accounts, mut securities, identifiers) = read;
    securities.sort_by_key(|security| security.id);
    let stored: Vec<ledger::Entry> = stored.into_iter().map(|(entry, _)| entry).collect();
    let count = stored.len();
    let replay =
        || ledger::Book::replay(head.id, &stored).map_err(|error| internal("the ledger cannot be replayed", error));
    let (content, suffix, media_type) = match format.as_str() {
        "csv" => {
            let book = replay()?;
            let names = directory_of(&accounts, &securities);
            let text = dawsos_csv_write::write(&book, &names).map_err(|error| {
                Failure::new("unsupported", error.to_string()).advising("export as json, which needs no names")
            })?;
            (text, "csv", "text/csv")
        }
        "beancount" => (beancount::write(&replay()?, &directory_of(&accounts, &securities)), "beancount", "text/plain"),
        _ => {
            let mut codes: HashMap<Uuid, Vec<&Identifier>> = HashMap::new();
            for (id, identifier) in &identifiers {
                codes.entry(*id).or_default().push(identifier);
            }
            let export = Export {
                portfolio: ExportedPortfolio {
                    id: head.id,
                    name: head.name.clone(),
                    description: head.description.clone(),
                    ledger_commit: hex::encode(head.commit),
                },
                accounts: accounts.iter().map(account_to_json).collect(),
                securities: securities
                    .iter()
                    .map(|security| security_to_json(security, codes.get(&security.id).map_or(&[][..], Vec::as_slice)))
                    .collect(),
                entries: stored,
            };
            (json::write(&export), "json", "application/json")
        }
    };
    let name: String = head.name.chars().map(|char| if char.is_alphanumeric() { char } else { '-' }).collect();
    let value: Value = wire!({
        "content": content,
        "filename": format!("{name}-{}.{suffix}", &hex::encode(head.commit)[..12]),
        "media_type": media_type,
        "commit": hex::encode(head.commit),
        "entries": count,
    });
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) })
}
