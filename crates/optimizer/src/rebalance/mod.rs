//! Rebalancing: when weights have drifted, the trades that bring them back.

mod bands;
mod tax_aware;
mod water_fill;
mod whole_lots;

pub use bands::{Band, Mode, Rebalance, RebalanceRequest, rebalance};
pub use tax_aware::{TaxAwareRebalance, TaxLot, TaxPolicy, tax_aware};
pub use water_fill::water_fill;
pub use whole_lots::{Market, WholeLotTrades, whole_lots};
