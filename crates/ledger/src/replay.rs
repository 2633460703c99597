//! From entries to a book: which entries are in force, in which order they take effect, and what each one does.
//!
//! Order of effect: date, corporate actions first, place in the ledger; an amendment takes the place of its target.
//! Cost O(n log n) in the number of entries.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dates::Date;
use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::{product, rescale, share, sum};
use crate::book::{Book, CashFlow, FlowKind, ManualPrice, Position, Warning};
use crate::book_error::{BookError, Oversold};
use crate::corporate_actions::{CorporateAction, NotApplicable};
use crate::entry::{Action, Entry};
use crate::kind::Kind;
use crate::lots::{CostBasisMethod, Lot, LotEvent, LotEventKind, RealizedGain, Term};
use crate::payload::{Payload, Ratio, TransactionPayload};
use crate::projection::{TransactionRow, TransactionStatus};
use crate::settings::{BASE_CURRENCY, COST_BASIS_METHOD, Settings};

/// An entry in force, with the place it holds in the ledger.
struct Active {
    entry: Arc<Entry>,
    /// `seq` of the first record that this content stands for.
    place: u64,
    /// Identity of that record: lots keep their ids when their purchase is amended.
    root_id: Uuid,
}

/// What became of each entry, by index.
struct Standing {
    status: Vec<Status>,
    /// Index of the record that each entry stands for.
    root: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    InForce,
    Voided,
    AmendedBy(usize),
    /// A void has no content of its own.
    IsVoid,
}

pub(crate) fn replay(portfolio_id: Uuid, entries: Vec<Arc<Entry>>, as_of: Option<Date>) -> Result<Book, BookError> {
    let standing = standing_of(&entries)?;
    let settings = settings_of(&entries, &standing)?;
    let mut book = empty_book(portfolio_id, settings);
    let actives = actives_of(&entries, &standing, as_of);
    for (at, entry) in entries.iter().enumerate() {
        let Some(transaction) = entry.transaction() else { continue };
        let amended_by = |by: usize| entries[by].entry_id;
        let status = match standing.status[at] {
            Status::InForce => TransactionStatus::Active,
            Status::Voided => TransactionStatus::Voided,
            Status::AmendedBy(by) => TransactionStatus::Amended { by: amended_by(by) },
            Status::IsVoid => continue,
        };
        if as_of.is_none_or(|as_of| entry.effective_on <= as_of) {
            book.transactions.push(transaction_row(entry, transaction, status, book.base_currency)?);
        }
    }
    book.entries = entries;
    book.as_of = as_of;
    apply_all(&mut book, actives)?;
    Ok(book)
}

pub(crate) fn extend(book: &Book, new: &[Entry]) -> Result<Book, BookError> {
    let is_later = |entry: &Entry| {
        let is_after = book.last_effective_on.is_none_or(|last| {
            entry.effective_on > last || (entry.effective_on == last && entry.kind.same_day_rank() > 0)
        });
        let is_plain = entry.kind != Kind::Setting && (entry.kind == Kind::ManualPrice || is_after);
        entry.action == Action::Record && is_plain
    };
    let shared = new.iter().cloned().map(Arc::new);
    if book.as_of.is_some() || !new.iter().all(is_later) {
        let entries = book.entries.iter().cloned().chain(shared).collect();
        return replay(book.portfolio_id, entries, None);
    }
    let mut extended = book.clone();
    let mut actives = Vec::with_capacity(new.len());
    for entry in shared {
        let expected = extended.entries.len() as u64 + 1;
        if entry.seq != expected {
            return Err(BookError::SequenceGap { expected, found: entry.seq });
        }
        if entry.target_seq.is_some() {
            return Err(BookError::WrongTarget { seq: entry.seq });
        }
        if let Some(transaction) = entry.transaction() {
            let row = transaction_row(&entry, transaction, TransactionStatus::Active, book.base_currency)?;
            extended.transactions.push(row);
        }
        actives.push(Active { place: entry.seq, root_id: entry.entry_id, entry: Arc::clone(&entry) });
        extended.entries.push(entry);
    }
    apply_all(&mut extended, actives)?;
    Ok(extended)
}

fn empty_book(portfolio_id: Uuid, settings: Settings) -> Book {
    Book {
        portfolio_id,
        base_currency: settings.base_currency,
        settings,
        lots: Vec::new(),
        lot_events: Vec::new(),
        positions: BTreeMap::new(),
        cash: BTreeMap::new(),
        cash_flows: Vec::new(),
        transactions: Vec::new(),
        manual_prices: BTreeMap::new(),
        entries: Vec::new(),
        open: HashMap::new(),
        last_seq_of_position: HashMap::new(),
        last_seq_of_cash: BTreeMap::new(),
        external_ids: HashMap::new(),
        idle_splits: Vec::new(),
        oversold: Vec::new(),
        last_effective_on: None,
        as_of: None,
    }
}

fn standing_of(entries: &[Arc<Entry>]) -> Result<Standing, BookError> {
    let mut standing = Standing { status: Vec::with_capacity(entries.len()), root: Vec::with_capacity(entries.len()) };
    for (at, entry) in entries.iter().enumerate() {
        let (seq, expected) = (entry.seq, at as u64 + 1);
        if seq != expected {
            return Err(BookError::SequenceGap { expected, found: seq });
        }
        let target = match (entry.action, entry.target_seq) {
            (Action::Record, None) => {
                standing.status.push(Status::InForce);
                standing.root.push(at);
                continue;
            }
            (Action::Record, Some(_)) | (_, None) => return Err(BookError::WrongTarget { seq }),
            (_, Some(target)) => target,
        };
        let target_at = usize::try_from(target).ok().and_then(|target| target.checked_sub(1)).filter(|of| *of < at);
        let target_at = target_at.ok_or(BookError::UnknownTarget { seq, target })?;
        match standing.status[target_at] {
            Status::InForce => {}
            Status::IsVoid => return Err(BookError::UnknownTarget { seq, target }),
            Status::Voided | Status::AmendedBy(_) => return Err(BookError::TargetClosed { seq, target }),
        }
        if entry.action == Action::Void {
            standing.status[target_at] = Status::Voided;
            standing.status.push(Status::IsVoid);
            standing.root.push(at);
        } else {
            let class = |kind: Kind| (kind.is_transaction(), kind == Kind::Setting);
            if class(entry.kind) != class(entries[target_at].kind) {
                return Err(BookError::ClassChanged { seq, target });
            }
            standing.status[target_at] = Status::AmendedBy(at);
            standing.status.push(Status::InForce);
            standing.root.push(standing.root[target_at]);
        }
    }
    Ok(standing)
}

fn settings_of(entries: &[Arc<Entry>], standing: &Standing) -> Result<Settings, BookError> {
    let mut values = BTreeMap::new();
    let mut base_currency: Option<Currency> = None;
    let mut cost_basis_method = CostBasisMethod::default();
    let mut is_in_use = false;
    for (at, entry) in entries.iter().enumerate().filter(|(at, _)| standing.status[*at] == Status::InForce) {
        let setting = match &entry.payload {
            Payload::Setting(setting) if entry.kind == Kind::Setting => setting,
            Payload::Setting(_) => return Err(BookError::WrongPayload { seq: entry.seq, kind: entry.kind }),
            _ => {
                is_in_use |= entry.kind.is_transaction() && standing.root[at] == at;
                continue;
            }
        };
        let seq = entry.seq;
        let bad = || BookError::BadSetting { seq, key: setting.key.clone(), value: setting.value.to_string() };
        let text = setting.value.as_str();
        match setting.key.as_str() {
            BASE_CURRENCY => {
                let to: Currency = text.and_then(|text| text.parse().ok()).ok_or_else(bad)?;
                if to.parent().is_some() {
                    return Err(bad());
                }
                if let Some(from) = base_currency.filter(|from| is_in_use && *from != to) {
                    return Err(BookError::BaseCurrencyChanged { seq, from, to });
                }
                base_currency = Some(to);
            }
            COST_BASIS_METHOD => {
                let method = text.ok_or_else(bad)?;
                cost_basis_method = CostBasisMethod::parse(method)
                    .ok_or_else(|| BookError::UnsupportedCostBasisMethod { seq, method: method.to_owned() })?;
            }
            _ => {}
        }
        values.insert(setting.key.clone(), setting.value.clone());
    }
    let base_currency = base_currency.ok_or(BookError::NoBaseCurrency)?;
    Ok(Settings { base_currency, cost_basis_method, values })
}

pub(crate) fn transactions_in_order(entries: &[Arc<Entry>], as_of: Option<Date>) -> Vec<Arc<Entry>> {
    // The entries made a book, so their standing is sound.
    let Ok(standing) = standing_of(entries) else { return Vec::new() };
    let mut actives = actives_of(entries, &standing, as_of);
    actives.sort_by_key(order_of_effect);
    actives.into_iter().map(|active| active.entry).filter(|entry| entry.kind.is_transaction()).collect()
}

fn actives_of(entries: &[Arc<Entry>], standing: &Standing, as_of: Option<Date>) -> Vec<Active> {
    let in_force = |at: usize| standing.status[at] == Status::InForce;
    let mut actives = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate().filter(|(at, _)| in_force(*at)) {
        let root = &entries[standing.root[at]];
        if as_of.is_none_or(|as_of| entry.effective_on <= as_of) {
            actives.push(Active { entry: Arc::clone(entry), place: root.seq, root_id: root.entry_id });
        }
    }
    actives
}

fn order_of_effect(active: &Active) -> (Date, u8, u64) {
    (active.entry.effective_on, active.entry.kind.same_day_rank(), active.place)
}

fn apply_all(book: &mut Book, mut actives: Vec<Active>) -> Result<(), BookError> {
    actives.sort_by_key(order_of_effect);
    for active in &actives {
        let entry = active.entry.as_ref();
        match &entry.payload {
            Payload::Transaction(transaction) if entry.kind.is_transaction() => {
                Booking::new(book, active, transaction)?.apply()?;
                book.last_effective_on = Some(entry.effective_on);
            }
            Payload::ManualPrice(price) if entry.kind == Kind::ManualPrice => {
                let field = |field| BookError::MissingField { seq: entry.seq, field };
                let security_id = entry.security_id.ok_or_else(|| field("security_id"))?;
                if price.price <= Decimal::ZERO {
                    return Err(BookError::BadField { seq: entry.seq, field: "price" });
                }
                if price.date != entry.effective_on {
                    return Err(BookError::BadField { seq: entry.seq, field: "date" });
                }
                let stated = ManualPrice {
                    price: price.price,
                    currency: price.currency,
                    seq: entry.seq,
                    note: price.note.clone(),
                };
                book.manual_prices.insert((security_id, price.date), stated);
            }
            Payload::Setting(_) if entry.kind == Kind::Setting => {}
            _ => return Err(BookError::WrongPayload { seq: entry.seq, kind: entry.kind }),
        }
    }
    if let Some(first) = book.oversold.first().cloned() {
        let Oversold { seq, security_id, account_id, on, open, asked } = first;
        let all = std::mem::take(&mut book.oversold);
        return Err(BookError::Oversell { seq, security_id, account_id, on, open, asked, all });
    }
    let last_seq = book.last_seq();
    book.positions = positions_of(&book.lots, book.base_currency, &book.last_seq_of_position)
        .ok_or(BookError::TooLarge { seq: last_seq, what: "position" })?;
    Ok(())
}

/// One transaction at work on a book.
struct Booking<'a> {
    book: &'a mut Book,
    seq: u64,
    kind: Kind,
    place: u64,
    root_id: Uuid,
    on: Date,
    account_id: Uuid,
    security_id: Option<Uuid>,
    transaction: &'a TransactionPayload,
    /// Base currency per 1 `currency`; absent where no rate is needed.
    rate: Option<Decimal>,
    fees: Decimal,
    taxes: Decimal,
    flow_part: u32,
    event_part: u32,
    lot_part: u32,
}

/// Units taken from a lot, and their cost.
struct Taken {
    lot: usize,
    quantity: Decimal,
    cost: Decimal,
}

/// What opens a lot.
struct NewLot {
    account_id: Uuid,
    security_id: Uuid,
    acquired_on: Date,
    holding_started_on: Date,
    quantity: Decimal,
    cost: Decimal,
    cost_currency: Currency,
    fx_rate_to_base: Decimal,
    order: Option<(u64, u32)>,
    event: LotEventKind,
}

impl<'a> Booking<'a> {
    fn new(book: &'a mut Book, active: &'a Active, transaction: &'a TransactionPayload) -> Result<Self, BookError> {
        let entry = active.entry.as_ref();
        let seq = entry.seq;
        let account_id = entry.account_id.ok_or(BookError::MissingField { seq, field: "account_id" })?;
        if let Some(external_id) = &entry.external_id
            && let Some(first_seq) = book.external_ids.insert((account_id, external_id.clone()), seq)
        {
            return Err(BookError::DuplicateExternalId { seq, first_seq, external_id: external_id.clone() });
        }
        let too_large = BookError::TooLarge { seq, what: "cost" };
        let fees = transaction.fees_total().ok_or_else(|| too_large.clone())?;
        let taxes = transaction.taxes_total().ok_or(too_large)?;
        let is_negative = |value: Decimal| value < Decimal::ZERO;
        let checks = [
            ("quantity", transaction.quantity.is_some_and(is_negative)),
            ("price", transaction.price.is_some_and(is_negative)),
            ("gross_amount", is_negative(transaction.gross_amount) && entry.kind != Kind::Interest),
            ("fees", transaction.fees.iter().any(|fee| is_negative(fee.amount))),
            ("taxes", transaction.taxes.iter().any(|tax| is_negative(tax.amount))),
            ("fx_rate", transaction.fx_rate.is_some_and(|rate| rate <= Decimal::ZERO)),
            ("counter_fx_rate", transaction.counter_fx_rate.is_some_and(|rate| rate <= Decimal::ZERO)),
            ("lot_fx_rate", transaction.lot_fx_rate.is_some_and(|rate| rate <= Decimal::ZERO)),
            ("lot_cost", transaction.lot_cost.is_some_and(is_negative)),
            ("counter_amount", transaction.counter_amount.is_some_and(is_negative)),
        ];
        if let Some((field, _)) = checks.into_iter().find(|(_, is_bad)| *is_bad) {
            return Err(BookError::BadField { seq, field });
        }
        let rate = transaction.rate_to_base(book.base_currency);
        Ok(Self {
            book,
            seq,
            kind: entry.kind,
            place: active.place,
            root_id: active.root_id,
            on: entry.effective_on,
            account_id,
            security_id: entry.security_id,
            transaction,
            rate,
            fees,
            taxes,
            flow_part: 0,
            event_part: 0,
            lot_part: 0,
        })
    }

    fn apply(mut self) -> Result<(), BookError> {
        let action = CorporateAction::of(self.kind, self.transaction).map_err(|reason| match reason {
            NotApplicable::NotBooked => BookError::KindNotBooked { seq: self.seq, kind: self.kind },
            NotApplicable::NoRatio => self.missing("ratio"),
        })?;
        if let Some(CorporateAction::Split { ratio }) = action {
            return self.split(ratio);
        }
        let gross = self.transaction.gross_amount;
        let signed = match self.kind {
            Kind::Sell | Kind::Dividend | Kind::Interest | Kind::Deposit => gross,
            Kind::Buy | Kind::Fee | Kind::Tax | Kind::Withdrawal | Kind::Fx => -gross,
            Kind::TransferIn if self.security_id.is_none() => gross,
            Kind::TransferOut if self.security_id.is_none() => -gross,
            Kind::Adjustment => self.transaction.net_amount,
            _ => Decimal::ZERO,
        };
        let net = sum(signed, -self.fees).and_then(|net| sum(net, -self.taxes));
        if net != Some(self.transaction.net_amount) {
            return Err(BookError::BadField { seq: self.seq, field: "net_amount" });
        }
        let is_booked = match self.kind {
            Kind::Buy => self.buy()?,
            Kind::Sell => self.sell()?,
            Kind::TransferIn | Kind::TransferOut if self.security_id.is_some() => self.transfer_securities()?,
            Kind::TransferIn | Kind::TransferOut => self.transfer_cash(signed)?,
            Kind::Fx => self.exchange()?,
            _ => {
                let kind = match self.kind {
                    Kind::Dividend | Kind::Interest => FlowKind::Income,
                    Kind::Fee => FlowKind::Fee,
                    Kind::Tax => FlowKind::Tax,
                    _ => FlowKind::External,
                };
                self.flow(kind, signed)?;
                true
            }
        };
        if is_booked {
            self.flow(FlowKind::Fee, -self.fees)?;
            self.flow(FlowKind::Tax, -self.taxes)?;
        }
        Ok(())
    }

    fn buy(&mut self) -> Result<bool, BookError> {
        let (security_id, quantity) = (self.security()?, self.quantity()?);
        let transaction_taxes = self.transaction_taxes()?;
        let cost = sum(self.transaction.gross_amount, self.fees).and_then(|cost| sum(cost, transaction_taxes));
        let lot = NewLot {
            account_id: self.account_id,
            security_id,
            acquired_on: self.on,
            holding_started_on: day_after(self.on),
            quantity,
            cost: cost.ok_or_else(|| self.too_large("cost"))?,
            cost_currency: self.transaction.currency,
            fx_rate_to_base: self.rate()?,
            order: None,
            event: LotEventKind::Open,
        };
        self.open_lot(lot)?;
        self.flow(FlowKind::Trade, -self.transaction.gross_amount)?;
        Ok(true)
    }

    fn sell(&mut self) -> Result<bool, BookError> {
        let (security_id, quantity, rate) = (self.security()?, self.quantity()?, self.rate()?);
        let Some(taken) = self.plan(self.account_id, security_id, quantity)? else { return Ok(false) };
        let costs = sum(self.fees, self.transaction_taxes()?);
        let proceeds = costs.and_then(|costs| sum(self.transaction.gross_amount, -costs));
        let proceeds = proceeds.ok_or_else(|| self.too_large("proceeds"))?;
        let mut left = proceeds;
        let last = taken.len().saturating_sub(1);
        for (at, taken) in taken.into_iter().enumerate() {
            let part = if at == last { Some(left) } else { share(proceeds, taken.quantity, quantity) };
            let part = part.ok_or_else(|| self.too_large("proceeds"))?;
            left -= part;
            let lot = &self.book.lots[taken.lot];
            let is_same_currency = lot.cost_currency == self.transaction.currency;
            let realized = realized_gain(part, rate, taken.cost, lot.fx_rate_to_base, is_same_currency);
            let realized = realized.ok_or_else(|| self.too_large("gain"))?;
            let term = Term::of(lot.holding_started_on, self.on);
            let event = LotEvent {
                proceeds: Some(part),
                proceeds_currency: Some(self.transaction.currency),
                realized: Some(realized),
                realized_gain_local: is_same_currency.then_some(part - taken.cost),
                term: Some(term),
                ..self.event(&taken, LotEventKind::Dispose)
            };
            self.relieve(&taken, event);
        }
        self.flow(FlowKind::Trade, self.transaction.gross_amount)?;
        Ok(true)
    }

    fn transfer_securities(&mut self) -> Result<bool, BookError> {
        let (security_id, quantity) = (self.security()?, self.quantity()?);
        let value = self.transaction.gross_amount;
        let Some(counter) = self.transaction.counter_account_id else {
            // Securities cross the boundary: their value is an external flow that pays for, or is paid by, the holding.
            let inward = if self.kind == Kind::TransferIn { value } else { -value };
            if self.kind == Kind::TransferIn {
                self.open_transferred_lot(security_id, quantity)?;
            } else {
                let Some(taken) = self.plan(self.account_id, security_id, quantity)? else { return Ok(false) };
                for taken in taken {
                    let event = self.event(&taken, LotEventKind::TransferOut);
                    self.relieve(&taken, event);
                }
            }
            self.flow(FlowKind::External, inward)?;
            self.flow(FlowKind::Trade, -inward)?;
            return Ok(true);
        };
        let is_in = self.kind == Kind::TransferIn;
        let (from, to) = if is_in { (counter, self.account_id) } else { (self.account_id, counter) };
        let Some(taken) = self.plan(from, security_id, quantity)? else { return Ok(false) };
        for taken in taken {
            let event = self.event(&taken, LotEventKind::TransferOut);
            self.relieve(&taken, event);
            let old = &self.book.lots[taken.lot];
            let lot = NewLot {
                account_id: to,
                security_id,
                acquired_on: old.acquired_on,
                holding_started_on: old.holding_started_on,
                quantity: taken.quantity,
                cost: taken.cost,
                cost_currency: old.cost_currency,
                fx_rate_to_base: old.fx_rate_to_base,
                order: Some(old.order),
                event: LotEventKind::TransferIn,
            };
            self.open_lot(lot)?;
        }
        Ok(true)
    }

    fn open_transferred_lot(&mut self, security_id: Uuid, quantity: Decimal) -> Result<(), BookError> {
        let acquired_on = self.transaction.lot_date.ok_or_else(|| self.missing("lot_date"))?;
        if acquired_on > self.on {
            return Err(BookError::BadField { seq: self.seq, field: "lot_date" });
        }
        let currency = self.transaction.currency;
        let rate = if currency == self.book.base_currency { Some(Decimal::ONE) } else { self.transaction.lot_fx_rate };
        let lot = NewLot {
            account_id: self.account_id,
            security_id,
            acquired_on,
            holding_started_on: day_after(acquired_on),
            quantity,
            cost: self.transaction.lot_cost.ok_or_else(|| self.missing("lot_cost"))?,
            cost_currency: currency,
            fx_rate_to_base: rate.ok_or(BookError::MissingRate { seq: self.seq, currency })?,
            order: None,
            event: LotEventKind::TransferIn,
        };
        self.open_lot(lot)
    }

    fn transfer_cash(&mut self, signed: Decimal) -> Result<bool, BookError> {
        match self.transaction.counter_account_id {
            None => self.flow(FlowKind::External, signed)?,
            Some(counter) => {
                let (currency, rate) = (self.transaction.currency, self.rate()?);
                self.flow(FlowKind::Trade, signed)?;
                self.flow_in(counter, FlowKind::Trade, -signed, currency, rate)?;
            }
        }
        Ok(true)
    }

    fn exchange(&mut self) -> Result<bool, BookError> {
        let counter = self.transaction.counter_currency.ok_or_else(|| self.missing("counter_currency"))?;
        let bought = self.transaction.counter_amount.ok_or_else(|| self.missing("counter_amount"))?;
        let rate =
            if counter == self.book.base_currency { Some(Decimal::ONE) } else { self.transaction.counter_fx_rate };
        let rate = rate.ok_or(BookError::MissingRate { seq: self.seq, currency: counter })?;
        self.flow(FlowKind::Fx, -self.transaction.gross_amount)?;
        self.flow_in(self.account_id, FlowKind::Fx, bought, counter, rate)?;
        Ok(true)
    }

    fn split(&mut self, ratio: Ratio) -> Result<(), BookError> {
        let security_id = self.security()?;
        if ratio.to <= Decimal::ZERO || ratio.from <= Decimal::ZERO {
            return Err(BookError::BadField { seq: self.seq, field: "ratio" });
        }
        let chain = (self.account_id, security_id);
        let lots: Vec<usize> = self.book.open.get(&chain).into_iter().flat_map(|lots| lots.values().copied()).collect();
        if lots.is_empty() {
            self.book.idle_splits.push(self.seq);
        }
        for at in lots {
            let lot = &self.book.lots[at];
            let open = rescale(lot.quantity_open, ratio.to, ratio.from).filter(|open| !open.is_zero());
            let open = open.ok_or_else(|| self.too_large("quantity"))?;
            let original = rescale(lot.quantity_original, ratio.to, ratio.from);
            let original = original.ok_or_else(|| self.too_large("quantity"))?;
            let delta = open - lot.quantity_open;
            let taken = Taken { lot: at, quantity: -delta, cost: Decimal::ZERO };
            let event = LotEvent { ratio: Some(ratio), ..self.event(&taken, LotEventKind::Split) };
            self.book.lot_events.push(event);
            let lot = &mut self.book.lots[at];
            lot.quantity_open = open;
            lot.quantity_original = original;
            self.book.last_seq_of_position.insert(chain, self.seq);
        }
        Ok(())
    }

    /// Which lots give the quantity; none (and a note) if they do not hold it.
    fn plan(
        &mut self,
        account_id: Uuid,
        security_id: Uuid,
        quantity: Decimal,
    ) -> Result<Option<Vec<Taken>>, BookError> {
        let empty = BTreeMap::new();
        let open = self.book.open.get(&(account_id, security_id)).unwrap_or(&empty);
        let lots = &self.book.lots;
        let mut wanted: Vec<(usize, Decimal)> = Vec::new();
        let mut left = quantity;
        let mut seen = Decimal::ZERO;
        if self.transaction.lots.is_empty() {
            for at in open.values() {
                if left.is_zero() {
                    break;
                }
                let take = left.min(lots[*at].quantity_open);
                seen += lots[*at].quantity_open;
                left -= take;
                wanted.push((*at, take));
            }
        } else {
            let chosen = &self.transaction.lots;
            let total = chosen.iter().try_fold(Decimal::ZERO, |sum, lot| sum.checked_add(lot.quantity));
            if let Some(chosen) = total.filter(|total| *total != quantity) {
                return Err(BookError::LotsMismatch { seq: self.seq, chosen, quantity });
            }
            for selection in chosen {
                let at = open.values().copied().find(|at| lots[*at].id == selection.lot_id);
                let at = at.ok_or(BookError::UnknownLot { seq: self.seq, lot_id: selection.lot_id })?;
                if selection.quantity <= Decimal::ZERO || wanted.iter().any(|(other, _)| *other == at) {
                    return Err(BookError::BadField { seq: self.seq, field: "lots" });
                }
                let take = selection.quantity.min(lots[at].quantity_open);
                seen += lots[at].quantity_open;
                left -= take;
                wanted.push((at, take));
            }
        }
        if !left.is_zero() {
            let (seq, on) = (self.seq, self.on);
            self.book.oversold.push(Oversold { seq, security_id, account_id, on, open: seen, asked: quantity });
            return Ok(None);
        }
        let cost_of = |(at, take): (usize, Decimal)| {
            let lot = &lots[at];
            let is_whole = take == lot.quantity_open;
            let cost = if is_whole { Some(lot.cost_basis) } else { share(lot.cost_basis, take, lot.quantity_open) };
            cost.map(|cost| Taken { lot: at, quantity: take, cost }).ok_or_else(|| self.too_large("cost"))
        };
        wanted.into_iter().map(cost_of).collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn relieve(&mut self, taken: &Taken, event: LotEvent) {
        self.book.lot_events.push(event);
        let lot = &mut self.book.lots[taken.lot];
        lot.quantity_open = (lot.quantity_open - taken.quantity).normalize();
        lot.cost_basis = (lot.cost_basis - taken.cost).normalize();
        let chain = (lot.account_id, lot.security_id);
        if lot.quantity_open.is_zero() {
            lot.closed_on = Some(self.on);
            let key = (lot.acquired_on, lot.order.0, lot.order.1, taken.lot);
            if let Some(open) = self.book.open.get_mut(&chain) {
                open.remove(&key);
            }
        }
        self.book.last_seq_of_position.insert(chain, self.seq);
    }

    fn open_lot(&mut self, new: NewLot) -> Result<(), BookError> {
        let order = new.order.unwrap_or((self.place, self.lot_part));
        let id = Uuid::new_v5(&self.root_id, self.lot_part.to_string().as_bytes());
        self.lot_part += 1;
        let at = self.book.lots.len();
        // The cost in base currency must fit the tables too.
        product(new.cost, new.fx_rate_to_base).ok_or_else(|| self.too_large("cost"))?;
        let (quantity, cost) = (new.quantity.normalize(), new.cost.normalize());
        self.book.lots.push(Lot {
            id,
            account_id: new.account_id,
            security_id: new.security_id,
            opened_seq: self.seq,
            acquired_on: new.acquired_on,
            holding_started_on: new.holding_started_on,
            quantity_original: quantity,
            quantity_open: quantity,
            cost_basis: cost,
            cost_basis_original: cost,
            cost_currency: new.cost_currency,
            fx_rate_to_base: new.fx_rate_to_base,
            closed_on: None,
            order,
        });
        let taken = Taken { lot: at, quantity: -quantity, cost: -cost };
        let event = self.event(&taken, new.event);
        self.book.lot_events.push(event);
        let chain = (new.account_id, new.security_id);
        self.book.open.entry(chain).or_default().insert((new.acquired_on, order.0, order.1, at), at);
        self.book.last_seq_of_position.insert(chain, self.seq);
        Ok(())
    }

    /// The event of taking units (negative: adding them); disposals add their gain.
    fn event(&mut self, taken: &Taken, kind: LotEventKind) -> LotEvent {
        let part = self.event_part;
        self.event_part += 1;
        LotEvent {
            lot_id: self.book.lots[taken.lot].id,
            seq: self.seq,
            part,
            kind,
            effective_on: self.on,
            quantity_delta: (-taken.quantity).normalize(),
            cost_delta: (-taken.cost).normalize(),
            proceeds: None,
            proceeds_currency: None,
            realized: None,
            realized_gain_local: None,
            term: None,
            ratio: None,
        }
    }

    fn flow(&mut self, kind: FlowKind, amount: Decimal) -> Result<(), BookError> {
        if amount.is_zero() {
            return Ok(());
        }
        let (account_id, currency, rate) = (self.account_id, self.transaction.currency, self.rate()?);
        self.flow_in(account_id, kind, amount, currency, rate)
    }

    fn flow_in(
        &mut self,
        account_id: Uuid,
        kind: FlowKind,
        amount: Decimal,
        currency: Currency,
        rate: Decimal,
    ) -> Result<(), BookError> {
        let base_amount = product(amount, rate).ok_or_else(|| self.too_large("amount"))?;
        let balance = self.book.cash.entry((account_id, currency)).or_insert(Decimal::ZERO);
        let seq = self.seq;
        *balance = sum(*balance, amount).ok_or(BookError::TooLarge { seq, what: "cash balance" })?;
        self.book.last_seq_of_cash.insert((account_id, currency), seq);
        self.book.cash_flows.push(CashFlow {
            seq,
            part: self.flow_part,
            effective_on: self.on,
            account_id,
            security_id: self.security_id,
            kind,
            amount: amount.normalize(),
            currency,
            base_amount,
        });
        self.flow_part += 1;
        Ok(())
    }

    fn security(&self) -> Result<Uuid, BookError> {
        self.security_id.ok_or_else(|| self.missing("security_id"))
    }

    fn quantity(&self) -> Result<Decimal, BookError> {
        let quantity = self.transaction.quantity.ok_or_else(|| self.missing("quantity"))?;
        if quantity.is_zero() {
            return Err(BookError::BadField { seq: self.seq, field: "quantity" });
        }
        Ok(quantity)
    }

    fn rate(&self) -> Result<Decimal, BookError> {
        self.rate.ok_or(BookError::MissingRate { seq: self.seq, currency: self.transaction.currency })
    }

    fn transaction_taxes(&self) -> Result<Decimal, BookError> {
        self.transaction.transaction_taxes().ok_or_else(|| self.too_large("cost"))
    }

    fn missing(&self, field: &'static str) -> BookError {
        BookError::MissingField { seq: self.seq, field }
    }

    fn too_large(&self, what: &'static str) -> BookError {
        BookError::TooLarge { seq: self.seq, what }
    }
}

fn day_after(date: Date) -> Date {
    date.succ_opt().unwrap_or(date)
}

fn realized_gain(
    proceeds: Decimal,
    rate_sale: Decimal,
    cost: Decimal,
    rate_purchase: Decimal,
    is_same_currency: bool,
) -> Option<RealizedGain> {
    if !is_same_currency {
        let total = sum(product(proceeds, rate_sale)?, -product(cost, rate_purchase)?)?;
        return Some(RealizedGain { price: None, fx: None, total });
    }
    let price = product(sum(proceeds, -cost)?, rate_sale)?;
    let fx = product(cost, rate_sale - rate_purchase)?;
    Some(RealizedGain { price: Some(price), fx: Some(fx), total: sum(price, fx)? })
}

/// Sums open lots by account and security; none if a sum is too large.
pub(crate) fn positions_of(
    lots: &[Lot],
    base_currency: Currency,
    last_seq: &HashMap<(Uuid, Uuid), u64>,
) -> Option<BTreeMap<(Uuid, Uuid), Position>> {
    let mut positions: BTreeMap<(Uuid, Uuid), Position> = BTreeMap::new();
    let mut has_mixed_cost: Vec<(Uuid, Uuid)> = Vec::new();
    for lot in lots.iter().filter(|lot| lot.is_open()) {
        let chain = (lot.account_id, lot.security_id);
        let position = positions.entry(chain).or_insert_with(|| Position {
            quantity: Decimal::ZERO,
            cost_basis: Decimal::ZERO,
            cost_currency: lot.cost_currency,
            cost_basis_base: Decimal::ZERO,
            lot_count: 0,
            first_acquired_on: lot.acquired_on,
            last_seq: last_seq.get(&chain).copied().unwrap_or(lot.opened_seq),
        });
        position.quantity = position.quantity.checked_add(lot.quantity_open)?.normalize();
        position.cost_basis = sum(position.cost_basis, lot.cost_basis)?;
        position.cost_basis_base = sum(position.cost_basis_base, lot.cost_basis_base()?)?;
        position.lot_count += 1;
        position.first_acquired_on = position.first_acquired_on.min(lot.acquired_on);
        if lot.cost_currency != position.cost_currency {
            has_mixed_cost.push(chain);
        }
    }
    for chain in has_mixed_cost {
        if let Some(position) = positions.get_mut(&chain) {
            position.cost_basis = position.cost_basis_base;
            position.cost_currency = base_currency;
        }
    }
    Some(positions)
}

/// Stretches of days that end with less than nothing in an account and currency.
pub(crate) fn negative_cash(flows: &[CashFlow]) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    let mut balances: HashMap<(Uuid, Currency), (Decimal, u64)> = HashMap::new();
    let mut open_stretch: HashMap<(Uuid, Currency), usize> = HashMap::new();
    let mut rest = flows;
    while let Some(first) = rest.first() {
        let day = first.effective_on;
        let in_day = rest.iter().take_while(|flow| flow.effective_on == day).count();
        let (today, later) = rest.split_at(in_day);
        rest = later;
        let mut touched: Vec<(Uuid, Currency)> = Vec::new();
        for flow in today {
            let key = (flow.account_id, flow.currency);
            let (balance, seq) = balances.entry(key).or_insert((Decimal::ZERO, flow.seq));
            *balance += flow.amount;
            *seq = flow.seq;
            if !touched.contains(&key) {
                touched.push(key);
            }
        }
        for key in touched {
            let (balance, seq) = balances[&key];
            if balance >= Decimal::ZERO {
                open_stretch.remove(&key);
                continue;
            }
            if let Some(Warning::NegativeCash { lowest, .. }) = open_stretch.get(&key).map(|at| &mut warnings[*at]) {
                *lowest = balance.min(*lowest);
                continue;
            }
            open_stretch.insert(key, warnings.len());
            warnings.push(Warning::NegativeCash {
                account_id: key.0,
                currency: key.1,
                since: day,
                lowest: balance,
                seq,
            });
        }
    }
    warnings
}

fn transaction_row(
    entry: &Entry,
    transaction: &TransactionPayload,
    status: TransactionStatus,
    base_currency: Currency,
) -> Result<TransactionRow, BookError> {
    let seq = entry.seq;
    let too_large = |what| BookError::TooLarge { seq, what };
    let account_id = entry.account_id.ok_or(BookError::MissingField { seq, field: "account_id" })?;
    let rate = transaction.rate_to_base(base_currency);
    let in_base = |amount: Decimal| {
        if amount.is_zero() {
            return Ok(Decimal::ZERO);
        }
        let rate = rate.ok_or(BookError::MissingRate { seq, currency: transaction.currency })?;
        product(amount, rate).ok_or(too_large("amount"))
    };
    let is_transfer = matches!(entry.kind, Kind::TransferIn | Kind::TransferOut);
    Ok(TransactionRow {
        id: entry.entry_id,
        account_id,
        seq,
        kind: entry.kind,
        security_id: entry.security_id,
        trade_date: transaction.trade_date.unwrap_or(entry.effective_on),
        effective_on: entry.effective_on,
        settlement_date: transaction.settlement_date,
        ex_date: transaction.ex_date,
        pay_date: transaction.pay_date,
        quantity: transaction.quantity,
        price: transaction.price,
        gross_amount: transaction.gross_amount,
        fees: transaction.fees_total().ok_or(too_large("fees"))?,
        taxes: transaction.taxes_total().ok_or(too_large("taxes"))?,
        net_amount: transaction.net_amount,
        currency: transaction.currency,
        fx_rate: transaction.fx_rate,
        fx_quote: transaction.fx_rate.map(|_| base_currency),
        base_gross: in_base(transaction.gross_amount)?,
        base_net: in_base(transaction.net_amount)?,
        is_external_flow: matches!(entry.kind, Kind::Deposit | Kind::Withdrawal | Kind::Adjustment)
            || (is_transfer && transaction.counter_account_id.is_none()),
        status,
        group_id: None,
        external_id: entry.external_id.clone(),
        note: transaction.note.clone(),
        tags: transaction.tags.clone(),
    })
}
