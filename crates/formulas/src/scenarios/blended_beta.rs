//! Blended beta: an estimate drawn towards what the kind of security says, by how sure each is.
//!
//!   β = (β̂/se² + β₀/τ²) / (1/se² + 1/τ²)      standard error = 1/√(1/se² + 1/τ²)
//!
//! β̂ and se from a regression, β₀ declared for the class or sector, τ how much securities of one kind differ. A precise
//! estimate (se → 0) stands as it is; without history the declared beta stands alone. Undefined for τ ≤ 0 or se < 0.
//!
//! Vasicek, O. (1973), "A Note on Using Cross-Sectional Information in Bayesian Estimation of Security Betas", Journal
//! of Finance 28(5).

use crate::Undefined;

/// The beta and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlendedBeta {
    /// The beta.
    pub beta: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Weight of the estimate in it, 0 to 1.
    pub estimate_weight: f64,
}

/// Blends an `estimate` (beta and standard error; none without history) with the `declared` beta.
pub fn blended_beta(estimate: Option<(f64, f64)>, declared: f64, tau: f64) -> Result<BlendedBeta, Undefined> {
    if !declared.is_finite() {
        return Err(Undefined::InvalidInput { what: "declared beta" });
    }
    if !(tau.is_finite() && tau > 0.0) {
        return Err(Undefined::InvalidInput { what: "tau" });
    }
    let Some((beta, error)) = estimate else {
        return Ok(BlendedBeta { beta: declared, standard_error: tau, estimate_weight: 0.0 });
    };
    if !(beta.is_finite() && error.is_finite() && error >= 0.0) {
        return Err(Undefined::InvalidInput { what: "estimated beta" });
    }
    // In variances rather than precisions, so that a standard error of 0 is no division by it.
    let weight = tau * tau / (tau * tau + error * error);
    Ok(BlendedBeta {
        beta: weight * beta + (1.0 - weight) * declared,
        standard_error: tau * error / (tau * tau + error * error).sqrt(),
        estimate_weight: weight,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Equally sure: the middle.
        let found = blended_beta(Some((1.4, 0.3)), 1.0, 0.3).unwrap();
        assert!((found.beta - 1.2).abs() < 1e-15 && (found.estimate_weight - 0.5).abs() < 1e-15);
        assert!((found.standard_error - 0.3 / 2.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!(blended_beta(None, 1.0, 0.3).unwrap().beta, 1.0);
    }

    #[test]
    fn edges() {
        assert_eq!(blended_beta(Some((1.4, 0.0)), 1.0, 0.3).unwrap().beta, 1.4);
        assert_eq!(blended_beta(Some((1.4, 0.1)), 1.0, 0.0).unwrap_err().code(), "invalid_input");
        assert_eq!(blended_beta(Some((1.4, -0.1)), 1.0, 0.3).unwrap_err().code(), "invalid_input");
        assert_eq!(blended_beta(Some((f64::NAN, 0.1)), 1.0, 0.3).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn it_lies_between_and_is_surer(b in -3.0..3.0f64, se in 0.01..5.0f64, d in -3.0..3.0f64, tau in 0.1..3.0f64) {
            let found = blended_beta(Some((b, se)), d, tau).unwrap();
            prop_assert!(b.min(d) - 1e-12 <= found.beta && found.beta <= b.max(d) + 1e-12);
            prop_assert!(found.standard_error <= se.min(tau));
        }
    }
}
