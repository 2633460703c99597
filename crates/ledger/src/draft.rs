//! A wished transaction, and how it becomes an entry: every problem is reported, every amount resolved.
//!
//! Invariant: `complete` gives either an entry that needs nothing more, or all reasons why there is none.

use chrono::{DateTime, Utc};
use dates::Date;
use money::{Currency, Decimal};
use serde_json::Value;
use uuid::Uuid;

use crate::arithmetic::{RATE_DECIMALS, product, sum};
use crate::draft_rules;
use crate::entry::{Action, Entry};
use crate::kind::Kind;
use crate::lots::CostBasisMethod;
use crate::payload::{
    Fee, LotSelection, ManualPricePayload, Payload, Ratio, SettingPayload, Tax, TransactionPayload, Treatment,
};
use crate::problem::Problem;

/// What completing a draft needs to know about the portfolio and the market.
pub trait Resolver {
    /// Base currency of the portfolio.
    fn base_currency(&self) -> Currency;
    /// Base currency per 1 `currency` in force on the date; none if there is no usable rate.
    fn fx(&self, currency: Currency, date: Date) -> Option<Decimal>;
}

/// A wished transaction, in the fields of a request or a file row. All amounts are in `currency`.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What happened.
    pub kind: Kind,
    /// In which account.
    pub account_id: Uuid,
    /// With which security.
    pub security_id: Option<Uuid>,
    /// When.
    pub trade_date: Date,
    /// Currency of every amount.
    pub currency: Currency,
    /// When cash and securities change hands.
    pub settlement_date: Option<Date>,
    /// First day without the right.
    pub ex_date: Option<Date>,
    /// Day on which holders are recorded.
    pub record_date: Option<Date>,
    /// Day on which income is paid.
    pub pay_date: Option<Date>,
    /// Units, never negative.
    pub quantity: Option<Decimal>,
    /// Amount per unit, never negative; per unit of quotation where there is a multiplier. `spin_off`: market value of a
    /// unit of the parent.
    pub price: Option<Decimal>,
    /// Value of one unit per 1 of price: 0.01 for a bond quoted per 100, 100 for a contract on 100 units.
    pub multiplier: Option<Decimal>,
    /// `buy`, `sell` of a bond: interest since the last coupon, on top of the gross amount.
    pub accrued_interest: Option<Decimal>,
    /// Amount before fees and taxes, never negative but for interest.
    pub gross_amount: Option<Decimal>,
    /// Fees, never negative.
    pub fees: Vec<Fee>,
    /// Taxes, never negative.
    pub taxes: Vec<Tax>,
    /// Signed change of cash, checked against the other amounts where given.
    pub net_amount: Option<Decimal>,
    /// Base currency per 1 `currency`.
    pub fx_rate: Option<Decimal>,
    /// `fx`: currency bought.
    pub counter_currency: Option<Currency>,
    /// `fx`: amount bought.
    pub counter_amount: Option<Decimal>,
    /// `fx`: base currency per 1 `counter_currency`.
    pub counter_fx_rate: Option<Decimal>,
    /// Corporate actions: new for old.
    pub ratio: Option<Ratio>,
    /// `spin_off`, `merger`: the security that is received.
    pub counter_security_id: Option<Uuid>,
    /// `spin_off`, `merger`: market value of one unit received.
    pub counter_price: Option<Decimal>,
    /// `spin_off`: share of the cost that moves.
    pub cost_fraction: Option<Decimal>,
    /// `merger`: how it is treated; tax-free where absent.
    pub treatment: Option<Treatment>,
    /// Corporate actions: cash for the fraction of a unit that is not delivered.
    pub cash_in_lieu: Option<Decimal>,
    /// `transfer_in`: original purchase date.
    pub lot_date: Option<Date>,
    /// `transfer_in`: original total cost. `spin_off`: total cost that moves.
    pub lot_cost: Option<Decimal>,
    /// `transfer_in`: base currency per 1 `currency` on `lot_date`.
    pub lot_fx_rate: Option<Decimal>,
    /// `sell`, `transfer_out`: chosen lots.
    pub lots: Vec<LotSelection>,
    /// The order in which lots are relieved, for this transaction alone.
    pub lot_method: Option<CostBasisMethod>,
    /// Transfers inside of the portfolio: the other account.
    pub counter_account_id: Option<Uuid>,
    /// Identity in the source.
    pub external_id: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

/// An entry that has everything but its place in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// Record, void or amend.
    pub action: Action,
    /// Kind of the content.
    pub kind: Kind,
    /// Target of a void or amendment.
    pub target_seq: Option<u64>,
    /// The account.
    pub account_id: Option<Uuid>,
    /// The security.
    pub security_id: Option<Uuid>,
    /// The day on which it changes the books.
    pub effective_on: Date,
    /// The content.
    pub payload: Payload,
    /// Identity in the source.
    pub external_id: Option<String>,
}

impl Draft {
    /// A draft with nothing but the required fields, to be filled by assignment.
    pub fn new(kind: Kind, account_id: Uuid, trade_date: Date, currency: Currency) -> Self {
        Self {
            kind,
            account_id,
            security_id: None,
            trade_date,
            currency,
            settlement_date: None,
            ex_date: None,
            record_date: None,
            pay_date: None,
            quantity: None,
            price: None,
            multiplier: None,
            accrued_interest: None,
            gross_amount: None,
            fees: Vec::new(),
            taxes: Vec::new(),
            net_amount: None,
            fx_rate: None,
            counter_currency: None,
            counter_amount: None,
            counter_fx_rate: None,
            ratio: None,
            counter_security_id: None,
            counter_price: None,
            cost_fraction: None,
            treatment: None,
            cash_in_lieu: None,
            lot_date: None,
            lot_cost: None,
            lot_fx_rate: None,
            lots: Vec::new(),
            lot_method: None,
            counter_account_id: None,
            external_id: None,
            note: None,
            tags: Vec::new(),
        }
    }

    /// The day on which the transaction changes the books: the pay date of income, else the trade date.
    pub fn effective_on(&self) -> Date {
        match self.pay_date {
            Some(pay_date) if self.kind.is_income() => pay_date,
            _ => self.trade_date,
        }
    }

    /// Checks the draft, resolves its amounts and rates. All problems are reported, not only the first.
    pub fn complete(&self, resolver: &dyn Resolver) -> Result<NewEntry, Vec<Problem>> {
        let mut problems = Vec::new();
        let draft = self.in_main_currency(&mut problems);
        draft_rules::check_fields(&draft, &mut problems);
        let amounts = draft_rules::resolve_amounts(&draft, &mut problems);
        let rates = draft.resolve_rates(resolver, &mut problems);
        let Some(amounts) = amounts.filter(|_| problems.is_empty()) else { return Err(problems) };
        let effective_on = draft.effective_on();
        let normal = |value: Option<Decimal>| value.map(|value| value.normalize());
        let given = |value: Option<Decimal>| normal(value.filter(|value| !value.is_zero()));
        let payload = TransactionPayload {
            currency: draft.currency,
            trade_date: (draft.trade_date != effective_on).then_some(draft.trade_date),
            settlement_date: draft.settlement_date,
            ex_date: draft.ex_date,
            record_date: draft.record_date,
            pay_date: draft.pay_date,
            quantity: normal(amounts.quantity),
            price: normal(amounts.price),
            multiplier: normal(draft.multiplier.filter(|multiplier| *multiplier != Decimal::ONE)),
            gross_amount: amounts.gross.normalize(),
            accrued_interest: given(draft.accrued_interest),
            fees: draft.fees.iter().filter(|fee| !fee.amount.is_zero()).map(normal_fee).collect(),
            taxes: draft.taxes.iter().filter(|tax| !tax.amount.is_zero()).map(normal_tax).collect(),
            net_amount: amounts.net.normalize(),
            fx_rate: rates.own,
            counter_currency: draft.counter_currency,
            counter_amount: normal(draft.counter_amount),
            counter_fx_rate: rates.counter,
            ratio: draft.ratio.map(|ratio| Ratio { from: ratio.from.normalize(), to: ratio.to.normalize() }),
            counter_security_id: draft.counter_security_id,
            counter_price: normal(draft.counter_price),
            cost_fraction: normal(draft.cost_fraction),
            treatment: draft.treatment,
            cash_in_lieu: given(draft.cash_in_lieu),
            lot_date: draft.lot_date,
            lot_cost: normal(draft.lot_cost),
            lot_fx_rate: rates.lot,
            lots: draft.lots.clone(),
            lot_method: draft.lot_method,
            counter_account_id: draft.counter_account_id,
            note: draft.note.clone(),
            tags: draft.tags.clone(),
            reason: None,
        };
        Ok(NewEntry {
            action: Action::Record,
            kind: draft.kind,
            target_seq: None,
            account_id: Some(draft.account_id),
            security_id: draft.security_id,
            effective_on,
            payload: Payload::Transaction(Box::new(payload)),
            external_id: draft.external_id.clone(),
        })
    }

    /// Books hold no pence: amounts in a unit such as GBX become amounts in its main currency.
    fn in_main_currency(&self, problems: &mut Vec<Problem>) -> Draft {
        let mut draft = self.clone();
        if let Some((parent, factor)) = self.currency.parent() {
            let scale = |value: Option<Decimal>| value.and_then(|value| value.checked_mul(factor));
            draft.currency = parent;
            draft.price = scale(self.price);
            draft.gross_amount = scale(self.gross_amount);
            draft.net_amount = scale(self.net_amount);
            draft.lot_cost = scale(self.lot_cost);
            draft.accrued_interest = scale(self.accrued_interest);
            draft.cash_in_lieu = scale(self.cash_in_lieu);
            draft.counter_price = scale(self.counter_price);
            draft.fees.iter_mut().for_each(|fee| fee.amount = scale(Some(fee.amount)).unwrap_or(fee.amount));
            draft.taxes.iter_mut().for_each(|tax| tax.amount = scale(Some(tax.amount)).unwrap_or(tax.amount));
            draft.fx_rate = self.fx_rate.and_then(|rate| rate.checked_div(factor));
            draft.lot_fx_rate = self.lot_fx_rate.and_then(|rate| rate.checked_div(factor));
        }
        if let Some(counter) = self.counter_currency.filter(|currency| currency.parent().is_some()) {
            let detail = format!("{counter} is a unit of quotation, cash is not held in it");
            problems.push(Problem::new("quote_unit", "counter_currency", detail));
        }
        draft
    }

    /// Whether anything of the transaction has a value in base currency; units and cost alone need no rate.
    fn needs_rate(&self) -> bool {
        let has_costs = !self.fees.is_empty() || !self.taxes.is_empty();
        let is_paid = [self.gross_amount, self.cash_in_lieu, self.net_amount]
            .into_iter()
            .flatten()
            .any(|amount| !amount.is_zero());
        match self.kind {
            Kind::Split | Kind::StockDividend | Kind::SpinOff => is_paid || has_costs,
            Kind::Merger => {
                let is_taxable = matches!(self.treatment, Some(Treatment::Taxable | Treatment::Exercise));
                is_paid || has_costs || is_taxable
            }
            _ => true,
        }
    }

    fn resolve_rates(&self, resolver: &dyn Resolver, problems: &mut Vec<Problem>) -> Rates {
        let base = resolver.base_currency();
        let mut rate = |field: &str, given: Option<Decimal>, currency: Currency, date: Date| -> Option<Decimal> {
            if currency == base {
                if let Some(given) = given.filter(|given| *given != Decimal::ONE) {
                    let detail = format!("{currency} is the base currency, its rate is 1, not {given}");
                    problems.push(Problem::new("fx_rate_not_one", field, detail).with_try("leave it empty"));
                }
                return None;
            }
            if given.is_some_and(|given| given <= Decimal::ZERO) {
                // Reported by the field rules.
                return None;
            }
            let found = given.or_else(|| resolver.fx(currency, date));
            let usable =
                found.map(|rate| money::round_to(rate, RATE_DECIMALS).normalize()).filter(|rate| *rate > Decimal::ZERO);
            if usable.is_none() {
                let detail = format!("no rate {currency}/{base} in force on {date}");
                let advice = format!("give {field}: {base} per 1 {currency}");
                problems.push(Problem::new("missing_fx", field, detail).with_try(advice));
            }
            usable
        };
        if !self.needs_rate() {
            // Nothing is paid or valued, so no rate is needed.
            return Rates::default();
        }
        let own = rate("fx_rate", self.fx_rate, self.currency, self.effective_on());
        let counter = match (self.kind, self.counter_currency) {
            (Kind::Fx, Some(counter)) => rate("counter_fx_rate", self.counter_fx_rate, counter, self.effective_on()),
            _ => None,
        };
        let lot = match (self.kind, self.lot_date) {
            (Kind::TransferIn, Some(lot_date)) => rate("lot_fx_rate", self.lot_fx_rate, self.currency, lot_date),
            _ => None,
        };
        Rates { own, counter, lot }
    }
}

#[derive(Default)]
struct Rates {
    own: Option<Decimal>,
    counter: Option<Decimal>,
    lot: Option<Decimal>,
}

impl NewEntry {
    /// Takes an entry back.
    pub fn void(target: &Entry, reason: Option<String>) -> Self {
        Self {
            action: Action::Void,
            kind: target.kind,
            target_seq: Some(target.seq),
            account_id: target.account_id,
            security_id: target.security_id,
            effective_on: target.effective_on,
            payload: Payload::Void { reason },
            external_id: None,
        }
    }

    /// Puts this content in the place of an entry.
    pub fn amending(mut self, target_seq: u64, reason: Option<String>) -> Self {
        self.action = Action::Amend;
        self.target_seq = Some(target_seq);
        if let Payload::Transaction(transaction) = &mut self.payload {
            transaction.reason = reason;
        }
        self
    }

    /// States a setting.
    pub fn setting(key: impl Into<String>, value: Value, effective_on: Date) -> Self {
        Self {
            action: Action::Record,
            kind: Kind::Setting,
            target_seq: None,
            account_id: None,
            security_id: None,
            effective_on,
            payload: Payload::Setting(SettingPayload { key: key.into(), value }),
            external_id: None,
        }
    }

    /// States a price of a security; refused unless greater than zero and storable.
    pub fn manual_price(security_id: Uuid, price: ManualPricePayload) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        draft_rules::check_unit_value("price", price.price, &mut problems);
        if price.price <= Decimal::ZERO {
            problems.push(Problem::new("not_positive", "price", "a price must be greater than zero"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            action: Action::Record,
            kind: Kind::ManualPrice,
            target_seq: None,
            account_id: None,
            security_id: Some(security_id),
            effective_on: price.date,
            payload: Payload::ManualPrice(price),
            external_id: None,
        })
    }

    /// Makes a setting one of a single account.
    pub fn of_account(mut self, account_id: Uuid) -> Self {
        self.account_id = Some(account_id);
        self
    }

    /// Gives the entry its place. The time is cut to the microseconds that are stored and hashed.
    pub fn numbered(self, seq: u64, entry_id: Uuid, recorded_at: DateTime<Utc>) -> Entry {
        let recorded_at = DateTime::from_timestamp_micros(recorded_at.timestamp_micros()).unwrap_or(recorded_at);
        Entry {
            seq,
            entry_id,
            action: self.action,
            kind: self.kind,
            target_seq: self.target_seq,
            account_id: self.account_id,
            security_id: self.security_id,
            effective_on: self.effective_on,
            payload: self.payload,
            external_id: self.external_id,
            recorded_at,
        }
    }
}

/// Fees plus taxes of a draft; none if too large.
pub(crate) fn costs_total(fees: &[Fee], taxes: &[Tax]) -> Option<Decimal> {
    let amounts = fees.iter().map(|fee| fee.amount).chain(taxes.iter().map(|tax| tax.amount));
    amounts.into_iter().try_fold(Decimal::ZERO, sum)
}

/// Quantity × price × multiplier as an amount; none if too large.
pub(crate) fn value_of(quantity: Decimal, price: Decimal, multiplier: Option<Decimal>) -> Option<Decimal> {
    match multiplier {
        None => product(quantity, price),
        Some(multiplier) => product(quantity, price.checked_mul(multiplier)?),
    }
}

fn normal_fee(fee: &Fee) -> Fee {
    Fee { kind: fee.kind.clone(), amount: fee.amount.normalize() }
}

fn normal_tax(tax: &Tax) -> Tax {
    Tax { kind: tax.kind, amount: tax.amount.normalize() }
}
