//! The portfolio as a whole: what it is worth day by day, and how concentrated it is.

mod concentration;

pub use concentration::{Concentration, concentration};
