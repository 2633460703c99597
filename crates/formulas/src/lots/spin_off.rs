//! Spin-off: shares of a subsidiary, with a part of the parent's basis.
//!
//!   parent's share of the basis = P / (P + r·S)      P, S: prices of parent and subsidiary; r = new/old
//!
//! Prices are first-day closes or those of Form 8937. Dates carry over. A fraction is kept, or sold at the subsidiary's
//! price as cash in lieu with its share of the basis.
//!
//! IRC 355, 358; Treas. Reg. 1.358-2.

use super::{SimpleLot, add, div, mul, share, split, total};
use crate::{Date, Undefined};
use ledger::corporate_actions::moved_cost_fraction;
use money::Decimal;

/// What becomes of a fraction of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fractions {
    /// It is kept.
    Keep,
    /// It is paid out at this price, or at the subsidiary's where there is none.
    Cash(Option<Decimal>),
}

/// The terms of a spin-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpinOffTerms {
    /// Units received for `ratio_old` held.
    pub ratio_new: Decimal,
    /// Units held.
    pub ratio_old: Decimal,
    /// Price of the parent.
    pub parent_price: Decimal,
    /// Price of the subsidiary.
    pub spin_price: Decimal,
    /// What becomes of a fraction.
    pub fractions: Fractions,
}

/// Two holdings out of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpinOff {
    /// Basis that stays with the parent.
    pub parent_basis: Decimal,
    /// Basis of the units received and kept.
    pub spin_basis: Decimal,
    /// Units received and kept.
    pub spin_quantity: Decimal,
    /// Their purchase dates: those of the parent's lots.
    pub spin_acquired: Vec<Date>,
    /// Lots of the subsidiary, before a fraction is paid out.
    pub spin_lots: Vec<SimpleLot>,
    /// Lots of the parent.
    pub parent_lots: Vec<SimpleLot>,
    /// Cash for the fraction.
    pub cash_in_lieu: Decimal,
    /// Its basis.
    pub fraction_basis: Decimal,
    /// Its gain.
    pub gain: Decimal,
}

/// Divides lots between parent and subsidiary.
pub fn spin_off(lots: &[SimpleLot], terms: &SpinOffTerms) -> Result<SpinOff, Undefined> {
    let fraction = moved_cost_fraction(terms.parent_price, terms.spin_price, terms.ratio_new, terms.ratio_old);
    fraction.ok_or(Undefined::ZeroDenominator { what: "value of parent and spin-off" })?;
    let moved_value = mul(terms.spin_price, terms.ratio_new)?;
    let whole_value = add(mul(terms.parent_price, terms.ratio_old)?, moved_value)?;
    let mut spin_lots = split(lots, terms.ratio_new, terms.ratio_old)?;
    let mut parent_lots = lots.to_vec();
    for (parent, spun) in parent_lots.iter_mut().zip(&mut spin_lots) {
        spun.basis = share(parent.basis, moved_value, whole_value)?;
        parent.basis = add(parent.basis, -spun.basis)?;
    }
    let received = total(spin_lots.iter().map(|lot| lot.quantity))?;
    let basis = total(spin_lots.iter().map(|lot| lot.basis))?;
    let (part, price) = match terms.fractions {
        Fractions::Keep => (Decimal::ZERO, Decimal::ZERO),
        Fractions::Cash(price) => (received - received.floor(), price.unwrap_or(terms.spin_price)),
    };
    let fraction_basis = if part.is_zero() { part } else { div(mul(basis, part)?, received, "quantity")? };
    let cash_in_lieu = mul(part, price)?;
    let mut spin_acquired: Vec<Date> = lots.iter().map(|lot| lot.acquired).collect();
    spin_acquired.dedup();
    Ok(SpinOff {
        parent_basis: total(parent_lots.iter().map(|lot| lot.basis))?,
        spin_basis: add(basis, -fraction_basis)?,
        spin_quantity: add(received, -part)?,
        spin_acquired,
        spin_lots,
        parent_lots,
        cash_in_lieu,
        fraction_basis,
        gain: add(cash_in_lieu, -fraction_basis)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_for_ten() {
        let lot = SimpleLot { acquired: "2021-03-01".parse().unwrap(), quantity: 100.into(), basis: 8000.into() };
        let mut terms = SpinOffTerms {
            ratio_new: 1.into(),
            ratio_old: 10.into(),
            parent_price: 90.into(),
            spin_price: 100.into(),
            fractions: Fractions::Keep,
        };
        let spun = spin_off(&[lot], &terms).unwrap();
        assert_eq!((spun.parent_basis, spun.spin_basis, spun.spin_quantity), (7200.into(), 800.into(), 10.into()));
        assert_eq!(spun.spin_acquired, [lot.acquired]);
        terms.fractions = Fractions::Cash(None);
        let lot = SimpleLot { quantity: 105.into(), ..lot };
        let spun = spin_off(&[lot], &terms).unwrap();
        assert_eq!(spun.spin_quantity, 10.into());
        assert_eq!(spun.parent_basis + spun.spin_basis + spun.fraction_basis, 8000.into());
        assert_eq!((spun.cash_in_lieu, spun.gain), (50.into(), Decimal::from(50) - spun.fraction_basis));
    }
}
