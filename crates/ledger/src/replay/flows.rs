//! What a transaction does to cash: its movements, a pure function of the transaction alone.
//!
//! Invariant: Σ flows of a transaction in its own account and currency = its net amount. The main movement comes first
//! (accrued interest before it), then fees, then taxes.

use std::collections::BTreeMap;

use dates::Date;
use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::{product, sum};
use crate::book::{CashFlow, FlowKind};
use crate::book_error::BookError;
use crate::kind::Kind;
use crate::payload::{TransactionPayload, Treatment};
use crate::replay::Active;

/// The movements of one month, and what they amount to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// Transactions of the month in order of effect.
    pub actives: Vec<Active>,
    /// Their movements, in the same order.
    pub flows: Vec<CashFlow>,
    /// Sum and last entry by account and currency.
    pub cash: BTreeMap<(Uuid, Currency), (Decimal, u64)>,
}

impl Page {
    /// Lays out the movements of transactions, which are in order of effect.
    pub fn of(actives: Vec<Active>, base_currency: Currency) -> Result<Page, BookError> {
        let mut page = Page { flows: Vec::with_capacity(actives.len() * 2), actives, cash: BTreeMap::new() };
        for active in &page.actives {
            let Some(transaction) = active.entry.transaction() else { continue };
            FlowWriter::new(active, transaction, base_currency, &mut page.flows)?.write()?;
        }
        for flow in &page.flows {
            let (total, seq) = page.cash.entry((flow.account_id, flow.currency)).or_default();
            *total = sum(*total, flow.amount).ok_or(BookError::TooLarge { seq: flow.seq, what: "cash balance" })?;
            *seq = flow.seq;
        }
        Ok(page)
    }

    /// The month of a day: its pages' order is that of time.
    pub fn month(day: Date) -> (i32, u32) {
        use chrono::Datelike;
        (day.year(), day.month())
    }
}

/// Gross amount with the sign of its effect on cash, with accrued interest and cash in lieu.
fn signed_gross(kind: Kind, has_security: bool, transaction: &TransactionPayload) -> Option<Decimal> {
    let gross = transaction.gross_amount;
    let accrued = transaction.accrued_interest.unwrap_or_default();
    let in_lieu = transaction.cash_in_lieu.unwrap_or_default();
    match kind {
        Kind::Sell => sum(gross, accrued),
        Kind::Buy => sum(-gross, -accrued),
        Kind::Dividend | Kind::Interest | Kind::Deposit | Kind::ReturnOfCapital => Some(gross),
        Kind::Fee | Kind::Tax | Kind::Withdrawal | Kind::Fx => Some(-gross),
        Kind::TransferIn if !has_security => Some(gross),
        Kind::TransferOut if !has_security => Some(-gross),
        Kind::Adjustment => Some(transaction.net_amount),
        Kind::Merger if transaction.treatment == Some(Treatment::Exercise) => sum(in_lieu, -gross),
        Kind::Merger => sum(gross, in_lieu),
        Kind::Split | Kind::StockDividend | Kind::SpinOff => Some(in_lieu),
        Kind::TransferIn | Kind::TransferOut | Kind::Setting | Kind::ManualPrice => Some(Decimal::ZERO),
    }
}

struct FlowWriter<'a> {
    seq: u64,
    kind: Kind,
    on: Date,
    account_id: Uuid,
    security_id: Option<Uuid>,
    transaction: &'a TransactionPayload,
    base_currency: Currency,
    part: u32,
    flows: &'a mut Vec<CashFlow>,
}

impl<'a> FlowWriter<'a> {
    fn new(
        active: &'a Active,
        transaction: &'a TransactionPayload,
        base_currency: Currency,
        flows: &'a mut Vec<CashFlow>,
    ) -> Result<Self, BookError> {
        let entry = active.entry.as_ref();
        let seq = entry.seq;
        let account_id = entry.account_id.ok_or(BookError::MissingField { seq, field: "account_id" })?;
        check(seq, entry.kind, transaction)?;
        Ok(Self {
            seq,
            kind: entry.kind,
            on: entry.effective_on,
            account_id,
            security_id: entry.security_id,
            transaction,
            base_currency,
            part: 0,
            flows,
        })
    }

    fn write(&mut self) -> Result<(), BookError> {
        let transaction = self.transaction;
        let too_large = BookError::TooLarge { seq: self.seq, what: "cost" };
        let fees = transaction.fees_total().ok_or_else(|| too_large.clone())?;
        let taxes = transaction.taxes_total().ok_or(too_large)?;
        let signed = signed_gross(self.kind, self.security_id.is_some(), transaction);
        let signed = signed.ok_or(BookError::TooLarge { seq: self.seq, what: "amount" })?;
        let net = sum(signed, -fees).and_then(|net| sum(net, -taxes));
        if net != Some(transaction.net_amount) {
            return Err(BookError::BadField { seq: self.seq, field: "net_amount" });
        }
        match self.kind {
            Kind::Buy | Kind::Sell => {
                let accrued = transaction.accrued_interest.unwrap_or_default();
                let accrued = if self.kind == Kind::Buy { -accrued } else { accrued };
                self.flow(FlowKind::Income, accrued)?;
                self.flow(FlowKind::Trade, signed - accrued)?;
            }
            Kind::TransferIn | Kind::TransferOut if self.security_id.is_some() => {
                if transaction.counter_account_id.is_none() {
                    // Securities cross the boundary: their value is an external flow that pays for, or is paid by, the
                    // holding.
                    let value = transaction.gross_amount;
                    let inward = if self.kind == Kind::TransferIn { value } else { -value };
                    self.flow(FlowKind::External, inward)?;
                    self.flow(FlowKind::Trade, -inward)?;
                }
            }
            Kind::TransferIn | Kind::TransferOut => match transaction.counter_account_id {
                None => self.flow(FlowKind::External, signed)?,
                Some(counter) => {
                    let rate = self.rate()?;
                    self.flow(FlowKind::Trade, signed)?;
                    self.flow_in(counter, FlowKind::Trade, -signed, transaction.currency, rate)?;
                }
            },
            Kind::Fx => self.exchange()?,
            Kind::Dividend | Kind::Interest => self.flow(FlowKind::Income, signed)?,
            Kind::Fee => self.flow(FlowKind::Fee, signed)?,
            Kind::Tax => self.flow(FlowKind::Tax, signed)?,
            Kind::Split | Kind::StockDividend | Kind::SpinOff | Kind::Merger | Kind::ReturnOfCapital => {
                self.flow(FlowKind::Trade, signed)?;
            }
            Kind::Deposit | Kind::Withdrawal | Kind::Adjustment | Kind::Setting | Kind::ManualPrice => {
                self.flow(FlowKind::External, signed)?;
            }
        }
        self.flow(FlowKind::Fee, -fees)?;
        self.flow(FlowKind::Tax, -taxes)
    }

    fn exchange(&mut self) -> Result<(), BookError> {
        let missing = |field| BookError::MissingField { seq: self.seq, field };
        let counter = self.transaction.counter_currency.ok_or_else(|| missing("counter_currency"))?;
        let bought = self.transaction.counter_amount.ok_or_else(|| missing("counter_amount"))?;
        let rate = if counter == self.base_currency { Some(Decimal::ONE) } else { self.transaction.counter_fx_rate };
        let rate = rate.ok_or(BookError::MissingRate { seq: self.seq, currency: counter })?;
        self.flow(FlowKind::Fx, -self.transaction.gross_amount)?;
        self.flow_in(self.account_id, FlowKind::Fx, bought, counter, rate)
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
        let base_amount = product(amount, rate).ok_or(BookError::TooLarge { seq: self.seq, what: "amount" })?;
        self.flows.push(CashFlow {
            seq: self.seq,
            part: self.part,
            effective_on: self.on,
            account_id,
            security_id: self.security_id,
            kind,
            amount: amount.normalize(),
            currency,
            base_amount,
        });
        self.part += 1;
        Ok(())
    }

    fn rate(&self) -> Result<Decimal, BookError> {
        let rate = self.transaction.rate_to_base(self.base_currency);
        rate.ok_or(BookError::MissingRate { seq: self.seq, currency: self.transaction.currency })
    }
}

/// Signs that no transaction may have, however it came here.
fn check(seq: u64, kind: Kind, transaction: &TransactionPayload) -> Result<(), BookError> {
    let is_negative = |value: Decimal| value < Decimal::ZERO;
    let not_positive = |value: Option<Decimal>| value.is_some_and(|value| value <= Decimal::ZERO);
    let checks = [
        ("quantity", transaction.quantity.is_some_and(is_negative)),
        ("price", transaction.price.is_some_and(is_negative)),
        ("multiplier", not_positive(transaction.multiplier)),
        ("gross_amount", is_negative(transaction.gross_amount) && kind != Kind::Interest),
        ("accrued_interest", transaction.accrued_interest.is_some_and(is_negative)),
        ("fees", transaction.fees.iter().any(|fee| is_negative(fee.amount))),
        ("taxes", transaction.taxes.iter().any(|tax| is_negative(tax.amount))),
        ("fx_rate", not_positive(transaction.fx_rate)),
        ("counter_fx_rate", not_positive(transaction.counter_fx_rate)),
        ("lot_fx_rate", not_positive(transaction.lot_fx_rate)),
        ("lot_cost", transaction.lot_cost.is_some_and(is_negative)),
        ("counter_amount", transaction.counter_amount.is_some_and(is_negative)),
        ("counter_price", transaction.counter_price.is_some_and(is_negative)),
        ("cash_in_lieu", transaction.cash_in_lieu.is_some_and(is_negative)),
        ("cost_fraction", transaction.cost_fraction.is_some_and(|part| is_negative(part) || Decimal::ONE < part)),
        ("ratio", transaction.ratio.is_some_and(|ratio| ratio.to <= Decimal::ZERO || ratio.from <= Decimal::ZERO)),
    ];
    match checks.into_iter().find(|(_, is_bad)| *is_bad) {
        Some((field, _)) => Err(BookError::BadField { seq, field }),
        None => Ok(()),
    }
}
