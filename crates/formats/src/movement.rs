//! What the readers of files produce: every line of a file in the words of a ledger, before names are matched.
//!
//! Invariant: a line is either movements, problems, something that this version does not book, or ignored for a stated
//! reason; no reader drops a line.

use ledger::{Draft, Problem};
use money::{Currency, Decimal};

/// A line of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Its cells or fields that are not empty, with their names.
    pub raw: Vec<(String, String)>,
    /// What it says.
    pub content: Content,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Transactions; several where one line is a dividend and its reinvestment, or a trade and its exchange of currency.
    Movements(Vec<Movement>),
    /// It cannot be read, for all these reasons.
    Problems(Vec<Problem>),
    /// Something real that books of this version do not hold (an option, a future); never dropped silently.
    NotSupported(Problem),
    /// No transaction: a title, a total, a balance, a price.
    Ignored(String),
}

/// One transaction with the names that the file uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// The transaction; account and security are filled in by matching.
    pub draft: Draft,
    /// The account in the words of the file.
    pub account: Option<String>,
    /// The other account of a transfer inside of the portfolio.
    pub counter_account: Option<String>,
    /// The security in the words of the file.
    pub security: Option<SecurityNames>,
    /// A rate that the file gives: units of the currency for one unit of the transaction's currency.
    pub rate: Option<(Currency, Decimal)>,
    /// Split told as units added (negative: taken away) instead of a ratio.
    pub added_units: Option<Decimal>,
    /// What is worth a look although it can be booked.
    pub warnings: Vec<Problem>,
}

impl Movement {
    /// A movement of the file's only account.
    pub fn new(draft: Draft) -> Self {
        Self {
            draft,
            account: None,
            counter_account: None,
            security: None,
            rate: None,
            added_units: None,
            warnings: Vec::new(),
        }
    }
}

/// How a file names a security.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct SecurityNames {
    /// ISIN.
    pub isin: Option<String>,
    /// FIGI.
    pub figi: Option<String>,
    /// Symbol, perhaps with the suffix of an exchange.
    pub symbol: Option<String>,
    /// Market identifier code.
    pub mic: Option<String>,
    /// CUSIP.
    pub cusip: Option<String>,
    /// German securities number.
    pub wkn: Option<String>,
    /// Name of the issue.
    pub name: Option<String>,
    /// Kind in our words (`stock`, `etf`, `fund`, `bond`, `crypto`), where the file tells.
    pub kind: Option<&'static str>,
}

impl SecurityNames {
    /// A security known by one text: an ISIN where it is one, else a symbol.
    pub fn of_code(text: &str) -> Self {
        let text = text.trim();
        if is_isin(text) {
            return Self { isin: Some(text.to_ascii_uppercase()), ..Self::default() };
        }
        Self { symbol: (!text.is_empty()).then(|| text.to_owned()), ..Self::default() }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.isin, &self.figi, &self.symbol, &self.cusip, &self.wkn, &self.name];
        texts.into_iter().all(Option::is_none)
    }

    /// Whether there is a name and no code.
    pub fn is_named_only(&self) -> bool {
        let codes = [&self.isin, &self.figi, &self.symbol, &self.cusip, &self.wkn];
        codes.into_iter().all(Option::is_none)
    }

    /// The ISIN, or the one that a North American CUSIP stands in.
    pub fn isin_or_cusip(&self) -> Option<String> {
        self.isin.clone().or_else(|| isin_of_cusip(self.cusip.as_deref()?))
    }

    /// What to call it in a question.
    pub fn label(&self) -> String {
        let code = self
            .isin
            .as_ref()
            .or(self.symbol.as_ref())
            .or(self.figi.as_ref())
            .or(self.cusip.as_ref())
            .or(self.wkn.as_ref());
        match (code, &self.name) {
            (Some(code), Some(name)) if code != name => format!("{code} ({})", short(name)),
            (Some(code), _) => short(code),
            (None, Some(name)) => short(name),
            (None, None) => "a security without a name".to_owned(),
        }
    }
}

/// Whether a text has the form and the check digit of an ISIN.
pub fn is_isin(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 12
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..11].iter().all(u8::is_ascii_alphanumeric)
        && isin_check_digit(&text[..11]).is_some_and(|digit| bytes[11] == b'0' + digit)
}

/// The check digit of the first eleven characters of an ISIN (ISO 6166: Luhn over the digits of base 36).
fn isin_check_digit(body: &str) -> Option<u8> {
    let mut digits = Vec::new();
    for char in body.chars() {
        let value = char.to_digit(36)?;
        if 9 < value {
            digits.push(value / 10);
        }
        digits.push(value % 10);
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// The ISIN of a CUSIP of the United States.
pub fn isin_of_cusip(cusip: &str) -> Option<String> {
    let cusip = cusip.trim().to_ascii_uppercase();
    if cusip.len() != 9 || !cusip.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !has_cusip_check(&cusip) {
        return None;
    }
    let body = format!("US{cusip}");
    isin_check_digit(&body).map(|digit| format!("{body}{digit}"))
}

/// The ninth character of a CUSIP checks the others; made-up numbers fail it.
fn has_cusip_check(cusip: &str) -> bool {
    let mut sum = 0;
    for (at, char) in cusip.chars().take(8).enumerate() {
        let Some(value) = char.to_digit(36) else { return false };
        let value = if at % 2 == 1 { value * 2 } else { value };
        sum += value / 10 + value % 10;
    }
    cusip.chars().nth(8).and_then(|char| char.to_digit(10)) == Some((10 - sum % 10) % 10)
}

/// Whether a symbol is one of an option contract: the long form `SPY   250321C00500000`, or `-AAPL260117C200`.
pub fn is_option_symbol(symbol: &str) -> bool {
    let compact: String = symbol.trim().trim_start_matches('-').chars().filter(|char| !char.is_whitespace()).collect();
    let bytes = compact.as_bytes();
    let Some(first_digit) = bytes.iter().position(u8::is_ascii_digit) else { return false };
    let rest = &bytes[first_digit..];
    (1..=6).contains(&first_digit)
        && 8 <= rest.len()
        && rest[..6].iter().all(u8::is_ascii_digit)
        && matches!(rest[6], b'C' | b'P')
        && rest[7..].iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// At most 60 characters of a text, for messages.
pub fn short(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

/// That a kind of security or event is not booked yet.
pub fn not_supported(what: &str) -> Problem {
    Problem::new("not_supported", "", format!("{what} cannot be booked yet"))
        .with_try("skip the line, and record its effect on cash as an adjustment if the balance must agree")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked() {
        for isin in ["US0378331005", "DE000BASF111", "GB0002634946", "IE00B4L5Y983", "XS1614198262"] {
            assert!(is_isin(isin), "{isin}");
        }
        for text in ["US0378331006", "US037833100", "0378331005US", "Penthouse 12", "日本0378331005"] {
            assert!(!is_isin(text), "{text}");
        }
        assert_eq!(isin_of_cusip("037833100").as_deref(), Some("US0378331005"));
        assert_eq!(isin_of_cusip("912810RW0"), isin_of_cusip("912810rw0"));
        assert_eq!(isin_of_cusip("111111111"), None);
        assert_eq!(isin_of_cusip("short"), None);
    }

    #[test]
    fn options_are_known_by_their_symbol() {
        for symbol in ["SPY   250321C00500000", "-AAPL260117C200", "TSLA  230317P00180000", " -SPXW251219P6000.5"] {
            assert!(is_option_symbol(symbol), "{symbol}");
        }
        for symbol in ["AAPL", "BRK.B", "9988.HK", "BTC-USD", "US0378331005", "", "2330", "C38U"] {
            assert!(!is_option_symbol(symbol), "{symbol}");
        }
    }
}
