//! Currency attribution from daily books: how much of the return was earned in the holdings' own currencies, and how
//! much by the currencies themselves.
//!
//! For each currency c and day d, with V the value of positions and cash in c at the close, X the net inflow into c
//! (external flows and conversions, in c), K the fees and taxes on trading paid in c, f the base currency per c:
//!
//!   Λ = V_d − V_{d−1} − X + K        gain in c before fees; dividends net of withholding are part of it
//!   local       = Λ · f_{d−1}
//!   currency    = V_{d−1} · (f_d − f_{d−1})
//!   interaction = Λ · (f_d − f_{d−1})
//!
//! What a conversion loses against the day's rate belongs to the currency effect of the currency bought. All effects are
//! divided by V_base(d−1) + max(C, 0), C the external flow, so that they sum exactly to the day's return before fees with
//! `hybrid` flow timing; days are linked after Carino against a benchmark of 0. A position's Λ counts purchases and sales
//! at the trade price, so trading gains of the day are in it. What the positions of a currency leave is its cash.
//!
//! Undefined where a day of the window cannot be valued in full. The base currency has no effect but lost conversions.
//!
//! Bacon (2008), ch. 6. Carino, D. (1999), Journal of Performance Measurement 3(4).

use crate::attribution::carino_coefficients;
use crate::returns::link;
use crate::valuation::{
    DailyValuation, FlowClass, ManualPrices, Window, classified_flows, daily_valuation, for_each_run, whole_currency,
};
use crate::{Date, Undefined};
use ledger::Timeline;
use money::Currency;
use pricing::MarketHistory;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Linked effects of something held, as contributions to the portfolio's return: fractions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CurrencyEffect {
    /// Mean weight at the begin of the day.
    pub weight: f64,
    /// Earned in its own currency.
    pub local: f64,
    /// Earned by the currency.
    pub currency: f64,
    /// Earned by both together.
    pub interaction: f64,
}

impl CurrencyEffect {
    /// The whole contribution.
    pub fn contribution(&self) -> f64 {
        self.local + self.currency + self.interaction
    }
}

/// Effects of one security.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionEffect {
    /// The security.
    pub security_id: Uuid,
    /// The currency in which it is quoted (the whole one of pence).
    pub currency: Currency,
    /// Its effects.
    pub effect: CurrencyEffect,
}

/// Where the return of a window came from.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrencyAttribution {
    /// The day at whose close the window opens.
    pub opened_on: Date,
    /// The last day.
    pub closed_on: Date,
    /// Sum of the local effects.
    pub local_return: f64,
    /// Sum of the currency effects.
    pub currency_return: f64,
    /// Sum of the interactions.
    pub interaction: f64,
    /// The time-weighted return before fees, linked from the days: what the three sum to.
    pub total_return: f64,
    /// What they leave, in basis points: rounding only.
    pub residual_bps: f64,
    /// By currency, ascending by code.
    pub by_currency: Vec<(Currency, CurrencyEffect)>,
    /// By security, ascending by id.
    pub by_position: Vec<PositionEffect>,
}

/// Attributes the return of the pack dates in [`from`, `to`] to currencies. `from` is the opening day, unless nothing
/// had happened before it.
pub fn currency_daily(
    timeline: &Timeline,
    market: &MarketHistory,
    manual: &ManualPrices,
    from: Date,
    to: Date,
    base: Currency,
) -> Result<CurrencyAttribution, Undefined> {
    let valuation = daily_valuation(timeline, market, manual, from, to, base)?;
    let window = Window::of(market, from, to).ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    let days = Days::of(&valuation)?;
    let holdings = Holdings::of(timeline, market, manual, &window);
    let mut sleeves: BTreeMap<Currency, Column> = BTreeMap::new();
    for sleeve in &valuation.sleeves {
        let values = sleeve.positions.iter().zip(&sleeve.cash).map(|(positions, cash)| positions + cash).collect();
        sleeves.insert(sleeve.currency, Column::new(values, rates(market, &window, sleeve.currency, base)));
    }
    let mut positions: BTreeMap<(Uuid, Currency), Column> = BTreeMap::new();
    for (key, values) in &holdings.values {
        positions.insert(*key, Column::new(values.clone(), sleeves[&key.1].rates.clone()));
    }
    let mut unassigned: Option<Unassigned> = None;
    for (flow, class) in classified_flows(timeline) {
        let Some(day) = window.day_of(market, flow.date).filter(|day| days.first <= *day) else { continue };
        let (whole, unit) = whole_currency(flow.currency);
        let amount = flow.amount * unit;
        let rate = sleeves.get(&whole).map_or(f64::NAN, |sleeve| sleeve.today(day));
        match class {
            FlowClass::External => inflow(&mut sleeves, whole, day, amount),
            FlowClass::Conversion => {
                inflow(&mut sleeves, whole, day, amount);
                let pending = unassigned.take().filter(|pending| pending.day == day).map_or(0.0, |p| p.base_amount);
                unassigned = Some(Unassigned { day, currency: whole, base_amount: pending + amount * rate });
                if amount > 0.0 {
                    settle(&mut sleeves, unassigned.take());
                }
            }
            FlowClass::Fee | FlowClass::TransactionTax => {
                if let Some(sleeve) = sleeves.get_mut(&whole) {
                    sleeve.costs[day] -= amount;
                }
            }
            FlowClass::Trade | FlowClass::Income | FlowClass::IncomeTax => {
                let Some(security) = flow.security_id else { continue };
                let quoted = holdings.currency_on(security, day).unwrap_or(whole);
                let quoted_rate = sleeves.get(&quoted).map_or(f64::NAN, |sleeve| sleeve.today(day));
                let in_quoted = if quoted == whole { amount } else { amount * rate / quoted_rate };
                if class == FlowClass::Trade && quoted != whole {
                    // Paid from another currency than the one it is quoted in: a conversion at the day's rate.
                    inflow(&mut sleeves, whole, day, amount);
                    inflow(&mut sleeves, quoted, day, -in_quoted);
                }
                let rates = sleeves.get(&quoted).map(|sleeve| sleeve.rates.clone()).unwrap_or_default();
                let column =
                    positions.entry((security, quoted)).or_insert_with(|| Column::new(vec![0.0; window.len()], rates));
                // Money into the position is an inflow to it; income is a gain of the position, paid out of it.
                column.inflows[day] -= in_quoted;
            }
        }
        if class != FlowClass::Conversion {
            settle(&mut sleeves, unassigned.take());
        }
    }
    settle(&mut sleeves, unassigned.take());

    let by_currency: Vec<_> = sleeves.iter().map(|(currency, column)| (*currency, days.effect(column))).collect();
    let by_position: Vec<_> = positions
        .iter()
        .map(|((security_id, currency), column)| PositionEffect {
            security_id: *security_id,
            currency: *currency,
            effect: days.effect(column),
        })
        .filter(|position| position.effect != CurrencyEffect::default())
        .collect();
    let sum = |part: fn(&CurrencyEffect) -> f64| crate::moments::sum(by_currency.iter().map(|(_, e)| part(e)));
    let (local, currency, interaction) = (sum(|e| e.local), sum(|e| e.currency), sum(|e| e.interaction));
    if !(local + currency + interaction).is_finite() {
        // Money passed through a currency without a rate, although none was left in it at any close.
        return Err(Undefined::Incomplete { date: valuation.dates[valuation.dates.len() - 1] });
    }
    Ok(CurrencyAttribution {
        opened_on: days.opened_on,
        closed_on: valuation.dates[valuation.dates.len() - 1],
        local_return: local,
        currency_return: currency,
        interaction,
        total_return: days.total,
        residual_bps: (local + currency + interaction - days.total) * 1e4,
        by_currency,
        by_position,
    })
}

/// The days of a window: what a base-currency gain of each contributes to the linked return.
struct Days {
    /// First day with a return.
    first: usize,
    opened_on: Date,
    /// Linking coefficient over the day's capital; 0 on a day without exposure.
    scale: Vec<f64>,
    /// 1 / value at the begin of the day; 0 where there is none.
    per_opening_value: Vec<f64>,
    total: f64,
}

impl Days {
    fn of(valuation: &DailyValuation) -> Result<Days, Undefined> {
        let first = valuation.first_return();
        let gross = valuation.gross_of_fees_daily()?;
        if gross.is_empty() {
            return Err(Undefined::InsufficientData { needed: 2, found: valuation.dates.len() });
        }
        let returns: Vec<f64> = gross.iter().map(|r| r.unwrap_or(0.0)).collect();
        let coefficients = carino_coefficients(&returns, &vec![0.0; returns.len()])?;
        let opening = |day: usize| if day == 0 { 0.0 } else { valuation.nav[day - 1] };
        let mut scale = vec![0.0; valuation.dates.len()];
        let mut per_opening_value = vec![0.0; valuation.dates.len()];
        for (at, coefficient) in coefficients.iter().enumerate() {
            let day = first + at;
            if gross[at].is_some() {
                scale[day] = coefficient / (opening(day) + valuation.external_flow[day].max(0.0));
            }
            if opening(day) > 0.0 {
                per_opening_value[day] = 1.0 / opening(day) / coefficients.len() as f64;
            }
        }
        let opened_on = if first == 0 { valuation.dates[0].pred_opt() } else { None }.unwrap_or(valuation.dates[0]);
        Ok(Days { first, opened_on, scale, per_opening_value, total: link(returns) })
    }

    fn effect(&self, column: &Column) -> CurrencyEffect {
        let mut effect = CurrencyEffect::default();
        for day in self.first..self.scale.len() {
            let opening = if day == 0 { 0.0 } else { column.values[day - 1] };
            let gain = column.values[day] - opening - column.inflows[day] + column.costs[day];
            if opening == 0.0 && gain == 0.0 && column.slippage[day] == 0.0 {
                continue;
            }
            let today = column.today(day);
            let before = column.rates[day];
            // Without a balance yesterday there is no rate to have moved from.
            let before = if before.is_nan() && opening == 0.0 { today } else { before };
            let scale = self.scale[day];
            effect.local += gain * before * scale;
            effect.currency += (opening * (today - before) + column.slippage[day]) * scale;
            effect.interaction += gain * (today - before) * scale;
            effect.weight += opening * before * self.per_opening_value[day];
        }
        effect
    }
}

/// Something held in one currency, day by day, in that currency except for `slippage`.
struct Column {
    values: Vec<f64>,
    /// One rate more than there are days: of the day before the window, then of each day.
    rates: Vec<f64>,
    inflows: Vec<f64>,
    costs: Vec<f64>,
    /// Lost in conversions, in base currency.
    slippage: Vec<f64>,
}

impl Column {
    fn new(values: Vec<f64>, rates: Vec<f64>) -> Column {
        let nothing = vec![0.0; values.len()];
        Column { values, rates, inflows: nothing.clone(), costs: nothing.clone(), slippage: nothing }
    }

    fn today(&self, day: usize) -> f64 {
        self.rates[day + 1]
    }
}

/// A conversion of which the bought side has not come yet.
struct Unassigned {
    day: usize,
    currency: Currency,
    base_amount: f64,
}

fn inflow(sleeves: &mut BTreeMap<Currency, Column>, currency: Currency, day: usize, amount: f64) {
    if let Some(sleeve) = sleeves.get_mut(&currency) {
        sleeve.inflows[day] += amount;
    }
}

fn settle(sleeves: &mut BTreeMap<Currency, Column>, conversion: Option<Unassigned>) {
    let Some(conversion) = conversion else { return };
    if let Some(sleeve) = sleeves.get_mut(&conversion.currency) {
        sleeve.slippage[conversion.day] += conversion.base_amount;
    }
}

fn rates(market: &MarketHistory, window: &Window, currency: Currency, base: Currency) -> Vec<f64> {
    let column = market.fx_column(currency, base);
    let before = window.first.checked_sub(1).map_or(f64::NAN, |position| column[position]);
    std::iter::once(before).chain(column[window.first..window.end].iter().copied()).collect()
}

/// The positions of a window in the currency of their quotes.
struct Holdings {
    values: BTreeMap<(Uuid, Currency), Vec<f64>>,
    /// (security, first day, day after the last, currency), in that order.
    runs: Vec<(Uuid, usize, usize, Currency)>,
}

impl Holdings {
    fn of(timeline: &Timeline, market: &MarketHistory, manual: &ManualPrices, window: &Window) -> Holdings {
        let mut holdings = Holdings { values: BTreeMap::new(), runs: Vec::new() };
        for_each_run(timeline, market, manual, window, |run| {
            let to = run.from + run.prices.len();
            holdings.runs.push((run.security_id, run.from, to, run.currency));
            let values =
                holdings.values.entry((run.security_id, run.currency)).or_insert_with(|| vec![0.0; window.len()]);
            for (value, price) in values[run.from..to].iter_mut().zip(run.prices) {
                *value += run.quantity * price;
            }
        });
        holdings
    }

    /// The currency of a security held at the close of a day or of the day before.
    fn currency_on(&self, security: Uuid, day: usize) -> Option<Currency> {
        let begin = self.runs.partition_point(|(id, ..)| *id < security);
        let runs = self.runs[begin..].iter().take_while(|(id, ..)| *id == security);
        runs.filter(|(_, from, to, _)| *from <= day && day <= *to).last().map(|(.., currency)| *currency)
    }
}
