//! One-time links: first set-up, invitations, resets, change of address.
//! Invariant: a link works once, and there is at most one open set-up link.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::AuthTransaction;

queries! { "links";
    INSERT = "insert.sql" [UUID, TEXT, BYTEA, UUID, TEXT, TIMESTAMPTZ, UUID];
    CLOSE_SETUP = "close_setup.sql" [TIMESTAMPTZ];
    BY_HASH = "by_hash.sql" [BYTEA];
    USE = "use.sql" [UUID, TIMESTAMPTZ];
}

/// A link to add.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// `setup`, `invite`, `reset` or `email`.
    pub purpose: String,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Account that it is for.
    pub user_id: Option<Uuid>,
    /// Role that it grants.
    pub role: Option<String>,
    /// End of validity.
    pub expires_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: Option<Uuid>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: Uuid,
    /// `setup`, `invite`, `reset` or `email`.
    pub purpose: String,
    /// Account that it is for.
    pub user_id: Option<Uuid>,
    /// Role that it grants.
    pub role: Option<String>,
    /// End of validity.
    pub expires_at: DateTime<Utc>,
    /// When it was used or replaced.
    pub used_at: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Adds a link; a set-up link replaces the open one.
pub async fn insert(tx: &mut AuthTransaction, new: &NewLink, now: DateTime<Utc>) -> Result<(), StoreError> {
    if new.purpose == "setup" {
        tx.write(&CLOSE_SETUP, &[&now]).await?;
    }
    tx.write(
        &INSERT,
        &[&new.id, &new.purpose, &new.token_hash.as_slice(), &new.user_id, &new.role, &new.expires_at, &new.created_by],
    )
    .await
    .map(drop)
}

/// A link by the hash of its token, used or not, locked until the transaction ends.
pub async fn by_hash(tx: &mut AuthTransaction, token_hash: &[u8; 32]) -> Result<Option<Link>, StoreError> {
    let row = tx.row_opt(&BY_HASH, &[&token_hash.as_slice()]).await?;
    row.as_ref()
        .map(|row| {
            Ok(Link {
                id: column(row, 0)?,
                purpose: column(row, 1)?,
                user_id: column(row, 2)?,
                role: column(row, 3)?,
                expires_at: column(row, 4)?,
                used_at: column(row, 5)?,
                created_by: column(row, 6)?,
                created_at: column(row, 7)?,
            })
        })
        .transpose()
}

/// Uses up a link; false when it was used already.
pub async fn use_up(tx: &mut AuthTransaction, id: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.write(&USE, &[&id, &now]).await? == 1)
}
