//! Files in and out: the CSV of DawsOS, the full export in JSON, a journal for Beancount.

pub mod beancount;
pub mod csv_text;
pub mod dawsos_csv;
pub mod dawsos_csv_write;
pub mod directory;
pub mod json;
pub mod row_key;

pub use directory::{AccountName, AccountsAndSecurities, Directory, SecurityName, SecurityQuery};
