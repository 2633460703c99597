//! Risk contribution: how much of the portfolio's volatility each holding carries.
//!
//!   σ_p = √(w'Σw)      marginal m = Σw/σ_p      component c_i = w_i m_i      percent c_i/σ_p      Σ c_i = σ_p
//!
//! w: weights (active weights give contributions to tracking error); Σ: covariance, in the unit of the result squared. A
//! hedge has a negative component; with short positions one may exceed 100 %. Where σ_p is zero nothing contributes:
//! undefined, as for no holding, a matrix of another size, and weights with w'Σw below zero.
//!
//! Litterman, R. (1996), "Hot Spots and Hedges". Menchero, J. and Davis, B. (2011), Journal of Portfolio Management 37(2).

use crate::Undefined;
use crate::moments::sum;

/// Volatility by holding.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskContribution {
    /// σ_p.
    pub volatility: f64,
    /// Change of σ_p per unit of weight.
    pub marginal: Vec<f64>,
    /// Share of σ_p in its own unit.
    pub component: Vec<f64>,
    /// Share of σ_p as a fraction.
    pub percent: Vec<f64>,
}

/// Contributions of holdings with `weights` to the volatility under `covariance`.
pub fn risk_contribution(weights: &[f64], covariance: &[Vec<f64>]) -> Result<RiskContribution, Undefined> {
    let n = weights.len();
    if n == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if let Some(row) = covariance.iter().find(|row| row.len() != n) {
        return Err(Undefined::LengthMismatch { left: n, right: row.len() });
    }
    if covariance.len() != n {
        return Err(Undefined::LengthMismatch { left: n, right: covariance.len() });
    }
    let product: Vec<f64> = covariance.iter().map(|row| sum(row.iter().zip(weights).map(|(c, w)| c * w))).collect();
    let variance = sum(product.iter().zip(weights).map(|(p, w)| p * w));
    let gross = sum(product.iter().zip(weights).map(|(p, w)| (p * w).abs()));
    if !gross.is_finite() {
        return Err(Undefined::InvalidInput { what: "size of the covariance" });
    }
    // What cancels to float noise is a perfect hedge.
    if variance.abs() <= 1e-15 * gross || variance.abs() <= 1e-28 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    if variance < 0.0 {
        return Err(Undefined::InvalidInput { what: "covariance (not positive semidefinite)" });
    }
    let volatility = variance.sqrt();
    let marginal: Vec<f64> = product.iter().map(|p| p / volatility).collect();
    let component: Vec<f64> = marginal.iter().zip(weights).map(|(m, w)| m * w).collect();
    let percent = component.iter().map(|c| c / volatility).collect();
    Ok(RiskContribution { volatility, marginal, component, percent })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Half in 20 %, half in 10 % volatility, uncorrelated: σ = √(0.01 + 0.0025); four fifths come from the first.
        let result = risk_contribution(&[0.5, 0.5], &[vec![0.04, 0.0], vec![0.0, 0.01]]).unwrap();
        assert!((result.volatility - 0.0125_f64.sqrt()).abs() < 1e-15);
        assert!((result.percent[0] - 0.8).abs() < 1e-14 && (result.percent[1] - 0.2).abs() < 1e-14);
    }

    #[test]
    fn edges() {
        assert_eq!(risk_contribution(&[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(risk_contribution(&[1.0], &[vec![0.0]]).unwrap_err().code(), "zero_denominator");
        let twins = [vec![0.04, 0.04], vec![0.04, 0.04]];
        assert_eq!(risk_contribution(&[1.0, -1.0], &twins).unwrap_err().code(), "zero_denominator");
        assert_eq!(risk_contribution(&[1.0, 0.0], &[vec![0.04]]).unwrap_err().code(), "invalid_input");
        assert_eq!(risk_contribution(&[1.0], &[vec![-1.0]]).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_volatility(rows in proptest::collection::vec((-1.0..1.0f64, -0.3..0.3f64, -0.3..0.3f64), 1..12)) {
            // Two common factors and own variance: positive definite.
            let weights: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let covariance: Vec<Vec<f64>> = rows.iter().enumerate().map(|(i, a)| rows.iter().enumerate()
                .map(|(j, b)| a.1 * b.1 + a.2 * b.2 + if i == j { 0.01 } else { 0.0 }).collect()).collect();
            if let Ok(result) = risk_contribution(&weights, &covariance) {
                prop_assert!((result.component.iter().sum::<f64>() - result.volatility).abs() < 1e-12);
                prop_assert!((result.percent.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                let doubled: Vec<f64> = weights.iter().map(|w| 2.0 * w).collect();
                let twice = risk_contribution(&doubled, &covariance).unwrap();
                prop_assert!((twice.volatility - 2.0 * result.volatility).abs() < 1e-12);
            }
        }
    }
}
