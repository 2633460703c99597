//! The price of one unit and the number of units.
//!
//! Invariant: a [`Price`] is greater than zero.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::{Money, MoneyError};
use crate::currency::Currency;
use crate::text::decimal_text;

/// A price in force on a date, per unit. Invariant: amount > 0 (checked in [`Price::new`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    amount: Decimal,
    currency: Currency,
}

/// A number of units; negative for a reduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(#[serde(with = "rust_decimal::serde::str")] pub Decimal);

impl Price {
    /// A price; refused unless greater than zero.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if amount > Decimal::ZERO {
            return Ok(Self { amount, currency });
        }
        Err(MoneyError::NotPositive { what: "price", value: amount })
    }

    /// Amount per unit.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// Currency of the amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Price × quantity.
    pub fn times(&self, quantity: Quantity) -> Result<Money, MoneyError> {
        Money::new(self.amount, self.currency).checked_mul(quantity.0)
    }

    /// The same price in the main currency where this one is quoted in a fraction of it: 7287 GBX → 72.87 GBP.
    pub fn in_main_currency(&self) -> Result<Price, MoneyError> {
        let Some((parent, factor)) = self.currency.parent() else { return Ok(*self) };
        let main = Money::new(self.amount, parent).checked_mul(factor)?;
        Price::new(main.amount.normalize(), main.currency)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal_text(self.amount), self.currency)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_positive() {
        for amount in [0, -1] {
            assert!(Price::new(Decimal::from(amount), Currency::USD).is_err());
        }
        let price = Price::new(Decimal::new(25742, 2), Currency::USD).expect("positive");
        assert_eq!(price.times(Quantity(Decimal::from(20))).expect("fits").to_string(), "5148.4 USD");
    }

    #[test]
    fn pence_become_pounds() {
        let pence = Price::new(Decimal::from(7287), Currency::GBX).expect("positive");
        assert_eq!(pence.in_main_currency().expect("fits").to_string(), "72.87 GBP");
    }
}
