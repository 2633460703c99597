//! Wilson interval: how sure a share counted in a sample lets us be.
//!
//!   centre = (p + z²/2n) / (1 + z²/n)      half-width = z/(1 + z²/n) · √(p(1−p)/n + z²/4n²)
//!
//! p = successes/n; z the normal quantile of the two-sided confidence. Unlike p ± z·se it stays inside [0, 1] and has a
//! width for p = 0 and p = 1. Undefined for n = 0 and a confidence outside (0, 1).
//!
//! Wilson, E. B. (1927), "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158).

use crate::{Undefined, normal_quantile};

/// Lower and upper bound of the share at `confidence` (0.95 for 95 %).
pub fn wilson_interval(successes: usize, n: usize, confidence: f64) -> Result<(f64, f64), Undefined> {
    if n == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if successes > n {
        return Err(Undefined::InvalidInput { what: "successes" });
    }
    let z = normal_quantile(0.5 + confidence / 2.0)
        .filter(|z| *z > 0.0)
        .ok_or(Undefined::InvalidInput { what: "confidence" })?;
    let (p, n) = (successes as f64 / n as f64, n as f64);
    let scale = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / scale;
    let half = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // The interval holds its share; at 0 and 1 the arithmetic alone would miss it by its last digit.
    Ok(((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 8 of 10 at 95 %.
        let (low, high) = wilson_interval(8, 10, 0.95).unwrap();
        assert!((low - 0.490_162_47).abs() < 1e-8 && (high - 0.943_317_8).abs() < 1e-7, "{low} {high}");
    }

    #[test]
    fn edges() {
        assert_eq!(wilson_interval(0, 0, 0.95).unwrap_err().code(), "insufficient_data");
        assert_eq!(wilson_interval(2, 1, 0.95).unwrap_err().code(), "invalid_input");
        assert_eq!(wilson_interval(1, 2, 1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(wilson_interval(1, 2, 0.0).unwrap_err().code(), "invalid_input");
        let (low, high) = wilson_interval(0, 20, 0.95).unwrap();
        assert!(low == 0.0 && 0.1 < high && high < 0.2);
        assert_eq!(wilson_interval(0, 63, 0.95).unwrap().0, 0.0);
        assert_eq!(wilson_interval(63, 63, 0.95).unwrap().1, 1.0);
    }

    proptest! {
        #[test]
        fn it_holds_the_share_and_mirrors(n in 1usize..2_000, k in 0.0..1.0f64) {
            let k = (k * n as f64) as usize;
            let (low, high) = wilson_interval(k, n, 0.95).unwrap();
            let (mirrored_low, mirrored_high) = wilson_interval(n - k, n, 0.95).unwrap();
            let share = k as f64 / n as f64;
            prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
            prop_assert!((low - (1.0 - mirrored_high)).abs() < 1e-12 && (high - (1.0 - mirrored_low)).abs() < 1e-12);
        }
    }
}
