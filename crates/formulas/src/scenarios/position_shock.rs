//! Position shock: what a scenario does to one position in the base currency.
//!
//!   local = Σ β_j·shock_j + ½·convexity·Δy²      fx = (1 − δ_c·u)/(1 − δ_b·u) − 1
//!   position = (1 + local)·(1 + fx) − 1, not below −100 % for a long position
//!
//! u: the dollar's move against a basket; δ_c: how much of it currency c takes (1 declared, 0 for the dollar itself and
//! pegs to it), δ_b the same of the base currency. A stated currency move replaces fx. Cash takes fx only. Undefined
//! when the dollar's move takes a currency to zero or below.

use crate::Undefined;

/// Effect on a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionShock {
    /// Return in its own currency.
    pub local: f64,
    /// Return of its currency in the base currency.
    pub fx: f64,
    /// Return in the base currency.
    pub total: f64,
    /// Whether the floor of −100 % was needed.
    pub floored: bool,
}

/// Return of a currency against the base when the dollar moves by `usd`.
pub fn currency_shock(currency_sensitivity: f64, base_sensitivity: f64, usd: f64) -> Result<f64, Undefined> {
    let (currency, base) = (1.0 - currency_sensitivity * usd, 1.0 - base_sensitivity * usd);
    let fx = currency / base - 1.0;
    if fx.is_finite() && currency > 0.0 && base > 0.0 { Ok(fx) } else { Err(Undefined::InvalidInput { what: "usd" }) }
}

/// Effect of a local return and a currency move on a position, long or short.
pub fn position_shock(local: f64, fx: f64, is_long: bool) -> Result<PositionShock, Undefined> {
    if !local.is_finite() {
        return Err(Undefined::InvalidInput { what: "local return" });
    }
    if !(fx.is_finite() && fx > -1.0) {
        return Err(Undefined::InvalidInput { what: "fx" });
    }
    let total = (1.0 + local) * (1.0 + fx) - 1.0;
    let floored = is_long && total < -1.0;
    Ok(PositionShock { local, fx, total: if floored { -1.0 } else { total }, floored })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // +10 % local, −3 % currency: −0.30 % interaction, +6.70 % in all.
        let found = position_shock(0.10, -0.03, true).unwrap();
        assert!((found.total - 0.067).abs() < 1e-15);
        assert!((found.total - found.local - found.fx + 0.003).abs() < 1e-15);
        // Dollar +5 %: a euro position of a dollar investor loses 5 %; a dollar position of a euro investor gains.
        assert!((currency_shock(1.0, 0.0, 0.05).unwrap() + 0.05).abs() < 1e-15);
        assert!((currency_shock(0.0, 1.0, 0.05).unwrap() - 0.05 / 0.95).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let lost = position_shock(-1.4, 0.1, true).unwrap();
        assert_eq!((lost.total, lost.floored), (-1.0, true));
        assert!((position_shock(-1.4, 0.1, false).unwrap().total + 1.44).abs() < 1e-15);
        assert_eq!(position_shock(0.1, -1.0, true).unwrap_err().code(), "invalid_input");
        assert_eq!(currency_shock(1.0, 0.0, 1.0).unwrap_err().code(), "invalid_input");
        assert_eq!(currency_shock(0.0, 1.0, 1.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn the_same_currency_has_no_effect(delta in 0.0..1.5f64, usd in -0.5..0.5f64) {
            prop_assert!(currency_shock(delta, delta, usd).unwrap().abs() < 1e-12);
        }
    }
}
