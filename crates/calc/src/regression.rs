//! Regressions.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
