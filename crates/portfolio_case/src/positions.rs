//! Questions about positions: quantities, lots, cost, value and gains of what is held or was sold.
//!
//! Invariant: unrealized gain = market value − cost; realized gain = net proceeds − cost of what was sold, with fees
//! and taxes in or out of both alike.

use dates::Date;
use serde_json::{Value, json};

use crate::absent::Absent;
use crate::case::{Kind, Transaction, number_of};
use crate::context::Context;
use crate::conventions::{Oversell, Product};
use crate::lots::{Ask, Disposal, Lot, Run};
use crate::num::Num;
use crate::output::{Answer, decimal, float, text};
use crate::returns::in_scope;

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "quantity" => quantity(c),
        "quantity_left" => quantity_left(c),
        "adjusted_quantity" => adjusted_quantity(c),
        "split_quantity" => split(c, true),
        "split_price" => split(c, false),
        "cost_basis" => cost_basis(c),
        "average_cost" => average_cost(c),
        "lots" | "lots_left" => lots(c),
        "booked_lots" => booked_lots(c),
        "cost_of_sold" => sold(c, cost, |_, _| true),
        "cost_of_sold_short_term" => sold(c, cost, |c, d| !c.is_long_term(d)),
        "cost_of_sold_long_term" => sold(c, cost, |c, d| c.is_long_term(d)),
        "quantity_sold_short_term" => sold_units(c, |c, d| !c.is_long_term(d)),
        "quantity_sold_long_term" => sold_units(c, |c, d| c.is_long_term(d)),
        "quantity_missing" => quantity_missing(c),
        "price" => price(c),
        "fx_rate" => fx_rate(c),
        "market_value" => market_value(c),
        "unrealized_gain" => unrealized(c).and_then(|(gain, _)| decimal(c.conventions.shown(gain))),
        "unrealized_return" => unrealized(c).and_then(|(gain, cost)| {
            if cost.is_zero() { Err(Absent::zero("the cost")) } else { float((gain / cost).to_f64()) }
        }),
        "realized_gain" => realized_gain(c),
        "net_proceeds" => net_proceeds(c),
        "realized_fx_gain" => realized_fx_gain(c),
        "unrealized_fx_gain" => unrealized_fx_gain(c),
        "lot_remaining_gross" => lot_remaining_gross(c),
        "cost_basis_in_period" => cost_basis_in_period(c),
        "cost_basis_series" => cost_basis_series(c),
        _ => return None,
    })
}

fn run_at(c: &Context<'_>, currency: Option<&str>, until: Date) -> Result<Run, Absent> {
    c.run(&c.ask(currency, until))
}

fn held<'r>(c: &'r Context<'_>, run: &'r Run) -> impl Iterator<Item = &'r Lot> {
    run.lots.iter().filter(|lot| in_scope(c.scope(), &lot.symbol, &lot.account))
}

fn cost_of_lot(c: &Context<'_>, lot: &Lot) -> Num {
    let amount = lot.cost.with(c.conventions.fees_in_cost, c.conventions.taxes_in_cost);
    if lot.quantity.is_negative() { -amount } else { amount }
}

fn cost(c: &Context<'_>, d: &Disposal) -> Num {
    d.cost.with(c.conventions.fees_in_cost, c.conventions.taxes_in_cost)
}

fn proceeds(c: &Context<'_>, d: &Disposal) -> Num {
    d.proceeds.with(c.conventions.fees_in_cost, c.conventions.taxes_in_cost)
}

/// Disposing transactions in the scope, in booking order.
fn sales<'c>(c: &'c Context<'_>, until: Date) -> Vec<&'c Transaction> {
    c.case
        .transactions
        .iter()
        .filter(|t| t.date <= until && t.kind.disposes())
        .filter(|t| in_scope(c.scope(), t.symbol.as_deref().unwrap_or_default(), &t.account))
        .collect()
}

/// The sale that the scope names.
fn named_sale<'c>(c: &'c Context<'_>) -> Result<Option<&'c Transaction>, Absent> {
    let Some(n) = c.scope().sale else { return Ok(None) };
    let all = sales(c, Date::MAX);
    let found = n.checked_sub(1).and_then(|at| all.get(at)).copied();
    found.map(Some).ok_or_else(|| Absent::new("no_such_sale", format!("the case has {} sales, not {n}", all.len())))
}

/// The days of a question about what happened: after `start`, up to `end`.
pub fn window(c: &Context<'_>) -> Result<(Option<Date>, Date), Absent> {
    Ok((c.has_start(), c.at()?))
}

/// Disposals of the question: of its sale, or of its days.
fn disposals(c: &Context<'_>, run: &Run) -> Result<Vec<Disposal>, Absent> {
    let sale = named_sale(c)?;
    let (start, end) = window(c)?;
    Ok(run
        .disposals
        .iter()
        .filter(|d| in_scope(c.scope(), &d.symbol, &d.account))
        .filter(|d| match sale {
            Some(sale) => d.place == sale.place,
            None => start.is_none_or(|start| d.date > start) && d.date <= end,
        })
        .cloned()
        .collect())
}

fn run_for_sales(c: &Context<'_>) -> Result<Run, Absent> {
    let currency = c.currency()?;
    let until = named_sale(c)?.map_or_else(|| c.at(), |sale| Ok(sale.date))?;
    run_at(c, Some(&currency), until)
}

fn sold(
    c: &Context<'_>,
    amount: fn(&Context<'_>, &Disposal) -> Num,
    wanted: fn(&Context<'_>, &Disposal) -> bool,
) -> Answer {
    let run = run_for_sales(c)?;
    ambiguous(c, &run)?;
    let total: Num = disposals(c, &run)?.iter().filter(|d| wanted(c, d)).map(|d| amount(c, d)).sum();
    decimal(c.conventions.shown(total))
}

fn sold_units(c: &Context<'_>, wanted: fn(&Context<'_>, &Disposal) -> bool) -> Answer {
    let run = run_for_sales(c)?;
    ambiguous(c, &run)?;
    decimal(disposals(c, &run)?.iter().filter(|d| wanted(c, d)).map(|d| d.quantity).sum())
}

/// A sale whose lots are not one answer makes what depends on it absent.
fn ambiguous(c: &Context<'_>, run: &Run) -> Result<(), Absent> {
    let concerns = |place: usize| {
        let t = c.case.transactions.iter().find(|t| t.place == place);
        t.is_none_or(|t| in_scope(c.scope(), t.symbol.as_deref().unwrap_or_default(), &t.account))
    };
    match run.ambiguous.iter().find(|(place, _)| concerns(*place)) {
        Some((place, reason)) => Err(Absent::new("ambiguous_lots", format!("transaction {place}: {reason}"))),
        None => c.conventions.require("cost_method"),
    }
}

fn quantity(c: &Context<'_>) -> Answer {
    if c.scope().lot.is_some() {
        let at = c.at()?;
        let run = run_at(c, None, at)?;
        let number = nth_lot(c, &run)?;
        return decimal(run.lots.iter().filter(|lot| lot.number == number).map(|lot| lot.quantity).sum());
    }
    let at = c.at()?;
    decimal(units_held(c, at))
}

fn units_held(c: &Context<'_>, at: Date) -> Num {
    let held = c.holdings(at);
    let wanted = held.iter().filter(|((account, symbol), _)| in_scope(c.scope(), symbol, account));
    wanted.map(|(_, quantity)| *quantity).sum()
}

/// Units that remain of the position: after the sale that is named, else on the day.
fn quantity_left(c: &Context<'_>) -> Answer {
    let Some(sale) = named_sale(c)? else { return decimal(units_held(c, c.at()?)) };
    let lots = lots_after(c, sale)?;
    decimal(lots.iter().map(|lot| lot.quantity).sum())
}

/// Open lots right after a sale, of its security.
fn lots_after(c: &Context<'_>, sale: &Transaction) -> Result<Vec<Lot>, Absent> {
    let place = c.case.transactions.iter().position(|t| t.place == sale.place).unwrap_or(0);
    let next = c.case.transactions.get(place + 1).map(|t| t.place);
    let ask = Ask { before: next, ..c.ask(c.query.currency.as_deref(), sale.date) };
    let run = c.run(&ask)?;
    ambiguous(c, &run)?;
    Ok(run
        .lots
        .into_iter()
        .filter(|lot| Some(&lot.symbol) == sale.symbol.as_ref() && in_scope(c.scope(), &lot.symbol, &lot.account))
        .collect())
}

/// In units after all later splits.
fn adjusted_quantity(c: &Context<'_>) -> Answer {
    let (quantity, symbol, day) = match (c.scope().lot, c.scope().symbol.clone()) {
        (Some(n), _) => {
            let bought: Vec<&Transaction> = c
                .case
                .transactions
                .iter()
                .filter(|t| {
                    t.kind.acquires() && in_scope(c.scope(), t.symbol.as_deref().unwrap_or_default(), &t.account)
                })
                .collect();
            let t = n.checked_sub(1).and_then(|at| bought.get(at)).ok_or_else(|| no_lot(n, bought.len()))?;
            (c.units(t), t.symbol.clone().unwrap_or_default(), t.date)
        }
        (None, Some(symbol)) => {
            let at = c.at()?;
            (units_held(c, at), symbol, at)
        }
        (None, None) => match c.symbols().first() {
            Some(symbol) if c.symbols().len() == 1 => {
                let at = c.at()?;
                (units_held(c, at), symbol.clone(), at)
            }
            _ => return Err(Absent::missing("of which security")),
        },
    };
    decimal(later_splits(c, &symbol, day).fold(quantity, |units, (new, old)| units * new / old))
}

fn no_lot(n: usize, found: usize) -> Absent {
    Absent::new("no_such_lot", format!("the scope has {found} lots, not {n}"))
}

fn later_splits<'c>(c: &'c Context<'_>, symbol: &str, day: Date) -> impl Iterator<Item = (Num, Num)> + 'c {
    let symbol = symbol.to_owned();
    c.case
        .transactions
        .iter()
        .filter(move |t| t.kind == Kind::Split && t.symbol.as_deref() == Some(symbol.as_str()) && t.date > day)
        .filter_map(|t| t.ratio)
}

/// A quantity or a price before a split in units after it.
fn split(c: &Context<'_>, of_quantity: bool) -> Answer {
    let input =
        |names: &[&str]| c.query.number(names).or_else(|| names.iter().find_map(|name| number_of(c.case.input(name)?)));
    let value = if of_quantity { input(&["quantity", "shares", "units"]) } else { input(&["price", "quote"]) };
    let new = input(&["rationew", "ratio_new", "new", "newshares"]);
    let old = input(&["ratioold", "ratio_old", "old", "oldshares"]);
    if let (Some(value), Some(new)) = (value, new) {
        let old = old.unwrap_or(Num::ONE);
        return decimal(if of_quantity { value * new / old } else { value * old / new });
    }
    let symbols = c.symbols();
    let symbol = c.scope().symbol.clone().or_else(|| (symbols.len() == 1).then(|| symbols.first().cloned()).flatten());
    let symbol = symbol.ok_or_else(|| Absent::missing("of which security"))?;
    let at = c.at()?;
    if of_quantity {
        return adjusted_quantity(c);
    }
    let price = match value {
        Some(price) => price,
        None => c.price(&symbol, at)?,
    };
    decimal(later_splits(c, &symbol, at).fold(price, |price, (new, old)| price * old / new))
}

fn cost_basis(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let run = run_at(c, Some(&currency), at)?;
    ambiguous(c, &run)?;
    if c.scope().lot.is_some() {
        let number = nth_lot(c, &run)?;
        return decimal(
            c.conventions
                .shown(run.lots.iter().filter(|lot| lot.number == number).map(|lot| cost_of_lot(c, lot)).sum()),
        );
    }
    decimal(c.conventions.shown(held(c, &run).map(|lot| cost_of_lot(c, lot)).sum()))
}

/// Cost per unit; in the currency of the question, else in that of the instrument where all lots share it.
fn average_cost(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let run = run_at(c, Some(&currency), at)?;
    ambiguous(c, &run)?;
    let units: Num = held(c, &run).map(|lot| lot.quantity).sum();
    if units.is_zero() {
        return Err(Absent::new("no_position", format!("nothing is held on {at}")));
    }
    let total: Num = held(c, &run).map(|lot| cost_of_lot(c, lot)).sum();
    decimal(
        c.conventions
            .rounding
            .decimals
            .filter(|decimals| *decimals >= 8)
            .map_or(total / units, |_| c.conventions.shown(total / units)),
    )
}

/// One lot as the answer shows it.
fn row(date: Date, quantity: Num, unit_cost: Num) -> Result<Value, Absent> {
    Ok(json!({ "date": date.to_string(), "quantity": text(quantity)?, "unit_cost": text(unit_cost)? }))
}

fn lots(c: &Context<'_>) -> Answer {
    let open: Vec<Lot> = match named_sale(c)? {
        Some(sale) => lots_after(c, sale)?,
        None => {
            let at = c.at()?;
            let run = run_at(c, c.query.currency.as_deref(), at)?;
            ambiguous(c, &run)?;
            held(c, &run).cloned().collect()
        }
    };
    let mut open = open;
    open.sort_by_key(|lot| (lot.symbol.clone(), lot.date, lot.number));
    let rows = open.iter().map(|lot| {
        let amount = lot.cost.with(c.conventions.fees_in_cost, c.conventions.taxes_in_cost);
        row(lot.date, lot.quantity, amount / lot.quantity.abs())
    });
    Ok(Value::from(rows.collect::<Result<Vec<_>, _>>()?))
}

/// The lots that a sale consumed.
fn booked_lots(c: &Context<'_>) -> Answer {
    let until = named_sale(c)?.map_or_else(|| c.at(), |sale| Ok(sale.date))?;
    let run = run_at(c, c.query.currency.as_deref(), until)?;
    ambiguous(c, &run)?;
    let rows = disposals(c, &run)?.into_iter().map(|d| row(d.acquired, d.quantity, cost(c, &d) / d.quantity));
    Ok(Value::from(rows.collect::<Result<Vec<_>, _>>()?))
}

fn quantity_missing(c: &Context<'_>) -> Answer {
    let at = c.at()?;
    let sale = named_sale(c)?;
    // What lots lack does not depend on whether the books would refuse the sale.
    let none = std::collections::BTreeSet::new();
    let mut conventions = c.conventions.clone();
    conventions.oversell = Oversell::Missing;
    let lenient = Context::new(c.case, c.query, conventions, &none, false);
    let run = lenient.run(&lenient.ask(None, at))?;
    let wanted = run.missing.iter().filter(|m| in_scope(c.scope(), &m.symbol, &m.account));
    decimal(wanted.filter(|m| sale.is_none_or(|sale| sale.place == m.place)).map(|m| m.quantity).sum())
}

fn the_symbol(c: &Context<'_>) -> Result<String, Absent> {
    let symbols = c.symbols();
    let only = || {
        let all: Vec<&String> = symbols.iter().chain(c.case.prices.keys()).chain(c.case.instruments.keys()).collect();
        let first = (*all.first()?).clone();
        all.iter().all(|symbol| **symbol == first).then_some(first)
    };
    c.scope().symbol.clone().or_else(only).ok_or_else(|| Absent::missing("of which security"))
}

/// The quote in force; in another currency where the question names one.
fn price(c: &Context<'_>) -> Answer {
    let (symbol, at) = (the_symbol(c)?, c.at()?);
    let price = c.price(&symbol, at)?;
    match (&c.query.currency, c.instrument_currency(&symbol)) {
        (Some(wanted), Some(own)) => decimal(price * c.rate(&own, wanted, at)?),
        _ => decimal(price),
    }
}

fn fx_rate(c: &Context<'_>) -> Answer {
    let at = c.at()?;
    let named = |names: &[&str]| c.query.text(names).map(crate::read::currency);
    let of_symbol = || c.scope().symbol.as_deref().and_then(|symbol| c.instrument_currency(symbol));
    let only = || c.case.rates.first().filter(|_| c.case.rates.len() == 1);
    let from = named(&["base", "from", "fromcurrency", "source"])
        .or_else(of_symbol)
        .or_else(|| only().map(|table| table.base.clone()));
    let from = from.ok_or_else(|| Absent::missing("from which currency"))?;
    let to = named(&["quote", "to", "tocurrency", "target"]).or_else(|| c.query.currency.clone());
    let to = to
        .or_else(|| c.case.base.clone().filter(|base| *base != from))
        .or_else(|| only().map(|table| table.quote.clone()));
    decimal(c.rate(&from, &to.ok_or_else(|| Absent::missing("into which currency"))?, at)?)
}

fn market_value(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    if c.scope().lot.is_some() {
        let run = run_at(c, None, at)?;
        let number = nth_lot(c, &run)?;
        let mut value = Num::ZERO;
        for lot in run.lots.iter().filter(|lot| lot.number == number) {
            value += c.worth(&lot.symbol, lot.quantity, at, &currency)?;
        }
        return decimal(c.conventions.shown(value));
    }
    decimal(c.conventions.shown(c.securities_value(c.scope(), at, &currency)?))
}

/// Gain on what is held, and its cost.
fn unrealized(c: &Context<'_>) -> Result<(Num, Num), Absent> {
    let currency = c.currency()?;
    let at = c.at()?;
    let run = run_at(c, Some(&currency), at)?;
    ambiguous(c, &run)?;
    if c.scope().lot.is_some() {
        let number = nth_lot(c, &run)?;
        let (mut value, mut cost) = (Num::ZERO, Num::ZERO);
        for lot in run.lots.iter().filter(|lot| lot.number == number) {
            value += c.worth(&lot.symbol, lot.quantity, at, &currency)?;
            cost += cost_of_lot(c, lot);
        }
        return Ok((value - cost, cost));
    }
    let cost: Num = held(c, &run).map(|lot| cost_of_lot(c, lot)).sum();
    Ok((c.securities_value(c.scope(), at, &currency)? - cost, cost))
}

fn realized_gain(c: &Context<'_>) -> Answer {
    let run = run_for_sales(c)?;
    ambiguous(c, &run)?;
    let mut gain: Num = disposals(c, &run)?.iter().map(|d| proceeds(c, d) - cost(c, d)).sum();
    gain += missing_proceeds(c, &run)?;
    decimal(c.conventions.shown(gain))
}

/// Proceeds of units that nobody had, where the conventions let them pass.
fn missing_proceeds(c: &Context<'_>, run: &Run) -> Result<Num, Absent> {
    if c.conventions.oversell != Oversell::Missing {
        return Ok(Num::ZERO);
    }
    let sale = named_sale(c)?;
    let (start, end) = window(c)?;
    let wanted = run.missing.iter().filter(|m| in_scope(c.scope(), &m.symbol, &m.account)).filter(|m| match sale {
        Some(sale) => m.place == sale.place,
        None => start.is_none_or(|start| m.date > start) && m.date <= end,
    });
    Ok(wanted.map(|m| m.proceeds.with(c.conventions.fees_in_cost, c.conventions.taxes_in_cost)).sum())
}

/// What sales brought after fee and tax.
fn net_proceeds(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let sale = named_sale(c)?;
    let (start, end) = window(c)?;
    let mut total = Num::ZERO;
    let wanted = c.transactions(if sale.is_some() { Date::MAX } else { end }).filter(|t| t.kind.disposes());
    for t in wanted.filter(|t| in_scope(c.scope(), t.symbol.as_deref().unwrap_or_default(), &t.account)) {
        let is_wanted = match sale {
            Some(sale) => t.place == sale.place,
            None => start.is_none_or(|start| t.date > start),
        };
        if is_wanted {
            let (local, own) = c.local_parts(t)?;
            let parts = c.parts_in(t, local, &own, &currency, None)?;
            c.note(|| format!("transaction {} brought {}", t.place, crate::context::show(parts.total)));
            total += parts.total;
        }
    }
    decimal(c.conventions.shown(total))
}

/// The part of a gain that the rate made: cost · (rate now − rate then).
#[allow(clippy::too_many_arguments)] // an amount in two currencies, and two days
pub fn fx_part(
    c: &Context<'_>,
    symbol: &str,
    own: &str,
    local: Num,
    cost: Num,
    then: Date,
    now: Date,
    currency: &str,
) -> Result<Num, Absent> {
    let of_instrument = c.instrument_currency(symbol).unwrap_or_default();
    if of_instrument == currency {
        return Ok(Num::ZERO);
    }
    let foreign = if own == of_instrument && c.conventions.product != Some(Product::PortfolioPerformance) {
        local
    } else {
        c.convert(cost, currency, &of_instrument, then)?
    };
    Ok(c.convert(foreign, &of_instrument, currency, now)? - cost)
}

fn realized_fx_gain(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let run = run_for_sales(c)?;
    ambiguous(c, &run)?;
    let (fees, taxes) = fx_parts(c);
    let mut gain = Num::ZERO;
    for d in disposals(c, &run)?.iter().filter(|d| !d.short) {
        gain += fx_part(
            c,
            &d.symbol,
            &d.currency,
            d.local.with(fees, taxes),
            d.cost.with(fees, taxes),
            d.rate_date,
            d.date,
            &currency,
        )?;
    }
    decimal(c.conventions.shown(gain))
}

fn unrealized_fx_gain(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let run = run_at(c, Some(&currency), at)?;
    ambiguous(c, &run)?;
    let (fees, taxes) = fx_parts(c);
    let mut gain = Num::ZERO;
    for lot in held(c, &run).filter(|lot| lot.quantity.is_positive()) {
        gain += fx_part(
            c,
            &lot.symbol,
            &lot.currency,
            lot.local.with(fees, taxes),
            lot.cost.with(fees, taxes),
            lot.rate_date,
            at,
            &currency,
        )?;
    }
    decimal(c.conventions.shown(gain))
}

/// Portfolio Performance measures gains before fees and taxes.
fn fx_parts(c: &Context<'_>) -> (bool, bool) {
    match c.conventions.product {
        Some(Product::PortfolioPerformance) => (false, false),
        _ => (c.conventions.fees_in_cost, c.conventions.taxes_in_cost),
    }
}

/// The number, in the run, of the n-th lot ever opened in the scope.
fn nth_lot(c: &Context<'_>, run: &Run) -> Result<usize, Absent> {
    let n = c.scope().lot.unwrap_or(1);
    let open = run.lots.iter().map(|lot| (lot.number, &lot.symbol));
    let closed = run.disposals.iter().filter(|d| !d.short).map(|d| (d.lot, &d.symbol));
    let mut numbers: Vec<usize> = open
        .chain(closed)
        .filter(|(_, symbol)| c.scope().symbol.as_ref().is_none_or(|wanted| wanted == *symbol))
        .map(|(number, _)| number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    n.checked_sub(1).and_then(|at| numbers.get(at)).copied().ok_or_else(|| no_lot(n, numbers.len()))
}

/// What remains of a lot's amount before fees and taxes.
fn lot_remaining_gross(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let run = run_at(c, Some(&currency), c.at()?)?;
    ambiguous(c, &run)?;
    let number = nth_lot(c, &run)?;
    decimal(c.conventions.shown(run.lots.iter().filter(|lot| lot.number == number).map(|lot| lot.cost.gross).sum()))
}

/// Cost where positions held at the start count with the opening price.
fn cost_basis_in_period(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = c.period()?;
    let run = c.run(&Ask { from: Some(start), ..c.ask(Some(&currency), end) })?;
    ambiguous(c, &run)?;
    decimal(c.conventions.shown(held(c, &run).map(|lot| cost_of_lot(c, lot)).sum()))
}

/// Cost on each day that is asked for, else on each day on which something happened.
fn cost_basis_series(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let asked = c
        .query
        .param(&["dates", "at", "days"])
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(|day| dates::parse_date(day.as_str()?).ok()).collect::<Vec<_>>());
    let days = match asked {
        Some(days) => days,
        None => {
            let (start, end) = window(c)?;
            let mut days: Vec<Date> = c
                .transactions(end)
                .filter(|t| start.is_none_or(|start| t.date > start))
                .filter(|t| t.kind.acquires() || t.kind.disposes() || matches!(t.kind, Kind::Transfer | Kind::Split))
                .filter(|t| crate::invested::concerns_position(c, t))
                .map(|t| t.date)
                .collect();
            days.dedup();
            days
        }
    };
    let rows = days.into_iter().map(|day| {
        let run = run_at(c, Some(&currency), day)?;
        ambiguous(c, &run)?;
        let cost: Num = held(c, &run).map(|lot| cost_of_lot(c, lot)).sum();
        Ok(json!({ "date": day.to_string(), "value": text(c.conventions.shown(cost))? }))
    });
    Ok(Value::from(rows.collect::<Result<Vec<_>, Absent>>()?))
}
