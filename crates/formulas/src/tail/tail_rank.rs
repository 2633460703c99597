//! How many of the worst observations make up the tail.
//!
//!   k = ⌈αT⌉, at least 1      weights in the tail mean: 1/(αT) on the k − 1 worst, the remainder on the k-th
//!
//! α: tail probability, 0 < α ≤ 1; T observations. A product within 1e-9 of a whole number is that number, so that float
//! noise (125.00000000000001) cannot add an observation. For αT < 1 the tail is unobserved: the worst return stands in.
//!
//! Rockafellar, R. and Uryasev, S. (2002), Journal of Banking & Finance 26(7).

use crate::Undefined;
use crate::moments::check_returns;

/// k, and αT freed of float noise.
pub fn tail_rank(tail_probability: f64, observations: usize) -> (usize, f64) {
    let product = tail_probability * observations as f64;
    let whole = product.round();
    let mass = if (product - whole).abs() < 1e-9 { whole } else { product };
    ((mass.ceil() as usize).clamp(1, observations.max(1)), mass)
}

/// Whether at least one observation is expected in the tail.
pub fn is_tail_observed(tail_probability: f64, observations: usize) -> bool {
    tail_rank(tail_probability, observations).1 >= 1.0
}

/// Refuses tails that are none, and series that are empty or hold what is no return.
pub(crate) fn check_tail(returns: &[f64], tail_probability: f64) -> Result<(), Undefined> {
    if !(0.0 < tail_probability && tail_probability <= 1.0) {
        return Err(Undefined::InvalidInput { what: "tail probability" });
    }
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    check_returns(returns)
}

/// The mean of the `mass` smallest of `values`, the last one counted in part; partly sorts `values`.
pub(crate) fn lower_tail_mean(values: &mut [f64], tail_probability: f64) -> f64 {
    let (k, mass) = tail_rank(tail_probability, values.len());
    let (worse, edge, _) = values.select_nth_unstable_by(k - 1, f64::total_cmp);
    if k == 1 {
        return *edge;
    }
    (crate::moments::sum(worse.iter().copied()) + (mass - (k - 1) as f64) * *edge) / mass
}

/// The k-th smallest of `values`; partly sorts them.
pub(crate) fn lower_order_statistic(values: &mut [f64], tail_probability: f64) -> f64 {
    let (k, _) = tail_rank(tail_probability, values.len());
    *values.select_nth_unstable_by(k - 1, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        assert_eq!(tail_rank(0.05, 2_500), (125, 125.0));
        // 0.05 · 2,512 = 125.6: the 126th counts for 0.6.
        assert_eq!(tail_rank(0.05, 2_512).0, 126);
        assert_eq!(tail_rank(0.07, 100), (7, 7.0));
        assert_eq!(tail_rank(0.05, 10).0, 1);
        assert!(!is_tail_observed(0.05, 19) && is_tail_observed(0.05, 20));
        assert_eq!(tail_rank(1.0, 3), (3, 3.0));
    }

    proptest! {
        #[test]
        fn the_tail_mean_is_that_of_the_sorted_series(mut r in proptest::collection::vec(-1.0..1.0f64, 1..60), alpha in 0.01..1.0f64) {
            let mut sorted = r.clone();
            sorted.sort_by(f64::total_cmp);
            let mass = alpha * r.len() as f64;
            // Straight from the definition: fill the tail from the worst on.
            let (mut left, mut total) = (mass, 0.0);
            for x in &sorted {
                let share = left.clamp(0.0, 1.0);
                total += share * x;
                left -= share;
            }
            prop_assert!((lower_tail_mean(&mut r, alpha) - total / mass).abs() < 1e-9);
        }
    }
}
