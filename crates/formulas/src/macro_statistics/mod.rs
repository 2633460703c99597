//! Macro statistics: where growth, inflation, debt and the probability of recession stand, and how sure that is.
//!
//! Each formula sees only values up to the period it speaks of; publication lags are the caller's, who knows them.

mod composite_zscore;
mod credit_gap;
mod cycle_definition;
mod debt_service_ratio;
mod deleveraging_type;
mod expanding_percentile;
mod hamilton_filter;
mod macro_quadrant;
mod markov_switching_fit;
mod phase_likelihood;
mod probit;
mod quasi_newton;
mod recession_probability;
mod short_term_cycle;
mod trailing_zscore;

pub use composite_zscore::{Composite, Indicator, composite_score, composite_zscore};
pub use credit_gap::{CreditGap, credit_gap, one_sided_hp_trend};
pub use cycle_definition::CycleDefinition;
pub use debt_service_ratio::debt_service_ratio;
pub use deleveraging_type::{Deleveraging, deleveraging_type};
pub use expanding_percentile::{PercentileAggregate, expanding_percentile, percentile_aggregate};
pub use hamilton_filter::{HamiltonFilter, InitialState, SwitchingModel, ergodic_probabilities, hamilton_filter};
pub use macro_quadrant::{LabelStatistics, Quadrant, QuadrantPoint, label_statistics, macro_quadrant, year_over_year};
pub use markov_switching_fit::{MarkovSwitchingFit, SwitchingFitOptions, markov_switching_fit};
pub use phase_likelihood::{
    Band, Evidence, Measure, Phase, PhaseState, PhaseTable, SeriesOfPeriods, Trend, phase_likelihood,
};
pub use probit::{Probit, probit};
pub use recession_probability::{RecessionModel, brier_score, recession_probability};
pub use short_term_cycle::{ShortTermPhase, short_term_phase};
pub use trailing_zscore::trailing_zscore;
