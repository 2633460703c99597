//! Portfolios that are best in some sense.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
