//! What a company does to the lots of its holders.
//!
//! The split is booked; each further action is one more variant here and one more arm in the replay.

use crate::kind::Kind;
use crate::payload::{Ratio, TransactionPayload};

/// A corporate action that books know how to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorporateAction {
    /// Units × new/old; total cost and dates stay.
    Split {
        /// New for old.
        ratio: Ratio,
    },
}

/// Why a transaction is no corporate action that can be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotApplicable {
    /// The kind is a corporate action that this version does not book.
    NotBooked,
    /// The action lacks its ratio.
    NoRatio,
}

impl CorporateAction {
    /// The action that a transaction states; none if its kind is not a corporate action.
    pub fn of(kind: Kind, payload: &TransactionPayload) -> Result<Option<CorporateAction>, NotApplicable> {
        match kind {
            Kind::Split => {
                let ratio = payload.ratio.ok_or(NotApplicable::NoRatio)?;
                Ok(Some(CorporateAction::Split { ratio }))
            }
            Kind::StockDividend | Kind::SpinOff | Kind::Merger | Kind::ReturnOfCapital => Err(NotApplicable::NotBooked),
            _ => Ok(None),
        }
    }
}
