//! Wash sales and losses worth taking.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
