//! Portfolios chosen by mean and variance (Markowitz) under a common set of constraints.

mod efficient_frontier;
mod efficient_return;
mod efficient_risk;
mod max_sharpe;
mod min_variance;
mod nearest;
mod utility;

pub use efficient_frontier::{FrontierPoint, efficient_frontier};
pub use efficient_return::efficient_return;
pub use efficient_risk::{efficient_risk, max_return};
pub use max_sharpe::max_sharpe;
pub use min_variance::{min_tracking_error, min_variance};
pub use nearest::nearest;
pub use utility::{Utility, mean_variance};

use crate::risk_model::RiskModel;

/// Covariance of each asset with the equal-weight portfolio: who adds little risk is likely to be held.
fn common_risk(risk: &RiskModel) -> Vec<f64> {
    let n = risk.n();
    risk.times(&vec![1.0 / n as f64; n])
}
