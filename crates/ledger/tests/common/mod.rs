//! What the tests of the ledger share: names, rates, and the demo ledger.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap};

use dates::{Date, parse_date};
use formats::{AccountName, Directory, SecurityName, dawsos_csv};
use ledger::{Book, Draft, Entry, Kind, NewEntry, Resolver};
use money::{Currency, Decimal};
use uuid::Uuid;

pub const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo");

pub fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub fn day(text: &str) -> Date {
    parse_date(text).expect(text)
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect(text)
}

pub fn cur(code: &str) -> Currency {
    code.parse().expect(code)
}

/// Rates to a base currency: one constant rate each, or ECB's by day.
pub struct Rates {
    pub base: Currency,
    pub constant: HashMap<Currency, Decimal>,
    pub ecb: HashMap<Currency, BTreeMap<Date, Decimal>>,
}

impl Rates {
    pub fn constant(base: &str, rates: &[(&str, &str)]) -> Self {
        let constant = rates.iter().map(|(code, rate)| (cur(code), dec(rate))).collect();
        Self { base: cur(base), constant, ecb: HashMap::new() }
    }

    pub fn ecb() -> Self {
        let text = std::fs::read_to_string(format!("{DEMO}/fx_daily.csv")).expect("demo rates");
        let mut ecb: HashMap<Currency, BTreeMap<Date, Decimal>> = HashMap::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            ecb.entry(cur(cells[2])).or_default().insert(day(cells[0]), dec(cells[3]));
        }
        Self { base: cur("EUR"), constant: HashMap::new(), ecb }
    }
}

impl Resolver for Rates {
    fn base_currency(&self) -> Currency {
        self.base
    }

    fn fx(&self, currency: Currency, date: Date) -> Option<Decimal> {
        if let Some(rate) = self.constant.get(&currency) {
            return Some(*rate);
        }
        let (_, quoted) = self.ecb.get(&currency)?.range(..=date).next_back()?;
        Some(Decimal::ONE / quoted)
    }
}

pub fn security(symbol: &str, mic: Option<&str>) -> SecurityName {
    SecurityName {
        id: id(symbol),
        name: symbol.to_owned(),
        symbol: Some(symbol.to_owned()),
        mic: mic.map(str::to_owned),
        ..SecurityName::default()
    }
}

pub fn demo_names() -> Directory {
    let text = std::fs::read_to_string(format!("{DEMO}/securities.csv")).expect("demo securities");
    let (records, problems) = formats::csv_text::read(text.as_bytes());
    assert_eq!(problems, []);
    let column = |name: &str| records[0].cells.iter().position(|cell| cell == name).expect(name);
    let (symbol, name, mic, isin) = (column("symbol"), column("name"), column("mic"), column("isin"));
    let given = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    let securities = records[1..].iter().map(|record| SecurityName {
        id: id(&record.cells[symbol]),
        name: record.cells[name].to_string(),
        symbol: given(&record.cells[symbol]),
        mic: given(&record.cells[mic]),
        isin: given(&record.cells[isin]),
        ..SecurityName::default()
    });
    Directory::new(vec![AccountName { id: id("account"), name: "Main account".to_owned() }], securities.collect())
}

/// Gives new entries their places, after the base currency setting.
pub fn numbered(base: &str, entries: impl IntoIterator<Item = NewEntry>) -> Vec<Entry> {
    let opening = NewEntry::setting("base_currency", base.into(), day("2000-01-01"));
    let recorded_at = "2024-01-01T00:00:00.123456789Z".parse().expect("a time");
    let all = std::iter::once(opening).chain(entries);
    all.zip(1..).map(|(entry, seq)| entry.numbered(seq, id(&format!("entry {seq}")), recorded_at)).collect()
}

pub fn demo_entries() -> Vec<Entry> {
    let file = std::fs::read(format!("{DEMO}/ledger.csv")).expect("demo ledger");
    let parsed = dawsos_csv::parse(&file, &demo_names());
    assert_eq!(parsed.all_problems(), []);
    let rows = parsed.complete(&Rates::ecb());
    numbered("EUR", rows.into_iter().map(|row| row.entry.expect("the demo ledger is complete")))
}

pub fn demo_book() -> Book {
    Book::replay(id("portfolio"), &demo_entries()).expect("the demo ledger is sound")
}

/// A draft in account `A` and US dollars.
pub fn draft(kind: Kind, date: &str) -> Draft {
    Draft::new(kind, id("A"), day(date), cur("USD"))
}

pub fn trade(kind: Kind, date: &str, symbol: &str, quantity: &str, price: &str) -> Draft {
    let mut draft = draft(kind, date);
    draft.security_id = Some(id(symbol));
    draft.quantity = Some(dec(quantity));
    draft.price = Some(dec(price));
    draft
}

/// Completes drafts with 1 USD = 0.8 EUR and books them in a EUR portfolio.
pub fn entries_of(drafts: &[Draft]) -> Vec<Entry> {
    let rates = Rates::constant("EUR", &[("USD", "0.8"), ("GBP", "1.2"), ("HKD", "0.1")]);
    let complete = |draft: &Draft| draft.complete(&rates).unwrap_or_else(|problems| panic!("{problems:?}"));
    numbered("EUR", drafts.iter().map(complete))
}

pub fn book_of(drafts: &[Draft]) -> Book {
    Book::replay(id("portfolio"), &entries_of(drafts)).expect("sound")
}
