//! Reverse split with cash in lieu: few new units for many old ones; the fraction is paid out.
//!
//!   units = Σ quantity · new / old      fraction = units − ⌊units⌋
//!   fraction basis = basis · fraction / units      gain = cash − fraction basis
//!
//! The fraction counts as received, then sold. Without a price nothing is paid out, and the fraction is kept.
//!
//! Rev. Rul. 66-365; IRS Publication 550.

use super::{SimpleLot, add, mul, share, split, total};
use crate::Undefined;
use money::Decimal;

/// A holding after a reverse split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReverseSplit {
    /// Units delivered.
    pub quantity: Decimal,
    /// Their cost.
    pub basis: Decimal,
    /// Units paid out.
    pub fraction_quantity: Decimal,
    /// Their cost.
    pub fraction_basis: Decimal,
    /// Cash for them.
    pub cash_in_lieu: Decimal,
    /// Gain on them.
    pub gain: Decimal,
}

/// All lots together after `new` for `old`; `price`: cash for one new unit.
pub fn reverse_split(
    lots: &[SimpleLot],
    new: Decimal,
    old: Decimal,
    price: Option<Decimal>,
) -> Result<ReverseSplit, Undefined> {
    let units = total(split(lots, new, old)?.iter().map(|lot| lot.quantity))?;
    let basis = total(lots.iter().map(|lot| lot.basis))?;
    let Some(price) = price else {
        let zero = Decimal::ZERO;
        return Ok(ReverseSplit {
            quantity: units,
            basis,
            fraction_quantity: zero,
            fraction_basis: zero,
            cash_in_lieu: zero,
            gain: zero,
        });
    };
    let fraction = units - units.floor();
    let fraction_basis = if fraction.is_zero() { Decimal::ZERO } else { share(basis, fraction, units)? };
    let cash = mul(fraction, price)?;
    Ok(ReverseSplit {
        quantity: units.floor(),
        basis: add(basis, -fraction_basis)?,
        fraction_quantity: fraction,
        fraction_basis,
        cash_in_lieu: cash,
        gain: add(cash, -fraction_basis)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_is_sold() {
        let lot = SimpleLot { acquired: "2021-03-01".parse().unwrap(), quantity: 105.into(), basis: 1050.into() };
        let after = reverse_split(&[lot], 1.into(), 10.into(), Some(120.into())).unwrap();
        assert_eq!((after.quantity, after.basis), (10.into(), 1000.into()));
        assert_eq!((after.fraction_basis, after.cash_in_lieu, after.gain), (50.into(), 60.into(), 10.into()));
        let kept = reverse_split(&[lot], 1.into(), 10.into(), None).unwrap();
        assert_eq!((kept.quantity, kept.basis), ("10.5".parse().unwrap(), 1050.into()));
    }
}
