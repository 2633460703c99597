//! Time-weighted return: what the portfolio earned, whatever was paid in or out meanwhile.
//!
//!   start    r_t = V_t / (V_{t−1} + C_t) − 1
//!   end      r_t = (V_t − C_t) / V_{t−1} − 1
//!   mid      r_t = (V_t − V_{t−1} − C_t) / (V_{t−1} + C_t/2)
//!   hybrid   r_t = (V_t − V_{t−1} − C_t) / (V_{t−1} + max(C_t, 0))      inflows at the start, outflows at the end
//!   TWR = ∏(1 + r_t) − 1
//!
//! V_t: value at the close of day t, income included, fees and taxes paid out of it; C_t: net external flow of the day
//! (deposits +, withdrawals −, securities in kind at market value). Fractions: 0.01 is 1 %.
//!
//! Undefined for fewer than two valuations. A day without exposure (nothing over nothing) has no return and factor 1.
//! A denominator of zero or below otherwise breaks the chain at that valuation; the daily returns before it are given.
//! A value of zero without an outflow is −100 %, and the chain stays there. A negative value is reported once, then the
//! chain is broken. On the day of first funding V_{t−1} = 0: only `start` and `hybrid` are defined there.
//!
//! GIPS (2020), section 2. Bacon, C. (2008), Practical Portfolio Performance Measurement and Attribution, ch. 2.

use crate::Undefined;
use crate::returns::link;

/// When in the day an external flow is taken to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FlowTiming {
    /// Before the market moves.
    Start,
    /// Half way.
    Mid,
    /// After the close.
    End,
    /// Inflows before the market moves, outflows after the close.
    #[default]
    Hybrid,
}

impl FlowTiming {
    /// The word on the wire: `start`, `mid`, `end`, `hybrid`.
    pub fn name(self) -> &'static str {
        match self {
            FlowTiming::Start => "start",
            FlowTiming::Mid => "mid",
            FlowTiming::End => "end",
            FlowTiming::Hybrid => "hybrid",
        }
    }
}

impl std::str::FromStr for FlowTiming {
    type Err = Undefined;
    fn from_str(text: &str) -> Result<Self, Undefined> {
        let all = [FlowTiming::Start, FlowTiming::Mid, FlowTiming::End, FlowTiming::Hybrid];
        all.into_iter().find(|timing| timing.name() == text).ok_or(Undefined::InvalidInput { what: "flow timing" })
    }
}

/// A chain of daily returns.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeWeightedReturn {
    /// The linked return.
    pub twr: f64,
    /// One return per day after the opening valuation; none on a day without exposure.
    pub daily: Vec<Option<f64>>,
}

/// A chain that could not be completed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the chain of returns breaks")]
pub struct BrokenChain {
    /// Why, and at which valuation.
    #[source]
    pub reason: Undefined,
    /// The daily returns before the break.
    pub daily_before: Vec<Option<f64>>,
}

/// Chains the daily returns of `nav`, whose first value is the opening one. `flows[0]` is part of the opening value.
pub fn twr_daily(nav: &[f64], flows: &[f64], timing: FlowTiming) -> Result<TimeWeightedReturn, BrokenChain> {
    chain(nav, flows, |_| timing)
}

/// As [`twr_daily`], except that a flow into an empty portfolio counts from the start of its day whatever the timing:
/// the chain of an account from the day before its first deposit.
pub fn twr_from_first_funding(
    nav: &[f64],
    flows: &[f64],
    timing: FlowTiming,
) -> Result<TimeWeightedReturn, BrokenChain> {
    chain(nav, flows, |opening| if opening == 0.0 { FlowTiming::Start } else { timing })
}

/// The return of one day, none without exposure.
pub fn day_return(opening: f64, closing: f64, flow: f64, timing: FlowTiming) -> Result<Option<f64>, Undefined> {
    let exposed = match timing {
        FlowTiming::Start => opening + flow,
        FlowTiming::End => opening,
        FlowTiming::Mid => opening + flow / 2.0,
        FlowTiming::Hybrid => opening + flow.max(0.0),
    };
    let gain = closing - opening - flow;
    if exposed == 0.0 && gain == 0.0 {
        return Ok(None);
    }
    // Also refuses NaN, which compares with nothing.
    if !(exposed > 0.0 && gain.is_finite() && opening >= 0.0) {
        return Err(Undefined::UndefinedReturn { index: 0 });
    }
    Ok(Some(gain / exposed))
}

fn chain(nav: &[f64], flows: &[f64], timing_at: impl Fn(f64) -> FlowTiming) -> Result<TimeWeightedReturn, BrokenChain> {
    let refuse = |reason| BrokenChain { reason, daily_before: Vec::new() };
    if nav.len() != flows.len() {
        return Err(refuse(Undefined::LengthMismatch { left: nav.len(), right: flows.len() }));
    }
    if nav.len() < 2 {
        return Err(refuse(Undefined::InsufficientData { needed: 2, found: nav.len() }));
    }
    let mut daily = Vec::with_capacity(nav.len() - 1);
    for index in 1..nav.len() {
        let opening = nav[index - 1];
        match day_return(opening, nav[index], flows[index], timing_at(opening)) {
            Ok(r) => daily.push(r),
            Err(_) => {
                return Err(BrokenChain { reason: Undefined::UndefinedReturn { index }, daily_before: daily });
            }
        }
    }
    Ok(TimeWeightedReturn { twr: link(daily.iter().flatten().copied()), daily })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 200 grows to 230, 220 are added in the evening: 450. They grow to 480. 1.15 · 1.0667 − 1 = 22.67 %.
        let result = twr_daily(&[200.0, 450.0, 480.0], &[0.0, 220.0, 0.0], FlowTiming::End).unwrap();
        assert!((result.twr - 0.226_666_666_666_666_66).abs() < 1e-15);
        assert_eq!(result.daily.len(), 2);
    }

    #[test]
    fn edges() {
        let undefined_at = |index| Undefined::UndefinedReturn { index };
        for (nav, flows, timing, expected) in [
            (vec![100.0], vec![0.0], FlowTiming::Hybrid, Err(Undefined::InsufficientData { needed: 2, found: 1 })),
            (vec![100.0, 0.0, 0.0], vec![0.0; 3], FlowTiming::Hybrid, Ok(-1.0)),
            (vec![0.0, 0.0], vec![0.0; 2], FlowTiming::Hybrid, Ok(0.0)),
            (vec![0.0, 99.0], vec![0.0, 100.0], FlowTiming::Hybrid, Ok(-0.01)),
            (vec![0.0, 99.0], vec![0.0, 100.0], FlowTiming::End, Err(undefined_at(1))),
            (vec![100.0, -5.0, 10.0], vec![0.0; 3], FlowTiming::Hybrid, Err(undefined_at(2))),
            (vec![100.0, f64::NAN, 10.0], vec![0.0; 3], FlowTiming::Hybrid, Err(undefined_at(1))),
            (vec![100.0, 0.0], vec![0.0, -100.0], FlowTiming::Start, Ok(0.0)),
            (vec![100.0, 50.0], vec![0.0, -150.0], FlowTiming::Start, Err(undefined_at(1))),
        ] {
            let got = twr_daily(&nav, &flows, timing).map(|r| r.twr).map_err(|e| e.reason);
            match (&got, &expected) {
                (Ok(a), Ok(b)) => assert!((a - b).abs() < 1e-15, "{nav:?}: {a} {b}"),
                _ => assert_eq!(got, expected, "{nav:?}"),
            }
        }
    }

    #[test]
    fn first_funding_counts_from_the_start_in_every_timing() {
        for timing in [FlowTiming::Start, FlowTiming::Mid, FlowTiming::End, FlowTiming::Hybrid] {
            let result = twr_from_first_funding(&[0.0, 99.0, 198.0], &[0.0, 100.0, 0.0], timing).unwrap();
            assert!((result.twr - 0.98).abs() < 1e-15);
        }
    }

    proptest! {
        #[test]
        fn scale_does_not_matter(nav in proptest::collection::vec(10.0..1000.0f64, 2..40), k in 0.001..1000.0f64) {
            let flows: Vec<f64> = nav.iter().enumerate().map(|(i, v)| if i % 3 == 1 { v / 20.0 } else { 0.0 }).collect();
            let scaled = |x: &[f64]| x.iter().map(|v| v * k).collect::<Vec<_>>();
            for timing in [FlowTiming::Start, FlowTiming::Mid, FlowTiming::End, FlowTiming::Hybrid] {
                let a = twr_daily(&nav, &flows, timing).unwrap().twr;
                let b = twr_daily(&scaled(&nav), &scaled(&flows), timing).unwrap().twr;
                prop_assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()));
            }
        }

        #[test]
        fn without_flows_only_the_ends_matter(nav in proptest::collection::vec(10.0..1000.0f64, 2..40)) {
            let flows = vec![0.0; nav.len()];
            for timing in [FlowTiming::Start, FlowTiming::Mid, FlowTiming::End, FlowTiming::Hybrid] {
                let twr = twr_daily(&nav, &flows, timing).unwrap().twr;
                let whole = nav[nav.len() - 1] / nav[0] - 1.0;
                prop_assert!((twr - whole).abs() <= 1e-10 * (1.0 + whole.abs()));
            }
        }
    }
}
