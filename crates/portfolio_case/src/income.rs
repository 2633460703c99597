//! Dividends by number, rhythm and yield.
//!
//! Rhythm: the mean distance between payments that are not small extras (above 30 % of their year's mean; payments of one
//! day count once), years without a payment left out: more than 20 days monthly, 60 quarterly, 130 semi-annual, 270 to
//! 429 annual. Yield on cost per year: Σ dividend / average cost when paid, over the calendar years from first to last.
//!
//! Invariant: dividends are before fee and tax.

use chrono::Datelike;
use dates::Date;
use serde_json::Value;

use crate::absent::Absent;
use crate::case::Kind;
use crate::context::Context;
use crate::conventions::Method;
use crate::lots::Ask;
use crate::num::Num;
use crate::output::{Answer, count, float};
use crate::positions::window;
use crate::returns::in_scope;

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "dividend_count" => payments(c).and_then(|payments| count(payments.len())),
        "dividend_periodicity" => payments(c).map(|payments| Value::from(rhythm(&payments))),
        "dividend_yield_on_cost_per_year" => yield_on_cost(c),
        _ => return None,
    })
}

struct Payment {
    date: Date,
    place: usize,
    amount: f64,
}

fn payments(c: &Context<'_>) -> Result<Vec<Payment>, Absent> {
    let currency = c.currency()?;
    let (start, end) = window(c)?;
    let mut payments = Vec::new();
    for t in c.transactions(end).filter(|t| t.kind == Kind::Dividend && c.concerns(t, c.scope())) {
        if start.is_none_or(|start| t.date > start) {
            let amount = c.income(t, &currency)?.earnings.to_f64();
            c.note(|| format!("transaction {} paid {amount} on {}", t.place, t.date));
            payments.push(Payment { date: t.date, place: t.place, amount });
        }
    }
    Ok(payments)
}

fn rhythm(payments: &[Payment]) -> &'static str {
    let (Some(first), Some(last)) = (payments.first(), payments.last()) else { return "NONE" };
    let (mut significant, mut empty_years) = (0i64, 0i64);
    for year in first.date.year()..=last.date.year() {
        let of_year: Vec<&Payment> = payments.iter().filter(|payment| payment.date.year() == year).collect();
        if of_year.is_empty() {
            empty_years += 1;
            continue;
        }
        let mean = of_year.iter().map(|payment| payment.amount).sum::<f64>() / of_year.len() as f64;
        let mut last_date = None;
        for payment in of_year {
            if payment.amount / mean > 0.3 && last_date != Some(payment.date) {
                significant += 1;
            }
            last_date = Some(payment.date);
        }
    }
    if significant < 2 {
        return "UNKNOWN";
    }
    let days = (last.date - first.date).num_days() - empty_years * 365;
    match (days as f64 / (significant - 1) as f64).round() as i64 {
        271..=429 => "ANNUAL",
        131..=270 => "SEMIANNUAL",
        61..=130 => "QUARTERLY",
        21..=60 => "MONTHLY",
        _ => "UNKNOWN",
    }
}

fn yield_on_cost(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let payments = payments(c)?;
    let (Some(first), Some(last)) = (payments.first(), payments.last()) else {
        return Err(Absent::new("no_dividends", "no dividend was paid"));
    };
    let years = f64::from(last.date.year() - first.date.year() + 1);
    let mut sum = 0.0;
    for payment in &payments {
        let ask = Ask {
            method: Method::Average,
            before: Some(payment.place),
            from: c.has_start(),
            ..c.ask(Some(&currency), payment.date)
        };
        let run = c.run(&ask)?;
        let (fees, taxes) = (c.conventions.fees_in_cost, c.conventions.taxes_in_cost);
        let cost: Num = run
            .lots
            .iter()
            // A payment may go to one account of several: cost is that of the whole position.
            .filter(|lot| {
                in_scope(&crate::case::Scope { account: None, ..c.scope().clone() }, &lot.symbol, &lot.account)
            })
            .map(|lot| lot.cost.with(fees, taxes))
            .sum();
        if cost.is_zero() {
            return Err(Absent::zero("the cost when a dividend was paid"));
        }
        sum += payment.amount / cost.to_f64();
    }
    float(sum / years)
}
