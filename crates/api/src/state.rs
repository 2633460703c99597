//! What all requests share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use metrics_exporter_prometheus::PrometheusHandle;
use orchestrator::Orchestrator;
use store::{Notice, Store};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::auth::jwt::{Signer, SignerError};
use crate::auth::password::Passwords;
use crate::auth::session::Sessions;
use crate::clock::Clock;
use crate::http::cursor::Cursors;
use crate::http::rate_limit::Limiter;
use crate::settings::ApiSettings;

/// What the binary hands over.
pub struct Deps {
    /// The database.
    pub store: Arc<Store>,
    /// Runs patterns and capabilities.
    pub orchestrator: Arc<Orchestrator>,
    /// Settings.
    pub settings: ApiSettings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Renders `GET /metrics`; without it the route says that metrics are off.
    pub metrics: Option<PrometheusHandle>,
}

/// Why the API cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot work.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The system gives no randomness.
    #[error("no randomness from the system")]
    Randomness,
}

struct Inner {
    store: Arc<Store>,
    orchestrator: Arc<Orchestrator>,
    settings: ApiSettings,
    clock: Arc<dyn Clock>,
    metrics: Option<PrometheusHandle>,
    signer: Signer,
    passwords: Passwords,
    sessions: Sessions,
    limiter: Limiter,
    cursors: Cursors,
    draining: AtomicBool,
    ready: AtomicBool,
}

/// What all requests share; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl AppState {
    /// Checks the settings and prepares keys, buckets and caches. Must be called inside a tokio runtime: it listens to
    /// what other replicas announce until the state is dropped.
    ///
    /// # Errors
    /// When a secret or setting cannot work.
    pub fn new(deps: Deps) -> Result<Self, StartError> {
        let settings = deps.settings;
        let signer = Signer::new(
            &settings.jwt_secret,
            settings.jwt_previous_secret.as_deref(),
            &settings.jwt_algorithm,
            TimeDelta::hours(i64::from(settings.jwt_expiration_hours)),
        )?;
        let state = Self(Arc::new(Inner {
            signer,
            passwords: Passwords::new().map_err(|_| StartError::Randomness)?,
            sessions: Sessions::default(),
            limiter: Limiter::new(&settings.rate_limits, &deps.clock),
            cursors: Cursors::new(&settings.jwt_secret),
            store: deps.store,
            orchestrator: deps.orchestrator,
            clock: deps.clock,
            metrics: deps.metrics,
            draining: AtomicBool::new(false),
            ready: AtomicBool::new(true),
            settings,
        }));
        tokio::spawn(listen(Arc::downgrade(&state.0), state.0.store.notices()));
        Ok(state)
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }
    /// Runs patterns and capabilities.
    #[must_use]
    pub fn orchestrator(&self) -> &Arc<Orchestrator> {
        &self.0.orchestrator
    }
    /// Settings.
    #[must_use]
    pub fn settings(&self) -> &ApiSettings {
        &self.0.settings
    }
    /// The time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
    /// Wall clock, UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }
    /// Renders metrics.
    #[must_use]
    pub fn metrics(&self) -> Option<&PrometheusHandle> {
        self.0.metrics.as_ref()
    }
    /// Signs access tokens.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.0.signer
    }
    /// Hashes passwords.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }
    /// Sessions in memory.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }
    /// Rate limits.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }
    /// Signs cursors.
    #[must_use]
    pub fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// From now on every answer closes its connection, and readiness says `draining`.
    pub fn start_draining(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }
    /// Whether the server hands over.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }
    /// Says whether start-up has finished; true unless the binary says otherwise.
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::SeqCst);
    }
    /// Whether start-up has finished.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Relaxed)
    }
}

/// How often full rate buckets are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Forgets sessions that ended elsewhere, and now and then what is full or old.
async fn listen(state: Weak<Inner>, mut notices: broadcast::Receiver<Notice>) {
    loop {
        let notice = tokio::time::timeout(SWEEP, notices.recv()).await;
        let Some(inner) = state.upgrade() else { return };
        match notice {
            Err(_) => inner.limiter.sweep(),
            Ok(Ok(Notice::Sessions(id))) => match Uuid::try_parse(&id) {
                Ok(id) => inner.sessions.forget(id),
                Err(_) => inner.sessions.forget_all(),
            },
            // Notices may have been lost: nothing in memory is known to hold.
            Ok(Ok(Notice::Reconnected) | Err(broadcast::error::RecvError::Lagged(_))) => inner.sessions.forget_all(),
            Ok(Ok(_)) => {}
            Ok(Err(broadcast::error::RecvError::Closed)) => return,
        }
    }
}
