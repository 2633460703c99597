//! Calendar dates, trading calendars, periods and day counts.
//!
//! Invariant: nothing here reads a clock. "Today" is always an argument.

pub mod calendar;
pub mod day_count;
pub mod parse;
pub mod period;

/// A calendar date without time zone.
pub type Date = chrono::NaiveDate;

pub use calendar::{TradingCalendar, Weekend};
pub use day_count::{days_between, years_act_365};
pub use parse::{DateError, parse_date, parse_date_expression};
pub use period::{Period, PeriodError};
