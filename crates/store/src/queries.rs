//! Queries by subject: each is a `.sql` file with the Rust function that binds and maps it beside it.
//! Invariant: a query of user-scoped rows names the user itself; the policy is the second net.

pub mod accounts;
pub mod audit;
pub mod executions;
pub mod health;
pub mod idempotency;
pub mod imports;
pub mod ledger;
pub mod links;
pub mod lots;
pub mod observations;
pub mod packs;
pub mod patterns;
pub mod portfolios;
pub mod projections;
pub mod reference;
pub mod results;
pub mod securities;
pub mod sessions;
pub mod settings;
pub mod shares;
pub mod throttle;
pub mod tokens;
pub mod transactions;
pub mod users;

use tokio_postgres::types::ToSql;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::Sql;
use crate::transaction::ScopedTransaction;

/// Every statement of the store.
#[cfg(test)]
pub(crate) fn all() -> Vec<&'static Sql> {
    [
        accounts::ALL,
        audit::ALL,
        executions::ALL,
        health::ALL,
        idempotency::ALL,
        imports::ALL,
        ledger::ALL,
        links::ALL,
        lots::ALL,
        observations::ALL,
        packs::ALL,
        patterns::ALL,
        portfolios::ALL,
        projections::ALL,
        reference::ALL,
        results::ALL,
        securities::ALL,
        sessions::ALL,
        settings::ALL,
        shares::ALL,
        throttle::ALL,
        tokens::ALL,
        transactions::ALL,
        users::ALL,
    ]
    .concat()
}

/// Announces a change to all replicas when the transaction commits.
pub(crate) async fn notify(tx: &mut ScopedTransaction, channel: &str, payload: &str) -> Result<(), StoreError> {
    health::announce(tx, channel, payload).await
}

/// Why an update by version touched nothing: the row is not there, or its version is another.
pub(crate) async fn missing_or_changed(
    tx: &mut ScopedTransaction,
    version: &Sql,
    key: &[&(dyn ToSql + Sync)],
    what: &'static str,
) -> StoreError {
    match tx.row_opt(version, key).await {
        Ok(Some(row)) => match column(&row, 0) {
            Ok(current) => StoreError::VersionConflict { what, current },
            Err(error) => error,
        },
        Ok(None) => StoreError::NotFound(what),
        Err(error) => error,
    }
}
