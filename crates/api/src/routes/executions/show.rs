//! `GET /api/executions/{id}`

use bytes::Bytes;
use orchestrator::{Body, Member};
use serde::Serialize;
use serde_json::Value;
use store::queries::{executions, results};
use utoipa::ToSchema;

use super::list::ExecutionSummary;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;

/// A run of a pattern with what went in and what came out.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionDetail {
    /// The run.
    #[serde(flatten)]
    pub summary: ExecutionSummary,
    /// Inputs after defaults.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// Outputs by name; absent while it runs, after a failure, and when the result is no longer kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub outputs: Option<Value>,
    /// What each step did, for a waterfall.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub trace: Option<Value>,
}

/// Shows one execution.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = ExecutionDetail;
    const SUMMARY: &'static str = "One execution of yours with inputs, outputs and trace.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let id = cx.path_id("id")?;
        let (found, kept) = guard::as_user(&cx, async |tx| {
            let found = executions::by_id(tx, user, id).await?;
            let kept = match found.as_ref().and_then(|e| e.result_key) {
                Some(key) => results::get(tx, user, &key).await?,
                None => None,
            };
            Ok((found, kept))
        })
        .await?;
        let stored = found.ok_or_else(|| not_found("execution"))?;
        let outputs = kept.and_then(|kept| outputs_of(&stored, kept.outputs));
        let trace = stored.trace.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
        Reply::data(&ExecutionDetail { summary: ExecutionSummary::of(&stored), inputs: stored.inputs, outputs, trace })
    }
}

/// Outputs of a kept result; a result that cannot be read is as good as none, and noted.
fn outputs_of(execution: &executions::Execution, bytes: Vec<u8>) -> Option<Value> {
    match Body::from_stored(Bytes::from(bytes)) {
        Ok(body) => body.parse(Member::Data).ok(),
        Err(error) => {
            tracing::warn!(execution.id = %execution.id, %error, "kept result cannot be read");
            None
        }
    }
}
