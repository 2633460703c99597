//! The books: an append-only ledger of entries, and what follows from it.
//!
//! Invariant: lots, positions, cash and realized gains are a pure function of the entries ([`book::Book::replay`]);
//! nothing here reads a clock, a rate or a database on its own.

pub mod entry;
pub mod kind;
pub mod payload;

pub mod commit;
pub mod wire;

pub mod draft;
mod draft_actions;
pub mod draft_rules;
pub mod problem;

pub mod book;
pub mod book_error;
pub mod corporate_actions;
pub mod currency_gains;
pub mod lots;
pub mod settings;
pub mod timeline;

pub mod projection;
pub mod verification;

mod arithmetic;
mod replay;

pub use book::{Book, CashFlow, FlowKind, ManualPrice, Position, Warning};
pub use book_error::{BookError, Oversold};
pub use draft::{Draft, NewEntry, Resolver};
pub use entry::{Action, Entry};
pub use kind::{Kind, UnknownKind};
pub use lots::{CostBasisMethod, Lot, LotEvent, LotEventKind, RealizedGain, Term};
pub use payload::{
    Fee, LotSelection, ManualPricePayload, Payload, Ratio, SettingPayload, Tax, TaxKind, TransactionPayload, Treatment,
};
pub use problem::Problem;
pub use projection::{TransactionRow, TransactionStatus};
pub use replay::{OversellRule, ReplayOptions};
pub use settings::Settings;
pub use timeline::Timeline;
