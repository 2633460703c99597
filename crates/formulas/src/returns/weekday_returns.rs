//! Daily returns of a portfolio valued every calendar day, as weekday returns: what moved at the weekend falls into
//! Monday, so that 252 returns make a year and their scatter compares with that of exchanges.
//!
//!   r_Monday = (1 + r_Sat)(1 + r_Sun)(1 + r_Mon) − 1
//!
//! Days without exposure are left out. A weekend at the end of the series waits for its Monday and is left out too.

use crate::{Date, Undefined};
use chrono::{Datelike, Weekday};

/// (day, return) on weekdays, ascending.
pub fn weekday_returns(dates: &[Date], daily: &[Option<f64>]) -> Result<Vec<(Date, f64)>, Undefined> {
    if dates.len() != daily.len() {
        return Err(Undefined::LengthMismatch { left: dates.len(), right: daily.len() });
    }
    let mut weekdays = Vec::with_capacity(dates.len());
    let mut weekend: Option<f64> = None;
    for (date, r) in dates.iter().zip(daily) {
        let linked = match (weekend, r) {
            (Some(before), Some(r)) => Some((1.0 + before) * (1.0 + r) - 1.0),
            (before, r) => before.or(*r),
        };
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            weekend = linked;
        } else {
            weekdays.extend(linked.map(|r| (*date, r)));
            weekend = None;
        }
    }
    Ok(weekdays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::returns::link;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Friday 1 %, Saturday 10 %, Sunday nothing held, Monday −10 %: Monday is −1 %.
        let dates: Vec<Date> = (5..9).map(|day| Date::from_ymd_opt(2024, 4, day).unwrap()).collect();
        let weekdays = weekday_returns(&dates, &[Some(0.01), Some(0.1), None, Some(-0.1)]).unwrap();
        assert_eq!(weekdays.iter().map(|w| w.0.day()).collect::<Vec<_>>(), [5, 8]);
        assert!((weekdays[0].1 - 0.01).abs() < 1e-15 && (weekdays[1].1 - -0.01).abs() < 1e-15);
        assert_eq!(weekday_returns(&dates, &[]).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn up_to_a_weekday_nothing_is_lost(r in proptest::collection::vec(proptest::option::of(-0.1..0.1f64), 1..40)) {
            // Counted back from a Wednesday.
            let last = Date::from_ymd_opt(2024, 4, 10).unwrap();
            let dates: Vec<Date> = (0..r.len() as u64).rev().map(|back| last - chrono::Days::new(back)).collect();
            let weekdays = weekday_returns(&dates, &r).unwrap();
            let (a, b) = (link(weekdays.iter().map(|w| w.1)), link(r.iter().flatten().copied()));
            prop_assert!((a - b).abs() < 1e-12);
        }
    }
}
