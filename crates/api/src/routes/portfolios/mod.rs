//! Portfolios, their cash and their own prices.

pub mod cash;
pub mod change;
pub mod create;
pub mod list;
pub mod prices;
pub mod record;
pub mod show;
