//! Corporate actions on the lots of an account: each changes every open lot, before the open of its day.
//!
//! Invariant: cost is conserved by every action except for what is paid out in cash; dates carry over unless the action
//! is taxable. A fraction of a unit that is not delivered counts as received, then sold for the cash in lieu.

use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::{product, rescale, share, sum};
use crate::book_error::BookError;
use crate::corporate_actions::{moved_cost_fraction, reorganisation};
use crate::kind::Kind;
use crate::lots::{LotEvent, LotEventKind, RealizedGain, Term};
use crate::payload::{Ratio, Treatment};
use crate::replay::booking::{Booking, NewLot, Taken, day_after};
use crate::replay::chain::Holding;
use crate::replay::relief::Side;

impl Booking<'_> {
    pub(super) fn split(&mut self) -> Result<(), BookError> {
        let ratio = self.ratio()?;
        self.rescale_lots(ratio)
    }

    pub(super) fn stock_dividend(&mut self) -> Result<(), BookError> {
        let held = self.held(self.holding());
        if held.is_zero() {
            return self.note_idle();
        }
        let ratio = match (self.transaction.ratio, self.transaction.quantity) {
            (Some(ratio), _) => Ratio { from: ratio.from, to: ratio.from + ratio.to },
            (None, Some(received)) if Decimal::ZERO < held => Ratio { from: held, to: held + received },
            _ => return Err(self.missing("ratio")),
        };
        self.rescale_lots(ratio)
    }

    pub(super) fn spin_off(&mut self) -> Result<(), BookError> {
        let counter = self.counter_security()?;
        let lots = self.lots_of(self.holding());
        if lots.is_empty() {
            return self.note_idle();
        }
        let held = self.held(self.holding());
        let ratio = self.ratio_of_received(held)?;
        let fraction = self.fraction_of_cost(&lots, ratio)?;
        for at in lots {
            let lot = &self.chain.lots[at];
            let quantity = rescale(lot.quantity_open, ratio.to, ratio.from).filter(|units| !units.is_zero());
            let quantity = quantity.ok_or_else(|| self.too_large("quantity"))?;
            let cost = product(lot.cost_basis, fraction).ok_or_else(|| self.too_large("cost"))?;
            let new = self.carried(at, counter, quantity, cost);
            let event = self.event(&Taken { lot: at, quantity: Decimal::ZERO, cost }, LotEventKind::BasisChange);
            self.record(at, event);
            self.open_lot(new)?;
        }
        self.sell_fraction((self.account_id, counter))
    }

    pub(super) fn merger(&mut self) -> Result<(), BookError> {
        let lots = self.lots_of(self.holding());
        if lots.is_empty() {
            return self.note_idle();
        }
        let held = self.held(self.holding());
        let treatment = self.transaction.treatment.unwrap_or(Treatment::TaxFree);
        let Some(counter) = self.transaction.counter_security_id else { return self.cash_merger(&lots, held) };
        let ratio = self.ratio_of_received(held)?;
        let cash = self.transaction.gross_amount;
        let is_short = lots.iter().any(|at| self.chain.lots[*at].is_short());
        if is_short && !(cash.is_zero() && matches!(treatment, Treatment::TaxFree | Treatment::SymbolChange)) {
            return Err(BookError::ShortPosition { seq: self.seq });
        }
        let mut cash_left = cash;
        let last = lots.len() - 1;
        for (nth, at) in lots.into_iter().enumerate() {
            let units = self.chain.lots[at].quantity_open;
            let part = if nth == last { Some(cash_left) } else { share(cash, units, held) };
            let part = part.ok_or_else(|| self.too_large("amount"))?;
            cash_left -= part;
            let received = rescale(units, ratio.to, ratio.from).filter(|units| !units.is_zero());
            let received = received.ok_or_else(|| self.too_large("quantity"))?;
            match treatment {
                Treatment::TaxFree | Treatment::SymbolChange => self.reorganise(at, counter, received, part)?,
                Treatment::Taxable => self.exchange_taxably(at, counter, received, part)?,
                Treatment::Exercise => self.exercise(at, counter, received, part)?,
            }
        }
        self.sell_fraction((self.account_id, counter))
    }

    pub(super) fn return_of_capital(&mut self) -> Result<(), BookError> {
        let lots = self.lots_of(self.holding());
        if lots.is_empty() {
            return Err(BookError::NothingHeld { seq: self.seq, kind: self.kind });
        }
        let held = self.held(self.holding());
        if lots.iter().any(|at| self.chain.lots[*at].is_short()) {
            return Err(BookError::ShortPosition { seq: self.seq });
        }
        let amount = self.transaction.gross_amount;
        let mut left = amount;
        let last = lots.len() - 1;
        for (nth, at) in lots.into_iter().enumerate() {
            let units = self.chain.lots[at].quantity_open;
            let part = if nth == last { Some(left) } else { share(amount, units, held) };
            let part = part.ok_or_else(|| self.too_large("amount"))?;
            left -= part;
            let cost = self.in_cost_currency(at, part)?.min(self.chain.lots[at].cost_basis);
            let taken = Taken { lot: at, quantity: Decimal::ZERO, cost };
            self.pay_out(&taken, part, LotEventKind::BasisChange)?;
        }
        Ok(())
    }

    /// Units × new/old of every lot; a fraction that is paid out is sold.
    fn rescale_lots(&mut self, ratio: Ratio) -> Result<(), BookError> {
        let lots = self.lots_of(self.holding());
        if lots.is_empty() {
            return self.note_idle();
        }
        for at in lots {
            let lot = &self.chain.lots[at];
            let open = rescale(lot.quantity_open, ratio.to, ratio.from).filter(|open| !open.is_zero());
            let open = open.ok_or_else(|| self.too_large("quantity"))?;
            let original = rescale(lot.quantity_original, ratio.to, ratio.from);
            let original = original.ok_or_else(|| self.too_large("quantity"))?;
            let taken = Taken { lot: at, quantity: lot.quantity_open - open, cost: Decimal::ZERO };
            let event = LotEvent {
                ratio: Some(ratio),
                quantity_original_after: Some(original),
                ..self.event(&taken, LotEventKind::Split)
            };
            self.record(at, event);
        }
        self.sell_fraction(self.holding())
    }

    /// What is not delivered: the units beyond a stated quantity, or beyond a whole number, are sold for the cash in lieu.
    fn sell_fraction(&mut self, holding: Holding) -> Result<(), BookError> {
        let Some(cash) = self.transaction.cash_in_lieu.filter(|cash| !cash.is_zero()) else { return Ok(()) };
        let units = self.open_units(holding, Side::Long);
        let before: Decimal = match self.kind {
            // What was held of the security before the action is not part of what is received.
            Kind::SpinOff | Kind::Merger => self.units_from_elsewhere(holding),
            _ => Decimal::ZERO,
        };
        let received = units - before;
        let delivered = match (self.kind, self.transaction.quantity) {
            (Kind::StockDividend, _) | (_, None) => received.trunc(),
            (_, Some(quantity)) => quantity,
        };
        let fraction = received - delivered;
        if fraction <= Decimal::ZERO || received <= fraction && self.kind == Kind::Split {
            return Err(self.bad("cash_in_lieu"));
        }
        let unit_proceeds = self.rate().ok().and_then(|rate| cash.checked_mul(rate)?.checked_div(fraction));
        let taken = match self.kind {
            Kind::SpinOff | Kind::Merger => self.take_received(holding, fraction)?,
            _ => self.take(holding, Side::Long, fraction, unit_proceeds)?,
        };
        let mut left = cash;
        let last = taken.len().saturating_sub(1);
        for (at, taken) in taken.into_iter().enumerate() {
            let part = if at == last { Some(left) } else { share(cash, taken.quantity, fraction) };
            let part = part.ok_or_else(|| self.too_large("proceeds"))?;
            left -= part;
            self.dispose(&taken, part)?;
        }
        Ok(())
    }

    fn units_from_elsewhere(&self, holding: Holding) -> Decimal {
        let open = self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values());
        let lots = open.map(|at| &self.chain.lots[*at]);
        lots.filter(|lot| lot.opened_seq != self.seq && !lot.is_short()).map(|lot| lot.quantity_open).sum()
    }

    /// Units of the lots that this action opened, oldest purchase first.
    fn take_received(&self, holding: Holding, quantity: Decimal) -> Result<Vec<Taken>, BookError> {
        let open = self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values().copied());
        let mut left = quantity;
        let mut taken = Vec::new();
        for at in open.filter(|at| self.chain.lots[*at].opened_seq == self.seq) {
            let lot = &self.chain.lots[at];
            let units = left.min(lot.quantity_open);
            if units <= Decimal::ZERO {
                continue;
            }
            left -= units;
            let cost = share(lot.cost_basis, units, lot.quantity_open).ok_or_else(|| self.too_large("cost"))?;
            taken.push(Taken { lot: at, quantity: units, cost });
        }
        Ok(taken)
    }

    fn cash_merger(&mut self, lots: &[usize], held: Decimal) -> Result<(), BookError> {
        if held < Decimal::ZERO {
            return Err(BookError::ShortPosition { seq: self.seq });
        }
        let cash = sum(self.transaction.gross_amount, -self.costs()?).ok_or_else(|| self.too_large("proceeds"))?;
        let mut left = cash;
        for (nth, at) in lots.iter().enumerate() {
            let lot = &self.chain.lots[*at];
            let taken = Taken { lot: *at, quantity: lot.quantity_open, cost: lot.cost_basis };
            let part = if nth + 1 == lots.len() { Some(left) } else { share(cash, taken.quantity, held) };
            let part = part.ok_or_else(|| self.too_large("proceeds"))?;
            left -= part;
            self.dispose(&taken, part)?;
        }
        Ok(())
    }

    /// Cost and dates carry over; cash is taxed as far as there is a gain, and reduces the cost.
    fn reorganise(&mut self, at: usize, counter: Uuid, received: Decimal, cash: Decimal) -> Result<(), BookError> {
        let lot = &self.chain.lots[at];
        let (units, old_cost) = (lot.quantity_open, lot.cost_basis);
        let mut cost = old_cost;
        if !cash.is_zero() {
            let price = self.transaction.counter_price.ok_or_else(|| self.missing("counter_price"))?;
            let value = product(received, price).ok_or_else(|| self.too_large("amount"))?;
            let (value, cash_in_cost) = (self.in_cost_currency(at, value)?, self.in_cost_currency(at, cash)?);
            cost = reorganisation(old_cost, value, cash_in_cost).new_cost;
            let taken = Taken { lot: at, quantity: Decimal::ZERO, cost: old_cost - cost };
            self.pay_out(&taken, cash, LotEventKind::Dispose)?;
        }
        let new = self.carried(at, counter, received, cost);
        let event = self.event(&Taken { lot: at, quantity: units, cost }, LotEventKind::TransferOut);
        self.record(at, event);
        self.open_lot(new).map(drop)
    }

    /// A sale for what is received, and a purchase of it at its value.
    fn exchange_taxably(
        &mut self,
        at: usize,
        counter: Uuid,
        received: Decimal,
        cash: Decimal,
    ) -> Result<(), BookError> {
        let price = self.transaction.counter_price.ok_or_else(|| self.missing("counter_price"))?;
        let value = product(received, price).ok_or_else(|| self.too_large("amount"))?;
        let lot = &self.chain.lots[at];
        let taken = Taken { lot: at, quantity: lot.quantity_open, cost: lot.cost_basis };
        let proceeds = sum(value, cash).ok_or_else(|| self.too_large("proceeds"))?;
        self.dispose(&taken, proceeds)?;
        self.open_on_the_day(counter, received, value)
    }

    /// Cost of the rights and what is paid become the cost of the new lot, whose holding period begins.
    fn exercise(&mut self, at: usize, counter: Uuid, received: Decimal, paid: Decimal) -> Result<(), BookError> {
        let lot = &self.chain.lots[at];
        if lot.cost_currency != self.transaction.currency {
            return Err(self.bad("currency"));
        }
        let (units, old) = (lot.quantity_open, lot.cost_basis);
        let costs = self.costs()?;
        let held = self.held(self.holding());
        let costs = share(costs, units, held).ok_or_else(|| self.too_large("cost"))?;
        let event = self.event(&Taken { lot: at, quantity: units, cost: old }, LotEventKind::TransferOut);
        self.record(at, event);
        let cost = sum(old, paid).and_then(|cost| sum(cost, costs)).ok_or_else(|| self.too_large("cost"))?;
        self.open_on_the_day(counter, received, cost)
    }

    fn open_on_the_day(&mut self, security_id: Uuid, quantity: Decimal, cost: Decimal) -> Result<(), BookError> {
        let lot = NewLot {
            account_id: self.account_id,
            security_id,
            acquired_on: self.on,
            holding_started_on: day_after(self.on),
            quantity,
            cost,
            cost_currency: self.transaction.currency,
            fx_rate_to_base: self.rate()?,
            order: None,
            event: LotEventKind::Open,
        };
        self.open_lot(lot).map(drop)
    }

    /// A lot of another security that carries dates, currency and rate of an old one.
    fn carried(&self, at: usize, security_id: Uuid, quantity: Decimal, cost: Decimal) -> NewLot {
        let old = &self.chain.lots[at];
        NewLot {
            account_id: old.account_id,
            security_id,
            acquired_on: old.acquired_on,
            holding_started_on: old.holding_started_on,
            quantity,
            cost,
            cost_currency: old.cost_currency,
            fx_rate_to_base: old.fx_rate_to_base,
            order: Some(old.order),
            event: LotEventKind::TransferIn,
        }
    }

    /// Cash for cost without a change of units: what exceeds the cost is gain, with the term of the lot.
    fn pay_out(&mut self, taken: &Taken, cash: Decimal, kind: LotEventKind) -> Result<(), BookError> {
        let rate = self.rate()?;
        let lot = &self.chain.lots[taken.lot];
        let is_same_currency = lot.cost_currency == self.transaction.currency;
        let gain = || -> Option<RealizedGain> {
            let base = product(taken.cost, lot.fx_rate_to_base)?;
            if !is_same_currency {
                let total = sum(product(cash, rate)?, -base)?;
                return Some(RealizedGain { price: None, fx: None, total });
            }
            let price = product(sum(cash, -taken.cost)?, rate)?;
            let fx = product(taken.cost, rate - lot.fx_rate_to_base)?;
            Some(RealizedGain { price: Some(price), fx: Some(fx), total: sum(price, fx)? })
        };
        let realized = gain().ok_or_else(|| self.too_large("gain"))?;
        let term = Term::of(lot.holding_started_on, self.on);
        let event = LotEvent {
            proceeds: Some(cash.normalize()),
            proceeds_currency: Some(self.transaction.currency),
            realized: Some(realized),
            realized_gain_local: is_same_currency.then(|| (cash - taken.cost).normalize()),
            term: Some(term),
            ..self.event(taken, kind)
        };
        self.record(taken.lot, event);
        Ok(())
    }

    /// An amount of the transaction in the currency of a lot's cost, at the rates to base currency.
    fn in_cost_currency(&self, at: usize, amount: Decimal) -> Result<Decimal, BookError> {
        let lot = &self.chain.lots[at];
        let currency: Currency = self.transaction.currency;
        if lot.cost_currency == currency {
            return Ok(amount);
        }
        let converted = amount.checked_mul(self.rate()?).and_then(|base| base.checked_div(lot.fx_rate_to_base));
        converted.and_then(crate::arithmetic::amount).ok_or_else(|| self.too_large("amount"))
    }

    fn fraction_of_cost(&self, lots: &[usize], ratio: Ratio) -> Result<Decimal, BookError> {
        let transaction = self.transaction;
        if let Some(fraction) = transaction.cost_fraction {
            return Ok(fraction);
        }
        if let Some(moved) = transaction.lot_cost {
            let total: Decimal = lots.iter().map(|at| self.chain.lots[*at].cost_basis).sum();
            if total.is_zero() && moved.is_zero() {
                return Ok(Decimal::ZERO);
            }
            let fraction = moved.checked_div(total).filter(|fraction| *fraction <= Decimal::ONE);
            return fraction.ok_or_else(|| self.bad("lot_cost"));
        }
        let (parent, spun) = (transaction.price, transaction.counter_price);
        let parent = parent.ok_or_else(|| self.missing("cost_fraction"))?;
        let spun = spun.ok_or_else(|| self.missing("counter_price"))?;
        moved_cost_fraction(parent, spun, ratio.to, ratio.from).ok_or_else(|| self.bad("counter_price"))
    }

    /// New units for old ones: as stated, or what the received quantity makes of what is held.
    fn ratio_of_received(&self, held: Decimal) -> Result<Ratio, BookError> {
        match (self.transaction.ratio, self.transaction.quantity) {
            (Some(ratio), _) => Ok(ratio),
            (None, Some(received)) if !held.is_zero() && !received.is_zero() => {
                Ok(Ratio { from: held.abs(), to: received })
            }
            _ => Err(self.missing("ratio")),
        }
    }

    fn ratio(&self) -> Result<Ratio, BookError> {
        self.transaction.ratio.ok_or_else(|| self.missing("ratio"))
    }

    fn counter_security(&self) -> Result<Uuid, BookError> {
        let counter = self.transaction.counter_security_id.ok_or_else(|| self.missing("counter_security_id"))?;
        if counter == self.security_id { Err(self.bad("counter_security_id")) } else { Ok(counter) }
    }

    fn lots_of(&self, holding: Holding) -> Vec<usize> {
        self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values().copied()).collect()
    }

    /// Units held, less units owed.
    fn held(&self, holding: Holding) -> Decimal {
        self.lots_of(holding).into_iter().map(|at| self.chain.lots[at].quantity_open).sum()
    }

    fn note_idle(&mut self) -> Result<(), BookError> {
        if self.transaction.net_amount.is_zero() {
            self.chain.idle.push((self.on, self.seq));
            return Ok(());
        }
        Err(BookError::NothingHeld { seq: self.seq, kind: self.kind })
    }
}
