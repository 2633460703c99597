//! Effects that happen once: a key is taken in the transaction of the work itself, so that both are kept or neither is.

use capability::{Failure, canonical};
use chrono::Utc;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::UserTransaction;
use store::queries::idempotency::{self, Begun, KeptResponse};
use uuid::Uuid;

use crate::args::Args;
use crate::failure::{StepError, internal};

/// The key under which an effect of a capability is kept; the caller's key may be used by a route as well.
fn kept_key(capability: &str, key: &str) -> String {
    format!("{capability} {}", &hex::encode(Sha256::digest(key.as_bytes()))[..40])
}

/// Takes the call's key. Gives the answer of an earlier call with the same arguments, if there was one.
pub(crate) async fn begin(
    tx: &mut UserTransaction,
    user: Uuid,
    capability: &str,
    args: &Args,
) -> Result<Option<Value>, StepError> {
    let key = args.text("idempotency_key").unwrap_or_default();
    if key.is_empty() || 128 < key.len() {
        return Err(Failure::new("invalid_input", "idempotency_key has 1 to 128 characters")
            .at("/idempotency_key")
            .into());
    }
    let request: [u8; 32] = Sha256::digest(canonical(&args.as_value())).into();
    let begun =
        idempotency::begin(tx, user, &kept_key(capability, key), "CALL", capability, &request, Utc::now()).await?;
    match begun {
        Begun::New => Ok(None),
        Begun::Done(kept) => {
            let value =
                serde_json::from_slice(&kept.body).map_err(|error| internal("a kept answer cannot be read", error))?;
            Ok(Some(value))
        }
        Begun::Running => Err(Failure::new("idempotency_in_progress", "the same call is still running").into()),
        Begun::OtherRequest => {
            let message = "the idempotency key was used with other arguments";
            Err(Failure::new("conflict", message)
                .at("/idempotency_key")
                .about(json!({ "idempotency_key": key }))
                .into())
        }
    }
}

/// Keeps the answer under the call's key.
pub(crate) async fn finish(
    tx: &mut UserTransaction,
    user: Uuid,
    capability: &str,
    args: &Args,
    value: &Value,
) -> Result<(), StepError> {
    let key = kept_key(capability, args.text("idempotency_key").unwrap_or_default());
    let response = KeptResponse { status: 200, headers: json!({}), body: canonical(value) };
    idempotency::finish(tx, user, &key, &response).await?;
    Ok(())
}
