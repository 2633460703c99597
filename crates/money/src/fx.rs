//! Exchange rates: 1 unit of the base currency is worth `rate` units of the quote currency.
//!
//! Invariant: the rate is greater than zero.

use rust_decimal::Decimal;

use crate::amount::{Money, MoneyError};
use crate::currency::Currency;

/// 1 `base` = `rate` `quote`. Invariant: rate > 0 (checked in [`FxRate::new`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FxRate {
    base: Currency,
    quote: Currency,
    rate: Decimal,
}

impl FxRate {
    /// A rate; refused unless greater than zero.
    pub fn new(base: Currency, quote: Currency, rate: Decimal) -> Result<Self, MoneyError> {
        if rate > Decimal::ZERO {
            return Ok(Self { base, quote, rate });
        }
        Err(MoneyError::NotPositive { what: "rate", value: rate })
    }

    /// The rate of a currency in itself.
    pub const fn identity(currency: Currency) -> Self {
        Self { base: currency, quote: currency, rate: Decimal::ONE }
    }

    /// The currency of which one unit is priced.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// The currency in which it is priced.
    pub fn quote(&self) -> Currency {
        self.quote
    }

    /// Units of quote for one unit of base.
    pub fn rate(&self) -> Decimal {
        self.rate
    }

    /// 1 quote = 1/rate base.
    pub fn inverse(&self) -> Result<FxRate, MoneyError> {
        let rate = Decimal::ONE.checked_div(self.rate).ok_or_else(|| self.overflow("inversion"))?;
        FxRate::new(self.quote, self.base, rate)
    }

    /// (a → b) crossed with (b → c) is (a → c).
    pub fn cross(&self, next: &FxRate) -> Result<FxRate, MoneyError> {
        if self.quote != next.base {
            return Err(MoneyError::CurrencyMismatch { left: self.quote, right: next.base });
        }
        let rate = self.rate.checked_mul(next.rate).ok_or_else(|| self.overflow(&next.rate.to_string()))?;
        FxRate::new(self.base, next.quote, rate)
    }

    /// An amount of base, in quote.
    pub fn convert(&self, money: Money) -> Result<Money, MoneyError> {
        if money.currency != self.base {
            return Err(MoneyError::CurrencyMismatch { left: money.currency, right: self.base });
        }
        let converted = money.checked_mul(self.rate)?;
        Ok(Money::new(converted.amount, self.quote))
    }

    fn overflow(&self, right: &str) -> MoneyError {
        MoneyError::Overflow { left: self.rate.to_string(), right: right.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(base: Currency, quote: Currency, text: &str) -> FxRate {
        FxRate::new(base, quote, text.parse().expect("a number")).expect("positive")
    }

    #[test]
    fn crosses_through_a_common_currency() {
        let usd_eur = rate(Currency::EUR, Currency::USD, "1.25").inverse().expect("invertible");
        assert_eq!(usd_eur.rate(), Decimal::new(8, 1));
        let usd_gbp = usd_eur.cross(&rate(Currency::EUR, Currency::GBP, "0.85")).expect("common euro");
        assert_eq!((usd_gbp.base(), usd_gbp.quote()), (Currency::USD, Currency::GBP));
        let pounds = usd_gbp.convert(Money::new(Decimal::from(100), Currency::USD)).expect("dollars");
        assert_eq!(pounds.to_string(), "68 GBP");
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let eur_usd = rate(Currency::EUR, Currency::USD, "1.1");
        assert!(eur_usd.cross(&rate(Currency::EUR, Currency::GBP, "0.85")).is_err());
        assert!(eur_usd.convert(Money::new(Decimal::ONE, Currency::GBP)).is_err());
        assert!(FxRate::new(Currency::EUR, Currency::USD, Decimal::ZERO).is_err());
    }
}
