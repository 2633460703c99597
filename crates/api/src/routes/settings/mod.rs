//! The signed-in user's settings.

pub mod replace;
pub mod show;
