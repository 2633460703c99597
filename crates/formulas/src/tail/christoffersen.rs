//! Christoffersen's test: do exceedances of the value at risk come in clusters?
//!
//!   LR = −2 ln[ ((1 − π)^(n00+n10) π^(n01+n11)) / ((1 − π0)^n00 π0^n01 (1 − π1)^n10 π1^n11) ]  ~ χ² with one degree
//!
//! n_ij: days in state j after state i (1 is an exceedance); π0 = n01/(n00 + n01), π1 = n11/(n10 + n11), π = (n01 + n11)/n.
//! Undefined for fewer than two days. Without an exceedance there is nothing to cluster: LR = 0.
//!
//! Christoffersen, P. (1998), International Economic Review 39(4).

use crate::Undefined;
use crate::tail::kupiec::{test, times_ln};

/// The test with its counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Christoffersen {
    /// LR ≥ 0.
    pub likelihood_ratio: f64,
    /// Probability of an LR as large if days are independent.
    pub p_value: f64,
    /// n00, n01, n10, n11.
    pub transitions: [usize; 4],
}

/// Tests whether `exceedances`, one flag per day, are independent.
pub fn christoffersen(exceedances: &[bool]) -> Result<Christoffersen, Undefined> {
    if exceedances.len() < 2 {
        return Err(Undefined::InsufficientData { needed: 2, found: exceedances.len() });
    }
    let mut transitions = [0; 4];
    for pair in exceedances.windows(2) {
        transitions[2 * usize::from(pair[0]) + usize::from(pair[1])] += 1;
    }
    let [n00, n01, n10, n11] = transitions.map(|count| count as f64);
    let share = (n01 + n11) / (n00 + n01 + n10 + n11);
    let branch = |stay: f64, hit: f64| {
        let all = stay + hit;
        if all == 0.0 { 0.0 } else { times_ln(stay, stay / all / (1.0 - share)) + times_ln(hit, hit / all / share) }
    };
    let result = test(2.0 * (branch(n00, n01) + branch(n10, n11)));
    Ok(Christoffersen { likelihood_ratio: result.likelihood_ratio, p_value: result.p_value, transitions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 1 1 1 0 0 0 0 0 0 0: n00 6, n01 0, n10 1, n11 2; a cluster.
        let days: Vec<bool> = (0..10).map(|day| day < 3).collect();
        let result = christoffersen(&days).unwrap();
        assert_eq!(result.transitions, [6, 0, 1, 2]);
        let direct = -2.0
            * (7.0 * (7.0 / 9.0_f64).ln() + 2.0 * (2.0 / 9.0_f64).ln()
                - (1.0 / 3.0_f64).ln()
                - 2.0 * (2.0 / 3.0_f64).ln());
        assert!((result.likelihood_ratio - direct).abs() < 1e-12 && result.p_value < 0.05);
    }

    #[test]
    fn edges() {
        assert_eq!(christoffersen(&[true]).unwrap_err().code(), "insufficient_data");
        assert_eq!(christoffersen(&[false; 20]).unwrap().likelihood_ratio, 0.0);
        assert_eq!(christoffersen(&[true; 20]).unwrap().likelihood_ratio, 0.0);
    }

    proptest! {
        #[test]
        fn finite_whatever_happens(days in proptest::collection::vec(proptest::bool::ANY, 2..60)) {
            let result = christoffersen(&days).unwrap();
            prop_assert!(result.likelihood_ratio.is_finite() && (0.0..=1.0 + 1e-12).contains(&result.p_value));
        }
    }
}
