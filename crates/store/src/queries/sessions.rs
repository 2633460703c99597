//! Sessions and the refresh tokens that renew them. Invariant: secrets are stored as hashes only, and a
//! revocation is announced to all replicas in the same transaction.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, hash};
use crate::sql::queries;
use crate::transaction::{AuthTransaction, UserTransaction};

queries! { "sessions";
    INSERT = "insert.sql" [UUID, UUID, TEXT, BYTEA, BYTEA, TIMESTAMPTZ, INET, TEXT];
    BY_SECRET = "by_secret.sql" [BYTEA, TIMESTAMPTZ];
    BY_ID = "by_id.sql" [UUID, UUID, TIMESTAMPTZ];
    TOUCH = "touch.sql" [UUID, UUID, TIMESTAMPTZ];
    REVOKE = "revoke.sql" [UUID, UUID, TIMESTAMPTZ];
    REVOKE_ALL = "revoke_all.sql" [UUID, UUID, TIMESTAMPTZ];
    LIST = "list.sql" [UUID, TIMESTAMPTZ];
    REVOKED = "revoked.sql" [TIMESTAMPTZ];
    INSERT_REFRESH = "insert_refresh.sql" [UUID, UUID, UUID, BYTEA, TIMESTAMPTZ];
    REFRESH_BY_HASH = "refresh_by_hash.sql" [BYTEA, TIMESTAMPTZ];
    USE_REFRESH = "use_refresh.sql" [UUID, UUID, UUID, TIMESTAMPTZ];
    REVOKE_FAMILY = "revoke_family.sql" [UUID, UUID, TIMESTAMPTZ];
}

/// A session to open.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose.
    pub user_id: Uuid,
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    /// SHA-256 of the cookie's secret.
    pub secret_hash: [u8; 32],
    /// Key of the anti-forgery token.
    pub csrf_key: [u8; 32],
    /// Absolute end.
    pub expires_at: DateTime<Utc>,
    /// Address of the sign-in.
    pub ip: Option<IpAddr>,
    /// Client of the sign-in.
    pub user_agent: Option<String>,
}

/// A live session with the state of its user.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Whose.
    pub user_id: Uuid,
    /// Its id.
    pub id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    /// Key of the anti-forgery token.
    pub csrf_key: [u8; 32],
    /// Last request, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// Absolute end.
    pub expires_at: DateTime<Utc>,
    /// Role of the user now.
    pub role: String,
    /// Status of the user now.
    pub user_status: String,
    /// Address of the user.
    pub email: String,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// Its id.
    pub id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    /// Last request, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// Absolute end.
    pub expires_at: DateTime<Utc>,
    /// Address of the sign-in.
    pub ip: Option<IpAddr>,
    /// Client of the sign-in.
    pub user_agent: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
}

/// A refresh token as found by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose.
    pub user_id: Uuid,
    /// Its id.
    pub id: Uuid,
    /// Session that it renews.
    pub session_id: Uuid,
    /// End of validity.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged already.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether its session ended or was revoked.
    pub session_over: bool,
    /// Role of the user now.
    pub role: String,
    /// Status of the user now.
    pub user_status: String,
}

fn session_of(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        user_id: column(row, 0)?,
        id: column(row, 1)?,
        kind: column(row, 2)?,
        csrf_key: hash(row, 3)?,
        last_seen_at: column(row, 4)?,
        expires_at: column(row, 5)?,
        role: column(row, 10)?,
        user_status: column(row, 11)?,
        email: column(row, 12)?,
    })
}

/// Opens a session.
pub async fn insert(tx: &mut AuthTransaction, new: &NewSession) -> Result<(), StoreError> {
    tx.write(
        &INSERT,
        &[
            &new.user_id,
            &new.id,
            &new.kind,
            &new.secret_hash.as_slice(),
            &new.csrf_key.as_slice(),
            &new.expires_at,
            &new.ip,
            &new.user_agent,
        ],
    )
    .await
    .map(drop)
}

/// The live session of a cookie.
pub async fn by_secret(
    tx: &mut AuthTransaction,
    secret_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    let row = tx.row_opt(&BY_SECRET, &[&secret_hash.as_slice(), &now]).await?;
    row.as_ref().map(session_of).transpose()
}

/// The live session that an access token names.
pub async fn by_id(
    tx: &mut AuthTransaction,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    tx.row_opt(&BY_ID, &[&user, &id, &now]).await?.as_ref().map(session_of).transpose()
}

/// Notes use of a session, at most once a minute.
pub async fn touch(tx: &mut AuthTransaction, user: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.write(&TOUCH, &[&user, &id, &now]).await.map(drop)
}

/// Ends one session with its refresh tokens; false when there is no such live session.
pub async fn revoke(tx: &mut AuthTransaction, user: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let ended = tx.write_rows(&REVOKE, &[&user, &id, &now]).await?;
    over(tx, user, &ended, now).await?;
    Ok(!ended.is_empty())
}

/// Ends all sessions of a user with their refresh tokens, except `keep`; gives how many.
pub async fn revoke_all(
    tx: &mut AuthTransaction,
    user: Uuid,
    keep: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let ended = tx.write_rows(&REVOKE_ALL, &[&user, &keep, &now]).await?;
    over(tx, user, &ended, now).await?;
    Ok(ended.len())
}

async fn over(tx: &mut AuthTransaction, user: Uuid, ended: &[Row], now: DateTime<Utc>) -> Result<(), StoreError> {
    for row in ended {
        let id: Uuid = column(row, 0)?;
        revoke_family(tx, user, id, now).await?;
        super::notify(tx, "sessions", &id.to_string()).await?;
    }
    Ok(())
}

/// Live sessions of a user, last used first.
pub async fn list(tx: &mut UserTransaction, user: Uuid, now: DateTime<Utc>) -> Result<Vec<SessionView>, StoreError> {
    let rows = tx.rows(&LIST, &[&user, &now]).await?;
    rows.iter()
        .map(|row| {
            Ok(SessionView {
                id: column(row, 1)?,
                kind: column(row, 2)?,
                last_seen_at: column(row, 3)?,
                expires_at: column(row, 4)?,
                ip: column(row, 5)?,
                user_agent: column(row, 6)?,
                created_at: column(row, 7)?,
            })
        })
        .collect()
}

/// Revoked sessions whose access tokens may still be valid: what a server loads at start.
pub async fn revoked(tx: &mut AuthTransaction, now: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
    tx.rows(&REVOKED, &[&now]).await?.iter().map(|row| column(row, 0)).collect()
}

/// Adds a refresh token to a session.
pub async fn insert_refresh(
    tx: &mut AuthTransaction,
    user: Uuid,
    id: Uuid,
    session: Uuid,
    token_hash: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.write(&INSERT_REFRESH, &[&user, &id, &session, &token_hash.as_slice(), &expires_at]).await.map(drop)
}

/// A refresh token by hash, locked until the transaction ends.
pub async fn refresh_by_hash(
    tx: &mut AuthTransaction,
    token_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<RefreshToken>, StoreError> {
    let row = tx.row_opt(&REFRESH_BY_HASH, &[&token_hash.as_slice(), &now]).await?;
    row.as_ref()
        .map(|row| {
            Ok(RefreshToken {
                user_id: column(row, 0)?,
                id: column(row, 1)?,
                session_id: column(row, 2)?,
                expires_at: column(row, 3)?,
                used_at: column(row, 4)?,
                revoked_at: column(row, 5)?,
                session_over: column(row, 6)?,
                role: column(row, 7)?,
                user_status: column(row, 8)?,
            })
        })
        .transpose()
}

/// Marks a refresh token as exchanged; false when somebody was faster.
pub async fn use_refresh(
    tx: &mut AuthTransaction,
    user: Uuid,
    id: Uuid,
    replaced_by: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.write(&USE_REFRESH, &[&user, &id, &replaced_by, &now]).await? == 1)
}

/// Revokes all refresh tokens of a session: what the reuse of a used one leads to.
pub async fn revoke_family(
    tx: &mut AuthTransaction,
    user: Uuid,
    session: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.write(&REVOKE_FAMILY, &[&user, &session, &now]).await.map(drop)
}
