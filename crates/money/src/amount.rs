//! An amount with its currency.
//!
//! Invariant: an operation on two amounts succeeds only in one currency and within 96 bits; else the error names both.

use std::fmt;

use rust_decimal::Decimal;
use thiserror::Error;

use crate::currency::Currency;
use crate::text::decimal_text;

/// An amount of money, positive or negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Units of the currency (not of its minor unit).
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency: Currency,
}

/// Why an operation on money has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two currencies were mixed.
    #[error("cannot combine {left} with {right}")]
    CurrencyMismatch {
        /// Currency of the left side.
        left: Currency,
        /// Currency of the right side.
        right: Currency,
    },
    /// The result needs more than 96 bits.
    #[error("the result of {left} and {right} is too large")]
    Overflow {
        /// The left side as text.
        left: String,
        /// The right side as text.
        right: String,
    },
    /// A price or rate that must be positive is not.
    #[error("{what} must be greater than zero, not {value}")]
    NotPositive {
        /// `price` or `rate`.
        what: &'static str,
        /// The value given.
        value: Decimal,
    },
}

impl Money {
    /// An amount in a currency.
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// Sum of two amounts of one currency.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let sum = self.amount.checked_add(other.amount);
        Ok(Money::new(sum.ok_or_else(|| self.overflow(&other))?, self.currency))
    }

    /// Difference of two amounts of one currency.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.checked_add(-other)
    }

    /// The amount times a plain number (a quantity, a fraction).
    pub fn checked_mul(self, factor: Decimal) -> Result<Money, MoneyError> {
        let product = self.amount.checked_mul(factor);
        Ok(Money::new(product.ok_or_else(|| self.overflow(&factor))?, self.currency))
    }

    /// Whether the amount is zero.
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }

    fn overflow(self, other: &dyn fmt::Display) -> MoneyError {
        MoneyError::Overflow { left: self.to_string(), right: other.to_string() }
    }
}

impl std::ops::Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money::new(-self.amount, self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal_text(self.amount), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(amount: i64) -> Money {
        Money::new(Decimal::new(amount, 2), Currency::EUR)
    }

    #[test]
    fn currencies_do_not_mix() {
        let usd = Money::new(Decimal::ONE, Currency::USD);
        let error = eur(100).checked_add(usd).expect_err("two currencies");
        assert_eq!(error.to_string(), "cannot combine EUR with USD");
    }

    #[test]
    fn overflow_is_an_error() {
        let most = Money::new(Decimal::MAX, Currency::EUR);
        assert!(matches!(most.checked_add(most), Err(MoneyError::Overflow { .. })));
        assert!(matches!(most.checked_mul(Decimal::TEN), Err(MoneyError::Overflow { .. })));
    }

    proptest! {
        #[test]
        fn subtraction_undoes_addition(left in any::<i64>(), right in any::<i64>()) {
            let sum = eur(left).checked_add(eur(right)).expect("fits");
            prop_assert_eq!(sum.checked_sub(eur(right)).expect("fits"), eur(left));
        }
    }
}
