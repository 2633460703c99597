//! How much of a return moves with something else.

mod hac_default_lags;
mod multiple_testing;
mod newey_west;
mod ols;
mod ridge;
mod rolling_beta;

pub use hac_default_lags::hac_default_lags;
pub use multiple_testing::{benjamini_hochberg, holm};
pub use newey_west::{NeweyWest, newey_west};
pub use ols::{Ols, dependent_columns, ols};
pub use ridge::ridge;
pub use rolling_beta::{ewma_beta, rolling_beta};
