//! What tests share: a PostgreSQL of their own, a database for each test, two users, and the golden data.
//! Invariant: tests never touch a database that they did not make, and leave nothing running behind.

mod cluster;
mod database;
mod fixtures;
pub mod golden;

pub use database::TestDatabase;
pub use fixtures::{Person, TwoUsers, append, two_users};
