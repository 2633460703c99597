//! Capabilities: list, run one.

pub mod list;
pub mod run;
