//! Writing the ledger, one transaction: lock the portfolio, compare the commit, check the entries against the book,
//! append them with their projections, keep the answer under its key.
//!
//! Invariant: either everything of a call is written or nothing; the same key with the same arguments gives the same
//! answer and writes once.

mod desk;
mod effects;
mod entries;
mod imports;
mod once;
mod refusals;

pub(crate) use desk::{Access, Applied, Desk};
pub(crate) use effects::{effects, warnings};
pub(crate) use entries::{Wish, currency_mismatch, entry_type, read_entry};
pub(crate) use imports::{ImportFile, ReadImport, ReadRow, entry_wire, preview_schema, read_import};
pub(crate) use once::{begin, finish};
pub(crate) use refusals::{detail_of, of_book_error, refusal};

/// The portfolio is locked until the transaction ends.
pub(crate) const WRITE: Access = Access::Write;
/// The portfolio is only looked at.
pub(crate) const LOOK: Access = Access::Look;
