//! Credit-to-GDP gap: how far credit has run ahead of its own trend.
//!
//!   gap_t = ratio_t − trend_t      trend: one-sided Hodrick–Prescott, λ = 400,000 for quarters
//!   HP trend of y_1 … y_t: minimises Σ(y − τ)² + λ·Σ(τ_{s+1} − 2τ_s + τ_{s−1})²; its last value is trend_t
//!
//! One-sided: trend_t uses nothing after t. In the units of the ratio (fractions or percent of GDP). Undefined before
//! `minimum` observations exist (ten years of quarters by custom); two observations are their own trend.
//!
//! Drehmann, M., Borio, C., Gambacorta, L., Jiménez, G. & Trucharte, C. (2010), BIS Working Paper 317. Hodrick, R. &
//! Prescott, E. (1997), Journal of Money, Credit and Banking 29(1).

use crate::Undefined;

/// The gap of the last period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CreditGap {
    /// Ratio minus trend.
    pub gap: f64,
    /// One-sided trend.
    pub trend: f64,
    /// Observations used.
    pub n: usize,
}

/// The gap of the last value of `ratio`, with at least `minimum` values; λ = 400,000 suits quarters.
pub fn credit_gap(ratio: &[f64], lambda: f64, minimum: usize) -> Result<CreditGap, Undefined> {
    let needed = minimum.max(1);
    if ratio.len() < needed {
        return Err(Undefined::InsufficientData { needed, found: ratio.len() });
    }
    let trend = one_sided_hp_trend(ratio, lambda)?;
    Ok(CreditGap { gap: ratio[ratio.len() - 1] - trend, trend, n: ratio.len() })
}

/// The last value of the Hodrick–Prescott trend of `y`.
pub fn one_sided_hp_trend(y: &[f64], lambda: f64) -> Result<f64, Undefined> {
    if y.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if y.iter().any(|y| !y.is_finite()) {
        return Err(Undefined::InvalidInput { what: "ratio" });
    }
    if !(lambda.is_finite() && lambda >= 0.0) {
        return Err(Undefined::InvalidInput { what: "lambda" });
    }
    let n = y.len();
    if n < 3 {
        return Ok(y[n - 1]);
    }
    // (I + λ·D'D)·τ = y is banded: LDL' with two subdiagonals, and of the back substitution only the last value.
    let entry = |i: usize, j: usize| -> f64 {
        let mut penalty = 0.0;
        for row in i.max(j).saturating_sub(2)..=i.min(j).min(n - 3) {
            let weight = |at: usize| if at == row + 1 { -2.0 } else { 1.0 };
            penalty += weight(i) * weight(j);
        }
        lambda * penalty + f64::from(u8::from(i == j))
    };
    let (mut pivots, mut first, mut second) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut reduced = vec![0.0; n];
    for i in 0..n {
        if i >= 2 {
            second[i] = entry(i, i - 2) / pivots[i - 2];
        }
        if i >= 1 {
            let carried = if i >= 2 { second[i] * pivots[i - 2] * first[i - 1] } else { 0.0 };
            first[i] = (entry(i, i - 1) - carried) / pivots[i - 1];
        }
        let square = |factor: f64, back: usize| if i >= back { factor * factor * pivots[i - back] } else { 0.0 };
        pivots[i] = entry(i, i) - square(first[i], 1) - square(second[i], 2);
        let known = |factor: f64, back: usize| if i >= back { factor * reduced[i - back] } else { 0.0 };
        reduced[i] = y[i] - known(first[i], 1) - known(second[i], 2);
    }
    let trend = reduced[n - 1] / pivots[n - 1];
    if trend.is_finite() { Ok(trend) } else { Err(Undefined::InvalidInput { what: "ratio" }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Three points 0, 0, 3 with λ = 1: second difference 3; τ_3 = 3 − λ·3/(1 + 6λ).
        let trend = one_sided_hp_trend(&[0.0, 0.0, 3.0], 1.0).unwrap();
        assert!((trend - (3.0 - 3.0 / 7.0)).abs() < 1e-14);
        let found = credit_gap(&[0.0, 0.0, 3.0], 1.0, 3).unwrap();
        assert!((found.gap - 3.0 / 7.0).abs() < 1e-14 && found.n == 3);
    }

    #[test]
    fn edges() {
        assert_eq!(credit_gap(&[1.0; 39], 4e5, 40).unwrap_err().code(), "insufficient_data");
        assert_eq!(credit_gap(&[], 4e5, 0).unwrap_err().code(), "insufficient_data");
        assert_eq!(one_sided_hp_trend(&[1.0, f64::NAN], 4e5).unwrap_err().code(), "invalid_input");
        assert_eq!(one_sided_hp_trend(&[1.0], -1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(one_sided_hp_trend(&[1.0, 4.0], 4e5), Ok(4.0));
    }

    proptest! {
        #[test]
        fn a_straight_line_is_its_own_trend(a in -5.0..5.0f64, b in -0.1..0.1f64, n in 3usize..200) {
            let line: Vec<f64> = (0..n).map(|t| a + b * t as f64).collect();
            prop_assert!(credit_gap(&line, 4e5, 1).unwrap().gap.abs() < 1e-6);
        }

        #[test]
        fn units_do_not_matter(y in proptest::collection::vec(0.5..3.0f64, 5..60), k in 0.1..100.0f64) {
            let of = |y: &[f64]| credit_gap(y, 4e5, 1).unwrap().gap;
            let scaled: Vec<f64> = y.iter().map(|y| k * y).collect();
            prop_assert!((of(&scaled) - k * of(&y)).abs() < 1e-8 * k);
        }
    }
}
