//! Lots: purchases kept apart, their events and the gains that disposals realize.
//!
//! Invariant: realized gain = price part + FX part, exactly; cost is conserved by every event but a disposal.

use std::fmt;

use chrono::{Datelike, Months};
use dates::Date;
use money::{Currency, Decimal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arithmetic;
use crate::payload::Ratio;

/// A purchase of a security in an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// UUIDv5 of the opening entry's identity and the part; stable under amendment.
    pub id: Uuid,
    /// Where it is held.
    pub account_id: Uuid,
    /// What is held.
    pub security_id: Uuid,
    /// The entry that opened it in this account.
    pub opened_seq: u64,
    /// Purchase date; a transferred lot keeps its own.
    pub acquired_on: Date,
    /// First day of the holding period: the day after the purchase (carried by transfers).
    pub holding_started_on: Date,
    /// Units at the opening, rescaled by splits as long as the lot is open; negative for a short position.
    pub quantity_original: Decimal,
    /// Units that remain; negative for a short position.
    pub quantity_open: Decimal,
    /// Cost of the open units, with transaction taxes and, unless the settings say otherwise, fees. Of a short position:
    /// minus what was received for it.
    pub cost_basis: Decimal,
    /// Cost of the units at the opening.
    pub cost_basis_original: Decimal,
    /// Currency of the cost.
    pub cost_currency: Currency,
    /// Base currency per 1 `cost_currency` at the purchase; of pooled lots, that of the pool.
    pub fx_rate_to_base: Decimal,
    /// The day on which nothing remained.
    pub closed_on: Option<Date>,
    /// Order among lots of one date: place in the ledger of the opening transaction, then part.
    pub(crate) order: (u64, u32),
}

impl Lot {
    /// Cost of the open units in base currency at the rate of the purchase; none only if too large.
    pub fn cost_basis_base(&self) -> Option<Decimal> {
        arithmetic::product(self.cost_basis, self.fx_rate_to_base)
    }

    /// Whether units remain.
    pub fn is_open(&self) -> bool {
        !self.quantity_open.is_zero()
    }

    /// Whether units are owed rather than held.
    pub fn is_short(&self) -> bool {
        self.quantity_original < Decimal::ZERO
    }

    /// Place among the open lots of its holding: purchase date, place in the ledger, part.
    pub(crate) fn key(&self, at: usize) -> LotKey {
        (self.acquired_on, self.order.0, self.order.1, at)
    }

    /// Takes the step of an event.
    pub(crate) fn apply(&mut self, event: &LotEvent) {
        self.quantity_open = (self.quantity_open + event.quantity_delta).normalize();
        self.cost_basis = (self.cost_basis + event.cost_delta).normalize();
        self.quantity_original = event.quantity_original_after.unwrap_or(self.quantity_original);
        self.fx_rate_to_base = event.fx_rate_after.unwrap_or(self.fx_rate_to_base);
        self.closed_on = self.quantity_open.is_zero().then_some(event.effective_on);
    }
}

/// Purchase date, place in the ledger, part, and a last number that keeps pieces of one lot apart.
pub(crate) type LotKey = (Date, u64, u32, usize);

/// What happened to a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotEventKind {
    /// Bought, or sold short.
    Open,
    /// Sold, wholly or in part; of a short position: bought back.
    Dispose,
    /// Rescaled.
    Split,
    /// Moved out of the account, without a gain.
    TransferOut,
    /// Moved into the account, with its date and cost.
    TransferIn,
    /// Cost changed without a change of units.
    BasisChange,
}

impl LotEventKind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            LotEventKind::Open => "open",
            LotEventKind::Dispose => "dispose",
            LotEventKind::Split => "split",
            LotEventKind::TransferOut => "transfer_out",
            LotEventKind::TransferIn => "transfer_in",
            LotEventKind::BasisChange => "basis_change",
        }
    }
}

/// One event in the life of a lot.
#[derive(Debug, Clone, PartialEq)]
pub struct LotEvent {
    /// The lot.
    pub lot_id: Uuid,
    /// The entry that caused it.
    pub seq: u64,
    /// Number among the events of that entry, from 0.
    pub part: u32,
    /// What happened.
    pub kind: LotEventKind,
    /// When.
    pub effective_on: Date,
    /// Change of the open units.
    pub quantity_delta: Decimal,
    /// Change of the cost of the open units, in the lot's cost currency.
    pub cost_delta: Decimal,
    /// Disposals: net proceeds of the units, in `proceeds_currency`; of a short position: minus what buying back cost.
    pub proceeds: Option<Decimal>,
    /// Disposals: currency of the sale.
    pub proceeds_currency: Option<Currency>,
    /// Disposals: the gain in base currency and its parts.
    pub realized: Option<RealizedGain>,
    /// Disposals in the cost currency: net proceeds − cost, in that currency.
    pub realized_gain_local: Option<Decimal>,
    /// Disposals: holding period.
    pub term: Option<Term>,
    /// Splits: the ratio.
    pub ratio: Option<Ratio>,
    /// Openings and splits: units at the opening in units of this day.
    pub quantity_original_after: Option<Decimal>,
    /// Openings and pooling: base currency per 1 of the cost currency from here on.
    pub fx_rate_after: Option<Decimal>,
}

/// Gain of a disposal in base currency.
///
///   total = proceeds · x_s − cost · x_b      fx = cost · (x_s − x_b)      price = (proceeds − cost) · x_s
///
/// x_b, x_s: base currency per unit at purchase and sale. The parts are absent where the sale is not in the currency of
/// the cost, because then the gain has no such split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealizedGain {
    /// Part that the price made.
    pub price: Option<Decimal>,
    /// Part that the exchange rate made.
    pub fx: Option<Decimal>,
    /// The gain.
    pub total: Decimal,
}

/// Holding period class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Held one year or less.
    Short,
    /// Held more than one year.
    Long,
}

impl Term {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Term::Short => "short",
            Term::Long => "long",
        }
    }

    /// Long if sold on or after the date one year after the holding period began.
    pub fn of(holding_started_on: Date, sold_on: Date) -> Term {
        let anniversary = holding_started_on.checked_add_months(Months::new(12)).unwrap_or(Date::MAX);
        // A period that began on 29 February is a year old on 1 March: 28 February is the purchase's anniversary.
        let is_leap_day = holding_started_on.month() == 2 && holding_started_on.day() == 29;
        let long_from = if is_leap_day { anniversary.succ_opt().unwrap_or(anniversary) } else { anniversary };
        if sold_on >= long_from { Term::Long } else { Term::Short }
    }
}

/// Order in which lots are relieved by a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBasisMethod {
    /// First in, first out: by purchase date, ties by ledger order.
    #[default]
    Fifo,
    /// Last in, first out.
    Lifo,
    /// Highest unit cost first, ties older first.
    Hifo,
    /// One unit cost for all open lots of the holding; they go in the order of FIFO, which decides the holding period.
    Average,
    /// Lots are chosen sale by sale; a sale that chooses none goes by FIFO, as the tax office would have it.
    Specific,
    /// Lowest tax first: at the rates of the tax profile; without rates short-term losses (largest per unit first),
    /// long-term losses, long-term gains (smallest first), short-term gains.
    MinimumTax,
}

impl CostBasisMethod {
    /// All methods.
    pub const ALL: [CostBasisMethod; 6] = [
        CostBasisMethod::Fifo,
        CostBasisMethod::Lifo,
        CostBasisMethod::Hifo,
        CostBasisMethod::Average,
        CostBasisMethod::Specific,
        CostBasisMethod::MinimumTax,
    ];

    /// The name in settings and tables.
    pub fn name(self) -> &'static str {
        match self {
            CostBasisMethod::Fifo => "fifo",
            CostBasisMethod::Lifo => "lifo",
            CostBasisMethod::Hifo => "hifo",
            CostBasisMethod::Average => "average",
            CostBasisMethod::Specific => "specific",
            CostBasisMethod::MinimumTax => "minimum_tax",
        }
    }

    /// Reads a name; `average_cost` and `specific_id` are the calculators' words for two of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "average_cost" => Some(CostBasisMethod::Average),
            "specific_id" => Some(CostBasisMethod::Specific),
            _ => CostBasisMethod::ALL.into_iter().find(|method| method.name() == text),
        }
    }
}

impl fmt::Display for CostBasisMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_year_is_long() {
        for (acquired, sold, term) in [
            ("2021-03-10", "2022-03-10", Term::Short),
            ("2021-03-10", "2022-03-11", Term::Long),
            // Bought at the end of a month: long from the first day of the thirteenth month (Rev. Rul. 66-7).
            ("2023-02-28", "2024-02-29", Term::Short),
            ("2023-02-28", "2024-03-01", Term::Long),
            ("2024-02-28", "2025-02-28", Term::Short),
            ("2024-02-28", "2025-03-01", Term::Long),
            ("2024-02-29", "2025-02-28", Term::Short),
            ("2024-02-29", "2025-03-01", Term::Long),
        ] {
            let day = |text: &str| dates::parse_date(text).expect(text);
            let started = day(acquired).succ_opt().expect("a day after");
            assert_eq!(Term::of(started, day(sold)), term, "bought {acquired}, sold {sold}");
        }
    }
}
