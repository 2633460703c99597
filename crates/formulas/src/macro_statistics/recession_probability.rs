//! Recession probability from the yield curve: what the slope of today says about a year from now.
//!
//!   P(recession in t+h) = Φ(α + β·spread_t)      spread: 10-year minus 3-month rate in percentage points
//!   Brier score = mean((p − outcome)²)
//!
//! Published coefficients need the spread they were estimated with (bill rate bond-equivalent) and h = 4 quarters or 12
//! months; any other spread needs an estimate of its own (probit). Recessions by the NBER, from the quarter after the
//! peak through the trough, are known late: the last 12 months at least are no training data. Estrella's and Mishkin's
//! table: 1.21 points 5 %, 0.76 10 %, 0.02 25 %, −0.82 50 %, −2.40 90 %.
//!
//! Estrella, A. & Hardouvelis, G. (1991), Journal of Finance 46(2). Estrella, A. & Mishkin, F. (1996), Current Issues in
//! Economics and Finance 2(7). Estrella, A. & Trubin, M. (2006), CIEF 12(5). Wright, J. (2006), FEDS 2006-07.

use crate::moments::{check_paired, sum};
use crate::{Undefined, normal_probability};

/// Coefficients of a probit on the spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecessionModel {
    /// Constant.
    pub alpha: f64,
    /// Effect of a percentage point of spread; negative, as a flat curve comes before recessions.
    pub beta: f64,
}

impl RecessionModel {
    /// The line that least squares puts through the normal quantiles of the published table; it gives the table to 0.2 %.
    pub const ESTRELLA_MISHKIN_1996: RecessionModel = RecessionModel { alpha: -0.663_272, beta: -0.810_584 };
}

/// Probability of recession for each spread in percentage points.
pub fn recession_probability(model: RecessionModel, spreads: &[f64]) -> Result<Vec<f64>, Undefined> {
    if !(model.alpha.is_finite() && model.beta.is_finite()) {
        return Err(Undefined::InvalidInput { what: "coefficients" });
    }
    if spreads.iter().any(|spread| !spread.is_finite()) {
        return Err(Undefined::InvalidInput { what: "spreads" });
    }
    Ok(spreads.iter().map(|spread| normal_probability(model.alpha + model.beta * spread)).collect())
}

/// Mean squared difference between forecast probabilities and outcomes (0 or 1): 0 is perfect, 0.25 a coin.
pub fn brier_score(probabilities: &[f64], outcomes: &[f64]) -> Result<f64, Undefined> {
    check_paired(probabilities, outcomes)?;
    if probabilities.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if probabilities.iter().chain(outcomes).any(|p| !(0.0..=1.0).contains(p)) {
        return Err(Undefined::InvalidInput { what: "probability" });
    }
    let squares = probabilities.iter().zip(outcomes).map(|(p, outcome)| (p - outcome) * (p - outcome));
    Ok(sum(squares) / probabilities.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // −0.145 − 0.863 · 1.35 pp: 9.5 %.
        let model = RecessionModel { alpha: -0.145, beta: -0.863 };
        assert!((recession_probability(model, &[1.35]).unwrap()[0] - 0.095_089_460_734_169_3).abs() < 1e-12);
        assert!((brier_score(&[0.2, 0.9], &[0.0, 1.0]).unwrap() - 0.025).abs() < 1e-15);
    }

    #[test]
    fn the_published_table() {
        let table = [(1.21, 0.05), (0.76, 0.10), (0.02, 0.25), (-0.82, 0.50), (-2.40, 0.90)];
        for (spread, probability) in table {
            let found = recession_probability(RecessionModel::ESTRELLA_MISHKIN_1996, &[spread]).unwrap()[0];
            assert!((found - probability).abs() < 0.002, "{spread}: {found} {probability}");
        }
    }

    #[test]
    fn edges() {
        let model = RecessionModel { alpha: 0.0, beta: f64::NAN };
        assert_eq!(recession_probability(model, &[]).unwrap_err().code(), "invalid_input");
        let model = RecessionModel { alpha: 0.0, beta: -1.0 };
        assert_eq!(recession_probability(model, &[f64::INFINITY]).unwrap_err().code(), "invalid_input");
        assert_eq!(recession_probability(model, &[]), Ok(vec![]));
        assert_eq!(brier_score(&[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(brier_score(&[1.5], &[1.0]).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn a_flatter_curve_is_worse(spread in -4.0..4.0f64) {
            let model = RecessionModel { alpha: -0.5, beta: -0.7 };
            let found = recession_probability(model, &[spread, spread - 0.1]).unwrap();
            prop_assert!(0.0 < found[0] && found[0] < found[1] && found[1] < 1.0);
        }
    }
}
