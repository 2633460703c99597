//! Read access to a portfolio for another user. Invariant: a grantee reads, and cannot widen its access.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "shares";
    LIST = "list.sql" [UUID, UUID];
    WITH_USER = "with_user.sql" [UUID];
    INSERT = "insert.sql" [UUID, UUID, UUID, UUID, TEXT, TIMESTAMPTZ];
    REVOKE = "revoke.sql" [UUID, UUID];
}

/// A share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: Uuid,
    /// Who shares.
    pub owner_user_id: Uuid,
    /// What is shared.
    pub portfolio_id: Uuid,
    /// Who may read.
    pub grantee_user_id: Uuid,
    /// `shown` or `hidden`.
    pub amounts: String,
    /// End of the access.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

fn share_of(row: &Row) -> Result<Share, StoreError> {
    Ok(Share {
        id: column(row, 0)?,
        owner_user_id: column(row, 1)?,
        portfolio_id: column(row, 2)?,
        grantee_user_id: column(row, 3)?,
        amounts: column(row, 4)?,
        expires_at: column(row, 5)?,
        created_at: column(row, 7)?,
    })
}

/// Live shares of an own portfolio.
pub async fn list(tx: &mut UserTransaction, owner: Uuid, portfolio: Uuid) -> Result<Vec<Share>, StoreError> {
    tx.rows(&LIST, &[&owner, &portfolio]).await?.iter().map(share_of).collect()
}

/// Live shares that the user was given.
pub async fn with_user(tx: &mut UserTransaction, user: Uuid) -> Result<Vec<Share>, StoreError> {
    tx.rows(&WITH_USER, &[&user]).await?.iter().map(share_of).collect()
}

/// Shares an own portfolio.
pub async fn insert(
    tx: &mut UserTransaction,
    owner: Uuid,
    id: Uuid,
    portfolio: Uuid,
    grantee: Uuid,
    amounts: &str,
    expires_at: Option<DateTime<Utc>>,
) -> Result<Share, StoreError> {
    let rows = tx.write_rows(&INSERT, &[&owner, &id, &portfolio, &grantee, &amounts, &expires_at]).await?;
    rows.first().map(share_of).transpose()?.ok_or(StoreError::NotFound("share"))
}

/// Ends a share, as its owner or its grantee; false when there is no such live one.
pub async fn revoke(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.write(&REVOKE, &[&user, &id]).await? == 1)
}
