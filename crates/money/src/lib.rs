//! Money and what it is made of: currencies, amounts, prices, quantities, exchange rates, rounding.
//!
//! Invariant: arithmetic is decimal and checked; an overflow or a mix of currencies is an error that names both sides,
//! never a panic and never a silent change. Floats appear only in [`float`], by named conversion.

pub mod amount;
pub mod currency;
pub mod float;
pub mod fx;
pub mod price;
pub mod rounding;
pub mod text;

pub use amount::{Money, MoneyError};
pub use currency::{Currency, CurrencyError, CurrencyRow};
pub use fx::FxRate;
pub use price::{Price, Quantity};
pub use rounding::{round_minor, round_to};
pub use rust_decimal::Decimal;
pub use text::{NumberError, decimal_text, parse_decimal};
