//! Safe withdrawal rate: what share of the first day's sum history would have let one spend each year, in real terms.
//!
//!   safe rate of a start = 1 / Σ_{t=0}^{n−1} ∏_{s≤t} (1+r_s)^{−1}      the first term is 1 (withdrawal at the start)
//!   SWR = the least of all starts      success rate of q = share of starts whose safe rate is at least q
//!
//! r: real annual returns of the yearly rebalanced portfolio; a withdrawal of constant purchasing power at the start of
//! each of n years. Withdrawn at the end, the product runs from the year itself. Terminal wealth is a multiple of the
//! first sum, after n withdrawals of q, 0 where the money ran out. A year of −100 % leaves a safe rate of 0 unless it
//! is the last. Windows overlap and are not independent: the number of non-overlapping ones is given, and a stationary
//! block bootstrap of the years bounds the rate. Undefined for fewer years than n, and for returns below −100 %.
//!
//! Bengen, W. (1994), Journal of Financial Planning 7(4). Cooley, P., Hubbard, C. & Walz, D. (1998), AAII Journal 20(2).
//! Politis, D. & Romano, J. (1994), "The Stationary Bootstrap", JASA 89(428).

use super::PaymentTiming;
use crate::moments::{check_returns, sum};
use crate::{Stream, Undefined};

/// What each start of history allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct SwrHistorical {
    /// The rate that would have used up the sum exactly, by start.
    pub safe_rate_by_start: Vec<f64>,
    /// Position of the worst start, the first of equals.
    pub worst_start: usize,
    /// The rate that survived every start.
    pub safe_withdrawal_rate: f64,
    /// Share of starts that survived the given rate.
    pub success_rate: f64,
    /// Median over starts of what was left, as a multiple of the first sum.
    pub median_terminal: f64,
    /// How many of the windows share no year.
    pub non_overlapping_windows: usize,
}

/// Safe rates over every window of `horizon` years of `real_returns`, and how `withdrawal_rate` fared.
pub fn swr_historical(
    real_returns: &[f64],
    horizon: usize,
    withdrawal_rate: f64,
    timing: PaymentTiming,
) -> Result<SwrHistorical, Undefined> {
    check(real_returns, horizon)?;
    if !(withdrawal_rate.is_finite() && withdrawal_rate >= 0.0) {
        return Err(Undefined::InvalidInput { what: "withdrawal_rate" });
    }
    let rates: Vec<f64> = real_returns.windows(horizon).map(|window| safe_rate(window, timing)).collect();
    let worst_start = position_of_least(&rates);
    // A rate equal to the safe one but for float noise uses up the money exactly and succeeds.
    let survives = |safe: f64| withdrawal_rate <= safe * (1.0 + 1e-12);
    let mut terminals: Vec<f64> = real_returns
        .windows(horizon)
        .zip(&rates)
        .map(|(window, safe)| if survives(*safe) { terminal(window, withdrawal_rate, timing) } else { 0.0 })
        .collect();
    let successes = rates.iter().filter(|safe| survives(**safe)).count();
    Ok(SwrHistorical {
        worst_start,
        safe_withdrawal_rate: rates[worst_start],
        success_rate: successes as f64 / rates.len() as f64,
        median_terminal: median(&mut terminals),
        non_overlapping_windows: real_returns.len() / horizon,
        safe_rate_by_start: rates,
    })
}

/// Bounds of the safe withdrawal rate when the years are drawn again in blocks of mean length `mean_block`: the
/// (1 − confidence)/2 and (1 + confidence)/2 quantiles over `resamples` histories of the same length.
pub fn swr_bootstrap_interval(
    real_returns: &[f64],
    horizon: usize,
    timing: PaymentTiming,
    mean_block: f64,
    confidence: f64,
    resamples: usize,
    seed: u64,
) -> Result<(f64, f64), Undefined> {
    check(real_returns, horizon)?;
    if !(mean_block.is_finite() && mean_block >= 1.0) {
        return Err(Undefined::InvalidInput { what: "mean_block" });
    }
    if !(0.0 < confidence && confidence < 1.0) {
        return Err(Undefined::InvalidInput { what: "confidence" });
    }
    if resamples == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let years = real_returns.len();
    let mut least: Vec<f64> = (0..resamples)
        .map(|resample| {
            let mut stream = Stream::new(seed, resample as u64);
            let mut at = stream.index(years);
            let history: Vec<f64> = (0..years)
                .map(|_| {
                    let year = real_returns[at];
                    let jumps = stream.uniform() < 1.0 / mean_block;
                    at = if jumps { stream.index(years) } else { (at + 1) % years };
                    year
                })
                .collect();
            let rates = history.windows(horizon).map(|window| safe_rate(window, timing));
            rates.fold(f64::INFINITY, f64::min)
        })
        .collect();
    least.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Ok((linear_quantile(&least, tail), linear_quantile(&least, 1.0 - tail)))
}

fn check(real_returns: &[f64], horizon: usize) -> Result<(), Undefined> {
    check_returns(real_returns)?;
    if horizon == 0 {
        return Err(Undefined::InvalidInput { what: "horizon_years" });
    }
    if real_returns.len() < horizon {
        return Err(Undefined::InsufficientData { needed: horizon, found: real_returns.len() });
    }
    Ok(())
}

/// What one unit paid each year, exactly used up.
fn safe_rate(window: &[f64], timing: PaymentTiming) -> f64 {
    let mut growth = 1.0;
    let cost = sum(window.iter().map(|r| {
        let before = 1.0 / growth;
        growth *= 1.0 + r;
        match timing {
            PaymentTiming::Start => before,
            PaymentTiming::End => 1.0 / growth,
        }
    }));
    // After a total loss the cost is infinite and nothing can be paid.
    if cost.is_finite() { 1.0 / cost } else { 0.0 }
}

fn terminal(window: &[f64], rate: f64, timing: PaymentTiming) -> f64 {
    let left = window.iter().fold(1.0, |wealth, r| match timing {
        PaymentTiming::Start => (wealth - rate) * (1.0 + r),
        PaymentTiming::End => wealth * (1.0 + r) - rate,
    });
    left.max(0.0)
}

fn position_of_least(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |least, at| if values[at] < values[least] { at } else { least })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    linear_quantile(values, 0.5)
}

/// Type-7 quantile of sorted values.
fn linear_quantile(sorted: &[f64], level: f64) -> f64 {
    let position = level * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Two years of +25 % and −20 %: 1/(1 + 1/1.25) and 1/(1 + 1/0.8).
        let found = swr_historical(&[0.25, -0.2, 0.0], 2, 0.5, PaymentTiming::Start).unwrap();
        assert!((found.safe_rate_by_start[0] - 1.25 / 2.25).abs() < 1e-15);
        assert!((found.safe_rate_by_start[1] - 0.8 / 1.8).abs() < 1e-15);
        assert_eq!((found.worst_start, found.success_rate, found.non_overlapping_windows), (1, 0.5, 1));
        // (1 − .5)·1.25 = .625; (.625 − .5)·.8 = .1 left; the other start left nothing: median .05.
        assert!((found.median_terminal - 0.05).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let of = |r: &[f64], n, q| swr_historical(r, n, q, PaymentTiming::Start);
        assert_eq!(of(&[0.1], 2, 0.04).unwrap_err(), Undefined::InsufficientData { needed: 2, found: 1 });
        assert_eq!(of(&[0.1, -1.1], 2, 0.04).unwrap_err().code(), "invalid_return");
        assert_eq!(of(&[0.1], 0, 0.04).unwrap_err().code(), "invalid_input");
        assert_eq!(of(&[0.1], 1, f64::NAN).unwrap_err().code(), "invalid_input");
        // Total loss in the first year, in the last year.
        assert_eq!(of(&[-1.0, 0.1], 2, 0.04).unwrap().safe_withdrawal_rate, 0.0);
        assert!((of(&[0.0, -1.0], 2, 0.04).unwrap().safe_withdrawal_rate - 0.5).abs() < 1e-15);
        // The safe rate itself succeeds.
        let safe = of(&[0.07, -0.1, 0.03], 3, 0.0).unwrap().safe_withdrawal_rate;
        assert_eq!(of(&[0.07, -0.1, 0.03], 3, safe).unwrap().success_rate, 1.0);
    }

    #[test]
    fn the_interval_is_ordered_and_repeats() {
        let history: Vec<f64> = (0..40).map(|year| 0.05 + 0.2 * f64::from(year % 7 - 3) / 3.0).collect();
        let of = |seed| swr_bootstrap_interval(&history, 20, PaymentTiming::Start, 5.0, 0.9, 200, seed).unwrap();
        let (low, high) = of(1);
        assert!(0.0 < low && low < high && high < 0.2, "{low} {high}");
        assert_eq!(of(1), (low, high));
        assert_ne!(of(2), (low, high));
    }

    proptest! {
        #[test]
        fn the_safe_rate_leaves_nothing(r in proptest::collection::vec(-0.4..0.5f64, 1..40)) {
            for timing in [PaymentTiming::Start, PaymentTiming::End] {
                let safe = safe_rate(&r, timing);
                let growth = r.iter().fold(1.0, |g, r| g * (1.0 + r));
                let left = r.iter().fold(1.0, |wealth, r| match timing {
                    PaymentTiming::Start => (wealth - safe) * (1.0 + r),
                    PaymentTiming::End => wealth * (1.0 + r) - safe,
                });
                prop_assert!(left.abs() <= 1e-10 * (1.0 + growth));
            }
        }

        #[test]
        fn spending_more_succeeds_no_more_often(
            r in proptest::collection::vec(-0.3..0.4f64, 12..40), q in 0.0..0.3f64,
        ) {
            let of = |q| swr_historical(&r, 10, q, PaymentTiming::Start).unwrap();
            prop_assert!(of(q + 0.01).success_rate <= of(q).success_rate);
            prop_assert!(of(q + 0.01).median_terminal <= of(q).median_terminal);
        }
    }
}
