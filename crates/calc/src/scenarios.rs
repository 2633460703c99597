//! What a shock would do.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
