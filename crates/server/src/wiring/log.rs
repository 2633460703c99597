//! Executions and their results go to PostgreSQL behind the answer, in batches per user.

use chrono::Utc;
use futures::future::BoxFuture;
use orchestrator::{ExecutionLog, ExecutionRecord, StoredResult};
use serde_json::json;
use store::queries::executions::Execution;
use store::queries::results::KeptResult;
use store::{ExecutionWriter, Finished};
use uuid::Uuid;

/// Writes executions.
pub struct Log {
    /// The queue.
    pub writer: ExecutionWriter,
    /// This process.
    pub replica_id: Option<Uuid>,
}

impl ExecutionLog for Log {
    fn finished(&self, record: ExecutionRecord) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let finished = self.of(record);
            if let Err(error) = self.writer.write(finished).await {
                tracing::error!(%error, "an execution was not written down");
            }
        })
    }
}

impl Log {
    fn of(&self, record: ExecutionRecord) -> Finished {
        let context = &record.context;
        let result = record.result.as_ref().map(kept);
        let execution = Execution {
            id: record.execution_id,
            pattern_id: record.pattern_id,
            pattern_hash: hash(&record.pattern_hash),
            mode: if record.is_async { "async" } else { "sync" }.to_owned(),
            trigger: record.trigger.as_str().to_owned(),
            inputs: serde_json::Value::Object((*record.inputs).clone()),
            context: json!({
                "as_of": context.as_of,
                "known_at": context.known_at,
                "pricing_pack_id": context.pack.as_ref().map(|pack| &pack.display_id),
                "pack_hash": context.pack.as_ref().map(|pack| &pack.hash),
                "ledger_commit": context.ledger.as_ref().map(|ledger| &ledger.commit),
                "portfolio_id": context.portfolio_id,
                "base_currency": context.base_currency,
                "deadline_ms": context.deadline_ms,
                "pattern_version": record.pattern_version,
                "plan_hash": record.plan_hash,
                "cache": record.cache,
                "outcome": record.status,
            }),
            result_key: Some(record.result_key.0),
            status: match record.status {
                "failed" => "failed",
                "cancelled" => "cancelled",
                _ => "finished",
            }
            .to_owned(),
            error: record.problem.as_ref().and_then(|problem| serde_json::to_value(&***problem).ok()),
            replica_id: self.replica_id,
            admitted_at: None,
            finished_at: Some(record.finished_at),
            created_at: record.started_at,
            trace: record.trace.as_ref().and_then(|trace| serde_json::to_vec(trace).ok()),
        };
        Finished { user: record.user, execution, result }
    }
}

fn kept(result: &StoredResult) -> KeptResult {
    KeptResult {
        result_key: result.key.0,
        pattern_hash: hash(&result.pattern_hash),
        pack_hash: result.pack_hash.as_deref().map(hash),
        ledger_commit: result.ledger_commit.as_deref().map(hash),
        capability_versions: result
            .capability_versions
            .iter()
            .map(|(name, version)| (name.clone(), serde_json::Value::from(version.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        outputs: result.outputs.to_vec(),
        expires_at: result
            .ttl_s
            .map(|ttl| Utc::now() + chrono::Duration::seconds(ttl.min(i64::MAX as u64 / 2_000) as i64)),
    }
}

/// The bytes of a hexadecimal hash; of a text that is none, zeros, which no content has.
fn hash(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    if hex::decode_to_slice(text, &mut bytes).is_err() {
        tracing::error!(text, "not a hash");
    }
    bytes
}
