//! Wash sales of books: the rule laid over what the ledgers of one tax unit say.
//!
//! Books are not changed: what is disallowed, and what it adds to which lot, is computed from them anew, so that a later
//! purchase within 30 days shows in the sale that it touches. Lots are those that the books relieved; a sale is open
//! until its window has passed. Amounts are in base currency at trade-date rates. Transfers inside of the tax unit are
//! no purchases; splits rescale what is compared.
//!
//! IRC 1091; IRS Publication 550.

use std::collections::HashMap;

use crate::lots::{add, div, mul, total};
use crate::{Date, Undefined};
use ledger::{Book, LotEventKind, Term};
use money::Decimal;
use uuid::Uuid;

/// Days before and after.
pub const WINDOW_DAYS: i64 = 30;

/// An account of the tax unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxUnitAccount {
    /// The account.
    pub account_id: Uuid,
    /// Whether its gains and losses are not taxed: a loss replaced there is lost for good.
    pub is_retirement: bool,
}

/// A lot that replaces units sold at a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The lot.
    pub lot_id: Uuid,
    /// Its account.
    pub account_id: Uuid,
    /// Its purchase date.
    pub acquired: Date,
    /// Units of the loss that it replaces, in units of the sale's day.
    pub quantity: Decimal,
    /// What is added to its basis; nothing in a retirement account.
    pub basis_adjustment: Decimal,
    /// Days by which its holding period begins earlier.
    pub tacked_days: i64,
}

/// A sale at a loss that is not allowed in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookWashSale {
    /// Book in which it was sold: index in the list.
    pub book: usize,
    /// Entry of the sale.
    pub seq: u64,
    /// The lot sold.
    pub lot_id: Uuid,
    /// The security.
    pub security_id: Uuid,
    /// Trade date.
    pub sale_date: Date,
    /// Units sold of the lot.
    pub quantity: Decimal,
    /// The loss, above zero, with what earlier wash sales added to the basis.
    pub loss: Decimal,
    /// The part that is not allowed.
    pub disallowed: Decimal,
    /// Of it, what is lost for good.
    pub permanently_lost: Decimal,
    /// What replaces the units.
    pub replacements: Vec<Replacement>,
    /// Term with what the holding period tacks.
    pub term: Term,
}

/// All wash sales of a tax unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookWashSales {
    /// Sales, in order of date.
    pub sales: Vec<BookWashSale>,
    /// What wash sales added to the basis of lots that are still open, by lot.
    pub adjustments: HashMap<Uuid, Decimal>,
    /// Gain of each disposal after what wash sales added to the basis, where it differs from the books: (entry, lot).
    pub adjusted_gains: HashMap<(u64, Uuid), Decimal>,
}

/// Something that happened to units of a security, in order.
struct Happening {
    day: Date,
    seq: u64,
    part: u32,
    book: usize,
    what: What,
}

enum What {
    Bought { lot: Uuid, units: Decimal },
    Sold { lot: Uuid, units: Decimal, gain: Decimal },
    Moved { from: Uuid, to: Uuid, units: Decimal },
    Left { lot: Uuid, units: Decimal },
    Rescaled { lot: Uuid, factor: Decimal },
}

/// Units of one lot with one history of washing.
#[derive(Clone)]
struct Piece {
    lot: Uuid,
    account_id: Uuid,
    is_retirement: bool,
    acquired: Date,
    held_since: Date,
    units: Decimal,
    adjustment: Decimal,
    /// Whether it may replace, or replace again: bought, and not used yet.
    is_free: bool,
}

struct OpenLoss {
    sale: usize,
    day: Date,
    units: Decimal,
    loss_per_unit: Decimal,
    held_days: i64,
}

/// Wash sales of a tax unit's books, which share no account. Accounts that are not listed belong to somebody else.
pub fn wash_sales_of_book(books: &[&Book], accounts: &[TaxUnitAccount]) -> Result<BookWashSales, Undefined> {
    let mut found = BookWashSales::default();
    let mut by_security: std::collections::BTreeMap<Uuid, Vec<Happening>> = Default::default();
    let mut lots: HashMap<Uuid, (&ledger::Lot, bool)> = HashMap::new();
    for (index, book) in books.iter().enumerate() {
        for lot in book.lots() {
            if let Some(account) = accounts.iter().find(|account| account.account_id == lot.account_id) {
                lots.insert(lot.id, (lot, account.is_retirement));
            }
        }
        for (security, happening) in happenings_of(book, index, &lots) {
            by_security.entry(security).or_default().push(happening);
        }
    }
    for (security_id, mut happenings) in by_security {
        happenings.sort_by_key(|happening| (happening.day, happening.book, happening.seq, happening.part));
        Run { security_id, lots: &lots, pieces: Vec::new(), open: Vec::new(), found: &mut found }.all(happenings)?;
    }
    found.sales.retain(|sale| !sale.disallowed.is_zero());
    found.sales.sort_by_key(|sale| (sale.sale_date, sale.book, sale.seq));
    Ok(found)
}

fn happenings_of(book: &Book, index: usize, lots: &HashMap<Uuid, (&ledger::Lot, bool)>) -> Vec<(Uuid, Happening)> {
    let mut happenings = Vec::new();
    let mut moved_from: Option<(u64, Uuid, Decimal)> = None;
    for event in book.lot_events() {
        let Some((lot, _)) = lots.get(&event.lot_id) else { continue };
        if lot.is_short() {
            continue;
        }
        let what = match event.kind {
            LotEventKind::Open => What::Bought { lot: lot.id, units: event.quantity_delta },
            LotEventKind::Dispose if event.quantity_delta.is_zero() => continue,
            LotEventKind::Dispose => {
                let Some(gain) = event.realized else { continue };
                What::Sold { lot: lot.id, units: -event.quantity_delta, gain: gain.total }
            }
            LotEventKind::TransferOut => {
                moved_from = Some((event.seq, lot.id, -event.quantity_delta));
                What::Left { lot: lot.id, units: -event.quantity_delta }
            }
            LotEventKind::TransferIn => match moved_from.take_if(|(seq, ..)| *seq == event.seq) {
                Some((_, from, units)) => {
                    // The units left and arrived by one entry: a move, not a departure.
                    happenings.pop();
                    What::Moved { from, to: lot.id, units }
                }
                // From elsewhere: the purchase was before, and not with us.
                None => What::Bought { lot: lot.id, units: event.quantity_delta },
            },
            LotEventKind::Split => match event.ratio {
                Some(ratio) => match ratio.to.checked_div(ratio.from) {
                    Some(factor) => What::Rescaled { lot: lot.id, factor },
                    None => continue,
                },
                None => continue,
            },
            LotEventKind::BasisChange => continue,
        };
        let happening = Happening { day: event.effective_on, seq: event.seq, part: event.part, book: index, what };
        happenings.push((lot.security_id, happening));
    }
    happenings
}

struct Run<'a> {
    security_id: Uuid,
    lots: &'a HashMap<Uuid, (&'a ledger::Lot, bool)>,
    pieces: Vec<Piece>,
    open: Vec<OpenLoss>,
    found: &'a mut BookWashSales,
}

impl Run<'_> {
    fn all(&mut self, happenings: Vec<Happening>) -> Result<(), Undefined> {
        for happening in happenings {
            match happening.what {
                What::Bought { lot, units } => self.bought(lot, units, happening.day)?,
                What::Sold { lot, units, gain } => {
                    self.sold(lot, units, gain, happening.day, happening.seq, happening.book)?;
                }
                What::Moved { from, to, units } => self.moved(from, to, units)?,
                What::Left { lot, units } => self.take(lot, units).map(drop)?,
                What::Rescaled { lot, factor } => {
                    for piece in self.pieces.iter_mut().filter(|piece| piece.lot == lot) {
                        piece.units = mul(piece.units, factor)?;
                    }
                }
            }
        }
        for piece in self.pieces.iter().filter(|piece| !piece.adjustment.is_zero()) {
            let sum = self.found.adjustments.entry(piece.lot).or_default();
            *sum = add(*sum, piece.adjustment)?;
        }
        Ok(())
    }

    fn bought(&mut self, id: Uuid, units: Decimal, day: Date) -> Result<(), Undefined> {
        let Some(&(lot, is_retirement)) = self.lots.get(&id) else { return Ok(()) };
        let opened = lot.holding_started_on.pred_opt().unwrap_or(lot.holding_started_on);
        self.pieces.push(Piece {
            lot: id,
            account_id: lot.account_id,
            is_retirement,
            acquired: lot.acquired_on,
            held_since: opened,
            units,
            adjustment: Decimal::ZERO,
            is_free: lot.acquired_on == day,
        });
        self.replace()
    }

    fn sold(
        &mut self,
        id: Uuid,
        units: Decimal,
        gain: Decimal,
        day: Date,
        seq: u64,
        book: usize,
    ) -> Result<(), Undefined> {
        let Some(&(_, is_retirement)) = self.lots.get(&id) else { return Ok(()) };
        let taken = self.take(id, units)?;
        let adjustment = total(taken.iter().map(|piece| piece.adjustment))?;
        let gain = add(gain, -adjustment)?;
        if !adjustment.is_zero() {
            self.found.adjusted_gains.insert((seq, id), gain);
        }
        if gain < Decimal::ZERO && !is_retirement {
            let held_since = taken.iter().map(|piece| piece.held_since).min().unwrap_or(day);
            let sale = self.found.sales.len();
            self.found.sales.push(BookWashSale {
                book,
                seq,
                lot_id: id,
                security_id: self.security_id,
                sale_date: day,
                quantity: units,
                loss: -gain,
                disallowed: Decimal::ZERO,
                permanently_lost: Decimal::ZERO,
                replacements: Vec::new(),
                term: crate::lots::holding_period(held_since, day),
            });
            let loss_per_unit = div(-gain, units, "quantity")?;
            self.open.push(OpenLoss { sale, day, units, loss_per_unit, held_days: (day - held_since).num_days() });
        }
        self.replace()
    }

    fn moved(&mut self, from: Uuid, to: Uuid, units: Decimal) -> Result<(), Undefined> {
        let Some(&(lot, is_retirement)) = self.lots.get(&to) else { return Ok(()) };
        for piece in self.take(from, units)? {
            self.pieces.push(Piece { lot: to, account_id: lot.account_id, is_retirement, ..piece });
        }
        Ok(())
    }

    /// Takes units of a lot; those that were used already go first.
    fn take(&mut self, lot: Uuid, units: Decimal) -> Result<Vec<Piece>, Undefined> {
        let mut order: Vec<usize> = (0..self.pieces.len()).filter(|at| self.pieces[*at].lot == lot).collect();
        order.sort_by_key(|at| self.pieces[*at].is_free);
        let mut left = units;
        let mut taken = Vec::new();
        for at in order {
            let part = left.min(self.pieces[at].units);
            if part <= Decimal::ZERO {
                continue;
            }
            left -= part;
            let piece = &mut self.pieces[at];
            let adjustment = crate::lots::share(piece.adjustment, part, piece.units)?;
            taken.push(Piece { units: part, adjustment, ..piece.clone() });
            piece.units = add(piece.units, -part)?;
            piece.adjustment = add(piece.adjustment, -adjustment)?;
        }
        self.pieces.retain(|piece| !piece.units.is_zero());
        Ok(taken)
    }

    fn replace(&mut self) -> Result<(), Undefined> {
        let mut at = 0;
        while at < self.open.len() {
            let day = self.open[at].day;
            let fits = |piece: &Piece| piece.is_free && (piece.acquired - day).num_days().abs() <= WINDOW_DAYS;
            let free = self.pieces.iter().enumerate().filter(|(_, piece)| fits(piece));
            let Some(piece) = free.min_by_key(|(at, piece)| (piece.acquired, *at)).map(|(at, _)| at) else {
                at += 1;
                continue;
            };
            self.match_units(at, piece)?;
            if self.open[at].units.is_zero() {
                self.open.remove(at);
            }
        }
        Ok(())
    }

    fn match_units(&mut self, loss_at: usize, piece_at: usize) -> Result<(), Undefined> {
        let loss = &self.open[loss_at];
        let units = loss.units.min(self.pieces[piece_at].units);
        let disallowed = mul(loss.loss_per_unit, units)?;
        if units < self.pieces[piece_at].units {
            let rest = Piece { units: add(self.pieces[piece_at].units, -units)?, ..self.pieces[piece_at].clone() };
            self.pieces[piece_at].units = units;
            self.pieces.push(rest);
        }
        let piece = &mut self.pieces[piece_at];
        piece.is_free = false;
        let (basis_adjustment, tacked_days) = if piece.is_retirement {
            (Decimal::ZERO, 0)
        } else {
            piece.adjustment = add(piece.adjustment, disallowed)?;
            let since = piece.held_since.checked_sub_signed(chrono::TimeDelta::days(loss.held_days));
            piece.held_since = since.unwrap_or(piece.held_since);
            (disallowed, loss.held_days)
        };
        let sale = &mut self.found.sales[loss.sale];
        sale.disallowed = add(sale.disallowed, disallowed)?;
        sale.permanently_lost = add(sale.permanently_lost, disallowed - basis_adjustment)?;
        sale.replacements.push(Replacement {
            lot_id: piece.lot,
            account_id: piece.account_id,
            acquired: piece.acquired,
            quantity: units,
            basis_adjustment,
            tacked_days,
        });
        self.open[loss_at].units = add(self.open[loss_at].units, -units)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::{Draft, Entry, Kind, NewEntry, Resolver};
    use money::Currency;

    struct Dollars;

    impl Resolver for Dollars {
        fn base_currency(&self) -> Currency {
            Currency::USD
        }

        fn fx(&self, _: Currency, _: Date) -> Option<Decimal> {
            None
        }
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn trade(kind: Kind, account: u128, date: &str, quantity: i64, price: i64) -> Draft {
        let mut draft = Draft::new(kind, id(account), date.parse().unwrap(), Currency::USD);
        draft.security_id = Some(id(100));
        draft.quantity = Some(quantity.into());
        draft.price = Some(price.into());
        draft
    }

    fn book(drafts: &[Draft]) -> Book {
        let opening = NewEntry::setting("base_currency", "USD".into(), "2020-01-01".parse().unwrap());
        let all = std::iter::once(opening).chain(drafts.iter().map(|draft| draft.complete(&Dollars).unwrap()));
        let numbered = all
            .zip(1..)
            .map(|(entry, seq)| entry.numbered(seq, id(1_000 + u128::from(seq)), chrono::DateTime::UNIX_EPOCH));
        Book::replay(id(1), &numbered.collect::<Vec<Entry>>()).unwrap()
    }

    fn wash(book: &Book) -> BookWashSales {
        let account = |number, is_retirement| TaxUnitAccount { account_id: id(number), is_retirement };
        wash_sales_of_book(&[book], &[account(11, false), account(12, false), account(13, true)]).unwrap()
    }

    #[test]
    fn the_overlay_agrees_with_the_rule_across_accounts() {
        let book = book(&[
            trade(Kind::Buy, 11, "2021-01-04", 100, 10),
            trade(Kind::Sell, 11, "2021-06-01", 100, 7),
            trade(Kind::Buy, 13, "2021-06-05", 30, 7),
            trade(Kind::Buy, 12, "2021-06-10", 50, 8),
        ]);
        let found = wash(&book);
        let sale = &found.sales[0];
        assert_eq!((sale.loss, sale.disallowed, sale.permanently_lost), (300.into(), 240.into(), 90.into()));
        assert_eq!(sale.replacements.iter().map(|r| r.tacked_days).collect::<Vec<_>>(), [0, 148]);
        let held = book.open_lots(id(12), id(100)).next().unwrap();
        assert_eq!(found.adjustments.get(&held.id), Some(&Decimal::from(150)));
        // Somebody else's account replaces nothing.
        let only = [TaxUnitAccount { account_id: id(11), is_retirement: false }];
        assert_eq!(wash_sales_of_book(&[&book], &only).unwrap(), BookWashSales::default());
    }

    #[test]
    fn splits_and_moves_between_accounts_are_no_purchases() {
        let mut split = Draft::new(Kind::Split, id(11), "2021-06-05".parse().unwrap(), Currency::USD);
        split.security_id = Some(id(100));
        split.ratio = ledger::Ratio::parse("2:1");
        let mut moved = trade(Kind::TransferOut, 11, "2021-06-06", 50, 7);
        moved.counter_account_id = Some(id(12));
        let found = wash(&book(&[
            trade(Kind::Buy, 11, "2021-01-04", 100, 10),
            trade(Kind::Sell, 11, "2021-06-01", 50, 7),
            split,
            moved,
        ]));
        assert_eq!(found, BookWashSales::default());
    }

    #[test]
    fn a_replacement_that_is_sold_carries_its_loss_on() {
        let found = wash(&book(&[
            trade(Kind::Buy, 11, "2021-01-04", 100, 10),
            trade(Kind::Sell, 11, "2021-06-01", 100, 7),
            trade(Kind::Buy, 11, "2021-06-10", 100, 8),
            trade(Kind::Sell, 11, "2021-08-20", 100, 9),
        ]));
        assert_eq!(found.sales.len(), 1);
        // 900 − (800 + 300): the book says a gain of 100.
        assert_eq!(found.adjusted_gains.values().copied().collect::<Vec<_>>(), [Decimal::from(-200)]);
        assert!(found.adjustments.is_empty());
    }
}
