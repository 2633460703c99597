//! What an execution is pinned to: fixed once, never changed while it runs (`system.md` §3).

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The pinned context of one execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionContext {
    /// Id of the execution.
    pub execution_id: Uuid,
    /// W3C trace id, 32 hex digits.
    pub trace_id: String,
    /// Whose rows may be read.
    pub user_id: Uuid,
    /// Permissions of the user, names of `capabilities.md` appendix J.
    pub rights: Vec<String>,
    /// The portfolio that the inputs name, checked to be visible.
    pub portfolio_id: Option<Uuid>,
    /// Date that values are for.
    pub as_of: NaiveDate,
    /// Knowledge time that the pack pins.
    pub known_at: Option<DateTime<Utc>>,
    /// The pricing pack, where the plan reads prices.
    pub pack: Option<PackInfo>,
    /// State of the portfolio's ledger, where the plan reads books.
    pub ledger: Option<LedgerInfo>,
    /// Base currency of the portfolio, ISO 4217; the caller's own where there is no portfolio.
    pub base_currency: String,
    /// Report in another currency than the base currency.
    pub report_currency: Option<String>,
    /// Time that the execution may take, milliseconds.
    pub deadline_ms: u64,
}

/// The pricing pack of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackInfo {
    /// `PP_2024-03-28`, restated `PP_2024-03-28_R1`.
    pub display_id: String,
    /// Full hash, 64 hex digits.
    pub hash: String,
    /// Date of the pack.
    pub date: NaiveDate,
    /// 0 for the first chain of the day.
    pub revision: u32,
    /// Display id of the pack that superseded it, as known now.
    pub superseded_by: Option<String>,
    /// Why the chain was restated: of the superseding pack, or of this one when its revision is above 0.
    pub restated_reason: Option<String>,
}

/// State of a portfolio's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerInfo {
    /// Commit of the last entry, 64 hex digits.
    pub commit: String,
    /// Sequence number of the last entry; 0 for an empty ledger.
    pub seq: u64,
}
