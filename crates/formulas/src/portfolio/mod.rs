//! The portfolio as a whole: what it is worth day by day, and how concentrated it is.

mod concentration;
mod income;

pub use concentration::{Concentration, concentration};
pub use income::{Dividends, Income, income};
