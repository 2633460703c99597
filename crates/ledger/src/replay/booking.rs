//! One transaction at work on the lots of a chain: what all kinds share.
//!
//! Invariant: a lot changes only through an event, so that events replayed give the lots again.

use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::{product, sum};
use crate::book_error::{BookError, Oversold};
use crate::kind::Kind;
use crate::lots::{Lot, LotEvent, LotEventKind, RealizedGain, Term};
use crate::payload::TransactionPayload;
use crate::replay::Active;
use crate::replay::chain::{Chain, Holding};
use crate::replay::rules::{OversellRule, Rules};
use dates::Date;

/// One transaction at work.
pub(super) struct Booking<'a> {
    pub chain: &'a mut Chain,
    pub rules: &'a Rules,
    pub seq: u64,
    pub kind: Kind,
    pub place: u64,
    pub root_id: Uuid,
    pub on: Date,
    pub account_id: Uuid,
    pub security_id: Uuid,
    pub transaction: &'a TransactionPayload,
    event_part: u32,
    lot_part: u32,
}

/// Units taken from a lot, and their cost; both negative for a short position.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub lot: usize,
    pub quantity: Decimal,
    pub cost: Decimal,
}

/// What opens a lot.
pub(super) struct NewLot {
    pub account_id: Uuid,
    pub security_id: Uuid,
    pub acquired_on: Date,
    pub holding_started_on: Date,
    pub quantity: Decimal,
    pub cost: Decimal,
    pub cost_currency: Currency,
    pub fx_rate_to_base: Decimal,
    /// Order among lots of one date, of a lot that keeps it.
    pub order: Option<(u64, u32)>,
    pub event: LotEventKind,
}

impl<'a> Booking<'a> {
    pub fn new(
        chain: &'a mut Chain,
        rules: &'a Rules,
        active: &'a Active,
        transaction: &'a TransactionPayload,
    ) -> Result<Self, BookError> {
        let entry = active.entry.as_ref();
        let seq = entry.seq;
        let account_id = entry.account_id.ok_or(BookError::MissingField { seq, field: "account_id" })?;
        let security_id = entry.security_id.ok_or(BookError::MissingField { seq, field: "security_id" })?;
        Ok(Self {
            chain,
            rules,
            seq,
            kind: entry.kind,
            place: active.place,
            root_id: active.root_id,
            on: entry.effective_on,
            account_id,
            security_id,
            transaction,
            event_part: 0,
            lot_part: 0,
        })
    }

    pub fn apply(mut self) -> Result<(), BookError> {
        match self.kind {
            Kind::Buy => self.buy(),
            Kind::Sell => self.sell(),
            Kind::TransferIn | Kind::TransferOut => self.transfer(),
            Kind::Split => self.split(),
            Kind::StockDividend => self.stock_dividend(),
            Kind::SpinOff => self.spin_off(),
            Kind::Merger => self.merger(),
            Kind::ReturnOfCapital => self.return_of_capital(),
            _ => Ok(()),
        }
    }

    pub fn holding(&self) -> Holding {
        (self.account_id, self.security_id)
    }

    /// Fees and transaction taxes that belong to cost and proceeds.
    pub fn costs(&self) -> Result<Decimal, BookError> {
        let taxes = self.transaction.transaction_taxes().ok_or_else(|| self.too_large("cost"))?;
        if !self.rules.fees_in_cost(self.account_id, self.on, self.place) {
            return Ok(taxes);
        }
        let fees = self.transaction.fees_total().and_then(|fees| sum(fees, taxes));
        fees.ok_or_else(|| self.too_large("cost"))
    }

    /// Closes units at a price: gain = proceeds − cost, in base currency with its parts.
    pub fn dispose(&mut self, taken: &Taken, proceeds: Decimal) -> Result<(), BookError> {
        let (rate, currency) = (self.rate()?, self.transaction.currency);
        let lot = &self.chain.lots[taken.lot];
        let is_same_currency = lot.cost_currency == currency;
        let realized = realized_gain(proceeds, rate, taken.cost, lot.fx_rate_to_base, is_same_currency);
        let realized = realized.ok_or_else(|| self.too_large("gain"))?;
        // What is bought back was never held.
        let term = if lot.is_short() { Term::Short } else { Term::of(lot.holding_started_on, self.on) };
        let event = LotEvent {
            proceeds: Some(proceeds.normalize()),
            proceeds_currency: Some(currency),
            realized: Some(realized),
            realized_gain_local: is_same_currency.then(|| (proceeds - taken.cost).normalize()),
            term: Some(term),
            ..self.event(taken, LotEventKind::Dispose)
        };
        self.record(taken.lot, event);
        Ok(())
    }

    pub fn open_lot(&mut self, new: NewLot) -> Result<usize, BookError> {
        let order = new.order.unwrap_or((self.place, self.lot_part));
        let id = Uuid::new_v5(&self.root_id, self.lot_part.to_string().as_bytes());
        self.lot_part += 1;
        let at = self.chain.lots.len();
        // The cost in base currency must fit the tables too.
        product(new.cost, new.fx_rate_to_base).ok_or_else(|| self.too_large("cost"))?;
        let (quantity, cost) = (new.quantity.normalize(), new.cost.normalize());
        let lot = Lot {
            id,
            account_id: new.account_id,
            security_id: new.security_id,
            opened_seq: self.seq,
            acquired_on: new.acquired_on,
            holding_started_on: new.holding_started_on,
            quantity_original: quantity,
            quantity_open: Decimal::ZERO,
            cost_basis: Decimal::ZERO,
            cost_basis_original: cost,
            cost_currency: new.cost_currency,
            fx_rate_to_base: new.fx_rate_to_base,
            closed_on: None,
            order,
        };
        let key = lot.key(at);
        self.chain.lots.push(lot);
        self.chain.open.entry((new.account_id, new.security_id)).or_default().insert(key, at);
        let taken = Taken { lot: at, quantity: -quantity, cost: -cost };
        let event = LotEvent {
            quantity_original_after: Some(quantity),
            fx_rate_after: Some(new.fx_rate_to_base),
            ..self.event(&taken, new.event)
        };
        self.record(at, event);
        Ok(at)
    }

    /// The event of taking units (negative: adding them); what is more is added to it.
    pub fn event(&mut self, taken: &Taken, kind: LotEventKind) -> LotEvent {
        let part = self.event_part;
        self.event_part += 1;
        LotEvent {
            lot_id: self.chain.lots[taken.lot].id,
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
            quantity_original_after: None,
            fx_rate_after: None,
        }
    }

    /// Lets an event happen.
    pub fn record(&mut self, at: usize, event: LotEvent) {
        let lot = &mut self.chain.lots[at];
        lot.apply(&event);
        let holding = (lot.account_id, lot.security_id);
        if !lot.is_open()
            && let Some(open) = self.chain.open.get_mut(&holding)
        {
            open.remove(&lot.key(at));
        }
        self.chain.events.push(event);
        self.chain.last_seq.insert(holding, self.seq);
    }

    /// Notes that more is taken than is there; says how much may be taken after all.
    pub fn oversell(&mut self, account_id: Uuid, open: Decimal, asked: Decimal) -> Decimal {
        let (seq, security_id, on) = (self.seq, self.security_id, self.on);
        self.chain.oversold.push(Oversold { seq, security_id, account_id, on, open, asked });
        match self.rules.options.oversell {
            OversellRule::Refuse => Decimal::ZERO,
            OversellRule::TakeWhatIsHeld => open.min(asked),
        }
    }

    pub fn quantity(&self) -> Result<Decimal, BookError> {
        let quantity = self.transaction.quantity.ok_or_else(|| self.missing("quantity"))?;
        if quantity.is_zero() { Err(self.bad("quantity")) } else { Ok(quantity) }
    }

    /// Base currency per 1 currency of the transaction.
    pub fn rate(&self) -> Result<Decimal, BookError> {
        let rate = self.transaction.rate_to_base(self.rules.base_currency);
        rate.ok_or(BookError::MissingRate { seq: self.seq, currency: self.transaction.currency })
    }

    pub fn missing(&self, field: &'static str) -> BookError {
        BookError::MissingField { seq: self.seq, field }
    }

    pub fn bad(&self, field: &'static str) -> BookError {
        BookError::BadField { seq: self.seq, field }
    }

    pub fn too_large(&self, what: &'static str) -> BookError {
        BookError::TooLarge { seq: self.seq, what }
    }
}

/// First day of the holding period of what is acquired on a day.
pub(super) fn day_after(date: Date) -> Date {
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
