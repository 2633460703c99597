//! Historical value at risk: the loss that past returns exceeded with probability α.
//!
//!   linear quantile    −q_α, q interpolated at position (T − 1)α of the sorted returns (type 7)      the headline
//!   order statistic    −x_(k), k = ⌈αT⌉                            the form inside expected shortfall and optimisers
//!
//! T returns, x_(1) the worst. Positive is a loss; negative says that even the bad case gained. For αT < 1 the order
//! statistic is the worst return; say that the tail is unobserved. Undefined for an empty series.
//!
//! Jorion, P. (2006), Value at Risk. Hyndman, R. and Fan, Y. (1996), American Statistician 50(4).

use crate::Undefined;
use crate::tail::tail_rank::{check_tail, lower_order_statistic};

/// −q_α with linear interpolation between order statistics.
pub fn linear_quantile(returns: &[f64], tail_probability: f64) -> Result<f64, Undefined> {
    check_tail(returns, tail_probability)?;
    Ok(-quantile(&mut returns.to_vec(), tail_probability))
}

/// −x_(k) with k = ⌈αT⌉.
pub fn order_statistic(returns: &[f64], tail_probability: f64) -> Result<f64, Undefined> {
    check_tail(returns, tail_probability)?;
    Ok(-lower_order_statistic(&mut returns.to_vec(), tail_probability))
}

/// The quantile at `level` with linear interpolation; partly sorts `values`, of which there is at least one.
pub(crate) fn quantile(values: &mut [f64], level: f64) -> f64 {
    let position = (values.len() - 1) as f64 * level;
    let below = (position.floor() as usize).min(values.len() - 1);
    let (_, at, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let at = *at;
    let share = position - below as f64;
    match above.iter().copied().min_by(f64::total_cmp) {
        Some(next) if share > 0.0 => at + (next - at) * share,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Ten returns, α = 15 %: position 1.35 between the second and third worst; k = ⌈1.5⌉ = 2.
        let r: Vec<f64> = (1..=10).map(|i| f64::from(i) / 100.0 - 0.06).collect();
        assert!((linear_quantile(&r, 0.15).unwrap() - 0.0365).abs() < 1e-15);
        assert!((order_statistic(&r, 0.15).unwrap() - 0.04).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(linear_quantile(&[], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(order_statistic(&[0.1, -1.5], 0.05).unwrap_err().code(), "invalid_return");
        assert_eq!(linear_quantile(&[0.1], 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(order_statistic(&[-0.02, 0.01, 0.03], 0.01), Ok(0.02));
        assert_eq!(linear_quantile(&[0.04], 0.5), Ok(-0.04));
        assert_eq!(linear_quantile(&[0.04, 0.01], 1.0), Ok(-0.04));
    }

    proptest! {
        #[test]
        fn scales_shifts_and_ignores_order(r in proptest::collection::vec(-0.2..0.2f64, 2..60), alpha in 0.01..1.0f64, k in 0.1..4.0f64, b in -0.1..0.1f64) {
            let moved: Vec<f64> = r.iter().rev().map(|x| x * k + b).collect();
            for of in [linear_quantile, order_statistic] {
                let (a, m) = (of(&r, alpha).unwrap(), of(&moved, alpha).unwrap());
                prop_assert!((m - (a * k - b)).abs() < 1e-12);
            }
            prop_assert!(order_statistic(&r, alpha).unwrap() >= order_statistic(&r, 1.0).unwrap());
        }
    }
}
