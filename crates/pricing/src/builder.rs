//! Builds a day content from observations: the last close on or before the day, carried forward for a few sessions of
//! the security's own calendar, and a typed list of what is missing.
//!
//! Invariant: nothing observed after the day or known after the cut-off is used, so nothing is ever filled backward.

use crate::{ContentError, DayContent, PriceRow, PriceState, RateRow, SecurityId};
use chrono::{DateTime, Utc};
use dates::{Date, TradingCalendar};
use money::Currency;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt;

/// A close as a provider reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceObservation {
    /// The security.
    pub security_id: SecurityId,
    /// Session of the close.
    pub date: Date,
    /// Price of one unit as traded; > 0.
    pub close: Decimal,
    /// Currency of `close`.
    pub currency: Currency,
    /// The provider.
    pub source: String,
    /// When we learned it.
    pub known_at: DateTime<Utc>,
}

/// A rate as a provider reported it: 1 `base` = `rate` `quote`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateObservation {
    /// The currency of which one unit is priced.
    pub base: Currency,
    /// The currency in which it is priced.
    pub quote: Currency,
    /// Day of the fixing.
    pub date: Date,
    /// Units of `quote` for one `base`; > 0.
    pub rate: Decimal,
    /// The provider.
    pub source: String,
    /// When we learned it.
    pub known_at: DateTime<Utc>,
}

/// Observations grouped for looking up the last one on or before a day.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    prices: BTreeMap<SecurityId, Vec<PriceObservation>>,
    rates: BTreeMap<(Currency, Currency), Vec<RateObservation>>,
}

/// A security whose price is expected, with the calendar that counts its sessions.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The security.
    pub security_id: SecurityId,
    /// Calendar of the exchange on which it is quoted.
    pub calendar: &'a TradingCalendar,
}

/// What a day content shall hold.
#[derive(Debug, Clone, Copy)]
pub struct DayRequest<'a> {
    /// The day.
    pub date: Date,
    /// Cut-off: observations known later are not used.
    pub known_at: DateTime<Utc>,
    /// Securities whose price is expected.
    pub securities: &'a [Expected<'a>],
    /// Pairs whose rate is expected.
    pub pairs: &'a [(Currency, Currency)],
    /// Calendar of the fixings.
    pub rates_calendar: &'a TradingCalendar,
    /// Providers, the preferred first; observations of others are not used. Empty: every provider, by name.
    pub sources: &'a [String],
    /// Sessions that a value is carried at most; see [`crate::CARRY_SESSIONS_MAX`].
    pub carry_sessions_max: u32,
}

/// A built day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The content.
    pub content: DayContent,
    /// What was expected and is not in it: prices by security, then rates by pair.
    pub missing: Vec<Missing>,
}

/// A price or rate that was expected and is not usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No usable price of a security.
    Price {
        /// The security.
        security_id: SecurityId,
        /// The day.
        date: Date,
        /// The last observation, too old to be carried; none if there was never one.
        last_quoted_on: Option<Date>,
    },
    /// No usable rate of a pair.
    Rate {
        /// The currency of which one unit is priced.
        base: Currency,
        /// The currency in which it is priced.
        quote: Currency,
        /// The day.
        date: Date,
        /// The last observation, too old to be carried; none if there was never one.
        last_quoted_on: Option<Date>,
    },
}

impl Missing {
    /// The error code of the hole: `missing_price` or `missing_fx`.
    pub fn code(&self) -> &'static str {
        match self {
            Missing::Price { .. } => "missing_price",
            Missing::Rate { .. } => "missing_fx",
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = match self {
            Missing::Price { security_id, date, last_quoted_on } => {
                write!(f, "missing_price: {security_id} on {date}")?;
                last_quoted_on
            }
            Missing::Rate { base, quote, date, last_quoted_on } => {
                write!(f, "missing_fx: {base}/{quote} on {date}")?;
                last_quoted_on
            }
        };
        last.map_or(Ok(()), |day| write!(f, ", last quoted on {day}"))
    }
}

impl Observations {
    /// Groups and sorts observations; the order in which they are given does not matter.
    pub fn new(prices: Vec<PriceObservation>, rates: Vec<RateObservation>) -> Observations {
        let mut grouped = Observations::default();
        for price in prices {
            grouped.prices.entry(price.security_id).or_default().push(price);
        }
        for rate in rates {
            grouped.rates.entry((rate.base, rate.quote)).or_default().push(rate);
        }
        // The value is part of the key only to make the choice between equal vintages independent of input order.
        for list in grouped.prices.values_mut() {
            list.sort_by(|a, b| {
                (a.date, a.known_at, &a.source, a.close).cmp(&(b.date, b.known_at, &b.source, b.close))
            });
        }
        for list in grouped.rates.values_mut() {
            list.sort_by(|a, b| (a.date, a.known_at, &a.source, a.rate).cmp(&(b.date, b.known_at, &b.source, b.rate)));
        }
        grouped
    }
}

/// Builds the content of a day. Fails on an observation that no content accepts, such as a price of zero.
pub fn build_day(observations: &Observations, request: &DayRequest<'_>) -> Result<Built, ContentError> {
    let mut missing = Vec::new();
    let mut prices = Vec::with_capacity(request.securities.len());
    for expected in sorted_by_id(request.securities) {
        let history = observations.prices.get(&expected.security_id).map_or(&[][..], Vec::as_slice);
        let last = in_force(history, request);
        match last.filter(|o| is_usable(expected.calendar, o.date, request)) {
            Some(o) => prices.push(PriceRow {
                security_id: o.security_id,
                close: o.close,
                currency: o.currency,
                state: state_of(o.date, request.date),
                quoted_on: o.date,
                source: o.source.clone(),
            }),
            None => missing.push(Missing::Price {
                security_id: expected.security_id,
                date: request.date,
                last_quoted_on: last.map(|o| o.date),
            }),
        }
    }
    let mut rates = Vec::with_capacity(request.pairs.len());
    let mut pairs = request.pairs.to_vec();
    pairs.sort();
    pairs.dedup();
    for (base, quote) in pairs {
        let history = observations.rates.get(&(base, quote)).map_or(&[][..], Vec::as_slice);
        let last = in_force(history, request);
        match last.filter(|o| is_usable(request.rates_calendar, o.date, request)) {
            Some(o) => rates.push(RateRow {
                base,
                quote,
                rate: o.rate,
                state: state_of(o.date, request.date),
                quoted_on: o.date,
                source: o.source.clone(),
            }),
            None => {
                missing.push(Missing::Rate { base, quote, date: request.date, last_quoted_on: last.map(|o| o.date) })
            }
        }
    }
    let content = DayContent::new(request.date, prices, rates)?;
    Ok(Built { content, missing })
}

fn sorted_by_id<'a>(securities: &[Expected<'a>]) -> Vec<Expected<'a>> {
    let mut sorted = securities.to_vec();
    sorted.sort_by_key(|e| e.security_id);
    sorted.dedup_by_key(|e| e.security_id);
    sorted
}

/// The observation in force: of the latest day on or before the request's that any accepted provider knew by the
/// cut-off, the one of the preferred provider, and of that provider's vintages the latest.
fn in_force<'a, T: Observed>(history: &'a [T], request: &DayRequest<'_>) -> Option<&'a T> {
    let end = history.partition_point(|o| o.date() <= request.date);
    let mut best: Option<(&T, usize)> = None;
    for observation in history[..end].iter().rev() {
        if best.is_some_and(|(found, _)| observation.date() < found.date()) {
            break;
        }
        let Some(rank) = rank_of(observation.source(), request.sources) else { continue };
        if observation.known_at() > request.known_at {
            continue;
        }
        // Within a day the list runs from the latest vintage backwards, so only a better provider replaces.
        if best.is_none_or(|(_, best_rank)| rank < best_rank) {
            best = Some((observation, rank));
        }
    }
    best.map(|(observation, _)| observation)
}

/// What the choice of an observation depends on.
trait Observed {
    fn date(&self) -> Date;
    fn known_at(&self) -> DateTime<Utc>;
    fn source(&self) -> &str;
}

impl Observed for PriceObservation {
    fn date(&self) -> Date {
        self.date
    }
    fn known_at(&self) -> DateTime<Utc> {
        self.known_at
    }
    fn source(&self) -> &str {
        &self.source
    }
}

impl Observed for RateObservation {
    fn date(&self) -> Date {
        self.date
    }
    fn known_at(&self) -> DateTime<Utc> {
        self.known_at
    }
    fn source(&self) -> &str {
        &self.source
    }
}

fn rank_of(source: &str, sources: &[String]) -> Option<usize> {
    if sources.is_empty() { Some(0) } else { sources.iter().position(|s| s == source) }
}

fn is_usable(calendar: &TradingCalendar, quoted_on: Date, request: &DayRequest<'_>) -> bool {
    calendar.sessions_between(quoted_on, request.date) <= request.carry_sessions_max
}

fn state_of(quoted_on: Date, date: Date) -> PriceState {
    if quoted_on == date { PriceState::Traded } else { PriceState::Carried }
}
