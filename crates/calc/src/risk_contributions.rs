//! Which holding carries the risk, and how concentrated the portfolio is.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
