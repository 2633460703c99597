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
use std::rc::Rc;
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
    let mut holdings = Holdings::of(timeline, market, manual, &window);
    let mut sleeves: BTreeMap<Currency, Column> = BTreeMap::new();
    for sleeve in &valuation.sleeves {
        let values = sleeve.positions.iter().zip(&sleeve.cash).map(|(positions, cash)| positions + cash).collect();
        sleeves.insert(sleeve.currency, Column::new(values, rates(market, &window, sleeve.currency, base)));
    }
    let mut positions: BTreeMap<(Uuid, Currency), Column> = BTreeMap::new();
    for (key, values) in std::mem::take(&mut holdings.values) {
        positions.insert(key, Column::new(values, Rc::clone(&sleeves[&key.1].rates)));
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
                    add(&mut sleeve.costs, window.len(), day, -amount);
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
                let column = positions.entry((security, quoted)).or_insert_with(|| {
                    let unknown = || vec![f64::NAN; window.len() + 1].into();
                    let rates = sleeves.get(&quoted).map_or_else(unknown, |sleeve| Rc::clone(&sleeve.rates));
                    Column::new(vec![0.0; window.len()], rates)
                });
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
        let at = |column: &[f64], day: usize| column.get(day).copied().unwrap_or(0.0);
        let mut effect = CurrencyEffect::default();
        for day in self.first..self.scale.len() {
            let opening = if day == 0 { 0.0 } else { column.values[day - 1] };
            let gain = column.values[day] - opening - column.inflows[day] + at(&column.costs, day);
            let slippage = at(&column.slippage, day);
            if opening == 0.0 && gain == 0.0 && slippage == 0.0 {
                continue;
            }
            let today = column.today(day);
            let before = column.rates[day];
            // Without a balance yesterday there is no rate to have moved from.
            let before = if before.is_nan() && opening == 0.0 { today } else { before };
            let scale = self.scale[day];
            effect.local += gain * before * scale;
            effect.currency += (opening * (today - before) + slippage) * scale;
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
    rates: Rc<[f64]>,
    inflows: Vec<f64>,
    /// Fees and taxes on trading; empty if there were none.
    costs: Vec<f64>,
    /// Lost in conversions, in base currency; empty if there were none.
    slippage: Vec<f64>,
}

impl Column {
    fn new(values: Vec<f64>, rates: Rc<[f64]>) -> Column {
        let inflows = vec![0.0; values.len()];
        Column { values, rates, inflows, costs: Vec::new(), slippage: Vec::new() }
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

/// Adds to a column that is only made when something is in it.
fn add(column: &mut Vec<f64>, days: usize, day: usize, amount: f64) {
    column.resize(days, 0.0);
    column[day] += amount;
}

fn settle(sleeves: &mut BTreeMap<Currency, Column>, conversion: Option<Unassigned>) {
    let Some(conversion) = conversion else { return };
    if let Some(sleeve) = sleeves.get_mut(&conversion.currency) {
        let days = sleeve.values.len();
        add(&mut sleeve.slippage, days, conversion.day, conversion.base_amount);
    }
}

fn rates(market: &MarketHistory, window: &Window, currency: Currency, base: Currency) -> Rc<[f64]> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use ledger::FlowKind;
    use ledger::timeline::TimelineFlow;
    use money::Decimal;
    use money::float::from_f64;
    use pricing::{DayContent, Pack, PriceRow, PriceState, RateRow};
    use proptest::prelude::*;

    const SHARE: Uuid = Uuid::from_u128(1);

    fn day(offset: usize) -> Date {
        Date::from_ymd_opt(2024, 3, 25).unwrap() + Days::new(offset as u64)
    }

    /// Per day: the price of a share in `currency`, and units of each currency for one euro.
    fn market(prices: &[f64], currency: Currency, rates: &[Vec<(Currency, f64)>]) -> MarketHistory {
        let (mut packs, mut contents): (Vec<Pack>, Vec<DayContent>) = (Vec::new(), Vec::new());
        let decimal = |value: f64| from_f64(value).unwrap_or(Decimal::ONE);
        for (offset, (price, rates)) in prices.iter().zip(rates).enumerate() {
            let (date, state, source) = (day(offset), PriceState::Traded, String::new());
            let close = decimal(*price);
            let row = PriceRow { security_id: SHARE, close, currency, state, quoted_on: date, source: source.clone() };
            let rate = |(quote, rate): &(Currency, f64)| RateRow {
                base: Currency::EUR,
                quote: *quote,
                rate: decimal(*rate),
                state,
                quoted_on: date,
                source: source.clone(),
            };
            let content = DayContent::new(date, vec![row], rates.iter().map(rate).collect()).unwrap();
            let known_at = "2024-05-01T00:00:00Z".parse().unwrap();
            packs.push(Pack::chained(packs.last(), &content, "default", 0, known_at, None).unwrap());
            contents.push(content);
        }
        MarketHistory::build(packs.iter().zip(&contents)).unwrap()
    }

    fn flow(offset: usize, kind: FlowKind, amount: f64, currency: Currency) -> TimelineFlow {
        let security_id = (kind == FlowKind::Trade || kind == FlowKind::Income).then_some(SHARE);
        TimelineFlow { date: day(offset), kind, security_id, amount, currency, base_amount: f64::NAN }
    }

    fn timeline(holdings: &[(usize, f64)], flows: Vec<TimelineFlow>) -> Timeline {
        let mut cash_deltas: BTreeMap<Currency, Vec<(Date, f64)>> = BTreeMap::new();
        for flow in &flows {
            cash_deltas.entry(flow.currency).or_default().push((flow.date, flow.amount));
        }
        Timeline {
            base_currency: Currency::EUR,
            span: flows.first().map(|first| (first.date, flows[flows.len() - 1].date)),
            first_funding: flows.first().map(|flow| flow.date),
            holdings: BTreeMap::from([(SHARE, holdings.iter().map(|(at, units)| (day(*at), *units)).collect())]),
            cash_deltas,
            flows,
        }
    }

    fn attributed(timeline: &Timeline, market: &MarketHistory, days: usize) -> CurrencyAttribution {
        currency_daily(timeline, market, &ManualPrices::default(), day(0), day(days - 1), Currency::EUR).unwrap()
    }

    fn effect(result: &CurrencyAttribution, currency: Currency) -> CurrencyEffect {
        result.by_currency.iter().find(|(c, _)| *c == currency).map(|(_, effect)| *effect).unwrap_or_default()
    }

    #[test]
    fn worked_example() {
        // 100 dollars come in and buy a share, a dollar being 0.80 euro. It gains 10 % and the dollar 5 %: 15.5 % in euro.
        let rates = [1.25, 1.0 / 0.84].map(|rate| vec![(Currency::USD, rate)]);
        let market = market(&[100.0, 110.0], Currency::USD, &rates);
        let flows =
            vec![flow(0, FlowKind::External, 100.0, Currency::USD), flow(0, FlowKind::Trade, -100.0, Currency::USD)];
        let result = attributed(&timeline(&[(0, 1.0)], flows), &market, 2);
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        near(result.local_return, 0.10);
        near(result.currency_return, 0.05);
        near(result.interaction, 0.005);
        near(result.total_return, 0.155);
        near(result.by_position[0].effect.contribution(), 0.155);
        assert!(result.residual_bps.abs() < 1e-9);
    }

    #[test]
    fn a_lost_conversion_belongs_to_the_currency_bought_and_fees_do_not_count() {
        let rates = vec![vec![(Currency::USD, 1.25)]; 2];
        let market = market(&[100.0, 100.0], Currency::USD, &rates);
        let flows = vec![
            flow(0, FlowKind::External, 1000.0, Currency::EUR),
            flow(1, FlowKind::Fx, -100.0, Currency::EUR),
            // 125 dollars at the day's rate.
            flow(1, FlowKind::Fx, 124.0, Currency::USD),
            flow(1, FlowKind::Fee, -5.0, Currency::EUR),
        ];
        let result = attributed(&timeline(&[], flows), &market, 2);
        assert!((effect(&result, Currency::USD).currency - -0.8 / 1000.0).abs() < 1e-15);
        assert!((result.total_return - -0.8 / 1000.0).abs() < 1e-15);
        assert_eq!(effect(&result, Currency::EUR).contribution(), 0.0);
    }

    /// A deposit, a conversion of part of it, a purchase with a fee and tax, a dividend with withholding, a withdrawal.
    fn story(foreign: Currency, rates: &[f64], units: f64, prices: &[f64]) -> Timeline {
        let paid = units * prices[2] * 1.01;
        let mut tax = flow(2, FlowKind::Tax, -2.0, foreign);
        tax.security_id = Some(SHARE);
        let mut withheld = flow(3, FlowKind::Tax, -1.5, foreign);
        withheld.security_id = Some(SHARE);
        let mut fee = flow(2, FlowKind::Fee, -1.0, foreign);
        fee.security_id = Some(SHARE);
        let flows = vec![
            flow(0, FlowKind::External, 100_000.0, Currency::EUR),
            flow(1, FlowKind::Fx, -60_000.0, Currency::EUR),
            flow(1, FlowKind::Fx, 59_500.0 * rates[1], foreign),
            flow(2, FlowKind::Trade, -paid, foreign),
            fee,
            tax,
            flow(3, FlowKind::Income, 10.0, foreign),
            withheld,
            flow(4, FlowKind::External, -500.0, Currency::EUR),
        ];
        timeline(&[(2, units)], flows)
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_labels_do_not_matter(
            walk in proptest::collection::vec((50.0..150.0f64, 0.5..2.0f64), 6),
            units in 1.0..100.0f64,
        ) {
            let (prices, rates): (Vec<f64>, Vec<f64>) = walk.into_iter().unzip();
            let run = |foreign: Currency| {
                let quoted: Vec<_> = rates.iter().map(|rate| vec![(foreign, *rate)]).collect();
                attributed(&story(foreign, &rates, units, &prices), &market(&prices, foreign, &quoted), 6)
            };
            let (dollars, pounds) = (run(Currency::USD), run(Currency::GBP));
            prop_assert!(dollars.residual_bps.abs() < 1e-8, "{}", dollars.residual_bps);
            prop_assert_eq!(effect(&dollars, Currency::USD), effect(&pounds, Currency::GBP));
            prop_assert_eq!(effect(&dollars, Currency::EUR), effect(&pounds, Currency::EUR));
            prop_assert_eq!(dollars.total_return, pounds.total_return);
            let sum: f64 = dollars.by_currency.iter().map(|(_, e)| e.contribution()).sum();
            prop_assert!((sum - dollars.total_return).abs() < 1e-12 * (1.0 + sum.abs()));
        }

        #[test]
        fn without_foreign_money_there_is_no_currency_effect(
            prices in proptest::collection::vec(50.0..150.0f64, 6),
            units in 1.0..100.0f64,
        ) {
            let rates = vec![vec![(Currency::USD, 1.1)]; 6];
            let flows = vec![
                flow(0, FlowKind::External, 100_000.0, Currency::EUR),
                flow(2, FlowKind::Trade, -units * prices[2], Currency::EUR),
                flow(3, FlowKind::Income, 10.0, Currency::EUR),
            ];
            let result = attributed(&timeline(&[(2, units)], flows), &market(&prices, Currency::EUR, &rates), 6);
            prop_assert_eq!((result.currency_return, result.interaction), (0.0, 0.0));
            prop_assert!((result.local_return - result.total_return).abs() < 1e-12);
            // Cash earns nothing, so the share earned it all.
            prop_assert!((result.by_position[0].effect.local - result.total_return).abs() < 1e-12);
        }
    }
}
