//! `ledger.restore`: a full export of DawsOS becomes the portfolio that it was, with the same ids and the same commit.
//!
//! Invariant: the ledger ends at the commit that the export states, or nothing is written. A portfolio that is there
//! already is continued if the export continues it, and refused if the two have parted.

use std::collections::HashSet;
use std::sync::Arc;

use capability::{CapabilityResult, Declaration, Failure, FailureDetail, Field, Type};
use formats::json::{self, Export};
use ledger::{Book, Entry};
use serde_json::json as wire;
use store::queries::ledger::Source;
use store::queries::portfolios::{self, NewPortfolio, PortfolioHead};
use store::queries::{accounts, securities};
use store::{StoreError, UserTransaction};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::books::{Folio, empty_book};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::writing;
use crate::financial_analyst::portfolio_create::{portfolio_type, portfolio_wire, taken};
use crate::ledger_write::{Applied, Desk, WRITE, account_from_json, begin, finish, security_from_json};
use crate::schema::{FINANCIAL_ANALYST, field, idempotency_key, schema};

const NAME: &str = "ledger.restore";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Restores a portfolio from a full export of DawsOS, with the same ids and the same ledger commit.",
        schema([
            Field::required("content", Type::Text, "the export, as `ledger.export` writes it in JSON"),
            idempotency_key(),
        ]),
        schema([
            field("portfolio", portfolio_type(), "the portfolio"),
            field("commit", Type::Text, "commit of its ledger"),
            field("entries_read", Type::Integer, "entries of the file"),
            field("entries_written", Type::Integer, "entries that were not there yet"),
            field("securities_created", Type::Integer, "securities that were not there yet"),
        ]),
    );
    let mut declaration = writing(declaration);
    declaration.reads.ledger = false;
    declaration.cost = capability::Cost::Heavy;
    declaration.timeout_ms = 60_000;
    declaration
}

/// Writes what is not there yet.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let user = call.context.user_id;
    let ticket = call.ticket()?;
    let args = &call.args;
    let export = json::parse(args.text("content").unwrap_or_default().as_bytes()).map_err(refused)?;
    let book = Book::replay(export.portfolio.id, &export.entries)
        .map_err(|error| Failure::new("import_rejected", format!("the entries make no book: {error}")))?;
    let written = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok((value, None));
            }
            let head = portfolio_of_export(agents, tx, user, &export, &book).await?;
            let known = entries_there(&head, &export)?;
            let created = restore_names(tx, user, head.id, &export).await?;
            let desk = Desk::open(agents, tx, user, head.id, WRITE, None, &|_| false).await?;
            let entries: Vec<Entry> = export.entries[known..].to_vec();
            let commits = ledger::commit::chain(&desk.head.commit, &entries);
            let applied = Applied { entries, commits, book: book.clone(), opening: 0 };
            if !applied.entries.is_empty() {
                desk.commit(tx, &applied, Source::Import, None, NAME).await?;
            }
            let head = portfolios::by_id(tx, user, head.id).await?.ok_or(StoreError::NotFound("portfolio"))?;
            let value = wire!({
                "portfolio": portfolio_wire(&head),
                "commit": hex::encode(head.commit),
                "entries_read": export.entries.len(),
                "entries_written": applied.entries.len(),
                "securities_created": created,
            });
            finish(tx, user, NAME, args, &value).await?;
            Ok((value, Some((desk, applied))))
        })
        .await?;
    if let Some((desk, applied)) = written.1.filter(|(_, applied)| !applied.entries.is_empty()) {
        desk.remember(agents, applied, Source::Import);
    }
    Ok(CapabilityResult::computed(written.0))
}

fn refused(problems: Vec<ledger::Problem>) -> Failure {
    let message = problems.first().map_or_else(|| "the export cannot be read".to_owned(), |first| first.detail.clone());
    let detail = |problem: ledger::Problem| FailureDetail {
        pointer: (!problem.field.is_empty()).then(|| format!("/{}", problem.field)),
        line: problem.line,
        code: problem.code.to_owned(),
        detail: problem.detail,
        try_: problem.try_,
        ..FailureDetail::default()
    };
    Failure::new("import_rejected", message).with_errors(problems.into_iter().map(detail).collect())
}

/// The portfolio with the id of the export; made empty if there is none.
async fn portfolio_of_export(
    agents: &Agents,
    tx: &mut UserTransaction,
    user: Uuid,
    export: &Export,
    book: &Book,
) -> Result<PortfolioHead, StepError> {
    if let Some(head) = portfolios::by_id(tx, user, export.portfolio.id).await? {
        if head.user_id != user {
            return Err(Failure::new("forbidden", "the portfolio belongs to somebody who shares it with you").into());
        }
        return Ok(head);
    }
    let taken_names: HashSet<String> =
        portfolios::list(tx, user, None).await?.into_iter().map(|head| head.name.to_lowercase()).collect();
    let name = free_name(&export.portfolio.name, &taken_names);
    let new = NewPortfolio {
        id: export.portfolio.id,
        name: name.clone(),
        description: export.portfolio.description.clone(),
        base_currency: book.base_currency,
        cost_basis_method: book.settings.cost_basis_method.name().to_owned(),
        valuation_calendar: book.settings.valuation_calendar().unwrap_or("all_days").to_owned(),
        demo: false,
    };
    let head = portfolios::insert(tx, user, &new).await.map_err(|error| taken(error, &name))?;
    let empty = empty_book(head.id, head.base_currency)?;
    let folio = Folio::new(head.id, head.commit, empty, Vec::new(), [], Vec::new());
    agents.folios.insert((user, head.id, head.commit), Arc::new(folio));
    Ok(head)
}

/// The name, with a number if another portfolio has it: it is no part of the ledger.
fn free_name(wanted: &str, taken: &HashSet<String>) -> String {
    let wanted: String = wanted.chars().take(110).collect();
    let numbered = (2..).map(|number| format!("{wanted} ({number})"));
    let mut candidates = std::iter::once(wanted.clone()).chain(numbered);
    candidates.find(|name| !taken.contains(&name.to_lowercase())).unwrap_or(wanted)
}

/// How many entries of the export the ledger has already: all of its own, or it has another history.
fn entries_there(head: &PortfolioHead, export: &Export) -> Result<usize, Failure> {
    let known = usize::try_from(head.seq).unwrap_or(usize::MAX);
    let start = ledger::commit::genesis(export.portfolio.id);
    let same = |commit: &[u8; 32]| *commit == head.commit;
    let is_prefix = match known {
        0 => same(&start),
        _ if known <= export.entries.len() => {
            ledger::commit::chain(&start, &export.entries[..known]).last().is_some_and(same)
        }
        _ => false,
    };
    if is_prefix {
        return Ok(known);
    }
    let message = format!(
        "the portfolio is there and has another history ({} entries) than the export ({})",
        head.seq,
        export.entries.len()
    );
    Err(Failure::new("conflict", message)
        .advising("restore into an installation that does not have the portfolio, or import the CSV export into another portfolio"))
}

/// Accounts and securities that are not there yet; gives the number of securities.
async fn restore_names(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    export: &Export,
) -> Result<usize, StepError> {
    let known: HashSet<Uuid> =
        accounts::list(tx, user, portfolio).await?.into_iter().map(|account| account.id).collect();
    for (at, account) in export.accounts.iter().enumerate() {
        let (id, fields) = account_from_json(account, at)?;
        if !known.contains(&id) {
            accounts::insert(tx, user, portfolio, id, &fields).await?;
        }
    }
    let mut wanted = Vec::with_capacity(export.securities.len());
    for (at, security) in export.securities.iter().enumerate() {
        wanted.push(security_from_json(security, at)?);
    }
    let ids: Vec<Uuid> = wanted.iter().map(|(id, _, _)| *id).collect();
    let there: HashSet<Uuid> = securities::by_ids(tx, &ids).await?.into_iter().map(|security| security.id).collect();
    let mut created = 0;
    for (id, fields, codes) in wanted.into_iter().filter(|(id, _, _)| !there.contains(id)) {
        securities::insert_private(tx, user, id, &fields, &codes).await?;
        created += 1;
    }
    Ok(created)
}
