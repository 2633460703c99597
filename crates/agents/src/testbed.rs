//! Small books and markets by hand, for tests of the pure computations.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dates::{Date, TradingCalendar, parse_date};
use ledger::{Book, Draft, Entry, Kind, ManualPricePayload, NewEntry, Resolver};
use money::{Currency, Decimal};
use pricing::{
    CARRY_SESSIONS_MAX, DayRequest, Expected, MarketHistory, Observations, Pack, PriceObservation, RateObservation,
    build_day,
};
use serde_json::Value;
use store::queries::ledger::Source;
use store::queries::securities::{Security, SecurityFields};
use uuid::Uuid;

use crate::books::{EntryRecord, Folio};
use crate::markets::Market;
use crate::measured::measure;
use crate::reference::Reference;
use crate::scene::Scene;

pub fn day(text: &str) -> Date {
    parse_date(text).expect(text)
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect(text)
}

pub fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// A portfolio in EUR with one account.
#[derive(Default)]
pub struct Bed {
    securities: Vec<Security>,
    prices: Vec<PriceObservation>,
    rates: Vec<RateObservation>,
    entries: Vec<NewEntry>,
}

struct Rates(Vec<RateObservation>);

impl Resolver for Rates {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, currency: Currency, date: Date) -> Option<Decimal> {
        let quoted =
            self.0.iter().filter(|rate| rate.quote == currency && rate.date <= date).max_by_key(|rate| rate.date)?;
        Decimal::ONE.checked_div(quoted.rate)
    }
}

fn known_at() -> DateTime<Utc> {
    "2030-01-01T00:00:00Z".parse().expect("a time")
}

impl Bed {
    /// A security on no particular market.
    pub fn security(mut self, symbol: &str, kind: &str, currency: Currency) -> Bed {
        let mut fields = SecurityFields::new(format!("{symbol} Ltd"), kind, currency);
        fields.sector = (kind == "stock").then(|| "Energy".to_owned());
        let security = Security {
            id: id(symbol),
            version: 1,
            fields,
            owner_user_id: None,
            symbol: Some(symbol.to_owned()),
            isin: None,
        };
        self.securities.push(security);
        self
    }

    /// Closes of a security by day.
    pub fn prices<const N: usize>(mut self, symbol: &str, currency: Currency, closes: [(&str, &str); N]) -> Bed {
        self.prices.extend(closes.map(|(date, close)| PriceObservation {
            security_id: id(symbol),
            date: day(date),
            close: dec(close),
            currency,
            source: "test".to_owned(),
            known_at: known_at(),
        }));
        self
    }

    /// Units of a currency for one euro by day.
    pub fn rates<const N: usize>(mut self, quote: Currency, rates: [(&str, &str); N]) -> Bed {
        self.rates.extend(rates.map(|(date, rate)| RateObservation {
            base: Currency::EUR,
            quote,
            date: day(date),
            rate: dec(rate),
            source: "test".to_owned(),
            known_at: known_at(),
        }));
        self
    }

    /// A transaction, filled by `fill`.
    pub fn entry(mut self, kind: Kind, date: &str, currency: Currency, fill: impl FnOnce(&mut Draft)) -> Bed {
        let mut draft = Draft::new(kind, id("account"), day(date), currency);
        fill(&mut draft);
        self.entries.push(draft.complete(&Rates(self.rates.clone())).expect("a complete entry"));
        self
    }

    pub fn deposit(self, date: &str, amount: &str, currency: Currency) -> Bed {
        self.entry(Kind::Deposit, date, currency, |draft| draft.gross_amount = Some(dec(amount)))
    }

    pub fn buy(self, date: &str, symbol: &str, units: &str, price: &str, currency: Currency) -> Bed {
        self.entry(Kind::Buy, date, currency, |draft| {
            draft.security_id = Some(id(symbol));
            draft.quantity = Some(dec(units));
            draft.price = Some(dec(price));
        })
    }

    pub fn setting(mut self, key: &str, value: Value) -> Bed {
        self.entries.push(NewEntry::setting(key, value, day("2024-01-01")));
        self
    }

    pub fn manual_price(mut self, symbol: &str, date: &str, price: &str, currency: Currency) -> Bed {
        let price = ManualPricePayload { date: day(date), price: dec(price), currency, note: None };
        self.entries.push(NewEntry::manual_price(id(symbol), price).expect("a price"));
        self
    }

    /// The scene with packs of every day in [`first`, `last`], at its last day.
    pub fn scene(self, first: &str, last: &str) -> Scene {
        let market = self.market(day(first), day(last));
        let opening = NewEntry::setting("base_currency", "EUR".into(), day("2000-01-01"));
        let all = std::iter::once(opening).chain(self.entries);
        let entries: Vec<Entry> =
            all.zip(1..).map(|(entry, seq)| entry.numbered(seq, id(&format!("entry {seq}")), known_at())).collect();
        let book = Book::replay(id("portfolio"), &entries).expect("a sound book");
        let commits = ledger::commit::chain(&ledger::commit::genesis(id("portfolio")), &entries);
        let record = |commit| EntryRecord { commit, source: Source::Manual, recorded_by: id("user") };
        let records: Vec<EntryRecord> = commits.into_iter().map(record).collect();
        let commit = records[records.len() - 1].commit;
        let folio = Arc::new(Folio::new(id("portfolio"), commit, book, records, self.securities, Vec::new()));
        let as_of = day(last);
        let measured = Some(Arc::new(measure(&folio, &market.history, as_of)));
        Scene {
            folio,
            market: Some(Arc::new(market)),
            reference: Arc::new(Reference::new(HashMap::new())),
            as_of,
            measured,
            kept: None,
        }
    }

    fn market(&self, first: Date, last: Date) -> Market {
        let observations = Observations::new(self.prices.clone(), self.rates.clone());
        let (always, weekdays) =
            (TradingCalendar::always_open(), TradingCalendar::weekdays("weekdays", [], Date::MIN, Date::MAX));
        let expected: Vec<Expected<'_>> = self
            .securities
            .iter()
            .map(|security| Expected {
                security_id: security.id,
                calendar: if security.fields.kind == "crypto" { &always } else { &weekdays },
            })
            .collect();
        let mut pairs: Vec<_> = self.rates.iter().map(|rate| (rate.base, rate.quote)).collect();
        pairs.dedup();
        let (mut packs, mut contents): (Vec<Pack>, Vec<_>) = (Vec::new(), Vec::new());
        for date in first.iter_days().take_while(|date| *date <= last) {
            let request = DayRequest {
                date,
                known_at: known_at(),
                securities: &expected,
                pairs: &pairs,
                rates_calendar: &weekdays,
                sources: &[],
                carry_sessions_max: CARRY_SESSIONS_MAX,
            };
            let built = build_day(&observations, &request).expect("sound observations");
            packs.push(Pack::chained(packs.last(), &built.content, "default", 0, known_at(), None).expect("a chain"));
            contents.push(built.content);
        }
        let history = MarketHistory::build(packs.iter().zip(&contents)).expect("a history");
        Market { history, packs: Arc::new(packs), price_sources: Default::default(), rate_sources: Default::default() }
    }
}
