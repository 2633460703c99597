//! Returns over a period: time-weighted in each variant, money-weighted, and per day.
//!
//! Invariant: one series of daily values and flows feeds every return, so they differ by their formula only.

use chrono::{Datelike, Duration, Weekday};
use dates::Date;
use formulas::returns::{FlowTiming, day_return, xirr};
use serde_json::Value;

use crate::absent::Absent;
use crate::case::{Kind, Scope, number_of};
use crate::context::Context;
use crate::conventions::{MoneyWeighted, Product, Twr};
use crate::num::Num;
use crate::output::{Answer, dated, float};

/// Longest period of which every day is valued.
const DAYS_MAX: i64 = 40_000;

/// One day of a scope.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Value at its close.
    pub value: f64,
    /// What came in.
    pub inflow: f64,
    /// What went out, positive.
    pub outflow: f64,
}

/// The daily values of a scope, from the opening close on.
pub fn series(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<Vec<Day>, Absent> {
    let currency = c.currency()?;
    if (end - start).num_days() > DAYS_MAX {
        return Err(Absent::new("period_too_long", format!("{start} to {end} is longer than {DAYS_MAX} days")));
    }
    let mut days: Vec<Day> = Vec::new();
    let mut date = start;
    while date <= end {
        days.push(Day { date, value: c.value(scope, date, &currency)?.to_f64(), inflow: 0.0, outflow: 0.0 });
        date += Duration::days(1);
    }
    for flow in c.flows(scope, Some(start), end, &currency)? {
        let at = (flow.date - start).num_days() as usize;
        if let Some(day) = days.get_mut(at) {
            if flow.amount.is_negative() {
                day.outflow -= flow.amount.to_f64();
            } else {
                day.inflow += flow.amount.to_f64();
            }
        }
    }
    if days.iter().any(|day| !day.value.is_finite()) {
        return Err(Absent::undefined("a daily value"));
    }
    Ok(days)
}

/// The return of each day after the first; none without exposure.
pub fn daily(c: &Context<'_>, days: &[Day]) -> Result<Vec<Option<f64>>, Absent> {
    c.conventions.require("twr")?;
    if c.conventions.product == Some(Product::Wealthfolio)
        && let Some(day) = days.iter().find(|day| day.value < 0.0)
    {
        return Err(Absent::new("negative_portfolio_value", format!("the value on {} is negative", day.date)));
    }
    days.windows(2)
        .map(|pair| {
            let (before, day) = (pair[0].value, pair[1]);
            let net = day.inflow - day.outflow;
            let lenient =
                |exposed: f64, closing: f64| if exposed == 0.0 { Ok(None) } else { Ok(Some(closing / exposed - 1.0)) };
            let timing = match c.conventions.twr {
                Twr::InOut => return lenient(before + day.inflow, day.value + day.outflow),
                Twr::Start if c.conventions.product == Some(Product::Wealthfolio) => {
                    return lenient(before + net, day.value);
                }
                Twr::Start => FlowTiming::Start,
                Twr::End if before != 0.0 => FlowTiming::End,
                Twr::Mid if before != 0.0 => FlowTiming::Mid,
                Twr::End | Twr::Mid => FlowTiming::Start,
                Twr::Hybrid | Twr::Windows => FlowTiming::Hybrid,
            };
            day_return(before, day.value, net, timing)
                .map_err(|_| Absent::new("undefined_return", format!("no return is defined on {}", day.date)))
        })
        .collect()
}

/// The linked return of a period.
pub fn twr(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<f64, Absent> {
    c.conventions.require("twr")?;
    if c.conventions.twr == Twr::Windows {
        return windows(c, scope, start, end);
    }
    let days = series(c, scope, start, end)?;
    let returns = daily(c, &days)?;
    if returns.iter().all(Option::is_none) {
        return Err(Absent::new("no_exposure", format!("nothing is held between {start} and {end}")));
    }
    for (day, r) in days.iter().skip(1).zip(&returns) {
        if day.inflow != 0.0 || day.outflow != 0.0 {
            c.note(|| {
                format!("{}: value {}, in {}, out {}, return {r:?}", day.date, day.value, day.inflow, day.outflow)
            });
        }
    }
    Ok(formulas::returns::link(returns.into_iter().flatten()))
}

/// Links windows between days with a quote; a window with flows counts with its own internal rate.
fn windows(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<f64, Absent> {
    let currency = c.currency()?;
    let symbols = scope.symbol.clone().map_or_else(|| c.symbols(), |symbol| [symbol].into());
    let mut cuts: Vec<Date> = symbols
        .iter()
        .flat_map(|symbol| c.quote_dates(symbol).collect::<Vec<_>>())
        .filter(|date| start < *date && *date < end)
        .collect();
    // What changes the value without being a flow says what it is worth from then on.
    let appraises = |t: &&crate::case::Transaction| {
        t.symbol.is_none()
            && c.concerns(t, scope)
            && matches!(
                t.kind,
                Kind::Interest | Kind::InterestCharge | Kind::Fee | Kind::FeeRefund | Kind::Tax | Kind::TaxRefund
            )
    };
    cuts.extend(c.transactions(end).filter(appraises).map(|t| t.date).filter(|date| start < *date && *date < end));
    cuts.extend([start, end]);
    cuts.sort();
    cuts.dedup();
    let flows = c.flows(scope, Some(start), end, &currency)?;
    let mut product = 1.0;
    let mut exposed = false;
    for cut in cuts.windows(2) {
        let (from, to) = (cut[0], cut[1]);
        let opening = c.value(scope, from, &currency)?.to_f64();
        let closing = c.value(scope, to, &currency)?.to_f64();
        let inside: Vec<(Date, f64)> = flows
            .iter()
            .filter(|flow| from < flow.date && flow.date <= to)
            .map(|flow| (flow.date, -flow.amount.to_f64()))
            .collect();
        let factor = if inside.is_empty() {
            if opening == 0.0 { 1.0 } else { closing / opening }
        } else {
            let shift = Duration::days(i64::from(c.conventions.closing_on_next_day));
            let mut all = vec![(from + shift, -opening)];
            all.extend(inside);
            all.push((to + shift, closing));
            let span = (to - from).num_days() as f64;
            match xirr(&all, 0.1) {
                Ok(found) => (1.0 + found.rate).powf(span / 365.0),
                // A flow on the last day of its window has had no time.
                Err(_) if closing - opening - flows_net(&all[1..all.len() - 1]) == 0.0 => 1.0,
                Err(reason) => return Err(reason.into()),
            }
        };
        exposed |= opening != 0.0 || closing != 0.0;
        c.note(|| format!("window {from} to {to}: {opening} to {closing}, factor {factor}"));
        product *= factor;
    }
    if !exposed {
        return Err(Absent::new("no_exposure", format!("nothing is held between {start} and {end}")));
    }
    Ok(product - 1.0)
}

fn flows_net(investor: &[(Date, f64)]) -> f64 {
    -investor.iter().map(|(_, amount)| amount).sum::<f64>()
}

/// A return over some days per year.
pub fn annualised(c: &Context<'_>, total: f64, days: i64) -> Result<f64, Absent> {
    c.conventions.require("annualisation")?;
    let year = c.conventions.annualisation.to_f64();
    if days <= 0 {
        return Err(Absent::new("not_annualisable", format!("a span of {days} days has no yearly rate")));
    }
    if !c.conventions.annualise_short && days < 365 {
        return Err(Absent::new("not_annualisable", format!("a span of {days} days is shorter than a year")));
    }
    Ok(if total <= -1.0 { -1.0 } else { (1.0 + total).powf(year / days as f64) - 1.0 })
}

/// The internal rate of flows as the investor sees them, per year of the convention.
pub fn internal_rate(c: &Context<'_>, flows: &[(Date, f64)]) -> Result<f64, Absent> {
    c.conventions.require("day_count")?;
    c.conventions.require("irr")?;
    let guess = c.query.number(&["guess"]).map_or(0.1, Num::to_f64);
    for (date, amount) in flows {
        c.note(|| format!("flow for the internal rate: {date} {amount}"));
    }
    let found = xirr(flows, guess)?;
    Ok((found.rate.ln_1p() * c.conventions.day_count.to_f64() / 365.0).exp_m1())
}

/// The internal rate of a scope over a period.
pub fn irr(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<f64, Absent> {
    if let Some(flows) = flows_of_inputs(c) {
        return internal_rate(c, &flows?);
    }
    let currency = c.currency()?;
    let shift = Duration::days(i64::from(c.conventions.closing_on_next_day));
    let mut flows = vec![(start + shift, -c.value(scope, start, &currency)?.to_f64())];
    flows.extend(c.flows(scope, Some(start), end, &currency)?.iter().map(|flow| (flow.date, -flow.amount.to_f64())));
    flows.push((end + shift, c.value(scope, end, &currency)?.to_f64()));
    flows.retain(|(_, amount)| *amount != 0.0);
    internal_rate(c, &flows)
}

/// Dated flows that the case gives for the formula alone.
fn flows_of_inputs(c: &Context<'_>) -> Option<Result<Vec<(Date, f64)>, Absent>> {
    let list = ["cash_flows", "cashflows", "flows", "irr_flows"].iter().find_map(|key| c.case.input(key));
    let bad = || Absent::new("invalid_input", "a flow is [date, amount], or {date, amount}");
    if let Some(Value::Array(items)) = list {
        let read = |item: &Value| {
            let (day, amount) = match item {
                Value::Array(pair) if pair.len() == 2 => (&pair[0], &pair[1]),
                Value::Object(map) => (
                    map.get("date").ok_or_else(bad)?,
                    ["amount", "value", "cash_flow", "flow"].iter().find_map(|key| map.get(*key)).ok_or_else(bad)?,
                ),
                _ => return Err(bad()),
            };
            let date = day.as_str().and_then(|text| dates::parse_date(text).ok()).ok_or_else(bad)?;
            Ok((date, number_of(amount).ok_or_else(bad)?.to_f64()))
        };
        return Some(items.iter().map(read).collect());
    }
    // Two lists side by side.
    let days = c.case.input("dates")?.as_array()?;
    let values = ["values", "amounts"].iter().find_map(|key| c.case.input(key))?.as_array()?;
    if days.len() != values.len() {
        return Some(Err(bad()));
    }
    let read = |(day, value): (&Value, &Value)| {
        let date = day.as_str().and_then(|text| dates::parse_date(text).ok()).ok_or_else(bad)?;
        Ok((date, number_of(value).ok_or_else(bad)?.to_f64()))
    };
    Some(days.iter().zip(values).map(read).collect())
}

/// Day-linked modified Dietz with half of each day's flow.
fn dietz_linked(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<f64, Absent> {
    let mut product = 1.0;
    for pair in series(c, scope, start, end)?.windows(2) {
        let net = pair[1].inflow - pair[1].outflow;
        let exposed = pair[0].value + net / 2.0;
        if exposed != 0.0 {
            product *= 1.0 + (pair[1].value - pair[0].value - net) / exposed;
        }
    }
    Ok(product - 1.0)
}

/// Gain of a period: closing − opening − net flows.
pub fn gain(c: &Context<'_>, scope: &Scope, start: Date, end: Date) -> Result<(Num, Num, Num), Absent> {
    let currency = c.currency()?;
    let opening = c.value(scope, start, &currency)?;
    let closing = c.value(scope, end, &currency)?;
    let net: Num = c.flows(scope, Some(start), end, &currency)?.iter().map(|flow| flow.amount).sum();
    Ok((opening, closing - opening - net, net))
}

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "twr" => period(c, |c, start, end| float(twr(c, c.scope(), start, end)?)),
        "twr_interval" => period(c, |c, start, end| float(twr(c, c.scope(), start, end)?)),
        "twr_annualized" => {
            period(c, |c, start, end| float(annualised(c, twr(c, c.scope(), start, end)?, (end - start).num_days())?))
        }
        "twr_cumulative" => cumulative(c),
        "twr_daily" => of_days(c, false),
        "twr_weekly" => of_days(c, true),
        "irr" if c.scope().trade.is_some() => return crate::trades::answer(c, "trade_irr"),
        "irr" => match flows_of_inputs(c) {
            Some(flows) => flows.and_then(|flows| float(internal_rate(c, &flows)?)),
            None => period(c, |c, start, end| float(irr(c, c.scope(), start, end)?)),
        },
        "mwr_between" => mwr_between(c),
        "simple_return_on_opening" => period(c, |c, start, end| {
            let (opening, gain, _) = gain(c, c.scope(), start, end)?;
            if opening.is_zero() && c.conventions.product == Some(Product::Wealthfolio) {
                return float(0.0);
            }
            if opening.is_zero() {
                return Err(Absent::zero("the opening value"));
            }
            float((gain / opening).to_f64())
        }),
        "return_on_cost" => return_on_cost(c),
        "day_change" => float_or_decimal(c, false),
        "day_change_return" => float_or_decimal(c, true),
        "annualized_return" => annualized_return(c),
        _ => return None,
    })
}

fn period(c: &Context<'_>, answer: impl Fn(&Context<'_>, Date, Date) -> Answer) -> Answer {
    let (start, end) = c.period()?;
    answer(c, start, end)
}

/// The chained return up to the day of the question; the whole chain where a list is asked for.
fn cumulative(c: &Context<'_>) -> Answer {
    let (start, end) = c.period()?;
    if c.query.text(&["series", "as", "output"]).is_some() {
        let days = series(c, c.scope(), start, end)?;
        let mut level = 1.0;
        let rows = daily(c, &days)?;
        return dated(days.iter().skip(1).zip(rows).map(|(day, r)| {
            level *= 1.0 + r.unwrap_or(0.0);
            (day.date, level - 1.0)
        }));
    }
    float(twr(c, c.scope(), start, end)?)
}

/// Returns of days or weeks: of one where the question names its day, of all in the period otherwise.
fn of_days(c: &Context<'_>, weekly: bool) -> Answer {
    let one = c.query.at;
    let (start, end) = match one {
        Some(at) => {
            let monday = at - Duration::days(i64::from(at.weekday().num_days_from_monday()));
            let start = c.has_start().or_else(|| c.first_day()).unwrap_or(at).min(at);
            let from = if weekly { monday - Duration::days(1) } else { at - Duration::days(1) };
            (from.max(start), at)
        }
        None => c.period()?,
    };
    if start == end {
        return Err(Absent::new("no_exposure", format!("{end} is the opening of the period")));
    }
    let days = series(c, c.scope(), start, end)?;
    let returns = daily(c, &days)?;
    if !weekly {
        if let Some(at) = one {
            let last = returns.last().copied().flatten();
            return float(last.ok_or_else(|| Absent::new("no_exposure", format!("nothing is held on {at}")))?);
        }
        return dated(days.iter().skip(1).zip(returns).map(|(day, r)| (day.date, r.unwrap_or(0.0))));
    }
    let mut weeks: Vec<(Date, f64)> = Vec::new();
    let mut level = 1.0;
    for (day, r) in days.iter().skip(1).zip(&returns) {
        level *= 1.0 + r.unwrap_or(0.0);
        if day.date.weekday() == Weekday::Sun || day.date == end {
            weeks.push((day.date, level - 1.0));
            level = 1.0;
        }
    }
    match (one, weeks.last()) {
        (Some(_), Some((_, value))) => float(*value),
        _ => dated(weeks),
    }
}

/// The money-weighted return of the convention.
pub fn money_weighted(c: &Context<'_>) -> Result<f64, Absent> {
    c.conventions.require("money_weighted")?;
    let (start, end) = c.period()?;
    match c.conventions.money_weighted {
        MoneyWeighted::Irr => irr(c, c.scope(), start, end),
        MoneyWeighted::DietzLinked => dietz_linked(c, c.scope(), start, end),
        MoneyWeighted::AverageInvested => crate::invested::roai(c, true).map(Num::to_f64),
    }
}

/// Whether the money-weighted return lies within bounds; without bounds, the return itself.
fn mwr_between(c: &Context<'_>) -> Answer {
    let value = money_weighted(c)?;
    let pair = c
        .query
        .param(&["bounds", "between", "range", "interval"])
        .and_then(Value::as_array)
        .map(|list| (list.first().and_then(number_of), list.get(1).and_then(number_of)));
    let lower =
        c.query.number(&["lower", "min", "low", "from", "lowerbound", "minimum", "greaterthan", "above", "gt", "gte"]);
    let upper =
        c.query.number(&["upper", "max", "high", "to", "upperbound", "maximum", "lessthan", "below", "lt", "lte"]);
    let (lower, upper) = match pair {
        Some((first, second)) => (lower.or(first), upper.or(second)),
        None => (lower, upper),
    };
    if lower.is_none() && upper.is_none() {
        return float(value);
    }
    c.note(|| format!("money-weighted return {value}"));
    let above = lower.is_none_or(|lower| lower.to_f64() <= value);
    let below = upper.is_none_or(|upper| value <= upper.to_f64());
    Ok(Value::from(above && below))
}

/// All gains so far over all that was paid for purchases.
fn return_on_cost(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let run = c.run(&c.ask(Some(&currency), at))?;
    let (fees, taxes) = (c.conventions.fees_in_cost, c.conventions.taxes_in_cost);
    let mut cost = Num::ZERO;
    let mut gain = Num::ZERO;
    for lot in run.lots.iter().filter(|lot| in_scope(c.scope(), &lot.symbol, &lot.account)) {
        cost += lot.cost.with(fees, taxes);
    }
    gain += c.securities_value(c.scope(), at, &currency)? - cost;
    for d in run.disposals.iter().filter(|d| in_scope(c.scope(), &d.symbol, &d.account)) {
        cost += d.cost.with(fees, taxes);
        gain += d.proceeds.with(fees, taxes) - d.cost.with(fees, taxes);
    }
    if c.conventions.dividends_in_gain {
        for t in c.transactions(at).filter(|t| t.symbol.is_some() && c.concerns(t, c.scope())) {
            gain += c.income(t, &currency)?.earnings;
        }
    }
    if cost.is_zero() {
        return Err(Absent::zero("the cost"));
    }
    float((gain / cost).to_f64())
}

/// Whether a position belongs to a scope.
pub fn in_scope(scope: &Scope, symbol: &str, account: &str) -> bool {
    scope.symbol.as_deref().is_none_or(|wanted| wanted == symbol)
        && scope.account.as_deref().is_none_or(|wanted| wanted == account)
}

/// The change of the last day, without its flows.
fn float_or_decimal(c: &Context<'_>, as_return: bool) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    // To one position, the last two quotes; to everything, the last two closes.
    let before = match &c.scope().symbol {
        Some(symbol) => {
            let mut quotes: Vec<Date> = c.quote_dates(symbol).filter(|date| *date <= at).collect();
            quotes.pop();
            quotes
                .pop()
                .ok_or_else(|| Absent::new("no_price", format!("{symbol} has no earlier price than that of {at}")))?
        }
        None => at.pred_opt().unwrap_or(at),
    };
    let opening = c.value(c.scope(), before, &currency)?;
    let closing = c.value(c.scope(), at, &currency)?;
    let flows = c.flows(c.scope(), Some(before), at, &currency)?;
    let net: Num = flows.iter().map(|flow| flow.amount).sum();
    let change = closing - opening - net;
    if !as_return {
        return crate::output::decimal(c.conventions.shown(change));
    }
    let inflow: Num = flows.iter().filter(|flow| flow.amount.is_positive()).map(|flow| flow.amount).sum();
    let exposed = match c.conventions.product {
        Some(Product::Wealthfolio) => opening + net / Num::whole(2),
        _ => opening + inflow,
    };
    if exposed.is_zero() {
        return Err(Absent::zero("the value of the day before"));
    }
    float((change / exposed).to_f64())
}

/// Per year: of the formula's inputs where given, else of the time-weighted return.
fn annualized_return(c: &Context<'_>) -> Answer {
    let input =
        |names: &[&str]| c.query.number(names).or_else(|| names.iter().find_map(|name| number_of(c.case.input(name)?)));
    let day = |name: &str| c.case.input(name).and_then(Value::as_str).and_then(|text| dates::parse_date(text).ok());
    let given = input(&[
        "return",
        "totalreturn",
        "cumulativereturn",
        "netperformance",
        "netperformancepercentage",
        "netperformancepercent",
        "performance",
    ]);
    if let Some(total) = given {
        let span = day("start")
            .or(day("start_date"))
            .zip(day("end").or(day("end_date")))
            .map(|(start, end)| (end - start).num_days());
        let days = input(&["days", "daysinmarket", "calendardays"])
            .and_then(|n| n.0)
            .and_then(|n| i64::try_from(n).ok())
            .or(span);
        return float(annualised(c, total.to_f64(), days.ok_or_else(|| Absent::missing("over how many days"))?)?);
    }
    let (start, end) = c.period()?;
    let total = match c.conventions.money_weighted {
        MoneyWeighted::AverageInvested => crate::invested::roai(c, true)?.to_f64(),
        _ => twr(c, c.scope(), start, end)?,
    };
    float(annualised(c, total, (end - start).num_days())?)
}
