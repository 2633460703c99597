//! The pool of connections: one per lease, a few kept warm. Invariant: only this module makes connections for leases.

use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::NoTls;

use crate::error::StoreError;

/// Waits between attempts to reach a database that does not answer.
const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_millis(500);

pub(crate) fn build(config: tokio_postgres::Config, max: usize) -> Result<Pool, StoreError> {
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager)
        .max_size(max)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|e| StoreError::Configuration(e.to_string()))
}

/// A connection, waiting for the database to come back until `deadline`.
pub(crate) async fn connection(pool: &Pool, deadline: Instant) -> Result<Object, StoreError> {
    let mut pause = RETRY_FIRST;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(StoreError::DeadlineExceeded("connection".to_owned()));
        }
        let timeouts = Timeouts { wait: Some(left), create: Some(left), recycle: Some(left) };
        match pool.timeout_get(&timeouts).await {
            Ok(client) => return Ok(client),
            Err(PoolError::Backend(error)) if !is_refusal(&error) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left <= pause {
                    return Err(StoreError::Unavailable(error.to_string()));
                }
                tracing::debug!(%error, "database does not answer, trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
            }
            Err(PoolError::Backend(error)) => {
                return Err(StoreError::from_postgres("connect", &error));
            }
            Err(PoolError::Timeout(_)) => {
                return Err(StoreError::DeadlineExceeded("connection".to_owned()));
            }
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        }
    }
}

/// Whether the server answered and said no for good (wrong password, no such database).
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| db.code().code().starts_with("28") || db.code().code() == "3D000")
}

/// Opens connections until `min` are there.
pub(crate) async fn warm(pool: &Pool, min: usize, deadline: Instant) -> Result<(), StoreError> {
    let opened = (0..min).map(|_| connection(pool, deadline));
    futures::future::try_join_all(opened).await.map(drop)
}

/// Closes connections that idled too long and keeps the minimum, until the pool is closed.
pub(crate) async fn keep_size(pool: Pool, min: usize, idle: Duration) {
    let period = (idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(30));
    loop {
        tokio::time::sleep(period).await;
        if pool.is_closed() {
            return;
        }
        let mut spare = pool.status().size.saturating_sub(min);
        pool.retain(|_, metrics| {
            let keep = spare == 0 || metrics.last_used() < idle;
            if !keep {
                spare -= 1;
            }
            keep
        });
        if pool.status().size < min {
            let soon = Instant::now() + Duration::from_secs(1);
            if let Err(error) = warm(&pool, min, soon).await {
                tracing::debug!(%error, "pool below its minimum");
            }
        }
    }
}
