//! Imports: upload, look at, commit. Nothing is written to the ledger before the commit.

pub mod change;
pub mod commit;
pub mod formats;
pub mod list;
pub mod preview;
pub mod record;
pub mod remove;
pub mod revert;
pub mod show;
pub mod upload;
