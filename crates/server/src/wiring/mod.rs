//! Adapters between the orchestrator's needs and what agents and store offer. No logic lives here.

mod log;
mod results;
mod steps;

pub use log::Log;
pub use results::Results;
pub use steps::{Contexts, Gate, Runner, failure_of_store};
