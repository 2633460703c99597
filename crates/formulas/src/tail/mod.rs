//! The bad end of the distribution: what is lost in the worst cases, and how well that was foreseen.
//!
//! α is the tail probability (0.05, not 0.95). Losses are positive numbers.

mod acerbi_szekely;
mod christoffersen;
mod cornish_fisher;
mod filtered_historical;
mod historical_expected_shortfall;
mod historical_value_at_risk;
mod kupiec;
mod monte_carlo_value_at_risk;
mod normal_value_at_risk;
mod overlapping_returns;
mod student_t_fit;
mod tail_rank;

pub use acerbi_szekely::acerbi_szekely_z2;
pub use christoffersen::{Christoffersen, christoffersen};
pub use cornish_fisher::{CornishFisher, cornish_fisher};
pub use filtered_historical::{Garch, garch};
pub use historical_expected_shortfall::{mean_of_worst_floor, rockafellar_uryasev};
pub use historical_value_at_risk::{linear_quantile, order_statistic};
pub use kupiec::{Kupiec, kupiec};
pub use monte_carlo_value_at_risk::{ReturnModel, SimulatedTail, TailSimulation, monte_carlo_value_at_risk};
pub use normal_value_at_risk::{NormalTail, normal_value_at_risk};
pub use overlapping_returns::overlapping_returns;
pub use student_t_fit::{StudentFit, student_t_fit};
pub use tail_rank::{is_tail_observed, tail_rank};
