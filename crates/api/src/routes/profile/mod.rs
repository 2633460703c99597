//! The signed-in user's own record.

pub mod change;
pub mod show;
