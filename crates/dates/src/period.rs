//! Reporting periods: `1d 1w mtd qtd ytd 1m 3m 6m 1y 3y 5y 10y inception`.
//!
//! A period is the days (start, as_of]: it begins at the close of its start day, the last valuation before it.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Duration, Months};
use thiserror::Error;

use crate::Date;

/// A reporting period that ends at `as_of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One day.
    OneDay,
    /// Seven days.
    OneWeek,
    /// The calendar month so far.
    MonthToDate,
    /// The calendar quarter so far.
    QuarterToDate,
    /// The calendar year so far.
    YearToDate,
    /// One month.
    OneMonth,
    /// Three months.
    ThreeMonths,
    /// Six months.
    SixMonths,
    /// One year.
    OneYear,
    /// Three years.
    ThreeYears,
    /// Five years.
    FiveYears,
    /// Ten years.
    TenYears,
    /// Since the first funding of the portfolio.
    Inception,
}

/// A text that names no period.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown period {text:?}, expected one of 1d 1w mtd qtd ytd 1m 3m 6m 1y 3y 5y 10y inception")]
pub struct PeriodError {
    /// The text as given (at most 40 characters).
    pub text: String,
}

impl Period {
    /// All periods, shortest first.
    pub const ALL: [Period; 13] = [
        Period::OneDay,
        Period::OneWeek,
        Period::MonthToDate,
        Period::QuarterToDate,
        Period::YearToDate,
        Period::OneMonth,
        Period::ThreeMonths,
        Period::SixMonths,
        Period::OneYear,
        Period::ThreeYears,
        Period::FiveYears,
        Period::TenYears,
        Period::Inception,
    ];

    /// The name used in requests and field suffixes.
    pub fn name(self) -> &'static str {
        match self {
            Period::OneDay => "1d",
            Period::OneWeek => "1w",
            Period::MonthToDate => "mtd",
            Period::QuarterToDate => "qtd",
            Period::YearToDate => "ytd",
            Period::OneMonth => "1m",
            Period::ThreeMonths => "3m",
            Period::SixMonths => "6m",
            Period::OneYear => "1y",
            Period::ThreeYears => "3y",
            Period::FiveYears => "5y",
            Period::TenYears => "10y",
            Period::Inception => "inception",
        }
    }

    /// The day at whose close the period begins. `inception` is the first funding day: the inception period begins at
    /// the close of the day before, when nothing was there yet. The answer may precede inception for other periods;
    /// the caller decides what a period longer than the portfolio's life means.
    pub fn start(self, as_of: Date, inception: Date) -> Date {
        let day_before = |date: Date| date.pred_opt().unwrap_or(date);
        let months_back = |months: u32| as_of.checked_sub_months(Months::new(months)).unwrap_or(Date::MIN);
        let first_of_month = |month: u32| Date::from_ymd_opt(as_of.year(), month, 1).unwrap_or(as_of);
        match self {
            Period::OneDay => day_before(as_of),
            Period::OneWeek => as_of.checked_sub_signed(Duration::days(7)).unwrap_or(Date::MIN),
            Period::MonthToDate => day_before(first_of_month(as_of.month())),
            Period::QuarterToDate => day_before(first_of_month((as_of.month() - 1) / 3 * 3 + 1)),
            Period::YearToDate => day_before(first_of_month(1)),
            Period::OneMonth => months_back(1),
            Period::ThreeMonths => months_back(3),
            Period::SixMonths => months_back(6),
            Period::OneYear => months_back(12),
            Period::ThreeYears => months_back(36),
            Period::FiveYears => months_back(60),
            Period::TenYears => months_back(120),
            Period::Inception => day_before(inception),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads a name of [`Period::name`]; `itd` is accepted for `inception`.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if text == "itd" {
            return Ok(Period::Inception);
        }
        let known = Period::ALL.into_iter().find(|period| period.name() == text);
        known.ok_or_else(|| PeriodError { text: text.chars().take(40).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_date;

    fn day(text: &str) -> Date {
        parse_date(text).expect(text)
    }

    #[test]
    fn each_period_begins_at_the_close_before_it() {
        let inception = day("2019-12-02");
        for (name, as_of, start) in [
            ("1d", "2022-06-15", "2022-06-14"),
            ("1w", "2022-06-15", "2022-06-08"),
            ("mtd", "2022-06-15", "2022-05-31"),
            ("qtd", "2022-06-15", "2022-03-31"),
            ("qtd", "2022-02-28", "2021-12-31"),
            ("ytd", "2022-06-15", "2021-12-31"),
            ("1m", "2022-03-31", "2022-02-28"),
            ("3m", "2022-06-15", "2022-03-15"),
            ("1y", "2024-02-29", "2023-02-28"),
            ("10y", "2022-06-15", "2012-06-15"),
            ("inception", "2022-06-15", "2019-12-01"),
            ("itd", "2022-06-15", "2019-12-01"),
        ] {
            let period: Period = name.parse().expect(name);
            assert_eq!(period.start(day(as_of), inception), day(start), "{name} at {as_of}");
        }
    }

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for period in Period::ALL {
            assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        }
        assert!("2y".parse::<Period>().is_err());
        assert!("YTD".parse::<Period>().is_err());
    }
}
