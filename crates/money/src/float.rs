//! The border between books (decimal) and statistics (f64). Crossing it is always a named call.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

/// Powers of ten that f64 holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The nearest float to a decimal. Every decimal has one: at most 29 digits are far inside the range of f64.
pub fn to_f64(value: Decimal) -> f64 {
    let mantissa = value.mantissa();
    match EXACT_POWERS.get(value.scale() as usize) {
        // Both operands are exact, so the one division rounds correctly.
        Some(power) if mantissa.unsigned_abs() < 1 << 53 => mantissa as f64 / power,
        // Reading the text rounds correctly too, only slower. The text of a decimal is always a float.
        _ => value.to_string().parse().unwrap_or(f64::NAN),
    }
}

/// The decimal of the shortest text that reads back as the float; none for NaN, infinities and |x| ≥ 2⁹⁶.
pub fn from_f64(value: f64) -> Option<Decimal> {
    // The direct conversion can be off in the fifteenth digit; it serves where the text has more decimals than a decimal
    // holds.
    let text = format!("{value:e}");
    Decimal::from_scientific(&text).ok().map(|value| value.normalize()).or_else(|| Decimal::from_f64(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_without_a_decimal_are_refused() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(from_f64(value), None, "{value}");
        }
    }

    #[test]
    fn the_nearest_float_is_found() {
        for (text, expected) in [
            ("0.1", 0.1),
            ("4485471595.02", 4485471595.02),
            ("-0.00000000001", -0.00000000001),
            ("12345678901234567890.12345678", 12345678901234567890.12345678),
            ("79228162514264337593543950335", 7.922816251426434e28),
        ] {
            assert_eq!(to_f64(text.parse().expect(text)), expected, "{text}");
        }
    }

    #[test]
    fn every_digit_of_the_text_is_kept() {
        assert_eq!(from_f64(4502407634.52), Some(Decimal::new(450_240_763_452, 2)));
        assert_eq!(from_f64(1234.005000000001).map(|value| value.to_string()).as_deref(), Some("1234.005000000001"));
        assert_eq!(from_f64(1e-20).map(|value| value.to_string()).as_deref(), Some("0.00000000000000000001"));
    }

    proptest! {
        #[test]
        fn round_trip_keeps_cents(cents in -1_000_000_000_000i64..1_000_000_000_000) {
            let value = Decimal::new(cents, 2);
            prop_assert_eq!(from_f64(to_f64(value)), Some(value));
        }
    }
}
