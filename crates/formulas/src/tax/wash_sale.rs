//! Wash sales: a loss is not allowed as far as the same security is bought within 30 days before or after.
//!
//!   window: sale date − 30 … sale date + 30 calendar days, both included
//!   disallowed = loss per unit · units replaced; it is added to the basis of the replacement, whose holding period tacks
//!
//! Losses in the order of the sales (of one sale: in the order in which its lots go), replacements in the order of
//! purchase, unit by unit; each replacement unit is used once. What was bought before the sale counts only if it is
//! still there after it; the units sold are never their own replacement. A replacement in a retirement account: the loss
//! is lost for good, no basis changes (Rev. Rul. 2008-5). A retirement account's own losses are no losses. Gains never
//! wash. All accounts are one tax unit. A replacement that is later sold at a loss can wash again, with its higher basis.
//!
//! IRC 1091, 1223(3); Treas. Reg. 1.1091-1, -2; IRS Publication 550.

use crate::lots::{add, div, mul, share, total};
use crate::{Date, Undefined};
use ledger::{CostBasisMethod, Term};
use money::Decimal;

/// Bought or sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A purchase.
    Buy,
    /// A sale.
    Sell,
}

/// A trade in one security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// Trade date.
    pub date: Date,
    /// Bought or sold.
    pub side: Side,
    /// Units, above zero.
    pub quantity: Decimal,
    /// What was paid or received, net of costs.
    pub amount: Decimal,
    /// The account; any index.
    pub account: usize,
    /// For purchases of a known lot: its purchase date, where it is not the trade date.
    pub acquired: Option<Date>,
}

/// How sales relieve lots, and which accounts are what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WashSaleRules {
    /// Order in which a sale takes the lots of its account.
    pub method: CostBasisMethod,
    /// Days before and after.
    pub window_days: i64,
    /// Accounts whose gains and losses are not taxed.
    pub retirement: Vec<usize>,
}

/// One sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WashSale {
    /// Index of the trade.
    pub trade: usize,
    /// Trade date.
    pub date: Date,
    /// Proceeds less basis, with what earlier wash sales added to it.
    pub realised: Decimal,
    /// The part of the loss that is not allowed, above zero.
    pub disallowed: Decimal,
    /// Term; none where the sale has units of both.
    pub term: Option<Term>,
}

/// A lot that is still held, with what wash sales added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustedLot {
    /// Index of the trade that bought it.
    pub trade: usize,
    /// Purchase date.
    pub date: Date,
    /// Units still held.
    pub quantity: Decimal,
    /// Their basis.
    pub basis: Decimal,
    /// What of it came from disallowed losses.
    pub adjustment: Decimal,
    /// The account.
    pub account: usize,
    /// Days that the holding period was extended by, of the unit with the longest.
    pub tacked_days: i64,
}

/// Units of a loss with their replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WashMatch {
    /// Index of the sale's trade.
    pub sale: usize,
    /// Index of the purchase's trade.
    pub buy: usize,
    /// Units.
    pub quantity: Decimal,
    /// Loss that is not allowed.
    pub disallowed: Decimal,
    /// Whether it is lost for good.
    pub is_lost: bool,
    /// Days by which the holding period of the replacement begins earlier.
    pub tacked_days: i64,
}

/// Everything that follows from the trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WashSales {
    /// Sales in order of date.
    pub sales: Vec<WashSale>,
    /// Lots still held, in order of purchase.
    pub lots: Vec<AdjustedLot>,
    /// Losses that no basis takes over.
    pub permanently_lost: Decimal,
    /// Which units replace which.
    pub matches: Vec<WashMatch>,
}

/// Units of one purchase that share one history.
#[derive(Debug, Clone)]
struct Piece {
    buy: usize,
    date: Date,
    account: usize,
    quantity: Decimal,
    basis: Decimal,
    adjustment: Decimal,
    /// Date from which the holding period counts: the purchase, moved back by what it tacks.
    held_since: Date,
    is_used: bool,
}

/// Units sold at a loss that have no replacement yet.
#[derive(Debug, Clone)]
struct OpenLoss {
    sale: usize,
    date: Date,
    quantity: Decimal,
    loss_per_unit: Decimal,
    held_days: i64,
}

/// Works through trades in one security. Nothing (`Ok(None)`) where a sale takes more than its account holds.
pub fn wash_sale(trades: &[Trade], rules: &WashSaleRules) -> Result<Option<WashSales>, Undefined> {
    let mut order: Vec<usize> = (0..trades.len()).collect();
    // Stable: trades of one day keep their order.
    order.sort_by_key(|at| trades[*at].date);
    let mut run = Run { rules, pieces: Vec::new(), open: Vec::new(), sales: Vec::new(), matches: Vec::new() };
    for at in order {
        let trade = &trades[at];
        match trade.side {
            Side::Buy => run.buy(at, trade)?,
            Side::Sell => {
                if !run.sell(at, trade)? {
                    return Ok(None);
                }
            }
        }
    }
    run.finish().map(Some)
}

struct Run<'a> {
    rules: &'a WashSaleRules,
    pieces: Vec<Piece>,
    open: Vec<OpenLoss>,
    sales: Vec<WashSale>,
    matches: Vec<WashMatch>,
}

impl Run<'_> {
    fn buy(&mut self, at: usize, trade: &Trade) -> Result<(), Undefined> {
        let acquired = trade.acquired.unwrap_or(trade.date);
        self.pieces.push(Piece {
            buy: at,
            date: acquired,
            account: trade.account,
            quantity: trade.quantity,
            basis: trade.amount,
            adjustment: Decimal::ZERO,
            held_since: acquired,
            is_used: false,
        });
        if acquired == trade.date {
            self.replace()?;
        }
        Ok(())
    }

    /// Whether there was enough to sell.
    fn sell(&mut self, at: usize, trade: &Trade) -> Result<bool, Undefined> {
        let is_taxed = !self.rules.retirement.contains(&trade.account);
        let mut left = trade.quantity;
        let mut realised = Decimal::ZERO;
        let mut terms: Vec<Term> = Vec::new();
        for piece in self.in_order(trade)? {
            if left <= Decimal::ZERO {
                break;
            }
            let whole = self.pieces[piece].clone();
            let units = left.min(whole.quantity);
            left -= units;
            let basis = match self.rules.method {
                CostBasisMethod::Average => self.average_basis(trade.account, units)?,
                _ => share(whole.basis, units, whole.quantity)?,
            };
            let adjustment = share(whole.adjustment, units, whole.quantity)?;
            let proceeds = share(trade.amount, units, trade.quantity)?;
            let gain = add(proceeds, -basis)?;
            realised = add(realised, gain)?;
            terms.push(crate::lots::holding_period(whole.held_since, trade.date));
            if gain < Decimal::ZERO && is_taxed {
                self.open.push(OpenLoss {
                    sale: at,
                    date: trade.date,
                    quantity: units,
                    loss_per_unit: div(-gain, units, "quantity")?,
                    held_days: (trade.date - whole.held_since).num_days(),
                });
            }
            let piece = &mut self.pieces[piece];
            piece.quantity = add(piece.quantity, -units)?;
            piece.basis = add(piece.basis, -basis)?;
            piece.adjustment = add(piece.adjustment, -adjustment)?;
        }
        self.pieces.retain(|piece| !piece.quantity.is_zero());
        if left > Decimal::ZERO {
            return Ok(false);
        }
        let term = terms.first().copied().filter(|first| terms.iter().all(|term| term == first));
        self.sales.push(WashSale { trade: at, date: trade.date, realised, disallowed: Decimal::ZERO, term });
        self.replace()?;
        Ok(true)
    }

    /// Basis of units at the average of the account; moves basis between its pieces so that each has the average.
    fn average_basis(&mut self, account: usize, units: Decimal) -> Result<Decimal, Undefined> {
        let of_account = || self.pieces.iter().filter(|piece| piece.account == account);
        let quantity = total(of_account().map(|piece| piece.quantity))?;
        let basis = total(of_account().map(|piece| piece.basis))?;
        let mut left = basis;
        let last = self.pieces.iter().rposition(|piece| piece.account == account);
        for at in 0..self.pieces.len() {
            if self.pieces[at].account == account {
                let part = if Some(at) == last { left } else { share(basis, self.pieces[at].quantity, quantity)? };
                left = add(left, -part)?;
                self.pieces[at].basis = part;
            }
        }
        share(basis, units, quantity)
    }

    fn in_order(&self, trade: &Trade) -> Result<Vec<usize>, Undefined> {
        let mut order: Vec<usize> =
            (0..self.pieces.len()).filter(|at| self.pieces[*at].account == trade.account).collect();
        // Of one purchase the units that were used go first: their holding period is the older one.
        order.sort_by_key(|at| (self.pieces[*at].date, self.pieces[*at].buy, !self.pieces[*at].is_used));
        match self.rules.method {
            CostBasisMethod::Lifo => order.sort_by_key(|at| {
                let piece = &self.pieces[*at];
                std::cmp::Reverse((piece.date, piece.buy))
            }),
            CostBasisMethod::Hifo => {
                let unit = |at: usize| div(self.pieces[at].basis, self.pieces[at].quantity, "quantity");
                let mut keyed = Vec::with_capacity(order.len());
                for at in order {
                    keyed.push((unit(at)?, at));
                }
                keyed.sort_by_key(|(unit, _)| std::cmp::Reverse(*unit));
                return Ok(keyed.into_iter().map(|(_, at)| at).collect());
            }
            _ => {}
        }
        Ok(order)
    }

    /// Gives open losses the replacements that are there now.
    fn replace(&mut self) -> Result<(), Undefined> {
        let window = self.rules.window_days;
        let mut loss_at = 0;
        while loss_at < self.open.len() {
            let loss = self.open[loss_at].clone();
            let fits = |piece: &Piece| !piece.is_used && (piece.date - loss.date).num_days().abs() <= window;
            let mut candidates: Vec<usize> = (0..self.pieces.len()).filter(|at| fits(&self.pieces[*at])).collect();
            candidates.sort_by_key(|at| (self.pieces[*at].date, self.pieces[*at].buy));
            let Some(piece_at) = candidates.first().copied() else {
                loss_at += 1;
                continue;
            };
            self.match_units(loss_at, piece_at)?;
            if self.open[loss_at].quantity.is_zero() {
                self.open.remove(loss_at);
            }
        }
        Ok(())
    }

    fn match_units(&mut self, loss_at: usize, piece_at: usize) -> Result<(), Undefined> {
        let loss = self.open[loss_at].clone();
        let units = loss.quantity.min(self.pieces[piece_at].quantity);
        let disallowed = mul(loss.loss_per_unit, units)?;
        if units < self.pieces[piece_at].quantity {
            let rest = self.split_piece(piece_at, units)?;
            self.pieces.push(rest);
        }
        let is_lost = self.rules.retirement.contains(&self.pieces[piece_at].account);
        let piece = &mut self.pieces[piece_at];
        piece.is_used = true;
        if !is_lost {
            piece.basis = add(piece.basis, disallowed)?;
            piece.adjustment = add(piece.adjustment, disallowed)?;
            let since = piece.held_since.checked_sub_signed(chrono::TimeDelta::days(loss.held_days));
            piece.held_since = since.unwrap_or(piece.held_since);
        }
        let tacked_days = if is_lost { 0 } else { loss.held_days };
        let (sale, buy) = (loss.sale, piece.buy);
        self.matches.push(WashMatch { sale, buy, quantity: units, disallowed, is_lost, tacked_days });
        if let Some(sale) = self.sales.iter_mut().find(|sale| sale.trade == loss.sale) {
            sale.disallowed = add(sale.disallowed, disallowed)?;
        }
        self.open[loss_at].quantity = add(loss.quantity, -units)?;
        Ok(())
    }

    /// Leaves `units` in a piece; gives the rest.
    fn split_piece(&mut self, at: usize, units: Decimal) -> Result<Piece, Undefined> {
        let whole = self.pieces[at].clone();
        let basis = share(whole.basis, units, whole.quantity)?;
        let adjustment = share(whole.adjustment, units, whole.quantity)?;
        let piece = &mut self.pieces[at];
        (piece.quantity, piece.basis, piece.adjustment) = (units, basis, adjustment);
        Ok(Piece {
            quantity: add(whole.quantity, -units)?,
            basis: add(whole.basis, -basis)?,
            adjustment: add(whole.adjustment, -adjustment)?,
            ..whole
        })
    }

    fn finish(mut self) -> Result<WashSales, Undefined> {
        self.pieces.sort_by_key(|piece| (piece.date, piece.buy));
        let mut lots: Vec<AdjustedLot> = Vec::new();
        for piece in &self.pieces {
            let tacked_days = (piece.date - piece.held_since).num_days();
            match lots.last_mut().filter(|lot| lot.trade == piece.buy) {
                Some(lot) => {
                    lot.quantity = add(lot.quantity, piece.quantity)?;
                    lot.basis = add(lot.basis, piece.basis)?;
                    lot.adjustment = add(lot.adjustment, piece.adjustment)?;
                    lot.tacked_days = lot.tacked_days.max(tacked_days);
                }
                None => lots.push(AdjustedLot {
                    trade: piece.buy,
                    date: piece.date,
                    quantity: piece.quantity,
                    basis: piece.basis,
                    adjustment: piece.adjustment,
                    account: piece.account,
                    tacked_days,
                }),
            }
        }
        let lost = self.matches.iter().filter(|found| found.is_lost).map(|found| found.disallowed);
        Ok(WashSales { permanently_lost: total(lost)?, sales: self.sales, lots, matches: self.matches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(date: &str, side: Side, quantity: i64, amount: i64, account: usize) -> Trade {
        let (quantity, amount) = (quantity.into(), amount.into());
        Trade { date: date.parse().unwrap(), side, quantity, amount, account, acquired: None }
    }

    fn run(trades: &[Trade]) -> WashSales {
        let rules = WashSaleRules { method: CostBasisMethod::Fifo, window_days: 30, retirement: vec![9] };
        wash_sale(trades, &rules).unwrap().unwrap()
    }

    /// (realised, disallowed) of each sale, then (units, basis) of each lot.
    type Shown = (Vec<(i64, i64)>, Vec<(i64, i64)>);

    fn shown(found: &WashSales) -> Shown {
        let whole = |value: Decimal| i64::try_from(value.round()).unwrap();
        (
            found.sales.iter().map(|sale| (whole(sale.realised), whole(sale.disallowed))).collect(),
            found.lots.iter().map(|lot| (whole(lot.quantity), whole(lot.basis))).collect(),
        )
    }

    use Side::{Buy, Sell};

    #[test]
    fn half_of_the_units_are_replaced() {
        let found = run(&[
            trade("2022-02-01", Buy, 40, 4000, 0),
            trade("2022-09-01", Sell, 40, 3200, 0),
            trade("2022-09-15", Buy, 20, 1500, 0),
        ]);
        assert_eq!(shown(&found), (vec![(-800, 400)], vec![(20, 1900)]));
        assert_eq!(found.sales[0].term, Some(Term::Short));
        assert_eq!(found.lots[0].tacked_days, 212);
    }

    #[test]
    fn the_regulations_example_of_purchases_before_the_sale() {
        // Treas. Reg. 1.1091-1(h), example 2: 75 of 100 units are replaced by purchases of 50 and 25 before the sale.
        let found = run(&[
            trade("1954-09-21", Buy, 100, 5000, 0),
            trade("1954-12-21", Buy, 50, 2750, 0),
            trade("1954-12-26", Buy, 25, 1125, 0),
            trade("1955-01-03", Sell, 100, 4000, 0),
        ]);
        assert_eq!(shown(&found), (vec![(-1000, 750)], vec![(50, 3250), (25, 1375)]));
    }

    #[test]
    fn publication_550_example_of_a_whole_replacement() {
        // 100 shares bought for 1,000, sold for 750, bought again for 800 within 30 days: basis 1,050.
        let found = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-06-01", Sell, 100, 750, 0),
            trade("2021-06-20", Buy, 100, 800, 0),
        ]);
        assert_eq!(shown(&found), (vec![(-250, 250)], vec![(100, 1050)]));
    }

    #[test]
    fn the_window_ends_on_the_thirtieth_day() {
        for (again, disallowed) in [("2021-07-01", 250), ("2021-07-02", 0)] {
            let found = run(&[
                trade("2021-01-04", Buy, 100, 1000, 0),
                trade("2021-06-01", Sell, 100, 750, 0),
                trade(again, Buy, 100, 800, 0),
            ]);
            assert_eq!(shown(&found).0, [(-250, disallowed)], "{again}");
        }
    }

    #[test]
    fn units_bought_and_sold_are_not_their_own_replacement_but_the_rest_of_a_lot_is() {
        let none_left = run(&[trade("2021-06-01", Buy, 100, 1000, 0), trade("2021-06-10", Sell, 100, 750, 0)]);
        assert_eq!(shown(&none_left), (vec![(-250, 0)], vec![]));
        let rest = run(&[trade("2021-06-01", Buy, 100, 1000, 0), trade("2021-06-10", Sell, 40, 300, 0)]);
        assert_eq!(shown(&rest), (vec![(-100, 100)], vec![(60, 700)]));
    }

    #[test]
    fn each_replacement_is_used_once_and_the_earlier_loss_has_it() {
        let found = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-06-01", Sell, 50, 400, 0),
            trade("2021-06-02", Sell, 50, 300, 0),
            trade("2021-06-10", Buy, 60, 480, 0),
        ]);
        // 100 for the first sale; 10 of the 50 units of the second at a loss of 4 each.
        assert_eq!(shown(&found), (vec![(-100, 100), (-200, 40)], vec![(60, 620)]));
    }

    #[test]
    fn chains_carry_the_loss_on() {
        let found = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-06-01", Sell, 100, 750, 0),
            trade("2021-06-10", Buy, 100, 800, 0),
            trade("2021-06-20", Sell, 100, 700, 0),
            trade("2021-07-01", Buy, 100, 650, 0),
        ]);
        assert_eq!(shown(&found), (vec![(-250, 250), (-350, 350)], vec![(100, 1000)]));
        // The holding period reaches back through both.
        assert_eq!(found.lots[0].tacked_days, 148 + 10);
    }

    #[test]
    fn a_retirement_account_loses_the_loss_and_other_accounts_count() {
        let in_ira = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-06-01", Sell, 100, 750, 0),
            trade("2021-06-10", Buy, 40, 320, 9),
            trade("2021-06-11", Buy, 100, 800, 1),
        ]);
        assert_eq!(shown(&in_ira), (vec![(-250, 250)], vec![(40, 320), (100, 950)]));
        assert_eq!(in_ira.permanently_lost, 100.into());
        let losses_of_ira = run(&[
            trade("2021-01-04", Buy, 100, 1000, 9),
            trade("2021-06-01", Sell, 100, 750, 9),
            trade("2021-06-10", Buy, 100, 800, 0),
        ]);
        assert_eq!(shown(&losses_of_ira), (vec![(-250, 0)], vec![(100, 800)]));
    }

    #[test]
    fn gains_never_wash_and_an_oversale_has_no_answer() {
        let gain = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-06-01", Sell, 100, 1250, 0),
            trade("2021-06-10", Buy, 100, 800, 0),
        ]);
        assert_eq!(shown(&gain), (vec![(250, 0)], vec![(100, 800)]));
        let rules = WashSaleRules { method: CostBasisMethod::Fifo, window_days: 30, retirement: vec![] };
        assert_eq!(wash_sale(&[trade("2021-01-04", Sell, 1, 1, 0)], &rules), Ok(None));
    }

    #[test]
    fn nothing_is_lost_but_what_is_said_to_be() {
        let found = run(&[
            trade("2021-01-04", Buy, 100, 1000, 0),
            trade("2021-05-20", Buy, 30, 270, 1),
            trade("2021-06-01", Sell, 70, 480, 0),
            trade("2021-06-05", Buy, 25, 180, 9),
            trade("2021-06-09", Buy, 90, 610, 0),
            trade("2021-06-20", Sell, 60, 400, 0),
        ]);
        let realised: Decimal = found.sales.iter().map(|sale| sale.realised).sum();
        let basis: Decimal = found.lots.iter().map(|lot| lot.basis).sum();
        let disallowed: Decimal = found.sales.iter().map(|sale| sale.disallowed).sum();
        // What is paid less what is received = what is held − (gains + losses added back to basis).
        let paid = Decimal::from(1000 + 270 + 180 + 610 - 480 - 400);
        assert_eq!((basis - realised - (disallowed - found.permanently_lost) - paid).round_dp(9), Decimal::ZERO);
    }
}
