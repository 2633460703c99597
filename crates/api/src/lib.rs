//! The HTTP API: routes, wire types, authentication, OpenAPI, and the web interface's files.
//!
//! Invariant: a computed number comes from the orchestrator, a record from the store; nothing is computed here, and no
//! request reaches either before its caller is known and allowed.

pub mod router;
pub mod routes;
pub mod settings;
pub mod state;

pub mod auth;
pub mod computed;
pub mod http;
pub mod identity;
pub mod measure;
pub mod problem;

pub mod clock;
pub mod openapi;
pub mod ui;

pub use openapi::openapi;
pub use router::router;
pub use settings::{ApiSettings, BuildInfo, RateLimits};
pub use state::{AppState, Deps, StartError};
