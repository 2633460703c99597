//! `portfolio.create`: a portfolio whose ledger begins with the settings that its numbers depend on.

use std::sync::Arc;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use chrono::Utc;
use ledger::NewEntry;
use ledger::settings::{BASE_CURRENCY, BENCHMARK_ID, COST_BASIS_METHOD, RISK_FREE};
use money::Currency;
use serde_json::{Value, json};
use store::StoreError;
use store::queries::ledger::Source;
use store::queries::portfolios::{self, NewPortfolio, PortfolioHead};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::books::{Folio, empty_book};
use crate::failure::StepError;
use crate::financial_analyst::ledger_record::{applied, writing};
use crate::ledger_write::{Desk, WRITE, begin, finish};
use crate::schema::{FINANCIAL_ANALYST, field, idempotency_key, maybe, schema};
use crate::values::text_or_absent;

const NAME: &str = "portfolio.create";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let declaration = Declaration::read(
        NAME,
        "1.0.0",
        FINANCIAL_ANALYST,
        "Makes a portfolio; its settings are the first entries of its ledger.",
        schema([
            Field::required("name", Type::Text, "1 to 120 characters, unique among the user's active ones"),
            Field::required("base_currency", Type::Text, "currency of its totals, ISO 4217"),
            Field::with_default("description", Type::Text, "", "free text"),
            Field::with_default(
                "cost_basis_method",
                Type::one_of(["fifo"]),
                "fifo",
                "order in which lots are relieved",
            ),
            Field::with_default("calendar", Type::one_of(["all_days"]), "all_days", "days that have a value"),
            Field::optional("benchmark", Type::id("benchmark"), "what it is compared with"),
            Field::optional("risk_free", Type::Any, "annual fraction, or id of a series"),
            Field::with_default("demo", Type::Boolean, false, "invented trades, named so on screen"),
            idempotency_key(),
        ]),
        schema([field("portfolio", portfolio_type(), "the portfolio")]),
    );
    let mut declaration = writing(declaration);
    declaration.reads.ledger = false;
    declaration
}

/// The record of a portfolio.
pub fn portfolio_type() -> Type {
    Type::record([
        field("portfolio_id", Type::id("portfolio"), "portfolio"),
        field("name", Type::Text, "name"),
        field("description", Type::Text, "free text"),
        field("status", Type::Text, "active, archived or erasing"),
        field("base_currency", Type::Text, "currency of its totals"),
        field("cost_basis_method", Type::Text, "order in which lots are relieved"),
        maybe("benchmark", Type::Text, "what it is compared with"),
        maybe("risk_free", Type::Text, "annual fraction, or id of a series"),
        field("demo", Type::Boolean, "invented trades"),
        field("version", Type::Integer, "raised by each change"),
        field("ledger_commit", Type::Text, "state of its ledger"),
        field("ledger_seq", Type::Integer, "number of its last entry"),
    ])
}

/// The wire form of a portfolio.
pub fn portfolio_wire(head: &PortfolioHead) -> Value {
    json!({
        "portfolio_id": head.id,
        "name": head.name,
        "description": head.description,
        "status": head.status,
        "base_currency": head.base_currency.code(),
        "cost_basis_method": head.cost_basis_method,
        "benchmark": text_or_absent(head.benchmark_id.as_deref(), "benchmark"),
        "risk_free": text_or_absent(head.risk_free.as_deref(), "risk-free rate"),
        "demo": head.demo,
        "version": head.version,
        "ledger_commit": hex::encode(head.commit),
        "ledger_seq": head.seq,
    })
}

/// Writes the portfolio and its first entries in one transaction.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let user = call.context.user_id;
    let ticket = call.ticket()?;
    let args = &call.args;
    let new = new_portfolio(args)?;
    let settings = settings_of(args, new.base_currency)?;
    let value = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<Value, StepError> {
            if let Some(value) = begin(tx, user, NAME, args).await? {
                return Ok(value);
            }
            let head = portfolios::insert(tx, user, &new).await.map_err(|error| taken(error, &new.name))?;
            let genesis = head.commit;
            let book = empty_book(head.id, head.base_currency)?;
            // The book of a portfolio that is only being made is known.
            let folio = Folio::new(head.id, genesis, book, Vec::new(), [], Vec::new());
            agents.folios.insert((user, head.id, genesis), Arc::new(folio));
            let desk = Desk::open(agents, tx, user, head.id, WRITE, None, &|_| false).await?;
            let made = applied(&desk, settings.clone(), &|_| capability::FailureDetail::default())?;
            desk.commit(tx, &made, Source::Api, None, NAME).await?;
            let head = portfolios::by_id(tx, user, head.id).await?.ok_or(StoreError::NotFound("portfolio"))?;
            let value = json!({ "portfolio": portfolio_wire(&head) });
            finish(tx, user, NAME, args, &value).await?;
            Ok(value)
        })
        .await?;
    Ok(CapabilityResult::computed(value))
}

fn new_portfolio(args: &crate::args::Args) -> Result<NewPortfolio, Failure> {
    let name = args.text("name").unwrap_or_default().trim().to_owned();
    if name.is_empty() || 120 < name.chars().count() {
        return Err(Failure::new("invalid_input", "a name has 1 to 120 characters").at("/name"));
    }
    let currency = args.text("base_currency").unwrap_or_default();
    let refuse = |error: money::CurrencyError| Failure::new("unknown_currency", error.to_string()).at("/base_currency");
    let base_currency: Currency = currency.parse().map_err(refuse)?;
    if base_currency.parent().is_some() {
        let message = format!("{base_currency} is a unit of quotation, totals are not in it");
        return Err(Failure::new("unknown_currency", message).at("/base_currency"));
    }
    Ok(NewPortfolio {
        id: Uuid::now_v7(),
        name,
        description: args.text("description").unwrap_or_default().to_owned(),
        base_currency,
        cost_basis_method: args.text("cost_basis_method").unwrap_or("fifo").to_owned(),
        valuation_calendar: args.text("calendar").unwrap_or("all_days").to_owned(),
        demo: args.is("demo"),
    })
}

fn settings_of(args: &crate::args::Args, base: Currency) -> Result<Vec<NewEntry>, Failure> {
    let today = Utc::now().date_naive();
    let mut settings = vec![
        NewEntry::setting(BASE_CURRENCY, base.code().into(), today),
        NewEntry::setting(COST_BASIS_METHOD, args.text("cost_basis_method").unwrap_or("fifo").into(), today),
    ];
    if let Some(benchmark) = args.text("benchmark") {
        settings.push(NewEntry::setting(BENCHMARK_ID, benchmark.into(), today));
    }
    if let Some(rate) = args.get("risk_free") {
        settings.push(NewEntry::setting(RISK_FREE, risk_free_of(rate)?, today));
    }
    Ok(settings)
}

/// A constant between −20 % and 100 % a year, or the id of a series.
pub fn risk_free_of(value: &Value) -> Result<Value, Failure> {
    let refuse = |message: &str| Failure::new("invalid_input", message.to_owned()).at("/risk_free");
    let constant = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match constant {
        Some(rate) if (-0.2..=1.0).contains(&rate) => Ok(value.clone()),
        Some(_) => Err(refuse("a risk-free rate is a fraction a year: 0.02 is 2 %")),
        None => match value.as_str() {
            Some(series) if !series.is_empty() && series.len() <= 64 => Ok(value.clone()),
            _ => Err(refuse("risk_free is a fraction a year, or the id of a series")),
        },
    }
}

/// The refusal of a name that is in use.
pub fn taken(error: StoreError, name: &str) -> StepError {
    match error {
        StoreError::AlreadyExists { .. } => {
            Failure::new("already_exists", format!("an active portfolio named {name:?} exists already"))
                .at("/name")
                .into()
        }
        error => error.into(),
    }
}
