//! Dispersion, drawdowns and highs of a period.
//!
//! Volatility of a period: stdev(ln(1 + r), n − 1) · √n, not annualised; the semi-volatility sums the squares of returns
//! below the mean only. A drawdown is not positive; its duration is the longest stretch between two highs, the present
//! one included; a recovery runs from the lowest point after a high to the next high.
//!
//! Invariant: a sample holds days with a value before and after them, on the days that the conventions count.

use chrono::{Datelike, Weekday};
use dates::Date;
use serde_json::Value;

use crate::absent::Absent;
use crate::case::number_of;
use crate::context::Context;
use crate::conventions::{Product, Sampling, Volatility};
use crate::num::Num;
use crate::output::{Answer, day, decimal, float};
use crate::returns::{daily, series};

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    Some(match metric {
        "volatility_period" => volatility(c, false),
        "semivolatility_period" => volatility(c, true),
        "max_drawdown" => drawdown(c).and_then(|found| float(-found.depth)),
        "max_drawdown_duration_days" => drawdown(c).and_then(|found| days(found.duration)),
        "longest_recovery" => drawdown(c).and_then(|found| days(found.recovery)),
        "ath_value" => high(c).and_then(|high| decimal(high.value)),
        "ath_date" => high(c).and_then(|high| day(high.date)),
        "ath_distance" => high(c).and_then(|high| float(distance(&high)?)),
        "market_condition" => market_condition(c),
        _ => return None,
    })
}

fn days(count: i64) -> Answer {
    Ok(Value::from(count.to_string()))
}

/// Numbers of a list in the inputs; pairs give their second.
fn list(c: &Context<'_>, keys: &[&str]) -> Option<(Vec<f64>, Option<Vec<Date>>)> {
    let items = keys.iter().find_map(|key| c.case.input(key)?.as_array())?;
    let mut dated = Vec::new();
    let mut values = Vec::new();
    for item in items {
        let (date, number) = match item {
            Value::Array(pair) if pair.len() == 2 => (pair[0].as_str(), &pair[1]),
            Value::Object(map) => (
                map.get("date").and_then(Value::as_str),
                ["return", "value", "close", "price"].iter().find_map(|key| map.get(*key))?,
            ),
            other => (None, other),
        };
        values.push(number_of(number)?.to_f64());
        dated.extend(date.and_then(|text| dates::parse_date(text).ok()));
    }
    let dates = if dated.len() == values.len() {
        Some(dated)
    } else {
        let days = c.case.input("dates").and_then(Value::as_array);
        days.map(|days| days.iter().filter_map(|day| dates::parse_date(day.as_str()?).ok()).collect::<Vec<_>>())
            .filter(|days| days.len() == values.len())
    };
    Some((values, dates))
}

/// Which days count.
fn counts(c: &Context<'_>, date: Date) -> bool {
    match c.conventions.sampling {
        Sampling::EveryDay => true,
        Sampling::Weekdays => !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        Sampling::EuropeanTradingDays => crate::periods::is_session(date),
    }
}

fn sample(c: &Context<'_>) -> Result<Vec<f64>, Absent> {
    if let Some((returns, _)) = list(c, &["returns", "daily_returns", "deltas", "delta"]) {
        let skip = c.case.input("skip").or_else(|| c.query.param(&["skip"])).and_then(number_of);
        let skip = skip.and_then(|n| n.0).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        return Ok(returns.into_iter().skip(skip).collect());
    }
    c.conventions.require("sampling")?;
    let (start, end) = c.period()?;
    let days = series(c, c.scope(), start, end)?;
    let returns = daily(c, &days)?;
    Ok(days
        .windows(2)
        .zip(returns)
        .filter(|(pair, _)| pair[0].value != 0.0 && pair[1].value != 0.0 && counts(c, pair[1].date))
        // A day without exposure is a gap, no return of nothing.
        .filter_map(|(_, r)| r)
        .collect())
}

fn volatility(c: &Context<'_>, below_mean: bool) -> Answer {
    c.conventions.require("volatility")?;
    let returns = sample(c)?;
    let n = returns.len();
    c.note(|| format!("{n} returns in the sample"));
    if n < 2 {
        return Err(formulas::Undefined::InsufficientData { needed: 2, found: n }.into());
    }
    if let Some(index) = returns.iter().position(|r| *r <= -1.0) {
        return Err(formulas::Undefined::InvalidReturn { index }.into());
    }
    let values: Vec<f64> = match c.conventions.volatility {
        Volatility::PeriodLog => returns.iter().map(|r| r.ln_1p()).collect(),
        Volatility::Annual252 => returns,
    };
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 =
        values.iter().filter(|value| !below_mean || **value < mean).map(|value| (value - mean).powi(2)).sum();
    let variance = squares / (n - 1) as f64;
    float(match c.conventions.volatility {
        Volatility::PeriodLog => (variance * n as f64).sqrt(),
        Volatility::Annual252 => variance.sqrt() * 252f64.sqrt(),
    })
}

struct Drawdown {
    depth: f64,
    duration: i64,
    recovery: i64,
}

fn drawdown(c: &Context<'_>) -> Result<Drawdown, Absent> {
    let levels = levels(c)?;
    let first =
        *levels.first().ok_or_else(|| Absent::from(formulas::Undefined::InsufficientData { needed: 1, found: 0 }))?;
    let (mut peak, mut bottom) = (first.1, first.1);
    let (mut peak_date, mut bottom_date) = (first.0, first.0);
    let mut found = Drawdown { depth: 0.0, duration: 0, recovery: 0 };
    let (mut stretch, mut rising) = (0, 0);
    for (date, level) in &levels {
        stretch = (*date - peak_date).num_days();
        rising = (*date - bottom_date).num_days();
        if *level > peak {
            found.duration = found.duration.max(stretch);
            found.recovery = found.recovery.max(rising);
            (peak, peak_date, bottom, bottom_date) = (*level, *date, *level, *date);
        } else if peak > 0.0 && (peak - level) / peak > found.depth {
            found.depth = (peak - level) / peak;
            c.note(|| format!("lowest so far: {level} on {date}, from {peak} on {peak_date}"));
        }
        if *level < bottom {
            (bottom, bottom_date) = (*level, *date);
        }
    }
    found.duration = found.duration.max(stretch);
    found.recovery = found.recovery.max(rising);
    Ok(found)
}

/// Wealth by day: of the inputs where given, else chained from the period's returns.
fn levels(c: &Context<'_>) -> Result<Vec<(Date, f64)>, Absent> {
    let date_of = |dates: &Option<Vec<Date>>, at: usize| {
        let epoch = c.case.start.or(c.case.as_of).unwrap_or_default();
        dates.as_ref().map_or(epoch + chrono::Duration::days(at as i64), |dates| dates[at])
    };
    let accumulated =
        ["accumulated", "cumulative", "cumulative_returns", "accumulated_returns", "accumulated_percentage"];
    if let Some((values, dates)) = list(c, &accumulated) {
        return Ok(values.iter().enumerate().map(|(at, value)| (date_of(&dates, at), 1.0 + value)).collect());
    }
    if let Some((values, dates)) = list(c, &["values", "levels", "nav", "prices", "index"]) {
        return Ok(values.iter().enumerate().map(|(at, value)| (date_of(&dates, at), *value)).collect());
    }
    if let Some((returns, dates)) = list(c, &["returns", "daily_returns"]) {
        let mut level = 1.0;
        let first = date_of(&dates, 0) - chrono::Duration::days(1);
        let mut levels = vec![(first, level)];
        for (at, r) in returns.iter().enumerate() {
            level *= 1.0 + r;
            levels.push((date_of(&dates, at), level));
        }
        return Ok(levels);
    }
    let (start, end) = c.period()?;
    let days = series(c, c.scope(), start, end)?;
    let returns = daily(c, &days)?;
    let mut level = 1.0;
    let mut levels = vec![(days[0].date, level)];
    for (day, r) in days.iter().skip(1).zip(returns) {
        level *= 1.0 + r.unwrap_or(0.0);
        levels.push((day.date, level));
    }
    // Before the first value there is no peak to fall from.
    let held = days.iter().position(|day| day.value != 0.0).unwrap_or(levels.len() - 1);
    Ok(levels.split_off(held))
}

struct High {
    value: Num,
    date: Date,
    now: Num,
}

/// The highest quote of a security, or value of a portfolio, up to the day; the first of several.
fn high(c: &Context<'_>) -> Result<High, Absent> {
    let at = c.at()?;
    let none = || Absent::new("no_price", format!("nothing has a price up to {at}"));
    if let Some((values, dates)) = list(c, &["values", "prices", "index", "levels"]) {
        let dates = dates.unwrap_or_else(|| vec![at; values.len()]);
        let pairs: Vec<(Date, Num)> = dates.into_iter().zip(values.into_iter().map(Num::from_f64)).collect();
        return highest(&pairs).ok_or_else(none);
    }
    let start = c.has_start();
    let symbol = c.scope().symbol.clone().or_else(|| {
        let only = c.case.prices.len() == 1 && c.case.transactions.is_empty();
        only.then(|| c.case.prices.keys().next().cloned()).flatten()
    });
    if let Some(symbol) = symbol {
        let all = c.case.prices.get(&symbol).into_iter().flatten();
        // The close of the start is the opening; there it is outside of the period's highs.
        let excludes_start = c.conventions.product == Some(Product::PortfolioPerformance);
        let inside: Vec<(Date, Num)> = all
            .filter(|(date, _)| {
                *date <= at && start.is_none_or(|start| start < *date || !excludes_start && start == *date)
            })
            .copied()
            .collect();
        return highest(&inside).ok_or_else(none);
    }
    let currency = c.currency()?;
    let first = start.or_else(|| c.first_day()).ok_or_else(none)?;
    let mut values = Vec::new();
    let mut date = first;
    while date <= at && (date - first).num_days() < 40_000 {
        values.push((date, c.value(c.scope(), date, &currency)?));
        date += chrono::Duration::days(1);
    }
    highest(&values).ok_or_else(none)
}

fn highest(values: &[(Date, Num)]) -> Option<High> {
    let now = values.last()?.1;
    let (date, value) =
        values.iter().copied().reduce(|best, next| if next.1.order(best.1).is_gt() { next } else { best })?;
    Some(High { value, date, now })
}

/// How far below the high, not positive.
fn distance(high: &High) -> Result<f64, Absent> {
    if high.value.is_zero() {
        return Err(Absent::zero("the high"));
    }
    Ok(((high.now - high.value) / high.value).to_f64())
}

/// A fifth below the high is a bear market.
fn market_condition(c: &Context<'_>) -> Answer {
    let given = c.query.number(&["distance", "performance", "athdistance", "value"]);
    let given = given
        .or_else(|| ["distance", "performance", "ath_distance"].iter().find_map(|key| number_of(c.case.input(key)?)));
    let distance = match given {
        Some(given) => given.to_f64(),
        None => distance(&high(c)?)?,
    };
    Ok(Value::from(if distance >= 0.0 {
        "ALL_TIME_HIGH"
    } else if distance <= -0.2 {
        "BEAR_MARKET"
    } else {
        "NEUTRAL_MARKET"
    }))
}
