//! `attribution.currency`: how much of the return was earned at home in each currency, and how much by the currencies.

use capability::{CapabilityResult, Declaration, Failure, Field, Type, wire};
use formulas::attribution::{CurrencyAttribution, CurrencyEffect, currency_daily};
use formulas::returns::FlowTiming;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::financial_analyst::metrics_compute_twr::coverage_warnings;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, lookback, maybe, portfolio, schema};
use crate::track::Track;
use crate::values::{Absence, Maybe};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let effect = || {
        [
            field("weight", Type::Fraction, "mean weight at the begin of the day"),
            field("local_return", Type::Fraction, "contribution earned in its own currency"),
            field("currency_return", Type::Fraction, "contribution of the currency"),
            field("interaction", Type::Fraction, "contribution of both together"),
            field("contribution", Type::Fraction, "sum of the three"),
        ]
    };
    let mut of_currency = vec![field("currency", Type::Text, "currency")];
    of_currency.extend(effect());
    let mut of_position = vec![
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol"),
        field("currency", Type::Text, "currency of its price"),
    ];
    of_position.extend(effect());
    let mut declaration = Declaration::read(
        "attribution.currency",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Return before fees split into local, currency and interaction effects, linked from daily ones.",
        schema([
            portfolio(),
            lookback(252),
            Field::with_default("model", Type::one_of(["simple"]), "simple", "model of the split"),
        ]),
        schema([
            maybe("local_return", Type::Fraction, "sum of the local effects"),
            maybe("currency_return", Type::Fraction, "sum of the currency effects"),
            maybe("interaction", Type::Fraction, "sum of the interactions"),
            maybe("total_return", Type::Fraction, "time-weighted return before fees, to which they sum"),
            maybe("residual_bps", Type::Bps, "what they leave: rounding"),
            field("by_currency", Type::list(Type::record(of_currency)), "by currency"),
            field("by_position", Type::list(Type::record(of_position)), "by symbol"),
            maybe("start_date", Type::Date, "close at which the window opens"),
            maybe("end_date", Type::Date, "last close"),
        ]),
    );
    declaration.calculators = vec!["currency_simple".into(), "attribution_linking".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    compute(&scene, &call.args).map(CapabilityResult::from)
}

/// The split of a scene's return.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    scene.market()?;
    let value = match attributed(scene, args.count("lookback_days")) {
        Ok(found) => wire_of(scene, &found),
        Err(absence) => {
            let none = absence.wire();
            json!({
                "local_return": none, "currency_return": none, "interaction": none, "total_return": none,
                "residual_bps": none, "by_currency": [], "by_position": [], "start_date": none, "end_date": none,
            })
        }
    };
    Ok(Computed { value, warnings: coverage_warnings(scene), sources: scene.sources() })
}

fn attributed(scene: &Scene, lookback_days: usize) -> Maybe<CurrencyAttribution> {
    let measured = scene.measured()?;
    let missing = |failure: Failure| Absence::new("insufficient_data", failure.message, Value::Null);
    let market = scene.market().map_err(missing)?;
    let track = Track::of(&scene.folio, measured, FlowTiming::Hybrid)?;
    let opened_on = track.lookback(lookback_days)?.opened_on;
    let found =
        currency_daily(&measured.timeline, &market.history, &scene.folio.manual, opened_on, track.last, scene.base())?;
    Ok(found)
}

fn wire_of(scene: &Scene, found: &CurrencyAttribution) -> Value {
    let effect = |effect: &CurrencyEffect| {
        json!({
            "weight": wire::fraction(effect.weight),
            "local_return": wire::fraction(effect.local),
            "currency_return": wire::fraction(effect.currency),
            "interaction": wire::fraction(effect.interaction),
            "contribution": wire::fraction(effect.contribution()),
        })
    };
    let by_currency: Vec<Value> = found
        .by_currency
        .iter()
        .map(|(currency, part)| {
            let mut row = effect(part);
            row["currency"] = currency.code().into();
            row
        })
        .collect();
    let mut positions: Vec<_> =
        found.by_position.iter().map(|position| (scene.folio.symbol(position.security_id), position)).collect();
    positions.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.security_id.cmp(&b.1.security_id)));
    let by_position: Vec<Value> = positions
        .into_iter()
        .map(|(symbol, position)| {
            let mut row = effect(&position.effect);
            row["security_id"] = position.security_id.to_string().into();
            row["symbol"] = symbol.into();
            row["currency"] = position.currency.code().into();
            row
        })
        .collect();
    json!({
        "local_return": wire::fraction(found.local_return),
        "currency_return": wire::fraction(found.currency_return),
        "interaction": wire::fraction(found.interaction),
        "total_return": wire::fraction(found.total_return),
        "residual_bps": wire::number(found.residual_bps),
        "by_currency": by_currency,
        "by_position": by_position,
        "start_date": found.opened_on,
        "end_date": found.closed_on,
    })
}
