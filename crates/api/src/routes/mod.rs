//! The handlers, one file each: request type, answer type, handler, conversion.

pub mod about;
pub mod accounts;
pub mod auth;
pub mod capabilities;
pub mod executions;
pub mod health;
pub mod holdings;
pub mod imports;
pub mod ledger;
pub mod lots;
pub mod metrics;
pub mod overview;
pub mod packs;
pub mod patterns;
pub mod portfolios;
pub mod profile;
pub mod securities;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod transactions;

pub mod page;
pub mod wire;
