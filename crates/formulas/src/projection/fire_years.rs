//! Years to financial independence: when savings reach the sum whose withdrawals cover the spending.
//!
//!   target = annual spending / withdrawal rate
//!   n solves C(1+r)^n + s·((1+r)^n − 1)/r = target      ⇒ n = ln((target·r + s)/(C·r + s)) / ln(1+r)
//!   r = 0: n = (target − C)/s
//!
//! C current savings, s saved at the end of each year, r real return as a fraction, all in today's money. Zero when the
//! target is reached already; the whole years are the ceiling. Unreachable when savings never grow to the target: with
//! r < 0 they tend to −s/r at most.
//!
//! Bengen, W. (1994), "Determining Withdrawal Rates Using Historical Data", Journal of Financial Planning 7(4).

use crate::Undefined;

/// When the target is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct FireYears {
    /// The sum that pays the spending.
    pub target: f64,
    /// Years until it is reached, or why it never is.
    pub years: Result<f64, Undefined>,
}

impl FireYears {
    /// The years rounded up; a year that is whole but for float noise is not rounded to the next.
    pub fn whole_years(&self) -> Result<u64, Undefined> {
        let years = self.years.clone()?;
        let nearest = years.round();
        Ok(if (years - nearest).abs() <= 1e-9 * years.max(1.0) { nearest } else { years.ceil() } as u64)
    }
}

/// The target and the years to it.
pub fn fire_years(
    annual_spending: f64,
    annual_saving: f64,
    current: f64,
    real_return: f64,
    withdrawal_rate: f64,
) -> Result<FireYears, Undefined> {
    let checks = [
        (annual_spending, annual_spending >= 0.0, "annual_spending"),
        (annual_saving, true, "annual_saving"),
        (current, true, "current"),
        (real_return, real_return > -1.0, "real_return"),
        (withdrawal_rate, withdrawal_rate > 0.0, "withdrawal_rate"),
    ];
    if let Some((.., what)) = checks.iter().find(|(value, sound, _)| !(value.is_finite() && *sound)) {
        return Err(Undefined::InvalidInput { what });
    }
    let target = annual_spending / withdrawal_rate;
    if !target.is_finite() {
        return Err(Undefined::InvalidInput { what: "withdrawal_rate" });
    }
    Ok(FireYears { target, years: years_to(target, annual_saving, current, real_return) })
}

fn years_to(target: f64, saving: f64, current: f64, rate: f64) -> Result<f64, Undefined> {
    if current >= target {
        return Ok(0.0);
    }
    // Growth of the first year; if savings do not grow now, they never will.
    let pace = current * rate + saving;
    if pace <= 0.0 {
        return Err(Undefined::Unreachable);
    }
    if rate == 0.0 {
        return Ok((target - current) / saving);
    }
    let ratio = (target - current) * rate / pace;
    if ratio <= -1.0 {
        return Err(Undefined::Unreachable);
    }
    let years = ratio.ln_1p() / rate.ln_1p();
    if years.is_finite() { Ok(years) } else { Err(Undefined::Unreachable) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 40,000 a year at 4 % is a million; 100,000 and 30,000 a year at 5 % reach it in 16.9 years.
        let found = fire_years(40_000.0, 30_000.0, 100_000.0, 0.05, 0.04).unwrap();
        assert_eq!(found.target, 1_000_000.0);
        let years = found.years.clone().unwrap();
        let reached = 100_000.0 * 1.05_f64.powf(years) + 30_000.0 * (1.05_f64.powf(years) - 1.0) / 0.05;
        assert!((reached - 1e6).abs() < 1e-5, "{years} {reached}");
        assert_eq!(found.whole_years(), Ok(17));
    }

    #[test]
    fn edges() {
        let of = |spending, saving, current, r| fire_years(spending, saving, current, r, 0.04).unwrap();
        assert_eq!(of(40_000.0, 30_000.0, 100_000.0, 0.0).years, Ok(30.0));
        assert_eq!(of(40_000.0, 30_000.0, 100_000.0, 0.0).whole_years(), Ok(30));
        assert_eq!(of(40_000.0, 0.0, 1_000_000.0, 0.05).years, Ok(0.0));
        for (saving, current, r) in [(0.0, 0.0, 0.05), (0.0, 1e5, 0.0), (1e4, 1e5, -0.05), (-6e3, 1e5, 0.05)] {
            let found = of(40_000.0, saving, current, r);
            assert_eq!(found.years, Err(Undefined::Unreachable));
            assert_eq!(found.whole_years(), Err(Undefined::Unreachable));
        }
        assert_eq!(fire_years(1.0, 1.0, 1.0, 0.05, 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(fire_years(1.0, 1.0, 1.0, -1.0, 0.04).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn saving_more_is_never_later(s in 1.0..1e5f64, c in 0.0..5e5f64, r in -0.03..0.1f64) {
            let of = |saving| fire_years(40_000.0, saving, c, r, 0.04).unwrap().years;
            match (of(s), of(s * 1.1)) {
                (Ok(slow), Ok(fast)) => prop_assert!(fast <= slow),
                (Ok(_), Err(_)) => prop_assert!(false, "saving more made it unreachable"),
                _ => {}
            }
        }

        #[test]
        fn the_currency_does_not_matter(k in 0.01..100.0f64, s in 1e3..1e5f64, c in 0.0..5e5f64) {
            let of = |k: f64| fire_years(40_000.0 * k, s * k, c * k, 0.04, 0.04).unwrap().years.unwrap();
            prop_assert!((of(k) - of(1.0)).abs() < 1e-9 * (1.0 + of(1.0)));
        }
    }
}
