//! Who is asking, and what she may do.
//!
//! Invariant: identity comes from a session in the database (a browser's cookie, or the session behind an access
//! token), kept in memory for a short time and dropped as soon as the session ends.

pub mod caller;
pub mod csrf;
pub mod jwt;
pub mod lockout;
pub mod password;
pub mod permission;
pub mod secret;
pub mod session;
