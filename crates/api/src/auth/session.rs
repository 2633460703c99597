//! Sessions in memory, so that a request does not ask the database who is calling.
//!
//! Invariant: an ended session is refused at once where it was ended here or announced by the database, and at the
//! latest after [`TRUST`] elsewhere; the table is the truth.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::caller::{Caller, Kind};
use crate::identity::{self, SessionRecord};
use crate::problem::Problem;
use crate::state::AppState;

/// How long a session is believed without asking again.
pub const TRUST: Duration = Duration::from_secs(15);
/// Idle time after which a browser session ends.
pub const IDLE: TimeDelta = TimeDelta::hours(12);
/// Longest life of a browser session.
pub const ABSOLUTE: TimeDelta = TimeDelta::days(7);
/// Life of a refresh token, and so of an API session that is not used.
pub const REFRESH: TimeDelta = TimeDelta::days(30);
/// Longest life of an API session, however often it is renewed.
pub const API_ABSOLUTE: TimeDelta = TimeDelta::days(180);
/// Sessions kept in memory.
const CAPACITY: usize = 20_000;

#[derive(Clone)]
struct Known {
    caller: Arc<Caller>,
    checked: Duration,
}

/// Sessions that were checked a short time ago.
#[derive(Default)]
pub struct Sessions {
    by_secret: RwLock<HashMap<[u8; 32], Known>>,
    by_id: RwLock<HashMap<Uuid, Known>>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// The caller of a browser session, by the hash of its cookie.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn by_secret(&self, state: &AppState, hash: [u8; 32]) -> Result<Option<Arc<Caller>>, Problem> {
        if let Some(caller) = recent(&self.by_secret, &hash, state) {
            return Ok(Some(caller));
        }
        let record = identity::session_by_secret(state, hash).await?;
        Ok(self.keep(state, &self.by_secret, hash, record).await)
    }

    /// The caller of a session, by its id.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn by_id(&self, state: &AppState, user: Uuid, session: Uuid) -> Result<Option<Arc<Caller>>, Problem> {
        if let Some(caller) = recent(&self.by_id, &session, state) {
            return Ok(Some(caller));
        }
        let record = identity::session_by_id(state, user, session).await?;
        Ok(self.keep(state, &self.by_id, session, record).await)
    }

    async fn keep<K: Hash + Eq>(
        &self,
        state: &AppState,
        map: &RwLock<HashMap<K, Known>>,
        key: K,
        record: Option<SessionRecord>,
    ) -> Option<Arc<Caller>> {
        let caller = Arc::new(live_caller(state, record?)?);
        let known = Known { caller: caller.clone(), checked: state.clock().monotonic() };
        let mut map = map.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if CAPACITY <= map.len() {
            let now = state.clock().monotonic();
            map.retain(|_, k| now.saturating_sub(k.checked) < TRUST);
            if CAPACITY <= map.len() {
                map.clear();
            }
        }
        map.insert(key, known);
        Some(caller)
    }

    /// Forgets one session, after it ended.
    pub fn forget(&self, session: Uuid) {
        self.retain(|caller| caller.session_id != session);
    }

    /// Forgets all sessions of a user, after her role, status or password changed.
    pub fn forget_user(&self, user: Uuid) {
        self.retain(|caller| caller.user_id != user);
    }

    /// Forgets everything, after notices may have been lost.
    pub fn forget_all(&self) {
        self.retain(|_| false);
    }

    fn retain(&self, keep: impl Fn(&Caller) -> bool) {
        let mut by_secret = self.by_secret.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        by_secret.retain(|_, known| keep(&known.caller));
        let mut by_id = self.by_id.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        by_id.retain(|_, known| keep(&known.caller));
    }
}

fn recent<K: Hash + Eq>(map: &RwLock<HashMap<K, Known>>, key: &K, state: &AppState) -> Option<Arc<Caller>> {
    let map = map.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let known = map.get(key)?;
    let is_recent = state.clock().monotonic().saturating_sub(known.checked) < TRUST;
    (is_recent && state.now() < known.caller.expires_at).then(|| known.caller.clone())
}

/// The caller of a session that has not ended.
fn live_caller(state: &AppState, record: SessionRecord) -> Option<Caller> {
    let now = state.now();
    let kind = if record.is_browser { Kind::Browser } else { Kind::Api };
    let is_idle = kind == Kind::Browser && record.last_seen_at + IDLE < now;
    if !record.is_user_active || record.expires_at <= now || is_idle {
        return None;
    }
    Some(Caller {
        user_id: record.user_id,
        role: record.role,
        session_id: record.id,
        kind,
        csrf_key: record.csrf_key,
        expires_at: record.expires_at,
    })
}
