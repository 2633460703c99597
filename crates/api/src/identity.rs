//! The identity tables, as the API uses them: every access before a user is known stands here.
//!
//! Invariant: runs as the database's identity role, which sees no books; a decision and its consequence (a used link, a
//! revoked family) are one transaction.

use std::time::Duration;

use chrono::{DateTime, Utc};
use store::queries::audit;
use store::queries::links;
use store::queries::sessions::{self, NewSession, Session};
use store::queries::throttle::{self, ThrottleRule};
use store::queries::users::{self, NewUser, User};
use store::{AuthTransaction, LeaseTicket, StoreError};
use uuid::Uuid;

use crate::auth::permission::Role;
use crate::auth::session::{ABSOLUTE, API_ABSOLUTE, IDLE, REFRESH};
use crate::auth::{lockout, secret};
use crate::http::context::Context;
use crate::problem::Problem;
use crate::state::AppState;

/// Time that one look at the identity tables may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// What the API needs to know of a session.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Session.
    pub id: Uuid,
    /// User.
    pub user_id: Uuid,
    /// Her role now.
    pub role: Role,
    /// Whether she may use the installation.
    pub is_user_active: bool,
    /// Cookie (true) or token.
    pub is_browser: bool,
    /// Key of the CSRF token.
    pub csrf_key: Vec<u8>,
    /// Last use that was noted.
    pub last_seen_at: DateTime<Utc>,
    /// End at the latest.
    pub expires_at: DateTime<Utc>,
}

impl SessionRecord {
    fn of(session: Session) -> Result<Self, StoreError> {
        let role = session.role.parse().map_err(|_| StoreError::Invariant(format!("unknown role {}", session.role)))?;
        Ok(Self {
            id: session.id,
            user_id: session.user_id,
            role,
            is_user_active: session.user_status == "active",
            is_browser: session.kind == "browser",
            csrf_key: session.csrf_key.to_vec(),
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        })
    }
}

async fn as_auth<T, F>(state: &AppState, work: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&mut AuthTransaction) -> Result<T, StoreError>,
{
    let ticket = LeaseTicket::platform(Uuid::nil(), DEADLINE);
    Ok(state.store().as_auth(ticket, work).await?)
}

/// A live session by the hash of its cookie; its use is noted.
///
/// # Errors
/// When the database does not answer.
pub async fn session_by_secret(state: &AppState, hash: [u8; 32]) -> Result<Option<SessionRecord>, Problem> {
    let now = state.now();
    as_auth(state, async |tx| {
        let Some(session) = sessions::by_secret(tx, &hash, now).await? else { return Ok(None) };
        // An idle session is over; looking at it must not wake it up.
        if now <= session.last_seen_at + IDLE {
            sessions::touch(tx, session.user_id, session.id, now).await?;
        }
        SessionRecord::of(session).map(Some)
    })
    .await
}

/// A live session by its id; its use is noted.
///
/// # Errors
/// When the database does not answer.
pub async fn session_by_id(state: &AppState, user: Uuid, id: Uuid) -> Result<Option<SessionRecord>, Problem> {
    let now = state.now();
    as_auth(state, async |tx| {
        let Some(session) = sessions::by_id(tx, user, id, now).await? else { return Ok(None) };
        sessions::touch(tx, user, id, now).await?;
        SessionRecord::of(session).map(Some)
    })
    .await
}

/// Whether nobody administers the installation yet.
///
/// # Errors
/// When the database does not answer.
pub async fn needs_setup(state: &AppState) -> Result<bool, Problem> {
    let (_, administrators) = as_auth(state, async |tx| users::count(tx).await).await?;
    Ok(administrators == 0)
}

/// Counts an attempt to sign in, before the password is looked at, and finds the user.
///
/// # Errors
/// `account_locked`.
pub async fn begin_sign_in(state: &AppState, email_normalized: &str) -> Result<Option<User>, Problem> {
    let key = lockout::key(email_normalized);
    let now = state.now();
    let outcome = as_auth(state, async |tx| {
        if let Some(until) = throttle::locked_until(tx, &key, now).await? {
            return Ok(Err(until));
        }
        throttle::failed(tx, &key, ThrottleRule::default(), now).await?;
        Ok(Ok(users::by_email(tx, email_normalized).await?))
    })
    .await?;
    outcome.map_err(|until| lockout::refusal(until, now))
}

/// A user by id.
///
/// # Errors
/// When the database does not answer.
pub async fn user_by_id(state: &AppState, id: Uuid) -> Result<Option<User>, Problem> {
    as_auth(state, async |tx| users::by_id(tx, id).await).await
}

/// What a new session gives to its client.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Session.
    pub id: Uuid,
    /// Secret of the cookie, for a browser.
    pub secret: String,
    /// Key of the CSRF token.
    pub csrf_key: [u8; 32],
    /// End at the latest.
    pub expires_at: DateTime<Utc>,
    /// First refresh token, for an API client.
    pub refresh_token: Option<String>,
}

/// Ends a successful sign-in: forgets the failures, opens a session, writes the audit log.
///
/// # Errors
/// When the database does not answer.
pub async fn finish_sign_in(
    cx: &Context,
    user: Uuid,
    email_normalized: &str,
    is_browser: bool,
    better_hash: Option<String>,
) -> Result<Opened, Problem> {
    let (new, opened) = new_session(cx, user, is_browser);
    let line = cx.audit(user, "auth.login", "session", new.id);
    let key = lockout::key(email_normalized);
    let now = cx.state.now();
    as_auth(&cx.state, async |tx| {
        throttle::clear(tx, &key).await?;
        if let Some(hash) = &better_hash {
            users::set_password(tx, user, hash).await?;
        }
        open(tx, &new, &opened, now).await?;
        users::signed_in(tx, user, now).await?;
        audit::insert(tx, &line).await
    })
    .await?;
    Ok(opened)
}

fn new_session(cx: &Context, user: Uuid, is_browser: bool) -> (NewSession, Opened) {
    let secret = secret::random_token();
    let life = if is_browser { ABSOLUTE } else { API_ABSOLUTE };
    let opened = Opened {
        id: Uuid::now_v7(),
        csrf_key: secret::random_key(),
        expires_at: cx.state.now() + life,
        refresh_token: (!is_browser).then(secret::random_token),
        secret,
    };
    let new = NewSession {
        user_id: user,
        id: opened.id,
        kind: if is_browser { "browser" } else { "api" }.into(),
        secret_hash: secret::hash(&opened.secret),
        csrf_key: opened.csrf_key,
        expires_at: opened.expires_at,
        ip: cx.known_address(),
        user_agent: cx.user_agent(),
    };
    (new, opened)
}

async fn open(
    tx: &mut AuthTransaction,
    new: &NewSession,
    opened: &Opened,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sessions::insert(tx, new).await?;
    if let Some(token) = &opened.refresh_token {
        let hash = secret::hash(token);
        sessions::insert_refresh(tx, new.user_id, Uuid::now_v7(), new.id, &hash, now + REFRESH).await?;
    }
    Ok(())
}

/// A renewed sign-in.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// User.
    pub user_id: Uuid,
    /// Session.
    pub session_id: Uuid,
    /// Her role now.
    pub role: Role,
    /// The next refresh token.
    pub refresh_token: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Exchanges a refresh token for the next one. A token that was used before revokes its whole family.
///
/// # Errors
/// `not_authenticated`, `token_expired`, `token_revoked` or `refresh_reused`.
pub async fn renew(cx: &Context, token: &str) -> Result<Renewed, Problem> {
    let hash = secret::hash(token);
    let next = secret::random_token();
    let next_hash = secret::hash(&next);
    let now = cx.state.now();
    let outcome = as_auth(&cx.state, async |tx| {
        let Some(found) = sessions::refresh_by_hash(tx, &hash, now).await? else {
            return Ok(Err(("not_authenticated", "the refresh token is not known", None)));
        };
        if found.used_at.is_some() {
            sessions::revoke(tx, found.user_id, found.session_id, now).await?;
            sessions::revoke_family(tx, found.user_id, found.session_id, now).await?;
            audit::insert(tx, &cx.audit(found.user_id, "auth.refresh_reused", "session", found.session_id)).await?;
            return Ok(Err(("refresh_reused", "the refresh token was used before", Some(found.session_id))));
        }
        let Ok(role) = found.role.parse::<Role>() else {
            return Err(StoreError::Invariant(format!("unknown role {}", found.role)));
        };
        if found.revoked_at.is_some() || found.session_over || found.user_status != "active" {
            return Ok(Err(("token_revoked", "the sign-in of this refresh token has ended", None)));
        }
        if found.expires_at <= now {
            return Ok(Err(("token_expired", "the refresh token has expired", None)));
        }
        let id = Uuid::now_v7();
        let expires_at = now + REFRESH;
        if !sessions::use_refresh(tx, found.user_id, found.id, id, now).await? {
            return Ok(Err(("refresh_reused", "the refresh token was used at the same moment", None)));
        }
        sessions::insert_refresh(tx, found.user_id, id, found.session_id, &next_hash, expires_at).await?;
        let renewed =
            Renewed { user_id: found.user_id, session_id: found.session_id, role, refresh_token: next, expires_at };
        Ok(Ok(renewed))
    })
    .await?;
    outcome.map_err(|(code, detail, ended)| {
        if let Some(session) = ended {
            cx.state.sessions().forget(session);
        }
        Problem::new(code, detail)
    })
}

/// Ends one session of a user; false when there is no such live one.
///
/// # Errors
/// When the database does not answer.
pub async fn end_session(cx: &Context, user: Uuid, session: Uuid) -> Result<bool, Problem> {
    let line = cx.audit(user, "auth.session_ended", "session", session);
    let now = cx.state.now();
    let ended = as_auth(&cx.state, async |tx| {
        let ended = sessions::revoke(tx, user, session, now).await?;
        if ended {
            audit::insert(tx, &line).await?;
        }
        Ok(ended)
    })
    .await?;
    if ended {
        cx.state.sessions().forget(session);
    }
    Ok(ended)
}

/// Ends all sessions of a user.
///
/// # Errors
/// When the database does not answer.
pub async fn end_all_sessions(cx: &Context, user: Uuid) -> Result<(), Problem> {
    let line = cx.audit(user, "auth.logout_everywhere", "user", user);
    let now = cx.state.now();
    as_auth(&cx.state, async |tx| {
        sessions::revoke_all(tx, user, None, now).await?;
        audit::insert(tx, &line).await
    })
    .await?;
    cx.state.sessions().forget_user(user);
    Ok(())
}

/// Sets a new password and ends all other sessions.
///
/// # Errors
/// When the database does not answer.
pub async fn change_password(
    cx: &Context,
    user: Uuid,
    email_normalized: &str,
    hash: &str,
    keep: Uuid,
) -> Result<(), Problem> {
    let line = cx.audit(user, "auth.password_changed", "user", user);
    let now = cx.state.now();
    let key = lockout::key(email_normalized);
    as_auth(&cx.state, async |tx| {
        throttle::clear(tx, &key).await?;
        users::set_password(tx, user, hash).await?;
        sessions::revoke_all(tx, user, Some(keep), now).await?;
        audit::insert(tx, &line).await
    })
    .await?;
    cx.state.sessions().forget_user(user);
    Ok(())
}

/// Why a link cannot be followed, or what it led to.
enum Followed<T> {
    Done(T),
    Refused(&'static str, &'static str),
}

/// Makes the first administrator with a setup link, and signs her in.
///
/// # Errors
/// `setup_closed`, `link_used`, `link_expired`, `not_found`.
pub async fn set_up(cx: &Context, token: &str, new: &NewUser) -> Result<Opened, Problem> {
    let (session, opened) = new_session(cx, new.id, true);
    let line = cx.audit(new.id, "auth.setup", "user", new.id);
    let hash = secret::hash(token);
    let now = cx.state.now();
    let followed = as_auth(&cx.state, async |tx| {
        // The link is locked first, so that two at once do not make two administrators.
        let link = links::by_hash(tx, &hash).await?;
        let (_, administrators) = users::count(tx).await?;
        if 0 < administrators {
            return Ok(Followed::Refused("setup_closed", "an administrator exists already"));
        }
        let Some(link) = link.filter(|l| l.purpose == "setup") else {
            return Ok(Followed::Refused("not_found", "the setup link is not known"));
        };
        if let Some(refusal) = refusal_of(&link, now) {
            return Ok(refusal);
        }
        links::use_up(tx, link.id, now).await?;
        users::insert(tx, new).await?;
        open(tx, &session, &opened, now).await?;
        audit::insert(tx, &line).await?;
        Ok(Followed::Done(opened))
    })
    .await?;
    done(followed)
}

/// Takes an invitation or a reset: sets the password, ends other sessions, signs in.
///
/// # Errors
/// `link_used`, `link_expired`, `not_found`.
pub async fn follow(cx: &Context, purpose: &str, token: &str, password_hash: &str) -> Result<(Uuid, Opened), Problem> {
    let hash = secret::hash(token);
    let now = cx.state.now();
    let (mut session, opened) = new_session(cx, Uuid::nil(), true);
    let followed = as_auth(&cx.state, async |tx| {
        let found = links::by_hash(tx, &hash).await?.filter(|l| l.purpose == purpose);
        let Some((link, user)) = found.and_then(|l| l.user_id.map(|user| (l, user))) else {
            return Ok(Followed::Refused("not_found", "the link is not known"));
        };
        if let Some(refusal) = refusal_of(&link, now) {
            return Ok(refusal);
        }
        links::use_up(tx, link.id, now).await?;
        users::set_password(tx, user, password_hash).await?;
        sessions::revoke_all(tx, user, None, now).await?;
        session.user_id = user;
        open(tx, &session, &opened, now).await?;
        audit::insert(tx, &cx.audit(user, &format!("auth.{purpose}"), "user", user)).await?;
        Ok(Followed::Done((user, opened)))
    })
    .await?;
    let (user, opened) = done(followed)?;
    cx.state.sessions().forget_user(user);
    Ok((user, opened))
}

/// E-mail of the user a link is for, to check the password against before it is used up.
///
/// # Errors
/// When the database does not answer.
pub async fn email_of_link(state: &AppState, purpose: &str, token: &str) -> Result<Option<String>, Problem> {
    let hash = secret::hash(token);
    as_auth(state, async |tx| {
        let link = links::by_hash(tx, &hash).await?.filter(|l| l.purpose == purpose);
        let Some(user) = link.and_then(|l| l.user_id) else { return Ok(None) };
        Ok(users::by_id(tx, user).await?.map(|u| u.profile.email))
    })
    .await
}

fn refusal_of<T>(link: &links::Link, now: DateTime<Utc>) -> Option<Followed<T>> {
    if link.used_at.is_some() {
        Some(Followed::Refused("link_used", "the link was used, or replaced by a newer one"))
    } else if link.expires_at <= now {
        Some(Followed::Refused("link_expired", "the link has expired"))
    } else {
        None
    }
}

fn done<T>(followed: Followed<T>) -> Result<T, Problem> {
    match followed {
        Followed::Done(value) => Ok(value),
        Followed::Refused(code, detail) => Err(Problem::new(code, detail)),
    }
}
