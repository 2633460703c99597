//! Patterns: run, list, show, plan, check.

pub mod check;
pub mod execute;
pub mod list;
pub mod plan;
pub mod show;
