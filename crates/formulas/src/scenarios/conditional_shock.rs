//! Conditional shock: completes a stress of some factors by what the others do on average when it happens.
//!
//!   E[s₂ | s₁] = Σ₂₁·Σ₁₁⁻¹·s₁      distance = √(s'Σ⁻¹s) = √(s₁'Σ₁₁⁻¹s₁)
//!
//! s₁ the given moves, Σ the covariance of the factors over the shock's horizon, mean moves 0. The Mahalanobis distance
//! of the completed shock says how far it lies from everyday moves, in deviations; completing adds nothing to it. With
//! nothing given all moves and the distance are 0. Undefined when the given factors have no positive definite
//! covariance: two that move as one cannot be shocked apart.
//!
//! Kupiec, P. (1998), "Stress Testing in a Value at Risk Framework", Journal of Derivatives 6(1).

use crate::Undefined;
use crate::moments::sum;
use crate::small_matrix::solve_positive_definite;

/// All factors' moves and how unusual they are together.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedShock {
    /// Move of each factor; the given ones as given.
    pub shocks: Vec<f64>,
    /// Mahalanobis distance.
    pub distance: f64,
}

/// Completes `given` (a move, or none where it is to be found) with `covariance`.
pub fn conditional_shock(covariance: &[Vec<f64>], given: &[Option<f64>]) -> Result<CompletedShock, Undefined> {
    check_covariance(covariance, given.len())?;
    if given.iter().flatten().any(|shock| !shock.is_finite()) {
        return Err(Undefined::InvalidInput { what: "given" });
    }
    let known: Vec<(usize, f64)> = given.iter().enumerate().filter_map(|(at, shock)| Some((at, (*shock)?))).collect();
    let inner: Vec<Vec<f64>> =
        known.iter().map(|(i, _)| known.iter().map(|(j, _)| covariance[*i][*j]).collect()).collect();
    let moves: Vec<f64> = known.iter().map(|(_, shock)| *shock).collect();
    let weights =
        solve_positive_definite(&inner, &moves).ok_or(Undefined::NotPositiveDefinite { what: "factor covariance" })?;
    let expected = |at: usize| sum(known.iter().zip(&weights).map(|((j, _), weight)| covariance[at][*j] * weight));
    Ok(CompletedShock {
        shocks: given.iter().enumerate().map(|(at, shock)| shock.unwrap_or_else(|| expected(at))).collect(),
        distance: sum(moves.iter().zip(&weights).map(|(shock, weight)| shock * weight)).max(0.0).sqrt(),
    })
}

/// Refuses what is not a symmetric matrix of `k` rows with variances of at least 0.
pub(super) fn check_covariance(covariance: &[Vec<f64>], k: usize) -> Result<(), Undefined> {
    if covariance.len() != k {
        return Err(Undefined::LengthMismatch { left: covariance.len(), right: k });
    }
    if let Some(row) = covariance.iter().find(|row| row.len() != k) {
        return Err(Undefined::LengthMismatch { left: row.len(), right: k });
    }
    let largest = (0..k).fold(0.0_f64, |largest, at| largest.max(covariance[at][at].abs()));
    let symmetric = |i: usize, j: usize| (covariance[i][j] - covariance[j][i]).abs() <= 1e-9 * largest;
    let finite = covariance.iter().flatten().all(|value| value.is_finite());
    if !finite || !(0..k).all(|i| covariance[i][i] >= 0.0 && (0..i).all(|j| symmetric(i, j))) {
        return Err(Undefined::InvalidInput { what: "factor_covariance" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Deviations 20 % and 1 %, correlation −0.4: equities −30 % bring rates −0.4·0.01/0.2·(−0.3) = +0.6 %.
        let covariance = [vec![0.04, -0.0008], vec![-0.0008, 0.0001]];
        let found = conditional_shock(&covariance, &[Some(-0.3), None]).unwrap();
        assert!((found.shocks[1] - 0.006).abs() < 1e-15 && found.shocks[0] == -0.3);
        assert!((found.distance - 1.5).abs() < 1e-12);
        let nothing = conditional_shock(&covariance, &[None, None]).unwrap();
        assert_eq!((nothing.shocks, nothing.distance), (vec![0.0, 0.0], 0.0));
    }

    #[test]
    fn edges() {
        let code = |c: &[Vec<f64>], given: &[Option<f64>]| conditional_shock(c, given).unwrap_err().code();
        let twins = [vec![1.0, 1.0], vec![1.0, 1.0]];
        assert_eq!(code(&twins, &[Some(1.0), Some(-1.0)]), "not_positive_definite");
        // One of the twins is enough.
        assert!((conditional_shock(&twins, &[Some(1.0), None]).unwrap().shocks[1] - 1.0).abs() < 1e-15);
        assert_eq!(code(&twins, &[Some(1.0)]), "invalid_input");
        assert_eq!(code(&[vec![1.0, 0.5], vec![0.4, 1.0]], &[Some(1.0), None]), "invalid_input");
        assert_eq!(code(&[vec![0.0]], &[Some(1.0)]), "not_positive_definite");
        assert_eq!(code(&[vec![1.0]], &[Some(f64::NAN)]), "invalid_input");
    }

    proptest! {
        #[test]
        fn shocks_scale_and_completing_adds_no_distance(
            a in proptest::collection::vec(-1.0..1.0f64, 9), s in -3.0..3.0f64, k in 0.1..5.0f64,
        ) {
            let covariance: Vec<Vec<f64>> = (0..3)
                .map(|i| (0..3).map(|j| (0..3).map(|m| a[3 * i + m] * a[3 * j + m]).sum::<f64>() + if i == j { 0.1 } else { 0.0 }).collect())
                .collect();
            let of = |s| conditional_shock(&covariance, &[Some(s), None, None]).unwrap();
            let found = of(s);
            for (a, b) in of(k * s).shocks.iter().zip(&found.shocks) {
                prop_assert!((a - k * b).abs() < 1e-9);
            }
            let all: Vec<Option<f64>> = found.shocks.iter().copied().map(Some).collect();
            let complete = conditional_shock(&covariance, &all).unwrap();
            prop_assert!((complete.distance - found.distance).abs() < 1e-6 * (1.0 + found.distance));
        }
    }
}
