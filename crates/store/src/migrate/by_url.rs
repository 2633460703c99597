//! The same for a database that is named by a URL: what `dawsos migrate` calls, before any pool exists.

use crate::error::StoreError;
use crate::migrate::{MigrationStatus, down, status, up};
use crate::roles;

async fn client(url: &str) -> Result<tokio_postgres::Client, StoreError> {
    let config: tokio_postgres::Config =
        url.parse().map_err(|_| StoreError::Configuration("DATABASE_URL is not a PostgreSQL URL".to_owned()))?;
    roles::connect(&config).await
}

/// State of each migration.
pub async fn status_of(url: &str) -> Result<Vec<MigrationStatus>, StoreError> {
    status(&client(url).await?).await
}

/// Applies what is missing; gives the names.
pub async fn up_of(url: &str) -> Result<Vec<String>, StoreError> {
    Ok(up(&client(url).await?).await?.into_iter().map(|migration| migration.name.to_owned()).collect())
}

/// Undoes migrations above `target`; gives the names.
pub async fn down_of(url: &str, target: i32) -> Result<Vec<String>, StoreError> {
    Ok(down(&client(url).await?, target).await?.into_iter().map(|migration| migration.name.to_owned()).collect())
}
