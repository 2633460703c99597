//! Whether what is stored is what the ledger says.

use uuid::Uuid;

use crate::book::Book;
use crate::book_error::BookError;
use crate::commit::{ChainError, Commit, verify_chain};
use crate::entry::Entry;
use crate::projection::{Row, Rows, diff};

/// Result of checking a ledger and its projections.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    /// Head of the chain, or where it breaks.
    pub chain: Result<Commit, ChainError>,
    /// Why the entries make no book, if they do not.
    pub replay_error: Option<BookError>,
    /// Rows that differ, in table order.
    pub rows: Vec<RowDifference>,
}

/// One row that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// Name of the table.
    pub table: &'static str,
    /// Key of the row.
    pub key: String,
    /// What the ledger gives; absent if the row should not be there.
    pub ledger: Option<String>,
    /// What is stored; absent if the row is missing.
    pub stored: Option<String>,
}

impl Differences {
    /// Whether chain, replay and rows all agree.
    pub fn is_clean(&self) -> bool {
        self.chain.is_ok() && self.replay_error.is_none() && self.rows.is_empty()
    }
}

/// Replays a ledger and compares it with its commits and stored rows (in key order, as [`Rows`] says).
pub fn verify(portfolio_id: Uuid, entries: &[Entry], commits: &[Commit], stored: &Rows) -> Differences {
    let chain = verify_chain(portfolio_id, entries, commits);
    let book = match Book::replay(portfolio_id, entries) {
        Ok(book) => book,
        Err(error) => return Differences { chain, replay_error: Some(error), rows: Vec::new() },
    };
    let ledger = Rows::of(&book);
    let changes = diff(stored, &ledger);
    let mut rows = Vec::new();
    report(&mut rows, &changes.transactions, &stored.transactions);
    report(&mut rows, &changes.lots, &stored.lots);
    report(&mut rows, &changes.lot_events, &stored.lot_events);
    report(&mut rows, &changes.positions, &stored.positions);
    report(&mut rows, &changes.cash_balances, &stored.cash_balances);
    report(&mut rows, &changes.cash_flows, &stored.cash_flows);
    report(&mut rows, &changes.manual_prices, &stored.manual_prices);
    Differences { chain, replay_error: None, rows }
}

fn report<R: Row + std::fmt::Debug>(
    rows: &mut Vec<RowDifference>,
    changes: &crate::projection::TableDiff<R>,
    stored: &[R],
) {
    let find = |key: &R::Key| stored.binary_search_by_key(key, R::key).ok().map(|at| format!("{:?}", stored[at]));
    for key in &changes.delete {
        rows.push(RowDifference { table: R::TABLE, key: format!("{key:?}"), ledger: None, stored: find(key) });
    }
    for row in changes.written() {
        let key = row.key();
        let ledger = Some(format!("{row:?}"));
        rows.push(RowDifference { table: R::TABLE, key: format!("{key:?}"), ledger, stored: find(&key) });
    }
}
