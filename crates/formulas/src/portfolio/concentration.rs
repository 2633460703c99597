//! Concentration: how few holdings the portfolio really rests on.
//!
//!   HHI = Σ w²      effective N = 1/HHI      entropy N = exp(−Σ w ln w)      top k = the k largest weights together
//!
//! w: weights as fractions. With short positions |w| is scaled to sum to 1 first. HHI runs from 1/n (equal) to 1 (one
//! holding). Undefined for no weight and for weights that are all zero.
//!
//! Herfindahl, O. (1950); Hirschman, A. (1945). Entropy: Theil, H. (1967).

use crate::Undefined;
use crate::moments::sum;

/// Measures of concentration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concentration {
    /// Sum of squared weights.
    pub hhi: f64,
    /// Number of equal holdings with the same HHI.
    pub effective_n: f64,
    /// Number of equal holdings with the same entropy.
    pub entropy_effective_n: f64,
    /// The largest weight.
    pub top1: f64,
    /// The three largest weights together.
    pub top3: f64,
    /// The ten largest weights together.
    pub top10: f64,
}

/// Concentration of `weights`.
pub fn concentration(weights: &[f64]) -> Result<Concentration, Undefined> {
    if weights.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(Undefined::InvalidInput { what: "weight" });
    }
    let mut sizes: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
    let gross = sum(sizes.iter().copied());
    if gross == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "sum of weights" });
    }
    if weights.iter().any(|w| *w < 0.0) {
        sizes.iter_mut().for_each(|w| *w /= gross);
    }
    sizes.sort_by(|a, b| b.total_cmp(a));
    let top = |k: usize| sum(sizes.iter().take(k).copied());
    let hhi = sum(sizes.iter().map(|w| w * w));
    let entropy = -sum(sizes.iter().filter(|w| **w > 0.0).map(|w| w * w.ln()));
    Ok(Concentration {
        hhi,
        effective_n: 1.0 / hhi,
        entropy_effective_n: entropy.exp(),
        top1: top(1),
        top3: top(3),
        top10: top(10),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Half, 30 % and 20 %: as concentrated as 2.63 equal holdings.
        let result = concentration(&[0.5, 0.3, 0.2]).unwrap();
        assert!((result.hhi - 0.38).abs() < 1e-15 && (result.effective_n - 1.0 / 0.38).abs() < 1e-12);
        assert_eq!((result.top1, result.top3), (0.5, 1.0));
    }

    #[test]
    fn edges() {
        assert_eq!(concentration(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(concentration(&[0.0, 0.0]).unwrap_err().code(), "zero_denominator");
        assert_eq!(concentration(&[f64::NAN]).unwrap_err().code(), "invalid_input");
        // Long and short alike, each half of the gross.
        assert!((concentration(&[1.0, -1.0]).unwrap().effective_n - 2.0).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn between_one_and_the_number_of_holdings(raw in proptest::collection::vec(0.01..1.0f64, 1..30)) {
            let total: f64 = raw.iter().sum();
            let weights: Vec<f64> = raw.iter().map(|w| w / total).collect();
            let result = concentration(&weights).unwrap();
            let n = weights.len() as f64;
            prop_assert!(1.0 - 1e-12 <= result.effective_n && result.effective_n <= result.entropy_effective_n + 1e-9);
            prop_assert!(result.entropy_effective_n <= n + 1e-9);
            let mut turned = weights.clone();
            turned.reverse();
            prop_assert!((concentration(&turned).unwrap().hhi - result.hhi).abs() < 1e-15);
        }
    }
}
