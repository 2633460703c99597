//! Securities and their prices.

pub mod create;
pub mod prices;
pub mod record;
pub mod search;
pub mod show;
