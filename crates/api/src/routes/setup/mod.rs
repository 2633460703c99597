//! First start: the installation has no user yet.

pub mod create;
pub mod status;
