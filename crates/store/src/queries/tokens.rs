//! Personal access tokens. Invariant: the token itself is never stored, only its hash and first characters.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::{AuthTransaction, UserTransaction};

queries! { "tokens";
    INSERT = "insert.sql" [UUID, UUID, TEXT, TEXT, BYTEA, TEXT_ARRAY, UUID_ARRAY, TIMESTAMPTZ];
    LIST = "list.sql" [UUID];
    REVOKE = "revoke.sql" [UUID, UUID, TIMESTAMPTZ];
    BY_HASH = "by_hash.sql" [BYTEA, TIMESTAMPTZ];
    USED = "used.sql" [UUID, UUID, TIMESTAMPTZ];
}

/// A token to add.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// Name given by the user, unique for it.
    pub name: String,
    /// First characters, to recognise it.
    pub prefix: String,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Permissions.
    pub scopes: Vec<String>,
    /// Portfolios that it is limited to.
    pub portfolio_ids: Option<Vec<Uuid>>,
    /// End of validity.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its id.
    pub id: Uuid,
    /// Name given by the user.
    pub name: String,
    /// First characters.
    pub prefix: String,
    /// Permissions.
    pub scopes: Vec<String>,
    /// Portfolios that it is limited to.
    pub portfolio_ids: Option<Vec<Uuid>>,
    /// End of validity.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last request, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A live token with the state of its user.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveToken {
    /// The token.
    pub token: Token,
    /// Whose.
    pub user_id: Uuid,
    /// Role of the user now.
    pub role: String,
    /// Status of the user now.
    pub user_status: String,
}

fn token_of(row: &Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: column(row, 0)?,
        name: column(row, 1)?,
        prefix: column(row, 2)?,
        scopes: column(row, 3)?,
        portfolio_ids: column(row, 4)?,
        expires_at: column(row, 5)?,
        last_used_at: column(row, 6)?,
        revoked_at: column(row, 7)?,
        created_at: column(row, 8)?,
    })
}

/// Adds a token.
pub async fn insert(tx: &mut UserTransaction, user: Uuid, new: &NewToken) -> Result<(), StoreError> {
    tx.write(
        &INSERT,
        &[
            &user,
            &new.id,
            &new.name,
            &new.prefix,
            &new.token_hash.as_slice(),
            &new.scopes,
            &new.portfolio_ids,
            &new.expires_at,
        ],
    )
    .await
    .map(drop)
}

/// Tokens of a user, newest first.
pub async fn list(tx: &mut UserTransaction, user: Uuid) -> Result<Vec<Token>, StoreError> {
    tx.rows(&LIST, &[&user]).await?.iter().map(token_of).collect()
}

/// Revokes a token; false when there is no such live one.
pub async fn revoke(tx: &mut UserTransaction, user: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let revoked = tx.write(&REVOKE, &[&user, &id, &now]).await? == 1;
    if revoked {
        super::notify(tx, "sessions", &id.to_string()).await?;
    }
    Ok(revoked)
}

/// The live token of a hash.
pub async fn by_hash(
    tx: &mut AuthTransaction,
    token_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<LiveToken>, StoreError> {
    let row = tx.row_opt(&BY_HASH, &[&token_hash.as_slice(), &now]).await?;
    row.as_ref()
        .map(|row| {
            Ok(LiveToken {
                token: token_of(row)?,
                user_id: column(row, 9)?,
                role: column(row, 10)?,
                user_status: column(row, 11)?,
            })
        })
        .transpose()
}

/// Notes use of a token, at most once a minute.
pub async fn used(tx: &mut AuthTransaction, user: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.write(&USED, &[&user, &id, &now]).await.map(drop)
}
