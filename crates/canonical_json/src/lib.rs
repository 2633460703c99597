//! RFC 8785 canonical JSON: equal values give equal bytes, so hashes of them mean something.
//!
//! Commits of ledgers, hashes of packs and keys of results are hashes of it. Written by hand because it stands on the way
//! of every answer and of every entry: the general writer takes fifteen times as long. The tests hold it to that writer.
//! Invariant: it has an answer for every value, since a JSON number is always finite.

use std::io::Write;

use serde_json::{Number, Value};

/// Integers up to here are exact as the numbers of ECMAScript.
const EXACT: u64 = 1 << 53;

/// The canonical bytes of a value.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, element);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            // The order of UTF-16 code units is that of bytes as long as all names are ASCII.
            if members.keys().all(|name| name.is_ascii()) && members.keys().is_sorted() {
                write_members(out, members.iter());
            } else {
                let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
                sorted.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
                write_members(out, sorted.into_iter());
            }
            out.push(b'}');
        }
    }
}

fn write_members<'a>(out: &mut Vec<u8>, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        write_value(out, value);
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            0x09 => b"\\t",
            0x0a => b"\\n",
            0x0c => b"\\f",
            0x0d => b"\\r",
            0x00..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[plain..index]);
        plain = index + 1;
        if escape.is_empty() {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}

fn write_number(out: &mut Vec<u8>, number: &Number) {
    if let Some(whole) = number.as_u64().filter(|whole| *whole <= EXACT) {
        put_display(out, whole);
    } else if let Some(whole) = number.as_i64().filter(|whole| whole.unsigned_abs() <= EXACT) {
        put_display(out, whole);
    } else if let Some(float) = number.as_f64() {
        write_float(out, float);
    }
}

/// A number as ECMAScript writes it: the shortest digits that read back as the same number, placed by its rules.
fn write_float(out: &mut Vec<u8>, float: f64) {
    if float == 0.0 {
        out.push(b'0');
        return;
    }
    if float < 0.0 {
        out.push(b'-');
    }
    // The shortest digits in any notation, from which sign, point and exponent are taken out.
    let mut buffer = [0u8; 40];
    let mut rest: &mut [u8] = &mut buffer;
    let size = rest.len();
    let written = serde_json::to_writer(&mut rest, &float.abs()).map(|()| size - rest.len()).unwrap_or(0);
    let text = &buffer[..written];
    if !text.contains(&b'e') && float.abs() < 1e21 && float.abs() >= 1e-6 {
        out.extend_from_slice(text.strip_suffix(b".0").unwrap_or(text));
        return;
    }
    let (mantissa, power) = match text.iter().position(|byte| *byte == b'e') {
        Some(mark) => (&text[..mark], whole_number(&text[mark + 1..])),
        None => (text, 0),
    };
    let before_point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
    let mut digits = [0u8; 40];
    let mut count = 0;
    for byte in mantissa.iter().filter(|byte| **byte != b'.') {
        digits[count] = *byte;
        count += 1;
    }
    let zeros = digits[..count].iter().take_while(|digit| **digit == b'0').count();
    let ending = digits[zeros..count].iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = &digits[zeros..count - ending];
    let count = digits.len();
    let point = before_point as i32 - zeros as i32 + power;
    let exponent = point - 1;
    // ECMA-262, Number::toString; `point` is the number of digits before the point.
    let length = count as i32;
    if length <= point && point <= 21 {
        out.extend_from_slice(digits);
        out.resize(out.len() + (point - length) as usize, b'0');
    } else if 0 < point && point <= 21 {
        out.extend_from_slice(&digits[..point as usize]);
        out.push(b'.');
        out.extend_from_slice(&digits[point as usize..]);
    } else if -6 < point && point <= 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-point) as usize, b'0');
        out.extend_from_slice(digits);
    } else {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        put_display(out, exponent.unsigned_abs());
    }
}

fn whole_number(text: &[u8]) -> i32 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn put_display(out: &mut Vec<u8>, number: impl std::fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn general(value: &Value) -> String {
        String::from_utf8(serde_json_canonicalizer::to_vec(value).unwrap()).unwrap()
    }

    fn ours(value: &Value) -> String {
        String::from_utf8(canonical(value)).unwrap()
    }

    #[test]
    fn order_and_spelling_of_numbers_do_not_matter() {
        assert_eq!(ours(&json!({"b": 1.0, "a": [1e3, "ü"]})), r#"{"a":[1000,"ü"],"b":1}"#);
    }

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (295_147_905_179_352_830_000.0, "295147905179352830000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.23e-5, "0.0000123"),
            (-1.5, "-1.5"),
        ] {
            assert_eq!(ours(&json!(number)), text);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<u64>().prop_map(|bits| json!(f64::from_bits(bits))),
            (-1e6f64..1e6).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x20\"\\\\a]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-zé\u{e000}\u{10000}]{0,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_bytes_are_those_of_the_general_writer(value in any_json()) {
            prop_assert_eq!(ours(&value), general(&value));
        }
    }
}
