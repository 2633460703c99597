//! What the portfolio was worth at the close of each day, in base currency and currency by currency.

mod daily_valuation;
mod flows;
mod manual_prices;
mod runs;

pub use daily_valuation::{DailyReturns, DailyValuation, Hole, HoleKind, Sleeve, Window, daily_valuation};
pub use manual_prices::ManualPrices;

pub(crate) use daily_valuation::{first_on_or_after, whole_currency};
pub(crate) use flows::{FlowClass, classified_flows};
pub(crate) use runs::for_each_run;
