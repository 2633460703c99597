//! Drawdown at risk and conditional drawdown at risk: how deep it was below the peak in the worst α of the time.
//!
//!   compounded     d_t = 1 − NAV_t/max_{s≤t} NAV_s, NAV = ∏(1 + r)        uncompounded  D_t = max_{s≤t} S_s − S_t, S = 1 + Σr
//!   DaR_α = the k-th largest, k = ⌈αT⌉      CDaR_α = mean of the αT largest, the k-th counted in part
//!
//! α: tail probability (0.05, where the literature writes a confidence of 0.95); T drawdowns, one after each return, all
//! ≥ 0; the start is a peak. CDaR for α → 0 is the maximum drawdown, for α = 1 the average one. Undefined for an empty
//! series.
//!
//! Chekhlov, A., Uryasev, S. and Zabarankin, M. (2005), International Journal of Theoretical and Applied Finance 8(1).

use crate::Undefined;
use crate::drawdown::drawdowns;
use crate::tail::tail_rank;

/// Drawdowns at risk, positive fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawdownAtRisk {
    /// DaR of compounded wealth.
    pub dar_compounded: f64,
    /// CDaR of compounded wealth.
    pub cdar_compounded: f64,
    /// DaR of summed returns.
    pub dar_uncompounded: f64,
    /// CDaR of summed returns.
    pub cdar_uncompounded: f64,
}

/// Drawdown at risk of `returns`.
pub fn dar_cdar(returns: &[f64], tail_probability: f64) -> Result<DrawdownAtRisk, Undefined> {
    let mut compounded = drawdowns(returns)?;
    let mut uncompounded = uncompounded_drawdowns(returns)?;
    let (dar_compounded, cdar_compounded) = tail_of(&mut compounded, tail_probability)?;
    let (dar_uncompounded, cdar_uncompounded) = tail_of(&mut uncompounded, tail_probability)?;
    Ok(DrawdownAtRisk { dar_compounded, cdar_compounded, dar_uncompounded, cdar_uncompounded })
}

/// S_t − max S, ≤ 0, after each return.
fn uncompounded_drawdowns(returns: &[f64]) -> Result<Vec<f64>, Undefined> {
    let (mut level, mut peak) = (0.0_f64, 0.0_f64);
    let falls: Vec<f64> = returns
        .iter()
        .map(|r| {
            level += r;
            peak = peak.max(level);
            level - peak
        })
        .collect();
    if falls.iter().all(|fall| fall.is_finite()) {
        Ok(falls)
    } else {
        Err(Undefined::InvalidInput { what: "size of the returns" })
    }
}

/// The k-th deepest and the mean of the deepest of `falls` (≤ 0), as positive numbers; partly sorts them.
pub(crate) fn tail_of(falls: &mut [f64], tail_probability: f64) -> Result<(f64, f64), Undefined> {
    if !(0.0 < tail_probability && tail_probability <= 1.0) {
        return Err(Undefined::InvalidInput { what: "tail probability" });
    }
    if falls.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let (k, mass) = tail_rank(tail_probability, falls.len());
    let (worse, edge, _) = falls.select_nth_unstable_by(k - 1, f64::total_cmp);
    let edge = *edge;
    let deepest = crate::moments::sum(worse.iter().copied()) + (mass - (k - 1) as f64) * edge;
    // Adding nothing turns −0 into 0.
    Ok((0.0 - edge, 0.0 - if k == 1 { edge } else { deepest / mass }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawdown::{max_drawdown, ulcer_index};
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 1 → 0.9 → 0.72 → 0.72: falls 10, 28, 28 %, or 10, 30, 30 % of the start. The worst half of three: 1.5 of them.
        let result = dar_cdar(&[-0.1, -0.2, 0.0], 0.5).unwrap();
        assert!((result.dar_compounded - 0.28).abs() < 1e-15 && (result.cdar_compounded - 0.28).abs() < 1e-15);
        assert!((result.dar_uncompounded - 0.3).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(dar_cdar(&[], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(dar_cdar(&[0.1], 0.0).unwrap_err().code(), "invalid_input");
        let rising = dar_cdar(&[0.1, 0.1], 0.05).unwrap();
        assert!(rising.dar_compounded == 0.0 && rising.cdar_uncompounded.is_sign_positive());
    }

    proptest! {
        #[test]
        fn between_the_average_and_the_maximum(r in proptest::collection::vec(-0.2..0.2f64, 1..60), alpha in 0.01..1.0f64) {
            let of = |alpha| dar_cdar(&r, alpha).unwrap();
            let (tiny, all) = (of(1e-6), of(1.0));
            prop_assert!((tiny.cdar_compounded + max_drawdown(&r).unwrap().depth).abs() < 1e-12);
            prop_assert!((all.cdar_compounded - ulcer_index(&r).unwrap().average_drawdown).abs() < 1e-12);
            let some = of(alpha);
            prop_assert!(all.cdar_compounded <= some.cdar_compounded + 1e-12 && some.cdar_compounded <= tiny.cdar_compounded + 1e-12);
            prop_assert!(some.dar_uncompounded <= some.cdar_uncompounded + 1e-12);
        }
    }
}
