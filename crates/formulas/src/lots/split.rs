//! Split: new units for old ones.
//!
//!   quantity' = quantity · new / old      total basis and dates stay, so the basis of a unit changes
//!
//! IRC 305, 307; IRS Publication 550.

use super::{SimpleLot, div, mul};
use crate::Undefined;
use money::Decimal;

/// Lots after a split of `new` for `old`.
pub fn split(lots: &[SimpleLot], new: Decimal, old: Decimal) -> Result<Vec<SimpleLot>, Undefined> {
    if new <= Decimal::ZERO || old <= Decimal::ZERO {
        return Err(Undefined::InvalidInput { what: "ratio" });
    }
    let after = |lot: &SimpleLot| {
        let quantity = div(mul(lot.quantity, new)?, old, "ratio")?.normalize();
        Ok(SimpleLot { quantity, ..*lot })
    };
    lots.iter().map(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_for_two() {
        let lot = SimpleLot { acquired: "2021-03-01".parse().unwrap(), quantity: 100.into(), basis: 900.into() };
        let after = split(&[lot], 3.into(), 2.into()).unwrap();
        assert_eq!(after, [SimpleLot { quantity: 150.into(), ..lot }]);
        assert!(split(&[lot], 0.into(), 2.into()).is_err());
    }
}
