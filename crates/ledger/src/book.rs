//! The book: what the entries amount to.
//!
//! Invariant: Σ cash flows of an account and currency = its cash; Σ open lots of an account and security = its position.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dates::Date;
use money::{Currency, Decimal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::book_error::{BookError, Oversold};
use crate::entry::Entry;
use crate::lots::{CostBasisMethod, Lot, LotEvent};
use crate::projection::TransactionRow;
use crate::replay::{self, Chain, Page, ReplayOptions, Rules, Standing};
use crate::settings::Settings;

/// Everything that follows from the entries of one portfolio. Cheap to clone, and to extend: what does not change is
/// shared.
#[derive(Debug, Clone)]
pub struct Book {
    /// The portfolio.
    pub portfolio_id: Uuid,
    /// Currency of its totals.
    pub base_currency: Currency,
    /// Its calculation settings.
    pub settings: Settings,
    /// Holdings by (account, security); only where something is held.
    pub positions: BTreeMap<(Uuid, Uuid), Position>,
    /// Cash by (account, currency), zero balances included once touched.
    pub cash: BTreeMap<(Uuid, Currency), Decimal>,
    /// Prices stated by the owner by (security, date).
    pub manual_prices: Arc<BTreeMap<(Uuid, Date), ManualPrice>>,

    pub(crate) rules: Rules,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) standing: Standing,
    /// Securities that corporate actions tie together, with the key of their chain.
    pub(crate) groups: Arc<HashMap<Uuid, Uuid>>,
    /// Lots by security, or by the least id of a group of them.
    pub(crate) chains: BTreeMap<Uuid, Arc<Chain>>,
    /// Movements of cash by month.
    pub(crate) pages: BTreeMap<(i32, u32), Arc<Page>>,
    /// Every transaction ever recorded, by `seq`, in pieces.
    pub(crate) rows: Vec<Arc<Vec<TransactionRow>>>,
    pub(crate) last_seq_of_cash: BTreeMap<(Uuid, Currency), u64>,
}

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
    /// A corporate action on something that was not held.
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
        Book::replay_shared(portfolio_id, entries.iter().cloned().map(Arc::new).collect())
    }

    /// The same for entries that are shared already.
    pub fn replay_shared(portfolio_id: Uuid, entries: Vec<Arc<Entry>>) -> Result<Book, BookError> {
        replay::replay(portfolio_id, entries, ReplayOptions::default())
    }

    /// Replays with choices that the ledger does not make: a what-if, or the conventions of another program.
    pub fn replay_with(
        portfolio_id: Uuid,
        entries: Vec<Arc<Entry>>,
        options: ReplayOptions,
    ) -> Result<Book, BookError> {
        replay::replay(portfolio_id, entries, options)
    }

    /// Replays what was effective up to and including a day. Voids and amendments count whenever they were recorded.
    pub fn replay_until(portfolio_id: Uuid, entries: &[Entry], as_of: Date) -> Result<Book, BookError> {
        let options = ReplayOptions { as_of: Some(as_of), ..ReplayOptions::default() };
        replay::replay(portfolio_id, entries.iter().cloned().map(Arc::new).collect(), options)
    }

    /// The book after more entries, at the cost of what they change: of each touched security the days from the first
    /// change on. Settings, and corporate actions that tie securities together, make it replay everything.
    pub fn extend(&self, new: &[Entry]) -> Result<Book, BookError> {
        replay::extend(self, new)
    }

    /// The entries that made the book.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// All lots, open and closed; those of one security (or of several that corporate actions tie together) stand
    /// together, in the order in which they were opened.
    pub fn lots(&self) -> impl Iterator<Item = &Lot> {
        self.chains.values().flat_map(|chain| chain.lots.iter())
    }

    /// Everything that happened to lots; of each security in order of effect.
    pub fn lot_events(&self) -> impl Iterator<Item = &LotEvent> {
        self.chains.values().flat_map(|chain| chain.events.iter())
    }

    /// Lots of one security, and of those that corporate actions tie to it, with what happened to them.
    pub fn lots_and_events_of(&self, security_id: Uuid) -> (&[Lot], &[LotEvent]) {
        let key = self.groups.get(&security_id).unwrap_or(&security_id);
        self.chains.get(key).map_or((&[], &[]), |chain| (chain.lots.as_slice(), chain.events.as_slice()))
    }

    /// Every movement of cash, in order of effect.
    pub fn cash_flows(&self) -> impl Iterator<Item = &CashFlow> {
        self.pages.values().flat_map(|page| page.flows.iter())
    }

    /// Every transaction ever recorded with its status, by `seq`.
    pub fn transactions(&self) -> impl DoubleEndedIterator<Item = &TransactionRow> {
        self.rows.iter().flat_map(|chunk| chunk.iter())
    }

    /// The transactions in force in order of effect: date, corporate actions first, place in the ledger.
    pub fn transactions_in_order(&self) -> Vec<Arc<Entry>> {
        let actives = self.pages.values().flat_map(|page| page.actives.iter());
        actives.map(|active| Arc::clone(&active.entry)).collect()
    }

    /// Number of the last entry; 0 for an empty ledger.
    pub fn last_seq(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The last day on which a transaction is effective.
    pub fn last_effective_on(&self) -> Option<Date> {
        let last = self.pages.values().next_back().and_then(|page| page.actives.last());
        last.map(|active| active.entry.effective_on)
    }

    /// What was taken beyond what is held, where the replay allowed for it; by day.
    pub fn oversold(&self) -> Vec<Oversold> {
        let mut all: Vec<Oversold> = self.chains.values().flat_map(|chain| chain.oversold.iter().cloned()).collect();
        all.sort_by_key(|sale| (sale.on, sale.seq));
        all
    }

    /// The method by which an account relieves lots on a day, for what is recorded next.
    pub fn cost_basis_method(&self, account_id: Uuid, on: Date) -> CostBasisMethod {
        self.rules.method(account_id, on, self.last_seq() + 1)
    }

    /// Whether an account may sell more than it holds on a day, for what is recorded next.
    pub fn allows_short(&self, account_id: Uuid, on: Date) -> bool {
        self.rules.allow_short(account_id, on, self.last_seq() + 1)
    }

    /// Open lots of an account and security by purchase date, ties by ledger order.
    pub fn open_lots(&self, account_id: Uuid, security_id: Uuid) -> impl Iterator<Item = &Lot> {
        let key = self.groups.get(&security_id).unwrap_or(&security_id);
        let chain = self.chains.get(key);
        let open = chain.and_then(|chain| Some((chain, chain.open.get(&(account_id, security_id))?)));
        open.into_iter().flat_map(|(chain, open)| open.values().map(|at| &chain.lots[*at]))
    }

    /// Lots as they stood at the end of a day, closed ones included; those opened later are left out.
    pub fn lots_as_of(&self, date: Date) -> Vec<Lot> {
        let Some(next) = date.succ_opt() else { return self.lots().cloned().collect() };
        self.chains.values().flat_map(|chain| chain.lots_before(next)).collect()
    }

    /// Holdings at the end of a day.
    pub fn positions_as_of(&self, date: Date) -> BTreeMap<(Uuid, Uuid), Position> {
        let mut positions = BTreeMap::new();
        let Some(next) = date.succ_opt() else { return self.positions.clone() };
        for chain in self.chains.values() {
            let lots = chain.lots_before(next);
            let holding: HashMap<Uuid, (Uuid, Uuid)> =
                lots.iter().map(|lot| (lot.id, (lot.account_id, lot.security_id))).collect();
            let events = chain.events.iter().take_while(|event| event.effective_on <= date);
            let last_seq = events.map(|event| (holding[&event.lot_id], event.seq)).collect();
            let open = replay::in_order_of_relief(&lots);
            positions.extend(replay::positions_of(open, self.base_currency, &last_seq).unwrap_or_default());
        }
        positions
    }

    /// Cash at the end of a day.
    pub fn cash_as_of(&self, date: Date) -> BTreeMap<(Uuid, Currency), Decimal> {
        let mut cash = BTreeMap::new();
        for flow in self.cash_flows().take_while(|flow| flow.effective_on <= date) {
            *cash.entry((flow.account_id, flow.currency)).or_insert(Decimal::ZERO) += flow.amount;
        }
        cash
    }

    /// Cash that is booked by the end of a day but settles later, by (account, currency).
    pub fn unsettled_cash_as_of(&self, date: Date) -> BTreeMap<(Uuid, Currency), Decimal> {
        let mut unsettled = BTreeMap::new();
        for row in self.transactions().filter(|row| row.is_active() && row.effective_on <= date) {
            if row.settlement_date.is_some_and(|settles| settles > date) {
                *unsettled.entry((row.account_id, row.currency)).or_insert(Decimal::ZERO) += row.net_amount;
            }
        }
        unsettled
    }

    /// What is worth a look: cash below zero at the end of a day, corporate actions on nothing.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = replay::negative_cash(self.pages.values().map(|page| page.flows.as_slice()));
        let mut idle: Vec<(Date, u64)> = self.chains.values().flat_map(|chain| chain.idle.iter().copied()).collect();
        idle.sort_unstable();
        warnings.extend(idle.into_iter().map(|(_, seq)| Warning::SplitWithoutHolding { seq }));
        warnings
    }
}
