//! Drawdown at risk over scenarios: how deep many equally likely paths fall.
//!
//!   pooled          DaR and CDaR over all M·T drawdowns, compounded
//!   of the maxima   DaR and CDaR over the M maximum drawdowns of the paths: what a whole horizon may bring
//!
//! M paths of T steps, α the tail probability; k = ⌈α·M·T⌉ and ⌈α·M⌉ as in the drawdown at risk of one path. Positive
//! fractions. Undefined for no path and for paths without a step; paths of different length are refused.
//!
//! Chekhlov, A., Uryasev, S. and Zabarankin, M. (2005), International Journal of Theoretical and Applied Finance 8(1).

use crate::Undefined;
use crate::drawdown::dar_cdar::tail_of;
use crate::drawdown::drawdowns;

/// Drawdowns at risk over all paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScenarioDrawdown {
    /// DaR over all drawdowns.
    pub pooled_dar: f64,
    /// CDaR over all drawdowns.
    pub pooled_cdar: f64,
    /// DaR over the paths' maxima.
    pub max_drawdown_dar: f64,
    /// CDaR over the paths' maxima.
    pub max_drawdown_cdar: f64,
}

/// Drawdown at risk over equally likely `paths` of returns.
pub fn dar_scenario(paths: &[Vec<f64>], tail_probability: f64) -> Result<ScenarioDrawdown, Undefined> {
    let first = paths.first().ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    let mut pooled = Vec::with_capacity(paths.len() * first.len());
    let mut deepest = Vec::with_capacity(paths.len());
    for path in paths {
        if path.len() != first.len() {
            return Err(Undefined::LengthMismatch { left: first.len(), right: path.len() });
        }
        let falls = drawdowns(path)?;
        deepest.push(falls.iter().copied().fold(0.0, f64::min));
        pooled.extend(falls);
    }
    let (pooled_dar, pooled_cdar) = tail_of(&mut pooled, tail_probability)?;
    let (max_drawdown_dar, max_drawdown_cdar) = tail_of(&mut deepest, tail_probability)?;
    Ok(ScenarioDrawdown { pooled_dar, pooled_cdar, max_drawdown_dar, max_drawdown_cdar })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawdown::dar_cdar;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // One path falls 10 % and recovers, one falls 30 % and stays: pooled 0, 10, 30, 30; maxima 10 and 30.
        let paths = [vec![-0.1, 1.0 / 9.0], vec![-0.3, 0.0]];
        let result = dar_scenario(&paths, 0.5).unwrap();
        assert!((result.pooled_dar - 0.3).abs() < 1e-15 && (result.pooled_cdar - 0.3).abs() < 1e-15);
        assert!((result.max_drawdown_dar - 0.3).abs() < 1e-15);
        assert!((dar_scenario(&paths, 1.0).unwrap().max_drawdown_cdar - 0.2).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(dar_scenario(&[], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(dar_scenario(&[vec![]], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(dar_scenario(&[vec![0.1], vec![]], 0.05).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn one_path_is_the_plain_case(r in proptest::collection::vec(-0.2..0.2f64, 1..40), alpha in 0.01..1.0f64) {
            let (many, one) = (dar_scenario(std::slice::from_ref(&r), alpha).unwrap(), dar_cdar(&r, alpha).unwrap());
            prop_assert_eq!((many.pooled_dar, many.pooled_cdar), (one.dar_compounded, one.cdar_compounded));
            // The same path twice changes nothing.
            let twice = dar_scenario(&[r.clone(), r], alpha).unwrap();
            prop_assert!((twice.pooled_cdar - many.pooled_cdar).abs() < 1e-12);
        }
    }
}
