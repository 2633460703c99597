//! Dividends and other income.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
