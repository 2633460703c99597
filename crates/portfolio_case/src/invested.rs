//! Gain over the capital that was invested on average, as Ghostfolio shows it.
//!
//!   ROAI = gain / Σ (investment before the activity · days since the last one) / Σ days
//!
//! Only spans with a value count. Two activities on one day are the smallest float above zero apart, because the time
//! between them is unknown. What was held at the start counts with its value there instead of its cost.
//!
//! Invariant: gross gain = unrealized + realized gain before fees since the start; net gain = gross − fees.

use dates::Date;
use serde_json::json;

use crate::absent::Absent;
use crate::case::{Kind, Transaction};
use crate::context::Context;
use crate::conventions::FxDay;
use crate::num::Num;
use crate::output::{Answer, decimal, text};
use crate::returns::in_scope;

/// What a symbol's activities come to.
#[derive(Debug, Clone, Copy)]
struct Course {
    gross: Num,
    net: Num,
    /// Average invested capital; none where nothing was invested.
    average: Num,
}

/// State of a symbol along its activities.
struct State {
    units: Num,
    investment: Num,
    realized: Num,
    fees: Num,
}

impl State {
    fn apply(&mut self, c: &Context<'_>, t: &Transaction, currency: &str) -> Result<(), Absent> {
        let is_position = t.kind.acquires() || t.kind.disposes();
        if t.kind == Kind::Split {
            if let Some((new, old)) = t.ratio {
                self.units = self.units * new / old;
            }
            return Ok(());
        }
        let income = c.income(t, currency)?;
        self.fees += income.fees;
        if !is_position {
            if c.conventions.dividends_in_gain {
                self.realized += income.earnings;
            }
            return Ok(());
        }
        let (local, own) = c.local_parts(t)?;
        let day = (c.conventions.fx_day == FxDay::Valuation).then(|| c.at()).transpose()?;
        let amount = c.parts_in(t, local, &own, currency, day)?.gross;
        let units = if t.kind.acquires() { c.units(t) } else { -c.units(t) };
        let amount = if t.kind.acquires() { amount } else { -amount };
        let closing = if self.units.is_negative() != units.is_negative() && !self.units.is_zero() {
            units.abs().min(self.units.abs())
        } else {
            Num::ZERO
        };
        if !closing.is_zero() {
            // The closed part leaves at average cost.
            let cost = self.investment * closing / self.units.abs();
            let brought = amount * closing / units.abs();
            self.realized += -brought - cost;
            self.investment -= cost;
            let opened = units.abs() - closing;
            self.investment += amount * opened / units.abs();
        } else {
            self.investment += amount;
        }
        self.units += units;
        Ok(())
    }
}

fn course(
    c: &Context<'_>,
    symbol: &str,
    start: Option<Date>,
    end: Date,
    currency: &str,
) -> Result<Option<Course>, Absent> {
    let epsilon = Num::from_f64(f64::EPSILON);
    let mut state = State { units: Num::ZERO, investment: Num::ZERO, realized: Num::ZERO, fees: Num::ZERO };
    for lot in c.case.opening.lots.iter().filter(|lot| lot.symbol == symbol && lot.date <= end) {
        let own = lot.currency.clone().or_else(|| c.instrument_currency(symbol)).unwrap_or_default();
        state.units += lot.quantity;
        state.investment += c.convert(lot.cost, &own, currency, lot.date)?;
    }
    let relevant: Vec<&Transaction> = c
        .transactions(end)
        .filter(|t| {
            t.symbol.as_deref() == Some(symbol)
                && c.scope().account.as_ref().is_none_or(|account| t.account == *account)
        })
        .collect();
    let mut rest = relevant.as_slice();
    while let Some(t) = rest.first().filter(|t| start.is_some_and(|start| t.date <= start)) {
        state.apply(c, t, currency)?;
        rest = &rest[1..];
    }
    let worth = |units: Num, at: Date| c.worth(symbol, units, at, currency);
    let (mut opening_gain, mut opening_excess) = (Num::ZERO, Num::ZERO);
    let opening_fees = state.fees;
    if let Some(start) = start {
        let value = worth(state.units, start)?;
        opening_gain = value - state.investment + state.realized;
        opening_excess = value - state.investment;
    }
    if state.units.is_zero() && rest.is_empty() {
        return Ok(None);
    }
    let (mut days, mut weighted) = (Num::ZERO, Num::ZERO);
    let mut last = start.unwrap_or_else(|| rest.first().map_or(end, |t| t.date));
    let mut account_for = |state: &State, last: Date, date: Date| -> Result<(), Absent> {
        if !state.units.is_positive() && !state.units.is_negative() {
            return Ok(());
        }
        let span = (date - last).num_days();
        let span = if span <= 0 { epsilon } else { Num::whole(span) };
        days += span;
        weighted += (opening_excess + state.investment) * span;
        Ok(())
    };
    for t in rest {
        if t.kind.acquires() || t.kind.disposes() {
            account_for(&state, last, t.date)?;
            last = t.date;
        }
        state.apply(c, t, currency)?;
    }
    account_for(&state, last, end)?;
    let gross = worth(state.units, end)? - state.investment + state.realized - opening_gain;
    let average = if days.is_zero() { Num::ZERO } else { weighted / days };
    c.note(|| {
        format!(
            "{symbol}: invested {} on average over {} days",
            crate::context::show(average),
            crate::context::show(days)
        )
    });
    Ok(Some(Course { gross, net: gross - (state.fees - opening_fees), average: average.abs() }))
}

fn sum(c: &Context<'_>, start: Option<Date>, end: Date) -> Result<Course, Absent> {
    let currency = c.currency()?;
    let mut total = Course { gross: Num::ZERO, net: Num::ZERO, average: Num::ZERO };
    for symbol in c.symbols().iter().filter(|symbol| c.scope().symbol.as_ref().is_none_or(|wanted| wanted == *symbol)) {
        if let Some(one) = course(c, symbol, start, end, &currency)? {
            total.gross += one.gross;
            total.net += one.net;
            total.average += one.average;
        }
    }
    if c.scope().symbol.is_none() {
        // Fees of no security in particular.
        for t in c.transactions(end).filter(|t| t.symbol.is_none() && start.is_none_or(|start| t.date > start)) {
            total.net -= c.income(t, &currency)?.fees;
        }
    }
    Ok(total)
}

/// Net (or gross) gain over average invested capital; over a named range, over the mean of its days.
pub fn roai(c: &Context<'_>, net: bool) -> Result<Num, Absent> {
    let (start, end) = span(c)?;
    let total = sum(c, start, end)?;
    let gain = if net { total.net } else { total.gross };
    let average = if c.query.param(&["range"]).is_some() { mean_invested(c, start, end)? } else { total.average };
    if average.is_zero() {
        return Err(Absent::zero("the average invested capital"));
    }
    Ok(gain / average)
}

fn span(c: &Context<'_>) -> Result<(Option<Date>, Date), Absent> {
    if let Some(range) = c.query.text(&["range"]) {
        let at = c.at()?;
        let (start, end) = crate::periods::interval(range, at, c.first_day())?;
        return Ok((c.first_day().map(|first| first.max(start)), end));
    }
    Ok((c.has_start(), c.at()?))
}

/// Mean over the days of a range of what was invested, where something was.
fn mean_invested(c: &Context<'_>, start: Option<Date>, end: Date) -> Result<Num, Absent> {
    let currency = c.currency()?;
    let symbols = c.symbols();
    let mut total = Num::ZERO;
    for symbol in symbols.iter().filter(|symbol| c.scope().symbol.as_ref().is_none_or(|wanted| wanted == *symbol)) {
        let mut state = State { units: Num::ZERO, investment: Num::ZERO, realized: Num::ZERO, fees: Num::ZERO };
        let all: Vec<&Transaction> = c.transactions(end).filter(|t| t.symbol.as_ref() == Some(symbol)).collect();
        let mut rest = all.as_slice();
        let first = start.or_else(|| c.first_day()).unwrap_or(end);
        let (mut date, mut days, mut invested, mut excess) = (first, 0i64, Num::ZERO, Num::ZERO);
        while date <= end {
            while let Some(t) = rest.first().filter(|t| t.date <= date) {
                state.apply(c, t, &currency)?;
                rest = &rest[1..];
            }
            if date == first {
                excess = c.worth(symbol, state.units, date, &currency)? - state.investment;
            }
            if state.investment.is_positive() {
                invested += state.investment + excess;
                days += 1;
            }
            date = date.succ_opt().unwrap_or(end + chrono::Duration::days(1));
        }
        if days > 0 {
            total += invested / Num::whole(days);
        }
    }
    Ok(total)
}

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    let each = |pick: fn(&Course) -> Num| -> Answer {
        let (start, end) = span(c)?;
        decimal(c.conventions.shown(pick(&sum(c, start, end)?)))
    };
    Some(match metric {
        "gross_gain" => each(|course| course.gross),
        "net_gain" => each(|course| course.net),
        "net_gain_range" => net_gain_range(c),
        "average_invested_capital" => each(|course| course.average),
        "roai_gross" => roai(c, false).and_then(decimal),
        "roai_net" => roai(c, true).and_then(decimal),
        _ => return None,
    })
}

/// The net gain of a named range; of the usual ranges all at once where none is named.
fn net_gain_range(c: &Context<'_>) -> Answer {
    if c.query.text(&["range"]).is_some() || c.has_start().is_some() {
        let (start, end) = span(c)?;
        return decimal(c.conventions.shown(sum(c, start, end)?.net));
    }
    let at = c.at()?;
    let mut map = serde_json::Map::new();
    for range in ["1d", "wtd", "mtd", "ytd", "1y", "5y", "max"] {
        let (start, end) = crate::periods::interval(range, at, c.first_day())?;
        let start = c.first_day().map(|first| first.max(start));
        map.insert(range.to_owned(), json!(text(sum(c, start, end)?.net)?));
    }
    Ok(map.into())
}

/// Whether a transaction's position belongs to the question.
pub fn concerns_position(c: &Context<'_>, t: &Transaction) -> bool {
    t.symbol.as_deref().is_some_and(|symbol| in_scope(c.scope(), symbol, &t.account))
}
