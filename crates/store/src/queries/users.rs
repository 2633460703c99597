//! Accounts of people. Invariant: a password hash is read by sign-in only; a user sees its own profile without it.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, unsigned};
use crate::sql::queries;
use crate::transaction::{AuthTransaction, UserTransaction};

queries! { "users";
    BY_EMAIL = "by_email.sql" [TEXT];
    BY_ID = "by_id.sql" [UUID];
    LIST = "list.sql" [UUID, INT8];
    INSERT = "insert.sql" [UUID, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT];
    SET_PASSWORD = "set_password.sql" [UUID, TEXT];
    SET_EMAIL = "set_email.sql" [UUID, TEXT, TEXT];
    ADMINISTER = "administer.sql" [UUID, INT4, TEXT, TEXT];
    SIGNED_IN = "signed_in.sql" [UUID, TIMESTAMPTZ];
    VERSION = "version.sql" [UUID];
    COUNT = "count.sql" [];
    PROFILE = "profile.sql" [UUID];
    UPDATE_PROFILE = "update_profile.sql" [UUID, INT4, TEXT, TEXT, TEXT];
}

/// An account as sign-in and administration see it.
#[derive(Clone, PartialEq)]
pub struct User {
    /// What the user may see of it.
    pub profile: Profile,
    /// Argon2id in PHC form; absent until an invitation is taken.
    pub password_hash: Option<String>,
    /// Sealed secret of the second factor.
    pub totp_secret_sealed: Option<Vec<u8>>,
}

impl std::fmt::Debug for User {
    /// Leaves out the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Id.
    pub id: Uuid,
    /// Raised by each change; the ETag.
    pub version: i32,
    /// Address as typed.
    pub email: String,
    /// Name on screen.
    pub display_name: String,
    /// `VIEWER`, `USER`, `MANAGER` or `ADMIN`.
    pub role: String,
    /// `invited`, `active` or `disabled`.
    pub status: String,
    /// BCP 47 tag.
    pub locale: String,
    /// IANA zone.
    pub time_zone: String,
    /// When the second factor was confirmed.
    pub totp_confirmed_at: Option<DateTime<Utc>>,
    /// Last successful sign-in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An account to add.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// Address as typed.
    pub email: String,
    /// Address as compared.
    pub email_normalized: String,
    /// Name on screen.
    pub display_name: String,
    /// Argon2id in PHC form; absent for an invitation.
    pub password_hash: Option<String>,
    /// `VIEWER`, `USER`, `MANAGER` or `ADMIN`.
    pub role: String,
    /// `invited` or `active`.
    pub status: String,
    /// BCP 47 tag.
    pub locale: String,
    /// IANA zone.
    pub time_zone: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Changes of the own profile; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// New name.
    pub display_name: Option<String>,
    /// New locale.
    pub locale: Option<String>,
    /// New time zone.
    pub time_zone: Option<String>,
}

fn user_of(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        profile: Profile {
            id: column(row, 0)?,
            version: column(row, 1)?,
            email: column(row, 2)?,
            display_name: column(row, 3)?,
            role: column(row, 5)?,
            status: column(row, 6)?,
            locale: column(row, 7)?,
            time_zone: column(row, 8)?,
            totp_confirmed_at: column(row, 10)?,
            last_login_at: column(row, 11)?,
            created_at: column(row, 12)?,
        },
        password_hash: column(row, 4)?,
        totp_secret_sealed: column(row, 9)?,
    })
}

fn profile_of(row: &Row) -> Result<Profile, StoreError> {
    Ok(Profile {
        id: column(row, 0)?,
        version: column(row, 1)?,
        email: column(row, 2)?,
        display_name: column(row, 3)?,
        role: column(row, 4)?,
        status: column(row, 5)?,
        locale: column(row, 6)?,
        time_zone: column(row, 7)?,
        totp_confirmed_at: column(row, 8)?,
        last_login_at: column(row, 9)?,
        created_at: column(row, 10)?,
    })
}

/// An account by its normalised address.
pub async fn by_email(tx: &mut AuthTransaction, email_normalized: &str) -> Result<Option<User>, StoreError> {
    tx.row_opt(&BY_EMAIL, &[&email_normalized]).await?.as_ref().map(user_of).transpose()
}

/// An account by id.
pub async fn by_id(tx: &mut AuthTransaction, id: Uuid) -> Result<Option<User>, StoreError> {
    tx.row_opt(&BY_ID, &[&id]).await?.as_ref().map(user_of).transpose()
}

/// At most `limit` accounts after an id, in order of id.
pub async fn list(tx: &mut AuthTransaction, after: Option<Uuid>, limit: u32) -> Result<Vec<User>, StoreError> {
    tx.rows(&LIST, &[&after, &i64::from(limit)]).await?.iter().map(user_of).collect()
}

/// Adds an account; [`StoreError::AlreadyExists`] when the address is taken.
pub async fn insert(tx: &mut AuthTransaction, new: &NewUser) -> Result<User, StoreError> {
    let rows = tx
        .write_rows(
            &INSERT,
            &[
                &new.id,
                &new.email,
                &new.email_normalized,
                &new.display_name,
                &new.password_hash,
                &new.role,
                &new.status,
                &new.locale,
                &new.time_zone,
            ],
        )
        .await?;
    rows.first().map(user_of).transpose()?.ok_or(StoreError::NotFound("user"))
}

/// Sets a password hash; an invited account becomes active.
pub async fn set_password(tx: &mut AuthTransaction, id: Uuid, password_hash: &str) -> Result<(), StoreError> {
    one(tx.write(&SET_PASSWORD, &[&id, &password_hash]).await?)
}

/// Changes the address.
pub async fn set_email(
    tx: &mut AuthTransaction,
    id: Uuid,
    email: &str,
    email_normalized: &str,
) -> Result<(), StoreError> {
    one(tx.write(&SET_EMAIL, &[&id, &email, &email_normalized]).await?)
}

/// Changes role or status of an account whose version is `version`. The last active administrator
/// is refused when the transaction commits ([`StoreError::Invariant`]).
pub async fn administer(
    tx: &mut AuthTransaction,
    id: Uuid,
    version: i32,
    role: Option<&str>,
    status: Option<&str>,
) -> Result<User, StoreError> {
    let rows = tx.write_rows(&ADMINISTER, &[&id, &version, &role, &status]).await?;
    match rows.first() {
        Some(row) => user_of(row),
        None => Err(super::missing_or_changed(tx, &VERSION, &[&id], "user").await),
    }
}

/// Notes a successful sign-in.
pub async fn signed_in(tx: &mut AuthTransaction, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    one(tx.write(&SIGNED_IN, &[&id, &now]).await?)
}

/// How many accounts there are, and how many of them are active administrators.
pub async fn count(tx: &mut AuthTransaction) -> Result<(u64, u64), StoreError> {
    let row = tx.row_opt(&COUNT, &[]).await?.ok_or(StoreError::NotFound("user"))?;
    Ok((unsigned(&row, 0)?, unsigned(&row, 1)?))
}

/// The user's own profile.
pub async fn profile(tx: &mut UserTransaction, user: Uuid) -> Result<Option<Profile>, StoreError> {
    tx.row_opt(&PROFILE, &[&user]).await?.as_ref().map(profile_of).transpose()
}

/// Changes the user's own profile whose version is `version`.
pub async fn update_profile(
    tx: &mut UserTransaction,
    user: Uuid,
    version: i32,
    change: &ProfileChange,
) -> Result<Profile, StoreError> {
    let rows = tx
        .write_rows(&UPDATE_PROFILE, &[&user, &version, &change.display_name, &change.locale, &change.time_zone])
        .await?;
    match rows.first() {
        Some(row) => profile_of(row),
        None => Err(super::missing_or_changed(tx, &VERSION, &[&user], "user").await),
    }
}

fn one(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound("user")) }
}
