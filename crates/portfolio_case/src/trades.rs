//! Round trips: each closing transaction with the purchases that it closes, and what is still open.
//!
//! Invariant: the units of all round trips are the units that were ever opened; profits of closed ones are realized
//! gains, and the profit of an open one is its unrealized gain.

use dates::Date;
use serde_json::Value;

use crate::absent::Absent;
use crate::case::{Kind, Transaction};
use crate::context::Context;
use crate::conventions::Method;
use crate::lots::{Ask, Parts};
use crate::num::Num;
use crate::output::{Answer, count, day, decimal, float};
use crate::returns::{in_scope, internal_rate};

/// Units opened together, or the part of them that a round trip holds.
#[derive(Debug, Clone)]
struct Leg {
    place: usize,
    date: Date,
    units: Num,
    amount: Parts,
}

/// One round trip.
#[derive(Debug, Clone)]
struct Trade {
    symbol: String,
    account: String,
    long: bool,
    units: Num,
    opened: Vec<Leg>,
    /// The closing transaction.
    closed: Option<Leg>,
}

impl Trade {
    fn start(&self) -> Option<Date> {
        self.opened.iter().map(|leg| leg.date).min()
    }

    fn entry(&self) -> Parts {
        self.opened.iter().fold(Parts::ZERO, |sum, leg| sum.plus(leg.amount))
    }
}

fn collect(c: &Context<'_>, at: Date) -> Result<Vec<Trade>, Absent> {
    c.conventions.require("rounding")?;
    let currency = c.currency()?;
    let share = |parts: Parts, units: Num, of: Num| {
        if units == of { parts } else { parts.map(|amount| c.conventions.booked(amount * units / of)) }
    };
    let mut open: Vec<(String, String, bool, Leg)> = Vec::new();
    let mut trades = Vec::new();
    for lot in c.case.opening.lots.iter().filter(|lot| lot.date <= at) {
        let own = lot.currency.clone().or_else(|| c.instrument_currency(&lot.symbol)).unwrap_or_default();
        let cost = c.convert(lot.cost, &own, &currency, lot.date)?;
        let leg = Leg { place: usize::MAX, date: lot.date, units: lot.quantity, amount: Parts::plain(cost) };
        open.push((lot.account.clone(), lot.symbol.clone(), true, leg));
    }
    for t in c.transactions(at) {
        let symbol = t.symbol.clone().unwrap_or_default();
        match t.kind {
            Kind::Split => {
                if let Some((new, old)) = t.ratio {
                    for (_, _, _, leg) in open.iter_mut().filter(|(_, held, ..)| *held == symbol) {
                        leg.units = leg.units * new / old;
                    }
                }
            }
            Kind::Transfer => move_legs(&mut open, t, c.units(t), share),
            kind if kind.acquires() || kind.disposes() => {
                let (local, own) = c.local_parts(t)?;
                let whole = c.parts_in(t, local, &own, &currency, None)?;
                let long = kind.disposes();
                let (all, mut left) = (c.units(t), c.units(t));
                let mut legs = Vec::new();
                while left.is_positive() {
                    // What is opened the other way is closed first, oldest purchase first.
                    let next = (0..open.len())
                        .filter(|at| open[*at].0 == t.account && open[*at].1 == symbol && open[*at].2 == long)
                        .min_by_key(|at| (open[*at].3.date, *at));
                    let Some(at) = next else { break };
                    let leg = &mut open[at].3;
                    let units = left.min(leg.units);
                    let part = share(leg.amount, units, leg.units);
                    legs.push(Leg { place: leg.place, date: leg.date, units, amount: part });
                    leg.units -= units;
                    leg.amount = leg.amount.minus(part);
                    left -= units;
                    if open[at].3.units.is_zero() {
                        open.remove(at);
                    }
                }
                let closed_units = all - left;
                if !closed_units.is_zero() {
                    let leg = Leg {
                        place: t.place,
                        date: t.date,
                        units: closed_units,
                        amount: share(whole, closed_units, all),
                    };
                    trades.push(Trade {
                        symbol: symbol.clone(),
                        account: t.account.clone(),
                        long,
                        units: closed_units,
                        opened: legs,
                        closed: Some(leg),
                    });
                }
                if left.is_positive() {
                    let rest =
                        whole.minus(if closed_units.is_zero() { Parts::ZERO } else { share(whole, closed_units, all) });
                    open.push((
                        t.account.clone(),
                        symbol,
                        !long,
                        Leg { place: t.place, date: t.date, units: left, amount: rest },
                    ));
                }
            }
            _ => {}
        }
    }
    for (account, symbol, long, leg) in open {
        let same = |trade: &&mut Trade| {
            trade.closed.is_none() && trade.account == account && trade.symbol == symbol && trade.long == long
        };
        match trades.iter_mut().find(same) {
            Some(trade) => {
                trade.units += leg.units;
                trade.opened.push(leg);
            }
            None => trades.push(Trade { account, symbol, long, units: leg.units, opened: vec![leg], closed: None }),
        }
    }
    trades.retain(|trade| in_scope(c.scope(), &trade.symbol, &trade.account));
    // By start; then by end, open ones last.
    trades.sort_by_key(|trade| (trade.start(), trade.closed.as_ref().map_or(Date::MAX, |leg| leg.date)));
    Ok(trades)
}

type Open = Vec<(String, String, bool, Leg)>;

fn move_legs(open: &mut Open, t: &Transaction, units: Num, share: impl Fn(Parts, Num, Num) -> Parts) {
    let Some(target) = t.to_account.clone() else { return };
    let mut left = units;
    let mut order: Vec<usize> = (0..open.len())
        .filter(|at| open[*at].0 == t.account && Some(&open[*at].1) == t.symbol.as_ref() && open[*at].2)
        .collect();
    order.sort_by_key(|at| open[*at].3.date);
    for at in order {
        if !left.is_positive() {
            break;
        }
        let leg = &mut open[at].3;
        let units = left.min(leg.units);
        left -= units;
        if units == leg.units {
            open[at].0 = target.clone();
            continue;
        }
        let part = share(leg.amount, units, leg.units);
        let moved = Leg { units, amount: part, ..leg.clone() };
        leg.units -= units;
        leg.amount = leg.amount.minus(part);
        let symbol = open[at].1.clone();
        open.push((target.clone(), symbol, true, moved));
    }
}

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    if !metric.starts_with("trade_") || metric == "trade_day" {
        return None;
    }
    Some(of_trade(c, metric))
}

fn of_trade(c: &Context<'_>, metric: &str) -> Answer {
    let at = c.at()?;
    let trades = collect(c, at)?;
    for (n, trade) in trades.iter().enumerate() {
        c.note(|| {
            let places: Vec<String> = trade.opened.iter().map(|leg| leg.place.to_string()).collect();
            let closed = trade
                .closed
                .as_ref()
                .map_or("open".to_owned(), |leg| format!("closed by transaction {} on {}", leg.place, leg.date));
            format!("trade {}: {} opened by transactions {}, {closed}", n + 1, trade.symbol, places.join(", "))
        });
    }
    if metric == "trade_count" {
        return count(trades.len());
    }
    let n = match c.scope().trade {
        Some(n) => n,
        None if trades.len() == 1 => 1,
        None => return Err(Absent::missing("which of several trades is meant")),
    };
    let trade = n.checked_sub(1).and_then(|at| trades.get(at));
    let trade =
        trade.ok_or_else(|| Absent::new("no_such_trade", format!("there are {} trades, not {n}", trades.len())))?;
    let shown = |amount: Num| decimal(c.conventions.shown(amount));
    let entry = trade.entry();
    match metric {
        "trade_closed" => Ok(Value::from(trade.closed.is_some())),
        "trade_long" => Ok(Value::from(trade.long)),
        "trade_shares" => decimal(trade.units),
        "trade_start" => day(trade.start().unwrap_or(at)),
        "trade_end" => match &trade.closed {
            Some(leg) => day(leg.date),
            None => Err(Absent::new("open_trade", format!("trade {n} is still open"))),
        },
        "trade_entry" => shown(entry.total),
        "trade_exit" => shown(exit(c, trade, at)?.total),
        "trade_profit" => {
            let exit = exit(c, trade, at)?;
            shown(signed(trade, exit.total - entry.total))
        }
        "trade_profit_gross" => {
            let exit = exit(c, trade, at)?;
            shown(signed(trade, exit.gross - entry.gross))
        }
        "trade_entry_average" => shown(average_entry(c, trade, at)?.total),
        "trade_profit_average" => {
            let exit = exit(c, trade, at)?;
            shown(signed(trade, exit.total - average_entry(c, trade, at)?.total))
        }
        "trade_return" => ratio(trade, exit(c, trade, at)?.total, entry.total),
        "trade_return_average" => ratio(trade, exit(c, trade, at)?.total, average_entry(c, trade, at)?.total),
        "trade_holding_days" => {
            let end = trade.closed.as_ref().map_or(at, |leg| leg.date);
            let weighted: Num =
                trade.opened.iter().map(|leg| leg.units * Num::whole((end - leg.date).num_days())).sum();
            decimal((weighted / trade.units).round(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
        }
        "trade_irr" => trade_irr(c, trade, at),
        other => Err(Absent::new("unknown_metric", format!("no metric is called {other:?}"))),
    }
}

fn signed(trade: &Trade, profit: Num) -> Num {
    if trade.long { profit } else { -profit }
}

fn ratio(trade: &Trade, exit: Num, entry: Num) -> Answer {
    if entry.is_zero() {
        return Err(Absent::zero("the entry value"));
    }
    let ratio = (exit / entry).to_f64();
    float(if trade.long { ratio - 1.0 } else { 1.0 - ratio })
}

/// What closing brought, or what it would bring at the price of the day.
fn exit(c: &Context<'_>, trade: &Trade, at: Date) -> Result<Parts, Absent> {
    match &trade.closed {
        Some(leg) => Ok(leg.amount),
        None => Ok(Parts::plain(c.worth(&trade.symbol, trade.units, at, &c.currency()?)?)),
    }
}

/// Entry at average cost: the share of the position's average cost that the units have.
fn average_entry(c: &Context<'_>, trade: &Trade, at: Date) -> Result<Parts, Absent> {
    if !trade.long {
        return Ok(trade.entry());
    }
    let currency = c.currency()?;
    let ask = Ask {
        method: Method::Average,
        before: trade.closed.as_ref().map(|leg| leg.place),
        ..c.ask(Some(&currency), trade.closed.as_ref().map_or(at, |leg| leg.date))
    };
    let run = c.run(&ask)?;
    let (mut units, mut cost) = (Num::ZERO, Parts::ZERO);
    for lot in run.lots.iter().filter(|lot| lot.symbol == trade.symbol && lot.account == trade.account) {
        units += lot.quantity;
        cost = cost.plus(lot.cost);
    }
    if units == trade.units {
        return Ok(cost);
    }
    Ok(cost.map(|amount| c.conventions.booked(amount * trade.units / units)))
}

/// The internal rate of a trade's flows. For a short one, the proceeds are left as collateral and come back at the end.
fn trade_irr(c: &Context<'_>, trade: &Trade, at: Date) -> Answer {
    let end = trade.closed.as_ref().map_or(at, |leg| leg.date);
    let exit = exit(c, trade, at)?.total.to_f64();
    let mut flows: Vec<(Date, f64)> = trade.opened.iter().map(|leg| (leg.date, -leg.amount.total.to_f64())).collect();
    if trade.long {
        flows.push((end, exit));
    } else {
        let collateral: f64 = trade.opened.iter().map(|leg| leg.amount.total.to_f64()).sum();
        flows.push((end, collateral - exit));
        flows.push((end, collateral));
    }
    float(internal_rate(c, &flows)?)
}
