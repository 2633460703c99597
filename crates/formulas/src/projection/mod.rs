//! Projections: what a sum may become, what it may pay, and when it is enough.
//!
//! All figures in real terms (today's money) unless the caller says otherwise. Randomness comes in as a seed.

mod annuity_withdrawal;
mod fire_years;
mod goal_probability;
mod goal_simulation;
mod required_contribution;
mod return_engine;
mod swr_historical;
mod wilson_interval;
mod withdrawal_rule;

pub use annuity_withdrawal::{PaymentTiming, annuity_withdrawal, real_rate};
pub use fire_years::{FireYears, fire_years};
pub use goal_probability::{GoalProbability, goal_probability};
pub use goal_simulation::{
    FAN_LEVELS, FanRow, GoalOutcome, GoalPlan, Simulation, goal_simulation, mean_terminal_wealth,
};
pub use required_contribution::required_contribution;
pub use return_engine::{Regime, ReturnEngine};
pub use swr_historical::{SwrHistorical, swr_bootstrap_interval, swr_historical};
pub use wilson_interval::wilson_interval;
pub use withdrawal_rule::WithdrawalRule;
