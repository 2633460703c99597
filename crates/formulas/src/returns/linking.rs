//! Linking: returns of consecutive periods compound into the return of the whole.
//!
//!   R = ∏(1 + r_t) − 1
//!
//! No period at all compounds to 0. A return of −100 % ends at −100 % whatever follows.
//!
//! GIPS (2020), section 2: sub-period returns must be linked geometrically.

/// The compounded return of consecutive periods.
pub fn link(returns: impl IntoIterator<Item = f64>) -> f64 {
    returns.into_iter().fold(1.0, |wealth, r| wealth * (1.0 + r)) - 1.0
}

/// What one unit grows to, period by period, beginning with 1: one value more than there are periods. A period without
/// exposure leaves it unchanged.
pub fn wealth_index(returns: &[Option<f64>]) -> Vec<f64> {
    let mut wealth = 1.0;
    let mut index = Vec::with_capacity(returns.len() + 1);
    index.push(wealth);
    for r in returns {
        wealth *= 1.0 + r.unwrap_or(0.0);
        index.push(wealth);
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // +10 % and −10 % make −1 %.
        assert!((link([0.1, -0.1]) - -0.01).abs() < 1e-15);
        assert_eq!(wealth_index(&[Some(0.5), None, Some(-1.0)]), [1.0, 1.5, 1.5, 0.0]);
    }

    proptest! {
        #[test]
        fn parts_link_to_the_whole(r in proptest::collection::vec(-0.5..0.5f64, 0..30), cut in 0usize..30) {
            let cut = cut.min(r.len());
            let parts = [link(r[..cut].iter().copied()), link(r[cut..].iter().copied())];
            let whole = link(r.iter().copied());
            prop_assert!((link(parts) - whole).abs() <= 1e-12 * (1.0 + whole.abs()));
        }
    }
}
