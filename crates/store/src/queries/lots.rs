//! Lots and what happened to them, as the ledger projects them at its head.
//! Invariant: a past date is derived from the events, never read from here.

use chrono::NaiveDate;
use ledger::projection::{LotEventRow, LotRow};
use uuid::Uuid;

use super::projections::{lot_event_of, lot_of};
use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "lots";
    LIST = "list.sql" [UUID, UUID, UUID, BOOL];
    BY_ID = "by_id.sql" [UUID, UUID];
    EVENTS = "events.sql" [UUID, UUID];
    REALIZED = "realized.sql" [UUID, UUID, DATE, DATE];
}

/// Lots of a portfolio; `open` true for open ones, false for closed ones, absent for all.
pub async fn list(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    security: Option<Uuid>,
    open: Option<bool>,
) -> Result<Vec<LotRow>, StoreError> {
    let rows = tx.rows(&LIST, &[&owner, &portfolio, &security, &open]).await?;
    rows.iter().map(lot_of).collect()
}

/// A lot with the portfolio that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundLot {
    /// Owner of the portfolio.
    pub user_id: Uuid,
    /// Portfolio.
    pub portfolio_id: Uuid,
    /// The lot.
    pub row: LotRow,
}

/// One lot that the user owns or may read.
pub async fn by_id(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<FoundLot>, StoreError> {
    let row = tx.row_opt(&BY_ID, &[&user, &id]).await?;
    row.as_ref()
        .map(|row| Ok(FoundLot { portfolio_id: column(row, 14)?, user_id: column(row, 15)?, row: lot_of(row)? }))
        .transpose()
}

/// What happened to one lot, in order.
pub async fn events(tx: &mut UserTransaction, owner: Uuid, lot: Uuid) -> Result<Vec<LotEventRow>, StoreError> {
    let rows = tx.rows(&EVENTS, &[&owner, &lot]).await?;
    rows.iter().map(lot_event_of).collect()
}

/// Disposals with a gain between two days, both included.
pub async fn realized(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<LotEventRow>, StoreError> {
    let rows = tx.rows(&REALIZED, &[&owner, &portfolio, &from, &to]).await?;
    rows.iter().map(lot_event_of).collect()
}
