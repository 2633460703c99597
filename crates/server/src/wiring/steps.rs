//! Steps go to the agents, contexts too, admissions to the store's leases.

use std::sync::Arc;
use std::time::Duration;

use agents::Agents;
use capability::{CapabilityResult, ExecutionContext, Failure};
use futures::future::BoxFuture;
use governor::{RejectReason, Rejection};
use orchestrator::{
    Admission, AdmissionGate, AdmissionPermit, ContextRequest, ContextSource, OnQueued, StepCall, StepRunner,
};
use store::{Store, StoreError};

/// Runs capabilities.
pub struct Runner(pub Arc<Agents>);

impl StepRunner for Runner {
    fn run(&self, call: StepCall) -> BoxFuture<'_, Result<CapabilityResult, Failure>> {
        Box::pin(async move { self.0.call(&call.capability, call.context, call.args, call.ticket).await })
    }
}

/// Pins executions.
pub struct Contexts(pub Arc<Agents>);

impl ContextSource for Contexts {
    fn resolve(&self, request: ContextRequest) -> BoxFuture<'_, Result<ExecutionContext, Failure>> {
        Box::pin(async move {
            let request = agents::ContextRequest {
                execution_id: request.execution_id,
                trace_id: request.trace_id,
                user: request.user,
                rights: request.rights.to_vec(),
                portfolio_id: request.portfolio_id,
                as_of: request.as_of,
                pricing_pack_id: request.pricing_pack_id,
                require_fresh: request.require_fresh,
                report_currency: request.report_currency,
                reads: request.reads,
                deadline_in: request.deadline_in,
            };
            self.0.resolve_context(request).await
        })
    }
}

/// Lets executions begin.
pub struct Gate(pub Arc<Store>);

impl AdmissionGate for Gate {
    fn next_execution(&self) -> u64 {
        self.0.leases().next_execution()
    }

    fn admit(&self, admission: Admission, _on_queued: OnQueued) -> BoxFuture<'_, Result<AdmissionPermit, Rejection>> {
        Box::pin(async move {
            let request = store::Admission {
                execution: admission.execution,
                user: admission.user,
                agents: admission.agents,
                expected_lease: admission.expected_lease,
                deadline_in: admission.deadline_in,
                class: admission.class,
            };
            match self.0.leases().admit(request).await {
                Ok(guard) => Ok(Box::new(guard) as AdmissionPermit),
                Err(StoreError::Overloaded { retry_after, .. }) => {
                    Err(Rejection { reason: RejectReason::DeadlineUnreachable, retry_after })
                }
                Err(_) => Err(Rejection { reason: RejectReason::QueueFull, retry_after: Duration::from_secs(1) }),
            }
        })
    }
}

/// A failure of the store in the words of a problem.
pub fn failure_of_store(error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Unavailable(_) => "database_unavailable",
        StoreError::Overloaded { .. } => "overloaded",
        StoreError::DeadlineExceeded(_) => "deadline_exceeded",
        StoreError::NotFound(_) => "not_found",
        StoreError::AlreadyExists { .. } => "already_exists",
        StoreError::Refused { .. } | StoreError::Reference { .. } | StoreError::Invariant(_) => "invalid_input",
        StoreError::Configuration(_) | StoreError::Migration(_) => "invalid_input",
        _ => "internal_error",
    };
    Failure::new(code, error.to_string())
}
