//! What an entry says, as it is stored in the ledger (`payload jsonb`).
//!
//! Invariant: amounts are resolved before an entry exists; a reader never has to fetch a rate or multiply a price.

use dates::Date;
use money::{Currency, Decimal};
use rust_decimal::serde::{str as decimal_str, str_option};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use crate::entry::Action;
use crate::kind::Kind;
use crate::lots::CostBasisMethod;

/// The content of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// A transaction, complete.
    Transaction(Box<TransactionPayload>),
    /// A calculation setting.
    Setting(SettingPayload),
    /// A price stated by the owner.
    ManualPrice(ManualPricePayload),
    /// Why the target is taken back.
    Void {
        /// The reason as given by the user.
        reason: Option<String>,
    },
}

/// A payload that does not have the form of its kind.
#[derive(Debug, Error)]
#[error("the payload is not a {expected}")]
pub struct PayloadError {
    /// What was expected.
    pub expected: &'static str,
    /// What was wrong.
    #[source]
    pub source: serde_json::Error,
}

/// A transaction with every amount resolved. Amounts are in `currency` and never negative, except `net_amount`, and
/// `gross_amount` of interest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionPayload {
    /// Currency of every amount of the transaction.
    pub currency: Currency,
    /// Trade date where it is not the effective date (income paid later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_date: Option<Date>,
    /// When cash and securities change hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_date: Option<Date>,
    /// First day without the right to the dividend or with the split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ex_date: Option<Date>,
    /// Day on which holders are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_date: Option<Date>,
    /// Day on which income is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_date: Option<Date>,
    /// Units.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub quantity: Option<Decimal>,
    /// Amount per unit, or per unit of quotation where there is a multiplier.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub price: Option<Decimal>,
    /// Value of one unit per 1 of price: 0.01 for a bond quoted per 100, 100 for a contract on 100 units; absent is 1.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub multiplier: Option<Decimal>,
    /// Amount before fees and taxes.
    #[serde(with = "decimal_str")]
    pub gross_amount: Decimal,
    /// `buy`, `sell` of a bond: interest since the last coupon, paid to the seller on top of the gross amount. Income, not cost.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub accrued_interest: Option<Decimal>,
    /// Fees, each a cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<Fee>,
    /// Taxes, each a cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    /// Signed change of the cash in `currency`.
    #[serde(with = "decimal_str")]
    pub net_amount: Decimal,
    /// Base currency of the portfolio per 1 `currency` on the effective date; absent where they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub fx_rate: Option<Decimal>,
    /// `fx`: the currency bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter_currency: Option<Currency>,
    /// `fx`: the amount bought.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub counter_amount: Option<Decimal>,
    /// `fx`: base currency per 1 `counter_currency`; absent where they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub counter_fx_rate: Option<Decimal>,
    /// Corporate actions: new units for old ones (of a stock dividend and a spin-off: received for held).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// `spin_off`, `merger`: the security that is received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter_security_id: Option<Uuid>,
    /// `spin_off`, `merger`: market value of one unit received, in `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub counter_price: Option<Decimal>,
    /// `spin_off`: share of the cost that moves to the security received.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub cost_fraction: Option<Decimal>,
    /// `merger`: how it is treated; tax-free where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment: Option<Treatment>,
    /// Corporate actions: cash for the fraction of a unit that is not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub cash_in_lieu: Option<Decimal>,
    /// `transfer_in`: original purchase date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_date: Option<Date>,
    /// `transfer_in`: original total cost. `spin_off`: total cost that moves to the security received.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub lot_cost: Option<Decimal>,
    /// `transfer_in`: base currency per 1 `currency` on `lot_date`; absent where they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "str_option")]
    pub lot_fx_rate: Option<Decimal>,
    /// `sell`, `transfer_out`: which lots, instead of the method's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotSelection>,
    /// The order for this transaction alone, instead of the account's or portfolio's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_method: Option<CostBasisMethod>,
    /// Transfers inside of the portfolio: the other account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter_account_id: Option<Uuid>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Why an amendment was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One fee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// `commission`, `custody`, `exchange`…
    pub kind: String,
    /// Amount, never negative.
    #[serde(with = "decimal_str")]
    pub amount: Decimal,
}

/// One tax.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// Which kind of tax; decides whether it belongs to the cost of a lot.
    pub kind: TaxKind,
    /// Amount, never negative.
    #[serde(with = "decimal_str")]
    pub amount: Decimal,
}

/// Kinds of taxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxKind {
    /// Withheld at source from income or proceeds.
    Withholding,
    /// Stamp duty, transaction tax: part of the cost of a purchase, reduces the proceeds of a sale.
    Transaction,
    /// Any other.
    Other,
}

/// `to` new units for `from` old ones: a 4-for-1 split is `{from: 1, to: 4}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Old units.
    #[serde(with = "decimal_str")]
    pub from: Decimal,
    /// New units.
    #[serde(with = "decimal_str")]
    pub to: Decimal,
}

/// How a merger is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// A reorganisation: cost and dates carry over; gain is recognised up to the cash received, a loss never.
    TaxFree,
    /// A sale at the value of what is received; the new lot begins on the day.
    Taxable,
    /// The same security under another name: everything carries over.
    SymbolChange,
    /// Rights are exercised: their cost and the cash paid become the cost of a new lot.
    Exercise,
}

impl Treatment {
    /// All treatments.
    pub const ALL: [Treatment; 4] =
        [Treatment::TaxFree, Treatment::Taxable, Treatment::SymbolChange, Treatment::Exercise];

    /// The name in files, tables and requests.
    pub fn name(self) -> &'static str {
        match self {
            Treatment::TaxFree => "tax_free",
            Treatment::Taxable => "taxable",
            Treatment::SymbolChange => "symbol_change",
            Treatment::Exercise => "exercise",
        }
    }

    /// Reads the exact name.
    pub fn parse(text: &str) -> Option<Treatment> {
        Treatment::ALL.into_iter().find(|treatment| treatment.name() == text)
    }
}

/// Units taken from one lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotSelection {
    /// The lot.
    pub lot_id: Uuid,
    /// Units, greater than zero.
    #[serde(with = "decimal_str")]
    pub quantity: Decimal,
}

/// A setting that calculations depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingPayload {
    /// `base_currency`, `cost_basis_method`, `benchmark_id`…
    pub key: String,
    /// The value; its form depends on the key.
    pub value: Value,
}

/// A price that the owner states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualPricePayload {
    /// The day the price is for.
    pub date: Date,
    /// Amount per unit, greater than zero.
    #[serde(with = "decimal_str")]
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoidForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Payload {
    /// The stored form.
    pub fn to_json(&self) -> Value {
        let value = match self {
            Payload::Transaction(transaction) => serde_json::to_value(transaction),
            Payload::Setting(setting) => serde_json::to_value(setting),
            Payload::ManualPrice(price) => serde_json::to_value(price),
            Payload::Void { reason } => serde_json::to_value(VoidForm { reason: reason.clone() }),
        };
        // Structs of strings, dates and decimals always have a JSON form.
        value.unwrap_or(Value::Null)
    }

    /// Reads the stored form; action and kind of the entry say which one it is.
    pub fn from_json(action: Action, kind: Kind, value: Value) -> Result<Payload, PayloadError> {
        let wrong = |expected| move |source| PayloadError { expected, source };
        match (action, kind) {
            (Action::Void, _) => serde_json::from_value(value)
                .map(|form: VoidForm| Payload::Void { reason: form.reason })
                .map_err(wrong("void")),
            (_, Kind::Setting) => serde_json::from_value(value).map(Payload::Setting).map_err(wrong("setting")),
            (_, Kind::ManualPrice) => {
                serde_json::from_value(value).map(Payload::ManualPrice).map_err(wrong("manual price"))
            }
            _ => serde_json::from_value(value).map(Payload::Transaction).map_err(wrong("transaction")),
        }
    }
}

impl TransactionPayload {
    /// A transaction of nothing, to be filled by struct update.
    pub fn empty(currency: Currency) -> Self {
        Self {
            currency,
            trade_date: None,
            settlement_date: None,
            ex_date: None,
            record_date: None,
            pay_date: None,
            quantity: None,
            price: None,
            multiplier: None,
            gross_amount: Decimal::ZERO,
            accrued_interest: None,
            fees: Vec::new(),
            taxes: Vec::new(),
            net_amount: Decimal::ZERO,
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
            note: None,
            tags: Vec::new(),
            reason: None,
        }
    }

    /// Sum of the fees; none if it does not fit.
    pub fn fees_total(&self) -> Option<Decimal> {
        self.fees.iter().try_fold(Decimal::ZERO, |sum, fee| sum.checked_add(fee.amount))
    }

    /// Sum of the taxes; none if it does not fit.
    pub fn taxes_total(&self) -> Option<Decimal> {
        self.taxes.iter().try_fold(Decimal::ZERO, |sum, tax| sum.checked_add(tax.amount))
    }

    /// Sum of the transaction taxes, which belong to the cost of a lot.
    pub fn transaction_taxes(&self) -> Option<Decimal> {
        let taxes = self.taxes.iter().filter(|tax| tax.kind == TaxKind::Transaction);
        taxes.into_iter().try_fold(Decimal::ZERO, |sum, tax| sum.checked_add(tax.amount))
    }

    /// Base currency per 1 `currency`; none where a rate is needed and absent.
    pub fn rate_to_base(&self, base: Currency) -> Option<Decimal> {
        if self.currency == base { Some(Decimal::ONE) } else { self.fx_rate }
    }
}

impl Ratio {
    /// Reads `4:1` as 4 new units for 1 old one.
    pub fn parse(text: &str) -> Option<Ratio> {
        let (to, from) = text.split_once(':')?;
        let to = money::parse_decimal(to.trim()).ok()?.normalize();
        let from = money::parse_decimal(from.trim()).ok()?.normalize();
        (to > Decimal::ZERO && from > Decimal::ZERO).then_some(Ratio { from, to })
    }
}

impl std::fmt::Display for Ratio {
    /// `4:1` = new:old.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.to.normalize(), self.from.normalize())
    }
}
