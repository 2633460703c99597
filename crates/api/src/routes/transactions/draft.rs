//! A transaction as callers send it, and how it becomes an argument of the ledger's capabilities.

use chrono::NaiveDate;
use money::Currency;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::fields::{Fields, Input};
use crate::routes::wire::{MoneyWire, decimal_text};

/// How a merger is treated.
pub const TREATMENTS: &[&str] = &["tax_free", "taxable", "symbol_change", "exercise"];

/// Kinds of transactions.
pub const KINDS: &[&str] = &[
    "buy",
    "sell",
    "dividend",
    "interest",
    "fee",
    "tax",
    "deposit",
    "withdrawal",
    "transfer_in",
    "transfer_out",
    "fx",
    "split",
    "stock_dividend",
    "spin_off",
    "merger",
    "return_of_capital",
    "adjustment",
];

/// Which security: its id, or an identifier.
#[derive(Debug, Clone, ToSchema)]
pub struct SecurityReference {
    /// Id of the security.
    pub id: Option<Uuid>,
    /// ISIN.
    pub isin: Option<String>,
    /// FIGI.
    pub figi: Option<String>,
    /// Symbol; alone only where it is unique.
    pub symbol: Option<String>,
    /// Exchange of the symbol (MIC).
    pub mic: Option<String>,
}

/// A fee.
#[derive(Debug, Clone, ToSchema)]
pub struct FeeInput {
    /// What it is for, such as `commission`.
    pub kind: Option<String>,
    /// How much, never negative.
    pub money: MoneyWire,
}

/// A tax.
#[derive(Debug, Clone, ToSchema)]
pub struct TaxInput {
    /// `withholding`, `transaction` or `other`.
    pub kind: String,
    /// How much, never negative.
    pub money: MoneyWire,
}

/// An exchange rate: 1 base = rate quote.
#[derive(Debug, Clone, ToSchema)]
pub struct FxRateInput {
    /// One unit of this.
    pub base: String,
    /// In units of this.
    pub quote: String,
    /// Decimal text.
    pub rate: String,
}

/// Ratio of a split, new for old.
#[derive(Debug, Clone, ToSchema)]
pub struct RatioInput {
    /// Old units.
    pub from: String,
    /// New units.
    pub to: String,
}

/// Origin of a lot that is transferred in.
#[derive(Debug, Clone, ToSchema)]
pub struct CostBasisInput {
    /// Original purchase date; a spin-off has none.
    pub acquired_on: Option<NaiveDate>,
    /// Original total cost.
    pub cost: MoneyWire,
    /// Base currency of the portfolio per 1 unit of the cost's currency on that date.
    pub fx_rate: Option<String>,
}

/// A chosen lot.
#[derive(Debug, Clone, ToSchema)]
pub struct LotChoice {
    /// The lot.
    pub lot_id: Uuid,
    /// Units taken from it.
    pub quantity: String,
}

/// Lots chosen by hand.
#[derive(Debug, Clone, ToSchema)]
pub struct LotSelectionInput {
    /// `specific`, with lots; or another order for this transaction alone: `fifo`, `lifo`, `hifo`, `average`,
    /// `minimum_tax`.
    pub method: String,
    /// The lots of `specific`.
    pub lots: Option<Vec<LotChoice>>,
}

/// A transaction to record. Which fields a kind needs is said when one is missing.
#[derive(Debug, Clone, ToSchema)]
pub struct TransactionInput {
    /// What happened.
    pub kind: String,
    /// In which account.
    pub account_id: Uuid,
    /// With which security.
    pub security: Option<SecurityReference>,
    /// When.
    pub trade_date: NaiveDate,
    /// Currency of the transaction where no amount names one.
    pub currency: Option<String>,
    /// When cash and securities change hands.
    pub settlement_date: Option<NaiveDate>,
    /// First day without the right.
    pub ex_date: Option<NaiveDate>,
    /// Day on which holders are recorded.
    pub record_date: Option<NaiveDate>,
    /// Day on which income is paid.
    pub pay_date: Option<NaiveDate>,
    /// Units, decimal text, never negative.
    pub quantity: Option<String>,
    /// Amount per unit, never negative.
    pub price: Option<MoneyWire>,
    /// Value of one unit per 1 of price: 0.01 for a bond quoted per 100, 100 for a contract on 100 units.
    pub multiplier: Option<String>,
    /// `buy`, `sell` of a bond: interest paid on top of the gross amount.
    pub accrued_interest: Option<MoneyWire>,
    /// Amount before fees and taxes.
    pub gross_amount: Option<MoneyWire>,
    /// Signed change of cash; checked where given.
    pub net_amount: Option<MoneyWire>,
    /// Fees.
    pub fees: Option<Vec<FeeInput>>,
    /// Taxes.
    pub taxes: Option<Vec<TaxInput>>,
    /// Rate between the transaction's and the portfolio's currency, at trade (income: pay) date.
    pub fx_rate: Option<FxRateInput>,
    /// `fx`: what was bought.
    pub counter_amount: Option<MoneyWire>,
    /// `fx`: rate between the bought and the portfolio's currency.
    pub counter_fx_rate: Option<FxRateInput>,
    /// Corporate actions: new for old; `stock_dividend` and `spin_off`: received for held.
    pub ratio: Option<RatioInput>,
    /// `spin_off`, `merger`: what is received.
    pub counter_security: Option<SecurityReference>,
    /// `spin_off`, `merger`: market value of one unit received.
    pub counter_price: Option<MoneyWire>,
    /// `spin_off`: share of the cost that moves.
    pub cost_fraction: Option<String>,
    /// `merger`: `tax_free`, `taxable`, `symbol_change` or `exercise`.
    pub treatment: Option<String>,
    /// Corporate actions: cash for the fraction of a unit that is not delivered.
    pub cash_in_lieu: Option<MoneyWire>,
    /// `transfer_in`: date and cost of the original purchase. `spin_off`: the cost that moves.
    pub cost_basis: Option<CostBasisInput>,
    /// `sell`, `transfer_out`: chosen lots, or an order of its own.
    pub lot_selection: Option<LotSelectionInput>,
    /// Transfers inside of the portfolio: the other account.
    pub counter_account_id: Option<Uuid>,
    /// Identity in the source, unique in the account.
    pub external_id: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
}

/// A transaction that was read: the arguments of the ledger's capabilities.
#[derive(Debug, Clone, Default)]
pub struct ReadTransaction(pub Map<String, Value>);

impl ReadTransaction {
    /// Reads one transaction; every amount must be in one currency, a rate must join it with another.
    pub fn read(f: &mut Fields<'_>) -> Self {
        let mut out = Map::new();
        let mut currency: Option<Currency> = f.opt_currency("currency");
        put(&mut out, "kind", Some(f.choice("kind", KINDS)));
        put(&mut out, "account_id", Some(f.uuid("account_id").to_string()));
        if let Some(security) = f.opt_object("security", read_security) {
            out.insert("security".into(), security);
        }
        if let Some(security) = f.opt_object("counter_security", read_security) {
            out.insert("counter_security".into(), security);
        }
        if !f.has("trade_date") {
            f.refuse("trade_date", "trade_date is required");
        }
        for name in ["trade_date", "settlement_date", "ex_date", "record_date", "pay_date"] {
            put(&mut out, name, f.opt_date(name).map(|d| d.to_string()));
        }
        for name in ["quantity", "multiplier", "cost_fraction"] {
            put(&mut out, name, f.opt_decimal(name).map(decimal_text));
        }
        put(&mut out, "treatment", f.opt_choice("treatment", TREATMENTS));
        for name in ["price", "gross_amount", "net_amount", "accrued_interest", "counter_price", "cash_in_lieu"] {
            let amount = f.opt_money(name);
            put(&mut out, name, in_currency(f, name, amount, &mut currency));
        }
        for name in ["fees", "taxes"] {
            let items = f.opt_objects(name, 50, |f| read_charge(f, name));
            for (kind, amount) in items.into_iter().flatten() {
                let amount = in_currency(f, name, amount, &mut currency);
                let list = out.entry(name).or_insert_with(|| json!([]));
                if let (Some(list), Some(amount)) = (list.as_array_mut(), amount) {
                    list.push(json!({"kind": kind, "amount": amount}));
                }
            }
        }
        if let Some((amount, bought)) = f.opt_money("counter_amount") {
            put(&mut out, "counter_amount", Some(decimal_text(amount)));
            put(&mut out, "counter_currency", Some(bought.to_string()));
        }
        for name in ["fx_rate", "counter_fx_rate"] {
            if let Some(Some((base, quote, rate))) = f.opt_object(name, read_rate) {
                let of = if name == "fx_rate" {
                    currency.map(|c| c.to_string())
                } else {
                    out.get("counter_currency").and_then(Value::as_str).map(str::to_owned)
                };
                put(&mut out, name, per_unit(f, name, of.as_deref(), (base, quote, rate)));
            }
        }
        let ratio = f.opt_object("ratio", |f| {
            let from = f.opt_decimal("from").map(decimal_text);
            let to = f.opt_decimal("to").map(decimal_text);
            for (name, value) in [("from", &from), ("to", &to)] {
                if value.is_none() && !f.has(name) {
                    f.refuse(name, format!("{name} is required"));
                }
            }
            json!({"from": from, "to": to})
        });
        if let Some(ratio) = ratio {
            out.insert("ratio".into(), ratio);
        }
        let origin =
            f.opt_object("cost_basis", |f| (f.opt_date("acquired_on"), f.opt_money("cost"), f.opt_decimal("fx_rate")));
        if let Some((acquired_on, cost, rate)) = origin {
            put(&mut out, "lot_date", acquired_on.map(|d| d.to_string()));
            put(&mut out, "lot_cost", in_currency(f, "cost_basis", cost, &mut currency));
            put(&mut out, "lot_fx_rate", rate.map(decimal_text));
        }
        let lots = f.opt_object("lot_selection", |f| {
            let method = f.choice("method", super::super::portfolios::record::COST_BASIS_METHODS);
            let lot = |f: &mut Fields<'_>| {
                json!({"lot_id": f.uuid("lot_id"), "quantity": f.opt_decimal("quantity").map(decimal_text)})
            };
            let lots = if method == "specific" { Some(f.objects("lots", 1000, lot)) } else { None };
            if lots.is_none() && f.has("lots") {
                f.refuse("lots", "lots are chosen by the method `specific`");
            }
            (method, lots)
        });
        match lots {
            Some((_, Some(lots))) => {
                out.insert("lots".into(), lots.into());
            }
            Some((method, None)) => put(&mut out, "lot_method", Some(method)),
            None => {}
        }
        put(&mut out, "counter_account_id", f.opt_uuid("counter_account_id").map(|id| id.to_string()));
        put(&mut out, "external_id", f.opt_text("external_id", 1, 200));
        put(&mut out, "note", f.opt_text("note", 0, 2000));
        if let Some(tags) = f.words("tags", None) {
            out.insert("tags".into(), tags.into());
        }
        match currency {
            Some(currency) => put(&mut out, "currency", Some(currency.to_string())),
            // Where an amount was sent, its own error says what is wrong.
            None if ["currency", "price", "gross_amount", "net_amount", "fees", "taxes"]
                .iter()
                .any(|name| f.has(name)) => {}
            None => f.refuse("currency", "currency is required where no amount names one"),
        }
        Self(out)
    }
}

impl Input for TransactionInput {
    fn read(f: &mut Fields<'_>) -> Self {
        ReadTransaction::read(f);
        // The described type exists for its description; handlers use what was read.
        Self {
            kind: String::new(),
            account_id: Uuid::nil(),
            security: None,
            trade_date: NaiveDate::default(),
            currency: None,
            settlement_date: None,
            ex_date: None,
            record_date: None,
            pay_date: None,
            quantity: None,
            price: None,
            multiplier: None,
            accrued_interest: None,
            gross_amount: None,
            net_amount: None,
            fees: None,
            taxes: None,
            fx_rate: None,
            counter_amount: None,
            counter_fx_rate: None,
            ratio: None,
            counter_security: None,
            counter_price: None,
            cost_fraction: None,
            treatment: None,
            cash_in_lieu: None,
            cost_basis: None,
            lot_selection: None,
            counter_account_id: None,
            external_id: None,
            note: None,
            tags: None,
        }
    }
}

fn put(out: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        out.insert(name.to_owned(), value.into());
    }
}

fn read_security(f: &mut Fields<'_>) -> Value {
    let mut out = Map::new();
    put(&mut out, "id", f.opt_uuid("id").map(|id| id.to_string()));
    for name in ["isin", "figi", "symbol", "mic"] {
        put(&mut out, name, f.opt_text(name, 1, 64));
    }
    let named = ["id", "isin", "figi", "symbol"].iter().any(|n| out.contains_key(*n));
    if !named {
        f.refuse("id", "a security is named by id, isin, figi, or symbol and mic");
    }
    Value::Object(out)
}

fn read_charge(f: &mut Fields<'_>, list: &str) -> (String, Option<(Decimal, Currency)>) {
    let kind = if list == "taxes" {
        f.choice("kind", &["withholding", "transaction", "other"])
    } else {
        f.opt_text("kind", 1, 64).unwrap_or_else(|| "commission".into())
    };
    let amount = f.opt_money("money");
    if amount.is_none() && !f.has("money") {
        f.refuse("money", "money is required");
    }
    (kind, amount)
}

fn read_rate(f: &mut Fields<'_>) -> Option<(Currency, Currency, Decimal)> {
    let base = f.currency("base");
    let quote = f.currency("quote");
    let rate = f.opt_decimal("rate");
    if !f.has("rate") {
        f.refuse("rate", "rate is required");
    } else if rate.is_some_and(|r| r <= Decimal::ZERO) {
        f.refuse("rate", "rate must be greater than zero");
    }
    Some((base?, quote?, rate.filter(|r| Decimal::ZERO < *r)?))
}

/// The amount as text, if its currency is the transaction's.
fn in_currency(
    f: &mut Fields<'_>,
    name: &str,
    amount: Option<(Decimal, Currency)>,
    currency: &mut Option<Currency>,
) -> Option<String> {
    let (amount, of) = amount?;
    let expected = *currency.get_or_insert(of);
    if of != expected {
        f.refuse(name, format!("{name} is in {of}, other amounts of the transaction are in {expected}"));
        return None;
    }
    Some(decimal_text(amount))
}

/// The rate as units of the other currency per 1 unit of `of`.
fn per_unit(
    f: &mut Fields<'_>,
    name: &str,
    of: Option<&str>,
    (base, quote, rate): (Currency, Currency, Decimal),
) -> Option<String> {
    let (base, quote) = (base.to_string(), quote.to_string());
    match of {
        Some(of) if base == of => Some(rate.normalize().to_string()),
        Some(of) if quote == of => Some(Decimal::ONE.checked_div(rate)?.normalize().to_string()),
        Some(of) => {
            f.refuse(name, format!("{name} is between {base} and {quote}, the amount is in {of}"));
            None
        }
        None => {
            f.refuse(name, format!("{name} needs an amount whose currency it converts"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fields::Place;
    use serde_json::json;

    const ACCOUNT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn check(body: Value, expected: Result<Value, &[&str]>) {
        let object = body.as_object().expect("object");
        let mut fields = Fields::new(Place::Body, object);
        let read = ReadTransaction::read(&mut fields);
        let found = match fields.finish() {
            Ok(()) => Ok(Value::Object(read.0)),
            Err(problem) => {
                Err(problem.errors.iter().map(|e| e.pointer.clone().unwrap_or_default()).collect::<Vec<_>>())
            }
        };
        assert_eq!(found, expected.map_err(|list| list.iter().map(|s| (*s).to_owned()).collect()), "{body}");
    }

    #[test]
    fn amounts_become_decimals_of_one_currency() {
        check(
            json!({"kind": "buy", "account_id": ACCOUNT, "security": {"symbol": "CNR", "mic": "XTSE"}, "trade_date": "2024-03-28",
                   "quantity": "10", "price": {"amount": "120.50", "currency": "CAD"},
                   "fees": [{"kind": "commission", "money": {"amount": "9.99", "currency": "CAD"}}],
                   "fx_rate": {"base": "EUR", "quote": "CAD", "rate": "1.25"}}),
            Ok(
                json!({"kind": "buy", "account_id": ACCOUNT, "security": {"symbol": "CNR", "mic": "XTSE"}, "trade_date": "2024-03-28",
                   "quantity": "10", "price": "120.5", "currency": "CAD", "fees": [{"kind": "commission", "amount": "9.99"}], "fx_rate": "0.8"}),
            ),
        );
    }

    #[test]
    fn every_wrong_place_is_named() {
        check(json!({}), Err(&["/kind", "/account_id", "/trade_date", "/currency"]));
        check(
            json!({"kind": "bye", "account_id": ACCOUNT, "trade_date": "2024-13-01", "quantity": 3, "price": 4.5, "currency": "EUR", "shares": "3"}),
            Err(&["/kind", "/trade_date", "/quantity", "/price", "/shares"]),
        );
        check(
            json!({"kind": "buy", "account_id": ACCOUNT, "trade_date": "2024-03-28",
                   "price": {"amount": "1", "currency": "CAD"}, "fees": [{"money": {"amount": "1", "currency": "USD"}}]}),
            Err(&["/fees"]),
        );
        check(
            json!({"kind": "buy", "account_id": ACCOUNT, "trade_date": "2024-03-28", "currency": "CAD",
                   "fx_rate": {"base": "USD", "quote": "EUR", "rate": "0"}, "security": {}}),
            Err(&["/security/id", "/fx_rate/rate"]),
        );
    }
}
