//! Pricing packs.

pub mod latest;
pub mod list;
pub mod record;
pub mod restate;
pub mod show;
