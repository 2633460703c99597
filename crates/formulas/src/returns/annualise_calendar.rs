//! Return per year of a return over a span of days.
//!
//!   a = (1 + R)^(365/days) − 1
//!
//! Undefined for spans under a year: a good month is not a good year. A loss of everything stays −100 %.
//!
//! GIPS (2020), section 2: returns for periods under one year must not be annualised.

use crate::Undefined;

/// Days from which a return may be stated per year.
pub const DAYS_PER_YEAR: i64 = 365;

/// The cumulative return `cumulative` over `calendar_days`, per year.
pub fn annualise_calendar(cumulative: f64, calendar_days: i64) -> Result<f64, Undefined> {
    if !cumulative.is_finite() {
        return Err(Undefined::InvalidReturn { index: 0 });
    }
    if calendar_days < DAYS_PER_YEAR {
        return Err(Undefined::NotAnnualisable { days: calendar_days });
    }
    if cumulative <= -1.0 {
        return Ok(-1.0);
    }
    Ok((cumulative.ln_1p() * DAYS_PER_YEAR as f64 / calendar_days as f64).exp_m1())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // 21 % in two years with a leap day is a little under 10 % a year.
        assert!((annualise_calendar(0.21, 731).unwrap() - 0.099_856_587_738_287_27).abs() < 1e-14);
        assert!((annualise_calendar(0.07, 365).unwrap() - 0.07).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(annualise_calendar(0.02, 364), Err(Undefined::NotAnnualisable { days: 364 }));
        assert_eq!(annualise_calendar(-1.0, 800), Ok(-1.0));
        assert_eq!(annualise_calendar(-1.2, 800), Ok(-1.0));
        assert_eq!(annualise_calendar(f64::NAN, 800).unwrap_err().code(), "invalid_return");
    }
}
