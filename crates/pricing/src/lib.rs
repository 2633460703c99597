//! Prices and exchange rates of a moment, content-addressed: what was known, for which day, and under which identity.
//!
//! A [`DayContent`] is the immutable set of prices and rates of one day. A [`Pack`] chains a day content to the pack of
//! the day before, so that one pack hash pins the entire history that a lookback can read. A [`MarketHistory`] is that
//! history held densely in memory. This crate reads no clock, no file and no network.

mod builder;
mod coverage;
mod day_content;
mod display_id;
mod fx;
mod market_history;
mod pack;

pub use builder::{Built, DayRequest, Expected, Missing, Observations, PriceObservation, RateObservation, build_day};
pub use coverage::{Coverage, coverage};
pub use day_content::{ContentError, DayContent, PriceRow, PriceState, RateRow};
pub use display_id::{DEFAULT_POLICY, DisplayId, DisplayIdError, display_id};
pub use fx::{FxQuote, Route};
pub use market_history::{HistoryError, MarketHistory, PriceCell, Quote};
pub use pack::{ChainError, Pack, PackRef, pack_hash, verify_chain, verify_content};

/// Identity of a security: the stable id of the security master.
pub type SecurityId = uuid::Uuid;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Sessions that a price or rate is carried forward at most before it counts as missing.
pub const CARRY_SESSIONS_MAX: u32 = 5;
