//! From entries to a book: which entries are in force, in which order they take effect, and what each one does.
//!
//! Order of effect: date; within a day corporate actions first (renaming, splits, spin-offs, mergers), then place in the
//! ledger; an amendment takes the place of its target. Cost O(n log n) in the number of entries.

mod actions;
mod booking;
mod chain;
mod edit;
mod flows;
mod positions;
mod relief;
mod rows;
mod rules;
mod standing;
mod trades;
mod transfers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dates::Date;
use money::Decimal;
use uuid::Uuid;

pub use rules::{OversellRule, ReplayOptions};

pub(crate) use chain::Chain;
pub(crate) use edit::extend;
pub(crate) use flows::Page;
pub(crate) use positions::{in_order_of_relief, negative_cash, positions_of};
pub(crate) use rules::Rules;
pub(crate) use standing::Standing;

use crate::arithmetic::sum;
use crate::book::{Book, ManualPrice};
use crate::book_error::{BookError, Oversold};
use crate::entry::Entry;
use crate::kind::Kind;
use crate::payload::{Payload, Treatment};
use crate::projection::{TransactionRow, TransactionStatus};
use standing::Status;

/// Transactions per shared piece of the list of rows.
const ROWS_PER_CHUNK: usize = 256;

/// An entry in force, with the place it holds in the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Active {
    pub entry: Arc<Entry>,
    /// `seq` of the first record that this content stands for.
    pub place: u64,
    /// Identity of that record: lots keep their ids when their purchase is amended.
    pub root_id: Uuid,
}

impl Active {
    /// Sorts by effect.
    pub fn order(&self) -> (Date, u8, u64) {
        (self.entry.effective_on, same_day_rank(&self.entry), self.place)
    }
}

/// Corporate actions are effective before the open: renaming, split, spin-off, then what pays cash; all else follows in
/// ledger order.
fn same_day_rank(entry: &Entry) -> u8 {
    let treatment = entry.transaction().and_then(|transaction| transaction.treatment);
    match entry.kind {
        Kind::Merger if treatment == Some(Treatment::SymbolChange) => 0,
        Kind::Split | Kind::StockDividend => 1,
        Kind::SpinOff => 2,
        Kind::Merger => 3,
        _ => 4,
    }
}

pub(crate) fn replay(portfolio_id: Uuid, entries: Vec<Arc<Entry>>, options: ReplayOptions) -> Result<Book, BookError> {
    let standing = Standing::of(&entries)?;
    let (settings, rules) = rules::read(&entries, &standing, options)?;
    let as_of = rules.options.as_of;
    let mut actives = Vec::with_capacity(entries.len());
    for at in 0..entries.len() {
        if standing.is_in_force(at) && as_of.is_none_or(|as_of| entries[at].effective_on <= as_of) {
            actives.push(active_at(&entries, &standing, at));
        }
    }
    actives.sort_by_key(Active::order);
    check_payloads(&actives)?;
    check_external_ids(&actives)?;
    let groups = groups_of(&actives);
    let mut of_chains: BTreeMap<Uuid, Vec<Active>> = BTreeMap::new();
    let mut of_pages: BTreeMap<(i32, u32), Vec<Active>> = BTreeMap::new();
    for active in &actives {
        if !active.entry.kind.is_transaction() {
            continue;
        }
        if let Some(chain) = chain_of(active, &groups) {
            of_chains.entry(chain).or_default().push(active.clone());
        }
        of_pages.entry(Page::month(active.entry.effective_on)).or_default().push(active.clone());
    }
    let mut pages = BTreeMap::new();
    for (month, actives) in of_pages {
        pages.insert(month, Arc::new(Page::of(actives, rules.base_currency)?));
    }
    let mut chains = BTreeMap::new();
    for (key, actives) in of_chains {
        chains.insert(key, Arc::new(Chain::of(actives, &rules)?));
    }
    let rows = rows_of(&entries, &standing, &rules)?;
    let manual_prices = Arc::new(manual_prices_of(actives.iter())?);
    let mut book = Book {
        portfolio_id,
        base_currency: settings.base_currency,
        settings,
        positions: BTreeMap::new(),
        cash: BTreeMap::new(),
        manual_prices,
        rules,
        entries,
        standing,
        groups: Arc::new(groups),
        chains,
        pages,
        rows,
        last_seq_of_cash: BTreeMap::new(),
    };
    total(&mut book)?;
    Ok(book)
}

fn active_at(entries: &[Arc<Entry>], standing: &Standing, at: usize) -> Active {
    let root = &entries[standing.root[at]];
    Active { entry: Arc::clone(&entries[at]), place: root.seq, root_id: root.entry_id }
}

/// The chain that a transaction belongs to, if it can change lots.
fn chain_of(active: &Active, groups: &HashMap<Uuid, Uuid>) -> Option<Uuid> {
    let security_id = active.entry.security_id.filter(|_| active.entry.kind.touches_lots())?;
    Some(groups.get(&security_id).copied().unwrap_or(security_id))
}

/// Securities that corporate actions tie together, each with the least id of its group; others are not listed.
fn groups_of(actives: &[Active]) -> HashMap<Uuid, Uuid> {
    let mut parent: HashMap<Uuid, Uuid> = HashMap::new();
    fn find(parent: &HashMap<Uuid, Uuid>, mut id: Uuid) -> Uuid {
        while let Some(next) = parent.get(&id).filter(|next| **next != id) {
            id = *next;
        }
        id
    }
    for active in actives {
        let Some((a, b)) = link_of(active) else { continue };
        let (a, b) = (find(&parent, a), find(&parent, b));
        let (least, other) = (a.min(b), a.max(b));
        parent.insert(least, least);
        parent.insert(other, least);
    }
    parent.keys().map(|id| (*id, find(&parent, *id))).collect()
}

/// The two securities that a transaction ties together.
fn link_of(active: &Active) -> Option<(Uuid, Uuid)> {
    let counter = active.entry.transaction()?.counter_security_id?;
    Some((active.entry.security_id?, counter)).filter(|_| active.entry.kind.touches_lots())
}

fn check_payloads(actives: &[Active]) -> Result<(), BookError> {
    for active in actives {
        let entry = active.entry.as_ref();
        let seq = entry.seq;
        let fits = match &entry.payload {
            Payload::Transaction(_) => entry.kind.is_transaction(),
            Payload::ManualPrice(_) => entry.kind == Kind::ManualPrice,
            Payload::Setting(_) => entry.kind == Kind::Setting,
            Payload::Void { .. } => false,
        };
        if !fits {
            return Err(BookError::WrongPayload { seq, kind: entry.kind });
        }
        let needs_security = matches!(
            entry.kind,
            Kind::Buy | Kind::Sell | Kind::Split | Kind::StockDividend | Kind::SpinOff | Kind::Merger
        ) || entry.kind == Kind::ReturnOfCapital;
        if needs_security && entry.security_id.is_none() {
            return Err(BookError::MissingField { seq, field: "security_id" });
        }
    }
    Ok(())
}

fn check_external_ids(actives: &[Active]) -> Result<(), BookError> {
    let mut seen: HashMap<(Uuid, &str), u64> = HashMap::new();
    for active in actives {
        let entry = active.entry.as_ref();
        let (Some(external_id), Some(account_id)) = (&entry.external_id, entry.account_id) else { continue };
        if let Some(first_seq) = seen.insert((account_id, external_id), entry.seq) {
            let external_id = external_id.clone();
            return Err(BookError::DuplicateExternalId { seq: entry.seq, first_seq, external_id });
        }
    }
    Ok(())
}

fn rows_of(
    entries: &[Arc<Entry>],
    standing: &Standing,
    rules: &Rules,
) -> Result<Vec<Arc<Vec<TransactionRow>>>, BookError> {
    let mut rows = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let is_wanted = rules.options.as_of.is_none_or(|as_of| entry.effective_on <= as_of);
        if let Some(row) = row_at(entries, standing, rules, at)?.filter(|_| is_wanted) {
            rows.push(row);
        }
    }
    Ok(rows.chunks(ROWS_PER_CHUNK).map(|chunk| Arc::new(chunk.to_vec())).collect())
}

fn row_at(
    entries: &[Arc<Entry>],
    standing: &Standing,
    rules: &Rules,
    at: usize,
) -> Result<Option<TransactionRow>, BookError> {
    let entry = &entries[at];
    let Some(transaction) = entry.transaction() else { return Ok(None) };
    let status = match standing.status[at] {
        Status::InForce => TransactionStatus::Active,
        Status::VoidedBy(_) => TransactionStatus::Voided,
        Status::AmendedBy(by) => TransactionStatus::Amended { by: entries[by].entry_id },
        Status::IsVoid => return Ok(None),
    };
    rows::transaction_row(entry, transaction, status, rules.base_currency).map(Some)
}

/// Prices stated by the owner; of several for one security and day the last in order of effect counts.
fn manual_prices_of<'a>(
    actives: impl Iterator<Item = &'a Active>,
) -> Result<BTreeMap<(Uuid, Date), ManualPrice>, BookError> {
    let mut prices = BTreeMap::new();
    for active in actives {
        let entry = active.entry.as_ref();
        let Payload::ManualPrice(price) = &entry.payload else { continue };
        let field = |field| BookError::MissingField { seq: entry.seq, field };
        let security_id = entry.security_id.ok_or_else(|| field("security_id"))?;
        if price.price <= Decimal::ZERO {
            return Err(BookError::BadField { seq: entry.seq, field: "price" });
        }
        if price.date != entry.effective_on {
            return Err(BookError::BadField { seq: entry.seq, field: "date" });
        }
        let stated =
            ManualPrice { price: price.price, currency: price.currency, seq: entry.seq, note: price.note.clone() };
        prices.insert((security_id, price.date), stated);
    }
    Ok(prices)
}

/// Sums chains and pages into positions and cash; refuses what takes more than is there.
fn total(book: &mut Book) -> Result<(), BookError> {
    if book.rules.options.oversell == OversellRule::Refuse {
        let oversold = book.chains.values().flat_map(|chain| chain.oversold.iter());
        let mut all: Vec<Oversold> = oversold.cloned().collect();
        all.sort_by_key(|sale| (sale.on, sale.seq));
        if let Some(first) = all.first().cloned() {
            let Oversold { seq, security_id, account_id, on, open, asked } = first;
            return Err(BookError::Oversell { seq, security_id, account_id, on, open, asked, all });
        }
    }
    let positions = book.chains.values().flat_map(|chain| chain.positions.iter());
    book.positions = positions.map(|(holding, position)| (*holding, position.clone())).collect();
    let mut cash = BTreeMap::new();
    let mut last = BTreeMap::new();
    for page in book.pages.values() {
        for (key, (amount, seq)) in &page.cash {
            let balance = cash.entry(*key).or_insert(Decimal::ZERO);
            *balance = sum(*balance, *amount).ok_or(BookError::TooLarge { seq: *seq, what: "cash balance" })?;
            last.insert(*key, *seq);
        }
    }
    book.cash = cash;
    book.last_seq_of_cash = last;
    Ok(())
}
