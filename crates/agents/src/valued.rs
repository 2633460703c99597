//! Holdings at market value: quantity × price × rate, exact, with every hole named.
//!
//! A position without a usable price keeps its row and its reason; a total over it is absent; what is known is in
//! `partial`. Invariants: price gain + currency gain = unrealized gain; NAV = Σ positions + Σ cash.

use std::borrow::Cow;
use std::collections::BTreeMap;

use capability::Warning;
use dates::Date;
use ledger::{Lot, LotEventKind, Term};
use money::float::to_f64;
use money::{Currency, Decimal};
use pricing::{CARRY_SESSIONS_MAX, PriceState};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::Scene;
use crate::values::{Absence, Maybe, minus, over, plus, times, total};

/// A price in force, in the currency of the quote.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceInForce {
    /// Amount per unit.
    pub amount: Decimal,
    /// Its currency, perhaps a fraction such as pence.
    pub currency: Currency,
    /// Day of the observation.
    pub quoted_on: Date,
    /// How it came to be in force.
    pub state: PriceState,
    /// Sessions since it was quoted.
    pub age: u32,
}

/// A security's lots at their cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The security.
    pub security_id: Uuid,
    /// Accounts that hold it.
    pub account_ids: Vec<Uuid>,
    /// Open lots, or all where closed ones were asked for.
    pub lots: Vec<Lot>,
}

/// A holding at market value.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuedHolding {
    /// The holding.
    pub holding: Holding,
    /// Units.
    pub quantity: Decimal,
    /// Cost in base currency at the rates of the purchases.
    pub cost_base: Maybe<Decimal>,
    /// Cost in the currency of the purchases, where there is one.
    pub cost_local: Maybe<(Decimal, Currency)>,
    /// Price.
    pub price: Maybe<PriceInForce>,
    /// Base currency per unit of the price's whole currency.
    pub fx: Maybe<(Currency, Decimal)>,
    /// Value in the whole currency of the price.
    pub value_local: Maybe<(Decimal, Currency)>,
    /// Value in base currency.
    pub market_value: Maybe<Decimal>,
    /// Value less cost.
    pub unrealized: Maybe<Decimal>,
    /// Part that the price made.
    pub price_gain: Maybe<Decimal>,
    /// Part that exchange rates made.
    pub currency_gain: Maybe<Decimal>,
    /// Part of lots held a year or less.
    pub short_term: Maybe<Decimal>,
    /// Part of lots held longer.
    pub long_term: Maybe<Decimal>,
    /// Move of the last session in base currency, splits undone.
    pub day_return: Maybe<f64>,
}

/// A currency's cash.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuedCash {
    /// The currency.
    pub currency: Currency,
    /// Over all accounts.
    pub amount: Decimal,
    /// In base currency.
    pub base_value: Maybe<Decimal>,
    /// Base currency per unit.
    pub fx: Maybe<Decimal>,
}

/// A hole in the value of the book.
#[derive(Debug, Clone, PartialEq)]
pub struct Hole {
    /// The security, if it is one.
    pub security_id: Option<Uuid>,
    /// Symbol or currency.
    pub name: String,
    /// The reason.
    pub absence: Absence,
}

/// The whole book at market value.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuedBook {
    /// Holdings, by symbol.
    pub holdings: Vec<ValuedHolding>,
    /// Cash, by currency.
    pub cash: Vec<ValuedCash>,
    /// Σ holdings.
    pub positions_value: Maybe<Decimal>,
    /// Σ cash.
    pub cash_value: Maybe<Decimal>,
    /// Σ both.
    pub net_asset_value: Maybe<Decimal>,
    /// What is known of it.
    pub partial: Decimal,
    /// What is not.
    pub missing: Vec<Hole>,
    /// Known value over known value and cost of what is unknown.
    pub coverage: f64,
}

/// Lots grouped by security, open ones of the day; `include_closed` keeps the others.
pub fn holdings(scene: &Scene, include_closed: bool) -> Vec<Holding> {
    let mut grouped: BTreeMap<Uuid, Holding> = BTreeMap::new();
    for lot in lots_on(scene).into_iter().filter(|lot| include_closed || lot.is_open()) {
        let holding = grouped.entry(lot.security_id).or_insert_with(|| Holding {
            security_id: lot.security_id,
            account_ids: Vec::new(),
            lots: Vec::new(),
        });
        if !holding.account_ids.contains(&lot.account_id) {
            holding.account_ids.push(lot.account_id);
        }
        holding.lots.push(lot.into_owned());
    }
    let mut holdings: Vec<Holding> = grouped.into_values().collect();
    holdings.iter_mut().for_each(|holding| holding.account_ids.sort_unstable());
    holdings.sort_by_cached_key(|holding| (scene.folio.symbol(holding.security_id), holding.security_id));
    holdings
}

/// Lots as they stood at the end of the scene's day.
pub fn lots_on(scene: &Scene) -> Vec<Cow<'_, Lot>> {
    let book = &scene.folio.book;
    match book.last_effective_on() {
        Some(last) if scene.as_of < last => book.lots_as_of(scene.as_of).into_iter().map(Cow::Owned).collect(),
        _ => book.lots().map(Cow::Borrowed).collect(),
    }
}

/// Cash by currency at the end of the scene's day, balances of zero left out.
pub fn cash_on(scene: &Scene) -> BTreeMap<Currency, Decimal> {
    let mut cash = BTreeMap::new();
    for ((_, currency), amount) in cash_by_account(scene) {
        *cash.entry(currency).or_insert(Decimal::ZERO) += amount;
    }
    cash.retain(|_, amount| !amount.is_zero());
    cash
}

/// Cash by account and currency at the end of the scene's day.
pub fn cash_by_account(scene: &Scene) -> BTreeMap<(Uuid, Currency), Decimal> {
    let book = &scene.folio.book;
    match book.last_effective_on() {
        Some(last) if scene.as_of < last => book.cash_as_of(scene.as_of),
        _ => book.cash.clone(),
    }
}

impl ValuedBook {
    /// Memory, roughly, in bytes.
    pub fn bytes(&self) -> usize {
        let lots: usize = self.holdings.iter().map(|valued| valued.holding.lots.len()).sum();
        lots * size_of::<Lot>() + self.holdings.len() * 2 * size_of::<ValuedHolding>() + self.missing.len() * 300
    }
}

/// Values the book of a scene.
pub fn value_book(scene: &Scene) -> ValuedBook {
    let splits = splits_of(scene);
    let holdings: Vec<ValuedHolding> =
        holdings(scene, false).into_iter().map(|holding| value_holding(scene, &splits, holding)).collect();
    let cash: Vec<ValuedCash> =
        cash_on(scene).into_iter().map(|(currency, amount)| value_cash(scene, currency, amount)).collect();
    let mut missing = Vec::new();
    let (mut partial, mut unknown_cost) = (Decimal::ZERO, 0.0);
    for valued in &holdings {
        match &valued.market_value {
            Ok(value) => partial = partial.checked_add(*value).unwrap_or(partial),
            Err(absence) => {
                unknown_cost += valued.cost_base.as_ref().map_or(0.0, |cost| to_f64(*cost));
                let security_id = valued.holding.security_id;
                missing.push(Hole {
                    security_id: Some(security_id),
                    name: scene.folio.symbol(security_id),
                    absence: absence.clone(),
                });
            }
        }
    }
    for balance in &cash {
        match &balance.base_value {
            Ok(value) => partial = partial.checked_add(*value).unwrap_or(partial),
            Err(absence) => {
                missing.push(Hole { security_id: None, name: balance.currency.to_string(), absence: absence.clone() })
            }
        }
    }
    let incomplete = || {
        let names: Vec<&str> = missing.iter().map(|hole| hole.name.as_str()).collect();
        Absence::new(
            "incomplete",
            format!("no usable price or rate of {}", names.join(", ")),
            json!({ "missing": names }),
        )
    };
    let refuse = |sum: Maybe<Decimal>| sum.map_err(|_| incomplete());
    let positions_value = refuse(total(holdings.iter().map(|valued| valued.market_value.clone())));
    let cash_value = refuse(total(cash.iter().map(|balance| balance.base_value.clone())));
    let net_asset_value = refuse(total([positions_value.clone(), cash_value.clone()]));
    let known = to_f64(partial).abs();
    let coverage = if unknown_cost == 0.0 { 1.0 } else { known / (known + unknown_cost.abs()) };
    ValuedBook { holdings, cash, positions_value, cash_value, net_asset_value, partial, missing, coverage }
}

/// Warnings about prices that are older than the last session.
pub fn staleness<'v>(scene: &Scene, holdings: impl Iterator<Item = &'v ValuedHolding>) -> Vec<Warning> {
    let stale = holdings.filter_map(|valued| {
        let price = valued.price.as_ref().ok().filter(|price| price.age > 0)?;
        let symbol = scene.folio.symbol(valued.holding.security_id);
        let days = if price.age == 1 { "day" } else { "days" };
        let message = format!("{symbol} price is {} trading {days} old", price.age);
        Some(Warning::new(
            "stale_price",
            message,
            json!({ "security": symbol, "date": price.quoted_on, "sessions": price.age }),
        ))
    });
    stale.collect()
}

/// The usable price of a security at the scene's day: of the pack, else stated by the owner.
pub fn price_in_force(scene: &Scene, security_id: Uuid) -> Maybe<PriceInForce> {
    let age_of = |quoted_on: Date| match scene.folio.securities.get(&security_id) {
        Some(security) => scene.reference.calendar_of(security).sessions_between(quoted_on, scene.as_of),
        None => scene.reference.fixings().sessions_between(quoted_on, scene.as_of),
    };
    let quoted = scene.prices().and_then(|(market, at)| market.price_at(security_id, at)).map(|quote| PriceInForce {
        amount: quote.amount,
        currency: quote.currency,
        quoted_on: quote.quoted_on,
        state: quote.state,
        age: age_of(quote.quoted_on),
    });
    if let Some(price) = quoted.filter(|price| price.age <= CARRY_SESSIONS_MAX) {
        return Ok(price);
    }
    let stated =
        scene.folio.book.manual_prices.range((security_id, Date::MIN)..=(security_id, scene.as_of)).next_back();
    if let Some(((_, date), stated)) = stated {
        return Ok(PriceInForce {
            amount: stated.price,
            currency: stated.currency,
            quoted_on: *date,
            state: PriceState::Manual,
            // The owner's word holds until it is taken back.
            age: 0,
        });
    }
    let symbol = scene.folio.symbol(security_id);
    let subject = json!({ "security": symbol, "date": scene.as_of });
    Err(Absence::new("missing_price", format!("{symbol} on {}", scene.as_of), subject))
}

/// The usable rate to the base currency at the scene's day.
pub fn rate_in_force(scene: &Scene, currency: Currency) -> Maybe<Decimal> {
    if currency == scene.base() {
        return Ok(Decimal::ONE);
    }
    let found = scene.prices().and_then(|(market, at)| market.fx_at(currency, scene.base(), at));
    let usable = found
        .filter(|quote| scene.reference.fixings().sessions_between(quote.quoted_on, scene.as_of) <= CARRY_SESSIONS_MAX);
    usable.map(|quote| quote.rate).ok_or_else(|| {
        let subject = json!({ "currency": currency.code(), "date": scene.as_of });
        Absence::new("missing_fx", format!("{currency}/{} on {}", scene.base(), scene.as_of), subject)
    })
}

fn value_cash(scene: &Scene, currency: Currency, amount: Decimal) -> ValuedCash {
    let fx = rate_in_force(scene, currency);
    let base_value = fx.clone().and_then(|rate| times(amount, rate));
    ValuedCash { currency, amount, base_value, fx }
}

fn value_holding(scene: &Scene, splits: &Splits, holding: Holding) -> ValuedHolding {
    let quantity: Decimal = holding.lots.iter().map(|lot| lot.quantity_open).sum();
    let (cost_base, cost_local) = costs(scene, &holding.lots);
    let price = price_in_force(scene, holding.security_id);
    let whole = |currency: Currency| currency.parent().unwrap_or((currency, Decimal::ONE));
    let fx = price.clone().and_then(|price| {
        let (currency, _) = whole(price.currency);
        Ok((currency, rate_in_force(scene, currency)?))
    });
    let unit_value = price.clone().and_then(|price| {
        let (currency, unit) = whole(price.currency);
        Ok((times(price.amount, unit)?, currency))
    });
    let value_local = unit_value.clone().and_then(|(unit, currency)| Ok((times(quantity, unit)?, currency)));
    let market_value = value_local.clone().and_then(|(value, _)| times(value, fx.clone()?.1));
    let gains = fx
        .clone()
        .and_then(|(currency, rate)| Gains::of(scene, &holding.lots, (unit_value.clone()?.0, currency), rate));
    let part = |part: fn(&Gains) -> Maybe<Decimal>| gains.as_ref().map_err(Clone::clone).and_then(part);
    let day_return = day_return(scene, splits, holding.security_id, &price);
    ValuedHolding {
        quantity,
        cost_base,
        cost_local,
        fx,
        value_local,
        market_value,
        unrealized: part(|gains| Ok(gains.total)),
        price_gain: part(|gains| gains.price.clone()),
        currency_gain: part(|gains| gains.currency.clone()),
        short_term: part(|gains| Ok(gains.short_term)),
        long_term: part(|gains| Ok(gains.long_term)),
        day_return,
        price,
        holding,
    }
}

/// Cost in base currency, and in the currency of the purchases where they share one.
pub type Costs = (Maybe<Decimal>, Maybe<(Decimal, Currency)>);

/// Cost of lots in base currency, and in their own where they share one.
pub fn costs(scene: &Scene, lots: &[Lot]) -> Costs {
    let base = total(lots.iter().map(|lot| {
        let too_large = || Absence::new("invalid_input", "the cost is beyond what books hold", Value::Null);
        lot.cost_basis_base().ok_or_else(too_large)
    }));
    let currency = lots.first().map_or(scene.base(), |lot| lot.cost_currency);
    let local = if lots.iter().all(|lot| lot.cost_currency == currency) {
        total(lots.iter().map(|lot| Ok(lot.cost_basis))).map(|cost| (cost, currency))
    } else {
        Err(Absence::new("not_applicable", "the lots were bought in several currencies", Value::Null))
    };
    (base, local)
}

/// Unrealized gain of lots in base currency.
struct Gains {
    total: Decimal,
    price: Maybe<Decimal>,
    currency: Maybe<Decimal>,
    short_term: Decimal,
    long_term: Decimal,
}

impl Gains {
    fn of(scene: &Scene, lots: &[Lot], (unit_value, currency): (Decimal, Currency), rate: Decimal) -> Maybe<Gains> {
        let mut gains = Gains {
            total: Decimal::ZERO,
            price: Ok(Decimal::ZERO),
            currency: Ok(Decimal::ZERO),
            short_term: Decimal::ZERO,
            long_term: Decimal::ZERO,
        };
        for lot in lots {
            let too_large = || Absence::new("invalid_input", "the cost is beyond what books hold", Value::Null);
            let value = times(times(lot.quantity_open, unit_value)?, rate)?;
            let gain = minus(value, lot.cost_basis_base().ok_or_else(too_large)?)?;
            gains.total = plus(gains.total, gain)?;
            if Term::of(lot.holding_started_on, scene.as_of) == Term::Short {
                gains.short_term = plus(gains.short_term, gain)?;
            }
            if lot.cost_currency == currency {
                let by_currency = times(lot.cost_basis, minus(rate, lot.fx_rate_to_base)?)?;
                gains.currency = gains.currency.and_then(|sum| plus(sum, by_currency));
            } else {
                let why = format!("a lot was bought in {}, the price is in {currency}", lot.cost_currency);
                gains.currency = Err(Absence::new("not_applicable", why, Value::Null));
            }
        }
        // At the decimals of the wire, so that what is shown sums exactly.
        let shown = |value: Decimal| money::round_to(value, money::text::WIRE_DECIMALS);
        gains.total = shown(gains.total);
        gains.currency = gains.currency.map(shown);
        gains.price = gains.currency.clone().and_then(|currency| minus(gains.total, currency));
        gains.short_term = shown(gains.short_term);
        gains.long_term = minus(gains.total, gains.short_term)?;
        Ok(gains)
    }
}

/// Splits by security: (ex-date, new units per old one).
type Splits = BTreeMap<Uuid, Vec<(Date, f64)>>;

fn splits_of(scene: &Scene) -> Splits {
    let book = &scene.folio.book;
    let mut splits: Splits = BTreeMap::new();
    let mut events = book.lot_events().filter(|event| event.kind == LotEventKind::Split).peekable();
    if events.peek().is_none() {
        return splits;
    }
    let security: BTreeMap<Uuid, Uuid> = book.lots().map(|lot| (lot.id, lot.security_id)).collect();
    for event in events {
        if let (Some(ratio), Some(security)) = (event.ratio, security.get(&event.lot_id)) {
            let split = (event.effective_on, to_f64(ratio.to) / to_f64(ratio.from));
            let list = splits.entry(*security).or_default();
            // Every lot of the security has the event.
            if list.last() != Some(&split) {
                list.push(split);
            }
        }
    }
    splits
}

/// The move since the session before the price's own, in base currency.
fn day_return(scene: &Scene, splits: &Splits, security_id: Uuid, price: &Maybe<PriceInForce>) -> Maybe<f64> {
    let price = price.clone()?;
    let none = || {
        Absence::new("insufficient_data", "there is no price of the session before", json!({ "needed": 2, "found": 1 }))
    };
    let previous = match scene.folio.securities.get(&security_id) {
        Some(security) => scene.reference.calendar_of(security).previous_session(price.quoted_on),
        None => scene.reference.fixings().previous_session(price.quoted_on),
    };
    let (market, at) = scene.prices().ok_or_else(none)?;
    let before = previous.and_then(|day| market.index_on_or_before(day)).ok_or_else(none)?;
    let earlier = market.price_at(security_id, before).ok_or_else(none)?;
    let rate = |currency: Currency, index: usize| {
        market.fx_at(currency, scene.base(), index).map(|quote| to_f64(quote.rate)).ok_or_else(none)
    };
    let now = market.index_on_or_before(price.quoted_on).unwrap_or(at);
    let split: f64 = splits.get(&security_id).map_or(1.0, |list| {
        list.iter()
            .filter(|(date, _)| earlier.quoted_on < *date && *date <= price.quoted_on)
            .map(|(_, ratio)| ratio)
            .product()
    });
    let value = to_f64(price.amount) * split * rate(price.currency, now)?;
    let opening = to_f64(earlier.amount) * rate(earlier.currency, before)?;
    if opening == 0.0 { Err(none()) } else { Ok(value / opening - 1.0) }
}

/// Share of a whole, as a fraction.
pub fn weight(value: &Maybe<Decimal>, whole: &Maybe<Decimal>) -> Maybe<f64> {
    over(value.clone()?, whole.clone()?).map(to_f64)
}
