//! Walks all holdings as runs of days with one quantity and one quote currency: the inner loop of valuation is then a
//! multiply–add over two slices.
//!
//! Invariant: runs of a security do not overlap, lie inside the window, and a quantity of zero makes no run.

use crate::valuation::{ManualPrices, Window, first_on_or_after, whole_currency};
use ledger::Timeline;
use money::Currency;
use pricing::MarketHistory;
use uuid::Uuid;

/// Days with one quantity of one security quoted in one currency.
pub(crate) struct Run<'a> {
    pub security_id: Uuid,
    /// The whole currency of the quote: GBP where prices are in pence.
    pub currency: Currency,
    /// First day, counted from the begin of the window.
    pub from: usize,
    /// Units held, times the size of the quote unit (0.01 for pence).
    pub quantity: f64,
    /// One price per day; NaN where missing.
    pub prices: &'a [f64],
}

/// Calls `visit` for each run, ascending by security, then by day.
pub(crate) fn for_each_run(
    timeline: &Timeline,
    market: &MarketHistory,
    manual: &ManualPrices,
    window: &Window,
    mut visit: impl FnMut(Run<'_>),
) {
    let absent = vec![f64::NAN; window.len()];
    let mut same_as_last: Option<(Currency, (Currency, f64))> = None;
    for (security, steps) in &timeline.holdings {
        let mut held = held_ranges(steps, market, window).peekable();
        if held.peek().is_none() {
            continue;
        }
        let stated = manual.of_security(*security);
        let filled;
        let (column, currencies) = match market.price_column(*security) {
            column if !stated.is_empty() => {
                filled = with_stated_prices(column, market.price_currencies(*security), stated, market);
                (Some(filled.0.as_slice()), filled.1.as_slice())
            }
            column => (column, market.price_currencies(*security)),
        };
        for (from, to, quantity) in held {
            let Some(column) = column else {
                let (currency, prices) = (timeline.base_currency, &absent[..to - from]);
                visit(Run { security_id: *security, currency, from: from - window.first, quantity, prices });
                continue;
            };
            for (begin, end, quoted) in currency_ranges(currencies, from, to) {
                let (currency, unit) = match same_as_last {
                    Some((last, whole)) if last == quoted => whole,
                    _ => whole_currency(quoted),
                };
                same_as_last = Some((quoted, (currency, unit)));
                visit(Run {
                    security_id: *security,
                    currency,
                    from: begin - window.first,
                    quantity: quantity * unit,
                    prices: &column[begin..end],
                });
            }
        }
    }
}

/// (first position, position after the last, units) of each stretch with holdings inside the window.
fn held_ranges<'a>(
    steps: &'a [(crate::Date, f64)],
    market: &'a MarketHistory,
    window: &'a Window,
) -> impl Iterator<Item = (usize, usize, f64)> + 'a {
    let position = |date| window.clamp(first_on_or_after(market.dates(), date));
    steps.iter().enumerate().filter_map(move |(at, (date, quantity))| {
        let from = position(*date);
        let to = steps.get(at + 1).map_or(window.end, |(next, _)| position(*next));
        (*quantity != 0.0 && from < to).then_some((from, to, *quantity))
    })
}

/// The parts of [from, to) by quote currency.
fn currency_ranges(
    currencies: &[(usize, Currency)],
    from: usize,
    to: usize,
) -> impl Iterator<Item = (usize, usize, Currency)> + '_ {
    currencies.iter().enumerate().filter_map(move |(at, (start, currency))| {
        // Before the first quote the price is missing; the currency of the first one stands in for it.
        let begin = if at == 0 { from } else { from.max(*start) };
        let end = currencies.get(at + 1).map_or(to, |(next, _)| to.min(*next));
        (begin < end).then_some((begin, end, *currency))
    })
}

/// The market's column with stated prices where it has none, over all dates of the market.
fn with_stated_prices(
    column: Option<&[f64]>,
    currencies: &[(usize, Currency)],
    stated: &[(crate::Date, f64, Currency)],
    market: &MarketHistory,
) -> (Vec<f64>, Vec<(usize, Currency)>) {
    let mut values = Vec::with_capacity(market.dates().len());
    let mut runs: Vec<(usize, Currency)> = Vec::new();
    let mut next = 0;
    let mut in_force: Option<(f64, Currency)> = None;
    for (index, day) in market.dates().iter().enumerate() {
        while let Some((date, price, currency)) = stated.get(next).filter(|(date, ..)| date <= day) {
            debug_assert!(date <= day);
            in_force = Some((*price, *currency));
            next += 1;
        }
        let quoted = column.map_or(f64::NAN, |column| column[index]);
        let (value, currency) = if quoted.is_nan() {
            in_force.map_or((f64::NAN, None), |(price, currency)| (price, Some(currency)))
        } else {
            in_force = None;
            let run = currencies.partition_point(|(from, _)| *from <= index);
            (quoted, run.checked_sub(1).map(|run| currencies[run].1))
        };
        values.push(value);
        if let Some(currency) = currency.filter(|currency| runs.last().is_none_or(|(_, last)| last != currency)) {
            runs.push((index, currency));
        }
    }
    if runs.is_empty() {
        runs.extend(stated.first().map(|(_, _, currency)| (0, *currency)));
    }
    (values, runs)
}
