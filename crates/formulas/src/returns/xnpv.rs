//! Net present value of dated cash flows: what they are worth on the earliest date at a given yearly rate.
//!
//!   XNPV(r) = Σ c_i (1 + r)^(−(d_i − d_0)/365)      d_0 the earliest date, actual/365 fixed
//!
//! Signs as the investor sees them: contribution −, withdrawal and terminal value +. Order does not matter.
//! Defined for rates above −100 % and at least one flow.
//!
//! Microsoft Excel, XNPV.

use crate::moments::sum;
use crate::{Date, Undefined};

/// Net present value on the earliest date of `flows` at the annual rate `rate`.
pub fn xnpv(flows: &[(Date, f64)], rate: f64) -> Result<f64, Undefined> {
    let first = flows.iter().map(|(date, _)| *date).min().ok_or(Undefined::TooFewFlows { found: 0 })?;
    if !(rate > -1.0 && rate.is_finite()) {
        return Err(Undefined::InvalidInput { what: "rate" });
    }
    let growth = rate.ln_1p();
    let years = |date: Date| (date - first).num_days() as f64 / 365.0;
    Ok(sum(flows.iter().map(|(date, amount)| amount * (-growth * years(*date)).exp())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn worked_example() {
        // The example of Excel's XNPV page: 9 % on five flows of 2008 and 2009 gives 2,086.65.
        let flows = [
            ("2008-01-01", -10_000.0),
            ("2008-03-01", 2_750.0),
            ("2008-10-30", 4_250.0),
            ("2009-02-15", 3_250.0),
            ("2009-04-01", 2_750.0),
        ]
        .map(|(date, amount)| (day(date), amount));
        assert!((xnpv(&flows, 0.09).unwrap() - 2_086.647_602).abs() < 1e-6);
        let mut reversed = flows;
        reversed.reverse();
        assert!((xnpv(&reversed, 0.09).unwrap() - xnpv(&flows, 0.09).unwrap()).abs() < 1e-9);
        assert!((xnpv(&flows, 0.0).unwrap() - 3_000.0).abs() < 1e-12);
    }

    #[test]
    fn refused_inputs() {
        assert_eq!(xnpv(&[], 0.1).unwrap_err().code(), "too_few_flows");
        assert_eq!(xnpv(&[(day("2020-01-01"), 1.0)], -1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(xnpv(&[(day("2020-01-01"), 1.0)], f64::NAN).unwrap_err().code(), "invalid_input");
    }
}
