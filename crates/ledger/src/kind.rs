//! The kinds of ledger entries, in the words of the transaction fields.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an entry says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Purchase of a security against cash.
    Buy,
    /// Sale of a security against cash.
    Sell,
    /// Cash dividend or fund distribution.
    Dividend,
    /// Interest received, or paid where negative.
    Interest,
    /// A fee on its own.
    Fee,
    /// A tax on its own.
    Tax,
    /// Cash that came into the portfolio.
    Deposit,
    /// Cash that left the portfolio.
    Withdrawal,
    /// A lot or cash that came in from elsewhere.
    TransferIn,
    /// A holding or cash that left for elsewhere.
    TransferOut,
    /// One currency sold for another.
    Fx,
    /// Split or reverse split.
    Split,
    /// Dividend paid in shares.
    StockDividend,
    /// Shares of a subsidiary received.
    SpinOff,
    /// One security exchanged for another.
    Merger,
    /// A distribution that reduces the cost basis.
    ReturnOfCapital,
    /// Correction of a cash balance to what the statement says.
    Adjustment,
    /// A calculation setting of the portfolio.
    Setting,
    /// A price that the owner states for a security.
    ManualPrice,
}

/// A text that names no transaction kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown kind {text:?}, nearest is {nearest}")]
pub struct UnknownKind {
    /// The text as given (at most 40 characters).
    pub text: String,
    /// The most similar kind.
    pub nearest: Kind,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 19] = [
        Kind::Buy,
        Kind::Sell,
        Kind::Dividend,
        Kind::Interest,
        Kind::Fee,
        Kind::Tax,
        Kind::Deposit,
        Kind::Withdrawal,
        Kind::TransferIn,
        Kind::TransferOut,
        Kind::Fx,
        Kind::Split,
        Kind::StockDividend,
        Kind::SpinOff,
        Kind::Merger,
        Kind::ReturnOfCapital,
        Kind::Adjustment,
        Kind::Setting,
        Kind::ManualPrice,
    ];

    /// The name in files, tables and requests.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Buy => "buy",
            Kind::Sell => "sell",
            Kind::Dividend => "dividend",
            Kind::Interest => "interest",
            Kind::Fee => "fee",
            Kind::Tax => "tax",
            Kind::Deposit => "deposit",
            Kind::Withdrawal => "withdrawal",
            Kind::TransferIn => "transfer_in",
            Kind::TransferOut => "transfer_out",
            Kind::Fx => "fx",
            Kind::Split => "split",
            Kind::StockDividend => "stock_dividend",
            Kind::SpinOff => "spin_off",
            Kind::Merger => "merger",
            Kind::ReturnOfCapital => "return_of_capital",
            Kind::Adjustment => "adjustment",
            Kind::Setting => "setting",
            Kind::ManualPrice => "manual_price",
        }
    }

    /// Whether entries of this kind are transactions (rather than settings or prices).
    pub fn is_transaction(self) -> bool {
        !matches!(self, Kind::Setting | Kind::ManualPrice)
    }

    /// Whether the cash arrives on the pay date rather than the trade date.
    pub fn is_income(self) -> bool {
        matches!(self, Kind::Dividend | Kind::Interest | Kind::ReturnOfCapital)
    }

    /// Whether a transaction of this kind can change lots, if it is about a security.
    pub fn touches_lots(self) -> bool {
        match self {
            Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut => true,
            Kind::Split | Kind::StockDividend | Kind::SpinOff | Kind::Merger | Kind::ReturnOfCapital => true,
            Kind::Dividend | Kind::Interest | Kind::Fee | Kind::Tax | Kind::Deposit | Kind::Withdrawal => false,
            Kind::Fx | Kind::Adjustment | Kind::Setting | Kind::ManualPrice => false,
        }
    }

    /// Whether it is a corporate action: effective before the open of its day.
    pub fn is_corporate_action(self) -> bool {
        matches!(self, Kind::Split | Kind::StockDividend | Kind::SpinOff | Kind::Merger)
    }

    /// The transaction kind whose name is most similar.
    pub fn nearest(text: &str) -> Kind {
        let wanted: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
        let score = |kind: Kind| strsim::normalized_damerau_levenshtein(&wanted, kind.name());
        let transactions = Kind::ALL.into_iter().filter(|kind| kind.is_transaction());
        transactions.fold(Kind::Buy, |best, kind| if score(kind) > score(best) { kind } else { best })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    /// Reads the exact name.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| UnknownKind { text: text.chars().take(40).collect(), nearest: Kind::nearest(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("serialises"), kind.name());
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }

    #[test]
    fn unknown_names_get_the_nearest() {
        for (text, nearest) in
            [("BUY", Kind::Buy), ("sel", Kind::Sell), ("divident", Kind::Dividend), ("transferin", Kind::TransferIn)]
        {
            assert_eq!(text.parse::<Kind>().expect_err(text).nearest, nearest);
        }
    }
}
