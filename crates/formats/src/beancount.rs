//! A book as a journal that Beancount 3 accepts and values equally.
//!
//! Every lot is a Beancount lot with its total cost, purchase date and a label of its own; reductions name the label, so
//! that the journal relieves the same lots whatever booking method its reader prefers. A split reduces each lot and adds
//! it again at the same cost. Balance assertions at the end repeat the book's holdings and cash.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use dates::Date;
use money::{Currency, Decimal};
use uuid::Uuid;

use crate::directory::Directory;
use ledger::book::Book;
use ledger::entry::Entry;
use ledger::kind::Kind;
use ledger::lots::{Lot, LotEvent, LotEventKind};
use ledger::payload::{TaxKind, TransactionPayload};

/// Longest commodity name.
const COMMODITY_CHARS_MAX: usize = 24;

/// Decimals up to which an amount's inferred tolerance exceeds what the tenth decimal of costs can differ by.
const EXACT_DECIMALS_MAX: u32 = 6;

/// Writes the journal. Names come from the directory; what it does not name is called by its id.
pub fn write(book: &Book, names: &Directory) -> String {
    Writer::new(book, names).journal()
}

/// Names of commodities by security: upper case, starting with a letter (`9988.HK` → `X9988.HK`), each used once and
/// none equal to a currency of the book.
pub fn commodities(book: &Book, names: &Directory) -> BTreeMap<Uuid, String> {
    let held: BTreeSet<Uuid> = book.lots().map(|lot| lot.security_id).collect();
    let named = book.transactions().filter_map(|row| row.security_id);
    let priced = book.manual_prices.keys().map(|(security_id, _)| *security_id);
    let wanted: BTreeSet<Uuid> = held.into_iter().chain(named).chain(priced).collect();
    let mut taken: BTreeSet<String> = currencies(book).into_iter().map(|currency| currency.to_string()).collect();
    // By symbol, so that a suffix goes to the same security whatever its id is.
    let label = |id: &Uuid| names.security(*id).map_or(id.to_string(), |security| security.label());
    let mut wanted: Vec<Uuid> = wanted.into_iter().collect();
    wanted.sort_by_key(|id| (label(id), *id));
    let mut commodities = BTreeMap::new();
    for id in wanted {
        let symbol = names.security(id).map(|security| security.symbol.clone().unwrap_or(security.label()));
        let name = unique(&commodity_name(&symbol.unwrap_or(id.to_string())), &mut taken, COMMODITY_CHARS_MAX);
        commodities.insert(id, name);
    }
    commodities
}

/// The text of a symbol that Beancount accepts as a commodity.
fn commodity_name(symbol: &str) -> String {
    let upper = symbol.chars().flat_map(char::to_uppercase);
    let valid =
        |char: char| char.is_ascii_uppercase() || char.is_ascii_digit() || matches!(char, '.' | '_' | '-' | '\'');
    let mut name: String = upper.map(|char| if valid(char) { char } else { '-' }).collect();
    // `TRUE`, `FALSE` and `NULL` are words of the language.
    let is_word = matches!(name.as_str(), "TRUE" | "FALSE" | "NULL");
    if is_word || !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        name.insert(0, 'X');
    }
    name.truncate(COMMODITY_CHARS_MAX);
    let trimmed = name.trim_end_matches(|last: char| !last.is_ascii_alphanumeric());
    trimmed.to_owned()
}

/// A part of an account name: starts with an upper-case letter or digit, then letters, digits and dashes.
fn account_component(name: &str) -> String {
    let mut component = String::new();
    for char in name.chars() {
        if char.is_ascii_alphanumeric() {
            component.push(char);
        } else if !component.is_empty() && !component.ends_with('-') {
            component.push('-');
        }
    }
    let component = component.trim_end_matches('-');
    let mut chars = component.chars();
    match chars.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + chars.as_str(),
        None => "Account".to_owned(),
    }
}

/// The name, or the name with the first free number.
fn unique(name: &str, taken: &mut BTreeSet<String>, chars_max: usize) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        let suffix = format!("-{number}");
        let kept: String = name.chars().take(chars_max - suffix.len()).collect();
        candidate = kept + &suffix;
        number += 1;
    }
    candidate
}

fn currencies(book: &Book) -> BTreeSet<Currency> {
    let of_cash = book.cash.keys().map(|(_, currency)| *currency);
    let of_lots = book.lots().map(|lot| lot.cost_currency);
    let of_prices = book.manual_prices.values().map(|price| price.currency);
    of_cash.chain(of_lots).chain(of_prices).chain([book.base_currency]).collect()
}

struct Writer<'a> {
    book: &'a Book,
    names: &'a Directory,
    commodities: BTreeMap<Uuid, String>,
    /// Part of an account name by account.
    accounts: BTreeMap<Uuid, String>,
    /// Part of an account name by security.
    securities: BTreeMap<Uuid, String>,
    lots: HashMap<Uuid, (usize, &'a Lot)>,
    events: HashMap<u64, Vec<&'a LotEvent>>,
    /// Open quantity and cost of each lot, as the journal goes.
    running: HashMap<Uuid, (Decimal, Decimal)>,
    /// Accounts that the journal uses, with their currency or commodity.
    used: BTreeMap<String, Option<String>>,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(book: &'a Book, names: &'a Directory) -> Self {
        let commodities = commodities(book, names);
        let mut taken = BTreeSet::new();
        let account_ids: BTreeSet<Uuid> = book
            .transactions()
            .map(|row| row.account_id)
            .chain(book.cash.keys().map(|(account_id, _)| *account_id))
            .chain(book.lots().map(|lot| lot.account_id))
            .collect();
        let component = |name: &str, taken: &mut BTreeSet<String>| unique(&account_component(name), taken, 100);
        let accounts = account_ids
            .into_iter()
            .map(|id| {
                let name = names.account_name(id).map_or(id.to_string(), str::to_owned);
                (id, component(&name, &mut taken))
            })
            .collect();
        let mut taken = BTreeSet::new();
        let securities = commodities.iter().map(|(id, name)| (*id, component(name, &mut taken))).collect();
        let mut events: HashMap<u64, Vec<&LotEvent>> = HashMap::new();
        for event in book.lot_events() {
            events.entry(event.seq).or_default().push(event);
        }
        // Labels count lots in the order in which they were opened.
        let mut opened: HashMap<Uuid, (Date, u64, u32)> = HashMap::new();
        for event in book.lot_events() {
            opened.entry(event.lot_id).or_insert((event.effective_on, event.seq, event.part));
        }
        let mut lots: Vec<&Lot> = book.lots().collect();
        lots.sort_by_key(|lot| opened.get(&lot.id));
        let lots = lots.into_iter().enumerate().map(|(at, lot)| (lot.id, (at, lot))).collect();
        Self {
            book,
            names,
            commodities,
            accounts,
            securities,
            lots,
            events,
            running: HashMap::new(),
            used: BTreeMap::new(),
            out: String::new(),
        }
    }

    fn journal(mut self) -> String {
        let entries = self.book.transactions_in_order();
        for entry in &entries {
            if let Some(transaction) = entry.transaction() {
                self.transaction(entry, transaction);
            }
        }
        self.manual_prices();
        self.balances();
        let body = std::mem::take(&mut self.out);
        let first = entries.iter().map(|entry| entry.effective_on).min();
        let first = first.or(self.book.manual_prices.keys().map(|(_, date)| *date).min());
        self.head(first);
        self.out + &body
    }

    fn head(&mut self, first: Option<Date>) {
        let base = self.book.base_currency;
        let mut head = String::from("; Written by DawsOS. Lots carry labels, reductions name them.\n");
        // What rounding at the tenth decimal leaves when a lot is moved or split.
        head += "option \"title\" \"DawsOS ledger\"\noption \"inferred_tolerance_default\" \"*:0.000001\"\n";
        head += &format!("option \"operating_currency\" \"{base}\"\n\n");
        if let Some(first) = first {
            for (id, commodity) in &self.commodities {
                head += &format!("{first} commodity {commodity}\n");
                let Some(security) = self.names.security(*id) else { continue };
                head += &format!("  name: {}\n", quoted(&security.name));
                for (key, value) in [("symbol", &security.symbol), ("mic", &security.mic), ("isin", &security.isin)] {
                    if let Some(value) = value {
                        head += &format!("  {key}: {}\n", quoted(value));
                    }
                }
            }
            for (account, currency) in &self.used {
                let currency = currency.as_deref().map_or(String::new(), |currency| format!(" {currency}"));
                head += &format!("{first} open {account}{currency}\n");
            }
            head.push('\n');
        }
        self.out = head;
    }

    fn transaction(&mut self, entry: &Entry, transaction: &TransactionPayload) {
        let security = entry.security_id.and_then(|id| self.commodities.get(&id)).cloned().unwrap_or_default();
        let note = transaction.note.as_deref().unwrap_or_default();
        let payee = format!("{} {security}", entry.kind.name());
        let tags: String = transaction.tags.iter().filter_map(|tag| tag_text(tag)).collect();
        let _ = writeln!(self.out, "{} * {} {}{tags}", entry.effective_on, quoted(payee.trim()), quoted(note));
        let id = entry.external_id.clone().unwrap_or(entry.entry_id.to_string());
        let _ = writeln!(self.out, "  id: {}", quoted(&id));
        let account_id = entry.account_id.unwrap_or_default();
        let currency = transaction.currency;
        let gross = transaction.gross_amount;
        let taxes = |kind: TaxKind| transaction.taxes.iter().filter(move |tax| tax.kind == kind).map(|tax| tax.amount);
        let withheld: Decimal = taxes(TaxKind::Withholding).sum();
        let transaction_taxes: Decimal = taxes(TaxKind::Transaction).sum();
        let other_taxes: Decimal = taxes(TaxKind::Other).sum();
        let fees = transaction.fees_total().unwrap_or_default();
        self.lot_postings(entry.seq);
        // Cost and proceeds of a trade hold its fees and transaction taxes; elsewhere they are expenses.
        let is_trade = matches!(entry.kind, Kind::Buy | Kind::Sell);
        let mut expenses = vec![("Expenses:Taxes:Withholding", withheld), ("Expenses:Taxes:Other", other_taxes)];
        if !is_trade {
            expenses.extend([("Expenses:Fees", fees), ("Expenses:Taxes:Transaction", transaction_taxes)]);
        }
        match entry.kind {
            Kind::Split => {}
            Kind::Fx => {
                if let (Some(counter), Some(bought)) = (transaction.counter_currency, transaction.counter_amount) {
                    let sold = self.cash(account_id, currency);
                    let (sold_text, bought_text) = (money_text(-gross, currency), money_text(bought, counter));
                    let price = format!("{sold_text} {currency} @@ {bought_text} {counter}");
                    let _ = writeln!(self.out, "  {sold}  {price}");
                    let into = self.cash(account_id, counter);
                    self.post(&into, bought, counter);
                    let costs = transaction.net_amount + gross;
                    if !costs.is_zero() {
                        self.post(&sold, costs, currency);
                    }
                }
            }
            _ => {
                if !transaction.net_amount.is_zero() || is_trade {
                    let cash = self.cash(account_id, currency);
                    self.post(&cash, transaction.net_amount, currency);
                }
            }
        }
        for (account, amount) in expenses {
            if !amount.is_zero() {
                self.expense(account, amount, currency);
            }
        }
        self.other_side(entry, transaction);
        self.out.push('\n');
    }

    /// The posting that says where the money or the lot came from or went to.
    fn other_side(&mut self, entry: &Entry, transaction: &TransactionPayload) {
        let (gross, currency) = (transaction.gross_amount, transaction.currency);
        match entry.kind {
            Kind::Buy | Kind::Split | Kind::Fx => {}
            Kind::Sell => self.gain(entry.seq, transaction.net_amount, currency),
            Kind::Dividend => self.expense("Income:Dividends", -gross, currency),
            Kind::Interest => self.expense("Income:Interest", -gross, currency),
            Kind::Fee => self.expense("Expenses:Fees", gross, currency),
            Kind::Tax => self.expense("Expenses:Taxes:Other", gross, currency),
            Kind::Deposit => self.expense("Equity:External", -gross, currency),
            Kind::Withdrawal => self.expense("Equity:External", gross, currency),
            Kind::Adjustment => self.expense("Equity:Adjustments", -transaction.net_amount, currency),
            Kind::TransferIn | Kind::TransferOut => match (transaction.counter_account_id, entry.security_id) {
                (None, Some(_)) => self.elided("Equity:Transfers"),
                (None, None) if entry.kind == Kind::TransferIn => self.expense("Equity:Transfers", -gross, currency),
                (None, None) => self.expense("Equity:Transfers", gross, currency),
                (Some(counter), None) => {
                    let cash = self.cash(counter, currency);
                    let amount = if entry.kind == Kind::TransferIn { -gross } else { gross };
                    self.post(&cash, amount, currency);
                }
                (Some(_), Some(_)) => {}
            },
            _ => {}
        }
    }

    /// Beancount compares the gain with its own lots, within the tolerance of the cash; left to itself it would round it
    /// to cents. It is left to it where it falls in several currencies, and where the cash has so many decimals that
    /// what costs are rounded to would exceed the tolerance.
    fn gain(&mut self, seq: u64, net_amount: Decimal, currency: Currency) {
        let local = |event: &&LotEvent| event.realized_gain_local;
        let gains: Option<Vec<Decimal>> = self.events.get(&seq).into_iter().flatten().map(local).collect();
        match gains {
            Some(gains) if net_amount.normalize().scale() <= EXACT_DECIMALS_MAX => {
                self.expense("Income:Gains", -gains.into_iter().sum::<Decimal>(), currency)
            }
            _ => self.elided("Income:Gains"),
        }
    }

    fn lot_postings(&mut self, seq: u64) {
        for event in self.events.get(&seq).cloned().unwrap_or_default() {
            let Some(&(at, lot)) = self.lots.get(&event.lot_id) else { continue };
            let account = self.holding(lot.account_id, lot.security_id);
            let commodity = self.commodities.get(&lot.security_id).cloned().unwrap_or_default();
            let label = format!("L{}", at + 1);
            let (units, cost) = self.running.get(&event.lot_id).copied().unwrap_or_default();
            let (units_after, cost_after) = (units + event.quantity_delta, cost + event.cost_delta);
            let mut reduce = |units: Decimal| {
                let units = plain(-units);
                let _ = writeln!(self.out, "  {account}  {units} {commodity} {{{}, \"{label}\"}}", lot.cost_currency);
            };
            match event.kind {
                LotEventKind::Dispose | LotEventKind::TransferOut => reduce(-event.quantity_delta),
                LotEventKind::Split | LotEventKind::BasisChange => reduce(units),
                LotEventKind::Open | LotEventKind::TransferIn => {}
            }
            if !matches!(event.kind, LotEventKind::Dispose | LotEventKind::TransferOut) {
                let _ = writeln!(
                    self.out,
                    "  {account}  {} {commodity} {{{{{} {}, {}, \"{label}\"}}}}",
                    plain(units_after),
                    money_text(cost_after, lot.cost_currency),
                    lot.cost_currency,
                    lot.acquired_on,
                );
            }
            self.running.insert(event.lot_id, (units_after, cost_after));
        }
    }

    fn manual_prices(&mut self) {
        for ((security_id, date), price) in self.book.manual_prices.iter() {
            let commodity = self.commodities.get(security_id).cloned().unwrap_or_default();
            let _ = writeln!(self.out, "{date} price {commodity} {} {}", plain(price.price), price.currency);
        }
    }

    fn balances(&mut self) {
        // Assertions hold at the start of a day.
        let Some(day) = self.book.last_effective_on().and_then(|last| last.succ_opt()) else { return };
        for ((account_id, currency), amount) in &self.book.cash {
            let account = self.cash(*account_id, *currency);
            let _ = writeln!(self.out, "{day} balance {account}  {} {currency}", money_text(*amount, *currency));
        }
        for ((account_id, security_id), position) in &self.book.positions {
            let account = self.holding(*account_id, *security_id);
            let commodity = self.commodities.get(security_id).cloned().unwrap_or_default();
            let _ = writeln!(self.out, "{day} balance {account}  {} {commodity}", plain(position.quantity));
        }
    }

    fn cash(&mut self, account_id: Uuid, currency: Currency) -> String {
        let account =
            format!("Assets:{}:Cash:{currency}", self.accounts.get(&account_id).map_or("Account", String::as_str));
        self.used.insert(account.clone(), Some(currency.to_string()));
        account
    }

    fn holding(&mut self, account_id: Uuid, security_id: Uuid) -> String {
        let owner = self.accounts.get(&account_id).map_or("Account", String::as_str);
        let security = self.securities.get(&security_id).map_or("Security", String::as_str);
        let account = format!("Assets:{owner}:Securities:{security}");
        self.used.insert(account.clone(), self.commodities.get(&security_id).cloned());
        account
    }

    fn expense(&mut self, account: &str, amount: Decimal, currency: Currency) {
        self.used.insert(account.to_owned(), None);
        self.post(account, amount, currency);
    }

    fn post(&mut self, account: &str, amount: Decimal, currency: Currency) {
        let _ = writeln!(self.out, "  {account}  {} {currency}", money_text(amount, currency));
    }

    fn elided(&mut self, account: &str) {
        self.used.insert(account.to_owned(), None);
        let _ = writeln!(self.out, "  {account}");
    }
}

/// All digits, no exponent, no negative zero.
fn plain(value: Decimal) -> String {
    let value = value.normalize();
    if value.is_zero() { "0".to_owned() } else { value.to_string() }
}

/// At least two decimals, at least those of the minor unit: Beancount infers from them how exactly a transaction must
/// balance.
fn money_text(amount: Decimal, currency: Currency) -> String {
    let amount = if amount.is_zero() { Decimal::ZERO } else { amount.normalize() };
    let decimals = currency.minor_units().clamp(2, 4).max(amount.scale());
    let mut text = amount;
    text.rescale(decimals);
    // An amount too large for more decimals keeps those it has.
    if text == amount { text.to_string() } else { amount.to_string() }
}

fn quoted(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}

fn tag_text(tag: &str) -> Option<String> {
    let valid = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '/' | '.');
    let text: String = tag.chars().map(|char| if valid(char) { char } else { '-' }).collect();
    (!text.is_empty()).then(|| format!(" #{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commodity_names_are_valid() {
        for (symbol, name) in [
            ("AAPL", "AAPL"),
            ("9988.HK", "X9988.HK"),
            ("BRK.B", "BRK.B"),
            ("BTC-USD", "BTC-USD"),
            ("TRUE", "XTRUE"),
            ("azn.l", "AZN.L"),
            ("RDS/A", "RDS-A"),
            ("ABC.", "ABC"),
            ("V", "V"),
            ("", "X"),
            ("ÄÖ", "X"),
            ("A-VERY-LONG-SYMBOL-OF-MORE", "A-VERY-LONG-SYMBOL-OF-MO"),
        ] {
            assert_eq!(commodity_name(symbol), name, "{symbol}");
        }
    }

    #[test]
    fn account_components_are_valid() {
        for (name, component) in [
            ("Main account", "Main-account"),
            ("depot", "Depot"),
            ("3a Säule", "3a-S-ule"),
            ("", "Account"),
            ("—", "Account"),
            ("a:b", "A-b"),
        ] {
            assert_eq!(account_component(name), component, "{name}");
        }
    }

    #[test]
    fn names_that_collide_get_numbers() {
        let mut taken = BTreeSet::from(["AMD".to_owned()]);
        assert_eq!(unique("AMD", &mut taken, 24), "AMD-2");
        assert_eq!(unique("AMD", &mut taken, 24), "AMD-3");
        assert_eq!(unique("ABCDEFGHIJKLMNOPQRSTUVWX", &mut taken, 24).len(), 24);
        assert_eq!(unique("ABCDEFGHIJKLMNOPQRSTUVWX", &mut taken, 24), "ABCDEFGHIJKLMNOPQRSTUV-2");
    }
}
