//! Executions of the signed-in user.

pub mod list;
pub mod show;
