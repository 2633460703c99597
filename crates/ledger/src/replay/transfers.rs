//! Lots that move: in from elsewhere, out to elsewhere, between the accounts of the portfolio.
//!
//! Invariant: a move realizes no gain; date, cost and rate of the purchase follow the units.

use money::Decimal;

use crate::book_error::BookError;
use crate::kind::Kind;
use crate::lots::LotEventKind;
use crate::replay::booking::{Booking, NewLot, Taken, day_after};
use crate::replay::relief::Side;

impl Booking<'_> {
    pub(super) fn transfer(&mut self) -> Result<(), BookError> {
        let quantity = self.quantity()?;
        let is_in = self.kind == Kind::TransferIn;
        let Some(counter) = self.transaction.counter_account_id else {
            if is_in {
                return self.open_transferred_lot(quantity);
            }
            for taken in self.take_to_move(self.account_id, quantity)? {
                let event = self.event(&taken, LotEventKind::TransferOut);
                self.record(taken.lot, event);
            }
            return Ok(());
        };
        let (from, to) = if is_in { (counter, self.account_id) } else { (self.account_id, counter) };
        for taken in self.take_to_move(from, quantity)? {
            let event = self.event(&taken, LotEventKind::TransferOut);
            self.record(taken.lot, event);
            let old = &self.chain.lots[taken.lot];
            let lot = NewLot {
                account_id: to,
                security_id: self.security_id,
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
        Ok(())
    }

    fn take_to_move(&mut self, from: uuid::Uuid, quantity: Decimal) -> Result<Vec<Taken>, BookError> {
        if let Some((open, asked)) = self.lacking_in_choice() {
            self.oversell(from, open, asked);
            return Ok(Vec::new());
        }
        let holding = (from, self.security_id);
        let open = self.open_units(holding, Side::Long);
        let units = if open < quantity { self.oversell(from, open, quantity) } else { quantity };
        if units.is_zero() { Ok(Vec::new()) } else { self.take(holding, Side::Long, units, None) }
    }

    fn open_transferred_lot(&mut self, quantity: Decimal) -> Result<(), BookError> {
        let acquired_on = self.transaction.lot_date.ok_or_else(|| self.missing("lot_date"))?;
        if acquired_on > self.on {
            return Err(self.bad("lot_date"));
        }
        let currency = self.transaction.currency;
        let is_base = currency == self.rules.base_currency;
        let rate = if is_base { Some(Decimal::ONE) } else { self.transaction.lot_fx_rate };
        let lot = NewLot {
            account_id: self.account_id,
            security_id: self.security_id,
            acquired_on,
            holding_started_on: day_after(acquired_on),
            quantity,
            cost: self.transaction.lot_cost.ok_or_else(|| self.missing("lot_cost"))?,
            cost_currency: currency,
            fx_rate_to_base: rate.ok_or(BookError::MissingRate { seq: self.seq, currency })?,
            order: None,
            event: LotEventKind::TransferIn,
        };
        self.open_lot(lot).map(drop)
    }
}
