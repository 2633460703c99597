//! Questions about the database itself. Invariant: none of them depends on a user's data.

use crate::error::StoreError;
use crate::read::column;
use crate::sql::queries;
use crate::transaction::ScopedTransaction;

queries! { "health";
    VISIBLE_ROWS = "visible_rows.sql" [];
    NOTIFY = "notify.sql" [TEXT, TEXT];
}

/// Tables of which the current role and user see rows.
pub(crate) async fn visible_rows_without_user(tx: &mut ScopedTransaction) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows(&VISIBLE_ROWS, &[]).await?;
    rows.iter().map(|row| column(row, 0)).collect()
}

/// Announces a change on one of the channels that replicas listen to, when the transaction commits.
pub async fn announce(tx: &mut ScopedTransaction, channel: &str, payload: &str) -> Result<(), StoreError> {
    if !crate::listen::CHANNELS.contains(&channel) {
        return Err(StoreError::Configuration(format!("unknown channel {channel}")));
    }
    tx.write_rows(&NOTIFY, &[&channel, &payload]).await.map(drop)
}
