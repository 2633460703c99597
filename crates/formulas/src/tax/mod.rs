//! Tax rules on lots: losses that are not allowed, losses worth taking. United States unless said otherwise; decision
//! support, not advice.

pub mod tax_loss_harvest;
pub mod wash_sale;
pub mod wash_sales_of_book;

pub use tax_loss_harvest::{Blocked, Harvest, HarvestCandidate, HarvestPosition, HarvestRates, tax_loss_harvest};
pub use wash_sale::{AdjustedLot, Side, Trade, WashMatch, WashSale, WashSaleRules, WashSales, wash_sale};
pub use wash_sales_of_book::{BookWashSale, BookWashSales, Replacement, TaxUnitAccount, wash_sales_of_book};
