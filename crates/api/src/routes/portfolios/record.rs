//! A portfolio as a record.

use chrono::NaiveDate;
use serde::Serialize;
use store::queries::portfolios::PortfolioHead;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::wire::timestamp;

/// Methods by which lots are chosen on a sale that books offer.
pub const COST_BASIS_METHODS: &[&str] = &["fifo", "lifo", "hifo", "average", "specific", "minimum_tax"];

/// A portfolio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Portfolio {
    /// Its id.
    pub id: Uuid,
    /// Name on screen.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Currency of totals.
    pub base_currency: String,
    /// What it is compared with.
    pub benchmark_id: Option<String>,
    /// How lots are chosen on a sale.
    pub cost_basis_method: String,
    /// Days that have a value.
    pub calendar: String,
    /// Date of the first entry.
    pub opened_on: Option<NaiveDate>,
    /// `active`, `archived` or `erasing`.
    pub status: String,
    /// `owner`, or `shared` for reading only.
    pub access: &'static str,
    /// Commit of the last ledger entry, 64 hex digits.
    pub ledger_commit: String,
    /// Number of the last ledger entry, 0 for none.
    pub ledger_seq: u64,
    /// Whether its trades are invented, for demonstration.
    pub demo: bool,
    /// When it was made.
    pub created_at: String,
}

impl Portfolio {
    /// The wire form, as `reader` sees it.
    #[must_use]
    pub fn of(head: &PortfolioHead, reader: Uuid) -> Self {
        Self {
            id: head.id,
            name: head.name.clone(),
            description: head.description.clone(),
            base_currency: head.base_currency.to_string(),
            benchmark_id: head.benchmark_id.clone(),
            cost_basis_method: head.cost_basis_method.clone(),
            calendar: head.valuation_calendar.clone(),
            opened_on: head.opened_on,
            status: head.status.clone(),
            access: if head.user_id == reader { "owner" } else { "shared" },
            ledger_commit: hex::encode(head.commit),
            ledger_seq: head.seq,
            demo: head.demo,
            created_at: timestamp(head.created_at),
        }
    }
}
