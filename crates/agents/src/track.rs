//! The portfolio's record of returns: daily over all pack dates, and sampled for statistics.
//!
//! Sampled on weekdays, 252 a year, weekend moves falling into Monday; a book of assets that trade around the clock
//! keeps every day, 365 a year. `lookback_days` counts these samples.

use dates::{Date, Period};
use formulas::Undefined;
use formulas::returns::{FlowTiming, link, period_return, weekday_returns, xirr};
use formulas::returns::{InternalRate, annualise_calendar};
use formulas::valuation::{DailyReturns, DailyValuation};

use crate::books::Folio;
use crate::measured::Measured;
use crate::reference::is_always_open;
use crate::values::{Absence, Maybe};

/// Observations of a year on weekdays.
pub const WEEKDAYS_PER_YEAR: f64 = 252.0;
/// Observations of a year on all days.
pub const DAYS_PER_YEAR: f64 = 365.0;

/// Days from which a return is stated per year.
const DAYS_OF_A_YEAR: i64 = 365;

/// The periods of performance figures: suffix of the field, period.
pub const PERIODS: [(&str, Period); 8] = [
    ("1d", Period::OneDay),
    ("mtd", Period::MonthToDate),
    ("qtd", Period::QuarterToDate),
    ("ytd", Period::YearToDate),
    ("1y", Period::OneYear),
    ("3y", Period::ThreeYears),
    ("5y", Period::FiveYears),
    ("itd", Period::Inception),
];

/// Returns of a portfolio from its first funding on.
#[derive(Debug)]
pub struct Track {
    /// Over all pack dates.
    pub daily: DailyReturns,
    /// Samples: day and return, ascending.
    pub samples: Vec<(Date, f64)>,
    /// Samples in a year.
    pub per_year: f64,
    /// The last pack date.
    pub last: Date,
}

/// The last samples of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookback {
    /// The day at whose close the window opens.
    pub opened_on: Date,
    /// Day of the first sample.
    pub first: Date,
    /// Day of the last sample.
    pub last: Date,
    /// The returns.
    pub returns: Vec<f64>,
}

impl Track {
    /// The record of a measured portfolio.
    pub fn of(folio: &Folio, measured: &Measured, timing: FlowTiming) -> Result<Track, Undefined> {
        let daily = measured.valuation.time_weighted_return(timing).map_err(|broken| broken.reason)?;
        let around_the_clock = {
            let mut held = measured.timeline.holdings.keys().filter_map(|id| folio.securities.get(id)).peekable();
            held.peek().is_some() && held.all(is_always_open)
        };
        let (samples, per_year) = if around_the_clock {
            let kept = daily.dates.iter().zip(&daily.daily).filter_map(|(date, r)| Some((*date, (*r)?)));
            (kept.collect(), DAYS_PER_YEAR)
        } else {
            (weekday_returns(&daily.dates, &daily.daily)?, WEEKDAYS_PER_YEAR)
        };
        let last = measured.valuation.dates[measured.valuation.dates.len() - 1];
        Ok(Track { daily, samples, per_year, last })
    }

    /// The last `count` samples, or all where there are fewer.
    pub fn lookback(&self, count: usize) -> Result<Lookback, Undefined> {
        let start = self.samples.len().saturating_sub(count);
        let window = &self.samples[start..];
        let (Some((first, _)), Some((last, _))) = (window.first(), window.last()) else {
            return Err(Undefined::InsufficientData { needed: 1, found: 0 });
        };
        let opened_on = start.checked_sub(1).map_or(self.daily.opened_on, |before| self.samples[before].0);
        Ok(Lookback { opened_on, first: *first, last: *last, returns: window.iter().map(|(_, r)| *r).collect() })
    }

    /// Exactly the last `count` samples.
    pub fn full_window(&self, count: usize) -> Result<Lookback, Undefined> {
        let found = self.samples.len();
        if found < count { Err(Undefined::InsufficientData { needed: count, found }) } else { self.lookback(count) }
    }

    /// The linked return since the close of a day.
    pub fn since(&self, opening: Date) -> Result<f64, Undefined> {
        period_return(&self.daily.dates, &self.daily.daily, self.daily.opened_on, opening, self.last)
    }

    /// The day at whose close a period begins.
    pub fn opening_of(&self, period: Period) -> Date {
        match period {
            Period::Inception => self.daily.opened_on,
            period => period.start(self.last, self.daily.dates.first().copied().unwrap_or(self.last)),
        }
    }

    /// The time-weighted return of a period.
    pub fn of_period(&self, period: Period) -> Result<f64, Undefined> {
        self.since(self.opening_of(period))
    }

    /// The same per year; undefined under a year.
    pub fn annualised(&self, period: Period) -> Result<f64, Undefined> {
        annualise_calendar(self.of_period(period)?, (self.last - self.opening_of(period)).num_days())
    }

    /// Daily returns after the close of a day, with their dates; days without exposure are left out.
    pub fn daily_since(&self, opening: Date) -> (Vec<Date>, Vec<f64>) {
        let from = self.daily.dates.partition_point(|date| *date <= opening);
        let days = self.daily.dates[from..].iter().zip(&self.daily.daily[from..]);
        days.filter_map(|(date, r)| Some((*date, (*r)?))).unzip()
    }

    /// Pack dates in a year: 365 where weekends have packs.
    pub fn daily_per_year(&self) -> f64 {
        use chrono::Datelike;
        let weekend = |date: &Date| date.weekday().num_days_from_monday() >= 5;
        if self.daily.dates.iter().rev().take(7).any(weekend) { DAYS_PER_YEAR } else { WEEKDAYS_PER_YEAR }
    }
}

/// Flows as an investor sees them between two closes, the opening value a contribution and the closing value the last.
pub fn investor_flows(valuation: &DailyValuation, opening: Date, closing: Date) -> Maybe<Vec<(Date, f64)>> {
    let from = valuation.dates.partition_point(|date| *date <= opening);
    let to = valuation.dates.partition_point(|date| *date <= closing);
    let mut flows = Vec::new();
    match from.checked_sub(1) {
        Some(before) => flows.push((valuation.dates[before], -valuation.value_at(before)?)),
        None if valuation.opens_empty => {}
        None => return Err(Undefined::InsufficientData { needed: 1, found: 0 }.into()),
    }
    if to <= from {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 }.into());
    }
    for day in from..to {
        let flow = valuation.external_flow[day];
        if flow.is_nan() {
            return Err(Undefined::Incomplete { date: valuation.dates[day] }.into());
        }
        if flow != 0.0 {
            flows.push((valuation.dates[day], -flow));
        }
    }
    flows.push((valuation.dates[to - 1], valuation.value_at(to - 1)?));
    Ok(flows)
}

/// The money-weighted return between two closes.
pub fn money_weighted(valuation: &DailyValuation, opening: Date, closing: Date) -> Maybe<InternalRate> {
    Ok(xirr(&investor_flows(valuation, opening, closing)?, 0.1)?)
}

/// The annual rate of a money-weighted return; hidden where the span is shorter than a year.
pub fn annual_rate(rate: &InternalRate) -> Maybe<f64> {
    if rate.span_days < DAYS_OF_A_YEAR {
        return Err(Absence::from(Undefined::NotAnnualisable { days: rate.span_days }));
    }
    Ok(rate.rate)
}

/// The linked return of a window.
pub fn linked(returns: &[f64]) -> f64 {
    link(returns.iter().copied())
}
