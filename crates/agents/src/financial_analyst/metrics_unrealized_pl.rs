//! `metrics.unrealized_pl`: gains not yet realized, by lot then by security, split by holding period.

use std::collections::BTreeSet;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use money::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio_or_rows, schema};
use crate::valued::{ValuedHolding, staleness};
use crate::values::{Maybe, amount, maybe as wire, over, statistic, total};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let given = Type::record([field("security_id", Type::id("security"), "security")]);
    let row = Type::record([
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol"),
        maybe("unrealized_gain", Type::Money, "value less cost, base currency"),
        maybe("unrealized_gain_fraction", Type::Fraction, "the same over the cost"),
        maybe("price_gain", Type::Money, "part that the price made"),
        maybe("currency_gain", Type::Money, "part that exchange rates made"),
        maybe("short_term", Type::Money, "part of lots held a year or less"),
        maybe("long_term", Type::Money, "part of lots held longer"),
        field("holding_days_min", Type::Integer, "days since the latest purchase"),
        field("holding_days_max", Type::Integer, "days since the earliest purchase"),
    ]);
    let mut declaration = Declaration::read(
        "metrics.unrealized_pl",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Unrealized gains by security, split into price and currency, short and long term.",
        schema([
            portfolio_or_rows(),
            Field::optional("positions", Type::list(given), "rows of holdings; all of the portfolio when absent"),
        ]),
        schema([
            field("positions", Type::list(row), "by symbol"),
            maybe("total_unrealized_gain", Type::Money, "all of them"),
            maybe("short_term_total", Type::Money, "part of lots held a year or less"),
            maybe("long_term_total", Type::Money, "part of lots held longer"),
        ]),
    );
    declaration.calculators = vec!["lots_replay".into(), "holding_period".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args).into())
}

/// The gains of a scene.
pub fn compute(scene: &Scene, args: &Args) -> Computed {
    let wanted: Option<BTreeSet<Uuid>> = args
        .list("positions")
        .map(|rows| rows.iter().filter_map(|row| Uuid::try_parse(row["security_id"].as_str()?).ok()).collect());
    let valued = scene.valued();
    let is_wanted =
        |holding: &&ValuedHolding| wanted.as_ref().is_none_or(|ids| ids.contains(&holding.holding.security_id));
    let holdings: Vec<&ValuedHolding> = valued.holdings.iter().filter(is_wanted).collect();
    let base = scene.base();
    let money = |value: Maybe<Decimal>| wire(value, |value| amount(value, base));
    let rows: Vec<Value> = holdings
        .iter()
        .map(|holding| {
            let days = holding.holding.lots.iter().map(|lot| (scene.as_of - lot.acquired_on).num_days());
            let fraction = holding.unrealized.clone().and_then(|gain| over(gain, holding.cost_base.clone()?));
            json!({
                "security_id": holding.holding.security_id,
                "symbol": scene.folio.symbol(holding.holding.security_id),
                "unrealized_gain": money(holding.unrealized.clone()),
                "unrealized_gain_fraction": statistic(fraction.map(money::float::to_f64)),
                "price_gain": money(holding.price_gain.clone()),
                "currency_gain": money(holding.currency_gain.clone()),
                "short_term": money(holding.short_term.clone()),
                "long_term": money(holding.long_term.clone()),
                "holding_days_min": days.clone().min().unwrap_or(0),
                "holding_days_max": days.max().unwrap_or(0),
            })
        })
        .collect();
    let sum = |part: fn(&ValuedHolding) -> Maybe<Decimal>| money(total(holdings.iter().map(|holding| part(holding))));
    let value = json!({
        "positions": rows,
        "total_unrealized_gain": sum(|holding| holding.unrealized.clone()),
        "short_term_total": sum(|holding| holding.short_term.clone()),
        "long_term_total": sum(|holding| holding.long_term.clone()),
    });
    Computed { value, warnings: staleness(scene, holdings.iter().copied()), sources: scene.sources() }
}
