//! A case as typed data: books, prices and questions.
//!
//! Invariant: transactions are in booking order, series in date order, and every quantity has its sign from its type.

use std::collections::BTreeMap;

use dates::Date;
use serde_json::Value;

use crate::conventions::Conventions;
use crate::num::Num;
use crate::problem::Problem;

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Tags.
    pub area: Vec<String>,
    /// Reporting currency.
    pub base: Option<String>,
    /// Choices in force.
    pub conventions: Conventions,
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// Instruments by symbol.
    pub instruments: BTreeMap<String, Instrument>,
    /// State before the first transaction.
    pub opening: Opening,
    /// In booking order.
    pub transactions: Vec<Transaction>,
    /// Quotes by symbol, ascending by date.
    pub prices: BTreeMap<String, Vec<(Date, Num)>>,
    /// Rate tables.
    pub rates: Vec<RateTable>,
    /// Close of this day is the start.
    pub start: Option<Date>,
    /// Last day, inclusive.
    pub end: Option<Date>,
    /// Valuation day.
    pub as_of: Option<Date>,
    /// Inputs of formulas.
    pub inputs: Value,
    /// The questions.
    pub queries: Vec<Query>,
    /// Oddities that leave the case readable.
    pub warnings: Vec<Problem>,
}

impl Case {
    /// An input of a formula by its name, compared without case and punctuation.
    pub fn input(&self, name: &str) -> Option<&Value> {
        let name = crate::convention_names::plain(name);
        let found = self.inputs.as_object()?.iter().find(|(key, _)| crate::convention_names::plain(key) == name);
        found.map(|(_, value)| value)
    }
}

/// Where cash or securities lie.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Currency of its cash.
    pub currency: Option<String>,
    /// Holds securities only.
    pub is_depot: bool,
    /// The cash account of a depot.
    pub cash_account: Option<String>,
}

/// What is held.
#[derive(Debug, Clone)]
pub struct Instrument {
    /// Currency of the instrument.
    pub currency: Option<String>,
    /// Currency in which its quotes are, where another.
    pub quote_currency: Option<String>,
    /// Units of price per unit of quantity.
    pub multiplier: Num,
}

/// State before the first transaction.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Cash: account, currency, amount.
    pub cash: Vec<(String, String, Num)>,
    /// Contributions so far, in base currency.
    pub net_contribution: Option<Num>,
    /// Lots.
    pub lots: Vec<OpeningLot>,
}

/// A lot held before the first transaction.
#[derive(Debug, Clone)]
pub struct OpeningLot {
    /// Where.
    pub account: String,
    /// What.
    pub symbol: String,
    /// Acquired on.
    pub date: Date,
    /// Units.
    pub quantity: Num,
    /// Total cost.
    pub cost: Num,
    /// Its currency.
    pub currency: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // the names are the format's
pub enum Kind {
    Buy,
    Sell,
    Dividend,
    Interest,
    InterestCharge,
    Fee,
    FeeRefund,
    Tax,
    TaxRefund,
    Deposit,
    Withdrawal,
    OpeningCash,
    DeliveryIn,
    DeliveryOut,
    Transfer,
    CashTransfer,
    TransferInCash,
    TransferOutCash,
    Split,
    Liability,
}

impl Kind {
    /// All with their names in files.
    pub const ALL: [(&'static str, Kind); 20] = [
        ("BUY", Kind::Buy),
        ("SELL", Kind::Sell),
        ("DIVIDEND", Kind::Dividend),
        ("INTEREST", Kind::Interest),
        ("INTEREST_CHARGE", Kind::InterestCharge),
        ("FEE", Kind::Fee),
        ("FEE_REFUND", Kind::FeeRefund),
        ("TAX", Kind::Tax),
        ("TAX_REFUND", Kind::TaxRefund),
        ("DEPOSIT", Kind::Deposit),
        ("WITHDRAWAL", Kind::Withdrawal),
        ("OPENING_CASH", Kind::OpeningCash),
        ("DELIVERY_IN", Kind::DeliveryIn),
        ("DELIVERY_OUT", Kind::DeliveryOut),
        ("TRANSFER", Kind::Transfer),
        ("CASH_TRANSFER", Kind::CashTransfer),
        ("TRANSFER_IN_CASH", Kind::TransferInCash),
        ("TRANSFER_OUT_CASH", Kind::TransferOutCash),
        ("SPLIT", Kind::Split),
        ("LIABILITY", Kind::Liability),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Adds units.
    pub fn acquires(self) -> bool {
        matches!(self, Kind::Buy | Kind::DeliveryIn)
    }

    /// Takes units away.
    pub fn disposes(self) -> bool {
        matches!(self, Kind::Sell | Kind::DeliveryOut)
    }
}

/// The gross amount in the instrument's currency as a slip records it.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Gross amount there.
    pub gross: Option<Num>,
    /// Its currency.
    pub currency: String,
    /// Booking currency per 1 foreign.
    pub rate: Option<Num>,
    /// The same gross amount in booking currency.
    pub own_gross: Option<Num>,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Place in the file.
    pub place: usize,
    /// Day.
    pub date: Date,
    /// Time of day or time stamp as written; empty where none.
    pub time: String,
    /// Sequence number within the day.
    pub seq: Option<Num>,
    /// What happened.
    pub kind: Kind,
    /// What is traded.
    pub symbol: Option<String>,
    /// Units, never negative.
    pub quantity: Num,
    /// Per unit, before fees.
    pub price: Option<Num>,
    /// Amount with (purchases) or after (others) fee and tax.
    pub net: Option<Num>,
    /// Amount of movements of cash.
    pub amount: Option<Num>,
    /// Fee.
    pub fee: Num,
    /// Tax.
    pub tax: Num,
    /// Currency of the amounts.
    pub currency: String,
    /// Depot or account.
    pub account: String,
    /// Where the cash moves.
    pub cash_account: Option<String>,
    /// Target of transfers.
    pub to_account: Option<String>,
    /// What arrives.
    pub to_amount: Option<Num>,
    /// In which currency.
    pub to_currency: Option<String>,
    /// New for old units.
    pub ratio: Option<(Num, Num)>,
    /// Value booked by the source.
    pub value: Option<Num>,
    /// Account currency per 1 currency of the transaction.
    pub fx_rate: Option<Num>,
    /// Gross amount on the slip.
    pub foreign: Option<Foreign>,
    /// Price and fee that the source had already converted, with the instrument's currency.
    pub converted: Option<(Option<Num>, Num, String)>,
    /// Whether cash moves.
    pub settles_in_cash: bool,
    /// Quantity is in units after a later split.
    pub after_split: bool,
    /// What moves on the cash account, where stated.
    pub cash_amount: Option<Num>,
    /// Its currency.
    pub cash_currency: Option<String>,
    /// Cash currency per 1 currency of the transaction.
    pub cash_rate: Option<Num>,
    /// Lots that a sale names.
    pub named_lots: Vec<NamedLot>,
}

/// A lot that a sale names.
#[derive(Debug, Clone, Default)]
pub struct NamedLot {
    /// n-th lot of the symbol, from 1.
    pub number: Option<usize>,
    /// Acquired on.
    pub date: Option<Date>,
    /// At this cost per unit.
    pub unit_cost: Option<Num>,
    /// Units to take; all that are needed where absent.
    pub quantity: Option<Num>,
}

/// Rates of a pair: 1 base = rate quote.
#[derive(Debug, Clone)]
pub struct RateTable {
    /// One of this …
    pub base: String,
    /// … is so much of that.
    pub quote: String,
    /// Ascending by date.
    pub rates: Vec<(Date, Num)>,
}

/// What a question is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// One symbol.
    pub symbol: Option<String>,
    /// One account.
    pub account: Option<String>,
    /// n-th round trip by start, from 1.
    pub trade: Option<usize>,
    /// n-th sale, from 1.
    pub sale: Option<usize>,
    /// n-th lot, from 1.
    pub lot: Option<usize>,
    /// After this day.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Option<Date>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Query {
    /// What is asked.
    pub metric: String,
    /// About what.
    pub scope: Scope,
    /// For which day.
    pub at: Option<Date>,
    /// In which currency.
    pub currency: Option<String>,
    /// Options, an object.
    pub params: Value,
    /// JSON pointer of the query.
    pub pointer: String,
}

impl Query {
    /// An option by one of its names, compared without case and punctuation.
    pub fn param(&self, names: &[&str]) -> Option<&Value> {
        let map = self.params.as_object()?;
        names.iter().find_map(|name| {
            map.iter().find(|(key, _)| crate::convention_names::plain(key) == *name).map(|(_, value)| value)
        })
    }

    /// A text option.
    pub fn text(&self, names: &[&str]) -> Option<&str> {
        self.param(names)?.as_str()
    }

    /// A numeric option.
    pub fn number(&self, names: &[&str]) -> Option<Num> {
        number_of(self.param(names)?)
    }

    /// A date option.
    pub fn date(&self, names: &[&str]) -> Option<Date> {
        dates::parse_date(self.text(names)?).ok()
    }
}

/// A decimal of a text, or of a number that its text writes exactly.
pub fn number_of(value: &Value) -> Option<Num> {
    match value {
        Value::String(text) => decimal_of(text),
        Value::Number(number) => decimal_of(&number.to_string()),
        _ => None,
    }
}

/// Plain or scientific; digits beyond the 28 that a decimal holds are rounded.
fn decimal_of(text: &str) -> Option<Num> {
    if let Ok(value) = money::parse_decimal(text) {
        return Some(Num::from(value));
    }
    let is_number =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    if !is_number {
        return None;
    }
    rust_decimal::Decimal::from_scientific(text).or_else(|_| text.parse()).ok().map(Num::from)
}
