//! Exchange rates between any two currencies that a pack can connect: directly, inverted, or crossed through the euro.
//!
//! 1 `from` = rate `to`. The direct rate wins over the inverse, the inverse over the cross. A currency that is a fraction
//! of another (GBX of GBP) takes its parent's route. Invariant: a cross is as old as its older leg, and never fresher.

use crate::PriceState;
use dates::Date;
use money::Currency;
use rust_decimal::Decimal;
use std::fmt;

/// The currency through which two others are crossed: the European Central Bank quotes all against it.
pub(crate) const PIVOT: Currency = Currency::EUR;

/// How a rate was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// A currency in itself.
    Identity,
    /// The pair as quoted.
    Direct,
    /// One over the opposite pair.
    Inverse,
    /// Two quoted pairs that share a currency.
    Cross {
        /// The shared currency.
        via: Currency,
    },
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Identity => f.write_str("identity"),
            Route::Direct => f.write_str("direct"),
            Route::Inverse => f.write_str("inverse"),
            Route::Cross { via } => write!(f, "cross through {via}"),
        }
    }
}

/// A rate in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FxQuote {
    /// Units of the wanted currency for one unit of the given one; > 0.
    pub rate: Decimal,
    /// Day of the (older) observation behind it.
    pub quoted_on: Date,
    /// `traded` only if every leg is.
    pub state: PriceState,
    /// How it was obtained.
    pub route: Route,
}

/// One quoted leg.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leg {
    pub rate: Decimal,
    pub quoted_on: Date,
    pub state: PriceState,
}

/// Finds the rate from `from` to `to`, where `quoted(base, quote)` looks a pair up as it was observed.
/// `today` is the day of an identity.
pub(crate) fn triangulate(
    from: Currency,
    to: Currency,
    today: Date,
    quoted: impl Fn(Currency, Currency) -> Option<Leg>,
) -> Option<FxQuote> {
    let (from, from_unit) = whole_unit(from);
    let (to, to_unit) = whole_unit(to);
    let scale = from_unit.checked_div(to_unit)?;
    if from == to {
        return Some(FxQuote { rate: scale, quoted_on: today, state: PriceState::Traded, route: Route::Identity });
    }
    let scaled = |rate: Decimal| rate.checked_mul(scale).filter(|rate| *rate > Decimal::ZERO);
    if let Some(leg) = quoted(from, to) {
        return Some(quote(scaled(leg.rate)?, leg, leg, Route::Direct));
    }
    if let Some(leg) = quoted(to, from) {
        return Some(quote(scaled(Decimal::ONE.checked_div(leg.rate)?)?, leg, leg, Route::Inverse));
    }
    if from == PIVOT || to == PIVOT {
        return None;
    }
    let (rate, first, second) = cross(from, to, &quoted)?;
    Some(quote(scaled(rate)?, first, second, Route::Cross { via: PIVOT }))
}

/// The cross through the pivot, with one division at most where both legs are quoted the same way round.
fn cross(
    from: Currency,
    to: Currency,
    quoted: &impl Fn(Currency, Currency) -> Option<Leg>,
) -> Option<(Decimal, Leg, Leg)> {
    match (quoted(PIVOT, from), quoted(from, PIVOT), quoted(PIVOT, to), quoted(to, PIVOT)) {
        (Some(a), _, Some(b), _) => Some((b.rate.checked_div(a.rate)?, a, b)),
        (_, Some(a), Some(b), _) => Some((a.rate.checked_mul(b.rate)?, a, b)),
        (_, Some(a), _, Some(b)) => Some((a.rate.checked_div(b.rate)?, a, b)),
        (Some(a), _, _, Some(b)) => Some((Decimal::ONE.checked_div(a.rate.checked_mul(b.rate)?)?, a, b)),
        _ => None,
    }
}

fn quote(rate: Decimal, first: Leg, second: Leg, route: Route) -> FxQuote {
    let older = if first.quoted_on <= second.quoted_on { first } else { second };
    let state = if first.state == PriceState::Traded { second.state } else { first.state };
    FxQuote { rate, quoted_on: older.quoted_on, state, route }
}

/// A currency as a multiple of the whole currency it is a fraction of: GBX is 0.01 GBP, EUR is 1 EUR.
pub(crate) fn whole_unit(currency: Currency) -> (Currency, Decimal) {
    currency.parent().unwrap_or((currency, Decimal::ONE))
}
