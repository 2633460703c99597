//! How uncertain it was: dispersion, downside, and return per unit of either.

mod alpha_beta;
mod annualisation_factor;
mod batting_average;
mod calmar;
mod capture;
mod downside_deviation;
mod higher_moments;
mod information_ratio;
mod m_squared;
mod mean_absolute_deviation;
mod omega;
mod sharpe;
mod sortino;
mod tear_sheet;
mod tracking_error;
mod treynor;
mod volatility;

pub use alpha_beta::{AlphaBeta, alpha_beta};
pub use annualisation_factor::annualisation_factor;
pub use batting_average::batting_average;
pub use calmar::calmar;
pub use capture::{Capture, CaptureSide, capture};
pub use downside_deviation::downside_deviation;
pub use higher_moments::{excess_kurtosis, skewness};
pub use information_ratio::information_ratio;
pub use m_squared::m_squared;
pub use mean_absolute_deviation::mean_absolute_deviation;
pub use omega::omega;
pub use sharpe::{Sharpe, sharpe};
pub use sortino::sortino;
pub use tear_sheet::{RelativeSheet, TearSheet, tear_sheet};
pub use tracking_error::tracking_error;
pub use treynor::treynor;
pub use volatility::volatility;
