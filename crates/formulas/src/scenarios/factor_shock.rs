//! Factor shock: what a move of the factors does to each asset and to the portfolio.
//!
//!   asset i: Σ_j B_ij·s_j + ½·convexity_i·Δy²      portfolio: Σ_i w_i·impact_i      contribution of j: (Σ_i w_i·B_ij)·s_j
//!   specific band: ± z·√(Σ w_i²·σ_i²)      the specific part itself is 0
//!
//! B: return per 1.00 of a factor's move; s: the moves; w: weights as fractions, shorts negative. Convexity stands for
//! the curvature of bonds in the yield move Δy; instruments with more curvature need a revaluation. The contributions of
//! the factors and of convexity sum to the portfolio's impact. Undefined for matrices that do not fit.
//!
//! Grinold, R. & Kahn, R. (2000), Active Portfolio Management, ch. 3.

use crate::Undefined;
use crate::moments::sum;

/// Effects of a shock, as fractions of value.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorShock {
    /// Return of each asset.
    pub asset_impacts: Vec<f64>,
    /// Return of the portfolio.
    pub portfolio_impact: f64,
    /// Part of each factor in it.
    pub factor_contributions: Vec<f64>,
    /// Part of convexity in it.
    pub convexity_contribution: f64,
}

/// Effects of `shocks` on assets with rows of `betas`; `convexity` pairs each asset's convexity with the yield move.
pub fn factor_shock(
    betas: &[Vec<f64>],
    weights: &[f64],
    shocks: &[f64],
    convexity: Option<(&[f64], f64)>,
) -> Result<FactorShock, Undefined> {
    check(betas, weights, shocks.len())?;
    if shocks.iter().any(|shock| !shock.is_finite()) {
        return Err(Undefined::InvalidInput { what: "shocks" });
    }
    let curvature: Vec<f64> = match convexity {
        None => vec![0.0; weights.len()],
        Some((convexities, _)) if convexities.len() != weights.len() => {
            return Err(Undefined::LengthMismatch { left: convexities.len(), right: weights.len() });
        }
        Some((convexities, yield_move)) => convexities.iter().map(|c| 0.5 * c * yield_move * yield_move).collect(),
    };
    let linear = |row: &[f64]| sum(row.iter().zip(shocks).map(|(beta, shock)| beta * shock));
    let asset_impacts: Vec<f64> = betas.iter().zip(&curvature).map(|(row, extra)| linear(row) + extra).collect();
    let exposure = exposures(betas, weights);
    Ok(FactorShock {
        portfolio_impact: sum(weights.iter().zip(&asset_impacts).map(|(w, impact)| w * impact)),
        factor_contributions: exposure.iter().zip(shocks).map(|(exposure, shock)| exposure * shock).collect(),
        convexity_contribution: sum(weights.iter().zip(&curvature).map(|(w, extra)| w * extra)),
        asset_impacts,
    })
}

/// Half-width z·√(Σ w²·σ²) of the band around a shock's impact that specific risks leave.
pub fn specific_band(weights: &[f64], specific_volatilities: &[f64], z: f64) -> Result<f64, Undefined> {
    crate::moments::check_paired(weights, specific_volatilities)?;
    if specific_volatilities.iter().any(|v| !(v.is_finite() && *v >= 0.0)) || !(z.is_finite() && z >= 0.0) {
        return Err(Undefined::InvalidInput { what: "specific risk" });
    }
    Ok(z * sum(weights.iter().zip(specific_volatilities).map(|(w, v)| w * w * v * v)).sqrt())
}

/// B'w: the portfolio's exposure to each factor.
pub(super) fn exposures(betas: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let factors = betas.first().map_or(0, Vec::len);
    (0..factors).map(|j| sum(betas.iter().zip(weights).map(|(row, w)| w * row[j]))).collect()
}

/// Refuses betas that are not assets × factors, and anything that is no number.
pub(super) fn check(betas: &[Vec<f64>], weights: &[f64], factors: usize) -> Result<(), Undefined> {
    if betas.len() != weights.len() {
        return Err(Undefined::LengthMismatch { left: betas.len(), right: weights.len() });
    }
    if weights.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if let Some(row) = betas.iter().find(|row| row.len() != factors) {
        return Err(Undefined::LengthMismatch { left: row.len(), right: factors });
    }
    if betas.iter().flatten().chain(weights).any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "betas" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 60 % equity (1.1, −0.2), 40 % bond (0.1, 0.8); equities −30 %, rates +2 %.
        let betas = [vec![1.1, -0.2], vec![0.1, 0.8]];
        let found = factor_shock(&betas, &[0.6, 0.4], &[-0.3, 0.02], None).unwrap();
        assert!((found.asset_impacts[0] + 0.334).abs() < 1e-15 && (found.asset_impacts[1] + 0.014).abs() < 1e-15);
        assert!((found.portfolio_impact + 0.206).abs() < 1e-15);
        assert!((found.factor_contributions[0] + 0.21).abs() < 1e-15);
        // A bond of duration 7 and convexity 60, yields +2 %: −14 % + 1.2 %.
        let bond = factor_shock(&[vec![-7.0]], &[1.0], &[0.02], Some((&[60.0], 0.02))).unwrap();
        assert!((bond.portfolio_impact + 0.128).abs() < 1e-15);
        assert!((bond.convexity_contribution - 0.012).abs() < 1e-15);
        assert!((specific_band(&[0.6, 0.4], &[0.1, 0.2], 1.645).unwrap() - 0.1645).abs() < 1e-12);
    }

    #[test]
    fn the_core_scenarios_on_two_sets_of_betas() {
        // Moves of real rates, inflation, credit (in 1.00, not basis points), dollar, equities; then the impacts in %.
        let shocks = [
            [100.0, 0.0, 0.0, 0.02, -0.05],
            [-100.0, 0.0, 0.0, -0.02, 0.08],
            [0.0, 0.0, 0.0, 0.05, -0.02],
            [0.0, 0.0, 0.0, -0.05, 0.02],
            [50.0, 100.0, 25.0, 0.0, -0.08],
            [-50.0, 0.0, 200.0, 0.0, -0.15],
            [0.0, 0.0, -50.0, 0.0, 0.05],
            [-75.0, 0.0, 100.0, 0.03, -0.20],
            [25.0, 0.0, -25.0, 0.0, 0.15],
            [25.0, 150.0, -50.0, -0.12, 0.05],
            [-75.0, -50.0, 100.0, 0.08, -0.20],
            [-150.0, -100.0, 300.0, 0.15, -0.40],
        ];
        let first = [-7.0, 10.0, -2.0, 2.0, -11.875, -13.0, 4.75, -18.0, 14.375, -0.25, -16.5, -32.5];
        let declared = [-6.0, 9.0, -2.0, 2.0, -9.125, -15.5, 5.25, -19.75, 14.875, 4.25, -19.5, -39.5];
        for (betas, impacts) in [([-2.0, -3.0, 0.5, 0.0, 1.0], first), ([-1.0, -0.5, -0.5, 0.0, 1.0], declared)] {
            for (bp, impact) in shocks.iter().zip(impacts) {
                let moves = [bp[0] / 1e4, bp[1] / 1e4, bp[2] / 1e4, bp[3], bp[4]];
                let found = factor_shock(&[betas.to_vec()], &[1.0], &moves, None).unwrap();
                assert!((100.0 * found.portfolio_impact - impact).abs() < 1e-12, "{bp:?}");
            }
        }
    }

    #[test]
    fn edges() {
        let code = |betas: &[Vec<f64>], w: &[f64], s: &[f64]| factor_shock(betas, w, s, None).unwrap_err().code();
        assert_eq!(code(&[vec![1.0]], &[1.0, 2.0], &[0.1]), "invalid_input");
        assert_eq!(code(&[vec![1.0]], &[1.0], &[0.1, 0.2]), "invalid_input");
        assert_eq!(code(&[], &[], &[]), "insufficient_data");
        assert_eq!(code(&[vec![f64::NAN]], &[1.0], &[0.1]), "invalid_input");
        assert_eq!(code(&[vec![1.0]], &[1.0], &[f64::INFINITY]), "invalid_input");
        assert_eq!(specific_band(&[1.0], &[-0.1], 1.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn contributions_sum_and_shocks_scale(
            b in proptest::collection::vec(-3.0..3.0f64, 12), w in proptest::collection::vec(-1.0..1.0f64, 4),
            s in proptest::collection::vec(-0.5..0.5f64, 3), k in -3.0..3.0f64,
        ) {
            let betas: Vec<Vec<f64>> = b.chunks(3).map(<[f64]>::to_vec).collect();
            let found = factor_shock(&betas, &w, &s, Some((&[1.0, 2.0, 3.0, 4.0], 0.01))).unwrap();
            let total: f64 = found.factor_contributions.iter().sum::<f64>() + found.convexity_contribution;
            prop_assert!((total - found.portfolio_impact).abs() < 1e-12);
            let scaled: Vec<f64> = s.iter().map(|s| k * s).collect();
            let plain = factor_shock(&betas, &w, &s, None).unwrap().portfolio_impact;
            let other = factor_shock(&betas, &w, &scaled, None).unwrap().portfolio_impact;
            prop_assert!((other - k * plain).abs() < 1e-12);
        }
    }
}
