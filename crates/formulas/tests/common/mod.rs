//! The demo's book and market, built as the product builds them: the ledger file through the importer, the prices and
//! ECB rates through the pack builder with each security's own calendar.
#![allow(dead_code)]

use chrono::{DateTime, Utc};
use dates::{Date, TradingCalendar, parse_date};
use formats::{AccountName, Directory, SecurityName, dawsos_csv};
use ledger::{Book, Entry, NewEntry, Resolver};
use money::{Currency, Decimal};
use pricing::{
    CARRY_SESSIONS_MAX, DayRequest, Expected, MarketHistory, Observations, Pack, PriceObservation, RateObservation,
    build_day,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

pub const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo");
pub const FIRST_DAY: &str = "2019-12-02";
pub const LAST_DAY: &str = "2022-06-15";

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

/// The rows of a demo file by column name.
pub fn table(file: &str) -> Vec<HashMap<String, String>> {
    let text = std::fs::read(format!("{DEMO}/{file}")).expect(file);
    let mut reader = csv::Reader::from_reader(text.as_slice());
    reader.deserialize().map(|row| row.expect(file)).collect()
}

struct Ecb(HashMap<Currency, BTreeMap<Date, Decimal>>);

impl Ecb {
    fn read() -> Ecb {
        let mut rates: HashMap<Currency, BTreeMap<Date, Decimal>> = HashMap::new();
        for row in table("fx_daily.csv") {
            rates.entry(cur(&row["quote"])).or_default().insert(day(&row["date"]), dec(&row["rate"]));
        }
        Ecb(rates)
    }
}

impl Resolver for Ecb {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, currency: Currency, date: Date) -> Option<Decimal> {
        let (_, quoted) = self.0.get(&currency)?.range(..=date).next_back()?;
        Some(Decimal::ONE / quoted)
    }
}

/// Gives entries their places, after the base currency setting.
pub fn numbered(entries: impl IntoIterator<Item = NewEntry>) -> Vec<Entry> {
    let opening = NewEntry::setting("base_currency", "EUR".into(), day("2000-01-01"));
    let recorded_at = "2024-01-01T00:00:00Z".parse().expect("a time");
    let all = std::iter::once(opening).chain(entries);
    all.zip(1..).map(|(entry, seq)| entry.numbered(seq, id(&format!("entry {seq}")), recorded_at)).collect()
}

pub fn demo_book() -> Book {
    let given = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    let securities = table("securities.csv").into_iter().map(|row| SecurityName {
        id: id(&row["symbol"]),
        name: row["name"].clone(),
        symbol: given(&row["symbol"]),
        mic: given(&row["mic"]),
        isin: given(&row["isin"]),
        ..SecurityName::default()
    });
    let accounts = vec![AccountName { id: id("account"), name: "Main account".to_owned() }];
    let names = Directory::new(accounts, securities.collect());
    let file = std::fs::read(format!("{DEMO}/ledger.csv")).expect("demo ledger");
    let rows = dawsos_csv::parse(&file, &names).complete(&Ecb::read());
    let entries = numbered(rows.into_iter().map(|row| row.entry.expect("the demo ledger is complete")));
    Book::replay(id("portfolio"), &entries).expect("the demo ledger is sound")
}

/// Calendars by market identifier code.
fn calendars() -> HashMap<String, TradingCalendar> {
    let mut closed: HashMap<String, Vec<Date>> = HashMap::new();
    for row in table("trading_holidays.csv").into_iter().filter(|row| row["kind"] == "closed") {
        closed.entry(row["mic"].clone()).or_default().push(day(&row["date"]));
    }
    let calendar = |mic: &str, days| TradingCalendar::weekdays(mic, days, day("2018-01-01"), day("2027-10-31"));
    let mut calendars: HashMap<_, _> =
        closed.into_iter().map(|(mic, days)| (mic.clone(), calendar(&mic, days))).collect();
    // The same sessions; the demo lists one of the two.
    calendars.insert("XNAS".to_owned(), TradingCalendar { id: "XNAS".to_owned(), ..calendars["XNYS"].clone() });
    calendars
}

/// Packs of every calendar day from the day before the first booking.
pub fn demo_market() -> MarketHistory {
    let known_at: DateTime<Utc> = "2026-11-23T00:00:00Z".parse().expect("a time");
    let held: Vec<_> = table("securities.csv").into_iter().filter(|row| row["in_prices_daily"] == "1").collect();
    let prices = table("prices_daily.csv").into_iter().map(|row| PriceObservation {
        security_id: id(&row["symbol"]),
        date: day(&row["date"]),
        close: dec(&row["close"]),
        currency: cur(&row["currency"]),
        source: row["source"].clone(),
        known_at,
    });
    let rates = table("fx_daily.csv").into_iter().map(|row| RateObservation {
        base: cur(&row["base"]),
        quote: cur(&row["quote"]),
        date: day(&row["date"]),
        rate: dec(&row["rate"]),
        source: "ecb".to_owned(),
        known_at,
    });
    let observations = Observations::new(prices.collect(), rates.collect());
    let calendars = calendars();
    let always = TradingCalendar::always_open();
    let weekdays = TradingCalendar::weekdays("ECB", [], day("2014-01-01"), day("2027-12-31"));
    let expected: Vec<_> = held
        .iter()
        .map(|row| Expected {
            security_id: id(&row["symbol"]),
            calendar: calendars.get(&row["mic"]).unwrap_or(&always),
        })
        .collect();
    let pairs = ["USD", "GBP", "HKD"].map(|code| (Currency::EUR, cur(code)));
    let (mut packs, mut contents): (Vec<Pack>, Vec<_>) = (Vec::new(), Vec::new());
    let first = day(FIRST_DAY).pred_opt().expect("a day before");
    for date in first.iter_days().take_while(|date| *date <= day(LAST_DAY)) {
        let request = DayRequest {
            date,
            known_at,
            securities: &expected,
            pairs: &pairs,
            rates_calendar: &weekdays,
            sources: &[],
            carry_sessions_max: CARRY_SESSIONS_MAX,
        };
        let built = build_day(&observations, &request).expect("sound observations");
        packs.push(Pack::chained(packs.last(), &built.content, "default", 0, known_at, None).expect("a chain"));
        contents.push(built.content);
    }
    MarketHistory::build(packs.iter().zip(&contents)).expect("a history")
}
