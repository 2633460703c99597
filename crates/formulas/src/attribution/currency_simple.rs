//! Currency effect: how much of a foreign holding's return came from the holding and how much from its currency.
//!
//!   base return = (1 + L)(1 + F) − 1 = L + F + L·F
//!   contributions  local w·L   currency w·F   interaction w·L·F
//!
//! w: weight at the start of the period; L: return in the holding's own currency; F: return of that currency, quoted as
//! base per local. Contributions of all holdings sum to the portfolio's return in base currency.
//!
//! Undefined for no holding, for series of different lengths and for returns below −100 %.
//!
//! Bacon (2008), ch. 6.

use crate::Undefined;
use crate::moments::{check_paired, check_returns, sum};

/// Returns and contributions, one per holding, with their totals.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrencySimple {
    /// Return of each holding in base currency.
    pub base_returns: Vec<f64>,
    /// w·L of each holding.
    pub local: Vec<f64>,
    /// w·F of each holding.
    pub fx: Vec<f64>,
    /// w·L·F of each holding.
    pub interaction: Vec<f64>,
    /// Sum of `local`.
    pub local_total: f64,
    /// Sum of `fx`.
    pub fx_total: f64,
    /// Sum of `interaction`.
    pub interaction_total: f64,
    /// The portfolio's return in base currency: the sum of the totals.
    pub portfolio_base_return: f64,
}

/// Splits the base return of each holding into local, currency and interaction.
pub fn currency_simple(
    weights: &[f64],
    local_returns: &[f64],
    fx_returns: &[f64],
) -> Result<CurrencySimple, Undefined> {
    check_paired(weights, local_returns)?;
    check_paired(weights, fx_returns)?;
    if weights.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    check_returns(local_returns)?;
    check_returns(fx_returns)?;
    let rows = || weights.iter().zip(local_returns).zip(fx_returns).map(|((w, l), f)| (*w, *l, *f));
    let local: Vec<f64> = rows().map(|(w, l, _)| w * l).collect();
    let fx: Vec<f64> = rows().map(|(w, _, f)| w * f).collect();
    let interaction: Vec<f64> = rows().map(|(w, l, f)| w * l * f).collect();
    let base_returns = rows().map(|(_, l, f)| (1.0 + l) * (1.0 + f) - 1.0).collect();
    let total = |parts: &[f64]| sum(parts.iter().copied());
    let (local_total, fx_total, interaction_total) = (total(&local), total(&fx), total(&interaction));
    let portfolio_base_return = local_total + fx_total + interaction_total;
    Ok(CurrencySimple {
        base_returns,
        local,
        fx,
        interaction,
        local_total,
        fx_total,
        interaction_total,
        portfolio_base_return,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // +10 % at home, −5 % by its currency: 4.5 % in ours.
        let result = currency_simple(&[1.0], &[0.1], &[-0.05]).unwrap();
        assert!((result.base_returns[0] - 0.045).abs() < 1e-15);
        assert!((result.interaction_total - -0.005).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(currency_simple(&[], &[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(currency_simple(&[1.0], &[0.1], &[]).unwrap_err().code(), "invalid_input");
        assert_eq!(currency_simple(&[1.0], &[-1.1], &[0.0]).unwrap_err().code(), "invalid_return");
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(rows in proptest::collection::vec((-1.0..2.0f64, -0.5..0.5f64, -0.5..0.5f64), 1..20)) {
            let w: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let l: Vec<f64> = rows.iter().map(|r| r.1).collect();
            let f: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let result = currency_simple(&w, &l, &f).unwrap();
            let whole: f64 = w.iter().zip(&result.base_returns).map(|(w, r)| w * r).sum();
            prop_assert!((result.portfolio_base_return - whole).abs() < 1e-12);
        }
    }
}
