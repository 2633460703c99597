//! Cash, flows across the boundary, and values: what a scope holds on a day and what came from outside.
//!
//! Invariant: the change of a scope's value between two closes is its flows, its income less its charges, and its
//! gains; a movement inside of the scope is no flow.

use std::collections::BTreeMap;

use dates::Date;

use crate::absent::Absent;
use crate::case::{Kind, Scope, Transaction};
use crate::context::{Context, show};
use crate::conventions::{Oversell, Product};
use crate::num::Num;
use crate::read::cash_account_of;

/// One movement of cash.
#[derive(Debug, Clone)]
pub struct Posting<'a> {
    /// Its transaction; none for the opening.
    pub transaction: Option<&'a Transaction>,
    /// Day; none: before everything.
    pub date: Option<Date>,
    /// Where.
    pub account: String,
    /// In which currency.
    pub currency: String,
    /// How much, signed.
    pub amount: Num,
}

/// A flow across the boundary of a scope, in the currency of the answer.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Day.
    pub date: Date,
    /// Into the scope +, out of it −.
    pub amount: Num,
    /// Place of its transaction.
    pub place: usize,
}

/// Income and charges of a transaction in the currency of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Income {
    /// Dividends and interest before charges, interest paid negative.
    pub earnings: Num,
    /// Fees, refunds negative.
    pub fees: Num,
    /// Taxes, refunds negative.
    pub taxes: Num,
}

impl<'a> Context<'a> {
    /// All movements of cash up to a day.
    pub fn postings(&self, until: Date) -> Result<Vec<Posting<'a>>, Absent> {
        let mut postings: Vec<Posting<'a>> = self
            .case
            .opening
            .cash
            .iter()
            .map(|(account, currency, amount)| Posting {
                transaction: None,
                date: None,
                account: account.clone(),
                currency: self.currency_of_account(account, currency),
                amount: *amount,
            })
            .collect();
        for t in self.transactions(until) {
            self.post(t, &mut postings)?;
        }
        Ok(postings)
    }

    fn currency_of_account(&self, account: &str, stated: &str) -> String {
        if !stated.is_empty() {
            return stated.to_owned();
        }
        let declared = self.case.accounts.get(account).and_then(|account| account.currency.clone());
        declared.or_else(|| self.case.base.clone()).unwrap_or_default()
    }

    /// Whether a transaction moves cash of the portfolio.
    fn settles(&self, t: &Transaction) -> bool {
        let moves_cash_alone = matches!(
            t.kind,
            Kind::Deposit
                | Kind::Withdrawal
                | Kind::OpeningCash
                | Kind::CashTransfer
                | Kind::TransferInCash
                | Kind::TransferOutCash
        );
        t.settles_in_cash && self.tracks_cash() && (moves_cash_alone || !self.keeps_trades_off_cash())
    }

    fn post(&self, t: &'a Transaction, postings: &mut Vec<Posting<'a>>) -> Result<(), Absent> {
        if !self.settles(t) {
            return Ok(());
        }
        let account = cash_account_of(&t.account, t.cash_account.as_deref(), &self.case.accounts).unwrap_or_default();
        let mut push = |account: String, currency: String, amount: Num| {
            postings.push(Posting { transaction: Some(t), date: Some(t.date), account, currency, amount });
        };
        let amount = match t.kind {
            Kind::Buy => -self.settled(t)?,
            Kind::Sell | Kind::Dividend | Kind::Interest => self.settled(t)?,
            Kind::InterestCharge => -(charge(t) + t.fee + t.tax),
            Kind::Fee => -fee_amount(t) - t.tax,
            Kind::FeeRefund => fee_amount(t),
            Kind::Tax => -tax_amount(t) - t.fee,
            Kind::TaxRefund => tax_amount(t),
            Kind::Deposit | Kind::OpeningCash | Kind::TransferInCash => moved(t) - t.fee - t.tax,
            Kind::Withdrawal | Kind::TransferOutCash => -(moved(t) + t.fee + t.tax),
            Kind::CashTransfer => {
                let currency = self.cash_currency_of(&account, &t.currency);
                push(account, currency, -(moved(t) + t.fee + t.tax));
                let target = t.to_account.clone().unwrap_or_default();
                let target_currency =
                    t.to_currency.clone().unwrap_or_else(|| self.cash_currency_of(&target, &t.currency));
                let arriving = match (t.to_amount, t.fx_rate) {
                    (Some(amount), _) => amount,
                    (None, Some(rate)) if target_currency != t.currency => self.conventions.booked(moved(t) * rate),
                    _ => self.convert(moved(t), &t.currency, &target_currency, t.date)?,
                };
                push(target, target_currency, arriving);
                return Ok(());
            }
            Kind::DeliveryIn | Kind::DeliveryOut | Kind::Transfer | Kind::Split | Kind::Liability => return Ok(()),
        };
        // What moves on the account may be stated, or be converted into its currency.
        if let Some(stated) = t.cash_amount {
            let currency = t.cash_currency.clone().unwrap_or_else(|| self.cash_currency_of(&account, &t.currency));
            push(account, currency, if amount.is_negative() { -stated.abs() } else { stated.abs() });
            return Ok(());
        }
        let currency = t.cash_currency.clone().unwrap_or_else(|| self.cash_currency_of(&account, &t.currency));
        let amount = if currency == t.currency {
            amount
        } else {
            self.conventions.booked(amount * self.transaction_rate(t, &t.currency, &currency)?)
        };
        push(account, currency, amount);
        Ok(())
    }

    /// Net amount of a trade or of income in the transaction's currency.
    fn settled(&self, t: &Transaction) -> Result<Num, Absent> {
        // What the source had converted concerns the position; cash moves in the currency of the transaction.
        let original = Transaction { converted: None, ..t.clone() };
        Ok(self.local_parts(&original)?.0.total)
    }

    fn cash_currency_of(&self, account: &str, of_transaction: &str) -> String {
        let declared = self.case.accounts.get(account).and_then(|account| account.currency.clone());
        declared.unwrap_or_else(|| of_transaction.to_owned())
    }

    /// Cash per account and currency at the close of a day.
    pub fn balances(&self, at: Date) -> Result<BTreeMap<(String, String), Num>, Absent> {
        let mut balances: BTreeMap<(String, String), Num> = BTreeMap::new();
        for posting in self.postings(at)? {
            *balances.entry((posting.account, posting.currency)).or_insert(Num::ZERO) += posting.amount;
        }
        Ok(balances)
    }

    /// Units per account and symbol at the close of a day, under the case's own order and splits.
    pub fn holdings(&self, at: Date) -> BTreeMap<(String, String), Num> {
        let mut held: BTreeMap<(String, String), Num> = BTreeMap::new();
        for lot in self.case.opening.lots.iter().filter(|lot| lot.date <= at) {
            *held.entry((lot.account.clone(), lot.symbol.clone())).or_insert(Num::ZERO) += lot.quantity;
        }
        for t in self.transactions(at) {
            let symbol = t.symbol.clone().unwrap_or_default();
            let units = self.units(t);
            let add = |held: &mut BTreeMap<(String, String), Num>, account: &str, units: Num| {
                *held.entry((account.to_owned(), symbol.clone())).or_insert(Num::ZERO) += units;
            };
            match t.kind {
                Kind::Buy | Kind::DeliveryIn => add(&mut held, &t.account, units),
                Kind::Sell | Kind::DeliveryOut => {
                    let place = held.entry((t.account.clone(), symbol.clone())).or_insert(Num::ZERO);
                    *place -= units;
                    // Units that nobody had are missing, not owed.
                    if self.conventions.oversell == Oversell::Missing && place.is_negative() {
                        *place = Num::ZERO;
                    }
                }
                Kind::Transfer => {
                    if let Some(target) = &t.to_account {
                        add(&mut held, &t.account, -units);
                        add(&mut held, target, units);
                    }
                }
                Kind::Split => {
                    if let Some((new, old)) = t.ratio {
                        for ((_, held_symbol), quantity) in &mut held {
                            if *held_symbol == symbol {
                                *quantity = *quantity * new / old;
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        held.retain(|_, quantity| !quantity.is_zero());
        held
    }

    /// Value of some units at the close of a day.
    pub fn worth(&self, symbol: &str, quantity: Num, at: Date, currency: &str) -> Result<Num, Absent> {
        if quantity.is_zero() {
            return Ok(Num::ZERO);
        }
        let own = self.instrument_currency(symbol).unwrap_or_default();
        let value = self.conventions.booked(quantity * self.price(symbol, at)? * self.multiplier(symbol));
        self.convert(value, &own, currency, at)
    }

    /// Value of the securities in a scope.
    pub fn securities_value(&self, scope: &Scope, at: Date, currency: &str) -> Result<Num, Absent> {
        let mut value = Num::ZERO;
        // One value per symbol: rounding concerns the position, not its parts.
        let mut positions: BTreeMap<(String, String), Num> = BTreeMap::new();
        for ((account, symbol), quantity) in self.holdings(at) {
            if scope.symbol.as_ref().is_some_and(|wanted| *wanted != symbol)
                || scope.account.as_ref().is_some_and(|wanted| *wanted != account)
            {
                continue;
            }
            *positions.entry((String::new(), symbol)).or_insert(Num::ZERO) += quantity;
        }
        for ((_, symbol), quantity) in positions {
            value += self.worth(&symbol, quantity, at, currency)?;
        }
        Ok(value)
    }

    /// Value of the cash in a scope.
    pub fn cash_value(&self, scope: &Scope, at: Date, currency: &str) -> Result<Num, Absent> {
        if scope.symbol.is_some() || !self.tracks_cash() {
            return Ok(Num::ZERO);
        }
        let mut value = Num::ZERO;
        for ((account, own), amount) in self.balances(at)? {
            if scope.account.as_ref().is_some_and(|wanted| *wanted != account) {
                continue;
            }
            self.note(|| format!("cash of account {account:?} on {at}: {} {own}", show(amount)));
            value += self.convert(amount, &own, currency, at)?;
        }
        Ok(value)
    }

    /// Value of a scope: its securities and its cash.
    pub fn value(&self, scope: &Scope, at: Date, currency: &str) -> Result<Num, Absent> {
        Ok(self.securities_value(scope, at, currency)? + self.cash_value(scope, at, currency)?)
    }

    /// Flows into and out of a scope within (start, end].
    pub fn flows(&self, scope: &Scope, start: Option<Date>, end: Date, currency: &str) -> Result<Vec<Flow>, Absent> {
        let mut flows = Vec::new();
        for t in self.transactions(end) {
            if start.is_some_and(|start| t.date <= start) {
                continue;
            }
            let mut amount = if scope.symbol.is_some() {
                self.flow_of_position(t, scope, currency)?
            } else if scope.account.is_some() {
                self.flow_of_account(t, scope, currency)?
            } else {
                self.flow_of_portfolio(t, currency)?
            };
            if scope.symbol.is_none()
                && self.concerns(t, scope)
                && (self.conventions.before_fees || self.conventions.before_taxes)
            {
                // Before charges: what was charged left the portfolio instead of costing it.
                let income = self.income(t, currency)?;
                let fees = if self.conventions.before_fees { income.fees } else { Num::ZERO };
                let taxes = if self.conventions.before_taxes { income.taxes } else { Num::ZERO };
                amount.push(-(fees + taxes));
            }
            for amount in amount {
                if !amount.is_zero() {
                    self.note(|| format!("flow of transaction {} on {}: {} {currency}", t.place, t.date, show(amount)));
                    flows.push(Flow { date: t.date, amount, place: t.place });
                }
            }
        }
        Ok(flows)
    }

    /// Net amount of a trade or delivery in the currency of the answer.
    pub fn net_in(&self, t: &Transaction, currency: &str) -> Result<Num, Absent> {
        let (local, own) = self.local_parts(t)?;
        Ok(self.parts_in(t, local, &own, currency, None)?.total)
    }

    fn flow_of_portfolio(&self, t: &Transaction, currency: &str) -> Result<Vec<Num>, Absent> {
        let money = |amount: Num| self.money_in(t, amount, currency);
        Ok(match t.kind {
            Kind::Deposit | Kind::OpeningCash | Kind::TransferInCash => vec![money(moved(t))?],
            Kind::Withdrawal | Kind::TransferOutCash => vec![-money(moved(t))?],
            Kind::DeliveryIn => vec![self.net_in(t, currency)?],
            // Units that leave take their cost out of the contributions there.
            Kind::DeliveryOut if self.conventions.product == Some(Product::Wealthfolio) => {
                let run = self.run(&self.ask(Some(currency), t.date))?;
                let (fees, taxes) = (self.conventions.fees_in_cost, self.conventions.taxes_in_cost);
                let left = run.disposals.iter().filter(|d| d.place == t.place).map(|d| d.cost.with(fees, taxes));
                vec![-left.sum::<Num>()]
            }
            Kind::DeliveryOut => vec![-self.net_in(t, currency)?],
            // Without cash inside, or where a booking leaves it alone, the other side of a trade is outside.
            _ if !self.settles(t) => match t.kind {
                Kind::Buy => vec![self.net_in(t, currency)?],
                Kind::Sell | Kind::Dividend | Kind::Interest => vec![-self.net_in(t, currency)?],
                Kind::InterestCharge => vec![money(charge(t) + t.fee + t.tax)?],
                Kind::Fee => vec![money(fee_amount(t) + t.tax)?],
                Kind::FeeRefund => vec![-money(fee_amount(t))?],
                Kind::Tax => vec![money(tax_amount(t) + t.fee)?],
                Kind::TaxRefund => vec![-money(tax_amount(t))?],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
    }

    /// To a position, trades are flows and income leaves it.
    fn flow_of_position(&self, t: &Transaction, scope: &Scope, currency: &str) -> Result<Vec<Num>, Absent> {
        if t.symbol != scope.symbol {
            return Ok(Vec::new());
        }
        let here = scope.account.as_ref().is_none_or(|account| *account == t.account);
        let there = scope.account.is_some() && scope.account == t.to_account;
        let money = |amount: Num| self.money_in(t, amount, currency);
        let (before_taxes, before_fees) = (self.conventions.before_taxes, self.conventions.before_fees);
        let mut tax = if before_taxes { money(t.tax)? } else { Num::ZERO };
        if before_fees {
            tax += money(t.fee)?;
        }
        Ok(match t.kind {
            Kind::Transfer if scope.account.is_some() => {
                let symbol = t.symbol.as_deref().unwrap_or_default();
                let value = match t.value {
                    Some(value) => money(value)?,
                    None => self.worth(symbol, t.quantity, t.date, currency)?,
                };
                match (here, there) {
                    (true, false) => vec![-value],
                    (false, true) => vec![value],
                    _ => Vec::new(),
                }
            }
            _ if !here => Vec::new(),
            Kind::Buy | Kind::DeliveryIn => vec![self.net_in(t, currency)? - tax],
            Kind::Sell | Kind::DeliveryOut | Kind::Dividend | Kind::Interest => {
                vec![-(self.net_in(t, currency)? + tax)]
            }
            Kind::InterestCharge => vec![money(charge(t) + t.fee + t.tax)?],
            Kind::Fee if !before_fees => vec![money(fee_amount(t))?],
            Kind::FeeRefund if !before_fees => vec![-money(fee_amount(t))?],
            Kind::Tax if !before_taxes => vec![money(tax_amount(t))?],
            Kind::TaxRefund if !before_taxes => vec![-money(tax_amount(t))?],
            _ => Vec::new(),
        })
    }

    /// To an account, whatever has its other side elsewhere is a flow.
    fn flow_of_account(&self, t: &Transaction, scope: &Scope, currency: &str) -> Result<Vec<Num>, Absent> {
        let Some(account) = scope.account.as_deref() else { return Ok(Vec::new()) };
        let money = |amount: Num| self.money_in(t, amount, currency);
        let cash = cash_account_of(&t.account, t.cash_account.as_deref(), &self.case.accounts);
        let holds = t.account == account;
        let pays = cash.as_deref() == Some(account) && self.settles(t);
        Ok(match t.kind {
            Kind::Deposit | Kind::OpeningCash | Kind::TransferInCash if pays => vec![money(moved(t))?],
            Kind::Withdrawal | Kind::TransferOutCash if pays => vec![-money(moved(t))?],
            Kind::CashTransfer => {
                let to_here = t.to_account.as_deref() == Some(account);
                let arriving = match (t.to_amount, &t.to_currency) {
                    (Some(amount), Some(own)) => self.convert(amount, own, currency, t.date)?,
                    (Some(amount), None) => {
                        let target = t.to_account.clone().unwrap_or_default();
                        let own = self.cash_currency_of(&target, &t.currency);
                        self.convert(amount, &own, currency, t.date)?
                    }
                    _ => money(moved(t))?,
                };
                match (pays, to_here) {
                    (true, false) => vec![-money(moved(t))?],
                    (false, true) => vec![arriving],
                    _ => Vec::new(),
                }
            }
            Kind::Transfer => {
                let symbol = t.symbol.as_deref().unwrap_or_default();
                let value = match t.value {
                    Some(value) => money(value)?,
                    None => self.worth(symbol, t.quantity, t.date, currency)?,
                };
                match (holds, t.to_account.as_deref() == Some(account)) {
                    (true, false) => vec![-value],
                    (false, true) => vec![value],
                    _ => Vec::new(),
                }
            }
            Kind::DeliveryIn if holds => vec![self.net_in(t, currency)?],
            Kind::DeliveryOut if holds => vec![-self.net_in(t, currency)?],
            Kind::Buy => match (holds, pays) {
                (true, false) => vec![self.net_in(t, currency)?],
                (false, true) => vec![-self.net_in(t, currency)?],
                _ => Vec::new(),
            },
            Kind::Sell => match (holds, pays) {
                (true, false) => vec![-self.net_in(t, currency)?],
                (false, true) => vec![self.net_in(t, currency)?],
                _ => Vec::new(),
            },
            // Income of a depot leaves it for the cash account; to that account it comes from outside.
            Kind::Dividend if holds && !pays => vec![-self.net_in(t, currency)?],
            Kind::Dividend if pays && !holds => vec![self.net_in(t, currency)?],
            Kind::Interest if holds && !self.settles(t) => vec![-self.net_in(t, currency)?],
            _ => Vec::new(),
        })
    }

    /// An amount of a transaction's currency in that of the answer.
    pub fn money_in(&self, t: &Transaction, amount: Num, currency: &str) -> Result<Num, Absent> {
        if amount.is_zero() || t.currency == currency {
            return Ok(amount);
        }
        Ok(self.conventions.booked(amount * self.transaction_rate(t, &t.currency, currency)?))
    }

    /// Whether a transaction belongs to a scope: what concerns a security to its depot, the rest to its cash account.
    pub fn concerns(&self, t: &Transaction, scope: &Scope) -> bool {
        let is_of_depot = t.kind.acquires() || t.kind.disposes() || matches!(t.kind, Kind::Transfer | Kind::Dividend);
        let cash = || cash_account_of(&t.account, t.cash_account.as_deref(), &self.case.accounts);
        scope.symbol.as_ref().is_none_or(|symbol| t.symbol.as_ref() == Some(symbol))
            && scope
                .account
                .as_ref()
                .is_none_or(|account| t.account == *account || !is_of_depot && cash().as_ref() == Some(account))
    }

    /// Income and charges of a transaction.
    pub fn income(&self, t: &Transaction, currency: &str) -> Result<Income, Absent> {
        let money = |amount: Num| self.money_in(t, amount, currency);
        let mut income = Income { earnings: Num::ZERO, fees: Num::ZERO, taxes: Num::ZERO };
        match t.kind {
            Kind::Buy | Kind::Sell | Kind::DeliveryIn | Kind::DeliveryOut => {
                let (local, own) = self.local_parts(t)?;
                let parts = self.parts_in(t, local, &own, currency, None)?;
                income.fees = parts.fee;
                income.taxes = parts.tax;
            }
            Kind::Dividend | Kind::Interest => {
                let (local, own) = self.local_parts(t)?;
                let parts = self.parts_in(t, local, &own, currency, None)?;
                income.earnings = parts.gross;
                income.fees = parts.fee;
                income.taxes = parts.tax;
            }
            Kind::InterestCharge => {
                income.earnings = -money(charge(t))?;
                income.fees = money(t.fee)?;
                income.taxes = money(t.tax)?;
            }
            Kind::Fee => {
                income.fees = money(fee_amount(t))?;
                income.taxes = money(t.tax)?;
            }
            Kind::FeeRefund => income.fees = -money(fee_amount(t))?,
            Kind::Tax => {
                income.taxes = money(tax_amount(t))?;
                income.fees = money(t.fee)?;
            }
            Kind::TaxRefund => income.taxes = -money(tax_amount(t))?,
            Kind::Deposit
            | Kind::OpeningCash
            | Kind::Withdrawal
            | Kind::CashTransfer
            | Kind::TransferInCash
            | Kind::TransferOutCash => {
                income.fees = money(t.fee)?;
                income.taxes = money(t.tax)?;
            }
            Kind::Transfer | Kind::Split | Kind::Liability => {}
        }
        Ok(income)
    }
}

/// The amount that moves: stated, or net with its charges, or units at a price.
pub fn moved(t: &Transaction) -> Num {
    match (t.amount, t.net, t.price, t.value) {
        (Some(amount), ..) => amount,
        (_, Some(net), ..) => net + t.fee + t.tax,
        (_, _, Some(price), _) if !t.quantity.is_zero() => price * t.quantity,
        (_, _, _, Some(value)) => value,
        _ => Num::ZERO,
    }
}

/// Interest paid, without charges.
pub fn charge(t: &Transaction) -> Num {
    match (t.amount, t.net) {
        (Some(amount), _) => amount,
        (None, Some(net)) => net - t.fee - t.tax,
        _ => moved(t),
    }
}

/// The fee that a booking of a fee is about: its amount, or its `fee` where there is none.
pub fn fee_amount(t: &Transaction) -> Num {
    let amount = t.amount.or(t.net).unwrap_or_else(|| t.price.map_or(Num::ZERO, |price| price * t.quantity));
    if amount.is_zero() { t.fee } else { amount }
}

/// The same for taxes.
pub fn tax_amount(t: &Transaction) -> Num {
    let amount = t.amount.or(t.net).unwrap_or_else(|| t.price.map_or(Num::ZERO, |price| price * t.quantity));
    if amount.is_zero() { t.tax } else { amount }
}
