//! The book: what the entries amount to.
//!
//! Invariant: Σ cash flows of an account and currency = its cash; Σ open lots of an account and security = its position.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dates::Date;
use money::{Currency, Decimal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arithmetic;
use crate::book_error::{BookError, Oversold};
use crate::entry::Entry;
use crate::lots::{Lot, LotEvent};
use crate::projection::TransactionRow;
use crate::replay;
use crate::settings::Settings;

/// Everything that follows from the entries of one portfolio.
#[derive(Debug, Clone)]
pub struct Book {
    /// The portfolio.
    pub portfolio_id: Uuid,
    /// Currency of its totals.
    pub base_currency: Currency,
    /// Its calculation settings.
    pub settings: Settings,
    /// All lots, open and closed, in the order in which they were opened.
    pub lots: Vec<Lot>,
    /// Everything that happened to them, in order of effect.
    pub lot_events: Vec<LotEvent>,
    /// Holdings by (account, security); only where something is held.
    pub positions: BTreeMap<(Uuid, Uuid), Position>,
    /// Cash by (account, currency), zero balances included once touched.
    pub cash: BTreeMap<(Uuid, Currency), Decimal>,
    /// Every movement, in order of effect.
    pub cash_flows: Vec<CashFlow>,
    /// Every transaction ever recorded with its status, by `seq`.
    pub transactions: Vec<TransactionRow>,
    /// Prices stated by the owner by (security, date).
    pub manual_prices: BTreeMap<(Uuid, Date), ManualPrice>,

    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) open: HashMap<(Uuid, Uuid), BTreeMap<LotKey, usize>>,
    pub(crate) last_seq_of_position: HashMap<(Uuid, Uuid), u64>,
    pub(crate) last_seq_of_cash: BTreeMap<(Uuid, Currency), u64>,
    pub(crate) external_ids: HashMap<(Uuid, String), u64>,
    pub(crate) idle_splits: Vec<u64>,
    pub(crate) oversold: Vec<Oversold>,
    pub(crate) last_effective_on: Option<Date>,
    /// Set where later entries were left out.
    pub(crate) as_of: Option<Date>,
}

/// Relief order of open lots: purchase date, place in the ledger, part, and a last number that keeps pieces of one lot apart.
pub(crate) type LotKey = (Date, u64, u32, usize);

/// What an account holds of a security.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Units, the sum of the open lots.
    pub quantity: Decimal,
    /// Cost of the open lots: in their currency, or in base currency if they have several.
    pub cost_basis: Decimal,
    /// Currency of the cost.
    pub cost_currency: Currency,
    /// Cost of the open lots in base currency at the rates of the purchases.
    pub cost_basis_base: Decimal,
    /// Number of open lots.
    pub lot_count: u32,
    /// Earliest purchase date among them.
    pub first_acquired_on: Date,
    /// The last entry that changed the holding.
    pub last_seq: u64,
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// Across the boundary of the portfolio: deposits, withdrawals, transfers in kind at their value.
    External,
    /// Dividends and interest.
    Income,
    /// Fees.
    Fee,
    /// Taxes.
    Tax,
    /// Against securities, or between accounts of the portfolio.
    Trade,
    /// Between currencies.
    Fx,
}

impl FlowKind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            FlowKind::External => "external",
            FlowKind::Income => "income",
            FlowKind::Fee => "fee",
            FlowKind::Tax => "tax",
            FlowKind::Trade => "trade",
            FlowKind::Fx => "fx",
        }
    }
}

/// One movement of money. A transfer of securities is two: their value comes in from outside (`external`) and goes into
/// the holding (`trade`); so flows always add up to cash.
#[derive(Debug, Clone, PartialEq)]
pub struct CashFlow {
    /// The entry that caused it.
    pub seq: u64,
    /// Number among the flows of that entry, from 0.
    pub part: u32,
    /// When.
    pub effective_on: Date,
    /// In which account.
    pub account_id: Uuid,
    /// On account of which security, if of one.
    pub security_id: Option<Uuid>,
    /// Why.
    pub kind: FlowKind,
    /// Signed: + into cash.
    pub amount: Decimal,
    /// Currency of the amount.
    pub currency: Currency,
    /// In base currency at the rate of the transaction.
    pub base_amount: Decimal,
}

/// A price stated by the owner.
#[derive(Debug, Clone, PartialEq)]
pub struct ManualPrice {
    /// Amount per unit.
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// The entry that states it.
    pub seq: u64,
    /// Where it comes from.
    pub note: Option<String>,
}

/// Something that is possible but worth a look.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// Cash fell below zero at the end of a day.
    NegativeCash {
        /// The account.
        account_id: Uuid,
        /// The currency.
        currency: Currency,
        /// First day of the negative stretch.
        since: Date,
        /// Lowest balance of the stretch.
        lowest: Decimal,
        /// Last entry of the first day that moved this cash.
        seq: u64,
    },
    /// A split of something that was not held.
    SplitWithoutHolding {
        /// The entry.
        seq: u64,
    },
}

impl Warning {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::NegativeCash { .. } => "negative_cash",
            Warning::SplitWithoutHolding { .. } => "split_without_holding",
        }
    }
}

impl Book {
    /// Replays a whole ledger, from entry 1.
    pub fn replay(portfolio_id: Uuid, entries: &[Entry]) -> Result<Book, BookError> {
        replay::replay(portfolio_id, entries.iter().cloned().map(Arc::new).collect(), None)
    }

    /// The same for entries that are shared already.
    pub fn replay_shared(portfolio_id: Uuid, entries: Vec<Arc<Entry>>) -> Result<Book, BookError> {
        replay::replay(portfolio_id, entries, None)
    }

    /// Replays what was effective up to and including a day. Voids and amendments count whenever they were recorded.
    pub fn replay_until(portfolio_id: Uuid, entries: &[Entry], as_of: Date) -> Result<Book, BookError> {
        replay::replay(portfolio_id, entries.iter().cloned().map(Arc::new).collect(), Some(as_of))
    }

    /// The book after more entries. Entries that are all later than what is booked are added at their own cost; others
    /// (back-dated ones, voids, amendments, settings) make it replay everything.
    pub fn extend(&self, new: &[Entry]) -> Result<Book, BookError> {
        replay::extend(self, new)
    }

    /// The entries that made the book.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The transactions in force in order of effect: date, corporate actions first, place in the ledger.
    pub fn transactions_in_order(&self) -> Vec<Arc<Entry>> {
        replay::transactions_in_order(&self.entries, self.as_of)
    }

    /// Number of the last entry; 0 for an empty ledger.
    pub fn last_seq(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The last day on which a transaction is effective.
    pub fn last_effective_on(&self) -> Option<Date> {
        self.last_effective_on
    }

    /// Open lots of an account and security, in the order in which they would be relieved.
    pub fn open_lots(&self, account_id: Uuid, security_id: Uuid) -> impl Iterator<Item = &Lot> {
        self.open.get(&(account_id, security_id)).into_iter().flat_map(|lots| lots.values().map(|at| &self.lots[*at]))
    }

    /// Lots as they stood at the end of a day, closed ones included; those opened later are left out.
    pub fn lots_as_of(&self, date: Date) -> Vec<Lot> {
        let mut lots: Vec<Option<Lot>> = vec![None; self.lots.len()];
        let index: HashMap<Uuid, usize> = self.lots.iter().enumerate().map(|(at, lot)| (lot.id, at)).collect();
        for event in self.lot_events.iter().take_while(|event| event.effective_on <= date) {
            let at = index[&event.lot_id];
            let lot = lots[at].get_or_insert_with(|| Lot {
                quantity_original: event.quantity_delta,
                quantity_open: Decimal::ZERO,
                cost_basis: Decimal::ZERO,
                closed_on: None,
                ..self.lots[at].clone()
            });
            lot.quantity_open += event.quantity_delta;
            lot.cost_basis += event.cost_delta;
            if let Some(ratio) = event.ratio {
                // The same step as in the replay, which fitted.
                let rescaled = arithmetic::rescale(lot.quantity_original, ratio.to, ratio.from);
                lot.quantity_original = rescaled.unwrap_or(lot.quantity_original);
            }
            if lot.quantity_open.is_zero() {
                lot.closed_on = Some(event.effective_on);
            }
        }
        lots.into_iter().flatten().collect()
    }

    /// Holdings at the end of a day.
    pub fn positions_as_of(&self, date: Date) -> BTreeMap<(Uuid, Uuid), Position> {
        let mut last_seq: HashMap<(Uuid, Uuid), u64> = HashMap::new();
        let index: HashMap<Uuid, &Lot> = self.lots.iter().map(|lot| (lot.id, lot)).collect();
        for event in self.lot_events.iter().take_while(|event| event.effective_on <= date) {
            let lot = index[&event.lot_id];
            let seq = last_seq.entry((lot.account_id, lot.security_id)).or_default();
            *seq = event.seq.max(*seq);
        }
        replay::positions_of(&self.lots_as_of(date), self.base_currency, &last_seq).unwrap_or_default()
    }

    /// Cash at the end of a day.
    pub fn cash_as_of(&self, date: Date) -> BTreeMap<(Uuid, Currency), Decimal> {
        let mut cash = BTreeMap::new();
        for flow in self.cash_flows.iter().take_while(|flow| flow.effective_on <= date) {
            *cash.entry((flow.account_id, flow.currency)).or_insert(Decimal::ZERO) += flow.amount;
        }
        cash
    }

    /// Cash that is booked by the end of a day but settles later, by (account, currency).
    pub fn unsettled_cash_as_of(&self, date: Date) -> BTreeMap<(Uuid, Currency), Decimal> {
        let mut unsettled = BTreeMap::new();
        for row in self.transactions.iter().filter(|row| row.is_active() && row.effective_on <= date) {
            if row.settlement_date.is_some_and(|settles| settles > date) {
                *unsettled.entry((row.account_id, row.currency)).or_insert(Decimal::ZERO) += row.net_amount;
            }
        }
        unsettled
    }

    /// What is worth a look: cash below zero at the end of a day, splits of nothing.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = replay::negative_cash(&self.cash_flows);
        warnings.extend(self.idle_splits.iter().map(|seq| Warning::SplitWithoutHolding { seq: *seq }));
        warnings
    }
}
