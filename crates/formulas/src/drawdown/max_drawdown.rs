//! Maximum drawdown: the worst fall from a peak, as an investor with the worst timing felt it.
//!
//!   d_t = NAV_t / max_{s≤t} NAV_s − 1      NAV_0 = 1, NAV_t = ∏(1 + r)      maximum drawdown = min d_t
//!
//! ≤ 0: −0.25 is a fall by a quarter. The start counts as a peak. Peak: the last position at the old high before the
//! fall; trough: the first at the minimum; recovery: the first at or above the old high, if any. A series that never falls has 0 and no positions.
//! A wealth of zero has −1 from then on. Undefined for an empty series.
//!
//! Chekhlov, A., Uryasev, S. and Zabarankin, M. (2005), International Journal of Theoretical and Applied Finance 8(1).

use crate::Undefined;
use crate::moments::check_returns;

/// The worst fall and when it happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxDrawdown {
    /// The fall, ≤ 0.
    pub depth: f64,
    /// Position of the peak; none if nothing fell.
    pub peak: Option<usize>,
    /// Position of the trough; none if nothing fell.
    pub trough: Option<usize>,
    /// Position of the recovery; none if nothing fell or it has not recovered.
    pub recovery: Option<usize>,
}

/// The maximum drawdown of wealth compounded from `returns`.
pub fn max_drawdown(returns: &[f64]) -> Result<MaxDrawdown, Undefined> {
    let falls = drawdowns(returns)?;
    let mut worst = MaxDrawdown { depth: 0.0, peak: None, trough: None, recovery: None };
    let mut peak = 0;
    let mut peak_of_worst = 0;
    for (position, fall) in std::iter::once(0.0).chain(falls).enumerate() {
        if fall == 0.0 {
            if worst.trough.is_some() && worst.recovery.is_none() && peak == peak_of_worst {
                worst.recovery = Some(position);
            }
            peak = position;
        } else if fall < worst.depth {
            worst = MaxDrawdown { depth: fall, peak: Some(peak), trough: Some(position), recovery: None };
            peak_of_worst = peak;
        }
    }
    Ok(worst)
}

/// The fall below the running peak after each return, ≤ 0, one per return.
pub fn drawdowns(returns: &[f64]) -> Result<Vec<f64>, Undefined> {
    if returns.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    check_returns(returns)?;
    let (mut wealth, mut peak) = (1.0_f64, 1.0_f64);
    let falls: Vec<f64> = returns
        .iter()
        .map(|r| {
            wealth *= 1.0 + r;
            peak = peak.max(wealth);
            wealth / peak - 1.0
        })
        .collect();
    // Wealth beyond the range of numbers.
    if falls.iter().all(|fall| fall.is_finite()) {
        Ok(falls)
    } else {
        Err(Undefined::InvalidInput { what: "size of the returns" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 1 → 1.25 → 1 → 1.5: a fall by a fifth from position 1 to 2, made good at 3.
        let found = max_drawdown(&[0.25, -0.2, 0.5]).unwrap();
        assert!((found.depth - -0.2).abs() < 1e-15);
        assert_eq!((found.peak, found.trough, found.recovery), (Some(1), Some(2), Some(3)));
    }

    #[test]
    fn edges() {
        assert_eq!(max_drawdown(&[]).unwrap_err().code(), "insufficient_data");
        let rising = max_drawdown(&[0.1, 0.0, 0.1]).unwrap();
        assert_eq!(rising, MaxDrawdown { depth: 0.0, peak: None, trough: None, recovery: None });
        let ruined = max_drawdown(&[-1.0, 0.5]).unwrap();
        assert_eq!((ruined.depth, ruined.trough, ruined.recovery), (-1.0, Some(1), None));
        // A flat top: the fall is counted from its end.
        assert_eq!(max_drawdown(&[0.5, 0.0, -0.5]).unwrap().peak, Some(2));
        // A recovery of an earlier, shallower fall is not one of the worst.
        assert_eq!(max_drawdown(&[-0.1, 0.2, -0.5, 0.1]).unwrap().recovery, None);
    }

    proptest! {
        #[test]
        fn no_pair_of_days_falls_further(r in proptest::collection::vec(-0.3..0.3f64, 1..40)) {
            let mut wealth = vec![1.0];
            wealth.extend(r.iter().scan(1.0, |w, x| { *w *= 1.0 + x; Some(*w) }));
            let pairs = (0..wealth.len()).flat_map(|i| (i..wealth.len()).map(move |j| (i, j)));
            let worst = pairs.map(|(i, j)| wealth[j] / wealth[i] - 1.0).fold(0.0, f64::min);
            prop_assert!((max_drawdown(&r).unwrap().depth - worst).abs() < 1e-12);
        }
    }
}
