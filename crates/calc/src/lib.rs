//! The calculators: every pure formula by the name under which known answers list it, JSON in, JSON out.
//!
//! Invariant: a calculation reads its input and the tables it names, nothing else; what it gives is finite numbers, text,
//! or `null` with a `status` that says why. Never NaN, never infinity, never a default in place of a missing value.
//!
//! Each area file lists its functions as data ([`Function`]); [`functions`] chains them. [`calculate`] is the one way in.

mod expression;
mod function;
mod input;
mod problem;
mod series;
mod table;

mod output;
mod registry;

pub mod golden;
pub mod schema;

mod attribution;
mod corporate_actions;
mod covariance;
mod drawdowns;
mod income;
mod ledger_hash;
mod lots;
mod macro_statistics;
mod optimisation;
mod phase_tables;
mod projection;
mod quality;
mod rebalancing;
mod regression;
mod returns;
mod risk;
mod risk_contributions;
mod scenarios;
mod tax;
mod value_at_risk;

pub use function::{Function, Key, Kind};
pub use input::Input;
pub use output::Output;
pub use problem::{Problem, Problems};
pub use registry::{calculate, calculators, function, functions, functions_of};
pub use series::{Dated, Matrix};
pub use table::{NoTables, Table, TableError, Tables};
