//! Dates from text: strict `YYYY-MM-DD`, and the relative forms `today` and `-30d`.

use chrono::Datelike;
use thiserror::Error;

use crate::Date;

/// The earliest year that a book may mention.
pub const YEAR_MIN: i32 = 1900;
/// The latest year that a book may mention.
pub const YEAR_MAX: i32 = 2199;

/// Why a text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DateError {
    /// Not of the form `YYYY-MM-DD`.
    #[error("{text:?} is not a date of the form YYYY-MM-DD")]
    Malformed {
        /// The text as given (at most 40 characters).
        text: String,
    },
    /// No such day in the calendar.
    #[error("{text} is not a day of the calendar")]
    NoSuchDay {
        /// The text as given.
        text: String,
    },
    /// A year outside of [`YEAR_MIN`]…[`YEAR_MAX`].
    #[error("{text} is outside of the years {YEAR_MIN} to {YEAR_MAX}")]
    OutOfRange {
        /// The text as given.
        text: String,
    },
}

/// Reads exactly `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Result<Date, DateError> {
    let bytes = text.as_bytes();
    let is_shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shape {
        return Err(DateError::Malformed { text: text.chars().take(40).collect() });
    }
    let number =
        |from: usize, to: usize| bytes[from..to].iter().fold(0u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    let date = Date::from_ymd_opt(number(0, 4) as i32, number(5, 7), number(8, 10))
        .ok_or_else(|| DateError::NoSuchDay { text: text.to_owned() })?;
    if (YEAR_MIN..=YEAR_MAX).contains(&date.year()) {
        return Ok(date);
    }
    Err(DateError::OutOfRange { text: text.to_owned() })
}

/// Reads `YYYY-MM-DD`, `today`, or a number of days before or after it (`-30d`, `+5d`).
pub fn parse_date_expression(text: &str, today: Date) -> Result<Date, DateError> {
    if text == "today" {
        return Ok(today);
    }
    let Some(days) = text.strip_suffix('d').filter(|_| text.starts_with(['-', '+'])) else {
        return parse_date(text);
    };
    let malformed = || DateError::Malformed { text: text.chars().take(40).collect() };
    let days: i32 = days.parse().map_err(|_| malformed())?;
    today
        .checked_add_signed(chrono::Duration::days(i64::from(days)))
        .filter(|date| (YEAR_MIN..=YEAR_MAX).contains(&date.year()))
        .ok_or_else(|| DateError::OutOfRange { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        parse_date(text).expect(text)
    }

    #[test]
    fn refuses_other_forms() {
        for text in
            ["", "2024-3-28", "28.03.2024", "03/28/2024", "2024-03-28T00:00", " 2024-03-28", "20240328", "٢٠٢٤-03-28"]
        {
            assert!(matches!(parse_date(text), Err(DateError::Malformed { .. })), "{text}");
        }
        assert!(matches!(parse_date("2023-02-29"), Err(DateError::NoSuchDay { .. })));
        assert!(matches!(parse_date("1024-03-28"), Err(DateError::OutOfRange { .. })));
    }

    #[test]
    fn reads_relative_forms() {
        let today = day("2024-03-28");
        for (text, expected) in
            [("today", "2024-03-28"), ("-30d", "2024-02-27"), ("+4d", "2024-04-01"), ("2020-01-01", "2020-01-01")]
        {
            assert_eq!(parse_date_expression(text, today), Ok(day(expected)), "{text}");
        }
        for text in ["30d", "-d", "-99999999999d", "yesterday"] {
            assert!(parse_date_expression(text, today).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,14}") {
            let _ = parse_date(&text);
            let _ = parse_date_expression(&text, day("2024-03-28"));
        }

        #[test]
        fn reads_what_is_written(days in 0i64..90_000) {
            let date = day("1950-01-01") + chrono::Duration::days(days);
            prop_assert_eq!(parse_date(&date.to_string()), Ok(date));
        }
    }
}
