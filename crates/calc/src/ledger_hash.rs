//! The commit chain of a ledger.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
