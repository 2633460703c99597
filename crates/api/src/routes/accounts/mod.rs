//! Accounts of a portfolio.

pub mod change;
pub mod create;
pub mod list;
pub mod record;
pub mod show;
