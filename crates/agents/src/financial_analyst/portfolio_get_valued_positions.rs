//! `portfolio.get_valued_positions`: every holding at market value, with cash, weights and gains.

use capability::{CapabilityResult, Declaration, Failure, Field, Type, absent, wire as capability_wire};
use money::{Currency, Decimal};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::financial_analyst::ledger_positions::{position_at_cost, position_fields};
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::valued::{ValuedBook, ValuedHolding, staleness, weight};
use crate::values::{amount, date, fx_rate, maybe as wire, over, price, statistic};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut row = position_fields();
    row.extend([
        maybe("price", Type::Price, "price in force"),
        maybe("price_date", Type::Date, "day on which it was observed"),
        maybe("price_state", Type::one_of(["traded", "carried", "manual"]), "how it came to be in force"),
        maybe("value_local", Type::Money, "value in the currency of the price"),
        maybe("market_value", Type::Money, "value in base currency"),
        maybe("fx_rate", Type::FxRate, "base currency per unit of the price's currency"),
        maybe("weight", Type::Fraction, "share of the net asset value"),
        maybe("unrealized_gain", Type::Money, "value less cost, base currency"),
        maybe("unrealized_gain_fraction", Type::Fraction, "the same over the cost"),
        maybe("price_gain", Type::Money, "part of it that the price made"),
        maybe("currency_gain", Type::Money, "part of it that exchange rates made"),
        maybe("day_return", Type::Fraction, "move of the last session in base currency, splits undone"),
        field("stale", Type::Boolean, "the price is older than the last session"),
        maybe("dividend_safety", Type::Score10, "stored rating"),
        maybe("moat_strength", Type::Score10, "stored rating"),
        maybe("rating_grade", Type::Text, "stored rating"),
    ]);
    let cash = Type::record([
        field("currency", Type::Text, "currency"),
        field("amount", Type::Money, "balance over all accounts"),
        maybe("base_value", Type::Money, "in base currency"),
        maybe("fx_rate", Type::FxRate, "base currency per unit"),
        maybe("weight", Type::Fraction, "share of the net asset value"),
    ]);
    let missing = Type::record([
        field("symbol", Type::Text, "symbol or currency"),
        field("code", Type::Text, "missing_price or missing_fx"),
        field("why", Type::Text, "sentence"),
        maybe("security_id", Type::id("security"), "security"),
    ]);
    let mut declaration = Declaration::read(
        "portfolio.get_valued_positions",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Holdings and cash at market value, with weights, gains and everything that is missing.",
        schema([
            portfolio(),
            Field::with_default(
                "without_portfolio",
                Type::one_of(["refuse"]),
                "refuse",
                "what to do without a portfolio",
            ),
        ]),
        schema([
            field("positions", Type::list(Type::record(row)), "holdings by symbol"),
            field("cash", Type::list(cash), "cash by currency"),
            maybe("positions_value", Type::Money, "all holdings"),
            maybe("cash_value", Type::Money, "all cash"),
            maybe("net_asset_value", Type::Money, "holdings and cash; absent while something is missing"),
            field("partial_value", Type::Money, "what is known of it"),
            field("missing", Type::list(missing), "what is not"),
            field("coverage", Type::Fraction, "known value over known value and cost of the unknown"),
            field("currency", Type::Text, "currency of the totals"),
            field("position_count", Type::Integer, "number of holdings"),
            field("as_of", Type::Date, "date that values are for"),
        ]),
    );
    declaration.calculators = vec!["lots_replay".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene).into())
}

/// The valued book of a scene.
pub fn compute(scene: &Scene) -> Computed {
    let valued = scene.valued();
    let base = scene.base();
    let positions: Vec<Value> = valued.holdings.iter().map(|holding| row(scene, &valued, holding)).collect();
    let cash: Vec<Value> = valued
        .cash
        .iter()
        .map(|balance| {
            json!({
                "currency": balance.currency.code(),
                "amount": amount(balance.amount, balance.currency),
                "base_value": wire(balance.base_value.clone(), |value| amount(value, base)),
                "fx_rate": wire(balance.fx.clone(), |rate| fx_rate(balance.currency, base, rate)),
                "weight": statistic(weight(&balance.base_value, &valued.net_asset_value)),
            })
        })
        .collect();
    let missing: Vec<Value> = valued
        .missing
        .iter()
        .map(|hole| {
            json!({
                "symbol": hole.name,
                "code": hole.absence.code,
                "why": format!("{}: {}", hole.absence.code, hole.absence.why),
                "security_id": match hole.security_id {
                    Some(id) => id.to_string().into(),
                    None => absent("not_applicable", "not_applicable: a currency is no security", Value::Null),
                },
            })
        })
        .collect();
    let total = |value: &crate::values::Maybe<Decimal>| wire(value.clone(), |value| amount(value, base));
    let value = json!({
        "position_count": positions.len(),
        "positions": positions,
        "cash": cash,
        "positions_value": total(&valued.positions_value),
        "cash_value": total(&valued.cash_value),
        "net_asset_value": total(&valued.net_asset_value),
        "partial_value": amount(valued.partial, base),
        "missing": missing,
        "coverage": capability_wire::fraction(valued.coverage),
        "currency": base.code(),
        "as_of": scene.as_of,
    });
    Computed { value, warnings: staleness(scene, valued.holdings.iter()), sources: scene.sources() }
}

fn row(scene: &Scene, valued: &ValuedBook, holding: &ValuedHolding) -> Value {
    let base = scene.base();
    let money = |value: &crate::values::Maybe<Decimal>| wire(value.clone(), |value| amount(value, base));
    let in_currency = |(value, currency): (Decimal, Currency)| amount(value, currency);
    let gain_fraction = holding.unrealized.clone().and_then(|gain| over(gain, holding.cost_base.clone()?));
    let quote = &holding.price;
    let mut row = position_at_cost(scene, &holding.holding, (holding.cost_base.clone(), holding.cost_local.clone()));
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("price", wire(quote.clone(), |quote| price(quote.amount, quote.currency)));
    put("price_date", wire(quote.clone(), |quote| date(quote.quoted_on)));
    put("price_state", wire(quote.clone(), |quote| quote.state.as_str().into()));
    put("value_local", wire(holding.value_local.clone(), in_currency));
    put("market_value", money(&holding.market_value));
    put("fx_rate", wire(holding.fx.clone(), |(currency, rate)| fx_rate(currency, base, rate)));
    put("weight", statistic(weight(&holding.market_value, &valued.net_asset_value)));
    put("unrealized_gain", money(&holding.unrealized));
    put("unrealized_gain_fraction", statistic(gain_fraction.map(money::float::to_f64)));
    put("price_gain", money(&holding.price_gain));
    put("currency_gain", money(&holding.currency_gain));
    put("day_return", statistic(holding.day_return.clone()));
    put("stale", quote.as_ref().is_ok_and(|quote| quote.age > 0).into());
    for rating in ["dividend_safety", "moat_strength", "rating_grade"] {
        put(rating, absent("missing_fundamentals", "missing_fundamentals: not rated yet", Value::Null));
    }
    Value::Object(row)
}
