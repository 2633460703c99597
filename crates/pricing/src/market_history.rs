//! The prices and rates of a pack and of all packs behind it, held densely for computing.
//!
//! One column per security and per pair, one cell per pack date: a float for statistics (NaN where missing), the exact
//! decimal for books. Columns are shared between histories that agree on them. Invariant: every column has one cell per
//! date; dates ascend.

use crate::fx::{Leg, PIVOT, triangulate, whole_unit};
use crate::{DayContent, FxQuote, Pack, PackRef, PriceState, SecurityId};
use dates::{Date, TradingCalendar};
use money::Currency;
use money::float::to_f64;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A price in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Price of one unit; > 0.
    pub amount: Decimal,
    /// Currency of `amount`.
    pub currency: Currency,
    /// Day of the observation.
    pub quoted_on: Date,
    /// How it came to be in force.
    pub state: PriceState,
}

impl Quote {
    /// Age at a date in sessions of the security's calendar; 0 when no session has passed since it was quoted.
    pub fn age_sessions(&self, as_of: Date, calendar: &TradingCalendar) -> u32 {
        calendar.sessions_between(self.quoted_on, as_of)
    }
}

/// A price cell for statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceCell {
    /// Price of one unit; NaN where missing.
    pub value: f64,
    /// Its currency.
    pub currency: Currency,
}

/// Why packs do not make a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// No pack at all.
    #[error("a market history needs at least one pricing pack")]
    Empty,
    /// A pack that is not later than the one before it.
    #[error("pricing pack {display_id} is not after {previous}")]
    DatesDoNotAscend {
        /// The pack.
        display_id: String,
        /// Last date of the history.
        previous: Date,
    },
    /// A content of another day.
    #[error("pricing pack {display_id} has the content of {content_date}")]
    WrongDay {
        /// The pack.
        display_id: String,
        /// Day of the content.
        content_date: Date,
    },
}

/// Prices and rates of a pack's whole chain.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketHistory {
    /// The pack at the head of the chain.
    pub pack: PackRef,
    dates: Vec<Date>,
    prices: BTreeMap<SecurityId, Arc<Column>>,
    rates: BTreeMap<(Currency, Currency), Arc<Column>>,
}

/// One security or pair over all dates.
#[derive(Debug, Clone, Default)]
struct Column {
    values: Vec<f64>,
    exact: Vec<Decimal>,
    quoted_on: Vec<Date>,
    states: Vec<PriceState>,
    /// Currency from an index on; almost always one entry. Empty for rates.
    currencies: Vec<(usize, Currency)>,
}

impl MarketHistory {
    /// Builds the history of the last of `days`, which are given in date order with their contents.
    pub fn build<'a>(
        days: impl IntoIterator<Item = (&'a Pack, &'a DayContent)>,
    ) -> Result<MarketHistory, HistoryError> {
        let mut days = days.into_iter();
        let (pack, content) = days.next().ok_or(HistoryError::Empty)?;
        let mut history = MarketHistory {
            pack: pack.reference(),
            dates: Vec::new(),
            prices: BTreeMap::new(),
            rates: BTreeMap::new(),
        };
        history.append_day(pack, content)?;
        for (pack, content) in days {
            history.append_day(pack, content)?;
        }
        Ok(history)
    }

    /// Adds the next day. Costs one cell per security and pair unless the columns are shared with another history.
    pub fn append_day(&mut self, pack: &Pack, content: &DayContent) -> Result<(), HistoryError> {
        if content.date() != pack.date {
            let display_id = pack.display_id.clone();
            return Err(HistoryError::WrongDay { display_id, content_date: content.date() });
        }
        if let Some(previous) = self.dates.last().copied().filter(|last| pack.date <= *last) {
            return Err(HistoryError::DatesDoNotAscend { display_id: pack.display_id.clone(), previous });
        }
        let index = self.dates.len();
        self.dates.push(pack.date);
        self.pack = pack.reference();
        for row in content.prices() {
            let column = Arc::make_mut(self.prices.entry(row.security_id).or_default());
            column.push(index, row.close, row.quoted_on, row.state);
            if column.currencies.last().is_none_or(|(_, currency)| *currency != row.currency) {
                column.currencies.push((index, row.currency));
            }
        }
        for row in content.rates() {
            let column = Arc::make_mut(self.rates.entry((row.base, row.quote)).or_default());
            column.push(index, row.rate, row.quoted_on, row.state);
        }
        for column in self.prices.values_mut().chain(self.rates.values_mut()) {
            if column.values.len() == index {
                Arc::make_mut(column).push_missing(index + 1);
            }
        }
        Ok(())
    }

    /// The history of a restated chain: `tail` replaces every day from its first date on. Columns that come out equal
    /// are shared with this history.
    pub fn restated<'a>(
        &self,
        tail: impl IntoIterator<Item = (&'a Pack, &'a DayContent)>,
    ) -> Result<MarketHistory, HistoryError> {
        let mut tail = tail.into_iter().peekable();
        let first = tail.peek().ok_or(HistoryError::Empty)?.0;
        let kept = self.dates.partition_point(|date| *date < first.date);
        let mut history = MarketHistory {
            pack: first.reference(),
            dates: self.dates[..kept].to_vec(),
            prices: truncated(&self.prices, kept),
            rates: truncated(&self.rates, kept),
        };
        for (pack, content) in tail {
            history.append_day(pack, content)?;
        }
        share_equal(&self.prices, &mut history.prices);
        share_equal(&self.rates, &mut history.rates);
        Ok(history)
    }

    /// The pack dates, ascending.
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// Position of a pack date; none for a day without a pack.
    pub fn date_index(&self, date: Date) -> Option<usize> {
        self.dates.binary_search(&date).ok()
    }

    /// Position of the last pack date on or before a day.
    pub fn index_on_or_before(&self, date: Date) -> Option<usize> {
        self.dates.partition_point(|d| *d <= date).checked_sub(1)
    }

    /// Position of the head.
    pub fn last_index(&self) -> usize {
        self.dates.len() - 1
    }

    /// Securities with at least one price, ascending by id.
    pub fn securities(&self) -> impl Iterator<Item = SecurityId> + '_ {
        self.prices.keys().copied()
    }

    /// The price in force on a pack date; none for a day without a pack and for a missing price.
    pub fn price(&self, security: SecurityId, date: Date) -> Option<Quote> {
        self.price_at(security, self.date_index(date)?)
    }

    /// The price in force at a position.
    pub fn price_at(&self, security: SecurityId, index: usize) -> Option<Quote> {
        let column = self.prices.get(&security)?;
        let leg = column.leg(index)?;
        let currency = column.currency(index)?;
        Some(Quote { amount: leg.rate, currency, quoted_on: leg.quoted_on, state: leg.state })
    }

    /// All prices of a security, one per date, NaN where missing, each in the currency of [`Self::price_currencies`].
    pub fn price_column(&self, security: SecurityId) -> Option<&[f64]> {
        self.prices.get(&security).map(|column| column.values.as_slice())
    }

    /// The currency in which a security is quoted, from a position on: one entry unless the quote currency changed.
    pub fn price_currencies(&self, security: SecurityId) -> &[(usize, Currency)] {
        self.prices.get(&security).map_or(&[], |column| column.currencies.as_slice())
    }

    /// The price of a security at a position, for statistics; none if it is unknown to the whole history.
    pub fn price_cell(&self, security: SecurityId, index: usize) -> Option<PriceCell> {
        let column = self.prices.get(&security)?;
        Some(PriceCell { value: *column.values.get(index)?, currency: column.currency(index)? })
    }

    /// The rate from one currency to another on a pack date: 1 `from` = rate `to`.
    pub fn fx(&self, from: Currency, to: Currency, date: Date) -> Option<FxQuote> {
        self.fx_at(from, to, self.date_index(date)?)
    }

    /// The rate from one currency to another at a position.
    pub fn fx_at(&self, from: Currency, to: Currency, index: usize) -> Option<FxQuote> {
        let today = *self.dates.get(index)?;
        triangulate(from, to, today, |base, quote| self.rates.get(&(base, quote))?.leg(index))
    }

    /// All rates from one currency to another, one per date, NaN where missing.
    pub fn fx_column(&self, from: Currency, to: Currency) -> Vec<f64> {
        let (from, from_unit) = whole_unit(from);
        let (to, to_unit) = whole_unit(to);
        let scale = to_f64(from_unit) / to_f64(to_unit);
        if from == to {
            return vec![scale; self.dates.len()];
        }
        let direct = self.rate_column(from, to);
        let through =
            (from != PIVOT && to != PIVOT).then(|| (self.rate_column(from, PIVOT), self.rate_column(PIVOT, to)));
        let cell = |index: usize| match (direct.at(index), &through) {
            (rate, Some((first, second))) if rate.is_nan() => first.at(index) * second.at(index),
            (rate, _) => rate,
        };
        (0..self.dates.len()).map(|index| cell(index) * scale).collect()
    }

    /// Memory of the columns in bytes; columns shared with other histories are counted in full.
    pub fn bytes(&self) -> usize {
        let columns = self.prices.values().chain(self.rates.values()).map(|column| column.bytes()).sum::<usize>();
        columns + self.dates.capacity() * size_of::<Date>()
    }

    fn rate_column(&self, base: Currency, quote: Currency) -> BothWays<'_> {
        let values = |base, quote| self.rates.get(&(base, quote)).map(|column| column.values.as_slice());
        BothWays { direct: values(base, quote), inverse: values(quote, base) }
    }
}

/// A pair as quoted and the other way round.
struct BothWays<'a> {
    direct: Option<&'a [f64]>,
    inverse: Option<&'a [f64]>,
}

impl BothWays<'_> {
    fn at(&self, index: usize) -> f64 {
        let direct = self.direct.map_or(f64::NAN, |values| values[index]);
        if !direct.is_nan() {
            return direct;
        }
        self.inverse.map_or(f64::NAN, |values| 1.0 / values[index])
    }
}

impl Column {
    fn push(&mut self, index: usize, value: Decimal, quoted_on: Date, state: PriceState) {
        self.push_missing(index);
        self.values.push(to_f64(value));
        self.exact.push(value);
        self.quoted_on.push(quoted_on);
        self.states.push(state);
    }

    fn push_missing(&mut self, length: usize) {
        self.values.resize(length, f64::NAN);
        self.exact.resize(length, Decimal::ZERO);
        self.quoted_on.resize(length, Date::MIN);
        self.states.resize(length, PriceState::Carried);
    }

    fn leg(&self, index: usize) -> Option<Leg> {
        let present = self.values.get(index).is_some_and(|value| !value.is_nan());
        present.then(|| Leg { rate: self.exact[index], quoted_on: self.quoted_on[index], state: self.states[index] })
    }

    fn currency(&self, index: usize) -> Option<Currency> {
        let runs = self.currencies.partition_point(|(from, _)| *from <= index);
        self.currencies.get(runs.saturating_sub(1)).map(|(_, currency)| *currency)
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length);
        self.exact.truncate(length);
        self.quoted_on.truncate(length);
        self.states.truncate(length);
        self.currencies.retain(|(from, _)| *from < length);
    }

    fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<f64>()
            + self.exact.capacity() * size_of::<Decimal>()
            + self.quoted_on.capacity() * size_of::<Date>()
            + self.states.capacity() * size_of::<PriceState>()
            + self.currencies.capacity() * size_of::<(usize, Currency)>()
    }
}

/// Missing cells are equal to each other, although NaN is not: the decimals decide.
impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.exact == other.exact
            && self.quoted_on == other.quoted_on
            && self.states == other.states
            && self.currencies == other.currencies
    }
}

fn truncated<K: Ord + Copy>(columns: &BTreeMap<K, Arc<Column>>, length: usize) -> BTreeMap<K, Arc<Column>> {
    let cut = |column: &Column| {
        let mut column = column.clone();
        column.truncate(length);
        Arc::new(column)
    };
    let has_value = |column: &Column| column.values[..length].iter().any(|value| !value.is_nan());
    columns.iter().filter(|(_, column)| has_value(column)).map(|(key, column)| (*key, cut(column))).collect()
}

fn share_equal<K: Ord>(old: &BTreeMap<K, Arc<Column>>, new: &mut BTreeMap<K, Arc<Column>>) {
    for (key, column) in new.iter_mut() {
        if let Some(same) = old.get(key).filter(|before| before == &column) {
            *column = Arc::clone(same);
        }
    }
}
