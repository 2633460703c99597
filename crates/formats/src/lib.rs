//! Files in and out: readers for the files of other programs and of brokers, and writers of our own.
//!
//! Invariant: pure. Bytes come in, rows come out; every record of a file is a draft, a problem with its line and remedy,
//! something that is not supported, or ignored for a stated reason. Readers never panic.

pub mod read;
pub mod reading;

pub mod format;
pub mod mapping;
pub mod movement;
pub mod security;

pub mod directory;
pub mod row_key;

pub mod beancount;
pub mod csv_text;
pub mod dawsos_csv;
pub mod dawsos_csv_write;
pub mod json;

pub mod day;
pub mod fields;
pub mod number;
pub mod table;
pub mod text;
pub mod words;

pub mod facts;

mod beancount_journal;
mod brokers;
mod detect;
mod exchange;
mod ghostfolio_csv;
mod ghostfolio_json;
mod ibkr_flex;
mod json_lines;
mod mapped_csv;
mod markup;
mod ofx;
mod portfolio_performance;
mod resolve;
mod tabular;
mod wealthfolio_csv;

pub use directory::{AccountName, AccountsAndSecurities, Directory, SecurityName, SecurityQuery};
pub use format::Format;
pub use mapping::Mapping;
pub use read::{detect, read};
pub use reading::{Detected, Options, Outcome, Reading, Row};
pub use security::Choice;
