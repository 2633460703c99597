//! The signed-in user behind a request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use uuid::Uuid;

use super::permission::{Permission, Role};
use super::secret;
use crate::problem::Problem;
use crate::state::AppState;

/// How the caller proved who she is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Session cookie.
    Browser,
    /// Bearer token.
    Api,
}

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: Uuid,
    /// Her role now.
    pub role: Role,
    /// The session that carries the request.
    pub session_id: Uuid,
    /// How she proved it.
    pub kind: Kind,
    /// Key of the session's CSRF token.
    pub csrf_key: Vec<u8>,
    /// When the session ends at the latest.
    pub expires_at: DateTime<Utc>,
}

impl Caller {
    /// Refuses when the role lacks a permission.
    ///
    /// # Errors
    /// `forbidden`, naming the permission.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.role.may(permission) {
            return Ok(());
        }
        let name = permission.name();
        Err(Problem::new("forbidden", format!("permission {name} is missing")).with("permission", name))
    }

    /// Refuses when the role lacks one of the named rights (a pattern's `rights_required`).
    ///
    /// # Errors
    /// `forbidden`, naming the first right that is missing.
    pub fn require_rights<'r>(&self, rights: impl IntoIterator<Item = &'r str>) -> Result<(), Problem> {
        for right in rights {
            match Permission::ALL.iter().find(|p| p.name() == right) {
                Some(permission) => self.require(*permission)?,
                None => {
                    return Err(
                        Problem::new("forbidden", format!("permission {right} is missing")).with("permission", right)
                    );
                }
            }
        }
        Ok(())
    }

    /// Names of her permissions.
    #[must_use]
    pub fn rights(&self) -> Vec<String> {
        self.role.permission_names()
    }
}

/// The caller of a request: `None` without credentials.
///
/// # Errors
/// 401 when there are credentials and they do not hold.
pub async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Option<Arc<Caller>>, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let Some(token) = text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")) else {
            return Err(Problem::new("not_authenticated", "Authorization must be `Bearer` and a token"));
        };
        return bearer(state, token.trim()).await.map(Some);
    }
    match cookie(headers, state.settings().cookie_name()) {
        Some(secret) => browser(state, secret).await.map(Some),
        None => Ok(None),
    }
}

async fn bearer(state: &AppState, token: &str) -> Result<Arc<Caller>, Problem> {
    let claims = state.signer().check(token, state.now())?;
    let caller = state.sessions().by_id(state, claims.sub, claims.sid).await?;
    match caller {
        Some(caller) if caller.user_id == claims.sub && caller.kind == Kind::Api => Ok(caller),
        _ => Err(Problem::new("token_revoked", "the sign-in of this access token has ended")),
    }
}

async fn browser(state: &AppState, cookie: &str) -> Result<Arc<Caller>, Problem> {
    match state.sessions().by_secret(state, secret::hash(cookie)).await? {
        Some(caller) => Ok(caller),
        None => Err(Problem::new("session_expired", "the session has ended")),
    }
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}
