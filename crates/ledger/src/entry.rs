//! One line of the ledger.
//!
//! Invariant: an entry never changes. A correction is another entry that voids or amends it.

use chrono::{DateTime, Utc};
use dates::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kind::Kind;
use crate::payload::{Payload, TransactionPayload};

/// What an entry does to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// States something new.
    Record,
    /// Takes its target back.
    Void,
    /// Puts a full corrected content in its target's place.
    Amend,
}

impl Action {
    /// The name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Action::Record => "record",
            Action::Void => "void",
            Action::Amend => "amend",
        }
    }
}

/// A ledger entry as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Position in the portfolio's ledger, from 1 without gaps.
    pub seq: u64,
    /// Identity of the entry.
    pub entry_id: Uuid,
    /// Record, void or amend.
    pub action: Action,
    /// Kind of the content; a void repeats its target's kind.
    pub kind: Kind,
    /// The entry that a void or amendment is about; absent for a record.
    pub target_seq: Option<u64>,
    /// The account; absent for settings and manual prices.
    pub account_id: Option<Uuid>,
    /// The security, where there is one.
    pub security_id: Option<Uuid>,
    /// The day on which it changes the books: trade date, for income the pay date.
    pub effective_on: Date,
    /// The content.
    pub payload: Payload,
    /// Identity in the source (broker's reference), unique per account among active entries.
    pub external_id: Option<String>,
    /// When it was recorded, to the microsecond.
    pub recorded_at: DateTime<Utc>,
}

impl Entry {
    /// The transaction content, if the entry records or amends a transaction.
    pub fn transaction(&self) -> Option<&TransactionPayload> {
        match &self.payload {
            Payload::Transaction(transaction) => Some(transaction),
            _ => None,
        }
    }
}
