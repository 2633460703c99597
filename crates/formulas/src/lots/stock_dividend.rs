//! Stock dividend: more units of the same, with cash for the fraction.
//!
//!   received = quantity · rate, of which ⌊received⌋ are delivered and the rest is paid in cash
//!   basis is divided by market value: old and delivered units at the market price, the fraction at its cash
//!   gain = cash − basis of the fraction
//!
//! Not taxable itself. Without cash a fraction is kept as units.
//!
//! IRC 305(a), 307; IRS Publication 550 (its example: one share of 100, 5 %, market price 200, 10 in cash: 95.24, 4.76
//! and a gain of 5.24).

use super::{add, mul, share};
use crate::Undefined;
use money::Decimal;

/// A holding after a stock dividend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockDividend {
    /// Units held.
    pub quantity: Decimal,
    /// Their cost.
    pub basis: Decimal,
    /// Cost of one unit, old or new.
    pub basis_old_share: Decimal,
    /// Units paid out.
    pub fraction_quantity: Decimal,
    /// Cost of the fraction that was paid out.
    pub basis_fraction: Decimal,
    /// Gain on it.
    pub gain: Decimal,
}

/// A dividend of `rate` new units per unit held.
pub fn stock_dividend(
    quantity: Decimal,
    basis: Decimal,
    rate: Decimal,
    market_price: Decimal,
    cash_in_lieu: Decimal,
) -> Result<StockDividend, Undefined> {
    if quantity <= Decimal::ZERO {
        return Err(Undefined::ZeroDenominator { what: "quantity" });
    }
    let received = mul(quantity, rate)?;
    let is_paid = !cash_in_lieu.is_zero();
    let delivered = if is_paid { received.floor() } else { received };
    let units = add(quantity, delivered)?;
    let value = mul(units, market_price)?;
    let basis_fraction = if is_paid { share(basis, cash_in_lieu, add(value, cash_in_lieu)?)? } else { Decimal::ZERO };
    let kept = add(basis, -basis_fraction)?;
    Ok(StockDividend {
        quantity: units,
        basis: kept,
        basis_old_share: share(kept, Decimal::ONE, units)?,
        fraction_quantity: received - delivered,
        basis_fraction,
        gain: add(cash_in_lieu, -basis_fraction)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example() {
        let rate = "0.05".parse().unwrap();
        let after = stock_dividend(1.into(), 100.into(), rate, 200.into(), 10.into()).unwrap();
        let cents = |value: Decimal| money::round_to(value, 2).to_string();
        assert_eq!(cents(after.basis_old_share), "95.24");
        assert_eq!(cents(after.basis_fraction), "4.76");
        assert_eq!(cents(after.gain), "5.24");
        let whole = stock_dividend(100.into(), 1050.into(), rate, 200.into(), 0.into()).unwrap();
        assert_eq!((whole.quantity, whole.basis_old_share, whole.gain), (105.into(), 10.into(), 0.into()));
    }
}
