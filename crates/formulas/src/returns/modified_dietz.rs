//! Modified Dietz: the return of a period valued only at its ends, flows weighted by the days they were invested.
//!
//!   R = (V1 − V0 − ΣC_i) / (V0 + Σ w_i C_i)
//!   w_i = (CD − D_i) / CD end of day, (CD − D_i + 1) / CD start of day, (CD − D_i + ½) / CD mid day
//!
//! V0, V1: values at begin and end; C_i: external flow, deposits +; CD: calendar days of the period; D_i: days from the
//! begin to the flow. Used only where daily values are missing.
//!
//! Undefined where the average capital is zero or below. A period of no days, and a flow outside of it, are refused.
//! A flow on the end date with end-of-day timing has weight 0 and still counts in the numerator.
//!
//! Dietz, P. (1966), Pension Funds: Measuring Investment Performance. Bacon (2008), ch. 2.

use crate::moments::sum;
use crate::{Date, Undefined};

/// When in its day a flow is taken to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DietzTiming {
    /// Before the market moves.
    Start,
    /// Half way.
    Mid,
    /// After the close.
    #[default]
    End,
}

/// The return and the capital it was earned on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModifiedDietz {
    /// The return of the period, a fraction.
    pub rate: f64,
    /// Opening value plus weighted flows.
    pub average_capital: f64,
}

/// The Modified Dietz return of (`begin`, `end`] with external flows by date.
pub fn modified_dietz(
    begin: (Date, f64),
    end: (Date, f64),
    flows: &[(Date, f64)],
    timing: DietzTiming,
) -> Result<ModifiedDietz, Undefined> {
    let days = (end.0 - begin.0).num_days();
    if days <= 0 {
        return Err(Undefined::InvalidInput { what: "the period's end date" });
    }
    if flows.iter().any(|(date, _)| *date < begin.0 || end.0 < *date) {
        return Err(Undefined::InvalidInput { what: "the date of a flow" });
    }
    let average_capital = average_capital(begin, end.0, flows, timing);
    let gain = end.1 - begin.1 - sum(flows.iter().map(|(_, amount)| *amount));
    // Also refuses NaN, which compares with nothing.
    if !(average_capital > 0.0 && gain.is_finite()) {
        return Err(Undefined::UndefinedReturn { index: 1 });
    }
    Ok(ModifiedDietz { rate: gain / average_capital, average_capital })
}

/// Opening value plus flows weighted by the days that they were invested. The period has at least one day.
pub fn average_capital(begin: (Date, f64), end: Date, flows: &[(Date, f64)], timing: DietzTiming) -> f64 {
    let bonus = match timing {
        DietzTiming::Start => 1.0,
        DietzTiming::Mid => 0.5,
        DietzTiming::End => 0.0,
    };
    let days = (end - begin.0).num_days() as f64;
    let weight = |date: &Date| ((end - *date).num_days() as f64 + bonus) / days;
    begin.1 + sum(flows.iter().map(|(date, amount)| weight(date) * amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn worked_example() {
        // 12,000 are in for 24 of 30 days, −3,000 for 9: capital 100,000 + 9,600 − 900 = 108,700; gain 2,500.
        let flows = [(day("2023-06-06"), 12_000.0), (day("2023-06-21"), -3_000.0)];
        let result =
            modified_dietz((day("2023-05-31"), 100_000.0), (day("2023-06-30"), 111_500.0), &flows, DietzTiming::End)
                .unwrap();
        assert_eq!(result.average_capital, 108_700.0);
        assert!((result.rate - 2_500.0 / 108_700.0).abs() < 1e-15);
    }

    #[test]
    fn refused_periods() {
        let (a, b) = (day("2023-01-01"), day("2023-01-31"));
        let dietz = |begin, end, flows: &[(Date, f64)]| modified_dietz(begin, end, flows, DietzTiming::End);
        assert_eq!(dietz((a, 0.0), (b, 10.0), &[]).unwrap_err().code(), "undefined_return");
        assert_eq!(dietz((a, 1.0), (a, 1.0), &[]).unwrap_err().code(), "invalid_input");
        assert_eq!(dietz((a, 1.0), (b, 1.0), &[(day("2023-02-01"), 1.0)]).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn without_flows_it_is_the_simple_return(v0 in 1.0..1e6f64, v1 in 0.0..1e6f64, days in 1u64..4000) {
            let begin = day("2015-01-01");
            let end = begin + chrono::Days::new(days);
            let rate = modified_dietz((begin, v0), (end, v1), &[], DietzTiming::Mid).unwrap().rate;
            prop_assert!((rate - (v1 / v0 - 1.0)).abs() < 1e-9 * (1.0 + rate.abs()));
        }
    }
}
