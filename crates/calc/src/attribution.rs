//! Why a portfolio beat its benchmark, or did not.

use crate::Function;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[];
