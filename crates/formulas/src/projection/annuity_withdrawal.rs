//! Annuity withdrawal: the level payment that uses up a sum over a number of years.
//!
//!   end of period    PMT = C·r / (1 − (1+r)^−n)
//!   start of period  PMT / (1+r)
//!   r = 0            C / n
//!
//! C capital, r return per period as a fraction, n periods (> 0, not necessarily whole). Work in real terms: a nominal
//! rate i under inflation π is (1+i)/(1+π) − 1. Undefined for n ≤ 0 and r ≤ −1.
//!
//! Brealey, R., Myers, S. & Allen, F., Principles of Corporate Finance, ch. 2.

use crate::Undefined;

/// When in its period a payment or contribution falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentTiming {
    /// Before the period's return.
    Start,
    /// After the period's return.
    End,
}

/// The payment per period, in the currency of `capital`.
pub fn annuity_withdrawal(capital: f64, rate: f64, periods: f64, timing: PaymentTiming) -> Result<f64, Undefined> {
    if !capital.is_finite() {
        return Err(Undefined::InvalidInput { what: "capital" });
    }
    if !(rate.is_finite() && rate > -1.0) {
        return Err(Undefined::InvalidInput { what: "rate" });
    }
    if !(periods.is_finite() && periods > 0.0) {
        return Err(Undefined::InvalidInput { what: "years" });
    }
    // 1 − (1+r)^−n without cancellation: r of 1e-12 is as exact as r of 5 %.
    let discounted = -(-periods * rate.ln_1p()).exp_m1();
    let at_end = if rate == 0.0 { capital / periods } else { capital * rate / discounted };
    let payment = match timing {
        PaymentTiming::End => at_end,
        PaymentTiming::Start => at_end / (1.0 + rate),
    };
    // A huge loss per period over many periods leaves nothing to pay.
    Ok(if payment.is_finite() { payment } else { 0.0 })
}

/// The real rate of a nominal one: (1+n)/(1+π) − 1. Undefined for inflation of −100 % or less.
pub fn real_rate(nominal: f64, inflation: f64) -> Result<f64, Undefined> {
    if !(inflation.is_finite() && inflation > -1.0 && nominal.is_finite()) {
        return Err(Undefined::InvalidInput { what: "inflation" });
    }
    Ok((nominal - inflation) / (1.0 + inflation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let payment = annuity_withdrawal(1_000.0, 0.05, 10.0, PaymentTiming::End).unwrap();
        assert!((payment - 129.504_574_965_456_6).abs() < 1e-9);
        let earlier = annuity_withdrawal(1_000.0, 0.05, 10.0, PaymentTiming::Start).unwrap();
        assert!((earlier - payment / 1.05).abs() < 1e-12);
        assert_eq!(annuity_withdrawal(1_000.0, 0.0, 8.0, PaymentTiming::End), Ok(125.0));
        assert!((real_rate(0.06, 0.02).unwrap() - 0.039_215_686_274_509_8).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        for (rate, years) in [(-1.0, 10.0), (f64::NAN, 10.0), (0.05, 0.0), (0.05, -1.0), (0.05, f64::INFINITY)] {
            let reason = annuity_withdrawal(1.0, rate, years, PaymentTiming::End).unwrap_err();
            assert_eq!(reason.code(), "invalid_input");
        }
        assert_eq!(real_rate(0.05, -1.0).unwrap_err().code(), "invalid_input");
        let tiny = annuity_withdrawal(1.0, 1e-13, 10.0, PaymentTiming::End).unwrap();
        assert!((tiny - 0.1).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn payments_use_up_the_capital(c in 1.0..1e6f64, r in -0.2..0.3f64, n in 1usize..40) {
            let payment = annuity_withdrawal(c, r, n as f64, PaymentTiming::Start).unwrap();
            let left = (0..n).fold(c, |wealth, _| (wealth - payment) * (1.0 + r));
            prop_assert!(left.abs() <= 1e-9 * c * (1.0 + r).powi(n as i32).max(1.0));
        }

        #[test]
        fn a_higher_return_pays_more(r in -0.5..0.5f64, n in 1.0..50.0f64) {
            let of = |rate| annuity_withdrawal(1.0, rate, n, PaymentTiming::End).unwrap();
            prop_assert!(of(r + 0.01) > of(r));
        }
    }
}
