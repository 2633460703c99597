//! PostgreSQL: transactions under one identity, queries, migrations. The only crate that names the SQL library.
//! Invariant: no table is reached without a lease, a role and, for user-scoped tables, a user.

mod config;
mod copy;
mod error;
mod heads;
mod leases;
mod listen;
pub mod migrate;
mod pool;
#[cfg(test)]
mod prepares;
pub mod queries;
mod read;
mod roles;
mod sql;
mod store;
mod transaction;
mod writer;

pub use config::StoreConfig;
pub use error::StoreError;
pub use governor::{Class, LeaseTicket, LeaseTimes, Limits, Snapshot};
pub use leases::{Admission, AdmissionGuard, LeaseGuard, Leases};
pub use listen::Notice;
pub use store::{PoolSize, Store};
pub use transaction::{AuthTransaction, Role, ScopedTransaction, UserTransaction, WorkerTransaction};
pub use writer::{ExecutionWriter, Finished};
