//! The book as rows of tables, and what has to change when the book does.
//!
//! Invariant: `Rows::of` is a pure function of the book, in key order, at the precision of the tables; applying
//! `diff(old, new)` to the rows of `old` gives the rows of `new`.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use dates::Date;
use money::{Currency, Decimal, round_to};
use uuid::Uuid;

use crate::arithmetic::AMOUNT_DECIMALS;
use crate::book::{Book, FlowKind};
use crate::kind::Kind;
use crate::lots::{LotEventKind, Term};
use crate::replay::{Chain, Page};

/// Whether a transaction is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    /// In force.
    Active,
    /// Taken back.
    Voided,
    /// Replaced.
    Amended {
        /// Identity of the amendment.
        by: Uuid,
    },
}

/// Row of `transactions`.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionRow {
    /// Identity of the entry.
    pub id: Uuid,
    /// The account.
    pub account_id: Uuid,
    /// Number of the entry.
    pub seq: u64,
    /// What happened.
    pub kind: Kind,
    /// The security, if one.
    pub security_id: Option<Uuid>,
    /// Trade date.
    pub trade_date: Date,
    /// The day on which it changes the books; not a column (it is the pay date of income, else the trade date).
    pub effective_on: Date,
    /// Settlement date.
    pub settlement_date: Option<Date>,
    /// Ex-date.
    pub ex_date: Option<Date>,
    /// Pay date.
    pub pay_date: Option<Date>,
    /// Units.
    pub quantity: Option<Decimal>,
    /// Amount per unit.
    pub price: Option<Decimal>,
    /// Amount before fees and taxes.
    pub gross_amount: Decimal,
    /// Sum of the fees.
    pub fees: Decimal,
    /// Sum of the taxes.
    pub taxes: Decimal,
    /// Signed: + into cash.
    pub net_amount: Decimal,
    /// Currency of the amounts.
    pub currency: Currency,
    /// `fx_quote` per 1 `currency`; absent in base currency.
    pub fx_rate: Option<Decimal>,
    /// The base currency, where there is a rate.
    pub fx_quote: Option<Currency>,
    /// Gross in base currency.
    pub base_gross: Decimal,
    /// Net in base currency.
    pub base_net: Decimal,
    /// Whether it crosses the boundary of the portfolio.
    pub is_external_flow: bool,
    /// Whether it is in force.
    pub status: TransactionStatus,
    /// Common identity of the legs of one event.
    pub group_id: Option<Uuid>,
    /// Identity in the source.
    pub external_id: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

/// Row of `lots`.
#[derive(Debug, Clone, PartialEq)]
pub struct LotRow {
    /// Identity.
    pub id: Uuid,
    /// The account.
    pub account_id: Uuid,
    /// The security.
    pub security_id: Uuid,
    /// Entry that opened it.
    pub opened_seq: u64,
    /// Purchase date.
    pub acquired_on: Date,
    /// First day of the holding period.
    pub holding_started_on: Date,
    /// Units at the opening, rescaled by splits.
    pub quantity_original: Decimal,
    /// Units that remain.
    pub quantity_open: Decimal,
    /// Cost of the open units.
    pub cost_basis: Decimal,
    /// Its currency.
    pub cost_currency: Currency,
    /// Cost of one unit: of an open one, or of the last one of a closed lot.
    pub cost_per_unit: Decimal,
    /// Base currency per 1 `cost_currency` at the purchase.
    pub fx_rate_to_base: Decimal,
    /// Loss carried over from a wash sale.
    pub wash_sale_adjustment: Decimal,
    /// The day on which nothing remained.
    pub closed_on: Option<Date>,
}

/// Row of `lot_events`.
#[derive(Debug, Clone, PartialEq)]
pub struct LotEventRow {
    /// The lot.
    pub lot_id: Uuid,
    /// The entry.
    pub seq: u64,
    /// Number within the entry.
    pub part: u32,
    /// What happened.
    pub kind: LotEventKind,
    /// When.
    pub effective_on: Date,
    /// Change of the open units.
    pub quantity_delta: Decimal,
    /// Change of their cost.
    pub cost_delta: Decimal,
    /// Net proceeds in the currency of the sale.
    pub proceeds: Option<Decimal>,
    /// Price part of the gain, base currency.
    pub realized_price_gain: Option<Decimal>,
    /// FX part of the gain, base currency.
    pub realized_fx_gain: Option<Decimal>,
    /// The gain, base currency.
    pub realized_gain: Option<Decimal>,
    /// Holding period.
    pub term: Option<Term>,
}

/// Row of `positions`.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionRow {
    /// The account.
    pub account_id: Uuid,
    /// The security.
    pub security_id: Uuid,
    /// Units.
    pub quantity: Decimal,
    /// Units not settled. Zero: the book has no clock, units count from the effective date on.
    pub quantity_pending: Decimal,
    /// Cost.
    pub cost_basis: Decimal,
    /// Its currency.
    pub cost_currency: Currency,
    /// Number of open lots.
    pub lot_count: u32,
    /// Earliest purchase.
    pub first_acquired_on: Date,
    /// Last entry that changed it.
    pub last_seq: u64,
}

/// Row of `cash_balances`.
#[derive(Debug, Clone, PartialEq)]
pub struct CashBalanceRow {
    /// The account.
    pub account_id: Uuid,
    /// The currency.
    pub currency: Currency,
    /// The balance.
    pub settled: Decimal,
    /// Amounts not settled. Zero: the book has no clock; see [`Book::unsettled_cash_as_of`].
    pub pending: Decimal,
    /// Last entry that changed it.
    pub last_seq: u64,
}

/// Row of `cash_flows`.
#[derive(Debug, Clone, PartialEq)]
pub struct CashFlowRow {
    /// The entry.
    pub seq: u64,
    /// Number within the entry.
    pub part: u32,
    /// When.
    pub effective_on: Date,
    /// Why.
    pub kind: FlowKind,
    /// Signed: + into cash.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// In base currency.
    pub base_amount: Decimal,
}

/// Row of `manual_prices`.
#[derive(Debug, Clone, PartialEq)]
pub struct ManualPriceRow {
    /// The security.
    pub security_id: Uuid,
    /// The day.
    pub date: Date,
    /// Amount per unit.
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// The entry.
    pub seq: u64,
}

/// All rows of a book, each table ascending by key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// `transactions` by id.
    pub transactions: Vec<TransactionRow>,
    /// `lots` by id.
    pub lots: Vec<LotRow>,
    /// `lot_events` by (lot, seq, part).
    pub lot_events: Vec<LotEventRow>,
    /// `positions` by (account, security).
    pub positions: Vec<PositionRow>,
    /// `cash_balances` by (account, currency).
    pub cash_balances: Vec<CashBalanceRow>,
    /// `cash_flows` by (seq, part).
    pub cash_flows: Vec<CashFlowRow>,
    /// `manual_prices` by (security, date).
    pub manual_prices: Vec<ManualPriceRow>,
}

/// A row with its key within the portfolio.
pub trait Row: Clone + PartialEq {
    /// The key: the primary key of the table less user and portfolio.
    type Key: Ord + Clone + std::fmt::Debug;
    /// Name of the table.
    const TABLE: &'static str;
    /// The key of this row.
    fn key(&self) -> Self::Key;
}

/// What has to change in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDiff<R: Row> {
    /// Keys that are no longer there.
    pub delete: Vec<R::Key>,
    /// Rows whose key is new: adding them needs no look for the ones they replace.
    pub insert: Vec<R>,
    /// Rows that are other than before.
    pub update: Vec<R>,
}

/// What has to change in all tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// `transactions`.
    pub transactions: TableDiff<TransactionRow>,
    /// `lots`.
    pub lots: TableDiff<LotRow>,
    /// `lot_events`.
    pub lot_events: TableDiff<LotEventRow>,
    /// `positions`.
    pub positions: TableDiff<PositionRow>,
    /// `cash_balances`.
    pub cash_balances: TableDiff<CashBalanceRow>,
    /// `cash_flows`.
    pub cash_flows: TableDiff<CashFlowRow>,
    /// `manual_prices`.
    pub manual_prices: TableDiff<ManualPriceRow>,
}

impl Rows {
    /// The rows of a book.
    pub fn of(book: &Book) -> Rows {
        Rows {
            transactions: sorted(book.transactions().cloned().collect()),
            lots: sorted(book.lots().map(lot_row).collect()),
            lot_events: sorted(book.lot_events().map(lot_event_row).collect()),
            positions: sorted(position_rows(book)),
            cash_balances: sorted(cash_rows(book)),
            cash_flows: sorted(book.cash_flows().map(cash_flow_row).collect()),
            manual_prices: sorted(manual_price_rows(book)),
        }
    }
}

/// What turns the rows of one book into those of another: the same as the difference of all rows, at the cost of what
/// the books do not share.
pub fn changes(old: &Book, new: &Book) -> Diff {
    let mut chains: (Vec<&Chain>, Vec<&Chain>) = Default::default();
    let keys: BTreeSet<&Uuid> = old.chains.keys().chain(new.chains.keys()).collect();
    for key in keys {
        unshared(old.chains.get(key), new.chains.get(key), &mut chains);
    }
    let mut pages: (Vec<&Page>, Vec<&Page>) = Default::default();
    let months: BTreeSet<&(i32, u32)> = old.pages.keys().chain(new.pages.keys()).collect();
    for month in months {
        unshared(old.pages.get(month), new.pages.get(month), &mut pages);
    }
    let mut chunks: (Vec<&Vec<TransactionRow>>, Vec<&Vec<TransactionRow>>) = Default::default();
    for at in 0..old.rows.len().max(new.rows.len()) {
        unshared(old.rows.get(at), new.rows.get(at), &mut chunks);
    }
    let transactions = |chunks: Vec<&Vec<TransactionRow>>| sorted(chunks.into_iter().flatten().cloned().collect());
    let lots = |chains: &[&Chain]| sorted(chains.iter().flat_map(|chain| &chain.lots).map(lot_row).collect());
    let events = |chains: &[&Chain]| sorted(chains.iter().flat_map(|chain| &chain.events).map(lot_event_row).collect());
    let flows = |pages: Vec<&Page>| sorted(pages.into_iter().flat_map(|page| &page.flows).map(cash_flow_row).collect());
    let manual = if Arc::ptr_eq(&old.manual_prices, &new.manual_prices) {
        TableDiff { delete: Vec::new(), insert: Vec::new(), update: Vec::new() }
    } else {
        table_diff(&sorted(manual_price_rows(old)), &sorted(manual_price_rows(new)))
    };
    Diff {
        transactions: table_diff(&transactions(chunks.0), &transactions(chunks.1)),
        lots: table_diff(&lots(&chains.0), &lots(&chains.1)),
        lot_events: table_diff(&events(&chains.0), &events(&chains.1)),
        positions: table_diff(&sorted(position_rows(old)), &sorted(position_rows(new))),
        cash_balances: table_diff(&sorted(cash_rows(old)), &sorted(cash_rows(new))),
        cash_flows: table_diff(&flows(pages.0), &flows(pages.1)),
        manual_prices: manual,
    }
}

/// Notes both sides where they are not the same piece of memory.
fn unshared<'a, T>(old: Option<&'a Arc<T>>, new: Option<&'a Arc<T>>, into: &mut (Vec<&'a T>, Vec<&'a T>)) {
    if let (Some(old), Some(new)) = (old, new)
        && Arc::ptr_eq(old, new)
    {
        return;
    }
    into.0.extend(old.map(|shared| shared.as_ref()));
    into.1.extend(new.map(|shared| shared.as_ref()));
}

/// What turns the rows `old` into `new`. Cost O(rows).
pub fn diff(old: &Rows, new: &Rows) -> Diff {
    Diff {
        transactions: table_diff(&old.transactions, &new.transactions),
        lots: table_diff(&old.lots, &new.lots),
        lot_events: table_diff(&old.lot_events, &new.lot_events),
        positions: table_diff(&old.positions, &new.positions),
        cash_balances: table_diff(&old.cash_balances, &new.cash_balances),
        cash_flows: table_diff(&old.cash_flows, &new.cash_flows),
        manual_prices: table_diff(&old.manual_prices, &new.manual_prices),
    }
}

impl Diff {
    /// Whether nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
            && self.lots.is_empty()
            && self.lot_events.is_empty()
            && self.positions.is_empty()
            && self.cash_balances.is_empty()
            && self.cash_flows.is_empty()
            && self.manual_prices.is_empty()
    }
}

impl<R: Row> TableDiff<R> {
    /// Whether nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.delete.is_empty() && self.insert.is_empty() && self.update.is_empty()
    }

    /// All rows that are new or other than before.
    pub fn written(&self) -> impl Iterator<Item = &R> {
        self.update.iter().chain(&self.insert)
    }
}

impl TransactionRow {
    /// Whether the transaction is in force.
    pub fn is_active(&self) -> bool {
        self.status == TransactionStatus::Active
    }
}

impl TransactionStatus {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            TransactionStatus::Active => "active",
            TransactionStatus::Voided => "voided",
            TransactionStatus::Amended { .. } => "amended",
        }
    }

    /// The amendment that replaced it, if one did.
    pub fn amended_by(self) -> Option<Uuid> {
        match self {
            TransactionStatus::Amended { by } => Some(by),
            _ => None,
        }
    }
}

impl Row for TransactionRow {
    type Key = Uuid;
    const TABLE: &'static str = "transactions";
    fn key(&self) -> Uuid {
        self.id
    }
}

impl Row for LotRow {
    type Key = Uuid;
    const TABLE: &'static str = "lots";
    fn key(&self) -> Uuid {
        self.id
    }
}

impl Row for LotEventRow {
    type Key = (Uuid, u64, u32);
    const TABLE: &'static str = "lot_events";
    fn key(&self) -> (Uuid, u64, u32) {
        (self.lot_id, self.seq, self.part)
    }
}

impl Row for PositionRow {
    type Key = (Uuid, Uuid);
    const TABLE: &'static str = "positions";
    fn key(&self) -> (Uuid, Uuid) {
        (self.account_id, self.security_id)
    }
}

impl Row for CashBalanceRow {
    type Key = (Uuid, Currency);
    const TABLE: &'static str = "cash_balances";
    fn key(&self) -> (Uuid, Currency) {
        (self.account_id, self.currency)
    }
}

impl Row for CashFlowRow {
    type Key = (u64, u32);
    const TABLE: &'static str = "cash_flows";
    fn key(&self) -> (u64, u32) {
        (self.seq, self.part)
    }
}

impl Row for ManualPriceRow {
    type Key = (Uuid, Date);
    const TABLE: &'static str = "manual_prices";
    fn key(&self) -> (Uuid, Date) {
        (self.security_id, self.date)
    }
}

fn sorted<R: Row>(mut rows: Vec<R>) -> Vec<R> {
    rows.sort_by_cached_key(R::key);
    rows
}

fn lot_row(lot: &crate::lots::Lot) -> LotRow {
    let (cost, units) = match lot.is_open() {
        true => (lot.cost_basis, lot.quantity_open),
        false => (lot.cost_basis_original, lot.quantity_original),
    };
    LotRow {
        id: lot.id,
        account_id: lot.account_id,
        security_id: lot.security_id,
        opened_seq: lot.opened_seq,
        acquired_on: lot.acquired_on,
        holding_started_on: lot.holding_started_on,
        quantity_original: lot.quantity_original,
        quantity_open: lot.quantity_open,
        cost_basis: lot.cost_basis,
        cost_currency: lot.cost_currency,
        // Units are never zero; a quotient too large for the table belongs to a lot that the replay refused.
        cost_per_unit: cost
            .checked_div(units)
            .map_or(Decimal::ZERO, |each| round_to(each, AMOUNT_DECIMALS).normalize()),
        fx_rate_to_base: lot.fx_rate_to_base,
        wash_sale_adjustment: Decimal::ZERO,
        closed_on: lot.closed_on,
    }
}

fn lot_event_row(event: &crate::lots::LotEvent) -> LotEventRow {
    LotEventRow {
        lot_id: event.lot_id,
        seq: event.seq,
        part: event.part,
        kind: event.kind,
        effective_on: event.effective_on,
        quantity_delta: event.quantity_delta,
        cost_delta: event.cost_delta,
        proceeds: event.proceeds,
        realized_price_gain: event.realized.and_then(|gain| gain.price),
        realized_fx_gain: event.realized.and_then(|gain| gain.fx),
        realized_gain: event.realized.map(|gain| gain.total),
        term: event.term,
    }
}

fn position_rows(book: &Book) -> Vec<PositionRow> {
    let rows = book.positions.iter().map(|((account_id, security_id), position)| PositionRow {
        account_id: *account_id,
        security_id: *security_id,
        quantity: position.quantity,
        quantity_pending: Decimal::ZERO,
        cost_basis: position.cost_basis,
        cost_currency: position.cost_currency,
        lot_count: position.lot_count,
        first_acquired_on: position.first_acquired_on,
        last_seq: position.last_seq,
    });
    rows.collect()
}

fn cash_rows(book: &Book) -> Vec<CashBalanceRow> {
    let rows = book.cash.iter().map(|((account_id, currency), balance)| CashBalanceRow {
        account_id: *account_id,
        currency: *currency,
        settled: *balance,
        pending: Decimal::ZERO,
        last_seq: book.last_seq_of_cash.get(&(*account_id, *currency)).copied().unwrap_or_default(),
    });
    rows.collect()
}

fn cash_flow_row(flow: &crate::book::CashFlow) -> CashFlowRow {
    CashFlowRow {
        seq: flow.seq,
        part: flow.part,
        effective_on: flow.effective_on,
        kind: flow.kind,
        amount: flow.amount,
        currency: flow.currency,
        base_amount: flow.base_amount,
    }
}

fn manual_price_rows(book: &Book) -> Vec<ManualPriceRow> {
    let rows = book.manual_prices.iter().map(|((security_id, date), price)| ManualPriceRow {
        security_id: *security_id,
        date: *date,
        price: price.price,
        currency: price.currency,
        seq: price.seq,
    });
    rows.collect()
}

fn table_diff<R: Row>(old: &[R], new: &[R]) -> TableDiff<R> {
    let mut delete = Vec::new();
    let (mut insert, mut update) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return TableDiff { delete, insert, update },
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(before), Some(after)) => before.key().cmp(&after.key()),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        match (before, after) {
            (Some(before), None) => delete.push(before.key()),
            (None, Some(after)) => insert.push(after.clone()),
            (Some(before), Some(after)) if before != after => update.push(after.clone()),
            _ => {}
        }
    }
}
