//! Settings of users and of the installation. Invariant: secrets are never kept here.

use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::{ScopedTransaction, UserTransaction, WorkerTransaction};

queries! { "settings";
    OF_USER = "of_user.sql" [UUID];
    PUT_USER = "put_user.sql" [UUID, INT4, JSONB, UUID];
    USER_VERSION = "user_version.sql" [UUID];
    SYSTEM = "system.sql" [];
    PUT_SYSTEM = "put_system.sql" [TEXT, JSONB, UUID];
}

/// Settings of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSettings {
    /// Raised by each change; the ETag; 0 while there are none.
    pub version: i32,
    /// Document checked by the server.
    pub settings: Value,
    /// Portfolio that is meant where none is named.
    pub default_portfolio_id: Option<Uuid>,
}

/// Settings of a user; version 0 and an empty document while there are none.
pub async fn of_user(tx: &mut UserTransaction, user: Uuid) -> Result<UserSettings, StoreError> {
    match tx.row_opt(&OF_USER, &[&user]).await? {
        Some(row) => Ok(UserSettings {
            version: column(&row, 0)?,
            settings: column(&row, 1)?,
            default_portfolio_id: column(&row, 2)?,
        }),
        None => {
            Ok(UserSettings { version: 0, settings: Value::Object(serde_json::Map::new()), default_portfolio_id: None })
        }
    }
}

/// Writes the settings of a user whose version is `settings.version`; gives the new version.
pub async fn put_user(tx: &mut UserTransaction, user: Uuid, settings: &UserSettings) -> Result<i32, StoreError> {
    let rows = tx
        .write_rows(&PUT_USER, &[&user, &settings.version, &settings.settings, &settings.default_portfolio_id])
        .await?;
    match rows.first() {
        Some(row) => column(row, 0),
        None => Err(super::missing_or_changed(tx, &USER_VERSION, &[&user], "settings").await),
    }
}

/// All settings of the installation: key, value, version.
pub async fn system(tx: &mut ScopedTransaction) -> Result<Vec<(String, Value, i32)>, StoreError> {
    let rows = tx.rows(&SYSTEM, &[]).await?;
    rows.iter().map(|row| Ok((column(row, 0)?, column(row, 1)?, column(row, 2)?))).collect()
}

/// Writes one setting of the installation and announces it.
pub async fn put_system(
    tx: &mut WorkerTransaction,
    key: &str,
    value: &Value,
    updated_by: Option<Uuid>,
) -> Result<(), StoreError> {
    tx.write(&PUT_SYSTEM, &[&key, value, &updated_by]).await?;
    super::notify(tx, "settings", key).await
}
