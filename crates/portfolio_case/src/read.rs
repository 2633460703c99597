//! A case from JSON, with every fault of it.
//!
//! Invariant: reading never stops at the first fault, never panics, and a case with a fault is not answered.

use std::collections::BTreeMap;

use dates::Date;
use serde_json::{Map, Value};

use crate::case::*;
use crate::conventions::{Conventions, SameDay};
use crate::conventions_text::{self as text, escape};
use crate::num::Num;
use crate::problem::Problems;

/// Keys of a case.
const CASE_KEYS: &[&str] = &[
    "id",
    "title",
    "area",
    "base_currency",
    "conventions",
    "accounts",
    "instruments",
    "opening",
    "transactions",
    "prices",
    "fx",
    "period",
    "as_of",
    "inputs",
    "note",
    "queries",
];

/// Keys of a transaction.
const TRANSACTION_KEYS: &[&str] = &[
    "date",
    "type",
    "time",
    "seq",
    "symbol",
    "quantity",
    "price",
    "net",
    "amount",
    "fee",
    "tax",
    "currency",
    "account",
    "cash_account",
    "to_account",
    "to_amount",
    "to_currency",
    "ratio_new",
    "ratio_old",
    "value",
    "fx_rate",
    "foreign",
    "converted_to_instrument_currency",
    "settles_in_cash",
    "after_split",
    "cash_amount",
    "cash_currency",
    "cash_rate",
    "lot",
    "lots",
    "note",
    "id",
    "comment",
];

/// Reads one case at a pointer.
pub fn case(value: &Value, pointer: &str, problems: &mut Problems) -> Option<Case> {
    let Some(map) = value.as_object() else {
        problems.error(pointer, "a case is an object");
        return None;
    };
    let found = problems.errors.len();
    let mut reader = Reader { problems, pointer: pointer.to_owned() };
    for key in map.keys().filter(|key| !CASE_KEYS.contains(&key.as_str())) {
        let near = nearest(key, CASE_KEYS);
        reader.problems.warn(&format!("{pointer}/{}", escape(key)), format!("a case has no key {key:?}{near}"));
    }
    let id = reader.text(map, "id").unwrap_or_default();
    let area = tags(map.get("area"));
    let mut conventions = Conventions::default();
    for tag in &area {
        if let Some(product) = text::product(tag) {
            conventions.take(product);
        }
    }
    let conventions_pointer = reader.at("conventions");
    text::read(map.get("conventions").unwrap_or(&Value::Null), &conventions_pointer, &mut conventions, reader.problems);
    // Tags of one method say which is meant where nothing else does.
    let tagged: Vec<_> = area.iter().filter_map(|tag| text::method_of_tag(tag)).collect();
    let says_method = map.get("conventions").is_some_and(text::chooses_method);
    if let ([method], false) = (tagged.as_slice(), says_method) {
        conventions.method = *method;
    }
    let says_oversell = map.get("conventions").is_some_and(|value| value.to_string().to_lowercase().contains("short"));
    if !says_oversell && area.iter().any(|tag| tag.eq_ignore_ascii_case("short")) {
        conventions.oversell = crate::conventions::Oversell::Short;
    }

    let accounts = reader.accounts(map);
    let instruments = reader.instruments(map);
    let base = reader.text_of(map, "base_currency").map(|code| currency(&code));
    let opening = reader.opening(map);
    let mut transactions = reader.transactions(map, &accounts, &instruments, base.as_deref());
    in_booking_order(&mut transactions, &conventions);
    let prices = reader.prices(map);
    let rates = reader.rates(map);
    let period = map.get("period").and_then(Value::as_object);
    let (start, end) = match period {
        Some(period) => {
            let pointer = reader.at("period");
            let mut inner = Reader { problems: reader.problems, pointer };
            (inner.date(period, "start"), inner.date(period, "end"))
        }
        None => (None, None),
    };
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let pointer = reader.at("period/end");
        reader.problems.error(&pointer, format!("the period ends on {end}, before its start {start}"));
    }
    let as_of = reader.date(map, "as_of");
    let queries = reader.queries(map);
    if reader.problems.errors.len() > found {
        return None;
    }
    let warnings = std::mem::take(&mut problems.warnings);
    Some(Case {
        id,
        area,
        base,
        conventions,
        accounts,
        instruments,
        opening,
        transactions,
        prices,
        rates,
        start,
        end,
        as_of,
        inputs: map.get("inputs").cloned().unwrap_or(Value::Null),
        queries,
        warnings,
    })
}

/// Sorts by day, then by the order that the conventions choose within it.
fn in_booking_order(transactions: &mut [Transaction], conventions: &Conventions) {
    let bought = |t: &Transaction| t.kind.acquires() || t.kind == Kind::Transfer;
    match conventions.same_day {
        SameDay::File => transactions.sort_by(|a, b| {
            let seq = match (a.seq, b.seq) {
                (Some(a), Some(b)) => a.order(b),
                _ => std::cmp::Ordering::Equal,
            };
            (a.date, &a.time).cmp(&(b.date, &b.time)).then(seq).then(late(a).cmp(&late(b))).then(a.place.cmp(&b.place))
        }),
        SameDay::PurchasesFirst => transactions.sort_by_key(|t| {
            let is_trade = t.kind.acquires() || t.kind.disposes() || matches!(t.kind, Kind::Transfer | Kind::Split);
            let time = if t.time.is_empty() && !is_trade { "~".to_owned() } else { t.time.clone() };
            (t.date, time, late(t), !bought(t), t.place)
        }),
        SameDay::SalesFirst => {
            transactions.sort_by_key(|t| (t.date, late(t), !t.kind.disposes(), t.time.clone(), t.place));
        }
    }
}

/// Quantities after the split come after the splits of their day.
fn late(t: &Transaction) -> bool {
    t.after_split && t.kind != Kind::Split
}

struct Reader<'a> {
    problems: &'a mut Problems,
    pointer: String,
}

impl Reader<'_> {
    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.pointer)
    }

    fn inner(&mut self, pointer: String) -> Reader<'_> {
        Reader { problems: self.problems, pointer }
    }

    fn text(&mut self, map: &Map<String, Value>, key: &str) -> Option<String> {
        let found = self.text_of(map, key);
        if found.is_none() && !map.contains_key(key) {
            let pointer = self.at(key);
            self.problems.error(&pointer, format!("{key} is missing"));
        }
        found
    }

    fn text_of(&mut self, map: &Map<String, Value>, key: &str) -> Option<String> {
        match map.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                let pointer = self.at(key);
                self.problems.error(&pointer, format!("{key} is not a text"));
                None
            }
        }
    }

    fn number(&mut self, map: &Map<String, Value>, key: &str) -> Option<Num> {
        let value = map.get(key).filter(|value| !value.is_null())?;
        let number = number_of(value);
        if number.is_none() {
            let pointer = self.at(key);
            self.problems.error(&pointer, format!("{value} is not a decimal number"));
        }
        number
    }

    fn date(&mut self, map: &Map<String, Value>, key: &str) -> Option<Date> {
        let value = map.get(key).filter(|value| !value.is_null())?;
        let pointer = self.at(key);
        self.date_of(value, &pointer)
    }

    fn date_of(&mut self, value: &Value, pointer: &str) -> Option<Date> {
        let Some(text) = value.as_str() else {
            self.problems.error(pointer, format!("{value} is not a date of the form YYYY-MM-DD"));
            return None;
        };
        dates::parse_date(text).map_err(|error| self.problems.error(pointer, error.to_string())).ok()
    }

    fn objects<'v>(&mut self, map: &'v Map<String, Value>, key: &str) -> Vec<(String, &'v Map<String, Value>)> {
        let pointer = self.at(key);
        match map.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| {
                    let pointer = format!("{pointer}/{index}");
                    match item.as_object() {
                        Some(item) => Some((pointer, item)),
                        None => {
                            self.problems.error(&pointer, "an object belongs here");
                            None
                        }
                    }
                })
                .collect(),
            Some(_) => {
                self.problems.error(&pointer, format!("{key} is a list"));
                Vec::new()
            }
        }
    }

    fn accounts(&mut self, map: &Map<String, Value>) -> BTreeMap<String, Account> {
        let mut accounts = BTreeMap::new();
        for (pointer, item) in self.objects(map, "accounts") {
            let mut inner = self.inner(pointer);
            let kind = inner.text_of(item, "kind").unwrap_or_default().to_lowercase();
            let cash_account = inner.text_of(item, "cash_account");
            let account = Account {
                currency: inner.text_of(item, "currency").map(|code| currency(&code)),
                is_depot: ["securities", "depot", "portfolio", "brokerage_securities"].contains(&kind.as_str())
                    || (kind.is_empty() && cash_account.is_some()),
                cash_account,
            };
            if let Some(id) = inner.text(item, "id") {
                accounts.insert(id, account);
            }
        }
        accounts
    }

    fn instruments(&mut self, map: &Map<String, Value>) -> BTreeMap<String, Instrument> {
        let mut instruments = BTreeMap::new();
        for (pointer, item) in self.objects(map, "instruments") {
            let mut inner = self.inner(pointer);
            let instrument = Instrument {
                currency: inner.text_of(item, "currency").map(|code| currency(&code)),
                quote_currency: inner.text_of(item, "quote_currency").map(|code| currency(&code)),
                multiplier: inner.number(item, "multiplier").unwrap_or(Num::ONE),
            };
            if let Some(symbol) = inner.text(item, "symbol") {
                instruments.insert(symbol, instrument);
            }
        }
        instruments
    }

    fn opening(&mut self, map: &Map<String, Value>) -> Opening {
        let pointer = self.at("opening");
        let Some(opening) = map.get("opening").and_then(Value::as_object) else { return Opening::default() };
        let mut reader = self.inner(pointer);
        let mut cash = Vec::new();
        for (pointer, item) in reader.objects(opening, "cash") {
            let mut inner = reader.inner(pointer);
            let account = inner.text_of(item, "account").unwrap_or_default();
            let code = inner.text_of(item, "currency").map(|code| currency(&code)).unwrap_or_default();
            if let Some(amount) = inner.number(item, "amount") {
                cash.push((account, code, amount));
            }
        }
        let mut lots = Vec::new();
        for (pointer, item) in reader.objects(opening, "lots") {
            let mut inner = reader.inner(pointer);
            let account = inner.text_of(item, "account").unwrap_or_default();
            let symbol = inner.text(item, "symbol").unwrap_or_default();
            let code = inner.text_of(item, "currency").map(|code| currency(&code));
            let date = inner.date(item, "date");
            let quantity = inner.number(item, "quantity");
            let cost = inner.number(item, "cost");
            match (date, quantity, cost) {
                (Some(date), Some(quantity), Some(cost)) => {
                    lots.push(OpeningLot { account, symbol, date, quantity, cost, currency: code });
                }
                _ => {
                    let pointer = inner.pointer.clone();
                    inner.problems.error(&pointer, "an opening lot has date, quantity and cost");
                }
            }
        }
        Opening { cash, net_contribution: reader.number(opening, "net_contribution"), lots }
    }

    fn transactions(
        &mut self,
        map: &Map<String, Value>,
        accounts: &BTreeMap<String, Account>,
        instruments: &BTreeMap<String, Instrument>,
        base: Option<&str>,
    ) -> Vec<Transaction> {
        let items = self.objects(map, "transactions");
        let read = items.into_iter().enumerate().filter_map(|(place, (pointer, item))| {
            self.inner(pointer).transaction(place, item, accounts, instruments, base)
        });
        read.collect()
    }

    fn transaction(
        &mut self,
        place: usize,
        item: &Map<String, Value>,
        accounts: &BTreeMap<String, Account>,
        instruments: &BTreeMap<String, Instrument>,
        base: Option<&str>,
    ) -> Option<Transaction> {
        for key in item.keys().filter(|key| !TRANSACTION_KEYS.contains(&key.as_str())) {
            let pointer = self.at(&escape(key));
            let near = nearest(key, TRANSACTION_KEYS);
            self.problems.warn(&pointer, format!("a transaction has no key {key:?}{near}"));
        }
        if !item.contains_key("date") {
            let pointer = self.at("date");
            self.problems.error(&pointer, "date is missing");
        }
        let mut time = self.text_of(item, "time").unwrap_or_default();
        let date = match item.get("date").and_then(Value::as_str).and_then(|text| text.split_once('T')) {
            // A time stamp as the date.
            Some((day, rest)) if !item.contains_key("time") => {
                time = rest.to_owned();
                let pointer = self.at("date");
                self.date_of(&Value::from(day), &pointer)
            }
            _ => self.date(item, "date"),
        };
        let name = self.text(item, "type").unwrap_or_default().to_uppercase();
        let kind = Kind::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        if kind.is_none() {
            let near = nearest(&name, &Kind::ALL.map(|(name, _)| name));
            let pointer = self.at("type");
            self.problems.error(&pointer, format!("{name:?} is no type of transaction{near}"));
        }
        let symbol = self.text_of(item, "symbol");
        let quantity = self.number(item, "quantity");
        let price = self.number(item, "price");
        let net = self.number(item, "net");
        let amount = self.number(item, "amount");
        let account = self.text_of(item, "account").unwrap_or_default();
        let cash_account = self.text_of(item, "cash_account");
        let ratio = match (self.number(item, "ratio_new"), self.number(item, "ratio_old")) {
            (Some(new), old) => Some((new, old.unwrap_or(Num::ONE))),
            _ => None,
        };
        let (kind, date) = (kind?, date?);
        let trades = kind.acquires() || kind.disposes() || kind == Kind::Transfer;
        let mut need = |present: bool, key: &str| {
            if !present {
                let pointer = self.at(key);
                self.problems.error(&pointer, format!("{} needs {key}", kind.name()));
            }
        };
        need(symbol.is_some() || !(trades || kind == Kind::Split), "symbol");
        need(quantity.is_some() || !trades, "quantity");
        need(ratio.is_some_and(|(n, o)| n.is_positive() && o.is_positive()) || kind != Kind::Split, "ratio_new");
        need(!quantity.is_some_and(Num::is_negative), "quantity");
        let priced = price.is_some() || net.is_some() || amount.is_some() || item.contains_key("foreign");
        // A sale without a price is one of books that only move lots: its proceeds are undefined.
        need(priced || item.contains_key("value") || kind != Kind::Buy, "price");
        let moves_cash = matches!(
            kind,
            Kind::Deposit
                | Kind::Withdrawal
                | Kind::OpeningCash
                | Kind::CashTransfer
                | Kind::TransferInCash
                | Kind::TransferOutCash
        );
        need(amount.is_some() || net.is_some() || !moves_cash, "amount");
        let stated = self.text_of(item, "currency").map(|code| currency(&code));
        let of_instrument = symbol.as_ref().and_then(|symbol| instruments.get(symbol)?.currency.clone());
        let of_account = cash_account_of(&account, cash_account.as_deref(), accounts)
            .and_then(|id| accounts.get(&id)?.currency.clone());
        let by_price = price.is_some() && net.is_none();
        let guess = if by_price { of_instrument.clone().or(of_account) } else { of_account.or(of_instrument.clone()) };
        let code = stated.or(guess).or_else(|| base.map(str::to_owned)).unwrap_or_default();
        let foreign = self.foreign(item, &code);
        let converted = item.get("converted_to_instrument_currency").and_then(Value::as_object).map(|converted| {
            let pointer = self.at("converted_to_instrument_currency");
            let mut inner = self.inner(pointer);
            let code = inner.text_of(converted, "currency").map(|code| currency(&code)).or(of_instrument);
            (
                inner.number(converted, "price"),
                inner.number(converted, "fee").unwrap_or(Num::ZERO),
                code.unwrap_or_default(),
            )
        });
        Some(Transaction {
            place,
            date,
            time,
            seq: self.number(item, "seq"),
            kind,
            symbol,
            quantity: quantity.unwrap_or(Num::ZERO),
            price,
            net,
            amount,
            fee: self.number(item, "fee").unwrap_or(Num::ZERO),
            tax: self.number(item, "tax").unwrap_or(Num::ZERO),
            currency: code,
            account,
            cash_account,
            to_account: self.text_of(item, "to_account"),
            to_amount: self.number(item, "to_amount"),
            to_currency: self.text_of(item, "to_currency").map(|code| currency(&code)),
            ratio,
            value: self.number(item, "value"),
            fx_rate: self.number(item, "fx_rate"),
            foreign,
            converted,
            settles_in_cash: self.flag(item, "settles_in_cash").unwrap_or(true),
            after_split: self.flag(item, "after_split").unwrap_or(false),
            cash_amount: self.number(item, "cash_amount"),
            cash_currency: self.text_of(item, "cash_currency").map(|code| currency(&code)),
            cash_rate: self.number(item, "cash_rate"),
            named_lots: self.named_lots(item),
        })
    }

    fn flag(&mut self, item: &Map<String, Value>, key: &str) -> Option<bool> {
        let value = item.get(key).filter(|value| !value.is_null())?;
        let flag = text::truth(value);
        if flag.is_none() {
            let pointer = self.at(key);
            self.problems.error(&pointer, format!("{value} is neither true nor false"));
        }
        flag
    }

    fn foreign(&mut self, item: &Map<String, Value>, booking: &str) -> Option<Foreign> {
        let map = item.get("foreign")?.as_object()?;
        let pointer = self.at("foreign");
        let mut inner = self.inner(pointer);
        let gross = inner.number(map, "gross");
        let code = inner.text_of(map, "currency").map(|code| currency(&code)).unwrap_or_default();
        let own_gross = inner.number(map, "own_gross");
        let mut rate = inner.number(map, "rate");
        // `rate_eurusd`: quoted as 1 EUR = so many USD.
        for (key, _) in map.iter().filter(|(key, _)| key.len() == 11 && key.starts_with("rate_")) {
            let (base, quote) = (currency(&key[5..8]), currency(&key[8..11]));
            if let Some(quoted) = inner.number(map, key)
                && rate.is_none()
            {
                rate = if base == booking && quote == code {
                    Some(Num::ONE / quoted)
                } else if base == code && quote == booking {
                    Some(quoted)
                } else {
                    None
                };
            }
        }
        if rate.is_none()
            && let (Some(own), Some(gross)) = (own_gross, gross)
            && !gross.is_zero()
        {
            rate = Some(own / gross);
        }
        Some(Foreign { gross, currency: code, rate, own_gross })
    }

    fn named_lots(&mut self, item: &Map<String, Value>) -> Vec<NamedLot> {
        let one = |value: &Value| match value {
            Value::String(text) => match dates::parse_date(text) {
                Ok(date) => NamedLot { date: Some(date), ..NamedLot::default() },
                Err(_) => NamedLot { number: text.parse().ok(), ..NamedLot::default() },
            },
            Value::Number(number) => NamedLot { number: number.as_u64().map(|n| n as usize), ..NamedLot::default() },
            Value::Object(map) => {
                let number = |keys: &[&str]| keys.iter().find_map(|key| number_of(map.get(*key)?));
                NamedLot {
                    number: number(&["lot", "n", "number"]).and_then(|n| n.0).and_then(|n| usize::try_from(n).ok()),
                    date: map.get("date").and_then(Value::as_str).and_then(|text| dates::parse_date(text).ok()),
                    unit_cost: number(&["unit_cost", "cost", "price"]),
                    quantity: number(&["quantity", "units"]),
                }
            }
            _ => NamedLot::default(),
        };
        match item.get("lots").or_else(|| item.get("lot")) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(one).collect(),
            Some(value) => vec![one(value)],
        }
    }

    fn prices(&mut self, map: &Map<String, Value>) -> BTreeMap<String, Vec<(Date, Num)>> {
        let pointer = self.at("prices");
        let mut prices = BTreeMap::new();
        match map.get("prices") {
            None | Some(Value::Null) => {}
            Some(Value::Object(symbols)) => {
                for (symbol, series) in symbols {
                    prices.insert(symbol.clone(), self.series(series, &format!("{pointer}/{}", escape(symbol))));
                }
            }
            Some(_) => self.problems.error(&pointer, "prices are an object: symbol to list of [date, price]"),
        }
        prices
    }

    fn rates(&mut self, map: &Map<String, Value>) -> Vec<RateTable> {
        let mut tables = Vec::new();
        for (pointer, item) in self.objects(map, "fx") {
            let mut inner = self.inner(pointer);
            let (base, quote) = (inner.text(item, "base"), inner.text(item, "quote"));
            let at = inner.at("rates");
            let rates = item.get("rates").map(|rates| inner.series(rates, &at)).unwrap_or_default();
            if let (Some(base), Some(quote)) = (base, quote) {
                tables.push(RateTable { base: currency(&base), quote: currency(&quote), rates });
            }
        }
        tables
    }

    fn series(&mut self, value: &Value, pointer: &str) -> Vec<(Date, Num)> {
        let mut series: Vec<(Date, Num)> = match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| {
                    let pointer = format!("{pointer}/{index}");
                    let pair = match item {
                        Value::Array(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
                        Value::Object(map) => map
                            .get("date")
                            .zip(["price", "rate", "close", "value"].iter().find_map(|key| map.get(*key))),
                        _ => None,
                    };
                    let Some((day, number)) = pair else {
                        self.problems.error(&pointer, "a pair [date, number] belongs here");
                        return None;
                    };
                    let date = self.date_of(day, &format!("{pointer}/0"));
                    let parsed = number_of(number);
                    if parsed.is_none() {
                        self.problems.error(&format!("{pointer}/1"), format!("{number} is not a decimal number"));
                    }
                    date.zip(parsed)
                })
                .collect(),
            Value::Object(map) => map
                .iter()
                .filter_map(|(day, number)| {
                    let pointer = format!("{pointer}/{day}");
                    let date = self.date_of(&Value::from(day.as_str()), &pointer);
                    let parsed = number_of(number);
                    if parsed.is_none() {
                        self.problems.error(&pointer, format!("{number} is not a decimal number"));
                    }
                    date.zip(parsed)
                })
                .collect(),
            _ => {
                self.problems.error(pointer, "a list of [date, number] belongs here");
                Vec::new()
            }
        };
        // The last of a day counts.
        series.sort_by_key(|(date, _)| *date);
        series.reverse();
        series.dedup_by_key(|(date, _)| *date);
        series.reverse();
        series
    }

    fn queries(&mut self, map: &Map<String, Value>) -> Vec<Query> {
        if !map.contains_key("queries") {
            let pointer = self.at("queries");
            self.problems.error(&pointer, "queries is missing");
        }
        let mut queries = Vec::new();
        for (pointer, item) in self.objects(map, "queries") {
            let mut inner = self.inner(pointer.clone());
            let scope_pointer = inner.at("scope");
            let scope = match item.get("scope") {
                None | Some(Value::Null) => Scope::default(),
                Some(Value::Object(scope)) => inner.inner(scope_pointer).scope(scope),
                Some(Value::String(word)) if ["portfolio", "all", "total"].contains(&word.as_str()) => Scope::default(),
                Some(_) => {
                    inner.problems.error(&scope_pointer, "a scope is an object");
                    Scope::default()
                }
            };
            let params = match item.get("params") {
                None | Some(Value::Null) => Value::Object(Map::new()),
                Some(params @ Value::Object(_)) => params.clone(),
                Some(_) => {
                    let pointer = inner.at("params");
                    inner.problems.error(&pointer, "params are an object");
                    Value::Object(Map::new())
                }
            };
            let at = inner.date(item, "at");
            let code = inner.text_of(item, "currency").map(|code| currency(&code));
            if let Some(metric) = inner.text(item, "metric") {
                queries.push(Query { metric, scope, at, currency: code, params, pointer });
            }
        }
        queries
    }

    fn scope(&mut self, map: &Map<String, Value>) -> Scope {
        const KEYS: &[&str] = &["symbol", "account", "trade", "sale", "lot", "from", "to"];
        for key in map.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let pointer = self.at(&escape(key));
            let near = nearest(key, KEYS);
            self.problems.error(&pointer, format!("a scope has no key {key:?}{near}"));
        }
        let mut ordinal = |key: &str| {
            let number = self.number(map, key)?;
            let n = number.0.and_then(|n| usize::try_from(n).ok());
            if n.is_none() {
                let pointer = self.at(key);
                self.problems.error(&pointer, format!("{key} is a whole number from 1"));
            }
            n
        };
        let (trade, sale, lot) = (ordinal("trade"), ordinal("sale"), ordinal("lot"));
        Scope {
            symbol: self.text_of(map, "symbol"),
            account: self.text_of(map, "account"),
            trade,
            sale,
            lot,
            from: self.date(map, "from"),
            to: self.date(map, "to"),
        }
    }
}

/// The account on which the cash of a transaction moves.
pub fn cash_account_of(account: &str, stated: Option<&str>, accounts: &BTreeMap<String, Account>) -> Option<String> {
    if let Some(stated) = stated {
        return Some(stated.to_owned());
    }
    match accounts.get(account) {
        Some(found) if found.is_depot => found.cash_account.clone(),
        _ => Some(account.to_owned()),
    }
}

/// A currency code in its usual letters; `GBp` is pence.
pub fn currency(code: &str) -> String {
    match code.parse::<money::Currency>() {
        Ok(currency) => currency.code().to_owned(),
        Err(_) => code.to_owned(),
    }
}

fn tags(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(tag)) => tag.split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        Some(Value::Array(tags)) => tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn nearest(word: &str, known: &[&str]) -> String {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map_or(String::new(), |(_, name)| format!("; the nearest is {name:?}"))
}
