//! Transactions: list, record, preview, void, amend.

pub mod amend;
pub mod draft;
pub mod list;
pub mod preview;
pub mod record;
pub mod show;
pub mod void;
