//! Numbers as brokers write them: `1.234,50`, `$1,234.50`, `(1855.00)`, `1 234,5-`, `5.2E-4`.
//!
//! Invariant: a text is either exactly the decimal that it shows or refused; a mark that could be read both ways is
//! read the way the file's other numbers say.

use money::{Decimal, NumberError};

/// What stands between units and tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecimalMark {
    /// `1,234.50`
    #[default]
    Point,
    /// `1.234,50`
    Comma,
}

impl DecimalMark {
    /// The mark itself.
    pub fn text(self) -> &'static str {
        match self {
            DecimalMark::Point => ".",
            DecimalMark::Comma => ",",
        }
    }

    /// Reads `.` or `,`.
    pub fn of(text: &str) -> Option<DecimalMark> {
        match text {
            "." => Some(DecimalMark::Point),
            "," => Some(DecimalMark::Comma),
            _ => None,
        }
    }

    fn is_thousands(self, mark: char) -> bool {
        matches!((self, mark), (DecimalMark::Point, ',') | (DecimalMark::Comma, '.'))
    }
}

/// The decimal mark that the numbers of a file agree on; `otherwise` where none of them tells.
pub fn detect_mark<'a>(cells: impl IntoIterator<Item = &'a str>, otherwise: DecimalMark) -> DecimalMark {
    let (mut points, mut commas) = (0usize, 0usize);
    for cell in cells {
        match mark_of(cell) {
            Some(DecimalMark::Point) => points += 1,
            Some(DecimalMark::Comma) => commas += 1,
            None => {}
        }
    }
    match points.cmp(&commas) {
        std::cmp::Ordering::Greater => DecimalMark::Point,
        std::cmp::Ordering::Less => DecimalMark::Comma,
        std::cmp::Ordering::Equal => otherwise,
    }
}

/// What one number tells about the mark: with both marks the last one; with one that is not followed by three digits,
/// that one.
fn mark_of(cell: &str) -> Option<DecimalMark> {
    let bare = bare(cell)?.0;
    if !bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return None;
    }
    match (bare.rfind('.'), bare.rfind(',')) {
        (Some(point), Some(comma)) => Some(if comma < point { DecimalMark::Point } else { DecimalMark::Comma }),
        (Some(point), None) => tells(&bare, point, '.').then_some(DecimalMark::Point),
        (None, Some(comma)) => tells(&bare, comma, ',').then_some(DecimalMark::Comma),
        (None, None) => None,
    }
}

/// Whether the only mark of a number must be the decimal mark.
fn tells(bare: &str, last: usize, mark: char) -> bool {
    let is_single = bare.matches(mark).count() == 1;
    is_single && (bare.len() - last - 1 != 3 || bare.starts_with('0') || 3 < last)
}

/// Reads a number with its sign; currency signs and codes, spaces and thousands marks are left out.
pub fn parse_number(text: &str, mark: DecimalMark) -> Result<Decimal, NumberError> {
    let (bare, is_negative) = bare(text).ok_or(NumberError::Malformed)?;
    if bare.is_empty() {
        return Err(NumberError::Empty);
    }
    let (mantissa, exponent) = match bare.find(['e', 'E']) {
        Some(at) => (&bare[..at], Some(bare[at + 1..].parse::<i32>().map_err(|_| NumberError::Malformed)?)),
        None => (bare.as_str(), None),
    };
    let (whole, fraction) = match mark {
        DecimalMark::Point => mantissa.split_once('.'),
        DecimalMark::Comma => mantissa.split_once(','),
    }
    .map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let whole = without_thousands(whole, mark)?;
    let fraction = fraction.unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() {
        return Err(NumberError::Malformed);
    }
    // Zeros at the end say nothing, and some files write more of them than a decimal holds.
    let fraction = fraction.trim_end_matches('0');
    let plain = format!(
        "{}.{}",
        if whole.is_empty() { "0" } else { whole.as_str() },
        if fraction.is_empty() { "0" } else { fraction }
    );
    let value = money::parse_decimal(&plain).or_else(|error| rounded(&plain, error))?;
    let value = match exponent {
        None => value,
        Some(exponent) => shifted(value, exponent).ok_or(NumberError::TooManyDigits)?,
    };
    Ok(if is_negative { -value } else { value })
}

/// Binary floats printed with all their digits carry noise beyond the 15th; the books keep ten decimals anyway.
fn rounded(plain: &str, error: NumberError) -> Result<Decimal, NumberError> {
    let (whole, fraction) = plain.split_once('.').ok_or(error)?;
    if error != NumberError::TooManyDigits || 15 < whole.len() || fraction.len() < 12 {
        return Err(error);
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Malformed);
    }
    money::parse_decimal(&format!("{whole}.{}", &fraction[..12]))
}

fn shifted(value: Decimal, exponent: i32) -> Option<Decimal> {
    let steps = Some(exponent.unsigned_abs()).filter(|steps| *steps <= 28)?;
    let ten = Decimal::from(10);
    let mut shifted = value;
    for _ in 0..steps {
        shifted = if exponent < 0 { shifted.checked_div(ten)? } else { shifted.checked_mul(ten)? };
    }
    Some(shifted)
}

/// The digits and marks of a number without sign, currency and spaces, and whether it is negative.
fn bare(text: &str) -> Option<(String, bool)> {
    let mut text = text.trim();
    let mut is_negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        (text, is_negative) = (inner.trim(), true);
    }
    let mut bare = String::with_capacity(text.len());
    let mut signs = 0;
    for (at, char) in text.char_indices() {
        match char {
            '0'..='9' | '.' | ',' => bare.push(char),
            '-' | '\u{2212}' | '\u{2013}' => {
                // Before the digits, behind them, or in an exponent.
                if bare.ends_with(['e', 'E']) {
                    bare.push('-');
                } else {
                    let is_last = text[at + char.len_utf8()..].trim().chars().all(is_decoration);
                    if !(bare.is_empty() || is_last) {
                        return None;
                    }
                    signs += 1;
                    is_negative = !is_negative;
                }
            }
            '+' if bare.ends_with(['e', 'E']) => {}
            '+' if bare.is_empty() => signs += 1,
            'e' | 'E' if bare.ends_with(|char: char| char.is_ascii_digit()) && is_exponent(&text[at + 1..]) => {
                bare.push('e');
            }
            char if is_decoration(char) => {}
            _ => return None,
        }
    }
    let letters = text.chars().filter(|char| char.is_ascii_alphabetic()).count() - bare.matches('e').count();
    // A currency code has three letters; longer words are no part of a number.
    (letters <= 3 && signs <= 1).then_some((bare, is_negative))
}

fn is_exponent(rest: &str) -> bool {
    let digits = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decoration(char: char) -> bool {
    char.is_whitespace()
        || char.is_ascii_uppercase()
        || matches!(
            char,
            '$' | '€' | '£' | '¥' | '₹' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' | 'p' | 'k' | 'r' | 'z' | 'ł'
        )
}

fn without_thousands(whole: &str, mark: DecimalMark) -> Result<String, NumberError> {
    let mut groups = whole.split(|char| mark.is_thousands(char));
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    let rest: Vec<&str> = groups.collect();
    for (at, group) in rest.iter().enumerate() {
        // The last group has three digits; India writes groups of two before it.
        let fits = if at + 1 == rest.len() { group.len() == 3 } else { matches!(group.len(), 2 | 3) };
        if !fits || first.is_empty() || 3 < first.len() {
            return Err(NumberError::ThousandsMark);
        }
        digits.push_str(group);
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { Ok(digits) } else { Err(NumberError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    #[test]
    fn reads_what_brokers_write() {
        for (text, mark, expected) in [
            ("$1,234.50", DecimalMark::Point, "1234.50"),
            ("-$1.84", DecimalMark::Point, "-1.84"),
            ("$-1.84", DecimalMark::Point, "-1.84"),
            ("(1855.00)", DecimalMark::Point, "-1855.00"),
            ("€0.13", DecimalMark::Point, "0.13"),
            ("1.234,50", DecimalMark::Comma, "1234.50"),
            ("1'234.5", DecimalMark::Point, "1234.5"),
            ("1 234,5", DecimalMark::Comma, "1234.5"),
            ("12\u{a0}345,00 EUR", DecimalMark::Comma, "12345"),
            ("100.00-", DecimalMark::Point, "-100"),
            ("\u{2212}5,5", DecimalMark::Comma, "-5.5"),
            ("+3.5", DecimalMark::Point, "3.5"),
            (".5", DecimalMark::Point, "0.5"),
            ("5.", DecimalMark::Point, "5"),
            ("5.2E-4", DecimalMark::Point, "0.00052"),
            ("1e3", DecimalMark::Point, "1000"),
            ("12,34,567.5", DecimalMark::Point, "1234567.5"),
            ("15.0000000000", DecimalMark::Point, "15"),
            ("0.10000000000000000555111512312578", DecimalMark::Point, "0.1"),
            ("USD 12.5", DecimalMark::Point, "12.5"),
            ("123p", DecimalMark::Point, "123"),
        ] {
            assert_eq!(parse_number(text, mark), Ok(dec(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "abc", "1.2.3", "1,23.4", "12-3", "10:1", "<invalid>", "--5", "NaN", "1e99", "5%", "²"] {
            assert!(parse_number(text, DecimalMark::Point).is_err(), "{text}");
        }
        assert_eq!(parse_number("1,2345", DecimalMark::Point), Err(NumberError::ThousandsMark));
    }

    #[test]
    fn the_mark_is_what_the_numbers_agree_on() {
        for (cells, otherwise, expected) in [
            (&["172,50", "4.312,50", "25"][..], DecimalMark::Point, DecimalMark::Comma),
            (&["$1,234.50"], DecimalMark::Comma, DecimalMark::Point),
            (&["1,234"], DecimalMark::Comma, DecimalMark::Comma),
            (&["1,234", "0.5"], DecimalMark::Comma, DecimalMark::Point),
            (&["0,125"], DecimalMark::Point, DecimalMark::Comma),
            (&["1.234.567"], DecimalMark::Point, DecimalMark::Point),
            (&["Apple, Inc.", "04.05.2024"], DecimalMark::Point, DecimalMark::Point),
        ] {
            assert_eq!(detect_mark(cells.iter().copied(), otherwise), expected, "{cells:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,30}") {
            let _ = parse_number(&text, DecimalMark::Point);
            let _ = parse_number(&text, DecimalMark::Comma);
            let _ = detect_mark([text.as_str()], DecimalMark::Point);
        }

        #[test]
        fn reads_both_marks_alike(mantissa in any::<i32>(), scale in 0u32..6) {
            let value = Decimal::new(i64::from(mantissa), scale);
            let text = value.to_string();
            prop_assert_eq!(parse_number(&text, DecimalMark::Point), Ok(value));
            prop_assert_eq!(parse_number(&text.replace('.', ","), DecimalMark::Comma), Ok(value));
        }
    }
}
