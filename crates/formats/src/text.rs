//! From bytes to text: which encoding a file has, and its characters.
//!
//! Invariant: never panics; what cannot be text (NUL bytes) is refused with its line.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252};
use ledger::Problem;

/// How the characters of a file are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// Windows code page of western Europe.
    Windows1252,
    /// Windows code page of central Europe.
    Windows1250,
}

impl Encoding {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Windows1252 => "windows-1252",
            Encoding::Windows1250 => "windows-1250",
        }
    }
}

/// Text of a file and the encoding that it was read with; a byte order mark is no part of it.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), Problem> {
    let encoding = detect(bytes);
    let charset = match encoding {
        Encoding::Utf8 => UTF_8,
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Windows1252 => WINDOWS_1252,
        Encoding::Windows1250 => WINDOWS_1250,
    };
    let (text, _) = charset.decode_with_bom_removal(bytes);
    if let Some(at) = text.find('\0') {
        let line = 1 + text[..at].bytes().filter(|byte| *byte == b'\n').count() as u64;
        let problem = Problem::new("bad_character", "", "the file holds a NUL character, it is not a text file");
        return Err(problem.with_try("export the transactions as text (CSV, JSON, XML, OFX)").at_line(line));
    }
    Ok((text, encoding))
}

fn detect(bytes: &[u8]) -> Encoding {
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Encoding::Utf16Le;
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Encoding::Utf16Be;
    }
    if std::str::from_utf8(bytes).is_ok() {
        // A file of ASCII letters in UTF-16 is valid UTF-8 with a NUL in every second byte.
        return match bytes.get(..4) {
            Some([first, 0, third, 0]) if *first != 0 && *third != 0 => Encoding::Utf16Le,
            Some([0, second, 0, fourth]) if *second != 0 && *fourth != 0 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
    }
    if is_central_european(bytes) { Encoding::Windows1250 } else { Encoding::Windows1252 }
}

/// Whether bytes that are signs in code page 1252 (¹ ³ ¿ Ÿ) stand between letters, where 1250 has ą ł ż ź.
fn is_central_european(bytes: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || 0xc0 <= byte;
    bytes
        .windows(3)
        .any(|window| matches!(window[1], 0xb9 | 0xb3 | 0xbf | 0x9f) && is_letter(window[0]) && is_letter(window[2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encodings_are_told_apart() {
        for (bytes, text, encoding) in [
            (&b"Z\xc3\xbcrich"[..], "Zürich", Encoding::Utf8),
            (b"\xef\xbb\xbfa", "a", Encoding::Utf8),
            (b"Z\xfcrich \x80", "Zürich €", Encoding::Windows1252),
            (b"Kup\xb3em", "Kupłem", Encoding::Windows1250),
            (b"\xff\xfea\x00\xac\x20", "a€", Encoding::Utf16Le),
            (b"\xfe\xff\x00a\x20\xac", "a€", Encoding::Utf16Be),
            (b"a\x00b\x00", "ab", Encoding::Utf16Le),
            (b"", "", Encoding::Utf8),
        ] {
            let (read, found) = decode(bytes).expect(text);
            assert_eq!((read.as_ref(), found), (text, encoding));
        }
    }

    #[test]
    fn a_file_that_is_no_text_is_refused_with_its_line() {
        let problem = decode(b"PK\n\x00\x01").expect_err("zip");
        assert_eq!((problem.code, problem.line), ("bad_character", Some(2)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&bytes);
        }
    }
}
