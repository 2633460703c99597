//! What the store is told at start. Invariant: nothing here is read from the environment.

use std::path::PathBuf;
use std::time::Duration;

/// How to reach the database and how much of it to use.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://…` URL or `key=value` string of the database.
    pub url: String,
    /// URL of the listener where the first one goes through a transaction pooler.
    pub direct_url: Option<String>,
    /// Connections kept open (default 5).
    pub pool_min: usize,
    /// Connections open at most (default 20).
    pub pool_max: usize,
    /// Longest time that one command may run (default 60 s).
    pub command_timeout: Duration,
    /// Idle time after which a connection above the minimum is closed (default 300 s).
    pub idle_timeout: Duration,
    /// Whether statements are prepared; off for a pooler in transaction mode.
    pub prepared: bool,
    /// Limits that the governor keeps.
    pub limits: governor::Limits,
    /// Where the generated password of `dawsos_login` is kept (file `login.secret`, mode 0600).
    pub secret_dir: Option<PathBuf>,
    /// Password of `dawsos_login` derived by the caller, equal on all replicas; wins over `secret_dir`.
    pub login_password: Option<String>,
    /// Whether missing migrations are applied at start.
    pub migrate: bool,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
}

impl StoreConfig {
    /// Defaults for a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            direct_url: None,
            pool_min: 5,
            pool_max: 20,
            command_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(300),
            prepared: true,
            limits: governor::Limits::default(),
            secret_dir: None,
            login_password: None,
            migrate: true,
            application_name: "dawsos".to_owned(),
        }
    }
}

impl std::fmt::Debug for StoreConfig {
    /// Leaves out URLs and passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreConfig")
            .field("pool_min", &self.pool_min)
            .field("pool_max", &self.pool_max)
            .field("prepared", &self.prepared)
            .finish_non_exhaustive()
    }
}
