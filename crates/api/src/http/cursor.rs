//! Cursors: opaque, signed, bound to one list, one filter and one state.
//!
//! Invariant: a cursor that was not signed here, belongs to another filter or is older than 24 h is never used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::auth::secret;
use crate::problem::Problem;

const LIFETIME_S: i64 = 24 * 3600;
const MAC_BYTES: usize = 16;

/// What a cursor remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Position after the last row of the page.
    #[serde(rename = "p")]
    pub position: Value,
    /// Hash of route, user and filter.
    #[serde(rename = "f")]
    filter: String,
    /// Pricing pack that all pages belong to.
    #[serde(rename = "k", skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// Ledger commit that all pages belong to.
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub ledger_commit: Option<String>,
    /// Made at, seconds since 1970.
    #[serde(rename = "t")]
    made_at: i64,
}

/// Signs and checks cursors.
#[derive(Clone)]
pub struct Cursors {
    key: [u8; 32],
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursors").finish_non_exhaustive()
    }
}

impl Cursors {
    /// Derives its key from the server's secret, so that all replicas agree.
    #[must_use]
    pub fn new(server_secret: &[u8]) -> Self {
        Self { key: secret::mac(server_secret, b"dawsos cursors v1") }
    }

    /// The text of a cursor; `filter` is everything that decides what the list holds.
    #[must_use]
    pub fn seal(
        &self,
        filter: &str,
        position: Value,
        pack: Option<String>,
        ledger_commit: Option<String>,
        now: DateTime<Utc>,
    ) -> String {
        let cursor = Cursor { position, filter: filter_hash(filter), pack, ledger_commit, made_at: now.timestamp() };
        let body = serde_json::to_vec(&cursor).unwrap_or_default();
        let mut sealed = secret::mac(&self.key, &body)[..MAC_BYTES].to_vec();
        sealed.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens a cursor that was made for the same filter.
    ///
    /// # Errors
    /// `invalid_cursor` or `cursor_expired`.
    pub fn open(&self, text: &str, filter: &str, now: DateTime<Utc>) -> Result<Cursor, Problem> {
        let invalid = || Problem::new("invalid_cursor", "the cursor does not belong to this list and filter");
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let (mac, body) = sealed.split_at_checked(MAC_BYTES).ok_or_else(invalid)?;
        if !secret::equal(mac, &secret::mac(&self.key, body)[..MAC_BYTES]) {
            return Err(invalid());
        }
        let cursor: Cursor = serde_json::from_slice(body).map_err(|_| invalid())?;
        if cursor.filter != filter_hash(filter) {
            return Err(invalid());
        }
        if cursor.made_at + LIFETIME_S < now.timestamp() {
            return Err(Problem::new("cursor_expired", "the cursor is older than 24 hours"));
        }
        Ok(cursor)
    }
}

fn filter_hash(filter: &str) -> String {
    hex::encode(&secret::hash(filter)[..12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use serde_json::json;

    #[test]
    fn a_cursor_opens_for_its_own_filter_within_a_day_only() {
        let cursors = Cursors::new(b"server secret");
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let text = cursors.seal("list a", json!(["2024-03-28", 7]), Some("PP_2024-03-28".into()), None, now);
        let opened = cursors.open(&text, "list a", now + TimeDelta::hours(24)).expect("opens");
        assert_eq!(opened.position, json!(["2024-03-28", 7]));
        assert_eq!(opened.pack.as_deref(), Some("PP_2024-03-28"));
        let code = |r: Result<Cursor, Problem>| r.err().map(|p| p.code.code);
        assert_eq!(code(cursors.open(&text, "list b", now)), Some("invalid_cursor"));
        assert_eq!(code(cursors.open(&text, "list a", now + TimeDelta::hours(25))), Some("cursor_expired"));
        assert_eq!(code(Cursors::new(b"other").open(&text, "list a", now)), Some("invalid_cursor"));
        for bad in ["", "AAAA", "!!", &text[1..], &format!("{text}A")] {
            assert_eq!(code(cursors.open(bad, "list a", now)), Some("invalid_cursor"), "{bad}");
        }
    }
}
