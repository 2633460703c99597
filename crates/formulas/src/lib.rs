//! Textbook formulas, one per file: what it tells an investor, its definition, its edges, its source, its code.
//!
//! Fractions everywhere (0.01 is 1 %), simple returns unless a formula says otherwise. A value that does not exist is
//! [`Undefined`] with a reason, never 0 or NaN. Nothing here reads a clock, a file or a network, and the same input
//! gives the same bits whatever the machine (eigenvalues in `covariance::psd_repair`: up to the last digit).

pub mod attribution;
pub mod contribution;
pub mod covariance;
pub mod drawdown;
pub mod lots;
pub mod macro_statistics;
pub mod portfolio;
pub mod projection;
pub mod quality;
pub mod regression;
pub mod returns;
pub mod risk;
pub mod scenarios;
pub mod tail;
pub mod tax;
pub mod valuation;

mod moments;
mod normal;
mod random;
mod small_matrix;
mod student_t;
mod undefined;

pub use moments::PerPeriod;
pub use normal::{inverse_mills, ln_normal_probability, normal_density, normal_probability, normal_quantile};
pub use random::Stream;
pub use student_t::two_sided_probability;
pub use undefined::Undefined;

/// A calendar date.
pub type Date = dates::Date;
