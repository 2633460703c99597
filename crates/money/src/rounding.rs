//! Rounding: half to even, to a number of decimals or to the minor unit of a currency.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::amount::Money;

/// Rounds half to even to `decimals` places.
pub fn round_to(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
}

/// Rounds half to even to the minor unit and shows exactly its decimals: 1234.5 EUR → 1234.50 EUR.
pub fn round_minor(money: Money) -> Money {
    let decimals = money.currency.minor_units();
    let mut amount = round_to(money.amount, decimals);
    if decimals != crate::currency::DECIMALS_WITHOUT_MINOR_UNIT {
        amount.rescale(decimals);
    }
    Money::new(amount, money.currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    #[test]
    fn rounds_to_the_minor_unit_half_even() {
        for (text, currency, expected) in [
            ("1234.5", Currency::EUR, "1234.50"),
            ("0.125", Currency::EUR, "0.12"),
            ("0.135", Currency::EUR, "0.14"),
            ("-0.125", Currency::USD, "-0.12"),
            ("100.5", Currency::JPY, "100"),
            ("101.5", Currency::JPY, "102"),
        ] {
            let amount: Decimal = text.parse().expect(text);
            assert_eq!(round_minor(Money::new(amount, currency)).amount.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn the_largest_amount_is_not_rescaled_into_a_panic() {
        let most = Money::new(Decimal::MAX, Currency::EUR);
        assert_eq!(round_minor(most).amount, Decimal::MAX);
    }
}
