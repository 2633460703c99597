//! Trailing z-score: how unusual a value is against the values before it.
//!
//!   z_t = (x_t − mean(x_{t−W} … x_{t−1})) / sd(x_{t−W} … x_{t−1})      sd with n − 1; the current value is not in the window
//!
//! Without look-ahead: z_t uses nothing later than t. A gap (no value) in the window is left out; at least `minimum`
//! values must remain. Undefined for fewer, for a current value that is missing, and for a window without dispersion.

use crate::Undefined;
use crate::moments::{mean, standard_deviation};

/// The z-score of the value at position `at` of `values` against the `window` positions before it.
pub fn trailing_zscore(values: &[Option<f64>], at: usize, window: usize, minimum: usize) -> Result<f64, Undefined> {
    let current = values.get(at).copied().flatten().ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    let before: Vec<f64> = values[at.saturating_sub(window)..at].iter().copied().flatten().collect();
    let needed = minimum.max(2);
    if before.len() < needed {
        return Err(Undefined::InsufficientData { needed, found: before.len() });
    }
    if !current.is_finite() || before.iter().any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "value" });
    }
    let deviation = standard_deviation(&before, 1)?;
    if deviation == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "standard deviation of the window" });
    }
    let z = (current - mean(&before)) / deviation;
    if z.is_finite() { Ok(z) } else { Err(Undefined::InvalidInput { what: "value" }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn worked_example() {
        // Window 1, 2, 3: mean 2, deviation 1.
        assert_eq!(trailing_zscore(&all(&[9.0, 1.0, 2.0, 3.0, 4.0]), 4, 3, 3), Ok(2.0));
        let gap = [Some(1.0), None, Some(3.0), Some(2.0)];
        assert!((trailing_zscore(&gap, 3, 3, 2).unwrap()).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let code = |values: &[Option<f64>], at, window, minimum| {
            trailing_zscore(values, at, window, minimum).unwrap_err().code()
        };
        assert_eq!(code(&all(&[1.0, 2.0]), 1, 2, 2), "insufficient_data");
        assert_eq!(code(&all(&[1.0, 1.0, 2.0]), 2, 2, 2), "zero_denominator");
        assert_eq!(code(&[Some(1.0), Some(2.0), None], 2, 2, 2), "insufficient_data");
        assert_eq!(code(&all(&[1.0]), 5, 2, 2), "insufficient_data");
        assert_eq!(code(&all(&[1.0, f64::NAN, 2.0]), 2, 2, 2), "invalid_input");
    }

    proptest! {
        #[test]
        fn units_do_not_matter(
            x in proptest::collection::vec(-10.0..10.0f64, 6..40), a in 0.1..100.0f64, b in -50.0..50.0f64,
        ) {
            let of = |values: &[f64]| trailing_zscore(&all(values), values.len() - 1, 30, 5);
            let moved: Vec<f64> = x.iter().map(|x| a * x + b).collect();
            if let (Ok(plain), Ok(moved)) = (of(&x), of(&moved)) {
                prop_assert!((plain - moved).abs() < 1e-7 * (1.0 + plain.abs()));
            }
        }
    }
}
