//! Which holding carries how much of the risk. Contributions sum to the whole (Euler).

mod cvar_contribution;
mod factor_risk_contribution;
mod risk_contribution;

pub use cvar_contribution::{TailContribution, cvar_contribution};
pub use factor_risk_contribution::{FactorRiskContribution, factor_risk_contribution};
pub use risk_contribution::{RiskContribution, risk_contribution};
