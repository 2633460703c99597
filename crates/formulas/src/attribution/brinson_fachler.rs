//! Brinson–Fachler attribution: did the segments chosen, or the holdings within them, beat the benchmark?
//!
//!   allocation (wp − wb)(rb − B)   selection wb (rp − rb)   interaction (wp − wb)(rp − rb)      B = Σ wb·rb
//!
//! wp, wb: start-of-period weights of portfolio and benchmark in a segment, each set summing to 1; rp, rb: returns of
//! the segment. The effects of all segments sum to R − B.
//!
//! A segment that the portfolio does not hold may lack rp, which is then rb; one that the benchmark does not hold may
//! lack rb, which is then B, so that its whole effect is interaction. A return that is missing where there is weight is
//! undefined. Weights that do not sum to 1 are never rescaled: what is missing (or too much) becomes a segment of its own,
//! residual cash that returns nothing, and without it they are refused.
//!
//! Brinson, G. and Fachler, N. (1985), Journal of Portfolio Management 11(3). Bacon (2008), ch. 5.

use crate::Undefined;
use crate::moments::sum;

/// One segment of portfolio and benchmark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Start-of-period weight in the portfolio.
    pub portfolio_weight: f64,
    /// Start-of-period weight in the benchmark.
    pub benchmark_weight: f64,
    /// Return of the portfolio's holdings in it.
    pub portfolio_return: Option<f64>,
    /// Return of the benchmark's holdings in it.
    pub benchmark_return: Option<f64>,
}

/// Effects of each segment and the returns they explain.
#[derive(Debug, Clone, PartialEq)]
pub struct BrinsonFachler {
    /// R.
    pub portfolio_return: f64,
    /// B.
    pub benchmark_return: f64,
    /// Effect of weighting each segment differently.
    pub allocation: Vec<f64>,
    /// Effect of choosing within each segment.
    pub selection: Vec<f64>,
    /// Effect of both together.
    pub interaction: Vec<f64>,
    /// (wp − wb)·rb, allocation as Brinson, Hood and Beebower had it: without regard to the benchmark's whole return.
    pub allocation_brinson_hood_beebower: Vec<f64>,
}

/// Largest difference of a sum of weights from 1 that is float noise.
const NOISE: f64 = 1e-9;

/// The segments, and residual cash after them if a set of weights does not sum to 1.
pub fn with_residual_cash(segments: &[Segment]) -> Vec<Segment> {
    let left = |weight: fn(&Segment) -> f64| {
        let left = 1.0 - sum(segments.iter().map(weight));
        if left.abs() <= NOISE { 0.0 } else { left }
    };
    let (portfolio_weight, benchmark_weight) = (left(|s| s.portfolio_weight), left(|s| s.benchmark_weight));
    let mut all = segments.to_vec();
    if portfolio_weight != 0.0 || benchmark_weight != 0.0 {
        all.push(Segment {
            portfolio_weight,
            benchmark_weight,
            portfolio_return: Some(0.0),
            benchmark_return: Some(0.0),
        });
    }
    all
}

/// Splits the excess return of one period by segment.
pub fn brinson_fachler(segments: &[Segment]) -> Result<BrinsonFachler, Undefined> {
    if segments.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    for weight in [|s: &Segment| s.portfolio_weight, |s: &Segment| s.benchmark_weight] {
        if (sum(segments.iter().map(weight)) - 1.0).abs() > NOISE {
            return Err(Undefined::InvalidInput { what: "sum of weights" });
        }
    }
    let lacks = |weight: f64, r: Option<f64>| weight != 0.0 && r.is_none();
    if let Some(index) = segments
        .iter()
        .position(|s| lacks(s.portfolio_weight, s.portfolio_return) || lacks(s.benchmark_weight, s.benchmark_return))
    {
        return Err(Undefined::UndefinedReturn { index });
    }
    let benchmark_return = sum(segments.iter().map(|s| s.benchmark_weight * s.benchmark_return.unwrap_or(0.0)));
    let portfolio_return = sum(segments.iter().map(|s| s.portfolio_weight * s.portfolio_return.unwrap_or(0.0)));
    let resolved = || {
        segments.iter().map(|s| {
            let rb = s.benchmark_return.unwrap_or(benchmark_return);
            (s.portfolio_weight - s.benchmark_weight, s.benchmark_weight, s.portfolio_return.unwrap_or(rb), rb)
        })
    };
    Ok(BrinsonFachler {
        portfolio_return,
        benchmark_return,
        allocation: resolved().map(|(active, _, _, rb)| active * (rb - benchmark_return)).collect(),
        selection: resolved().map(|(_, wb, rp, rb)| wb * (rp - rb)).collect(),
        interaction: resolved().map(|(active, _, rp, rb)| active * (rp - rb)).collect(),
        allocation_brinson_hood_beebower: resolved().map(|(active, _, _, rb)| active * rb).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(wp: f64, wb: f64, rp: Option<f64>, rb: Option<f64>) -> Segment {
        Segment { portfolio_weight: wp, benchmark_weight: wb, portfolio_return: rp, benchmark_return: rb }
    }

    #[test]
    fn worked_example() {
        // 10 points more equity than the benchmark's 60 %, and better shares in it: 0.8 % ahead.
        let equity = segment(0.7, 0.6, Some(0.05), Some(0.04));
        let result = brinson_fachler(&[equity, segment(0.3, 0.4, Some(0.01), Some(0.015))]).unwrap();
        assert!((result.portfolio_return - 0.038).abs() < 1e-15 && (result.benchmark_return - 0.03).abs() < 1e-15);
        assert!((result.allocation[0] - 0.001).abs() < 1e-15 && (result.selection[0] - 0.006).abs() < 1e-15);
    }

    #[test]
    fn absent_segments_and_refusals() {
        let off_benchmark = segment(0.2, 0.0, Some(0.10), None);
        let result = brinson_fachler(&[off_benchmark, segment(0.8, 1.0, Some(0.02), Some(0.02))]).unwrap();
        assert_eq!((result.allocation[0], result.selection[0]), (0.0, 0.0));
        assert!((result.interaction[0] - 0.2 * 0.08).abs() < 1e-15);
        assert_eq!(brinson_fachler(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(brinson_fachler(&[segment(0.9, 1.0, Some(0.1), Some(0.1))]).unwrap_err().code(), "invalid_input");
        assert_eq!(brinson_fachler(&[segment(1.0, 1.0, None, Some(0.1))]).unwrap_err().code(), "undefined_return");
    }

    #[test]
    fn what_is_missing_is_cash() {
        // 90 % invested: the other tenth earns nothing, which costs a tenth of the benchmark's return.
        let equity = segment(0.9, 1.0, Some(0.1), Some(0.1));
        let all = with_residual_cash(&[equity]);
        let result = brinson_fachler(&all).unwrap();
        assert_eq!(all.len(), 2);
        assert!((result.portfolio_return - 0.09).abs() < 1e-15);
        assert!((result.allocation[1] - -0.01).abs() < 1e-15 && result.interaction[1] == 0.0);
        assert_eq!(with_residual_cash(&[segment(1.0, 1.0, None, None)]).len(), 1);
    }

    proptest! {
        #[test]
        fn effects_sum_to_the_excess(rows in proptest::collection::vec((0.01..1.0f64, 0.01..1.0f64, -0.5..0.5f64, -0.5..0.5f64), 1..12)) {
            let (p, b): (f64, f64) = (rows.iter().map(|r| r.0).sum(), rows.iter().map(|r| r.1).sum());
            let segments: Vec<_> = rows.iter().map(|r| segment(r.0 / p, r.1 / b, Some(r.2), Some(r.3))).collect();
            let result = brinson_fachler(&segments).unwrap();
            let effects: f64 = result.allocation.iter().chain(&result.selection).chain(&result.interaction).sum();
            prop_assert!((effects - (result.portfolio_return - result.benchmark_return)).abs() < 1e-12);
        }
    }
}
