//! Building pricing packs from observations, and restating a past day.
//!
//! Invariant: a chain is only added to; either all packs of a call are sealed or none, and a price that cannot be right
//! never gets into one.

mod build;
mod gate;
mod restate;

use capability::Failure;
use dates::Date;
use pricing::{ChainError, ContentError};
use serde_json::json;
use store::StoreError;

pub use build::{BuildReport, build_range};
pub use restate::{Changes, PriceChange, RateChange, RestatedPack, RestatementReport, restate, restate_with};

/// Why packs cannot be built or restated.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// No policy of that name.
    #[error("there is no pack policy {0}")]
    UnknownPolicy(String),
    /// The range ends before it begins.
    #[error("the range ends on {to}, before it begins on {from}")]
    EmptyRange {
        /// First day asked for.
        from: Date,
        /// Last day asked for.
        to: Date,
    },
    /// Another build of the same day runs.
    #[error("a pack of {0} is being built already")]
    AlreadyRunning(Date),
    /// No observation at all in the range.
    #[error("there are no prices and no rates up to {0}")]
    NoObservations(Date),
    /// Too little of what was expected on the newest day.
    #[error("{prices:.1} % of the prices and {rates:.1} % of the rates of {date} are there: {missing}")]
    Incomplete {
        /// The newest day.
        date: Date,
        /// Usable prices, percent of the expected ones.
        prices: f64,
        /// Usable rates, percent of the expected ones.
        rates: f64,
        /// What is missing, in words.
        missing: String,
    },
    /// A price or rate that cannot be right.
    #[error("{subject} is {value} on {date}, {before} before: a change of a hundred times or more is not believed")]
    Jump {
        /// The security or pair.
        subject: String,
        /// The day.
        date: Date,
        /// The value.
        value: money::Decimal,
        /// The value before it.
        before: money::Decimal,
    },
    /// Rows that make no content.
    #[error("the day has no valid content: {0}")]
    Content(#[from] ContentError),
    /// Packs that make no chain.
    #[error("the packs make no chain: {0}")]
    Chain(#[from] ChainError),
    /// No pack of the day to restate.
    #[error("there is no pricing pack of {0}")]
    NoPack(Date),
    /// The corrected values are those that stand.
    #[error("the corrections change nothing on {0}")]
    NothingChanges(Date),
}

impl PackError {
    /// The failure of a step.
    pub fn into_failure(self) -> Failure {
        let message = self.to_string();
        match self {
            PackError::Store(error) => crate::failure::of_store(error),
            PackError::NoPack(date) => {
                Failure::new("pricing_pack_not_found", message).at("/date").about(json!({ "date": date }))
            }
            PackError::UnknownPolicy(_) => Failure::new("invalid_input", message).at("/policy"),
            PackError::AlreadyRunning(_) => Failure::new("conflict", message),
            PackError::Incomplete { .. } => Failure::new("pricing_pack_failed", message),
            PackError::NothingChanges(_) | PackError::Jump { .. } | PackError::Content(_) => {
                Failure::new("invalid_input", message).at("/changes")
            }
            PackError::EmptyRange { .. } | PackError::NoObservations(_) => Failure::new("invalid_input", message),
            PackError::Chain(_) => crate::failure::internal("the packs make no chain", message),
        }
    }
}
