//! Entries as a caller gives them: transactions, settings, own prices.
//!
//! Every problem of every field is reported with its pointer; a name that fits several securities is never resolved to
//! one of them.

use capability::{FailureDetail, Type, nearest};
use chrono::Utc;
use dates::Date;
use formats::{AccountsAndSecurities, SecurityQuery};
use ledger::settings as keys;
use ledger::{
    CostBasisMethod, Draft, Fee, Kind, LotSelection, ManualPricePayload, NewEntry, Payload, Problem, Ratio, Tax,
    TaxKind, Treatment,
};
use money::{Currency, Decimal};
use serde_json::Value;
use uuid::Uuid;

use super::desk::Desk;
use super::refusals::detail_of;
use crate::schema::{field, sometimes};

/// What a caller asks to record.
pub(crate) enum Wish {
    /// A transaction, to be completed.
    Draft(Box<Draft>),
    /// A setting or an own price, complete.
    Complete(Box<NewEntry>),
}

/// Settings that may be recorded.
const SETTINGS: [&str; 9] = [
    keys::BASE_CURRENCY,
    keys::COST_BASIS_METHOD,
    keys::FEES_IN_COST,
    keys::ALLOW_SHORT,
    keys::BENCHMARK_ID,
    keys::VALUATION_CALENDAR,
    keys::RISK_FREE,
    keys::TAX_PROFILE,
    keys::OPENED_ON,
];

/// Settings that a single account may have.
const ACCOUNT_SETTINGS: [&str; 4] = [keys::COST_BASIS_METHOD, keys::FEES_IN_COST, keys::ALLOW_SHORT, keys::TAX_PROFILE];

/// The type of one entry.
pub(crate) fn entry_type() -> Type {
    let cost = |kind: Type| {
        Type::record([field("kind", kind, "kind"), field("amount", Type::Decimal, "amount, never negative")])
    };
    let security = Type::record([
        sometimes("id", Type::id("security"), "id"),
        sometimes("isin", Type::Text, "ISIN"),
        sometimes("figi", Type::Text, "FIGI"),
        sometimes("symbol", Type::Text, "symbol on its market"),
        sometimes("mic", Type::Text, "market"),
    ]);
    let ratio = Type::record([field("from", Type::Decimal, "old units"), field("to", Type::Decimal, "new units")]);
    let lot = Type::record([field("lot_id", Type::id("lot"), "lot"), field("quantity", Type::Decimal, "units")]);
    Type::record([
        field("kind", Type::Enum(Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect()), "what happened"),
        sometimes("account_id", Type::id("account"), "account; the only one when absent"),
        sometimes("security", security.clone(), "security"),
        sometimes("trade_date", Type::Date, "trade date"),
        sometimes("currency", Type::Text, "currency of every amount"),
        sometimes("settlement_date", Type::Date, "when cash and securities change hands"),
        sometimes("ex_date", Type::Date, "first day without the right"),
        sometimes("record_date", Type::Date, "day on which holders are counted"),
        sometimes("pay_date", Type::Date, "day of payment"),
        sometimes("quantity", Type::Decimal, "units"),
        sometimes("price", Type::Decimal, "amount per unit; spin_off: value of a unit of the parent"),
        sometimes("multiplier", Type::Decimal, "value of a unit per 1 of price: 0.01 for a bond quoted per 100"),
        sometimes("accrued_interest", Type::Decimal, "buy, sell: interest paid on top of the gross amount"),
        sometimes("gross_amount", Type::Decimal, "before fees and taxes"),
        sometimes("fees", Type::list(cost(Type::Text)), "fees"),
        sometimes("taxes", Type::list(cost(Type::one_of(["withholding", "transaction", "other"]))), "taxes"),
        sometimes("net_amount", Type::Decimal, "change of cash, signed"),
        sometimes("fx_rate", Type::Decimal, "base currency per unit; from the pack when absent"),
        sometimes("counter_currency", Type::Text, "fx: currency bought"),
        sometimes("counter_amount", Type::Decimal, "fx: amount bought"),
        sometimes("counter_fx_rate", Type::Decimal, "fx: base currency per unit bought"),
        sometimes("ratio", ratio, "corporate actions: new for old; stock_dividend, spin_off: received for held"),
        sometimes("counter_security", security, "spin_off, merger: what is received"),
        sometimes("counter_price", Type::Decimal, "spin_off, merger: value of one unit received"),
        sometimes("cost_fraction", Type::Decimal, "spin_off: share of the cost that moves"),
        sometimes("treatment", Type::one_of(Treatment::ALL.map(Treatment::name)), "merger: how it is treated"),
        sometimes("cash_in_lieu", Type::Decimal, "corporate actions: cash for the fraction not delivered"),
        sometimes("lot_date", Type::Date, "transfer_in: original purchase"),
        sometimes("lot_cost", Type::Decimal, "transfer_in: original cost; spin_off: cost that moves"),
        sometimes("lot_fx_rate", Type::Decimal, "transfer_in: base currency per unit at the original purchase"),
        sometimes("lots", Type::list(lot), "chosen lots"),
        sometimes(
            "lot_method",
            Type::one_of(CostBasisMethod::ALL.map(CostBasisMethod::name)),
            "order of lots, for this one",
        ),
        sometimes("counter_account_id", Type::id("account"), "other account of a transfer inside of the portfolio"),
        sometimes("external_id", Type::Text, "identity in the source"),
        sometimes("note", Type::Text, "note"),
        sometimes("tags", Type::list(Type::Text), "labels"),
        sometimes("key", Type::one_of(SETTINGS), "setting: its key"),
        sometimes("value", Type::Any, "setting: its value"),
        sometimes("effective_on", Type::Date, "setting: its day"),
        sometimes("date", Type::Date, "manual_price: its day"),
    ])
}

/// Reads one entry below a pointer.
pub(crate) fn read_entry(desk: &Desk, value: &Value, below: &str) -> Result<Wish, Vec<FailureDetail>> {
    let mut reader = Reader { desk, value, below, problems: Vec::new() };
    let wish = reader.wish();
    match wish.filter(|_| reader.problems.is_empty()) {
        Some(wish) => Ok(wish),
        None => Err(reader.problems),
    }
}

/// A trade in another currency than the security's: the books would hold a cost that no price compares with.
pub(crate) fn currency_mismatch(desk: &Desk, entry: &NewEntry) -> Option<Problem> {
    let Payload::Transaction(transaction) = &entry.payload else { return None };
    if !matches!(entry.kind, Kind::Buy | Kind::Sell) {
        return None;
    }
    let security = desk.security(entry.security_id?)?;
    let quoted = security.fields.currency.parent().map_or(security.fields.currency, |(whole, _)| whole);
    (quoted != transaction.currency).then(|| {
        let symbol = crate::books::symbol_of(security);
        let detail = format!("{symbol} trades in {quoted}, the amounts are in {}", transaction.currency);
        let advice = format!("give the amounts in {quoted} and record the conversion as fx");
        Problem::new("currency_mismatch", "currency", detail).with_try(advice)
    })
}

struct Reader<'a> {
    desk: &'a Desk,
    value: &'a Value,
    below: &'a str,
    problems: Vec<FailureDetail>,
}

impl Reader<'_> {
    fn wish(&mut self) -> Option<Wish> {
        let kind: Kind = match self.text("kind")?.parse() {
            Ok(kind) => kind,
            Err(error) => {
                self.refuse(
                    "kind",
                    "invalid_input",
                    error.to_string(),
                    Some(format!("nearest is {}", Kind::nearest(&error.text))),
                );
                return None;
            }
        };
        match kind {
            Kind::Setting => self.setting(),
            Kind::ManualPrice => self.manual_price(),
            kind => self.draft(kind),
        }
    }

    fn setting(&mut self) -> Option<Wish> {
        let key = self.required_text("key")?;
        if !SETTINGS.contains(&key.as_str()) {
            let advice = nearest(&key, SETTINGS).map(|near| format!("nearest is {near}"));
            self.refuse("key", "invalid_input", format!("there is no setting {key}"), advice);
            return None;
        }
        let Some(value) = self.value.get("value").filter(|value| !value.is_null()).cloned() else {
            self.refuse("value", "missing_field", "a setting has a value".to_owned(), None);
            return None;
        };
        let on = self.date("effective_on").unwrap_or_else(|| Utc::now().date_naive());
        let account = self.account("account_id", false);
        if account.is_some() && !ACCOUNT_SETTINGS.contains(&key.as_str()) {
            let advice = format!("settings of an account are {}", ACCOUNT_SETTINGS.join(", "));
            self.refuse("account_id", "invalid_input", format!("{key} holds for the whole portfolio"), Some(advice));
            return None;
        }
        let setting = NewEntry::setting(key, value, on);
        let setting = match account {
            Some(account) => setting.of_account(account),
            None => setting,
        };
        Some(Wish::Complete(Box::new(setting)))
    }

    fn manual_price(&mut self) -> Option<Wish> {
        let security = self.security("security");
        let date = self.required_date("date");
        let price = self.required_decimal("price");
        let currency = self.required_currency("currency");
        let note = self.text("note");
        if security.is_none() && self.value.get("security").is_none() {
            self.refuse("security", "missing_field", "a price is of a security".to_owned(), None);
        }
        let payload = ManualPricePayload { date: date?, price: price?, currency: currency?, note };
        match NewEntry::manual_price(security?, payload) {
            Ok(entry) => Some(Wish::Complete(Box::new(entry))),
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| detail_of(problem, self.below)));
                None
            }
        }
    }

    fn draft(&mut self, kind: Kind) -> Option<Wish> {
        let account = self.account("account_id", true);
        let trade_date = self.required_date("trade_date");
        let currency = self.required_currency("currency");
        let security_id = self.security("security");
        let mut draft = Draft::new(
            kind,
            account.unwrap_or_default(),
            trade_date.unwrap_or_default(),
            currency.unwrap_or(Currency::EUR),
        );
        draft.security_id = security_id;
        draft.settlement_date = self.date("settlement_date");
        draft.ex_date = self.date("ex_date");
        draft.record_date = self.date("record_date");
        draft.pay_date = self.date("pay_date");
        draft.quantity = self.decimal("quantity");
        draft.price = self.decimal("price");
        draft.gross_amount = self.decimal("gross_amount");
        draft.net_amount = self.decimal("net_amount");
        draft.fx_rate = self.decimal("fx_rate");
        draft.counter_currency = self.currency("counter_currency");
        draft.counter_amount = self.decimal("counter_amount");
        draft.counter_fx_rate = self.decimal("counter_fx_rate");
        draft.lot_date = self.date("lot_date");
        draft.lot_cost = self.decimal("lot_cost");
        draft.lot_fx_rate = self.decimal("lot_fx_rate");
        draft.counter_account_id = self.account("counter_account_id", false);
        draft.external_id = self.text("external_id");
        draft.note = self.text("note");
        draft.fees = self.costs("fees").into_iter().map(|(kind, amount)| Fee { kind, amount }).collect();
        draft.taxes = self.taxes();
        draft.ratio = self.ratio();
        draft.multiplier = self.decimal("multiplier");
        draft.accrued_interest = self.decimal("accrued_interest");
        draft.counter_security_id = self.security("counter_security");
        draft.counter_price = self.decimal("counter_price");
        draft.cost_fraction = self.decimal("cost_fraction");
        draft.treatment = self.word("treatment", &Treatment::ALL.map(Treatment::name), Treatment::parse);
        draft.cash_in_lieu = self.decimal("cash_in_lieu");
        draft.lot_method =
            self.word("lot_method", &CostBasisMethod::ALL.map(CostBasisMethod::name), CostBasisMethod::parse);
        draft.lots = self.lots();
        draft.tags = self.list("tags").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let is_transfer = matches!(kind, Kind::TransferIn | Kind::TransferOut);
        if let (true, Some(security), None, None) = (is_transfer, security_id, draft.price, draft.gross_amount) {
            // A transfer in kind crosses the boundary at the day's close.
            let close = self.desk.close(security, draft.trade_date).filter(|(_, currency)| *currency == draft.currency);
            draft.price = close.map(|(close, _)| close);
        }
        (account.is_some() && trade_date.is_some() && currency.is_some()).then(|| Wish::Draft(Box::new(draft)))
    }

    fn refuse(&mut self, name: &str, code: &str, detail: String, advice: Option<String>) {
        self.problems.push(FailureDetail {
            pointer: Some(format!("{}/{name}", self.below)),
            code: code.to_owned(),
            detail,
            try_: advice,
            ..FailureDetail::default()
        });
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value.get(name)?.as_str().map(str::to_owned)
    }

    fn required_text(&mut self, name: &str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() {
            self.refuse(name, "missing_field", format!("{name} is required"), None);
        }
        text
    }

    fn word<T>(&mut self, name: &str, known: &[&'static str], parse: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let found = parse(&text);
        if found.is_none() {
            let advice = format!("one of {}", known.join(", "));
            self.refuse(name, "invalid_input", format!("there is no {name} {text}"), Some(advice));
        }
        found
    }

    fn list(&self, name: &str) -> Vec<Value> {
        self.value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn date(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        dates::parse_date(&text).map_err(|error| self.refuse(name, "invalid_input", error.to_string(), None)).ok()
    }

    fn required_date(&mut self, name: &str) -> Option<Date> {
        self.required_text(name)?;
        self.date(name)
    }

    fn decimal_of(&mut self, at: &str, value: &Value) -> Option<Decimal> {
        let text = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))?;
        money::parse_decimal(&text).map_err(|error| self.refuse(at, "invalid_input", error.to_string(), None)).ok()
    }

    fn decimal(&mut self, name: &str) -> Option<Decimal> {
        let value = self.value.get(name)?.clone();
        self.decimal_of(name, &value)
    }

    fn required_decimal(&mut self, name: &str) -> Option<Decimal> {
        if self.value.get(name).is_none() {
            self.refuse(name, "missing_field", format!("{name} is required"), None);
        }
        self.decimal(name)
    }

    fn currency(&mut self, name: &str) -> Option<Currency> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|error: money::CurrencyError| self.refuse(name, "unknown_currency", error.to_string(), None))
            .ok()
    }

    fn required_currency(&mut self, name: &str) -> Option<Currency> {
        self.required_text(name)?;
        self.currency(name)
    }

    fn account(&mut self, name: &str, or_only: bool) -> Option<Uuid> {
        let Some(text) = self.text(name) else {
            let only = self.desk.directory.only_account().filter(|_| or_only);
            if or_only && only.is_none() {
                let detail = format!("the portfolio has {} accounts, the entry names none", self.desk.accounts.len());
                self.refuse(name, "missing_field", detail, Some("name an account".into()));
            }
            return only;
        };
        let known = Uuid::try_parse(&text).ok().filter(|id| self.desk.accounts.iter().any(|account| account.id == *id));
        if known.is_none() {
            let names = self.desk.directory.account_names().join(", ");
            self.refuse(
                name,
                "account_not_found",
                format!("there is no account {text} in the portfolio"),
                Some(format!("accounts are {names}")),
            );
        }
        known
    }

    fn security(&mut self, name: &str) -> Option<Uuid> {
        let given = self.value.get(name)?.clone();
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        if let Some(id) = text("id") {
            let known = Uuid::try_parse(id).ok().filter(|id| self.desk.security(*id).is_some());
            if known.is_none() {
                self.refuse(&format!("{name}/id"), "unknown_security", format!("there is no security {id}"), None);
            }
            return known;
        }
        let query = SecurityQuery { isin: text("isin"), figi: text("figi"), symbol: text("symbol"), mic: text("mic") };
        let found = self.desk.directory.securities(&query);
        let shown = [query.figi, query.isin, query.symbol].into_iter().flatten().next().unwrap_or_default().to_owned();
        match found.as_slice() {
            [only] => Some(only.id),
            [] => {
                let near = query.symbol.and_then(|symbol| self.desk.directory.nearest_symbol(symbol));
                self.refuse(
                    name,
                    "unknown_security",
                    format!("no security is known as {shown}"),
                    near.map(|near| format!("nearest is {near}")),
                );
                None
            }
            several => {
                let labels: Vec<String> = several.iter().map(|name| name.label()).collect();
                self.refuse(
                    name,
                    "ambiguous_symbol",
                    format!("{shown} is the name of several securities"),
                    Some(format!("one of {}", labels.join(", "))),
                );
                None
            }
        }
    }

    fn costs(&mut self, name: &str) -> Vec<(String, Decimal)> {
        let mut costs = Vec::new();
        for (at, cost) in self.list(name).iter().enumerate() {
            let kind = cost["kind"].as_str().unwrap_or(formats::dawsos_csv::DEFAULT_FEE_KIND).to_owned();
            match self.decimal_of(&format!("{name}/{at}/amount"), &cost["amount"]) {
                Some(amount) => costs.push((kind, amount)),
                None if cost["amount"].is_null() => {
                    self.refuse(&format!("{name}/{at}/amount"), "missing_field", "amount is required".to_owned(), None);
                }
                None => {}
            }
        }
        costs
    }

    fn taxes(&mut self) -> Vec<Tax> {
        let mut taxes = Vec::new();
        for (at, (kind, amount)) in self.costs("taxes").into_iter().enumerate() {
            let kind = match kind.as_str() {
                "withholding" => TaxKind::Withholding,
                "transaction" => TaxKind::Transaction,
                "other" => TaxKind::Other,
                _ => {
                    let advice = "one of withholding, transaction, other";
                    self.refuse(
                        &format!("taxes/{at}/kind"),
                        "invalid_input",
                        format!("there is no tax {kind}"),
                        Some(advice.into()),
                    );
                    continue;
                }
            };
            taxes.push(Tax { kind, amount });
        }
        taxes
    }

    fn ratio(&mut self) -> Option<Ratio> {
        let given = self.value.get("ratio")?.clone();
        let from = self.decimal_of("ratio/from", &given["from"]);
        let to = self.decimal_of("ratio/to", &given["to"]);
        let ratio = Ratio { from: from?, to: to? };
        if ratio.from <= Decimal::ZERO || ratio.to <= Decimal::ZERO {
            self.refuse("ratio", "not_positive", "both parts of a ratio are greater than zero".to_owned(), None);
            return None;
        }
        Some(ratio)
    }

    fn lots(&mut self) -> Vec<LotSelection> {
        let mut lots = Vec::new();
        for (at, lot) in self.list("lots").iter().enumerate() {
            let id = lot["lot_id"].as_str().and_then(|text| Uuid::try_parse(text).ok());
            let quantity = self.decimal_of(&format!("lots/{at}/quantity"), &lot["quantity"]);
            match (id, quantity) {
                (Some(lot_id), Some(quantity)) => lots.push(LotSelection { lot_id, quantity }),
                _ => self.refuse(
                    &format!("lots/{at}"),
                    "invalid_input",
                    "a chosen lot has lot_id and quantity".to_owned(),
                    None,
                ),
            }
        }
        lots
    }
}
