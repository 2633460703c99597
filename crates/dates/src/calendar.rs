//! Which days an exchange trades.
//!
//! Invariant: outside of `valid_from`…`valid_to` a calendar knows weekends only, and [`TradingCalendar::is_known`] says so.

use std::collections::BTreeSet;

use chrono::{Datelike, Duration, Weekday};

use crate::Date;

/// Which days of the week never trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekend {
    /// Saturday and Sunday.
    SaturdaySunday,
    /// Friday and Saturday.
    FridaySaturday,
    /// No day: crypto trades always.
    None,
}

/// The sessions of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradingCalendar {
    /// Market identifier code (`XNYS`), `ECB`, or `24/7`.
    pub id: String,
    /// The weekly rule.
    pub weekend: Weekend,
    /// Days without a session that the weekly rule would allow.
    pub closed: BTreeSet<Date>,
    /// First day for which `closed` is complete.
    pub valid_from: Date,
    /// Last day for which `closed` is complete.
    pub valid_to: Date,
}

impl TradingCalendar {
    /// Weekdays less the `closed` days.
    pub fn weekdays(id: &str, closed: impl IntoIterator<Item = Date>, valid_from: Date, valid_to: Date) -> Self {
        let closed = closed.into_iter().collect();
        Self { id: id.to_owned(), weekend: Weekend::SaturdaySunday, closed, valid_from, valid_to }
    }

    /// Every day is a session, for assets that trade around the clock.
    pub fn always_open() -> Self {
        Self {
            id: "24/7".to_owned(),
            weekend: Weekend::None,
            closed: BTreeSet::new(),
            valid_from: Date::MIN,
            valid_to: Date::MAX,
        }
    }

    /// Whether the exchange holds a session on the day.
    pub fn is_session(&self, date: Date) -> bool {
        !self.weekend.holds(date) && !self.closed.contains(&date)
    }

    /// Whether the list of closed days covers the day.
    pub fn is_known(&self, date: Date) -> bool {
        self.valid_from <= date && date <= self.valid_to
    }

    /// The last session strictly before the day; none only at the edge of the calendar.
    pub fn previous_session(&self, date: Date) -> Option<Date> {
        self.search(date, -1)
    }

    /// The first session strictly after the day; none only at the edge of the calendar.
    pub fn next_session(&self, date: Date) -> Option<Date> {
        self.search(date, 1)
    }

    /// Number of sessions in (`after`, `up_to`]; 0 if `up_to` is not later.
    pub fn sessions_between(&self, after: Date, up_to: Date) -> u32 {
        if up_to <= after {
            return 0;
        }
        let days = (up_to - after).num_days();
        let full_weeks = days / 7;
        // Any seven days in a row hold each day of the week once.
        let in_full_weeks = full_weeks * self.weekend.open_days_per_week();
        let rest_start = after + Duration::days(full_weeks * 7);
        let in_rest = (1..=days % 7).filter(|offset| !self.weekend.holds(rest_start + Duration::days(*offset))).count();
        let first = after + Duration::days(1);
        let closed = self.closed.range(first..=up_to).filter(|day| !self.weekend.holds(**day)).count();
        (in_full_weeks + in_rest as i64 - closed as i64) as u32
    }

    fn search(&self, from: Date, step: i64) -> Option<Date> {
        // A year without a session is not a calendar.
        (1..=366)
            .map_while(|offset| from.checked_add_signed(Duration::days(step * offset)))
            .find(|day| self.is_session(*day))
    }
}

impl Weekend {
    fn holds(self, date: Date) -> bool {
        match self {
            Weekend::SaturdaySunday => matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
            Weekend::FridaySaturday => matches!(date.weekday(), Weekday::Fri | Weekday::Sat),
            Weekend::None => false,
        }
    }

    fn open_days_per_week(self) -> i64 {
        match self {
            Weekend::None => 7,
            _ => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_date;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        parse_date(text).expect(text)
    }

    fn new_york() -> TradingCalendar {
        let closed = ["2024-03-29", "2024-05-27", "2024-12-25", "2024-03-30"].map(day);
        TradingCalendar::weekdays("XNYS", closed, day("2024-01-01"), day("2024-12-31"))
    }

    #[test]
    fn good_friday_is_no_session() {
        let calendar = new_york();
        assert!(calendar.is_session(day("2024-03-28")));
        assert!(!calendar.is_session(day("2024-03-29")));
        assert_eq!(calendar.next_session(day("2024-03-28")), Some(day("2024-04-01")));
        assert_eq!(calendar.previous_session(day("2024-04-01")), Some(day("2024-03-28")));
        assert_eq!(calendar.sessions_between(day("2024-03-28"), day("2024-04-01")), 1);
        assert_eq!(calendar.sessions_between(day("2024-04-01"), day("2024-03-28")), 0);
        assert!(!calendar.is_known(day("2025-01-01")));
    }

    #[test]
    fn crypto_trades_every_day() {
        let calendar = TradingCalendar::always_open();
        assert!(calendar.is_session(day("2024-12-25")));
        assert_eq!(calendar.sessions_between(day("2024-01-01"), day("2024-01-08")), 7);
        assert!(calendar.is_known(day("2199-01-01")));
    }

    #[test]
    fn the_edge_of_the_calendar_is_no_session() {
        assert_eq!(TradingCalendar::always_open().previous_session(Date::MIN), None);
        assert_eq!(TradingCalendar::always_open().next_session(Date::MAX), None);
    }

    proptest! {
        #[test]
        fn the_count_equals_counting(start in 0i64..400, length in 0i64..400) {
            let calendar = new_york();
            let after = day("2023-12-01") + Duration::days(start);
            let up_to = after + Duration::days(length);
            let counted = (1..=length).filter(|offset| calendar.is_session(after + Duration::days(*offset))).count();
            prop_assert_eq!(calendar.sessions_between(after, up_to) as usize, counted);
        }
    }
}
