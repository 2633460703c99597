//! Which lots a disposal takes, and what they cost.
//!
//! Invariant: the quantities taken add up to the quantity asked for; the cost of a part of a lot is pro rata, that of
//! its last units is what is left. Pooling moves cost between lots and changes no sum.

use money::{Decimal, round_to};
use uuid::Uuid;

use crate::arithmetic::{RATE_DECIMALS, product, share, sum};
use crate::book_error::BookError;
use crate::lots::{CostBasisMethod, Lot, LotEvent, LotEventKind, Term};
use crate::replay::booking::{Booking, Taken};
use crate::replay::chain::Holding;
use crate::replay::rules::TaxRates;

/// Differences of pooled cost below this are what rounding left, not cost to move.
fn pool_tolerance() -> Decimal {
    Decimal::new(1, 8)
}

/// The two sides of a holding; each has its own lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Held.
    Long,
    /// Owed.
    Short,
}

impl Side {
    fn has(self, lot: &Lot) -> bool {
        lot.is_short() == (self == Side::Short)
    }
}

impl Booking<'_> {
    /// Units open on a side, without sign.
    pub(super) fn open_units(&self, holding: Holding, side: Side) -> Decimal {
        let lots = self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values());
        let lots = lots.map(|at| &self.chain.lots[*at]).filter(|lot| side.has(lot));
        lots.map(|lot| lot.quantity_open.abs()).sum()
    }

    /// The method of this transaction in an account.
    pub(super) fn method(&self, account_id: Uuid) -> CostBasisMethod {
        let of_rules = self.rules.method(account_id, self.on, self.place);
        match self.rules.options.cost_basis_method {
            Some(method) => method,
            None if !self.transaction.lots.is_empty() => CostBasisMethod::Specific,
            None => self.transaction.lot_method.unwrap_or(of_rules),
        }
    }

    /// Takes units (without sign) of a side; `quantity` must be open. `unit_proceeds`: base currency per unit, for
    /// methods that look at the gain.
    pub(super) fn take(
        &mut self,
        holding: Holding,
        side: Side,
        quantity: Decimal,
        unit_proceeds: Option<Decimal>,
    ) -> Result<Vec<Taken>, BookError> {
        let method = self.method(holding.0);
        let is_chosen = method == CostBasisMethod::Specific
            && !self.transaction.lots.is_empty()
            && self.rules.options.cost_basis_method.is_none();
        if is_chosen && side == Side::Long {
            return self.take_chosen(holding, quantity);
        }
        if method == CostBasisMethod::Average {
            self.pool(holding, side)?;
        }
        let mut wanted = Vec::new();
        let mut left = quantity;
        for at in self.in_order(holding, side, method, unit_proceeds) {
            if left.is_zero() {
                break;
            }
            let take = left.min(self.chain.lots[at].quantity_open.abs());
            left -= take;
            wanted.push((at, take));
        }
        self.with_cost(wanted)
    }

    fn take_chosen(&mut self, holding: Holding, quantity: Decimal) -> Result<Vec<Taken>, BookError> {
        let seq = self.seq;
        let chosen = &self.transaction.lots;
        let total = chosen.iter().try_fold(Decimal::ZERO, |sum, lot| sum.checked_add(lot.quantity));
        if let Some(chosen) = total.filter(|total| *total != quantity) {
            return Err(BookError::LotsMismatch { seq, chosen, quantity });
        }
        let mut wanted: Vec<(usize, Decimal)> = Vec::new();
        for selection in chosen {
            let open = self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values());
            let mut open = open.copied().filter(|at| Side::Long.has(&self.chain.lots[*at]));
            let at = open.find(|at| self.chain.lots[*at].id == selection.lot_id);
            let at = at.ok_or(BookError::UnknownLot { seq, lot_id: selection.lot_id })?;
            if selection.quantity <= Decimal::ZERO || wanted.iter().any(|(other, _)| *other == at) {
                return Err(BookError::BadField { seq, field: "lots" });
            }
            wanted.push((at, selection.quantity));
        }
        self.with_cost(wanted)
    }

    /// What chosen lots lack: (units open in them, units asked of them), if they lack anything.
    pub(super) fn lacking_in_choice(&self) -> Option<(Decimal, Decimal)> {
        let is_overridden = self.rules.options.cost_basis_method.is_some();
        let chosen = self.transaction.lots.iter().filter(|_| !is_overridden);
        let lots = |id: Uuid| self.chain.lots.iter().find(|lot| lot.id == id).map(|lot| lot.quantity_open);
        let pairs: Vec<(Decimal, Decimal)> =
            chosen.map(|choice| (lots(choice.lot_id).unwrap_or(choice.quantity), choice.quantity)).collect();
        let is_lacking = pairs.iter().any(|(open, asked)| open < asked);
        let total = |pairs: &[(Decimal, Decimal)]| {
            pairs.iter().fold((Decimal::ZERO, Decimal::ZERO), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1))
        };
        is_lacking.then(|| total(&pairs))
    }

    fn with_cost(&self, wanted: Vec<(usize, Decimal)>) -> Result<Vec<Taken>, BookError> {
        let cost_of = |(at, take): (usize, Decimal)| {
            let lot = &self.chain.lots[at];
            let open = lot.quantity_open.abs();
            let cost = if take == open { Some(lot.cost_basis) } else { share(lot.cost_basis, take, open) };
            let quantity = if lot.is_short() { -take } else { take };
            cost.map(|cost| Taken { lot: at, quantity, cost }).ok_or_else(|| self.too_large("cost"))
        };
        wanted.into_iter().map(cost_of).collect()
    }

    /// Open lots of a side in the order in which a method takes them.
    fn in_order(
        &self,
        holding: Holding,
        side: Side,
        method: CostBasisMethod,
        unit_proceeds: Option<Decimal>,
    ) -> Vec<usize> {
        let open = self.chain.open.get(&holding).into_iter().flat_map(|lots| lots.values().copied());
        let mut lots: Vec<usize> = open.filter(|at| side.has(&self.chain.lots[*at])).collect();
        match (method, unit_proceeds) {
            (CostBasisMethod::Lifo, _) => lots.reverse(),
            (CostBasisMethod::Hifo, _) if side == Side::Long => self.highest_first(&mut lots),
            (CostBasisMethod::MinimumTax, Some(proceeds)) if side == Side::Long => {
                let rates = self.rules.tax_rates(holding.0, self.on, self.place);
                // Stable: ties stay older first.
                lots.sort_by_cached_key(|at| self.tax_key(&self.chain.lots[*at], proceeds, rates));
            }
            _ => {}
        }
        lots
    }

    /// By unit cost in the currency of the cost; in base currency where the lots have several.
    fn highest_first(&self, lots: &mut [usize]) {
        let lot = |at: usize| &self.chain.lots[at];
        let is_mixed = lots.windows(2).any(|pair| lot(pair[0]).cost_currency != lot(pair[1]).cost_currency);
        let unit_cost = |at: usize| {
            let lot = lot(at);
            let cost = if is_mixed { lot.cost_basis_base() } else { Some(lot.cost_basis) };
            cost.and_then(|cost| cost.checked_div(lot.quantity_open)).unwrap_or_default()
        };
        lots.sort_by_cached_key(|at| std::cmp::Reverse(unit_cost(*at)));
    }

    /// Lower is taken earlier: tax per unit, or class and gain per unit.
    fn tax_key(&self, lot: &Lot, unit_proceeds: Decimal, rates: Option<TaxRates>) -> (u8, Decimal) {
        let unit_cost = lot.cost_basis_base().and_then(|cost| cost.checked_div(lot.quantity_open)).unwrap_or_default();
        let gain = unit_proceeds - unit_cost;
        let term = Term::of(lot.holding_started_on, self.on);
        match (rates, term) {
            (Some(rates), Term::Short) => (0, gain.checked_mul(rates.short).unwrap_or(gain)),
            (Some(rates), Term::Long) => (0, gain.checked_mul(rates.long).unwrap_or(gain)),
            (None, Term::Short) if gain < Decimal::ZERO => (0, gain),
            (None, Term::Long) if gain < Decimal::ZERO => (1, gain),
            (None, Term::Long) => (2, gain),
            (None, Term::Short) => (3, gain),
        }
    }

    /// Gives all open lots of a side the same unit cost, currency by currency; the sums stay.
    fn pool(&mut self, holding: Holding, side: Side) -> Result<(), BookError> {
        let lots = self.in_order(holding, side, CostBasisMethod::Fifo, None);
        let mut currencies: Vec<_> = lots.iter().map(|at| self.chain.lots[*at].cost_currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        for currency in currencies {
            let pool: Vec<usize> =
                lots.iter().copied().filter(|at| self.chain.lots[*at].cost_currency == currency).collect();
            self.pool_one(&pool)?;
        }
        Ok(())
    }

    fn pool_one(&mut self, pool: &[usize]) -> Result<(), BookError> {
        let [first, rest @ ..] = pool else { return Ok(()) };
        if rest.is_empty() {
            return Ok(());
        }
        let lots = || pool.iter().map(|at| &self.chain.lots[*at]);
        let mut units = Decimal::ZERO;
        let mut cost = Decimal::ZERO;
        let mut cost_base = Decimal::ZERO;
        for lot in lots() {
            units += lot.quantity_open;
            cost = sum(cost, lot.cost_basis).ok_or_else(|| self.too_large("cost"))?;
            let base = lot.cost_basis_base().and_then(|base| sum(cost_base, base));
            cost_base = base.ok_or_else(|| self.too_large("cost"))?;
        }
        // The rate at which the pool's cost in base currency is what its lots cost.
        let has_one_rate = lots().all(|lot| lot.fx_rate_to_base == self.chain.lots[*first].fx_rate_to_base);
        let rate = if has_one_rate || cost.is_zero() {
            self.chain.lots[*first].fx_rate_to_base
        } else {
            let rate = cost_base.checked_div(cost).map(|rate| round_to(rate, RATE_DECIMALS).normalize());
            rate.filter(|rate| *rate > Decimal::ZERO).ok_or_else(|| self.too_large("rate"))?
        };
        let mut targets = Vec::with_capacity(pool.len());
        let mut left = cost;
        for (nth, at) in pool.iter().enumerate() {
            let lot = &self.chain.lots[*at];
            let target = if nth + 1 == pool.len() { Some(left) } else { share(cost, lot.quantity_open, units) };
            let target = target.ok_or_else(|| self.too_large("cost"))?;
            left -= target;
            targets.push(target);
        }
        let is_pooled = pool.iter().zip(&targets).all(|(at, target)| {
            let lot = &self.chain.lots[*at];
            (lot.cost_basis - target).abs() <= pool_tolerance() && lot.fx_rate_to_base == rate
        });
        if is_pooled {
            return Ok(());
        }
        for (at, target) in pool.iter().zip(targets) {
            let delta = target - self.chain.lots[*at].cost_basis;
            let taken = Taken { lot: *at, quantity: Decimal::ZERO, cost: -delta };
            product(target, rate).ok_or_else(|| self.too_large("cost"))?;
            let event = LotEvent { fx_rate_after: Some(rate), ..self.event(&taken, LotEventKind::BasisChange) };
            self.record(*at, event);
        }
        Ok(())
    }
}
