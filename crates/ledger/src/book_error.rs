//! Why entries do not make a book.

use dates::Date;
use money::{Currency, Decimal};
use thiserror::Error;
use uuid::Uuid;

use crate::kind::Kind;

/// A refusal of the ledger, naming the entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BookError {
    /// Sequence numbers are not 1, 2, 3…
    #[error("entry {found} stands where entry {expected} should")]
    SequenceGap {
        /// The number expected.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// A void or amendment of an entry that is not there, or comes later.
    #[error("entry {seq} is about entry {target}, which is not an earlier entry")]
    UnknownTarget {
        /// The void or amendment.
        seq: u64,
        /// Its target.
        target: u64,
    },
    /// A void or amendment of an entry that is no longer in force.
    #[error("entry {seq} is about entry {target}, which is already voided or amended")]
    TargetClosed {
        /// The void or amendment.
        seq: u64,
        /// Its target.
        target: u64,
    },
    /// A record with a target, or a void or amendment without one.
    #[error("entry {seq} has a target where it should not, or none where it should")]
    WrongTarget {
        /// The entry.
        seq: u64,
    },
    /// An amendment that turns a transaction into a setting or the like.
    #[error("entry {seq} amends entry {target}, which is not of the same class")]
    ClassChanged {
        /// The amendment.
        seq: u64,
        /// Its target.
        target: u64,
    },
    /// The payload is not that of the kind.
    #[error("entry {seq} of kind {kind} has another kind's payload")]
    WrongPayload {
        /// The entry.
        seq: u64,
        /// Its kind.
        kind: Kind,
    },
    /// No setting gives the base currency.
    #[error("the ledger has no base_currency setting")]
    NoBaseCurrency,
    /// The base currency was changed after transactions were recorded at rates to the old one.
    #[error("entry {seq} changes the base currency from {from} to {to} after transactions were recorded")]
    BaseCurrencyChanged {
        /// The setting entry.
        seq: u64,
        /// Old base currency.
        from: Currency,
        /// New base currency.
        to: Currency,
    },
    /// A setting whose value cannot be read.
    #[error("entry {seq} sets {key} to {value}, which is not valid")]
    BadSetting {
        /// The setting entry.
        seq: u64,
        /// Its key.
        key: String,
        /// Its value as JSON.
        value: String,
    },
    /// A corporate action on something that the account does not hold.
    #[error("entry {seq} is a {kind} of something that is not held")]
    NothingHeld {
        /// The entry.
        seq: u64,
        /// Its kind.
        kind: Kind,
    },
    /// A corporate action that a short position cannot take part in without more being said.
    #[error("entry {seq} pays cash on a position that is sold short")]
    ShortPosition {
        /// The entry.
        seq: u64,
    },
    /// A transaction lacks what its kind needs.
    #[error("entry {seq} has no {field}")]
    MissingField {
        /// The entry.
        seq: u64,
        /// What it lacks.
        field: &'static str,
    },
    /// A value that its field must not have.
    #[error("entry {seq} has a {field} that is not valid")]
    BadField {
        /// The entry.
        seq: u64,
        /// The field.
        field: &'static str,
    },
    /// A foreign currency without its rate.
    #[error("entry {seq} has no rate from {currency} to the base currency")]
    MissingRate {
        /// The entry.
        seq: u64,
        /// The currency.
        currency: Currency,
    },
    /// More was sold or moved than was there.
    #[error("entry {seq} takes {asked} of security {security_id} on {on}, but {open} are open")]
    Oversell {
        /// The first entry (in ledger order of effect) that takes too much.
        seq: u64,
        /// The security.
        security_id: Uuid,
        /// The account.
        account_id: Uuid,
        /// The day.
        on: Date,
        /// Units open before it.
        open: Decimal,
        /// Units asked for.
        asked: Decimal,
        /// All entries that take too much, the first included.
        all: Vec<Oversold>,
    },
    /// A chosen lot that is not open in the account and security.
    #[error("entry {seq} takes from lot {lot_id}, which is not an open lot of that security in that account")]
    UnknownLot {
        /// The entry.
        seq: u64,
        /// The lot.
        lot_id: Uuid,
    },
    /// Chosen lots that do not add up to the quantity.
    #[error("entry {seq} chooses lots of {chosen}, its quantity is {quantity}")]
    LotsMismatch {
        /// The entry.
        seq: u64,
        /// Sum of the chosen lots.
        chosen: Decimal,
        /// Quantity of the transaction.
        quantity: Decimal,
    },
    /// A result beyond what tables hold.
    #[error("entry {seq} makes a {what} beyond what books hold")]
    TooLarge {
        /// The entry.
        seq: u64,
        /// What became too large.
        what: &'static str,
    },
    /// Two active transactions of an account with one external identity.
    #[error("entry {seq} repeats external id {external_id:?} of entry {first_seq} in the same account")]
    DuplicateExternalId {
        /// The later entry.
        seq: u64,
        /// The earlier one.
        first_seq: u64,
        /// The identity.
        external_id: String,
    },
}

/// One transaction that takes more than is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oversold {
    /// The entry.
    pub seq: u64,
    /// The security.
    pub security_id: Uuid,
    /// The account.
    pub account_id: Uuid,
    /// The day.
    pub on: Date,
    /// Units open before it.
    pub open: Decimal,
    /// Units asked for.
    pub asked: Decimal,
}

impl BookError {
    /// Stable code for problem answers.
    pub fn code(&self) -> &'static str {
        match self {
            BookError::SequenceGap { .. } => "sequence_gap",
            BookError::UnknownTarget { .. } => "unknown_target",
            BookError::TargetClosed { .. } => "target_closed",
            BookError::WrongTarget { .. } => "wrong_target",
            BookError::ClassChanged { .. } => "class_changed",
            BookError::WrongPayload { .. } => "wrong_payload",
            BookError::NoBaseCurrency => "no_base_currency",
            BookError::BaseCurrencyChanged { .. } => "base_currency_changed",
            BookError::BadSetting { .. } => "bad_setting",
            BookError::NothingHeld { .. } => "nothing_held",
            BookError::ShortPosition { .. } => "short_position",
            BookError::MissingField { .. } => "missing_field",
            BookError::BadField { .. } => "bad_field",
            BookError::MissingRate { .. } => "missing_fx",
            BookError::Oversell { .. } => "oversell",
            BookError::UnknownLot { .. } => "unknown_lot",
            BookError::LotsMismatch { .. } => "lots_mismatch",
            BookError::TooLarge { .. } => "out_of_range",
            BookError::DuplicateExternalId { .. } => "duplicate_external_id",
        }
    }

    /// The entry that it is about, if one.
    pub fn seq(&self) -> Option<u64> {
        match self {
            BookError::NoBaseCurrency => None,
            BookError::SequenceGap { found: seq, .. }
            | BookError::UnknownTarget { seq, .. }
            | BookError::TargetClosed { seq, .. }
            | BookError::WrongTarget { seq }
            | BookError::ClassChanged { seq, .. }
            | BookError::WrongPayload { seq, .. }
            | BookError::BaseCurrencyChanged { seq, .. }
            | BookError::BadSetting { seq, .. }
            | BookError::NothingHeld { seq, .. }
            | BookError::ShortPosition { seq }
            | BookError::MissingField { seq, .. }
            | BookError::BadField { seq, .. }
            | BookError::MissingRate { seq, .. }
            | BookError::Oversell { seq, .. }
            | BookError::UnknownLot { seq, .. }
            | BookError::LotsMismatch { seq, .. }
            | BookError::TooLarge { seq, .. }
            | BookError::DuplicateExternalId { seq, .. } => Some(*seq),
        }
    }
}
