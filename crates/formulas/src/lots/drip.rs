//! Dividend reinvestment: the dividend is income, and buys a new lot.
//!
//!   cash = quantity · dividend, rounded to the cent      new units = cash / price      basis of the new lot = cash
//!
//! Units are kept at twelve decimals unless the broker's precision is given.
//!
//! IRS Publication 550, "dividend reinvestment plans".

use super::{add, div, mul};
use crate::Undefined;
use money::{Decimal, round_to};

/// A reinvested dividend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drip {
    /// The dividend, to the cent.
    pub cash: Decimal,
    /// Units bought.
    pub new_quantity: Decimal,
    /// Income: the dividend.
    pub income: Decimal,
    /// Basis of the holding with the new lot.
    pub total_basis: Decimal,
    /// Units of the holding with the new lot.
    pub total_quantity: Decimal,
}

/// Reinvests a dividend per unit at a price; `decimals`: the broker's precision of units.
pub fn drip(
    quantity: Decimal,
    basis: Decimal,
    dividend: Decimal,
    price: Decimal,
    decimals: u32,
) -> Result<Drip, Undefined> {
    let cash = round_to(mul(quantity, dividend)?, 2).normalize();
    let new_quantity = round_to(div(cash, price, "price")?, decimals).normalize();
    Ok(Drip {
        cash,
        new_quantity,
        income: cash,
        total_basis: add(basis, cash)?,
        total_quantity: add(quantity, new_quantity)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dividend_becomes_a_lot() {
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        let after = drip(dec("100.5"), dec("2000"), dec("0.333"), dec("25"), 4).unwrap();
        assert_eq!((after.cash, after.new_quantity, after.total_basis), (dec("33.47"), dec("1.3388"), dec("2033.47")));
        assert!(drip(dec("1"), dec("1"), dec("1"), dec("0"), 4).is_err());
    }
}
