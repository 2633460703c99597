//! `pricing.restatement_impact`: what a restatement of prices changes for one portfolio, the books being the same.

use std::sync::Arc;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use formulas::returns::FlowTiming;
use serde_json::{Value, json};
use store::queries::packs;

use crate::agents::{Agents, Call};
use crate::books::RawFolio;
use crate::failure::StepError;
use crate::markets::{RawMarket, hash_of};
use crate::measured::measure;
use crate::reference::Reference;
use crate::scene::{Scene, portfolio_not_found, portfolio_of};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::track::Track;
use crate::valued::value_book;
use crate::values::{Maybe, amount, maybe as maybe_wire, minus, price, statistic};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let row = Type::record([
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol"),
        maybe("price_old", Type::Price, "price in the old pack"),
        maybe("price_new", Type::Price, "price in the new pack"),
    ]);
    let mut declaration = Declaration::read(
        "pricing.restatement_impact",
        "1.0.0",
        FINANCIAL_ANALYST,
        "What a restatement of prices changes for a portfolio at one ledger commit.",
        schema([
            portfolio(),
            Field::required("old_pack", Type::Text, "display id or hash of the superseded pack"),
            Field::optional("new_pack", Type::Text, "display id or hash; the current pack of the same day when absent"),
        ]),
        schema([
            maybe("nav_delta", Type::Money, "new net asset value less old"),
            maybe("return_delta_bps", Type::Bps, "change of the return since inception"),
            field("positions", Type::list(row), "holdings whose price differs"),
            field("old_pack", Type::id("pricing_pack"), "display id of the old pack"),
            field("new_pack", Type::id("pricing_pack"), "display id of the new pack"),
        ]),
    );
    declaration.calculators = vec!["twr_daily".into()];
    declaration
}

/// Reads books and both chains in one transaction and compares.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let (portfolio, user) = (portfolio_of(&call)?, call.context.user_id);
    let pinned = call.context.ledger.as_ref().ok_or_else(|| portfolio_not_found(portfolio))?;
    let (commit, seq) = (hash_of(&pinned.commit)?, pinned.seq);
    let (old_id, new_id) =
        (call.args.text("old_pack").unwrap_or_default().to_owned(), call.args.text("new_pack").map(str::to_owned));
    let known: Vec<_> = agents.markets.iter().map(|(_, market)| market).collect();
    let ticket = call.ticket()?;
    let (raw, old, new, reference) = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let unknown = |id: &str, at: &str| {
                Failure::new("pricing_pack_not_found", format!("there is no pricing pack {id}")).at(at)
            };
            let old = packs::by_display_id_or_hash(tx, &old_id).await?.ok_or_else(|| unknown(&old_id, "/old_pack"))?;
            let new = match &new_id {
                Some(id) => packs::by_display_id_or_hash(tx, id).await?.ok_or_else(|| unknown(id, "/new_pack"))?,
                None => packs::latest(tx, &old.pack.policy_id, Some(old.pack.date))
                    .await?
                    .ok_or_else(|| unknown(&old_id, "/old_pack"))?,
            };
            let raw =
                RawFolio::read(tx, user, portfolio, Some(seq)).await?.ok_or_else(|| portfolio_not_found(portfolio))?;
            let old = (old.pack.hash, RawMarket::read(tx, &old.pack.hash, &known).await?);
            let new = (new.pack.hash, RawMarket::read(tx, &new.pack.hash, &known).await?);
            Ok((raw, old, new, Reference::load(tx).await?))
        })
        .await?;
    let folio = Arc::new(raw.replayed(Some(commit))?);
    let reference = Arc::new(reference);
    let (old, new) = (agents.keep_market(old.0, old.1)?, agents.keep_market(new.0, new.1)?);
    let as_of = old.history.pack.date.min(new.history.pack.date);
    let scene = |market: &Arc<crate::markets::Market>| {
        let measured = measure(&folio, &market.history, as_of);
        Scene {
            folio: Arc::clone(&folio),
            market: Some(Arc::clone(market)),
            reference: Arc::clone(&reference),
            as_of,
            measured: Some(Arc::new(measured)),
            kept: None,
        }
    };
    let mut value = compute(&scene(&old), &scene(&new));
    value["old_pack"] = old.history.pack.display_id.clone().into();
    value["new_pack"] = new.history.pack.display_id.clone().into();
    Ok(CapabilityResult::computed(value))
}

/// The difference between two scenes of the same books.
pub fn compute(old: &Scene, new: &Scene) -> Value {
    let (before, after) = (value_book(old), value_book(new));
    let base = new.base();
    let nav = after.net_asset_value.clone().and_then(|nav| minus(nav, before.net_asset_value.clone()?));
    let since_inception = |scene: &Scene| -> Maybe<f64> {
        let track = Track::of(&scene.folio, scene.measured()?, FlowTiming::Hybrid)?;
        Ok(track.of_period(dates::Period::Inception)?)
    };
    let returns = since_inception(new).and_then(|r| Ok((r - since_inception(old)?) * 1e4));
    let rows: Vec<Value> = before
        .holdings
        .iter()
        .zip(&after.holdings)
        .filter(|(a, b)| {
            a.price.as_ref().ok().map(|p| (p.amount, p.currency))
                != b.price.as_ref().ok().map(|p| (p.amount, p.currency))
        })
        .map(|(a, b)| {
            let shown = |valued: &crate::valued::ValuedHolding| {
                maybe_wire(valued.price.clone(), |p| price(p.amount, p.currency))
            };
            json!({
                "security_id": a.holding.security_id,
                "symbol": new.folio.symbol(a.holding.security_id),
                "price_old": shown(a),
                "price_new": shown(b),
            })
        })
        .collect();
    json!({
        "nav_delta": maybe_wire(nav, |delta| amount(delta, base)),
        "return_delta_bps": statistic(returns),
        "positions": rows,
    })
}
