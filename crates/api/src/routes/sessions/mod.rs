//! The signed-in user's sessions and devices.

pub mod end;
pub mod list;
