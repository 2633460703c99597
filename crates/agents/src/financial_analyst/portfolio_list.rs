//! `portfolio.list`: the portfolios that the user may read, with what they are worth.

use std::sync::Arc;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use money::Decimal;
use serde_json::{Value, json};
use store::queries::portfolios;

use crate::agents::{Agents, Call};
use crate::books::{Folio, RawFolio};
use crate::failure::StepError;
use crate::markets::hash_of;
use crate::reference::Reference;
use crate::scene::Scene;
use crate::schema::{FINANCIAL_ANALYST, field, maybe, schema};
use crate::values::{Absence, Maybe, amount, maybe as wire, text_or_absent};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let row = Type::record([
        field("portfolio_id", Type::id("portfolio"), "portfolio"),
        field("name", Type::Text, "name"),
        field("base_currency", Type::Text, "currency of its totals"),
        maybe("benchmark", Type::Text, "what it is compared with"),
        field("role", Type::one_of(["owner", "shared"]), "what the user is to it"),
        field("demo", Type::Boolean, "invented trades"),
        maybe("net_asset_value", Type::Money, "holdings and cash"),
        field("ledger_commit", Type::Text, "state of its ledger"),
        field("as_of", Type::Date, "date that the value is for"),
    ]);
    let mut declaration = Declaration::read(
        "portfolio.list",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Portfolios that the user may read.",
        schema([
            Field::with_default("include_value", Type::Boolean, true, "their net asset value as well"),
            Field::with_default("status", Type::one_of(["active", "archived"]), "active", "which"),
        ]),
        schema([field("portfolios", Type::list(row), "own ones by name, then shared ones")]),
    );
    // Several ledgers enter, so no single commit pins the value.
    declaration.reads.ledger = false;
    declaration.ttl_s = Some(0);
    declaration
}

/// Reads heads and the books that are not in memory, and values them.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let user = call.context.user_id;
    let status = call.args.text("status").unwrap_or("active").to_owned();
    let with_value = call.args.is("include_value");
    let pack = call.context.pack.as_ref().map(|pack| hash_of(&pack.hash)).transpose()?;
    let as_of = call.context.as_of;
    let needed = move |heads: &[portfolios::PortfolioHead]| with_value && heads.iter().any(|head| head.seq > 0);
    let work = async |tx: &mut store::UserTransaction| -> Result<_, StepError> {
        let heads = portfolios::list(tx, user, Some(&status)).await?;
        let mut books = Vec::new();
        if needed(&heads) {
            for head in heads.iter().filter(|head| !agents.folios.contains_key(&(user, head.id, head.commit))) {
                books.push((head.id, head.commit, RawFolio::of_head(tx, head.clone(), None).await?));
            }
        }
        Ok((heads, books, Reference::load(tx).await?))
    };
    let (market, (heads, books, reference)) = match (with_value, pack) {
        (true, Some(_)) => {
            let (market, read) = agents.market_and(&mut call, work).await?;
            (Some(market), read)
        }
        _ => {
            let ticket = call.ticket()?;
            (None, agents.store.try_as_user(ticket, user, work).await?)
        }
    };
    for (id, commit, raw) in books {
        agents.folios.insert((user, id, commit), Arc::new(raw.replayed(Some(commit))?));
    }
    let reference = Arc::new(reference);
    let rows = heads.iter().map(|head| {
        let folio: Option<Arc<Folio>> = agents.folios.get(&(user, head.id, head.commit));
        let value: Maybe<Decimal> = match folio {
            Some(folio) if market.is_some() => {
                let scene = Scene {
                    folio,
                    market: market.clone(),
                    reference: Arc::clone(&reference),
                    as_of,
                    measured: None,
                    kept: Some(agents.valued.clone()),
                };
                scene.valued().net_asset_value.clone()
            }
            _ if head.seq == 0 => Ok(Decimal::ZERO),
            _ => Err(Absence::new(
                "not_applicable",
                "the value was not asked for, or there is no pricing pack",
                Value::Null,
            )),
        };
        json!({
            "portfolio_id": head.id,
            "name": head.name,
            "base_currency": head.base_currency.code(),
            "benchmark": text_or_absent(head.benchmark_id.as_deref(), "benchmark"),
            "role": if head.user_id == user { "owner" } else { "shared" },
            "demo": head.demo,
            "net_asset_value": wire(value, |value| amount(value, head.base_currency)),
            "ledger_commit": hex::encode(head.commit),
            "as_of": as_of,
        })
    });
    let value = json!({ "portfolios": rows.collect::<Vec<_>>() });
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(value) })
}
