//! The store: one pool, three identities, and no other way to the database.
//! Invariant: every transaction has a lease, a role and a deadline; a lease covers one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use governor::LeaseTicket;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::heads::Heads;
use crate::leases::Leases;
use crate::listen::{self, Notice};
use crate::pool;
use crate::queries::portfolios::{self, PortfolioHead};
use crate::roles;
use crate::transaction::{AuthTransaction, Role, ScopedTransaction, UserTransaction, WorkerTransaction};

/// Notices kept for a receiver that is slow; a slower one is told that it missed some.
const NOTICES_KEPT: usize = 1024;
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The database behind leases and row-level security.
pub struct Store {
    pool: Pool,
    leases: Leases,
    heads: Arc<Heads>,
    notices: broadcast::Sender<Notice>,
    command_timeout: Duration,
    prepared: bool,
    probe: tokio_postgres::Config,
    tasks: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.pool.close();
    }
}

/// Sizes of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// Most connections.
    pub max: usize,
    /// Connections that are open.
    pub open: usize,
    /// Open connections that nobody uses.
    pub idle: usize,
}

impl Store {
    /// Migrates, makes the login role, opens the pool, starts to listen, and proves that row-level
    /// security holds. Must be called inside a tokio runtime that outlives the store.
    pub async fn connect(config: StoreConfig) -> Result<Arc<Self>, StoreError> {
        if config.pool_max == 0 || config.pool_min > config.pool_max {
            return Err(StoreError::Configuration(format!(
                "pool sizes must be 0 < maximum and minimum <= maximum, got minimum {} and maximum {}",
                config.pool_min, config.pool_max
            )));
        }
        let login = roles::prepare(&config).await?;
        let pool = pool::build(login.clone(), config.pool_max)?;
        let deadline = Instant::now() + START_TIMEOUT;
        pool::warm(&pool, config.pool_min, deadline).await?;
        let total = u32::try_from(config.pool_max).unwrap_or(u32::MAX);
        let leases = Leases::new(config.limits.scaled_to(total.min(config.limits.total)))?;
        let heads = Arc::new(Heads::new());
        let (notices, _) = broadcast::channel(NOTICES_KEPT);
        let listener = match &config.direct_url {
            Some(url) => {
                let mut direct: tokio_postgres::Config = url
                    .parse()
                    .map_err(|_| StoreError::Configuration("DATABASE_DIRECT_URL is not a PostgreSQL URL".to_owned()))?;
                direct.user(login.get_user().unwrap_or(roles::LOGIN));
                if let Some(password) = login.get_password() {
                    direct.password(password);
                }
                direct
            }
            None => login.clone(),
        };
        let (ready, listening) = tokio::sync::oneshot::channel();
        let mut tasks = vec![tokio::spawn(listen::run(
            listener,
            config.application_name.clone(),
            heads.clone(),
            notices.clone(),
            ready,
        ))];
        tasks.push(tokio::spawn(pool::keep_size(pool.clone(), config.pool_min, config.idle_timeout)));
        let mut probe = login;
        probe.application_name(format!("{} probe", config.application_name));
        let store = Arc::new(Self {
            pool,
            leases,
            heads,
            notices,
            command_timeout: config.command_timeout,
            prepared: config.prepared,
            probe,
            tasks,
        });
        tokio::time::timeout(START_TIMEOUT, listening)
            .await
            .map_err(|_| StoreError::Unavailable("the listener cannot connect".to_owned()))?
            .map_err(|_| StoreError::Unavailable("the listener ended".to_owned()))?;
        store.check_isolation().await?;
        Ok(store)
    }

    /// Leases and admission.
    #[must_use]
    pub fn leases(&self) -> &Leases {
        &self.leases
    }

    /// Sizes of the pool now.
    #[must_use]
    pub fn pool_size(&self) -> PoolSize {
        let status = self.pool.status();
        PoolSize { max: status.max_size, open: status.size, idle: status.available }
    }

    /// What is announced through the database from now on.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Runs `work` as `user` in one transaction: committed when it is `Ok`, undone otherwise.
    pub async fn as_user<T, F>(&self, ticket: LeaseTicket, user: Uuid, work: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut UserTransaction) -> Result<T, StoreError>,
    {
        self.try_as_user(ticket, user, work).await
    }

    /// As [`Store::as_user`], for work with an error of its own.
    pub async fn try_as_user<T, E, F>(&self, ticket: LeaseTicket, user: Uuid, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut UserTransaction) -> Result<T, E>,
    {
        let lease = self.leases.acquire(ticket).await?;
        let mut tx = UserTransaction(self.begin(&lease, Role::App, Some(user)).await?);
        let result = work(&mut tx).await;
        self.end(&lease, tx.0, result).await
    }

    /// Runs `work` on the identity tables, before a user is known.
    pub async fn as_auth<T, F>(&self, ticket: LeaseTicket, work: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut AuthTransaction) -> Result<T, StoreError>,
    {
        self.try_as_auth(ticket, work).await
    }

    /// As [`Store::as_auth`], for work with an error of its own.
    pub async fn try_as_auth<T, E, F>(&self, ticket: LeaseTicket, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut AuthTransaction) -> Result<T, E>,
    {
        let lease = self.leases.acquire(ticket).await?;
        let mut tx = AuthTransaction(self.begin(&lease, Role::Auth, None).await?);
        let result = work(&mut tx).await;
        self.end(&lease, tx.0, result).await
    }

    /// Runs `work` as a job: reference data and packs, no user's rows.
    pub async fn as_worker<T, F>(&self, ticket: LeaseTicket, work: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut WorkerTransaction) -> Result<T, StoreError>,
    {
        self.try_as_worker(ticket, None, work).await
    }

    /// Runs `work` as a job for one user.
    pub async fn as_worker_for<T, F>(&self, ticket: LeaseTicket, user: Uuid, work: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut WorkerTransaction) -> Result<T, StoreError>,
    {
        self.try_as_worker(ticket, Some(user), work).await
    }

    /// As [`Store::as_worker`], for work with an error of its own.
    pub async fn try_as_worker<T, E, F>(&self, ticket: LeaseTicket, user: Option<Uuid>, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut WorkerTransaction) -> Result<T, E>,
    {
        let lease = self.leases.acquire(ticket).await?;
        let mut tx = WorkerTransaction(self.begin(&lease, Role::Worker, user).await?);
        let result = work(&mut tx).await;
        self.end(&lease, tx.0, result).await
    }

    async fn begin(
        &self,
        lease: &crate::leases::LeaseGuard,
        role: Role,
        user: Option<Uuid>,
    ) -> Result<ScopedTransaction, StoreError> {
        let left = lease.time_left();
        if left.is_zero() {
            return Err(StoreError::DeadlineExceeded("lease".to_owned()));
        }
        let deadline = Instant::now() + left;
        let client = pool::connection(&self.pool, deadline).await?;
        let timeout = left.min(self.command_timeout).as_millis().max(1);
        let timeout = u64::try_from(timeout).unwrap_or(u64::MAX).min(i32::MAX as u64);
        Ok(ScopedTransaction::new((self.pool.clone(), client), role, user, (timeout, deadline), self.prepared))
    }

    async fn end<T, E: From<StoreError>>(
        &self,
        lease: &crate::leases::LeaseGuard,
        mut tx: ScopedTransaction,
        result: Result<T, E>,
    ) -> Result<T, E> {
        lease.times().add_rows(tx.rows_read());
        let moved = tx.take_moved();
        let result = match result {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        };
        // Also after a failed commit: whether it was kept is not known then.
        for (_, portfolio) in moved {
            self.heads.forget(portfolio);
        }
        result
    }

    /// Head of a portfolio that `user` owns or may read: from memory, or by one lease of `ticket`.
    pub async fn portfolio_head(
        &self,
        ticket: LeaseTicket,
        user: Uuid,
        portfolio: Uuid,
    ) -> Result<Option<PortfolioHead>, StoreError> {
        if let Some(head) = self.cached_head(user, portfolio) {
            return Ok(Some(head));
        }
        let epoch = self.heads.epoch(portfolio);
        let head = self.as_user(ticket, user, async |tx| portfolios::head(tx, user, portfolio).await).await?;
        if let Some(head) = head.as_ref().filter(|head| head.user_id == user) {
            self.heads.put(head, epoch);
        }
        Ok(head)
    }

    /// Head of an own portfolio if it is in memory.
    #[must_use]
    pub fn cached_head(&self, user: Uuid, portfolio: Uuid) -> Option<PortfolioHead> {
        self.heads.get(user, portfolio)
    }

    /// Whether the database answers, on a connection outside the pool.
    pub async fn ping(&self, timeout: Duration) -> Result<Duration, StoreError> {
        let started = Instant::now();
        let answer = async {
            let client = roles::connect(&self.probe).await?;
            client.simple_query("SELECT 1").await.map_err(|e| StoreError::from_postgres("ping", &e))
        };
        tokio::time::timeout(timeout, answer).await.map_err(|_| StoreError::DeadlineExceeded("ping".to_owned()))??;
        Ok(started.elapsed())
    }

    /// Proves that the application role without a user sees no row of anybody.
    pub async fn check_isolation(&self) -> Result<(), StoreError> {
        let ticket = LeaseTicket::platform(Uuid::nil(), START_TIMEOUT);
        let lease = self.leases.acquire(ticket).await?;
        let mut tx = UserTransaction(self.begin(&lease, Role::App, None).await?);
        let visible = crate::queries::health::visible_rows_without_user(&mut tx).await;
        let visible = self.end(&lease, tx.0, visible).await?;
        if visible.is_empty() {
            return Ok(());
        }
        Err(StoreError::Configuration(format!(
            "row-level security does not hold: without a user rows of {} are visible",
            visible.join(", ")
        )))
    }
}
