//! Periods by name: what "year to date" or "last three months" means on a day.
//!
//! Invariant: the start of a period is the close before its first day, so flows on the start day are outside.

use chrono::{Datelike, Duration, Months, Weekday};
use dates::Date;

use crate::absent::Absent;
use crate::convention_names::plain;

/// The interval of a range on a day. `first` is the day before anything happened, for the longest range.
pub fn interval(range: &str, at: Date, first: Option<Date>) -> Result<(Date, Date), Absent> {
    let unknown = || Absent::new("unknown_range", format!("no range is called {range:?}"));
    if let Some(found) = coded(range, at) {
        return Ok(found);
    }
    let name = plain(range);
    let month_start = |date: Date| date.with_day(1).unwrap_or(date);
    let year_start = |date: Date| month_start(date).with_month(1).unwrap_or(date);
    let quarter_start = |date: Date| month_start(date).with_month((date.month0() / 3) * 3 + 1).unwrap_or(date);
    let monday = |date: Date| date - Duration::days(i64::from(date.weekday().num_days_from_monday()));
    let before = |date: Date| date - Duration::days(1);
    let back = |date: Date, months: u32| date.checked_sub_months(Months::new(months)).unwrap_or(date);
    let on = |date: Date, months: u32| date.checked_add_months(Months::new(months)).unwrap_or(date);
    Ok(match name.as_str() {
        "max" | "all" | "total" | "sinceinception" | "inception" => (first.ok_or_else(unknown)?, at),
        "today" | "1d" | "day" => (before(at), at),
        "wtd" | "weektodate" => (before(monday(at)), at),
        "mtd" | "monthtodate" => (before(month_start(at)), at),
        "qtd" | "quartertodate" => (before(quarter_start(at)), at),
        "ytd" | "yeartodate" => (before(year_start(at)), at),
        "currentweek" | "thisweek" => (before(monday(at)), monday(at) + Duration::days(6)),
        "currentmonth" | "thismonth" => (before(month_start(at)), before(on(month_start(at), 1))),
        "currentquarter" | "thisquarter" => (before(quarter_start(at)), before(on(quarter_start(at), 3))),
        "currentyear" | "thisyear" => (before(year_start(at)), before(on(year_start(at), 12))),
        "previousday" | "yesterday" => (at - Duration::days(2), before(at)),
        "previoustradingday" => {
            let last = previous_session(at);
            (before(last), last)
        }
        "previousweek" | "lastweek" => (before(monday(at) - Duration::days(7)), before(monday(at))),
        "previousmonth" | "lastmonth" => (before(back(month_start(at), 1)), before(month_start(at))),
        "previousquarter" | "lastquarter" => (before(back(quarter_start(at), 3)), before(quarter_start(at))),
        "previousyear" | "lastyear" => (before(back(year_start(at), 12)), before(year_start(at))),
        _ => return counted(&name, at).ok_or_else(unknown),
    })
}

/// `3m`, `last 1 year 2 months`, `previous 90 days`, `last 10 trading days`, `2021`, `year 2021`; they end on the day.
fn counted(name: &str, at: Date) -> Option<(Date, Date)> {
    if let Some(year) =
        name.strip_prefix("year").unwrap_or(name).parse::<i32>().ok().filter(|year| (1900..2200).contains(year))
    {
        return Some((Date::from_ymd_opt(year - 1, 12, 31)?, Date::from_ymd_opt(year, 12, 31)?));
    }
    let rest = ["last", "previous"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    let (mut months, mut days, mut sessions) = (0u32, 0i64, 0u32);
    let mut left = rest;
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit())?;
        let count: u32 = left[..digits].parse().ok().filter(|count| *count <= 20_000)?;
        left = &left[digits..];
        let word = left.find(|c: char| c.is_ascii_digit()).map_or(left, |end| &left[..end]);
        match word {
            "y" | "yr" | "year" | "years" => months += 12 * count,
            "m" | "mo" | "month" | "months" => months += count,
            "w" | "week" | "weeks" => days += 7 * i64::from(count),
            "d" | "day" | "days" => days += i64::from(count),
            "t" | "td" | "tradingday" | "tradingdays" => sessions += count,
            _ => return None,
        }
        left = &left[word.len()..];
    }
    let back = |end: Date| end.checked_sub_months(Months::new(months)).map(|date| date - Duration::days(days));
    if sessions > 0 {
        return Some((sessions_before(at, sessions), at));
    }
    Some((back(at)?, at))
}

/// The codes of Portfolio Performance: `L1Y0`, `D90`, `T10`, `F2020-01-01_2020-12-31`, `S2020-01-01`, `Y2020`.
fn coded(code: &str, at: Date) -> Option<(Date, Date)> {
    let mut chars = code.chars();
    let kind = chars.next()?;
    let rest = chars.as_str();
    match kind {
        'L' => {
            let (years, months) = rest.split_once('Y')?;
            let months = years.parse::<u32>().ok()?.checked_mul(12)?.checked_add(months.parse().ok()?)?;
            Some((at.checked_sub_months(Months::new(months))?, at))
        }
        'D' => Some((at.checked_sub_signed(Duration::try_days(rest.parse().ok()?)?)?, at)),
        'T' => Some((sessions_before(at, rest.parse::<u32>().ok().filter(|count| *count <= 20_000)?), at)),
        'F' => {
            let (start, end) = rest.split_once('_')?;
            Some((dates::parse_date(start).ok()?, dates::parse_date(end).ok()?))
        }
        'S' => {
            let start = dates::parse_date(rest).ok()?;
            Some((start, at.max(start)))
        }
        'Y' => {
            let year: i32 = rest.parse().ok()?;
            Some((Date::from_ymd_opt(year - 1, 12, 31)?, Date::from_ymd_opt(year, 12, 31)?))
        }
        'W' | 'M' | 'Q' | 'U' | 'X' if rest.is_empty() => interval(
            match kind {
                'W' => "currentweek",
                'M' => "currentmonth",
                'Q' => "currentquarter",
                'U' => "currentyear",
                _ => "ytd",
            },
            at,
            None,
        )
        .ok(),
        _ => None,
    }
}

/// The close so many sessions before a day; the day itself counts if it is one.
fn sessions_before(day: Date, count: u32) -> Date {
    let mut date = day;
    let mut left = count;
    while left > 0 {
        if is_session(date) {
            left -= 1;
        }
        date -= Duration::days(1);
    }
    while !is_session(date) {
        date -= Duration::days(1);
    }
    date
}

fn previous_session(day: Date) -> Date {
    let mut date = day - Duration::days(1);
    while !is_session(date) {
        date -= Duration::days(1);
    }
    date
}

/// Monday to Friday but New Year, Good Friday, Easter Monday, 1 May, 24 to 26 December.
pub fn is_session(date: Date) -> bool {
    if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
        return false;
    }
    let easter = easter(date.year());
    !matches!((date.month(), date.day()), (1, 1) | (5, 1) | (12, 24..=26))
        && easter.is_none_or(|easter| date != easter - Duration::days(2) && date != easter + Duration::days(1))
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, ch. 8).
fn easter(year: i32) -> Option<Date> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::from_ymd_opt(year, u32::try_from(n / 31).ok()?, u32::try_from(n % 31 + 1).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        dates::parse_date(text).expect(text)
    }

    #[test]
    fn ranges_by_name() {
        // 2020-04-08 is a Wednesday; Easter Sunday is 2020-04-12.
        for (range, at, start, end) in [
            ("ytd", "2020-04-08", "2019-12-31", "2020-04-08"),
            ("current_month", "2020-02-08", "2020-01-31", "2020-02-29"),
            ("current_week", "2020-04-08", "2020-04-05", "2020-04-12"),
            ("current_quarter", "2020-05-17", "2020-03-31", "2020-06-30"),
            ("previous_month", "2020-03-31", "2020-01-31", "2020-02-29"),
            ("last_year", "2020-04-08", "2018-12-31", "2019-12-31"),
            ("L1Y2", "2020-04-08", "2019-02-08", "2020-04-08"),
            ("last 1 year 2 months", "2020-04-08", "2019-02-08", "2020-04-08"),
            ("D90", "2020-04-08", "2020-01-09", "2020-04-08"),
            ("2019", "2020-04-08", "2018-12-31", "2019-12-31"),
            // Tuesday after Easter, one session back: over the holidays to Thursday.
            ("T1", "2020-04-14", "2020-04-09", "2020-04-14"),
            // Tuesday: Monday alone; Sunday: the Friday before.
            ("previous_trading_day", "2022-01-11", "2022-01-09", "2022-01-10"),
            ("previous_trading_day", "2022-01-09", "2022-01-06", "2022-01-07"),
            ("T10", "2020-04-04", "2020-03-20", "2020-04-04"),
            ("previous 30 days", "2020-04-04", "2020-03-05", "2020-04-04"),
            ("previous_quarter", "2021-07-11", "2021-03-31", "2021-06-30"),
            ("previous_day", "2020-04-08", "2020-04-06", "2020-04-07"),
            ("F2019-03-01_2019-04-01", "2020-04-08", "2019-03-01", "2019-04-01"),
            ("1y", "2020-02-29", "2019-02-28", "2020-02-29"),
        ] {
            assert_eq!(interval(range, day(at), None), Ok((day(start), day(end))), "{range} on {at}");
        }
        assert!(interval("next_year", day("2020-04-08"), None).is_err());
    }
}
