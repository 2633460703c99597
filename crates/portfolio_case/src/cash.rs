//! Questions about cash, flows and net worth.
//!
//! Invariant: net worth = securities + cash − liabilities; net contribution counts each external flow once, at the rate
//! of its day.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{Datelike, NaiveDateTime};
use dates::Date;
use serde_json::{Map, Value};

use crate::absent::Absent;
use crate::case::{Kind, Scope};
use crate::context::Context;
use crate::conventions::Product;
use crate::num::Num;
use crate::output::{Answer, day, decimal, text};
use crate::positions::window;

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "cash_balance" => cash_balance(c),
        "cash_total" | "cash_value" => cash_total(c),
        "net_contribution" => net_contribution(c).and_then(|amount| decimal(c.conventions.shown(amount))),
        "fx_gain" => fx_gain(c),
        "net_investment_by_month" => by_span(c, true),
        "net_investment_by_year" => by_span(c, false),
        "net_flow" => net_flow(c),
        "fees" => charges(c, |income| income.fees),
        "taxes" => charges(c, |income| income.taxes),
        "dividends" => dividends(c),
        "liabilities" => {
            c.currency().and_then(|currency| decimal(c.conventions.shown(liabilities(c, c.at()?, &currency)?)))
        }
        "net_worth" => net_worth(c),
        "net_worth_gain_excluding_contributions" => net_worth_gain(c),
        "trade_day" => trade_day(c),
        _ => return None,
    })
}

/// Cash in one currency, not converted.
fn cash_balance(c: &Context<'_>) -> Answer {
    let at = c.at()?;
    let wanted = c.query.currency.clone();
    let balances = c.balances(at)?;
    let here: Vec<_> = balances
        .iter()
        .filter(|((account, _), _)| c.scope().account.as_deref().is_none_or(|wanted| wanted == account))
        .collect();
    let declared = c.scope().account.as_deref().and_then(|account| c.case.accounts.get(account)?.currency.clone());
    let only = || match here.as_slice() {
        [((_, currency), _)] => Some(currency.clone()),
        _ => None,
    };
    let currency = wanted.or(declared).or_else(only).or_else(|| c.case.base.clone());
    let currency = currency.ok_or_else(|| Absent::missing("the currency of the balance"))?;
    let total: Num = here.iter().filter(|((_, own), _)| *own == currency).map(|(_, amount)| **amount).sum();
    for posting in c.postings(at)?.iter().filter(|posting| posting.currency == currency) {
        c.note(|| {
            let of = posting
                .transaction
                .map_or("opening".to_owned(), |t| format!("transaction {} {}", t.place, t.kind.name()));
            format!("{of}: {} {currency} on account {:?}", crate::context::show(posting.amount), posting.account)
        });
    }
    decimal(c.conventions.shown(total))
}

/// All cash, converted at the rates of the day.
fn cash_total(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let mut total = Num::ZERO;
    for ((account, own), amount) in c.balances(at)? {
        if c.scope().account.as_deref().is_none_or(|wanted| wanted == account) {
            total += c.convert(amount, &own, &currency, at)?;
        }
    }
    decimal(c.conventions.shown(total))
}

/// What came from outside so far, or since the start of the window.
fn net_contribution(c: &Context<'_>) -> Result<Num, Absent> {
    let currency = c.currency()?;
    let at = c.at()?;
    let mut total = Num::ZERO;
    if c.scope().symbol.is_none()
        && c.scope().account.is_none()
        && let Some(opening) = c.case.opening.net_contribution
    {
        let base = c.case.base.clone().unwrap_or_else(|| currency.clone());
        total += c.convert(opening, &base, &currency, c.first_day().unwrap_or(at))?;
    }
    let from = c.scope().from.map(|from| from.pred_opt().unwrap_or(from));
    let flows = c.flows(c.scope(), from, at, &currency)?;
    Ok(total + flows.iter().map(|flow| flow.amount).sum())
}

/// Of a security: the part of its gains that the rate made. Otherwise of cash.
fn fx_gain(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    if c.scope().symbol.is_none() {
        return decimal(c.conventions.shown(crate::bridge::currency_gains(c, start, end, &currency)?));
    }
    let sum = ["realized_fx_gain", "unrealized_fx_gain"].iter().try_fold(Num::ZERO, |sum, metric| {
        let part = crate::positions::answer(c, metric).ok_or_else(|| Absent::undefined("the gain"))??;
        Ok::<Num, Absent>(sum + crate::case::number_of(&part).unwrap_or(Num(None)))
    })?;
    decimal(sum)
}

/// Change of what is invested in securities, per month or year, gaps included.
fn by_span(c: &Context<'_>, monthly: bool) -> Answer {
    let currency = c.currency()?;
    let at = c.at()?;
    let name = |date: Date| {
        if monthly { format!("{:04}-{:02}", date.year(), date.month()) } else { format!("{:04}", date.year()) }
    };
    let at_cost = c.conventions.product == Some(Product::Ghostfolio)
        || c.conventions.method == crate::conventions::Method::Average;
    let relevant = |t: &&crate::case::Transaction| {
        (t.kind.acquires() || t.kind.disposes()) && crate::invested::concerns_position(c, t)
    };
    let mut sums: BTreeMap<String, Num> = BTreeMap::new();
    let Some(first) = c.transactions(at).find(relevant).map(|t| t.date) else { return Ok(Value::Object(Map::new())) };
    let mut date = first.with_day(1).unwrap_or(first);
    while date <= at {
        sums.entry(name(date)).or_insert(Num::ZERO);
        date = date + chrono::Months::new(1);
    }
    let mut add = |date: Date, amount: Num| *sums.entry(name(date)).or_insert(Num::ZERO) += amount;
    let (fees, taxes) = (c.conventions.fees_in_cost, c.conventions.taxes_in_cost);
    if at_cost {
        // A sale takes out what its units had cost.
        let run = c.run(&c.ask(Some(&currency), at))?;
        for t in c.transactions(at).filter(relevant).filter(|t| t.kind.acquires()) {
            let (local, own) = c.local_parts(t)?;
            add(t.date, c.parts_in(t, local, &own, &currency, None)?.with(fees, taxes));
        }
        for d in run.disposals.iter().filter(|d| crate::returns::in_scope(c.scope(), &d.symbol, &d.account)) {
            add(d.date, -d.cost.with(fees, taxes));
        }
    } else {
        for t in c.transactions(at).filter(relevant) {
            let (local, own) = c.local_parts(t)?;
            let amount = c.parts_in(t, local, &own, &currency, None)?.with(fees, taxes);
            add(t.date, if t.kind.acquires() { amount } else { -amount });
        }
    }
    let mut map = Map::new();
    for (span, amount) in sums {
        map.insert(span, Value::from(text(c.conventions.shown(amount))?));
    }
    Ok(Value::Object(map))
}

/// External flows of the window.
fn net_flow(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    let total: Num = c.flows(c.scope(), start, end, &currency)?.iter().map(|flow| flow.amount).sum();
    decimal(c.conventions.shown(total))
}

fn charges(c: &Context<'_>, pick: fn(&crate::books::Income) -> Num) -> Answer {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    let mut total = Num::ZERO;
    for t in c.transactions(end).filter(|t| start.is_none_or(|start| t.date > start) && c.concerns(t, c.scope())) {
        let amount = pick(&c.income(t, &currency)?);
        if !amount.is_zero() {
            c.note(|| format!("transaction {} ({}): {}", t.place, t.kind.name(), crate::context::show(amount)));
        }
        total += amount;
    }
    decimal(c.conventions.shown(total))
}

/// Dividends before fee and tax, or after them where the question asks for net.
fn dividends(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    let net = c.query.param(&["net"]).and_then(Value::as_bool).unwrap_or(false)
        || matches!(
            c.query.text(&["taxes", "gross", "amount", "kind", "mode"]),
            Some("after" | "net" | "excluded" | "deducted" | "false")
        );
    let mut total = Num::ZERO;
    for t in c.transactions(end).filter(|t| t.kind == Kind::Dividend && c.concerns(t, c.scope())) {
        if start.is_some_and(|start| t.date <= start) {
            continue;
        }
        let income = c.income(t, &currency)?;
        let amount = if net { income.earnings - income.fees - income.taxes } else { income.earnings };
        c.note(|| format!("transaction {} on {}: {}", t.place, t.date, crate::context::show(amount)));
        total += amount;
    }
    decimal(c.conventions.shown(total))
}

/// What is owed.
fn liabilities(c: &Context<'_>, at: Date, currency: &str) -> Result<Num, Absent> {
    let mut total = Num::ZERO;
    for t in c.transactions(at).filter(|t| t.kind == Kind::Liability && c.concerns(t, c.scope())) {
        total += c.money_in(t, crate::books::moved(t), currency)?;
    }
    Ok(total)
}

fn worth(c: &Context<'_>, at: Date) -> Result<Num, Absent> {
    let currency = c.currency()?;
    Ok(c.value(c.scope(), at, &currency)? - liabilities(c, at, &currency)?)
}

fn net_worth(c: &Context<'_>) -> Answer {
    decimal(c.conventions.shown(worth(c, c.at()?)?))
}

/// Change of net worth less what was contributed; since the beginning where no start is given.
fn net_worth_gain(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    let closing = worth(c, end)?;
    let gain = match start {
        Some(start) => {
            let flows = c.flows(c.scope(), Some(start), end, &currency)?;
            closing - worth(c, start)? - flows.iter().map(|flow| flow.amount).sum()
        }
        None => {
            let opening =
                if c.case.opening.net_contribution.is_some() { Num::ZERO } else { opening_value(c, &currency)? };
            closing - net_contribution(c)? - opening
        }
    };
    decimal(c.conventions.shown(gain))
}

/// Opening cash and lots at cost, where nobody says what had been contributed.
fn opening_value(c: &Context<'_>, currency: &str) -> Result<Num, Absent> {
    if *c.scope() != Scope::default() {
        return Ok(Num::ZERO);
    }
    let day = c.first_day().unwrap_or(c.at()?);
    let mut total = Num::ZERO;
    for (account, own, amount) in &c.case.opening.cash {
        let declared = c.case.accounts.get(account).and_then(|account| account.currency.clone());
        let own = if own.is_empty() { declared.unwrap_or_else(|| currency.to_owned()) } else { own.clone() };
        total += c.convert(*amount, &own, currency, day)?;
    }
    for lot in &c.case.opening.lots {
        let own = lot.currency.clone().or_else(|| c.instrument_currency(&lot.symbol)).unwrap_or_default();
        total += c.convert(lot.cost, &own, currency, lot.date)?;
    }
    Ok(total)
}

/// The calendar day of a moment where the user lives.
fn trade_day(c: &Context<'_>) -> Answer {
    c.conventions.require("time_zone")?;
    let zone = c.query.text(&["timezone", "tz", "zone"]).map(str::to_owned).or_else(|| c.conventions.time_zone.clone());
    let input = |keys: &[&str]| keys.iter().find_map(|key| c.case.input(key)?.as_str().map(str::to_owned));
    let zone = zone.or_else(|| input(&["time_zone", "timezone", "tz"]));
    let moment = c
        .query
        .text(&["timestamp", "time", "moment", "at", "datetime", "instant"])
        .map(str::to_owned)
        .or_else(|| input(&["timestamp", "time", "moment", "datetime"]))
        .or_else(|| {
            // The moment of the only (or of the named) transaction.
            let n =
                c.query.number(&["n", "transaction", "index"]).and_then(|n| n.0).and_then(|n| usize::try_from(n).ok());
            let timed = |t: &&crate::case::Transaction| !t.time.is_empty() && c.concerns(t, c.scope());
            let t = match n {
                Some(n) => c.case.transactions.iter().find(|t| t.place == n)?,
                None => c.case.transactions.iter().find(timed)?,
            };
            Some(if t.time.contains('T') { t.time.clone() } else { format!("{}T{}", t.date, t.time) })
        })
        .ok_or_else(|| Absent::missing("of which moment"))?;
    let bad = || Absent::new("invalid_input", format!("{moment:?} is not a time stamp"));
    if let Ok(fixed) = chrono::DateTime::parse_from_rfc3339(&moment.replace(' ', "T")) {
        let Some(zone) = zone else { return Err(Absent::missing("the user's time zone")) };
        return day(match offset(&zone) {
            Some(offset) => fixed.with_timezone(&offset).date_naive(),
            None => {
                let zone = chrono_tz::Tz::from_str(&zone)
                    .map_err(|_| Absent::new("unknown_time_zone", format!("no time zone is called {zone:?}")))?;
                fixed.with_timezone(&zone).date_naive()
            }
        });
    }
    // A moment without an offset is local already.
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&moment, form).ok());
    day(local.map(|local| local.date()).or_else(|| dates::parse_date(&moment).ok()).ok_or_else(bad)?)
}

/// `+02:00`, `UTC+2`.
fn offset(zone: &str) -> Option<chrono::FixedOffset> {
    let bare = zone.trim_start_matches("UTC").trim_start_matches("GMT");
    let sign = match bare.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = bare[1..].split_once(':').unwrap_or((&bare[1..], "0"));
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    chrono::FixedOffset::east_opt(sign * (hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?))
}
