//! Dates as files write them, and which order of day and month a file uses.
//!
//! Invariant: a four-digit year in front is always year, month, day; everything else follows the order of the file.

use chrono::{DateTime, Datelike, FixedOffset};
use dates::Date;
use dates::DateError;

/// Order of day and month where the year comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayOrder {
    /// 31.12.2024
    #[default]
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

impl DayOrder {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            DayOrder::DayFirst => "DD/MM/YYYY",
            DayOrder::MonthFirst => "MM/DD/YYYY",
        }
    }

    /// Reads a date format such as `DD.MM.YYYY`; formats with the year in front need no order.
    pub fn of(text: &str) -> Option<DayOrder> {
        let upper = text.to_ascii_uppercase();
        let (day, month) = (upper.find('D')?, upper.find('M')?);
        Some(if day < month { DayOrder::DayFirst } else { DayOrder::MonthFirst })
    }
}

/// What the dates of a file say about their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayForm {
    /// The order.
    pub order: DayOrder,
    /// Whether any date leaves a doubt: nothing in the file contradicts the other order.
    pub is_certain: bool,
    /// Whether all dates have the year in front.
    pub is_iso: bool,
}

/// The order that all dates of a file agree on. In doubt the one in which the dates run in one direction, then `otherwise`.
pub fn detect_order<'a>(cells: impl Iterator<Item = &'a str> + Clone, otherwise: DayOrder) -> DayForm {
    let (mut day_first, mut month_first, mut dates, mut iso) = (true, true, 0usize, 0usize);
    for cell in cells.clone() {
        let Some(parts) = Parts::of(cell) else { continue };
        dates += 1;
        match parts {
            Parts::YearFirst(..) | Parts::Named(..) => iso += 1,
            Parts::YearLast(first, second, _) => {
                day_first &= second <= 12;
                month_first &= first <= 12;
            }
        }
    }
    let is_iso = dates == iso;
    if is_iso || day_first != month_first {
        let order = if day_first == month_first {
            otherwise
        } else if day_first {
            DayOrder::DayFirst
        } else {
            DayOrder::MonthFirst
        };
        return DayForm { order, is_certain: true, is_iso };
    }
    let turns = |order: DayOrder| {
        let days: Vec<Date> = cells.clone().filter_map(|cell| parse_day(cell, order).ok()).collect();
        let (mut up, mut down) = (0usize, 0usize);
        for pair in days.windows(2) {
            up += usize::from(pair[0] < pair[1]);
            down += usize::from(pair[1] < pair[0]);
        }
        up.min(down)
    };
    let order = match turns(DayOrder::DayFirst).cmp(&turns(DayOrder::MonthFirst)) {
        std::cmp::Ordering::Less => DayOrder::DayFirst,
        std::cmp::Ordering::Greater => DayOrder::MonthFirst,
        std::cmp::Ordering::Equal => otherwise,
    };
    DayForm { order, is_certain: false, is_iso }
}

/// Reads a date; a time of day, `T…`, and an "as of" part are left out.
pub fn parse_day(text: &str, order: DayOrder) -> Result<Date, DateError> {
    let malformed = || DateError::Malformed { text: text.trim().chars().take(40).collect() };
    let (year, month, day) = match Parts::of(text).ok_or_else(malformed)? {
        Parts::YearFirst(year, month, day) | Parts::Named(year, month, day) => (year, month, day),
        Parts::YearLast(first, second, year) => match order {
            DayOrder::DayFirst => (year, second, first),
            DayOrder::MonthFirst => (year, first, second),
        },
    };
    let date = i32::try_from(year).ok().and_then(|year| Date::from_ymd_opt(year, month, day));
    let date = date.ok_or_else(|| DateError::NoSuchDay { text: text.trim().chars().take(40).collect() })?;
    if (dates::parse::YEAR_MIN..=dates::parse::YEAR_MAX).contains(&date.year()) {
        return Ok(date);
    }
    Err(DateError::OutOfRange { text: text.trim().chars().take(40).collect() })
}

/// The day of a moment: in its own time zone, which is where the person was.
pub fn day_of_timestamp(text: &str) -> Option<Date> {
    DateTime::<FixedOffset>::parse_from_rfc3339(text.trim()).ok().map(|moment| moment.date_naive())
}

/// Whether a text looks like a date in any order.
pub fn is_day(text: &str) -> bool {
    Parts::of(text).is_some()
        && (parse_day(text, DayOrder::DayFirst).is_ok() || parse_day(text, DayOrder::MonthFirst).is_ok())
}

/// The numbers of a date before their order is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    /// Year, month, day.
    YearFirst(u32, u32, u32),
    /// Day and month in the order of the file, year.
    YearLast(u32, u32, u32),
    /// Year, month, day of a date with the month's name.
    Named(u32, u32, u32),
}

impl Parts {
    fn of(text: &str) -> Option<Parts> {
        let text = text.trim();
        if !text.is_ascii() {
            return Self::named(text);
        }
        let text = text.split(" as of ").next().unwrap_or(text);
        let date = without_time(text);
        let numbers: Vec<&str> = date.split(['-', '/', '.']).collect();
        let is_number =
            |text: &&str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        match numbers.as_slice() {
            [only] if only.len() == 8 && only.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Parts::YearFirst(number(&only[..4])?, number(&only[4..6])?, number(&only[6..])?))
            }
            [year, month] if year.len() == 4 && is_number(year) && month.len() == 2 && is_number(month) => {
                Some(Parts::YearFirst(number(year)?, number(month)?, 1))
            }
            [first, second, third] if [first, second, third].into_iter().all(is_number) => {
                let short = |text: &str| text.len() <= 2;
                if first.len() == 4 && short(second) && short(third) {
                    return Some(Parts::YearFirst(number(first)?, number(second)?, number(third)?));
                }
                if !short(first) || !short(second) || third.len() == 1 || third.len() == 3 {
                    return None;
                }
                Some(Parts::YearLast(number(first)?, number(second)?, full_year(third)?))
            }
            _ => Self::named(text),
        }
    }

    /// `31-Jan-2024`, `Jan 31, 2024`, `31. Januar 2024`.
    fn named(text: &str) -> Option<Parts> {
        let mut month = None;
        let mut numbers = Vec::new();
        for word in text.split([' ', '-', '/', ',', '.']).filter(|word| !word.is_empty()).take(4) {
            if word.bytes().all(|byte| byte.is_ascii_digit()) {
                if numbers.len() < 2 {
                    numbers.push(word);
                }
            } else if month.is_none() && numbers.len() <= 1 {
                month = Some(month_of(word)?);
            } else {
                break;
            }
        }
        let [day, year] = numbers.as_slice() else { return None };
        if day.len() == 4 {
            return Some(Parts::Named(number(day)?, month?, number(year)?));
        }
        (day.len() <= 2 && matches!(year.len(), 2 | 4)).then_some(())?;
        Some(Parts::Named(full_year(year)?, month?, number(day)?))
    }
}

/// The part before a time of day.
fn without_time(text: &str) -> &str {
    let end = text.find(['T', ';', ',', ' ']).unwrap_or(text.len());
    match text.get(..end) {
        // A word after the date is no time.
        Some(date) if text[end..].trim_start_matches(['T', ';', ',', ' ']).is_empty() => date,
        Some(date) if text[end..].contains(':') || text[end..].bytes().any(|byte| byte.is_ascii_digit()) => date,
        _ => text,
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

/// Two digits mean 1970 to 2069.
fn full_year(text: &str) -> Option<u32> {
    let year = number(text)?;
    Some(match text.len() {
        2 if year < 70 => 2000 + year,
        2 => 1900 + year,
        _ => year,
    })
}

/// The month of a name in English, German, French, Spanish, Italian, Dutch, Portuguese (first letters suffice).
fn month_of(word: &str) -> Option<u32> {
    const STARTS: [(&str, u32); 40] = [
        ("jan", 1),
        ("gen", 1),
        ("ene", 1),
        ("jän", 1),
        ("feb", 2),
        ("fév", 2),
        ("fev", 2),
        ("mar", 3),
        ("mär", 3),
        ("maa", 3),
        ("mrt", 3),
        ("mrz", 3),
        ("apr", 4),
        ("avr", 4),
        ("abr", 4),
        ("may", 5),
        ("mai", 5),
        ("mei", 5),
        ("mag", 5),
        ("jun", 6),
        ("jui", 6),
        ("giu", 6),
        ("jul", 7),
        ("juil", 7),
        ("lug", 7),
        ("aug", 8),
        ("aoû", 8),
        ("aou", 8),
        ("ago", 8),
        ("sep", 9),
        ("set", 9),
        ("oct", 10),
        ("okt", 10),
        ("out", 10),
        ("ott", 10),
        ("nov", 11),
        ("dec", 12),
        ("déc", 12),
        ("dez", 12),
        ("dic", 12),
    ];
    let lower: String = word.chars().take(12).flat_map(char::to_lowercase).collect();
    if !lower.chars().all(char::is_alphabetic) {
        return None;
    }
    let fitting = STARTS.iter().filter(|(start, _)| lower.starts_with(start));
    fitting.max_by_key(|(start, _)| start.len()).map(|(_, month)| *month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_forms_of_files() {
        for (text, order, expected) in [
            ("2024-01-31", DayOrder::DayFirst, "2024-01-31"),
            ("2024/01/31", DayOrder::MonthFirst, "2024-01-31"),
            ("2024.1.5", DayOrder::MonthFirst, "2024-01-05"),
            ("20240131", DayOrder::DayFirst, "2024-01-31"),
            ("20240131;095853", DayOrder::DayFirst, "2024-01-31"),
            ("2024-01-31T00:00", DayOrder::DayFirst, "2024-01-31"),
            ("2024-01-31T10:00:00.000Z", DayOrder::DayFirst, "2024-01-31"),
            ("2024-01-31 10:00:00", DayOrder::DayFirst, "2024-01-31"),
            ("31.01.2024", DayOrder::DayFirst, "2024-01-31"),
            ("31-01-2024 09:15", DayOrder::DayFirst, "2024-01-31"),
            ("01/31/2024", DayOrder::MonthFirst, "2024-01-31"),
            ("04/17/2023 as of 04/15/2023", DayOrder::MonthFirst, "2023-04-17"),
            ("05.06.24", DayOrder::DayFirst, "2024-06-05"),
            ("31-Jan-2024", DayOrder::DayFirst, "2024-01-31"),
            ("Jan 31, 2024", DayOrder::DayFirst, "2024-01-31"),
            ("Jan 31 2024", DayOrder::DayFirst, "2024-01-31"),
            ("5. März 2024", DayOrder::DayFirst, "2024-03-05"),
            ("31 juil. 2024", DayOrder::DayFirst, "2024-07-31"),
            ("2024-02", DayOrder::DayFirst, "2024-02-01"),
        ] {
            let read = parse_day(text, order).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "not-a-date", "31/12", "1/2/3", "2024-13-01", "30/02/2024", "Total", "12:30", "1e5", "１２/12/2024"]
        {
            assert!(parse_day(text, DayOrder::DayFirst).is_err(), "{text}");
        }
        assert!(matches!(parse_day("0001-01-01", DayOrder::DayFirst), Err(DateError::OutOfRange { .. })));
    }

    #[test]
    fn the_order_is_what_the_dates_agree_on() {
        let form = |cells: &[&str], otherwise| detect_order(cells.iter().copied(), otherwise);
        assert_eq!(form(&["05/13/2024", "01/02/2024"], DayOrder::DayFirst).order, DayOrder::MonthFirst);
        assert_eq!(form(&["13/05/2024", "01/02/2024"], DayOrder::MonthFirst).order, DayOrder::DayFirst);
        // Both fit: as month first they run upwards, as day first they jump.
        let doubtful = form(&["01/12/2024", "02/11/2024", "03/01/2024", "04/02/2024"], DayOrder::DayFirst);
        assert_eq!((doubtful.order, doubtful.is_certain), (DayOrder::MonthFirst, false));
        assert!(form(&["2024-01-05"], DayOrder::MonthFirst).is_iso);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,24}") {
            let _ = parse_day(&text, DayOrder::DayFirst);
            let _ = is_day(&text);
            let _ = day_of_timestamp(&text);
        }

        #[test]
        fn reads_what_is_written(days in 0i64..60_000) {
            let date = Date::from_ymd_opt(1950, 1, 1).expect("a day") + chrono::Duration::days(days);
            for (format, order) in [("%d.%m.%Y", DayOrder::DayFirst), ("%m/%d/%Y", DayOrder::MonthFirst), ("%Y%m%d", DayOrder::DayFirst)] {
                prop_assert_eq!(parse_day(&date.format(format).to_string(), order), Ok(date));
            }
        }
    }
}
