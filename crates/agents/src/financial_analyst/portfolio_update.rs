//! `portfolio.update`: name and description of the record; settings as entries of the ledger, because numbers depend on
//! them.

use capability::{CapabilityResult, Declaration, Effect, Failure, Field, Type};
use chrono::Utc;
use ledger::NewEntry;
use ledger::settings::{BASE_CURRENCY, BENCHMARK_ID, COST_BASIS_METHOD, RISK_FREE};
use serde_json::{Value, json};
use store::StoreError;
use store::queries::ledger::Source;
use store::queries::portfolios::{self, PortfolioChange};

use crate::agents::{Agents, Call};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{applied, writing};
use crate::financial_analyst::portfolio_create::{portfolio_type, portfolio_wire, risk_free_of, taken};
use crate::ledger_write::{Desk, WRITE};
use crate::scene::portfolio_of;
use crate::schema::{FINANCIAL_ANALYST, field, if_ledger_commit, portfolio, schema};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        "portfolio.update",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Changes name, description or settings of a portfolio; settings become entries of its ledger.",
        schema([
            portfolio(),
            Field::optional("name", Type::Text, "new name"),
            Field::optional("description", Type::Text, "new description"),
            Field::optional("base_currency", Type::Text, "currency of its totals; only before the first transaction"),
            Field::optional(
                "cost_basis_method",
                Type::one_of(["fifo"]),
                "order in which lots are relieved from now on",
            ),
            Field::optional("benchmark", Type::id("benchmark"), "what it is compared with"),
            Field::optional("risk_free", Type::Any, "annual fraction, or id of a series"),
            if_ledger_commit(),
        ]),
        schema([field("portfolio", portfolio_type(), "the portfolio after the change")]),
    );
    let mut declaration = writing(declaration);
    declaration.effect = Effect::Idempotent;
    declaration
}

/// Writes what differs.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let ticket = call.ticket()?;
    let args = &call.args;
    let wished = wished_settings(args)?;
    let (value, kept) = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let desk =
                Desk::open(agents, tx, user, portfolio, WRITE, args.text("if_ledger_commit"), &|_| false).await?;
            let values = &desk.folio.book.settings.values;
            let differs = |key: &str, value: &Value| desk.head.seq == 0 || values.get(key) != Some(value);
            let today = Utc::now().date_naive();
            let new: Vec<NewEntry> = wished
                .iter()
                .filter(|(key, value)| differs(key, value))
                .map(|(key, value)| NewEntry::setting(*key, value.clone(), today))
                .collect();
            let made = match new.is_empty() {
                true => None,
                false => {
                    let made = applied(&desk, new, &|_| capability::FailureDetail::default())?;
                    desk.commit(tx, &made, Source::Api, None, "portfolio.update").await?;
                    Some(made)
                }
            };
            let change = PortfolioChange {
                name: args.text("name").map(|name| name.trim().to_owned()),
                description: args.text("description").map(str::to_owned),
                status: None,
            };
            let now = portfolios::by_id(tx, user, portfolio).await?.ok_or(StoreError::NotFound("portfolio"))?;
            let head = match change == PortfolioChange::default() {
                true => now,
                false => {
                    let name = change.name.clone().unwrap_or_default();
                    portfolios::update(tx, user, portfolio, now.version, &change)
                        .await
                        .map_err(|error| taken(error, &name))?
                }
            };
            Ok((json!({ "portfolio": portfolio_wire(&head) }), made.map(|made| (desk, made))))
        })
        .await?;
    if let Some((desk, made)) = kept {
        desk.remember(agents, made, Source::Api);
    }
    Ok(CapabilityResult::computed(value))
}

fn wished_settings(args: &crate::args::Args) -> Result<Vec<(&'static str, Value)>, Failure> {
    let named =
        [(BASE_CURRENCY, "base_currency"), (COST_BASIS_METHOD, "cost_basis_method"), (BENCHMARK_ID, "benchmark")];
    let mut wished: Vec<(&'static str, Value)> =
        named.into_iter().filter_map(|(key, argument)| Some((key, args.get(argument)?.clone()))).collect();
    if let Some(rate) = args.get("risk_free") {
        wished.push((RISK_FREE, risk_free_of(rate)?));
    }
    if args.text("name").is_some_and(|name| name.trim().is_empty() || 120 < name.chars().count()) {
        return Err(Failure::new("invalid_input", "a name has 1 to 120 characters").at("/name"));
    }
    Ok(wished)
}
