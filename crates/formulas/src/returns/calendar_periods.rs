//! Returns of calendar periods: month to date, year to date, each calendar year.
//!
//!   R(period) = ∏(1 + r_t) − 1 over the daily returns whose date lies in the period
//!
//! The period's opening value is the last close before it. Undefined for a period that begins before the series does,
//! unless it is the inception period itself; a period without any day has no return.
//!
//! GIPS (2020), section 2.

use crate::returns::link;
use crate::{Date, Undefined};
use chrono::Datelike;

/// The return of one calendar year, or of the part of it that the series covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalendarYearReturn {
    /// The year.
    pub year: i32,
    /// First day with a return.
    pub first: Date,
    /// Last day with a return.
    pub last: Date,
    /// The linked return.
    pub rate: f64,
    /// Whether the series holds a close on or before the last day of the previous year and reaches the year's last day.
    pub is_complete: bool,
}

/// The linked return of the days after `opening` up to and including `closing`. `dates` ascend, one per return; the
/// series opens at the close of `opened_on`.
pub fn period_return(
    dates: &[Date],
    returns: &[Option<f64>],
    opened_on: Date,
    opening: Date,
    closing: Date,
) -> Result<f64, Undefined> {
    if dates.len() != returns.len() {
        return Err(Undefined::LengthMismatch { left: dates.len(), right: returns.len() });
    }
    let from = dates.partition_point(|date| *date <= opening);
    let to = dates.partition_point(|date| *date <= closing);
    if opening < opened_on || to <= from {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    Ok(link(returns[from..to].iter().flatten().copied()))
}

/// The returns of all calendar years that the series touches, ascending.
pub fn calendar_year_returns(dates: &[Date], returns: &[Option<f64>]) -> Result<Vec<CalendarYearReturn>, Undefined> {
    if dates.len() != returns.len() {
        return Err(Undefined::LengthMismatch { left: dates.len(), right: returns.len() });
    }
    let mut years = Vec::new();
    let mut from = 0;
    while let Some(first) = dates.get(from).copied() {
        let to = from + dates[from..].partition_point(|date| date.year() == first.year());
        let last = dates[to - 1];
        years.push(CalendarYearReturn {
            year: first.year(),
            first,
            last,
            rate: link(returns[from..to].iter().flatten().copied()),
            // A later day exists, so the year was followed to its end; an earlier one, so it was followed from its begin.
            is_complete: 0 < from && (to < dates.len() || (last.month(), last.day()) == (12, 31)),
        });
        from = to;
    }
    Ok(years)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn series() -> (Vec<Date>, Vec<Option<f64>>) {
        let dates = ["2020-12-30", "2020-12-31", "2021-01-04", "2021-12-31", "2022-01-03"].map(day).to_vec();
        (dates, vec![Some(0.1), None, Some(0.2), Some(-0.1), Some(0.05)])
    }

    #[test]
    fn worked_example() {
        let (dates, returns) = series();
        let years = calendar_year_returns(&dates, &returns).unwrap();
        let rates: Vec<_> = years.iter().map(|y| (y.year, y.is_complete)).collect();
        assert_eq!(rates, [(2020, false), (2021, true), (2022, false)]);
        assert!((years[1].rate - 0.08).abs() < 1e-15);
        let month = period_return(&dates, &returns, day("2020-12-29"), day("2020-12-31"), day("2021-01-31"));
        assert!((month.unwrap() - 0.2).abs() < 1e-15);
    }

    #[test]
    fn periods_outside_the_series_are_undefined() {
        let (dates, returns) = series();
        let of = |opening, closing| period_return(&dates, &returns, day("2020-12-29"), day(opening), day(closing));
        assert_eq!(of("2020-12-28", "2022-01-03").unwrap_err().code(), "insufficient_data");
        assert_eq!(of("2021-02-01", "2021-03-01").unwrap_err().code(), "insufficient_data");
    }

    #[test]
    fn years_link_to_the_whole() {
        let (dates, returns) = series();
        let years = calendar_year_returns(&dates, &returns).unwrap();
        let whole = link(returns.iter().flatten().copied());
        assert!((link(years.iter().map(|y| y.rate)) - whole).abs() < 1e-15);
    }
}
