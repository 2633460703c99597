//! Returns over several periods, one from each start: the history of an h-period loss.
//!
//!   R_t = ∏_{s=t..t+h−1} (1 + r_s) − 1, T − h + 1 of them      effective n = ⌊T/h⌋
//!
//! Neighbours share all but one period, so they say less than their number suggests: state the effective n beside them.
//! Undefined for h = 0 and fewer than h returns.
//!
//! Jorion, P. (2006), Value at Risk.

use crate::Undefined;
use crate::moments::check_returns;
use crate::returns::link;

/// Overlapping returns over `horizon` periods, and the number of independent ones.
pub fn overlapping_returns(returns: &[f64], horizon: usize) -> Result<(Vec<f64>, usize), Undefined> {
    check_returns(returns)?;
    if horizon == 0 {
        return Err(Undefined::InvalidInput { what: "horizon" });
    }
    if returns.len() < horizon {
        return Err(Undefined::InsufficientData { needed: horizon, found: returns.len() });
    }
    let linked = |window: &[f64]| if horizon == 1 { window[0] } else { link(window.iter().copied()) };
    Ok((returns.windows(horizon).map(linked).collect(), returns.len() / horizon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        let (r, n) = overlapping_returns(&[0.1, -0.1, 0.2], 2).unwrap();
        assert!((r[0] - -0.01).abs() < 1e-15 && (r[1] - 0.08).abs() < 1e-15);
        assert_eq!((r.len(), n), (2, 1));
    }

    #[test]
    fn edges() {
        assert_eq!(overlapping_returns(&[0.1], 0).unwrap_err().code(), "invalid_input");
        assert_eq!(overlapping_returns(&[0.1], 2).unwrap_err().code(), "insufficient_data");
        assert_eq!(overlapping_returns(&[0.1, 0.2], 1).unwrap().0, [0.1, 0.2]);
    }
}
