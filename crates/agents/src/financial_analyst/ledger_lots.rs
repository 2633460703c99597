//! `ledger.lots`: purchases kept apart, what is left of them and what happened to them.

use std::collections::HashMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use ledger::{LotEvent, LotEventKind, Term};
use money::{Currency, Decimal};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::valued::{lots_on, price_in_force, rate_in_force};
use crate::values::{Absence, Maybe, amount, date, fx_rate, maybe as wire, minus, over, price, quantity, times};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let adjustment = Type::record([
        field("date", Type::Date, "day"),
        field("kind", Type::Text, "what happened"),
        field("delta", Type::Quantity, "change of units"),
    ]);
    let lot = Type::record([
        field("lot_id", Type::id("lot"), "lot"),
        field("account_id", Type::id("account"), "account"),
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol"),
        field("acquired", Type::Date, "purchase date; a transferred lot keeps its own"),
        field("quantity_original", Type::Quantity, "units at the purchase, rescaled by splits"),
        field("quantity_open", Type::Quantity, "units that remain"),
        field("cost_basis", Type::Money, "cost of what remains, in the currency of the purchase"),
        maybe("cost_basis_base", Type::Money, "the same in base currency at the rate of the purchase"),
        maybe("cost_per_unit", Type::Price, "cost of one unit"),
        field("cost_currency", Type::Text, "currency of the purchase"),
        field("fx_rate_at_trade", Type::FxRate, "base currency per unit of the cost's currency at the purchase"),
        field("holding_period_days", Type::Integer, "days since the purchase"),
        field("term", Type::one_of(["short", "long"]), "long when held more than a year"),
        maybe("market_value", Type::Money, "value of what remains, base currency"),
        maybe("unrealized_gain", Type::Money, "value less cost, base currency"),
        maybe("closed", Type::Date, "day on which nothing remained"),
        field("adjustments", Type::list(adjustment), "disposals, splits and moves, by date"),
    ]);
    let mut declaration = Declaration::read(
        "ledger.lots",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Lots of a portfolio with their cost, what is left of them and what happened to them.",
        schema([
            portfolio(),
            Field::optional("security_id", Type::id("security"), "lots of this security alone"),
            Field::with_default("status", Type::one_of(["open", "closed", "all"]), "open", "which lots"),
        ]),
        schema([field("lots", Type::list(lot), "by symbol, purchase date and id")]),
    );
    declaration.calculators = vec!["lots_replay".into()];
    declaration
}

/// Reads the books and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args)?.into())
}

/// The lots of a scene.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    let of_security = args.id("security_id")?;
    let status = args.text("status").unwrap_or("open");
    let wanted = |is_open: bool| status == "all" || (status == "open") == is_open;
    let mut lots = lots_on(scene);
    lots.retain(|lot| wanted(lot.is_open()) && of_security.is_none_or(|id| id == lot.security_id));
    lots.sort_by_cached_key(|lot| (scene.folio.symbol(lot.security_id), lot.acquired_on, lot.opened_seq, lot.id));
    let mut events: HashMap<Uuid, Vec<&LotEvent>> = HashMap::new();
    for event in scene.folio.book.lot_events().filter(|event| event.effective_on <= scene.as_of) {
        events.entry(event.lot_id).or_default().push(event);
    }
    let rows = lots.iter().map(|lot| {
        let happened = events.get(&lot.id).into_iter().flatten();
        let adjustments = happened.filter(|event| event.kind != LotEventKind::Open).map(|event| {
            json!({ "date": event.effective_on, "kind": event.kind.name(), "delta": quantity(event.quantity_delta) })
        });
        let adjustments: Vec<Value> = adjustments.collect();
        let cost = if lot.is_open() {
            over(lot.cost_basis, lot.quantity_open)
        } else {
            over(lot.cost_basis_original, lot.quantity_original)
        };
        let base = scene.base();
        let too_large = || Absence::new("invalid_input", "the cost is beyond what books hold", Value::Null);
        let cost_base = lot.cost_basis_base().ok_or_else(too_large);
        let value = value_of(scene, lot.security_id, lot.quantity_open);
        let gain = value.clone().and_then(|value| minus(value, cost_base.clone()?));
        let not_closed = || Absence::new("not_applicable", "the lot is open", Value::Null);
        json!({
            "lot_id": lot.id,
            "account_id": lot.account_id,
            "security_id": lot.security_id,
            "symbol": scene.folio.symbol(lot.security_id),
            "acquired": lot.acquired_on,
            "quantity_original": quantity(lot.quantity_original),
            "quantity_open": quantity(lot.quantity_open),
            "cost_basis": amount(lot.cost_basis, lot.cost_currency),
            "cost_basis_base": wire(cost_base, |cost| amount(cost, base)),
            "cost_per_unit": wire(cost, |cost| price(cost, lot.cost_currency)),
            "cost_currency": lot.cost_currency.code(),
            "fx_rate_at_trade": fx_rate(lot.cost_currency, base, lot.fx_rate_to_base),
            "holding_period_days": (lot.closed_on.unwrap_or(scene.as_of) - lot.acquired_on).num_days(),
            "term": Term::of(lot.holding_started_on, lot.closed_on.unwrap_or(scene.as_of)).name(),
            "market_value": wire(value, |value| amount(value, base)),
            "unrealized_gain": wire(gain, |gain| amount(gain, base)),
            "closed": wire(lot.closed_on.ok_or_else(not_closed), date),
            "adjustments": adjustments,
        })
    });
    Ok(json!({ "lots": rows.collect::<Vec<_>>() }).into())
}

/// Units at market value, where the context has prices.
fn value_of(scene: &Scene, security: uuid::Uuid, units: Decimal) -> Maybe<Decimal> {
    if units.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let quote = price_in_force(scene, security)?;
    let (currency, unit): (Currency, Decimal) = quote.currency.parent().unwrap_or((quote.currency, Decimal::ONE));
    let rate = rate_in_force(scene, currency)?;
    times(times(times(units, quote.amount)?, unit)?, rate)
}
