//! Trades that lead back to targets.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
