//! Lots: relief, holding period, replay of books.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
