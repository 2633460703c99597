//! Day counts: actual days, and years of 365 days.

use crate::Date;

/// Calendar days from `from` to `to`; negative if `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    (to - from).num_days()
}

/// Years by actual/365 fixed: leap days count, as in Excel's XIRR.
pub fn years_act_365(from: Date, to: Date) -> f64 {
    days_between(from, to) as f64 / 365.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_date;

    #[test]
    fn leap_days_count() {
        let (from, to) = (parse_date("2020-01-01").expect("date"), parse_date("2021-01-01").expect("date"));
        assert_eq!(days_between(from, to), 366);
        assert_eq!(years_act_365(from, to), 366.0 / 365.0);
        assert_eq!(days_between(to, from), -366);
    }
}
