//! Portfolios that are best under a risk model and rules, and the trades that lead there.
//!
//! Weights, returns and volatilities are fractions; a covariance sets the unit of time. A portfolio is returned only with
//! its optimality conditions satisfied to 1e-8; everything else is a [`Failure`] with a reason, and a contradiction names
//! the constraints that make it. Nothing here reads a clock, a file or a network, or depends on the number of threads.

mod constraints;
mod failure;
mod portfolio;
mod risk_model;
mod symmetric;

mod black_litterman;
mod hierarchical;
mod integer_lots;
mod inverse_volatility;
mod mean_variance;
mod rebalance;
mod risk_parity;
mod sensitivity;
mod tail;

mod conflict;
mod formulation;
mod program;
mod selection;
#[cfg(test)]
mod test_problems;

pub use black_litterman::{BlackLitterman, Prior, Uncertainty, Views, black_litterman, implied_risk_aversion};
pub use constraints::{Constraints, Exposure, Group, MinimumReturn, TrackingError};
pub use failure::Failure;
pub use formulation::{l1_turnover, tracking};
pub use hierarchical::{
    Distance, HierarchicalRiskParity, Linkage, Merge, hierarchical_risk_parity, leaf_order, linkage,
};
pub use integer_lots::{LotAllocation, LotProblem, greedy_lots, integer_lots};
pub use inverse_volatility::inverse_volatility;
pub use mean_variance::{
    FrontierPoint, Utility, efficient_frontier, efficient_return, efficient_risk, max_return, max_sharpe,
    mean_variance, min_tracking_error, min_variance, nearest,
};
pub use portfolio::{ConstraintReport, Portfolio};
pub use rebalance::{
    Band, Market, Mode, Rebalance, RebalanceRequest, TaxAwareRebalance, TaxLot, TaxPolicy, WholeLotTrades, rebalance,
    tax_aware, water_fill, whole_lots,
};
pub use risk_model::RiskModel;
pub use risk_parity::risk_parity;
pub use sensitivity::{Sensitivity, weight_sensitivity};
pub use symmetric::Symmetric;
pub use tail::{TailPortfolio, min_cdar, min_cvar};
