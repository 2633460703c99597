//! The API against a real PostgreSQL: the router in process, capabilities replaced by small ones that read real rows.

mod world;

mod auth;
mod bad_input;
mod conditional;
mod conventions;
mod idempotency;
mod isolation;
mod openapi;
mod permissions;
mod rate_limit;
mod records;
