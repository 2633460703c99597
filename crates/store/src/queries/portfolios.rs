//! Portfolios: records, heads of their ledgers, and the lock that a ledger write begins with.
//! Invariant: `user_id` of a row is its owner, also when another user reads it through a share.

use chrono::{DateTime, NaiveDate, Utc};
use money::Currency;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, currency, hash, unsigned};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "portfolios";
    LIST = "list.sql" [UUID, TEXT];
    BY_ID = "by_id.sql" [UUID, UUID];
    LOCK = "lock.sql" [UUID, UUID];
    INSERT = "insert.sql" [UUID, UUID, TEXT, TEXT, BYTEA, BPCHAR, TEXT, TEXT, BOOL];
    UPDATE = "update.sql" [UUID, UUID, INT4, TEXT, TEXT, TEXT];
    VERSION = "version.sql" [UUID, UUID];
    PROJECT_SETTINGS = "project_settings.sql" [UUID, UUID, BPCHAR, TEXT, TEXT, TEXT, TEXT, DATE];
}

/// What an execution needs to know of a portfolio, and what the cache of heads keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioHead {
    /// Owner.
    pub user_id: Uuid,
    /// Portfolio.
    pub id: Uuid,
    /// Raised by each change of the record; the ETag.
    pub version: i32,
    /// Name on screen.
    pub name: String,
    /// Free text.
    pub description: String,
    /// `active`, `archived` or `erasing`.
    pub status: String,
    /// Number of the last ledger entry, 0 for none.
    pub seq: u64,
    /// Commit of the last ledger entry.
    pub commit: [u8; 32],
    /// Currency of totals.
    pub base_currency: Currency,
    /// What it is compared with.
    pub benchmark_id: Option<String>,
    /// `fifo`, `lifo`, …
    pub cost_basis_method: String,
    /// Days that have a value.
    pub valuation_calendar: String,
    /// Series or constant that excess returns refer to.
    pub risk_free: Option<String>,
    /// Tax rates and rules.
    pub tax_profile: Option<serde_json::Value>,
    /// Date of the first entry.
    pub opened_on: Option<NaiveDate>,
    /// Invented trades, named so on screen.
    pub demo: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A portfolio to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPortfolio {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// Name, unique among the user's active ones.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Currency of totals.
    pub base_currency: Currency,
    /// `fifo`, `lifo`, …
    pub cost_basis_method: String,
    /// Days that have a value (`all_days`).
    pub valuation_calendar: String,
    /// Invented trades.
    pub demo: bool,
}

/// Changes of the record; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortfolioChange {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New status.
    pub status: Option<String>,
}

/// Settings as the ledger projects them.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectedSettings {
    /// Currency of totals.
    pub base_currency: Currency,
    /// What it is compared with.
    pub benchmark_id: Option<String>,
    /// `fifo`, `lifo`, …
    pub cost_basis_method: String,
    /// Days that have a value.
    pub valuation_calendar: String,
    /// Series or constant that excess returns refer to.
    pub risk_free: Option<String>,
    /// Date of the first entry.
    pub opened_on: Option<NaiveDate>,
}

fn head_of(row: &Row) -> Result<PortfolioHead, StoreError> {
    Ok(PortfolioHead {
        user_id: column(row, 0)?,
        id: column(row, 1)?,
        version: column(row, 2)?,
        name: column(row, 3)?,
        description: column(row, 4)?,
        status: column(row, 5)?,
        seq: unsigned(row, 6)?,
        commit: hash(row, 7)?,
        base_currency: currency(row, 8)?,
        benchmark_id: column(row, 9)?,
        cost_basis_method: column(row, 10)?,
        valuation_calendar: column(row, 11)?,
        risk_free: column(row, 12)?,
        tax_profile: column(row, 13)?,
        opened_on: column(row, 14)?,
        demo: column(row, 15)?,
        created_at: column(row, 16)?,
    })
}

/// Own portfolios by name, then those shared with the user; `status` filters.
pub async fn list(
    tx: &mut UserTransaction,
    user: Uuid,
    status: Option<&str>,
) -> Result<Vec<PortfolioHead>, StoreError> {
    tx.rows(&LIST, &[&user, &status]).await?.iter().map(head_of).collect()
}

/// A portfolio that the user owns or may read.
pub async fn by_id(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<PortfolioHead>, StoreError> {
    tx.row_opt(&BY_ID, &[&user, &id]).await?.as_ref().map(head_of).transpose()
}

/// Head of a portfolio that the user owns or may read; the same as [`by_id`].
pub async fn head(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<PortfolioHead>, StoreError> {
    by_id(tx, user, id).await
}

/// Head of an own portfolio, locked against other ledger writes until the transaction ends.
pub async fn lock(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<PortfolioHead>, StoreError> {
    tx.row_opt(&LOCK, &[&user, &id]).await?.as_ref().map(head_of).transpose()
}

/// Adds a portfolio with an empty ledger.
pub async fn insert(tx: &mut UserTransaction, user: Uuid, new: &NewPortfolio) -> Result<PortfolioHead, StoreError> {
    let genesis = ledger::commit::genesis(new.id);
    let rows = tx
        .write_rows(
            &INSERT,
            &[
                &user,
                &new.id,
                &new.name,
                &new.description,
                &genesis.as_slice(),
                &new.base_currency.code(),
                &new.cost_basis_method,
                &new.valuation_calendar,
                &new.demo,
            ],
        )
        .await?;
    rows.first().map(head_of).transpose()?.ok_or(StoreError::NotFound("portfolio"))
}

/// Changes the record of an own portfolio whose version is `version`.
pub async fn update(
    tx: &mut UserTransaction,
    user: Uuid,
    id: Uuid,
    version: i32,
    change: &PortfolioChange,
) -> Result<PortfolioHead, StoreError> {
    tx.moved(user, id);
    let rows =
        tx.write_rows(&UPDATE, &[&user, &id, &version, &change.name, &change.description, &change.status]).await?;
    match rows.first() {
        Some(row) => {
            super::notify(tx, "ledger", &format!("{user}:{id}")).await?;
            head_of(row)
        }
        None => Err(super::missing_or_changed(tx, &VERSION, &[&user, &id], "portfolio").await),
    }
}

/// Writes the settings that follow from the ledger.
pub async fn project_settings(
    tx: &mut UserTransaction,
    user: Uuid,
    id: Uuid,
    settings: &ProjectedSettings,
) -> Result<(), StoreError> {
    tx.moved(user, id);
    let changed = tx
        .write(
            &PROJECT_SETTINGS,
            &[
                &user,
                &id,
                &settings.base_currency.code(),
                &settings.benchmark_id,
                &settings.cost_basis_method,
                &settings.valuation_calendar,
                &settings.risk_free,
                &settings.opened_on,
            ],
        )
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound("portfolio")) }
}
