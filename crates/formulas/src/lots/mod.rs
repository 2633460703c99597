//! Lots: which are sold, how long they were held, what corporate actions make of them. Exact decimals throughout.

pub mod drip;
pub mod holding_period;
pub mod lot_sale;
pub mod merger;
pub mod return_of_capital;
pub mod reverse_split;
pub mod spin_off;
pub mod split;
pub mod stock_dividend;

mod exact;

pub use drip::{Drip, drip};
pub use holding_period::holding_period;
pub use lot_sale::{Bought, Relief, ReliefRow, Sold, lot_sale};
pub use merger::{Merger, MergerTerms, MergerTreatment, merger};
pub use return_of_capital::{ReturnOfCapital, return_of_capital};
pub use reverse_split::{ReverseSplit, reverse_split};
pub use spin_off::{Fractions, SpinOff, SpinOffTerms, spin_off};
pub use split::split;
pub use stock_dividend::{StockDividend, stock_dividend};

pub(crate) use exact::{add, div, mul, share, total};

use crate::Date;
use money::Decimal;

/// A lot as the calculators take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimpleLot {
    /// Purchase date.
    pub acquired: Date,
    /// Units.
    pub quantity: Decimal,
    /// Total cost.
    pub basis: Decimal,
}
