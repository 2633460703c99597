//! Return of capital: cash that lowers the basis, and is gain once the basis is gone.
//!
//!   per lot: basis' = max(basis − quantity · amount, 0)      gain = max(quantity · amount − basis, 0), with the lot's term
//!
//! IRC 301(c); IRS Publication 550, "nondividend distributions".

use super::{SimpleLot, add, mul, total};
use crate::Undefined;
use money::Decimal;

/// Lots after a return of capital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnOfCapital {
    /// The lots with their lower basis.
    pub lots: Vec<SimpleLot>,
    /// Gain of each lot.
    pub gains: Vec<Decimal>,
    /// Basis of all lots.
    pub basis: Decimal,
    /// Gain of all lots.
    pub gain: Decimal,
    /// Cash received.
    pub cash: Decimal,
}

/// Pays `amount` per unit.
pub fn return_of_capital(lots: &[SimpleLot], amount: Decimal) -> Result<ReturnOfCapital, Undefined> {
    let mut after = Vec::with_capacity(lots.len());
    let mut gains = Vec::with_capacity(lots.len());
    let mut cash = Decimal::ZERO;
    for lot in lots {
        let paid = mul(lot.quantity, amount)?;
        cash = add(cash, paid)?;
        let reduction = paid.min(lot.basis);
        after.push(SimpleLot { basis: add(lot.basis, -reduction)?, ..*lot });
        gains.push(add(paid, -reduction)?);
    }
    let basis = total(after.iter().map(|lot| lot.basis))?;
    let gain = total(gains.iter().copied())?;
    Ok(ReturnOfCapital { lots: after, gains, basis, gain, cash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_the_basis_is_gain() {
        let lot = |basis: i64| SimpleLot {
            acquired: "2021-03-01".parse().unwrap(),
            quantity: 100.into(),
            basis: basis.into(),
        };
        let after = return_of_capital(&[lot(1000), lot(150)], 2.into()).unwrap();
        assert_eq!((after.basis, after.gain, after.cash), (800.into(), 50.into(), 400.into()));
        assert_eq!(after.gains, [0.into(), 50.into()]);
    }
}
