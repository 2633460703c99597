//! Drawdown table: every fall below a peak, the deepest first, with how long it took to fall and to recover.
//!
//!   an episode is a maximal run of d_t < 0, with d_t as in the maximum drawdown
//!
//! Depth ≤ 0; ties: the earlier first. Periods to the trough are counted from the peak, to recover from the trough, in
//! total from the peak to the recovery, or to the last observation of an episode that has not recovered. Episodes do not
//! overlap. A series that never falls has none; an empty one is undefined.
//!
//! Goldberg, L. and Mahmoud, O. (2017), "Drawdown: From Practice to Theory and Back Again".

use crate::Undefined;
use crate::drawdown::drawdowns;

/// One fall below a peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// The deepest point, < 0.
    pub depth: f64,
    /// Position of the peak.
    pub peak: usize,
    /// Position of the deepest point.
    pub trough: usize,
    /// Position of the recovery, if it came.
    pub recovery: Option<usize>,
    /// Periods from peak to trough.
    pub periods_to_trough: usize,
    /// Periods from trough to recovery, if it came.
    pub periods_to_recover: Option<usize>,
    /// Periods from peak to recovery, or to the last observation.
    pub periods_total: usize,
}

/// The `top` deepest episodes of wealth compounded from `returns`.
pub fn drawdown_table(returns: &[f64], top: usize) -> Result<Vec<Episode>, Undefined> {
    let falls = drawdowns(returns)?;
    let at = |position: usize| if position == 0 { 0.0 } else { falls[position - 1] };
    let last = falls.len();
    let mut episodes = Vec::new();
    let mut position = 1;
    while position <= last {
        if at(position) >= 0.0 {
            position += 1;
            continue;
        }
        let peak = position - 1;
        let mut trough = position;
        while position <= last && at(position) < 0.0 {
            if at(position) < at(trough) {
                trough = position;
            }
            position += 1;
        }
        let recovery = (position <= last).then_some(position);
        episodes.push(Episode {
            depth: at(trough),
            peak,
            trough,
            recovery,
            periods_to_trough: trough - peak,
            periods_to_recover: recovery.map(|r| r - trough),
            periods_total: recovery.unwrap_or(last) - peak,
        });
    }
    // A stable sort keeps the earlier of two equal depths first.
    episodes.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    episodes.truncate(top);
    Ok(episodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawdown::max_drawdown;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 1 → 0.9 → 1.08, then → 0.54 → 0.81 without recovery.
        let table = drawdown_table(&[-0.1, 0.2, -0.5, 0.5], 5).unwrap();
        assert_eq!(table.len(), 2);
        assert!((table[0].depth - -0.5).abs() < 1e-15 && (table[1].depth - -0.1).abs() < 1e-15);
        assert_eq!((table[0].peak, table[0].trough, table[0].recovery, table[0].periods_total), (2, 3, None, 2));
        assert_eq!((table[1].peak, table[1].trough, table[1].recovery, table[1].periods_total), (0, 1, Some(2), 2));
    }

    #[test]
    fn edges() {
        assert_eq!(drawdown_table(&[], 5).unwrap_err().code(), "insufficient_data");
        assert_eq!(drawdown_table(&[0.1, 0.2], 5), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn the_first_row_is_the_maximum(r in proptest::collection::vec(-0.3..0.3f64, 1..60)) {
            let table = drawdown_table(&r, usize::MAX).unwrap();
            let worst = max_drawdown(&r).unwrap();
            prop_assert_eq!(table.first().map_or(0.0, |e| e.depth), worst.depth);
            prop_assert_eq!(table.first().map(|e| (e.peak, e.trough, e.recovery)), worst.peak.map(|p| (p, worst.trough.unwrap(), worst.recovery)));
            let mut by_time = table.clone();
            by_time.sort_by_key(|e| e.peak);
            prop_assert!(by_time.windows(2).all(|w| w[0].recovery.is_some_and(|end| end <= w[1].peak)));
        }
    }
}
