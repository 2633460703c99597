//! Results beyond the process: the `results` table, under the user's own row-level security.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use orchestrator::{ResultKey, ResultStore};
use store::queries::results;
use store::{LeaseTicket, Store};
use uuid::Uuid;

/// Longest wait for a kept result: beyond it computing is as good.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads kept results.
pub struct Results(pub Arc<Store>);

impl ResultStore for Results {
    fn get(&self, user: Uuid, key: ResultKey) -> BoxFuture<'_, Option<bytes::Bytes>> {
        Box::pin(async move {
            let ticket = LeaseTicket::platform(user, PATIENCE);
            match self.0.as_user(ticket, user, async |tx| results::get(tx, user, &key.0).await).await {
                Ok(found) => found.map(|kept| bytes::Bytes::from(kept.outputs)),
                Err(error) => {
                    tracing::warn!(%error, "kept results cannot be read; computing instead");
                    None
                }
            }
        })
    }
}
