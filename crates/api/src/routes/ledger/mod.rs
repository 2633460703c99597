//! The ledger itself: its entries and its verification.

pub mod history;
pub mod verify;
