//! Composite z-score: many indicators of one condition as one number.
//!
//!   z_i = sign_i · (x_i − mean_i)/sd_i      mean and sd (n − 1) of the previous W values of the indicator
//!   composite = mean of z_i cut off at ±clip      as a score: Φ(Σ w_i·z_i / Σ w_i)
//!
//! Signs make "up" mean the same for all. Indicators without a value, without enough history or without dispersion are
//! left out and named; the composite needs 60 % of the indicators (of their weight). W values before the current one;
//! clip is 3 unless stated.
//!
//! Stock, J. & Watson, M. (1989), "New Indexes of Coincident and Leading Economic Indicators", NBER Macro Annual 4.

use super::trailing_zscore;
use crate::moments::sum;
use crate::{Undefined, normal_probability};

/// Least share of indicators for a composite.
const COVERAGE_MIN: f64 = 0.6;

/// One indicator's history; the last value is the current one.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// +1 if a high value means more of the condition, −1 if less.
    pub sign: f64,
    /// Weight in the composite, > 0.
    pub weight: f64,
    /// Values by period; none where there is no value.
    pub values: Vec<Option<f64>>,
}

/// The composite and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// Sign-aligned z-score of each indicator, or why there is none.
    pub z: Vec<Result<f64, Undefined>>,
    /// The same, cut off.
    pub z_clipped: Vec<Option<f64>>,
    /// Weight share of the indicators present.
    pub coverage: f64,
    /// Weighted mean of the cut-off z-scores.
    pub composite: Result<f64, Undefined>,
}

/// The composite of the last period.
pub fn composite_zscore(
    indicators: &[Indicator],
    window: usize,
    minimum: usize,
    clip: f64,
) -> Result<Composite, Undefined> {
    if indicators.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if !(clip.is_finite() && clip > 0.0) {
        return Err(Undefined::InvalidInput { what: "clip" });
    }
    if window < 2 {
        return Err(Undefined::InvalidInput { what: "window" });
    }
    if indicators.iter().any(|i| !(i.weight.is_finite() && i.weight > 0.0 && i.sign.abs() == 1.0)) {
        return Err(Undefined::InvalidInput { what: "indicators" });
    }
    let z: Vec<Result<f64, Undefined>> = indicators
        .iter()
        .map(|indicator| {
            let last = indicator.values.len().saturating_sub(1);
            trailing_zscore(&indicator.values, last, window, minimum).map(|z| indicator.sign * z)
        })
        .collect();
    let z_clipped: Vec<Option<f64>> = z.iter().map(|z| z.as_ref().ok().map(|z| z.clamp(-clip, clip))).collect();
    let total = sum(indicators.iter().map(|indicator| indicator.weight));
    let present = || indicators.iter().zip(&z_clipped).filter_map(|(i, z)| z.map(|z| (i.weight, z)));
    let weight = sum(present().map(|(weight, _)| weight));
    let coverage = weight / total;
    let composite = if coverage >= COVERAGE_MIN - 1e-12 {
        Ok(sum(present().map(|(weight, z)| weight * z)) / weight)
    } else {
        Err(Undefined::InsufficientCoverage { needed: COVERAGE_MIN })
    };
    Ok(Composite { z, z_clipped, coverage, composite })
}

/// The composite as a position between 0 (low) and 1 (high).
pub fn composite_score(composite: f64) -> f64 {
    normal_probability(composite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn indicator(sign: f64, values: &[f64]) -> Indicator {
        Indicator { sign, weight: 1.0, values: values.iter().copied().map(Some).collect() }
    }

    #[test]
    fn worked_example() {
        // Window 1, 2, 3 each: z of 4 is 2, of 10 is 8 (cut to 3), of 1 with the sign turned is 1.
        let of = |sign, current| indicator(sign, &[1.0, 2.0, 3.0, current]);
        let found = composite_zscore(&[of(1.0, 4.0), of(1.0, 10.0), of(-1.0, 1.0)], 3, 3, 3.0).unwrap();
        assert_eq!(found.z, [Ok(2.0), Ok(8.0), Ok(1.0)]);
        assert_eq!(found.z_clipped, [Some(2.0), Some(3.0), Some(1.0)]);
        assert_eq!((found.composite, found.coverage), (Ok(2.0), 1.0));
        assert!((composite_score(0.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn missing_indicators_are_left_out_down_to_sixty_percent() {
        let of = |values: &[f64]| indicator(1.0, values);
        let (full, short, flat) = (of(&[1.0, 2.0, 3.0, 4.0]), of(&[4.0]), of(&[1.0; 4]));
        let found =
            composite_zscore(&[full.clone(), full.clone(), full.clone(), short.clone(), flat.clone()], 3, 3, 3.0)
                .unwrap();
        assert_eq!((found.composite, found.coverage), (Ok(2.0), 0.6));
        assert_eq!(found.z[3].as_ref().unwrap_err().code(), "insufficient_data");
        assert_eq!(found.z[4].as_ref().unwrap_err().code(), "zero_denominator");
        let sparse = composite_zscore(&[full, short, flat], 3, 3, 3.0).unwrap();
        assert_eq!(sparse.composite.unwrap_err().code(), "insufficient_coverage");
    }

    #[test]
    fn edges() {
        assert_eq!(composite_zscore(&[], 3, 3, 3.0).unwrap_err().code(), "insufficient_data");
        let one = [indicator(1.0, &[1.0, 2.0])];
        assert_eq!(composite_zscore(&one, 3, 3, 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(composite_zscore(&[indicator(0.5, &[1.0])], 3, 3, 3.0).unwrap_err().code(), "invalid_input");
        assert_eq!(composite_zscore(&one, 1, 1, 3.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn turning_every_sign_turns_the_composite(x in proptest::collection::vec(-5.0..5.0f64, 10..20)) {
            let of = |sign| composite_zscore(&[indicator(sign, &x)], 8, 8, 3.0).unwrap().composite.unwrap();
            prop_assert!((of(1.0) + of(-1.0)).abs() < 1e-12 && of(1.0).abs() <= 3.0);
        }
    }
}
