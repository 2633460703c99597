//! Decimal numbers as text: the wire form, and strict reading with a reason for each refusal.

use rust_decimal::Decimal;
use thiserror::Error;

use crate::rounding::round_to;

/// Decimals of the wire form of money and prices.
pub const WIRE_DECIMALS: u32 = 10;

/// Why a text is not a number that books can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Nothing is there.
    #[error("the number is empty")]
    Empty,
    /// A comma as thousands mark or as decimal mark.
    #[error("the number holds a comma; write a decimal point and no thousands mark")]
    Comma,
    /// A space or apostrophe between digits.
    #[error("the number holds a thousands mark")]
    ThousandsMark,
    /// `NaN`, `inf`.
    #[error("not a number or infinite")]
    NotFinite,
    /// `1e5`.
    #[error("the number has an exponent; write it out in full")]
    Exponent,
    /// A currency or percent sign.
    #[error("the number has a currency or percent sign")]
    Sign,
    /// More digits than 28, or too large.
    #[error("the number has too many digits; at most 28 are kept")]
    TooManyDigits,
    /// Anything else.
    #[error("not a decimal number")]
    Malformed,
}

/// The wire form: no exponent, no separators, at most ten decimals (half to even), no trailing zeros.
pub fn decimal_text(value: Decimal) -> String {
    let rounded = round_to(value, WIRE_DECIMALS).normalize();
    // Zero has no sign on the wire.
    if rounded.is_zero() { "0".to_owned() } else { rounded.to_string() }
}

/// Reads `-?digits[.digits]` exactly; nothing is rounded, guessed or trimmed.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(refusal(text));
    }
    // Leading zeros of the whole part carry nothing.
    let significant = whole.trim_start_matches('0').len() + unsigned.split_once('.').map_or(0, |(_, part)| part.len());
    if significant > 28 {
        return Err(NumberError::TooManyDigits);
    }
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).map_err(|_| NumberError::TooManyDigits)
}

fn refusal(text: &str) -> NumberError {
    let lower = text.to_ascii_lowercase();
    let bare = lower.trim_start_matches(['-', '+']);
    if text.is_empty() {
        NumberError::Empty
    } else if matches!(bare, "nan" | "inf" | "infinity" | "∞") {
        NumberError::NotFinite
    } else if text.contains(['$', '€', '£', '¥', '%']) {
        NumberError::Sign
    } else if text.contains(',') {
        NumberError::Comma
    } else if text.contains(['\'', ' ', '\u{a0}', '\u{202f}', '_', '’']) {
        NumberError::ThousandsMark
    } else if bare.starts_with(|first: char| first.is_ascii_digit() || first == '.') && bare.contains('e') {
        NumberError::Exponent
    } else {
        NumberError::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wire_text_is_plain() {
        for (text, expected) in [
            ("1234.50", "1234.5"),
            ("-0.00", "0"),
            ("1000", "1000"),
            ("0.00000000005", "0"),
            ("0.00000000015", "0.0000000002"),
            ("12.12345678925", "12.1234567892"),
        ] {
            assert_eq!(decimal_text(text.parse().expect(text)), expected, "{text}");
        }
    }

    #[test]
    fn each_refusal_has_its_reason() {
        for (text, error) in [
            ("", NumberError::Empty),
            ("1,234.50", NumberError::Comma),
            ("1234,50", NumberError::Comma),
            ("1'234", NumberError::ThousandsMark),
            ("1 234", NumberError::ThousandsMark),
            ("NaN", NumberError::NotFinite),
            ("-inf", NumberError::NotFinite),
            ("1e400", NumberError::Exponent),
            ("$12", NumberError::Sign),
            ("12%", NumberError::Sign),
            ("(12)", NumberError::Malformed),
            (".5", NumberError::Malformed),
            ("5.", NumberError::Malformed),
            ("--5", NumberError::Malformed),
            ("٣", NumberError::Malformed),
            ("123456789012345678901234567890", NumberError::TooManyDigits),
            ("0.12345678901234567890123456789", NumberError::TooManyDigits),
        ] {
            assert_eq!(parse_decimal(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,40}") {
            let _ = parse_decimal(&text);
        }

        #[test]
        fn what_is_written_is_read(mantissa in any::<i64>(), scale in 0u32..=10) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(parse_decimal(&decimal_text(value)), Ok(value));
        }
    }
}
