//! Health and metrics.

pub mod alive;
pub mod metrics;
pub mod pack;
pub mod ready;
