//! Risk by factor: how much of the volatility each common force carries, and how much is the holdings' own.
//!
//!   x = B'w      σ_p² = x'Fx + Σ w_i² d_i      factor j: x_j (Fx)_j/σ_p      specific: Σ w_i² d_i/σ_p
//!
//! w: weights of n holdings; B: n × k exposures; F: k × k covariance of the factors; d: specific variances. Components sum
//! to σ_p. Never forms the n × n matrix. Undefined where σ_p is zero, and for sizes that do not fit.
//!
//! Menchero, J. and Davis, B. (2011), Journal of Portfolio Management 37(2).

use crate::Undefined;
use crate::moments::sum;

/// Volatility by factor.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorRiskContribution {
    /// σ_p.
    pub volatility: f64,
    /// x, exposure of the portfolio to each factor.
    pub exposure: Vec<f64>,
    /// Part of σ_p that each factor carries.
    pub component: Vec<f64>,
    /// Part of σ_p that is the holdings' own.
    pub specific: f64,
}

/// Splits the volatility of holdings with `weights` by factor.
pub fn factor_risk_contribution(
    weights: &[f64],
    exposures: &[Vec<f64>],
    factor_covariance: &[Vec<f64>],
    specific_variances: &[f64],
) -> Result<FactorRiskContribution, Undefined> {
    let (n, k) = (weights.len(), factor_covariance.len());
    if n == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    for right in [exposures.len(), specific_variances.len()] {
        if right != n {
            return Err(Undefined::LengthMismatch { left: n, right });
        }
    }
    if let Some(row) = exposures.iter().chain(factor_covariance).find(|row| row.len() != k) {
        return Err(Undefined::LengthMismatch { left: k, right: row.len() });
    }
    if specific_variances.iter().any(|d| *d < 0.0) {
        return Err(Undefined::InvalidInput { what: "specific variance" });
    }
    let exposure: Vec<f64> = (0..k).map(|j| sum(weights.iter().zip(exposures).map(|(w, row)| w * row[j]))).collect();
    let product: Vec<f64> =
        factor_covariance.iter().map(|row| sum(row.iter().zip(&exposure).map(|(f, x)| f * x))).collect();
    let own = sum(weights.iter().zip(specific_variances).map(|(w, d)| w * w * d));
    let variance = own + sum(product.iter().zip(&exposure).map(|(p, x)| p * x));
    if !variance.is_finite() || variance < -1e-15 {
        return Err(Undefined::InvalidInput { what: "covariance of the factors" });
    }
    if variance <= 1e-28 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    let volatility = variance.sqrt();
    let component = product.iter().zip(&exposure).map(|(p, x)| p * x / volatility).collect();
    Ok(FactorRiskContribution { volatility, exposure, component, specific: own / volatility })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::risk_contribution;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // One market factor of 20 %, beta 1 on average, no own risk: all 20 % come from it.
        let result =
            factor_risk_contribution(&[0.5, 0.5], &[vec![1.5], vec![0.5]], &[vec![0.04]], &[0.0, 0.0]).unwrap();
        assert!((result.volatility - 0.2).abs() < 1e-15 && (result.component[0] - 0.2).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let of = |w: &[f64], d: &[f64]| factor_risk_contribution(w, &[vec![1.0]], &[vec![0.04]], d).unwrap_err().code();
        assert_eq!(of(&[], &[]), "insufficient_data");
        assert_eq!(of(&[1.0], &[]), "invalid_input");
        assert_eq!(of(&[0.0], &[0.1]), "zero_denominator");
        assert_eq!(of(&[1.0], &[-0.1]), "invalid_input");
    }

    proptest! {
        #[test]
        fn agrees_with_the_full_matrix(rows in proptest::collection::vec((0.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64, 0.001..0.1f64), 1..10)) {
            let weights: Vec<f64> = rows.iter().map(|r| r.0 + 0.01).collect();
            let exposures: Vec<Vec<f64>> = rows.iter().map(|r| vec![r.1, r.2]).collect();
            let own: Vec<f64> = rows.iter().map(|r| r.3).collect();
            let f = [vec![0.04, 0.01], vec![0.01, 0.02]];
            let result = factor_risk_contribution(&weights, &exposures, &f, &own).unwrap();
            let full: Vec<Vec<f64>> = (0..rows.len()).map(|i| (0..rows.len()).map(|j| {
                let common: f64 = (0..2).flat_map(|a| (0..2).map(move |b| (a, b))).map(|(a, b)| exposures[i][a] * f[a][b] * exposures[j][b]).sum();
                common + if i == j { own[i] } else { 0.0 }
            }).collect()).collect();
            prop_assert!((result.volatility - risk_contribution(&weights, &full).unwrap().volatility).abs() < 1e-12);
            prop_assert!((result.component.iter().sum::<f64>() + result.specific - result.volatility).abs() < 1e-12);
        }
    }
}
