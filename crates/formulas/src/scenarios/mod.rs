//! Scenarios: what a portfolio would lose in a stated, a completed, a past or a just sufficient shock.

mod blended_beta;
mod conditional_shock;
mod factor_shock;
mod historical_replay;
mod position_shock;
mod reverse_stress;
mod scenario_dar;

pub use blended_beta::{BlendedBeta, blended_beta};
pub use conditional_shock::{CompletedShock, conditional_shock};
pub use factor_shock::{FactorShock, factor_shock, specific_band};
pub use historical_replay::{HistoricalReplay, Rebalancing, historical_replay};
pub use position_shock::{PositionShock, currency_shock, position_shock};
pub use reverse_stress::{ReverseStress, reverse_stress};
pub use scenario_dar::{ScenarioDar, scenario_dar};
