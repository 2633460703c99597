//! The JSON form of an entry: what is hashed, and what the full export holds.
//!
//! Invariant: `entry_from_json(entry_to_json(e)) == e` for every entry with a time in whole microseconds.

use chrono::{DateTime, SecondsFormat, Utc};
use dates::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::entry::{Action, Entry};
use crate::kind::Kind;
use crate::payload::{Payload, PayloadError};

/// Why a JSON value is not an entry.
#[derive(Debug, Error)]
pub enum EntryFormError {
    /// A field is missing, unknown or of the wrong type.
    #[error("the entry does not have the form of a ledger entry")]
    Form(#[source] serde_json::Error),
    /// The payload does not fit the kind.
    #[error("entry {seq} has a payload that does not fit its kind")]
    Payload {
        /// Which entry.
        seq: u64,
        /// What is wrong.
        #[source]
        source: PayloadError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    seq: u64,
    entry_id: Uuid,
    action: Action,
    kind: Kind,
    target_seq: Option<u64>,
    account_id: Option<Uuid>,
    security_id: Option<Uuid>,
    effective_on: Date,
    payload: Value,
    external_id: Option<String>,
    recorded_at: DateTime<Utc>,
}

/// Exactly the hashed fields; absent ones are `null`, so that each entry has the same keys.
pub fn entry_to_json(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "entry_id": entry.entry_id,
        "action": entry.action.name(),
        "kind": entry.kind.name(),
        "target_seq": entry.target_seq,
        "account_id": entry.account_id,
        "security_id": entry.security_id,
        "effective_on": entry.effective_on,
        "payload": entry.payload.to_json(),
        "external_id": entry.external_id,
        "recorded_at": entry.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
    })
}

/// Reads what [`entry_to_json`] wrote.
pub fn entry_from_json(value: Value) -> Result<Entry, EntryFormError> {
    let form: EntryForm = serde_json::from_value(value).map_err(EntryFormError::Form)?;
    let payload = Payload::from_json(form.action, form.kind, form.payload)
        .map_err(|source| EntryFormError::Payload { seq: form.seq, source })?;
    Ok(Entry {
        seq: form.seq,
        entry_id: form.entry_id,
        action: form.action,
        kind: form.kind,
        target_seq: form.target_seq,
        account_id: form.account_id,
        security_id: form.security_id,
        effective_on: form.effective_on,
        payload,
        external_id: form.external_id,
        recorded_at: form.recorded_at,
    })
}
