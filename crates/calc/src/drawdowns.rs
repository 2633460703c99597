//! Falls below an earlier peak.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
