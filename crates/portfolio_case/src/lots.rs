//! Lots under the conventions of a case: what each purchase cost, what each sale consumed.
//!
//! Invariant: Σ cost of open lots + Σ cost of disposals = Σ cost of purchases, under every method and rounding; a
//! transfer changes neither cost nor dates.
//!
//! The product's own books (crate `ledger`) know one rounding, one order and one currency rule. A case chooses them, and
//! may start from a revaluation, so this is a smaller engine with those choices; the rule of holding periods is shared.

use dates::Date;

use crate::absent::Absent;
use crate::case::{Kind, NamedLot, Transaction};
use crate::context::{Context, show};
use crate::conventions::{FxDay, LongTerm, Method, Oversell, Product};
use crate::num::Num;

/// An amount with and without what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// With (purchases) or after (sales) fee and tax.
    pub total: Num,
    /// Before both.
    pub gross: Num,
    /// Fee.
    pub fee: Num,
    /// Tax.
    pub tax: Num,
}

impl Parts {
    /// Nothing.
    pub const ZERO: Parts = Parts { total: Num::ZERO, gross: Num::ZERO, fee: Num::ZERO, tax: Num::ZERO };

    /// The same amount with and without fees.
    pub fn plain(amount: Num) -> Parts {
        Parts { total: amount, gross: amount, ..Parts::ZERO }
    }

    /// The amount with fees and taxes as chosen.
    pub fn with(&self, fees: bool, taxes: bool) -> Num {
        // Charges raise what a purchase costs and lower what a sale brings; a rebate does the opposite.
        let lowers = (self.total - self.gross).is_negative() != (self.fee + self.tax).is_negative();
        let sign = if lowers { -Num::ONE } else { Num::ONE };
        match (fees, taxes) {
            (true, true) => self.total,
            (false, false) => self.gross,
            (true, false) => self.gross + sign * self.fee,
            (false, true) => self.gross + sign * self.tax,
        }
    }

    /// Each part through a function.
    pub fn map(self, each: impl Fn(Num) -> Num) -> Parts {
        Parts { total: each(self.total), gross: each(self.gross), fee: each(self.fee), tax: each(self.tax) }
    }

    /// Sum.
    pub fn plus(self, other: Parts) -> Parts {
        Parts {
            total: self.total + other.total,
            gross: self.gross + other.gross,
            fee: self.fee + other.fee,
            tax: self.tax + other.tax,
        }
    }

    /// Difference.
    pub fn minus(self, other: Parts) -> Parts {
        self.plus(other.map(|amount| -amount))
    }
}

/// Units bought (or sold short) together.
#[derive(Debug, Clone)]
pub struct Lot {
    /// n-th lot of the run, from 1.
    pub number: usize,
    /// Place of the transaction; none for opening lots.
    pub place: Option<usize>,
    /// Where.
    pub account: String,
    /// What.
    pub symbol: String,
    /// Acquired on.
    pub date: Date,
    /// Day whose rate was used for the cost.
    pub rate_date: Date,
    /// Open units; negative where sold short.
    pub quantity: Num,
    /// Cost (short: proceeds) of the open units in their own currency.
    pub local: Parts,
    /// The same in the currency of the run.
    pub cost: Parts,
    /// Their own currency.
    pub currency: String,
}

/// Units that left, with what they cost and brought.
#[derive(Debug, Clone)]
pub struct Disposal {
    /// n-th disposing transaction of the run, from 1.
    pub sale: usize,
    /// Its place.
    pub place: usize,
    /// The lot's number.
    pub lot: usize,
    /// Where.
    pub account: String,
    /// What.
    pub symbol: String,
    /// Acquired on.
    pub acquired: Date,
    /// Day whose rate was used for the cost.
    pub rate_date: Date,
    /// Left on.
    pub date: Date,
    /// Units, positive.
    pub quantity: Num,
    /// Cost in its own currency.
    pub local: Parts,
    /// Cost in the currency of the run.
    pub cost: Parts,
    /// Proceeds in the currency of the run.
    pub proceeds: Parts,
    /// Currency of the lot.
    pub currency: String,
    /// Whether it closed a short position: cost came after proceeds.
    pub short: bool,
}

/// Units sold that nobody had.
#[derive(Debug, Clone)]
pub struct Missing {
    /// Place of the sale.
    pub place: usize,
    /// n-th sale.
    pub sale: usize,
    /// What.
    pub symbol: String,
    /// Where.
    pub account: String,
    /// When.
    pub date: Date,
    /// Units.
    pub quantity: Num,
    /// What they brought.
    pub proceeds: Parts,
}

/// What a replay finds.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Open lots, oldest first.
    pub lots: Vec<Lot>,
    /// In booking order.
    pub disposals: Vec<Disposal>,
    /// Units that were sold and never acquired.
    pub missing: Vec<Missing>,
    /// Sales whose named lots are not one answer: place and reason.
    pub ambiguous: Vec<(usize, String)>,
    /// Disposing transactions so far.
    pub sales: usize,
    opened: usize,
}

/// What a replay is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Currency of cost and proceeds; none: each in its own.
    pub currency: Option<String>,
    /// Last day, inclusive.
    pub until: Date,
    /// Revalue what is held at the close of this day.
    pub from: Option<Date>,
    /// Cost method.
    pub method: Method,
    /// Stop before this place (booking order).
    pub before: Option<usize>,
    /// Let transfers be deliveries at their value: to one account alone they cross its boundary.
    pub transfers_are_deliveries: bool,
}

impl Context<'_> {
    /// The usual question: the conventions' method up to a day.
    pub fn ask(&self, currency: Option<&str>, until: Date) -> Ask {
        Ask {
            currency: currency.map(str::to_owned),
            until,
            from: None,
            method: self.conventions.method,
            before: None,
            transfers_are_deliveries: false,
        }
    }

    /// Replays the case.
    pub fn run(&self, ask: &Ask) -> Result<Run, Absent> {
        self.conventions.require("cost_method")?;
        self.conventions.require("fees_in_cost")?;
        self.conventions.require("rounding")?;
        self.conventions.require("oversell")?;
        let mut run = Run::default();
        for lot in &self.case.opening.lots {
            if lot.date > ask.until {
                continue;
            }
            let own = lot.currency.clone().or_else(|| self.instrument_currency(&lot.symbol)).unwrap_or_default();
            let target = ask.currency.clone().unwrap_or_else(|| own.clone());
            run.opened += 1;
            run.lots.push(Lot {
                number: run.opened,
                place: None,
                account: lot.account.clone(),
                symbol: lot.symbol.clone(),
                date: lot.date,
                rate_date: lot.date,
                quantity: lot.quantity,
                local: Parts::plain(lot.cost),
                cost: Parts::plain(self.convert(lot.cost, &own, &target, self.rate_day(lot.date, ask))?),
                currency: own,
            });
        }
        let mut revalued = ask.from.is_none();
        for t in self.transactions(ask.until) {
            if let Some(from) = ask.from
                && !revalued
                && t.date > from
            {
                self.revalue(&mut run, from, ask)?;
                revalued = true;
            }
            if ask.before == Some(t.place) {
                break;
            }
            self.apply(&mut run, t, ask)?;
        }
        if let (Some(from), false) = (ask.from, revalued) {
            self.revalue(&mut run, from, ask)?;
        }
        for lot in &run.lots {
            self.note(|| {
                format!(
                    "lot {}: {} {} of {} in account {:?}, cost {} ({} before fees and taxes) {}",
                    lot.number,
                    show(lot.quantity),
                    lot.symbol,
                    lot.date,
                    lot.account,
                    show(lot.cost.total),
                    show(lot.cost.gross),
                    ask.currency.as_deref().unwrap_or(&lot.currency),
                )
            });
        }
        for d in &run.disposals {
            self.note(|| {
                format!(
                    "transaction {} of {} took {} {} of lot {} ({}): cost {}, proceeds {}",
                    d.place,
                    d.date,
                    show(d.quantity),
                    d.symbol,
                    d.lot,
                    d.acquired,
                    show(d.cost.total),
                    show(d.proceeds.total),
                )
            });
        }
        Ok(run)
    }

    fn rate_day(&self, trade: Date, ask: &Ask) -> Date {
        match self.conventions.fx_day {
            FxDay::Trade => trade,
            FxDay::Valuation => ask.until,
        }
    }

    /// What a transaction amounts to in its own currency (the instrument's where the source had converted).
    pub fn local_parts(&self, t: &Transaction) -> Result<(Parts, String), Absent> {
        let (price, fee, tax, currency) = match &t.converted {
            Some((price, fee, currency)) => (*price, *fee, Num::ZERO, currency.clone()),
            None => (t.price, t.fee, t.tax, t.currency.clone()),
        };
        let booked = |amount: Num| self.conventions.booked(amount);
        let inward = t.kind.acquires();
        let charges = fee + tax;
        let symbol = t.symbol.as_deref().unwrap_or_default();
        if t.converted.is_none()
            && let Some(net) = t.net
        {
            let gross = if inward { net - charges } else { net + charges };
            return Ok((Parts { total: net, gross, fee, tax }, currency));
        }
        let gross = match (price, t.amount, t.foreign.as_ref().and_then(|f| f.own_gross), t.value) {
            (Some(price), ..) if !t.quantity.is_zero() || t.amount.is_none() => {
                booked(t.quantity * price * self.multiplier(symbol))
            }
            (_, Some(amount), ..) => amount,
            (_, _, Some(own), _) => own,
            (_, _, _, Some(value)) => value,
            _ => match t.foreign.as_ref().and_then(|f| Some(f.gross? * f.rate?)) {
                Some(gross) => booked(gross),
                // Nothing is said: what the units were worth, or no figure where no quote says it.
                None => self.worth(symbol, t.quantity, t.date, &currency).unwrap_or(Num(None)),
            },
        };
        let total = if inward { gross + charges } else { gross - charges };
        Ok((Parts { total, gross, fee, tax }, currency))
    }

    /// The same in another currency, at the transaction's own rate where it has one.
    pub fn parts_in(
        &self,
        t: &Transaction,
        parts: Parts,
        from: &str,
        to: &str,
        day: Option<Date>,
    ) -> Result<Parts, Absent> {
        if from == to {
            return Ok(parts);
        }
        let rate = match day {
            Some(day) if day != t.date => self.rate(from, to, day)?,
            _ => self.transaction_rate(t, from, to)?,
        };
        let mut converted = parts.map(|amount| self.conventions.booked(amount * rate));
        if let Some(foreign) = &t.foreign
            && foreign.currency == to
            && let Some(gross) = foreign.gross
        {
            converted.gross = gross;
        }
        Ok(converted)
    }

    /// The transaction's parts in the currency of a run.
    fn parts_of(&self, t: &Transaction, ask: &Ask) -> Result<(Parts, Parts, String), Absent> {
        let (local, own) = self.local_parts(t)?;
        let Some(target) = &ask.currency else { return Ok((local, local, own)) };
        let day = (self.conventions.fx_day == FxDay::Valuation).then_some(ask.until);
        Ok((local, self.parts_in(t, local, &own, target, day)?, own))
    }

    fn apply(&self, run: &mut Run, t: &Transaction, ask: &Ask) -> Result<(), Absent> {
        match t.kind {
            Kind::Buy | Kind::DeliveryIn => {
                let (local, cost, own) = self.parts_of(t, ask)?;
                self.acquire(run, t, local, cost, own)?;
            }
            Kind::Sell | Kind::DeliveryOut => {
                let (local, proceeds, own) = self.parts_of(t, ask)?;
                run.sales += 1;
                self.dispose(run, t, local, proceeds, own, ask)?;
            }
            Kind::Transfer if ask.transfers_are_deliveries => {
                let Some(target) = t.to_account.clone() else { return Ok(()) };
                let symbol = t.symbol.as_deref().unwrap_or_default();
                let value = match t.value {
                    Some(value) => value,
                    None => self.worth(symbol, t.quantity, t.date, &t.currency)?,
                };
                let leg = Transaction { price: None, net: None, amount: Some(value), ..t.clone() };
                self.apply(run, &Transaction { kind: Kind::DeliveryOut, ..leg.clone() }, ask)?;
                self.apply(run, &Transaction { kind: Kind::DeliveryIn, account: target, ..leg }, ask)?;
            }
            Kind::Transfer => self.transfer(run, t, ask),
            Kind::Split => {
                let Some((new, old)) = t.ratio else { return Ok(()) };
                let symbol = t.symbol.as_deref();
                for lot in run.lots.iter_mut().filter(|lot| Some(lot.symbol.as_str()) == symbol) {
                    // Quantities of a later unit were brought to the unit of their own day, so all scale alike.
                    lot.quantity = lot.quantity * new / old;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Units of a transaction in those of its own place in the order.
    pub fn units(&self, t: &Transaction) -> Num {
        if !t.after_split {
            return t.quantity;
        }
        // Everything that splits later on had been applied by the source.
        let later = |s: &&Transaction| s.kind == Kind::Split && s.symbol == t.symbol && s.date > t.date;
        self.case.transactions.iter().filter(later).fold(t.quantity, |quantity, s| match s.ratio {
            Some((new, old)) => quantity * old / new,
            None => quantity,
        })
    }

    fn acquire(&self, run: &mut Run, t: &Transaction, local: Parts, cost: Parts, own: String) -> Result<(), Absent> {
        let symbol = t.symbol.clone().unwrap_or_default();
        let mut open = self.units(t);
        let (mut local_left, mut cost_left) = (local, cost);
        // A purchase first covers what was sold short.
        while open.is_positive() {
            let short = run.lots.iter().position(|lot| {
                lot.symbol == symbol && lot.quantity.is_negative() && self.same_place(&lot.account, &t.account)
            });
            let Some(at) = short else { break };
            let lot = &run.lots[at];
            let units = open.min(-lot.quantity);
            let proceeds = self.share(lot.cost, units, -lot.quantity);
            let lot_local = self.share(lot.local, units, -lot.quantity);
            let cover = self.share(cost_left, units, open);
            let cover_local = self.share(local_left, units, open);
            run.disposals.push(Disposal {
                sale: run.sales,
                place: t.place,
                lot: lot.number,
                account: lot.account.clone(),
                symbol: symbol.clone(),
                acquired: lot.date,
                rate_date: t.date,
                date: t.date,
                quantity: units,
                local: cover_local,
                cost: cover,
                proceeds,
                currency: own.clone(),
                short: true,
            });
            let lot = &mut run.lots[at];
            lot.quantity += units;
            lot.cost = lot.cost.minus(proceeds);
            lot.local = lot.local.minus(lot_local);
            if lot.quantity.is_zero() {
                run.lots.remove(at);
            }
            open -= units;
            cost_left = cost_left.minus(cover);
            local_left = local_left.minus(cover_local);
        }
        if open.is_zero() {
            return Ok(());
        }
        run.opened += 1;
        run.lots.push(Lot {
            number: run.opened,
            place: Some(t.place),
            account: t.account.clone(),
            symbol,
            date: t.date,
            rate_date: t.date,
            quantity: open,
            local: local_left,
            cost: cost_left,
            currency: own,
        });
        Ok(())
    }

    fn same_place(&self, lot: &str, account: &str) -> bool {
        self.conventions.lots_over_accounts || lot == account
    }

    /// The part of an amount that belongs to some of the units, rounded where bookings are.
    fn share(&self, parts: Parts, units: Num, of: Num) -> Parts {
        if units == of {
            return parts;
        }
        parts.map(|amount| self.conventions.booked(amount * units / of))
    }

    fn dispose(
        &self,
        run: &mut Run,
        t: &Transaction,
        local: Parts,
        proceeds: Parts,
        own: String,
        ask: &Ask,
    ) -> Result<(), Absent> {
        let symbol = t.symbol.clone().unwrap_or_default();
        let units = self.units(t);
        let candidates: Vec<usize> = (0..run.lots.len())
            .filter(|at| {
                let lot = &run.lots[*at];
                lot.symbol == symbol && lot.quantity.is_positive() && self.same_place(&lot.account, &t.account)
            })
            .collect();
        let takes = match self.choose(run, t, &candidates, units, ask) {
            Ok(takes) => takes,
            Err(reason) => {
                run.ambiguous.push((t.place, reason));
                return Ok(());
            }
        };
        let taken: Num = takes.iter().map(|(_, units)| *units).sum();
        let excess = units - taken;
        if excess.is_positive() && self.conventions.oversell == Oversell::Refuse {
            let proceeds = self.share(proceeds, excess, units);
            run.missing.push(missing(t, run.sales, &symbol, excess, proceeds));
            return Ok(());
        }
        let pooled = (ask.method == Method::Average).then(|| self.pool(run, &symbol, &t.account));
        let pool_before = pooled.as_ref().map(|pool| pool_of(run, pool));
        let (mut rows, mut proceeds_left, mut units_left) = (Vec::new(), proceeds, units);
        for (at, take) in &takes {
            let lot = &run.lots[*at];
            let cost = self.share(lot.cost, *take, lot.quantity);
            let lot_local = self.share(lot.local, *take, lot.quantity);
            // Each row's own share of the whole, the rest on the last: rows add up to the sale.
            let is_last = *take == units_left;
            let brought = if is_last { proceeds_left } else { self.share(proceeds, *take, units) };
            proceeds_left = proceeds_left.minus(brought);
            units_left -= *take;
            rows.push(Disposal {
                sale: run.sales,
                place: t.place,
                lot: lot.number,
                account: lot.account.clone(),
                symbol: symbol.clone(),
                acquired: lot.date,
                rate_date: lot.rate_date,
                date: t.date,
                quantity: *take,
                local: lot_local,
                cost,
                proceeds: brought,
                currency: lot.currency.clone(),
                short: false,
            });
            let lot = &mut run.lots[*at];
            lot.quantity -= *take;
            lot.cost = lot.cost.minus(cost);
            lot.local = lot.local.minus(lot_local);
        }
        if let (Some(pool), Some((held, cost, local))) = (pooled, pool_before) {
            self.level(run, &pool, held, taken, cost, local, &mut rows);
        }
        run.disposals.append(&mut rows);
        run.lots.retain(|lot| !lot.quantity.is_zero());
        if excess.is_positive() {
            self.oversold(run, t, &symbol, excess, units, local, proceeds_left, own);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // one sale's remains
    fn oversold(
        &self,
        run: &mut Run,
        t: &Transaction,
        symbol: &str,
        excess: Num,
        units: Num,
        local: Parts,
        left: Parts,
        own: String,
    ) {
        match self.conventions.oversell {
            Oversell::Short => {
                run.opened += 1;
                run.lots.push(Lot {
                    number: run.opened,
                    place: Some(t.place),
                    account: t.account.clone(),
                    symbol: symbol.to_owned(),
                    date: t.date,
                    rate_date: t.date,
                    quantity: -excess,
                    local: self.share(local, excess, units),
                    cost: left,
                    currency: own,
                });
            }
            // Without a purchase there is no cost: all of the proceeds are gain.
            _ => run.missing.push(missing(t, run.sales, symbol, excess, left)),
        }
    }

    /// Which lots a sale takes, and how much of each.
    fn choose(
        &self,
        run: &Run,
        t: &Transaction,
        candidates: &[usize],
        units: Num,
        ask: &Ask,
    ) -> Result<Vec<(usize, Num)>, String> {
        let named = !t.named_lots.is_empty();
        if named
            && matches!(
                ask.method,
                Method::Specific | Method::Strict | Method::Fifo | Method::Lifo | Method::Hifo | Method::Lofo
            )
        {
            return self.named(run, t, candidates, units, ask);
        }
        let held: Num = candidates.iter().map(|at| run.lots[*at].quantity).sum();
        match ask.method {
            Method::StrictWithSize if candidates.len() > 1 && held != units => {
                let oldest = self.in_order(run, candidates, ask.method);
                return match oldest.into_iter().find(|at| run.lots[*at].quantity == units) {
                    Some(at) => Ok(vec![(at, units)]),
                    None => Err(format!("{} lots could be meant, and none has the size of the sale", candidates.len())),
                };
            }
            Method::Strict if candidates.len() > 1 && held != units => {
                return Err(format!("{} lots could be meant, and the sale names none", candidates.len()));
            }
            Method::Specific if !candidates.is_empty() && candidates.len() > 1 && held != units => {
                return Err("the sale names no lots".to_owned());
            }
            _ => {}
        }
        Ok(take(run, &self.in_order(run, candidates, ask.method), units))
    }

    fn in_order(&self, run: &Run, candidates: &[usize], method: Method) -> Vec<usize> {
        let mut order = candidates.to_vec();
        let unit = |at: &usize| {
            let lot = &run.lots[*at];
            lot.cost.with(self.conventions.fees_in_cost, self.conventions.taxes_in_cost) / lot.quantity
        };
        let age = |at: &usize| (run.lots[*at].date, run.lots[*at].number);
        match method {
            Method::Lifo => order.sort_by_key(|at| std::cmp::Reverse(age(at))),
            Method::Hifo => order.sort_by(|a, b| unit(b).order(unit(a)).then(age(a).cmp(&age(b)))),
            Method::Lofo => order.sort_by(|a, b| unit(a).order(unit(b)).then(age(a).cmp(&age(b)))),
            // The file's order among lots of other accounts that were moved here is kept there.
            _ if self.conventions.product == Some(Product::PortfolioPerformance) => {}
            _ => order.sort_by_key(age),
        }
        order
    }

    fn named(
        &self,
        run: &Run,
        t: &Transaction,
        candidates: &[usize],
        units: Num,
        ask: &Ask,
    ) -> Result<Vec<(usize, Num)>, String> {
        let mut takes: Vec<(usize, Num)> = Vec::new();
        let mut left = units;
        for name in &t.named_lots {
            let fits: Vec<usize> = candidates.iter().copied().filter(|at| self.fits(&run.lots[*at], name)).collect();
            let wanted = name.quantity.unwrap_or(left).min(left);
            let available: Num = fits.iter().map(|at| run.lots[*at].quantity).sum();
            if fits.is_empty() {
                return Err("no lot fits what the sale names".to_owned());
            }
            if matches!(ask.method, Method::Strict | Method::StrictWithSize) && fits.len() > 1 && available != wanted {
                return Err(format!("{} lots fit what the sale names", fits.len()));
            }
            for (at, units) in take(run, &self.in_order(run, &fits, ask.method), wanted) {
                takes.push((at, units));
                left -= units;
            }
        }
        Ok(takes)
    }

    fn fits(&self, lot: &Lot, name: &NamedLot) -> bool {
        let unit = lot.local.with(self.conventions.fees_in_cost, self.conventions.taxes_in_cost) / lot.quantity;
        name.number.is_none_or(|number| number == lot.number)
            && name.date.is_none_or(|date| date == lot.date)
            && name.unit_cost.is_none_or(|cost| cost == unit || cost == lot.local.gross / lot.quantity)
    }

    /// The lots that share one average.
    fn pool(&self, run: &Run, symbol: &str, account: &str) -> Vec<usize> {
        let all = self.conventions.average_over_accounts;
        let numbers = run.lots.iter().filter(|lot| {
            lot.symbol == symbol && lot.quantity.is_positive() && (all || self.same_place(&lot.account, account))
        });
        numbers.map(|lot| lot.number).collect()
    }

    /// Gives every unit of a pool the same cost after a sale of some of them.
    #[allow(clippy::too_many_arguments)] // the pool before and after
    fn level(
        &self,
        run: &mut Run,
        pool: &[usize],
        held: Num,
        taken: Num,
        cost: Parts,
        local: Parts,
        rows: &mut [Disposal],
    ) {
        let remaining = held - taken;
        let keep = |parts: Parts| {
            if remaining.is_zero() {
                Parts::ZERO
            } else {
                parts.map(|amount| self.conventions.booked(amount * remaining / held))
            }
        };
        let (cost_kept, local_kept) = (keep(cost), keep(local));
        self.spread(rows.iter_mut().map(|row| (row.quantity, &mut row.cost)), taken, cost.minus(cost_kept));
        self.spread(rows.iter_mut().map(|row| (row.quantity, &mut row.local)), taken, local.minus(local_kept));
        let lots = |run: &mut Run| -> Vec<usize> {
            (0..run.lots.len())
                .filter(|at| pool.contains(&run.lots[*at].number) && !run.lots[*at].quantity.is_zero())
                .collect()
        };
        let at = lots(run);
        let mut open: Vec<&mut Lot> =
            run.lots.iter_mut().enumerate().filter(|(index, _)| at.contains(index)).map(|(_, lot)| lot).collect();
        self.spread(open.iter_mut().map(|lot| (lot.quantity, &mut lot.cost)), remaining, cost_kept);
        self.spread(open.iter_mut().map(|lot| (lot.quantity, &mut lot.local)), remaining, local_kept);
    }

    /// Spreads an amount over rows by units, the rest on the last.
    fn spread<'p>(&self, rows: impl Iterator<Item = (Num, &'p mut Parts)>, units: Num, amount: Parts) {
        let (mut left, mut units_left) = (amount, units);
        for (quantity, target) in rows {
            let part = if quantity == units_left { left } else { self.share(amount, quantity, units) };
            *target = part;
            left = left.minus(part);
            units_left -= quantity;
        }
    }

    fn transfer(&self, run: &mut Run, t: &Transaction, ask: &Ask) {
        let Some(target) = t.to_account.clone() else { return };
        let symbol = t.symbol.clone().unwrap_or_default();
        let candidates: Vec<usize> = (0..run.lots.len())
            .filter(|at| {
                let lot = &run.lots[*at];
                lot.symbol == symbol && lot.account == t.account && lot.quantity.is_positive()
            })
            .collect();
        let units = self.units(t);
        let order = self.in_order(run, &candidates, ask.method);
        let takes = take(run, &order, units);
        let moved: Num = takes.iter().map(|(_, units)| *units).sum();
        if (units - moved).is_positive() {
            run.missing.push(missing(t, run.sales, &symbol, units - moved, Parts::ZERO));
        }
        let mut added = Vec::new();
        for (at, units) in takes {
            let lot = &mut run.lots[at];
            if units == lot.quantity {
                lot.account = target.clone();
                continue;
            }
            let (cost, local) = (self.share(lot.cost, units, lot.quantity), self.share(lot.local, units, lot.quantity));
            let part = Lot { account: target.clone(), quantity: units, cost, local, ..lot.clone() };
            lot.quantity -= units;
            lot.cost = lot.cost.minus(cost);
            lot.local = lot.local.minus(local);
            added.push((at, part));
        }
        // Beside the lot that it came from, so that the order of purchases stays.
        for (at, part) in added.into_iter().rev() {
            run.lots.insert(at + 1, part);
        }
    }

    /// Replaces what is held by one lot per place at the price of a day.
    fn revalue(&self, run: &mut Run, from: Date, ask: &Ask) -> Result<(), Absent> {
        run.disposals.clear();
        let mut held: Vec<(String, String, Num)> = Vec::new();
        for lot in run.lots.drain(..) {
            match held.iter_mut().find(|(account, symbol, _)| *account == lot.account && *symbol == lot.symbol) {
                Some((_, _, quantity)) => *quantity += lot.quantity,
                None => held.push((lot.account, lot.symbol, lot.quantity)),
            }
        }
        held.retain(|(_, _, quantity)| !quantity.is_zero());
        // One value per symbol, shared out among its places, so that rounding concerns the position as a whole.
        let symbols: std::collections::BTreeSet<String> = held.iter().map(|(_, symbol, _)| symbol.clone()).collect();
        for symbol in symbols {
            let own = self.instrument_currency(&symbol).unwrap_or_default();
            let target = ask.currency.clone().unwrap_or_else(|| own.clone());
            let places: Vec<&(String, String, Num)> = held.iter().filter(|(_, held, _)| *held == symbol).collect();
            let units: Num = places.iter().map(|(_, _, quantity)| quantity.abs()).sum();
            let value = self.conventions.booked(units * self.price(&symbol, from)? * self.multiplier(&symbol));
            let converted = Parts::plain(self.convert(value, &own, &target, from)?);
            let local = Parts::plain(value);
            let (mut local_left, mut cost_left, mut units_left) = (local, converted, units);
            for (account, _, quantity) in places {
                let is_last = quantity.abs() == units_left;
                let part =
                    |whole: Parts, left: Parts| if is_last { left } else { self.share(whole, quantity.abs(), units) };
                let (lot_local, cost) = (part(local, local_left), part(converted, cost_left));
                local_left = local_left.minus(lot_local);
                cost_left = cost_left.minus(cost);
                units_left -= quantity.abs();
                run.opened += 1;
                run.lots.push(Lot {
                    number: run.opened,
                    place: None,
                    account: account.clone(),
                    symbol: symbol.clone(),
                    date: from,
                    rate_date: from,
                    quantity: *quantity,
                    local: lot_local,
                    cost,
                    currency: own.clone(),
                });
            }
        }
        Ok(())
    }

    /// Whether units were held long enough.
    pub fn is_long_term(&self, d: &Disposal) -> bool {
        match self.conventions.long_term {
            LongTerm::MoreThanAYear => {
                let started = d.acquired.succ_opt().unwrap_or(d.acquired);
                ledger::Term::of(started, d.date) == ledger::Term::Long
            }
            LongTerm::MoreThanDays(days) => (d.date - d.acquired).num_days() > days,
        }
    }
}

fn pool_of(run: &Run, pool: &[usize]) -> (Num, Parts, Parts) {
    let lots = run.lots.iter().filter(|lot| pool.contains(&lot.number));
    lots.fold((Num::ZERO, Parts::ZERO, Parts::ZERO), |(quantity, cost, local), lot| {
        (quantity + lot.quantity, cost.plus(lot.cost), local.plus(lot.local))
    })
}

/// From the first on, until the units are found.
fn take(run: &Run, order: &[usize], units: Num) -> Vec<(usize, Num)> {
    let mut left = units;
    let mut takes = Vec::new();
    for at in order {
        if !left.is_positive() {
            break;
        }
        let units = left.min(run.lots[*at].quantity);
        takes.push((*at, units));
        left -= units;
    }
    takes
}

fn missing(t: &Transaction, sale: usize, symbol: &str, quantity: Num, proceeds: Parts) -> Missing {
    Missing {
        place: t.place,
        sale,
        symbol: symbol.to_owned(),
        account: t.account.clone(),
        date: t.date,
        quantity,
        proceeds,
    }
}
