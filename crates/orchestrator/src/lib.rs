//! Runs plans: inputs, context, result key, cache, admission, parallel steps with retry and time limit, answer, events.
//!
//! Invariants: equal keys give equal bytes; equal requests in flight share one computation; no step holds a lease while
//! it waits; a failing, slow or panicking step hurts only what needs it.

mod answer;
mod assemble;
mod asynchronous;
mod backoff;
mod body;
mod capability_call;
mod compute;
mod deps;
mod events;
mod execute;
mod expectations;
mod facts;
mod library;
mod loaded;
mod problem;
mod request;
mod result_key;
mod result_store;
mod run;
mod single_flight;
mod step;
mod step_cache;
mod trace;
mod verify;

pub use answer::{Answer, CacheOutcome, Include, Meta, Staleness, StalenessState, Status, Trace};
pub use asynchronous::{Standing, Started};
pub use body::{Body, Member, NotABody};
pub use capability_call::CapabilityRequest;
pub use deps::{
    Admission, AdmissionGate, AdmissionPermit, Attributions, ContextRequest, ContextSource, Deps, ExecutionLog,
    ExecutionRecord, NoAttributions, NoExecutionLog, OnQueued, OpenGate, Settings, StepCall, StepRunner,
};
pub use events::{Event, EventLog, EventStream, NumberedEvent};
pub use execute::{Orchestrator, Prepared};
pub use facts::{AbsentItem, AbsentSummary, Facts, PanelFacts};
pub use library::{Listing, PatternFileText, PatternLibrary, PatternState, ReloadReport};
pub use problem::{Problem, ProblemItem, ProblemParts};
pub use request::{Request, Trigger};
pub use result_key::ResultKey;
pub use result_store::{NoResultStore, ResultStore, StoredResult};
pub use trace::{StepCache, StepState, TraceStep};
