//! Purchases and sales, of what is held and of what is not.
//!
//! A sale closes what is held and, where the account may be short, opens a short lot with the rest; a purchase first
//! buys back what is owed. Proceeds and costs fall on the lots by quantity; the last part is what is left.

use money::Decimal;

use crate::arithmetic::{share, sum};
use crate::book_error::BookError;
use crate::lots::LotEventKind;
use crate::replay::booking::{Booking, NewLot, day_after};
use crate::replay::relief::Side;

impl Booking<'_> {
    pub(super) fn buy(&mut self) -> Result<(), BookError> {
        let quantity = self.quantity()?;
        let cost = sum(self.transaction.gross_amount, self.costs()?).ok_or_else(|| self.too_large("cost"))?;
        let owed = self.open_units(self.holding(), Side::Short).min(quantity);
        let left = self.close(Side::Short, owed, quantity, -cost)?;
        self.open(quantity - owed, -left)
    }

    pub(super) fn sell(&mut self) -> Result<(), BookError> {
        let quantity = self.quantity()?;
        let proceeds = sum(self.transaction.gross_amount, -self.costs()?).ok_or_else(|| self.too_large("proceeds"))?;
        if let Some((open, asked)) = self.lacking_in_choice() {
            self.oversell(self.account_id, open, asked);
            return Ok(());
        }
        let mut held = self.open_units(self.holding(), Side::Long);
        if quantity <= held {
            self.close(Side::Long, quantity, quantity, proceeds)?;
            return Ok(());
        }
        if self.rules.allow_short(self.account_id, self.on, self.place) {
            let left = self.close(Side::Long, held, quantity, proceeds)?;
            return self.open(held - quantity, -left);
        }
        held = self.oversell(self.account_id, held, quantity);
        self.close(Side::Long, held, quantity, proceeds).map(drop)
    }

    /// Closes units of a side with their share of an amount for `of` units; gives the rest of the amount.
    fn close(&mut self, side: Side, units: Decimal, of: Decimal, amount: Decimal) -> Result<Decimal, BookError> {
        if units.is_zero() {
            return Ok(amount);
        }
        let unit_amount = self.rate().ok().and_then(|rate| amount.checked_mul(rate)?.checked_div(of));
        let taken = self.take(self.holding(), side, units, unit_amount)?;
        let mut left = amount;
        let last = taken.len().saturating_sub(1);
        for (at, taken) in taken.into_iter().enumerate() {
            let is_rest = at == last && units == of;
            let part = if is_rest { Some(left) } else { share(amount, taken.quantity.abs(), of) };
            let part = part.ok_or_else(|| self.too_large("proceeds"))?;
            left -= part;
            self.dispose(&taken, part)?;
        }
        Ok(left)
    }

    /// Opens a lot; of negative quantity and cost where units are sold short.
    fn open(&mut self, quantity: Decimal, cost: Decimal) -> Result<(), BookError> {
        if quantity.is_zero() {
            return Ok(());
        }
        let lot = NewLot {
            account_id: self.account_id,
            security_id: self.security_id,
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
}
