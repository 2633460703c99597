//! Signing in and out.

pub mod account;
pub mod links;
pub mod login;
pub mod logout;
pub mod password;
pub mod refresh;
pub mod session;
