//! The API against a real PostgreSQL, with the shipped patterns and the agents of this build; the router in process.

mod world;

mod auth;
mod bad_input;
mod conditional;
mod conventions;
mod idempotency;
mod isolation;
mod malformed_files;
mod openapi;
mod permissions;
mod rate_limit;
mod records;
