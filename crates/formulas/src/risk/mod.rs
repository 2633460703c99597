//! How uncertain it was: dispersion, downside, and return per unit of either.

mod calmar;
mod downside_deviation;
mod higher_moments;
mod information_ratio;
mod sharpe;
mod sortino;
mod tracking_error;
mod volatility;

pub use calmar::calmar;
pub use downside_deviation::downside_deviation;
pub use higher_moments::{excess_kurtosis, skewness};
pub use information_ratio::information_ratio;
pub use sharpe::{Sharpe, sharpe};
pub use sortino::sortino;
pub use tracking_error::tracking_error;
pub use volatility::volatility;
