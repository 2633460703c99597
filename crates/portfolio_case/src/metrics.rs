//! Every question by name: which family answers it, and what makes all of them absent.
//!
//! Invariant: the names are those of the format; a name that is none of them is absent with the nearest one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::absent::Absent;
use crate::case::{Case, Query};
use crate::context::Context;
use crate::conventions::{Oversell, Product};
use crate::conventions_text;
use crate::output::{Answer, count, day};
use crate::problem::{Problem, Problems};
use crate::returns::in_scope;
use crate::{bridge, cash, income, invested, periods, positions, rebalance, returns, risk, trades};

/// All metrics.
#[rustfmt::skip]
pub const METRICS: &[&str] = &[
    "quantity", "cost_basis", "average_cost", "lots", "lots_left", "booked_lots", "cost_of_sold",
    "cost_of_sold_short_term", "cost_of_sold_long_term", "quantity_sold_short_term", "quantity_sold_long_term",
    "quantity_missing", "quantity_left", "adjusted_quantity", "price", "fx_rate", "market_value",
    "unrealized_gain", "unrealized_return", "realized_gain", "net_proceeds", "realized_fx_gain",
    "unrealized_fx_gain", "lot_remaining_gross", "cost_basis_in_period", "cost_basis_series", "cash_balance",
    "cash_total", "cash_value", "net_contribution", "fx_gain", "net_investment_by_month", "net_investment_by_year",
    "net_flow", "fees", "taxes", "dividends", "liabilities", "net_worth", "net_worth_gain_excluding_contributions",
    "trade_day", "initial_value", "capital_gains", "realized_capital_gains", "earnings", "currency_gains",
    "transfers", "final_value", "bridge_closes", "absolute_gain", "opening_value", "total_value", "twr",
    "twr_annualized", "twr_cumulative", "twr_daily", "twr_weekly", "twr_interval", "irr", "mwr_between",
    "simple_return_on_opening", "return_on_cost", "day_change", "day_change_return", "annualized_return",
    "average_invested_capital", "gross_gain", "net_gain", "net_gain_range", "roai_gross", "roai_net",
    "period_start", "volatility_period", "semivolatility_period", "max_drawdown", "max_drawdown_duration_days",
    "longest_recovery", "ath_value", "ath_distance", "ath_date", "market_condition", "trade_count", "trade_closed",
    "trade_long", "trade_shares", "trade_start", "trade_end", "trade_entry", "trade_exit", "trade_profit",
    "trade_profit_gross", "trade_profit_average", "trade_return", "trade_return_average", "trade_irr",
    "trade_holding_days", "trade_entry_average", "dividend_count", "dividend_periodicity",
    "dividend_yield_on_cost_per_year", "split_quantity", "split_price", "rebalance_amount", "rebalance_exact",
    "periods_to_target_months", "interval", "warnings_count", "error",
];

/// Metrics that a refused sale leaves as they are.
#[rustfmt::skip]
const UNTOUCHED_BY_REFUSALS: &[&str] = &[
    "quantity", "quantity_missing", "quantity_left", "adjusted_quantity", "lots", "lots_left", "cost_basis",
    "average_cost", "price", "fx_rate", "market_value", "unrealized_gain", "unrealized_return", "split_quantity",
    "split_price", "dividends", "dividend_count", "dividend_periodicity", "trade_day", "interval", "period_start",
    "warnings_count", "error", "ath_value", "ath_date", "ath_distance", "market_condition", "lot_remaining_gross",
    "rebalance_amount", "rebalance_exact", "periods_to_target_months", "liabilities",
];

/// Answers one question and says what was used.
pub fn answer(case: &Case, query: &Query, explain: bool, warnings: &mut Vec<Problem>) -> (Answer, Vec<String>) {
    let mut problems = Problems::default();
    let mut conventions = case.conventions.clone();
    let pointer = format!("{}/params", query.pointer);
    conventions_text::override_with(&query.params, &pointer, &mut conventions, &mut problems);
    warnings.append(&mut problems.warnings);
    if conventions.product == Some(Product::PortfolioPerformance)
        && query.scope.symbol.is_some()
        && query.param(&["taxes", "tax"]).is_none()
    {
        // A security's return there is before taxes.
        conventions.before_taxes = true;
    }
    let none = BTreeSet::new();
    // Books that cannot be replayed at all say so in the answer itself.
    let refused = refused(case, query, &conventions, &none).unwrap_or_default();
    let c = Context::new(case, query, conventions, &refused, explain);
    let answer = conventions_hold(&c).and_then(|()| dispatch(&c));
    (answer, c.trail())
}

fn conventions_hold(c: &Context<'_>) -> Result<(), Absent> {
    c.conventions.require("product")
}

/// Places of sales that find too few lots, where the conventions refuse them.
fn refused(
    case: &Case,
    query: &Query,
    conventions: &crate::conventions::Conventions,
    none: &BTreeSet<usize>,
) -> Result<BTreeSet<usize>, Absent> {
    if conventions.oversell != Oversell::Refuse {
        return Ok(BTreeSet::new());
    }
    let c = Context::new(case, query, conventions.clone(), none, false);
    let run = c.run(&c.ask(None, dates::Date::MAX))?;
    Ok(run.missing.iter().map(|missing| missing.place).collect())
}

fn dispatch(c: &Context<'_>) -> Answer {
    let metric = c.query.metric.as_str();
    if !METRICS.contains(&metric) {
        let near = METRICS.iter().map(|name| (strsim::damerau_levenshtein(metric, name), name)).min();
        let near = near
            .filter(|(distance, _)| *distance <= 4)
            .map_or(String::new(), |(_, name)| format!("; the nearest is {name:?}"));
        return Err(Absent::new("unknown_metric", format!("no metric is called {metric:?}{near}")));
    }
    match metric {
        "error" => return error(c),
        "warnings_count" => return warnings_count(c),
        "interval" => return interval(c),
        "period_start" => return period_start(c),
        _ => {}
    }
    if !UNTOUCHED_BY_REFUSALS.contains(&metric)
        && let Some(t) = refusal(c)
    {
        let why = format!(
            "transaction {} of {} takes more {} than is held",
            t.place,
            t.date,
            t.symbol.as_deref().unwrap_or_default()
        );
        return Err(Absent::new("not_enough_lots", why));
    }
    positions::answer(c, metric)
        .or_else(|| cash::answer(c, metric))
        .or_else(|| bridge::answer(c, metric))
        .or_else(|| invested::answer(c, metric))
        .or_else(|| returns::answer(c, metric))
        .or_else(|| risk::answer(c, metric))
        .or_else(|| income::answer(c, metric))
        .or_else(|| rebalance::answer(c, metric))
        .or_else(|| trades::answer(c, metric))
        .unwrap_or_else(|| Err(Absent::new("unknown_metric", format!("no metric is called {metric:?}"))))
}

/// The first refused transaction that the question could have to do with.
fn refusal<'c>(c: &'c Context<'_>) -> Option<&'c crate::case::Transaction> {
    let at = c.at().unwrap_or(dates::Date::MAX);
    c.case.transactions.iter().find(|t| {
        c.refused.contains(&t.place)
            && t.date <= at
            && in_scope(c.scope(), t.symbol.as_deref().unwrap_or_default(), &t.account)
    })
}

/// The code of what is wrong with the books.
fn error(c: &Context<'_>) -> Answer {
    let at = c.at()?;
    // Asked for an error, a sale of more than is held is one under every convention but that of short positions.
    let mut conventions = c.conventions.clone();
    if conventions.oversell == Oversell::Missing {
        conventions.oversell = Oversell::Refuse;
    }
    let none = BTreeSet::new();
    let strict = Context::new(c.case, c.query, conventions, &none, false);
    let run = strict.run(&strict.ask(None, at))?;
    if let Some(missing) = run.missing.iter().find(|m| in_scope(c.scope(), &m.symbol, &m.account)) {
        c.note(|| {
            format!("transaction {} lacks {} {}", missing.place, crate::context::show(missing.quantity), missing.symbol)
        });
        return Ok(Value::from("not_enough_lots"));
    }
    if !run.ambiguous.is_empty() {
        return Ok(Value::from("ambiguous_lots"));
    }
    let (start, end) = c.period()?;
    let days = returns::series(c, c.scope(), start, end)?;
    match days.iter().find(|day| day.value < 0.0) {
        Some(day) => {
            c.note(|| format!("the value on {} is {}", day.date, day.value));
            Ok(Value::from("negative_portfolio_value"))
        }
        None => Err(Absent::new("no_error", "the books have no error")),
    }
}

/// Sales and transfers of more than is held, sales whose lots are not one answer, and values that nothing prices.
fn warnings_count(c: &Context<'_>) -> Answer {
    let at = c.at()?;
    let none = BTreeSet::new();
    let mut conventions = c.conventions.clone();
    conventions.oversell = Oversell::Missing;
    let lenient = Context::new(c.case, c.query, conventions, &none, false);
    let run = lenient.run(&lenient.ask(None, at))?;
    let oversold = run.missing.iter().filter(|m| in_scope(c.scope(), &m.symbol, &m.account)).count();
    for missing in &run.missing {
        c.note(|| {
            format!("transaction {} lacks {} {}", missing.place, crate::context::show(missing.quantity), missing.symbol)
        });
    }
    let unpriced = c
        .holdings(at)
        .keys()
        .filter(|(account, symbol)| in_scope(c.scope(), symbol, account))
        .map(|(_, symbol)| symbol.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|symbol| !c.case.prices.is_empty() && c.price(symbol, at).is_err())
        .count();
    count(oversold + run.ambiguous.len() + unpriced)
}

fn range_of<'c>(c: &'c Context<'_>) -> Option<&'c str> {
    let input = || ["range", "period", "code", "interval"].iter().find_map(|key| c.case.input(key)?.as_str());
    c.query.text(&["range", "period", "code", "interval", "type", "name"]).or_else(input)
}

fn interval_of(c: &Context<'_>) -> Result<(dates::Date, dates::Date), Absent> {
    match range_of(c) {
        Some(range) => periods::interval(range, c.at()?, c.first_day()),
        None => c.period(),
    }
}

/// First and last day of a named range.
fn interval(c: &Context<'_>) -> Answer {
    let (start, end) = interval_of(c)?;
    Ok(json!({ "start": start.to_string(), "end": end.to_string() }))
}

/// The close at which a named range starts.
fn period_start(c: &Context<'_>) -> Answer {
    day(interval_of(c)?.0)
}
