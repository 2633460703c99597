//! Daily valuation: what the portfolio was worth at the close of each day, cash included.
//!
//!   NAV_d = Σ quantity · price · fx + Σ cash · fx      all in force at the close of d, in base currency
//!
//! Prices are as traded, so a split changes the quantity before the open of its day. Cash moves on the effective date.
//! External flows (deposits, withdrawals, transfers in kind) are valued at the day's rate; dividends, interest, fees,
//! taxes, trades and conversions are internal. A movement on a day without a pack counts on the next pack date.
//!
//! A held position without a price, or a balance without a rate, makes the day's value missing, never zero: the value is
//! NaN in the column and the hole is listed with its date and its security or currency.
//!
//! GIPS (2020), section 2: portfolios are valued at fair value, cash included, at each external flow.

use crate::returns::{BrokenChain, FlowTiming, twr_from_first_funding};
use crate::valuation::{FlowClass, ManualPrices, classified_flows, for_each_run};
use crate::{Date, Undefined};
use ledger::Timeline;
use money::Currency;
use pricing::MarketHistory;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use uuid::Uuid;

/// Positions in a market history: first day and the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First position.
    pub first: usize,
    /// Position after the last.
    pub end: usize,
}

impl Window {
    /// The pack dates in [`from`, `to`]; none if there is no pack in it.
    pub fn of(market: &MarketHistory, from: Date, to: Date) -> Option<Window> {
        let first = market.dates().partition_point(|day| *day < from);
        let end = market.dates().partition_point(|day| *day <= to);
        (first < end).then_some(Window { first, end })
    }

    /// Number of days.
    pub fn len(&self) -> usize {
        self.end - self.first
    }

    /// Never: a window has at least one day.
    pub fn is_empty(&self) -> bool {
        self.end <= self.first
    }

    pub(crate) fn clamp(&self, position: usize) -> usize {
        position.clamp(self.first, self.end)
    }

    /// Position inside the window at which a date counts: its own, or that of the next pack date; none outside of it.
    pub(crate) fn day_of(&self, market: &MarketHistory, date: Date) -> Option<usize> {
        let position = first_on_or_after(market.dates(), date);
        self.range().contains(&position).then(|| position - self.first)
    }

    /// Whether something that first happened on a date belongs to the window, so that nothing came before it.
    fn opens_before(&self, market: &MarketHistory, first_event: Date) -> bool {
        let days = market.dates();
        match self.first.checked_sub(1) {
            Some(before) => days[before] < first_event,
            None => days[0] <= first_event,
        }
    }

    fn range(&self) -> Range<usize> {
        self.first..self.end
    }
}

/// One currency's part of the portfolio, in that currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Sleeve {
    /// The currency; fractions such as pence are counted in their whole currency.
    pub currency: Currency,
    /// Value of the positions at the close of each day, in `currency`; NaN where a price is missing.
    pub positions: Vec<f64>,
    /// Cash at the close of each day, in `currency`.
    pub cash: Vec<f64>,
    /// Base currency per unit of `currency`; NaN where missing.
    pub fx: Vec<f64>,
}

/// What is missing for the value of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoleKind {
    /// The price of a held security.
    Price(Uuid),
    /// The rate of a held currency.
    Rate(Currency),
}

/// Something missing on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hole {
    /// The day.
    pub date: Date,
    /// What is missing.
    pub kind: HoleKind,
}

impl Hole {
    /// The code of the reason: `missing_price` or `missing_fx`.
    pub fn code(&self) -> &'static str {
        match self.kind {
            HoleKind::Price(_) => "missing_price",
            HoleKind::Rate(_) => "missing_fx",
        }
    }
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            HoleKind::Price(security) => write!(f, "missing_price: {security} on {}", self.date),
            HoleKind::Rate(currency) => write!(f, "missing_fx: {currency} on {}", self.date),
        }
    }
}

/// Values and flows of each pack date of a window, in base currency unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyValuation {
    /// The currency of the values.
    pub base: Currency,
    /// The pack dates, ascending.
    pub dates: Vec<Date>,
    /// Positions and cash at the close; NaN on a day with a hole.
    pub nav: Vec<f64>,
    /// Positions at the close; NaN on a day with a hole in prices or their rates.
    pub positions_value: Vec<f64>,
    /// Cash at the close; NaN on a day with a hole in its rates.
    pub cash_value: Vec<f64>,
    /// Net flow across the boundary of the portfolio on the day, in +.
    pub external_flow: Vec<f64>,
    /// Dividends and interest of the day, before tax.
    pub income: Vec<f64>,
    /// Fees of the day, ≥ 0 when paid.
    pub fees: Vec<f64>,
    /// Taxes on trading of the day, ≥ 0 when paid.
    pub transaction_taxes: Vec<f64>,
    /// Withholding and other taxes of the day, ≥ 0 when paid.
    pub income_taxes: Vec<f64>,
    /// By currency, ascending by code.
    pub sleeves: Vec<Sleeve>,
    /// What is missing, by date.
    pub missing: Vec<Hole>,
    /// Whether nothing had happened before the first day: it then opens with a value of zero.
    pub opens_empty: bool,
}

/// A chain of daily returns with its dates.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyReturns {
    /// The day at whose close the chain opens: the day before the first return.
    pub opened_on: Date,
    /// The day of each return, ascending.
    pub dates: Vec<Date>,
    /// The returns; none on a day without exposure.
    pub daily: Vec<Option<f64>>,
    /// Linked over all days.
    pub twr: f64,
}

/// Values the portfolio at each pack date in [`from`, `to`]. Undefined if there is no pack date in it.
pub fn daily_valuation(
    timeline: &Timeline,
    market: &MarketHistory,
    manual: &ManualPrices,
    from: Date,
    to: Date,
    base: Currency,
) -> Result<DailyValuation, Undefined> {
    let window = Window::of(market, from, to).ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    let days = window.len();
    let mut sleeves: BTreeMap<Currency, Sleeve> = BTreeMap::new();
    let add_sleeve = |sleeves: &mut BTreeMap<Currency, Sleeve>, currency: Currency| {
        sleeves.entry(currency).or_insert_with(|| Sleeve {
            currency,
            positions: vec![0.0; days],
            cash: vec![0.0; days],
            fx: market.fx_column(currency, base)[window.range()].to_vec(),
        });
    };
    for_each_run(timeline, market, manual, &window, |run| {
        if !sleeves.contains_key(&run.currency) {
            add_sleeve(&mut sleeves, run.currency);
        }
        let Some(sleeve) = sleeves.get_mut(&run.currency) else { return };
        let values = &mut sleeve.positions[run.from..run.from + run.prices.len()];
        for (value, price) in values.iter_mut().zip(run.prices) {
            *value += run.quantity * price;
        }
    });
    for (currency, deltas) in &timeline.cash_deltas {
        let (whole, unit) = whole_currency(*currency);
        add_sleeve(&mut sleeves, whole);
        if let Some(sleeve) = sleeves.get_mut(&whole) {
            add_balances(&mut sleeve.cash, deltas, unit, market, &window);
        }
    }
    let sleeves: Vec<Sleeve> = sleeves.into_values().collect();
    let positions_value = total(&sleeves, days, |sleeve| &sleeve.positions);
    let cash_value = total(&sleeves, days, |sleeve| &sleeve.cash);
    let nav: Vec<f64> = positions_value.iter().zip(&cash_value).map(|(positions, cash)| positions + cash).collect();
    let mut valuation = DailyValuation {
        base,
        dates: market.dates()[window.range()].to_vec(),
        missing: Vec::new(),
        nav,
        positions_value,
        cash_value,
        external_flow: vec![0.0; days],
        income: vec![0.0; days],
        fees: vec![0.0; days],
        transaction_taxes: vec![0.0; days],
        income_taxes: vec![0.0; days],
        sleeves,
        opens_empty: timeline.span.is_none_or(|(first, _)| window.opens_before(market, first)),
    };
    valuation.add_flows(timeline, market, &window);
    valuation.missing = holes(&valuation, timeline, market, manual, &window);
    Ok(valuation)
}

impl DailyValuation {
    /// The value at the close of a day of the window, by position. Undefined on a day with a hole.
    pub fn value_at(&self, position: usize) -> Result<f64, Undefined> {
        let (value, date) = (self.nav[position], self.dates[position]);
        if value.is_nan() { Err(Undefined::Incomplete { date }) } else { Ok(value) }
    }

    /// The time-weighted return over the window. A flow into an empty portfolio counts from the start of its day. If
    /// nothing had happened before the window, its first day has a return of its own.
    pub fn time_weighted_return(&self, timing: FlowTiming) -> Result<DailyReturns, BrokenChain> {
        self.chain(&self.nav, timing)
    }

    /// The same before fees and taxes on trading: each day's are added back to its value, not to the capital after it.
    pub fn gross_of_fees_daily(&self) -> Result<Vec<Option<f64>>, Undefined> {
        let first = self.first_return();
        (first..self.dates.len())
            .map(|day| {
                let opening = if day == 0 { 0.0 } else { self.nav[day - 1] };
                let costs = self.fees[day] + self.transaction_taxes[day];
                crate::returns::day_return(opening, self.nav[day] + costs, self.external_flow[day], FlowTiming::Hybrid)
                    .map_err(|_| self.reason(day))
            })
            .collect()
    }

    /// External flows as an investor sees them (contribution −), and the closing value as the last one: what the
    /// money-weighted return takes. The opening value is a contribution, unless the window opens empty.
    pub fn investor_flows(&self) -> Result<Vec<(Date, f64)>, Undefined> {
        let last = self.dates.len() - 1;
        let first = self.first_return();
        let mut flows = Vec::new();
        if first == 1 {
            flows.push((self.dates[0], -self.value_at(0)?));
        }
        for day in first..=last {
            if self.external_flow[day].is_nan() {
                return Err(Undefined::Incomplete { date: self.dates[day] });
            }
            if self.external_flow[day] != 0.0 {
                flows.push((self.dates[day], -self.external_flow[day]));
            }
        }
        flows.push((self.dates[last], self.value_at(last)?));
        Ok(flows)
    }

    /// Position of the first day that has a return.
    pub(crate) fn first_return(&self) -> usize {
        usize::from(!self.opens_empty)
    }

    /// Why a day has no return.
    pub(crate) fn reason(&self, day: usize) -> Undefined {
        let incomplete = |day: &usize| self.nav[*day].is_nan() || self.external_flow[*day].is_nan();
        let hole = [day.saturating_sub(1), day].into_iter().find(incomplete);
        hole.map_or(Undefined::UndefinedReturn { index: day }, |day| Undefined::Incomplete { date: self.dates[day] })
    }

    fn chain(&self, nav: &[f64], timing: FlowTiming) -> Result<DailyReturns, BrokenChain> {
        let (opening_value, opening_flow) = if self.opens_empty { (vec![0.0], vec![0.0]) } else { (vec![], vec![]) };
        let nav = [opening_value.as_slice(), nav].concat();
        let flows = [opening_flow.as_slice(), self.external_flow.as_slice()].concat();
        let chained = twr_from_first_funding(&nav, &flows, timing).map_err(|broken| match broken.reason {
            Undefined::UndefinedReturn { index } => {
                let day = index - usize::from(self.opens_empty);
                BrokenChain { reason: self.reason(day), daily_before: broken.daily_before }
            }
            _ => broken,
        })?;
        let first = self.first_return();
        let day_before = self.dates[0].pred_opt().unwrap_or(self.dates[0]);
        Ok(DailyReturns {
            opened_on: if self.opens_empty { day_before } else { self.dates[0] },
            dates: self.dates[first..].to_vec(),
            daily: chained.daily,
            twr: chained.twr,
        })
    }

    fn add_flows(&mut self, timeline: &Timeline, market: &MarketHistory, window: &Window) {
        let mut same_as_last: Option<(Currency, Option<usize>, f64)> = None;
        for (flow, class) in classified_flows(timeline) {
            let Some(day) = window.day_of(market, flow.date) else { continue };
            if matches!(class, FlowClass::Trade | FlowClass::Conversion) {
                continue;
            }
            let (sleeve, unit) = match same_as_last {
                Some((currency, sleeve, unit)) if currency == flow.currency => (sleeve, unit),
                _ => {
                    let (whole, unit) = whole_currency(flow.currency);
                    let sleeve = self.sleeves.iter().position(|sleeve| sleeve.currency == whole);
                    same_as_last = Some((flow.currency, sleeve, unit));
                    (sleeve, unit)
                }
            };
            let amount = flow.amount * unit * sleeve.map_or(f64::NAN, |at| self.sleeves[at].fx[day]);
            match class {
                FlowClass::External => self.external_flow[day] += amount,
                FlowClass::Income => self.income[day] += amount,
                FlowClass::Fee => self.fees[day] -= amount,
                FlowClass::TransactionTax => self.transaction_taxes[day] -= amount,
                FlowClass::IncomeTax => self.income_taxes[day] -= amount,
                FlowClass::Trade | FlowClass::Conversion => {}
            }
        }
    }
}

/// Adds the running balance of a currency's cash to a column.
fn add_balances(cash: &mut [f64], deltas: &[(Date, f64)], unit: f64, market: &MarketHistory, window: &Window) {
    let position = |date| window.clamp(first_on_or_after(market.dates(), date)) - window.first;
    let (mut balance, mut moved) = (0.0_f64, 0.0_f64);
    for (at, (date, delta)) in deltas.iter().enumerate() {
        balance += delta;
        moved += delta.abs();
        // What float noise leaves of a balance that was spent to the last cent is nothing.
        if balance.abs() <= 1e-14 * moved {
            balance = 0.0;
        }
        let end = deltas.get(at + 1).map_or(cash.len(), |(next, _)| position(*next));
        cash[position(*date)..end].iter_mut().for_each(|value| *value += balance * unit);
    }
}

/// Σ amount · fx over the sleeves; nothing of an unknown rate is still nothing.
fn total(sleeves: &[Sleeve], days: usize, amounts: impl Fn(&Sleeve) -> &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; days];
    for sleeve in sleeves {
        for ((sum, amount), fx) in sums.iter_mut().zip(amounts(sleeve)).zip(&sleeve.fx) {
            *sum += if *amount == 0.0 { 0.0 } else { amount * fx };
        }
    }
    sums
}

fn holes(
    valuation: &DailyValuation,
    timeline: &Timeline,
    market: &MarketHistory,
    manual: &ManualPrices,
    window: &Window,
) -> Vec<Hole> {
    let incomplete = |day: usize| valuation.nav[day].is_nan() || valuation.external_flow[day].is_nan();
    if !(0..valuation.dates.len()).any(incomplete) {
        return Vec::new();
    }
    let mut holes = Vec::new();
    for sleeve in &valuation.sleeves {
        let is_held = |day: usize| sleeve.positions[day] != 0.0 || sleeve.cash[day] != 0.0;
        let days =
            (0..valuation.dates.len()).filter(|day| incomplete(*day) && sleeve.fx[*day].is_nan() && is_held(*day));
        holes.extend(days.map(|day| Hole { date: valuation.dates[day], kind: HoleKind::Rate(sleeve.currency) }));
    }
    for_each_run(timeline, market, manual, window, |run| {
        let missing = run.prices.iter().enumerate().filter(|(_, price)| price.is_nan());
        holes.extend(
            missing
                .map(|(at, _)| Hole { date: valuation.dates[run.from + at], kind: HoleKind::Price(run.security_id) }),
        );
    });
    holes.sort();
    holes
}

/// Position of the first date on or after a day. Packs of every calendar day are found without a search.
pub(crate) fn first_on_or_after(dates: &[Date], day: Date) -> usize {
    let offset = dates.first().map_or(-1, |first| (day - *first).num_days());
    match usize::try_from(offset) {
        Ok(guess) if dates.get(guess) == Some(&day) => guess,
        _ => dates.partition_point(|date| *date < day),
    }
}

/// The whole currency of which one is a fraction, and the fraction.
pub(crate) fn whole_currency(currency: Currency) -> (Currency, f64) {
    currency.parent().map_or((currency, 1.0), |(whole, unit)| (whole, money::float::to_f64(unit)))
}
