//! Writing the ledger, one transaction: lock the portfolio, compare the commit, check the entries against the book,
//! append them with their projections, keep the answer under its key.
//!
//! Invariant: either everything of a call is written or nothing; the same key with the same arguments gives the same
//! answer and writes once.

mod desk;
mod effects;
mod entries;
mod import_file;
mod import_securities;
mod import_wire;
mod imports;
mod once;
mod portable;
mod refusals;

pub(crate) use desk::{Access, Applied, Desk, directory_of};
pub(crate) use effects::{effects, warnings};
pub(crate) use entries::{Wish, currency_mismatch, entry_type, read_entry};
pub(crate) use import_file::ImportFile;
pub(crate) use import_securities::create_securities;
pub(crate) use import_wire::{entry_wire, preview_schema};
pub(crate) use imports::{ReadImport, ReadRow, read_import};
pub(crate) use once::{begin, finish};
pub(crate) use portable::{account_from_json, account_to_json, security_from_json, security_to_json};
pub(crate) use refusals::{detail_of, of_book_error, refusal};

/// The portfolio is locked until the transaction ends.
pub(crate) const WRITE: Access = Access::Write;
/// The portfolio is only looked at.
pub(crate) const LOOK: Access = Access::Look;
