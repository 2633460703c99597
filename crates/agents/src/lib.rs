//! The capabilities themselves: each a declaration, a pure computation, and a thin step that reads what it needs.
//!
//! Invariant: a value depends on nothing but the pinned context (pack, ledger commit, date) and the arguments; a step
//! takes its one lease only when something must be read from PostgreSQL.

// A failure is the rare end of a step that takes a thousand times as long as moving it.
#![allow(clippy::result_large_err)]

mod agents;
mod registry;
mod schema;

mod args;
mod context;
mod failure;
mod scene;
mod values;

mod books;
mod flights;
mod markets;
mod measured;
mod reference;
mod track;
mod valued;

pub mod packs;

mod data_harvester;
mod financial_analyst;
mod ledger_write;

#[cfg(test)]
mod testbed;

pub use agents::{Agents, Settings};
pub use context::ContextRequest;
pub use registry::declarations;
