//! Which currencies exist (ISO 4217) and how many decimals their minor unit has.
//!
//! Invariant: a [`Currency`] value is always a code of the embedded lists, in upper case.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Decimals that an amount keeps when its currency has no minor unit (metals, units of account): the storage precision,
/// so that rounding to the minor unit changes nothing.
pub const DECIMALS_WITHOUT_MINOR_UNIT: u32 = 10;

/// A currency of ISO 4217, or a unit in which an exchange quotes a fraction of one (GBX, a hundredth of GBP).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that names no currency.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CurrencyError {
    /// The code is in none of the lists.
    #[error("unknown currency {code:?}, nearest is {nearest}")]
    Unknown {
        /// The text as given.
        code: String,
        /// The most similar known code.
        nearest: Currency,
    },
}

/// One row of the currency list, as reference tables need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyRow {
    /// The code.
    pub currency: Currency,
    /// English name.
    pub name: String,
    /// ISO numeric code; absent for quote units that ISO does not list.
    pub numeric_code: Option<u16>,
    /// Decimals of the minor unit; absent where ISO says "not applicable".
    pub minor_units: Option<u32>,
    /// The currency that this one is a fraction of, and the fraction (1 GBX = 0.01 GBP).
    pub parent: Option<(Currency, Decimal)>,
}

struct Table {
    /// Sorted by code.
    rows: Vec<CurrencyRow>,
    /// Other spellings (`GBp`) that data vendors use.
    spellings: Vec<(String, Currency)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(read_table);

impl Currency {
    /// Euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// US dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// Pound sterling.
    pub const GBP: Currency = Currency(*b"GBP");
    /// Hong Kong dollar.
    pub const HKD: Currency = Currency(*b"HKD");
    /// Canadian dollar.
    pub const CAD: Currency = Currency(*b"CAD");
    /// Swiss franc.
    pub const CHF: Currency = Currency(*b"CHF");
    /// Yen.
    pub const JPY: Currency = Currency(*b"JPY");
    /// Pence in which London shares are quoted, a hundredth of GBP.
    pub const GBX: Currency = Currency(*b"GBX");

    /// The three letters.
    pub fn code(&self) -> &str {
        // The bytes are ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals of the minor unit (EUR 2, JPY 0, KWD 3); [`DECIMALS_WITHOUT_MINOR_UNIT`] where there is none.
    pub fn minor_units(&self) -> u32 {
        self.row().and_then(|row| row.minor_units).unwrap_or(DECIMALS_WITHOUT_MINOR_UNIT)
    }

    /// English name of ISO 4217.
    pub fn name(&self) -> &'static str {
        self.row().map_or("", |row| row.name.as_str())
    }

    /// The currency that this one is a fraction of, and the fraction: `GBX` → (`GBP`, 0.01).
    pub fn parent(&self) -> Option<(Currency, Decimal)> {
        self.row().and_then(|row| row.parent)
    }

    /// All known currencies, ascending by code.
    pub fn all() -> &'static [CurrencyRow] {
        &TABLE.rows
    }

    fn row(&self) -> Option<&'static CurrencyRow> {
        let rows = &TABLE.rows;
        rows.binary_search_by(|row| row.currency.cmp(self)).ok().map(|at| &rows[at])
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    /// Reads a code in any letter case; `GBp` means pence, not pounds.
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        if let Some((_, currency)) = TABLE.spellings.iter().find(|(spelling, _)| spelling == text) {
            return Ok(*currency);
        }
        if let Some(currency) = upper_code(text)
            && currency.row().is_some()
        {
            return Ok(currency);
        }
        Err(CurrencyError::Unknown { code: text.chars().take(40).collect(), nearest: nearest(text) })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn upper_code(text: &str) -> Option<Currency> {
    let bytes: [u8; 3] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_alphabetic).then(|| Currency(bytes.map(|byte| byte.to_ascii_uppercase())))
}

/// The known code most similar to `text`; ties go to the currencies that are traded most.
fn nearest(text: &str) -> Currency {
    const TRADED_MOST: [Currency; 7] =
        [Currency::USD, Currency::EUR, Currency::JPY, Currency::GBP, Currency::CHF, Currency::CAD, Currency::HKD];
    let wanted: String = text.chars().take(40).flat_map(char::to_uppercase).collect();
    let score = |currency: &Currency| strsim::normalized_damerau_levenshtein(&wanted, currency.code());
    let mut best = Currency::USD;
    for candidate in TRADED_MOST.into_iter().chain(TABLE.rows.iter().map(|row| row.currency)) {
        if score(&candidate) > score(&best) {
            best = candidate;
        }
    }
    best
}

fn read_table() -> Table {
    let mut rows: Vec<CurrencyRow> = include_str!("../data/currencies_iso4217.csv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            // Names may hold commas; code is the first cell, number and minor unit are the last two.
            let (code, rest) = line.split_once(',')?;
            let mut from_end = rest.rsplitn(3, ',');
            let minor_units = from_end.next()?.trim().parse().ok();
            let numeric_code = from_end.next()?.parse().ok();
            let name = from_end.next()?.trim_matches('"').to_owned();
            Some(CurrencyRow { currency: upper_code(code)?, name, numeric_code, minor_units, parent: None })
        })
        .collect();
    let mut spellings = Vec::new();
    for line in include_str!("../data/currencies_quoted_in_minor_units.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [code, parent, factor, other] = cells.as_slice() else { continue };
        let (Some(currency), Some(parent), Ok(factor)) = (upper_code(code), upper_code(parent), factor.parse()) else {
            continue;
        };
        let parent_row = rows.iter().find(|row| row.currency == parent);
        rows.push(CurrencyRow {
            currency,
            name: parent_row.map_or(String::new(), |row| format!("{}, minor unit", row.name)),
            numeric_code: None,
            minor_units: Some(0),
            parent: Some((parent, factor)),
        });
        spellings.extend(other.split_whitespace().map(|spelling| (spelling.to_owned(), currency)));
    }
    rows.sort_by_key(|row| row.currency);
    Table { rows, spellings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_and_minor_units() {
        for (text, code, minor) in [
            ("EUR", "EUR", 2),
            ("usd", "USD", 2),
            ("JPY", "JPY", 0),
            ("KWD", "KWD", 3),
            ("CLF", "CLF", 4),
            ("XAU", "XAU", DECIMALS_WITHOUT_MINOR_UNIT),
            ("GBX", "GBX", 0),
            ("GBp", "GBX", 0),
            ("GBP", "GBP", 2),
        ] {
            let currency: Currency = text.parse().expect(text);
            assert_eq!((currency.code(), currency.minor_units()), (code, minor), "{text}");
        }
    }

    #[test]
    fn unknown_codes_name_the_nearest() {
        for (text, nearest) in [("EURO", "EUR"), ("UDS", "USD"), ("", "USD"), ("£", "USD"), ("GPB", "GBP")] {
            let error = text.parse::<Currency>().expect_err(text);
            let CurrencyError::Unknown { code, nearest: found } = error;
            assert_eq!((code.as_str(), found.code()), (text, nearest));
        }
    }

    #[test]
    fn pence_are_a_hundredth_of_a_pound() {
        assert_eq!(Currency::GBX.parent(), Some((Currency::GBP, Decimal::new(1, 2))));
        assert_eq!(Currency::GBP.parent(), None);
    }

    #[test]
    fn the_whole_iso_list_is_read() {
        assert_eq!(Currency::all().len(), 179);
        assert!(Currency::all().iter().all(|row| !row.name.is_empty()));
        assert!(Currency::all().iter().all(|row| row.numeric_code.is_some() || row.parent.is_some()));
    }

    #[test]
    fn wire_form_is_the_code() {
        let text = serde_json::to_string(&Currency::CHF).expect("serialises");
        assert_eq!(text, "\"CHF\"");
        assert_eq!(serde_json::from_str::<Currency>(&text).expect("parses"), Currency::CHF);
        assert!(serde_json::from_str::<Currency>("\"CHX\"").is_err());
    }
}
