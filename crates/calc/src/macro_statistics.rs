//! Statistics of the economy: recessions, regimes, quadrants.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
