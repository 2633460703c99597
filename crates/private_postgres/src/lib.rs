//! A private PostgreSQL cluster in a data directory: found, made, started, adopted, stopped. Standard library and libc only.
//! Invariants: at most one cluster per data directory, reachable through a socket only its owner can open; it survives
//! the death of the server that started it, and the last one that leaves in order stops it.

mod binaries;
mod cluster;
mod error;
mod identity;
mod lock;
mod process;

pub use binaries::{Binaries, find_binaries};
pub use cluster::{Cluster, Options};
pub use error::Error;
pub use lock::{ServerLock, lock_server};
