//! How deep and how long it fell below an earlier peak.
//!
//! Positions count valuations: 0 is the opening value 1, position t is after the t-th return. So a position indexes the
//! dates of the prices from which the returns were taken.

mod dar_cdar;
mod dar_scenario;
mod drawdown_table;
mod martin_ratio;
mod max_drawdown;
mod ulcer_index;

pub use dar_cdar::{DrawdownAtRisk, dar_cdar};
pub use dar_scenario::{ScenarioDrawdown, dar_scenario};
pub use drawdown_table::{Episode, drawdown_table};
pub use martin_ratio::martin_ratio;
pub use max_drawdown::{MaxDrawdown, drawdowns, max_drawdown};
pub use ulcer_index::{UlcerIndex, ulcer_index};
