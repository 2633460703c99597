//! Times of the bulk paths on a private cluster with fsync off: appending a large ledger, loading it again, sealing and
//! loading chains of packs, and small leases. Prints milliseconds; `cargo bench -p store`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, Utc};
use ledger::projection::{Rows, diff};
use ledger::{Book, Draft, Entry, Kind, NewEntry, Resolver};
use money::Currency;
use pricing::{DEFAULT_POLICY, DayContent, Pack, PriceRow, PriceState, RateRow};
use rust_decimal::Decimal;
use serde_json::json;
use store::queries::ledger::{Appended, Source};
use store::queries::portfolios::ProjectedSettings;
use store::queries::securities::{Identifier, SecurityFields};
use store::queries::{ledger as ledger_queries, packs, portfolios, projections, securities};
use store::{LeaseTicket, Store};
use testkit::{TestDatabase, two_users};
use uuid::Uuid;

struct OneCurrency;

impl Resolver for OneCurrency {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, currency: Currency, _: NaiveDate) -> Option<Decimal> {
        (currency == Currency::EUR).then_some(Decimal::ONE)
    }
}

fn ticket(user: Uuid) -> LeaseTicket {
    LeaseTicket::platform(user, Duration::from_secs(120))
}

fn report(what: &str, since: Instant, items: usize) {
    let ms = since.elapsed().as_secs_f64() * 1e3;
    println!("{what:<55} {ms:>10.1} ms {:>10.2} us each", ms * 1e3 / items as f64);
}

#[tokio::main]
async fn main() {
    let database = TestDatabase::create().await;
    let started = Instant::now();
    let store = Store::connect({
        let mut config = database.config();
        config.pool_min = 5;
        config
    })
    .await
    .expect("store");
    report("connect to a migrated database, 5 connections", started, 1);
    let people = two_users(&store).await;
    let securities = shared_securities(&store, 50).await;
    small_leases(&store, people.a.user, people.a.portfolio).await;
    for count in [1_000, 100_000] {
        append_ledger(&store, people.a.user, &securities, count).await;
    }
    for (days, held) in [(1_626, 10), (2_600, 50)] {
        chains(&store, days, &securities[..held]).await;
    }
}

async fn shared_securities(store: &Store, count: usize) -> Vec<Uuid> {
    let names: Vec<Identifier> =
        (0..count).map(|i| Identifier::new("symbol", &format!("S{i:03}"), Some("XNYS"))).collect();
    let ids: Vec<Uuid> = names.iter().map(Identifier::security_id).collect();
    store
        .as_worker(ticket(Uuid::nil()), async |tx| {
            for (id, name) in ids.iter().zip(&names) {
                let fields = SecurityFields::new(&name.value, "stock", Currency::EUR);
                securities::upsert_shared(tx, *id, &fields, std::slice::from_ref(name)).await?;
            }
            Ok(())
        })
        .await
        .expect("securities");
    ids
}

async fn small_leases(store: &Arc<Store>, user: Uuid, portfolio: Uuid) {
    const LEASES: usize = 2_000;
    let started = Instant::now();
    for _ in 0..LEASES {
        store.as_user(ticket(user), user, async |tx| portfolios::head(tx, user, portfolio).await).await.expect("head");
    }
    report("lease with one query, one client", started, LEASES);
    let started = Instant::now();
    let clients = (0..32).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..LEASES / 8 {
                store
                    .as_user(ticket(user), user, async |tx| portfolios::head(tx, user, portfolio).await)
                    .await
                    .expect("head");
            }
        })
    });
    futures::future::join_all(clients).await;
    report("lease with one query, 32 clients", started, LEASES * 4);
    let started = Instant::now();
    for _ in 0..LEASES {
        store.portfolio_head(ticket(user), user, portfolio).await.expect("head");
    }
    report("head of a portfolio from memory", started, LEASES);
}

async fn append_ledger(store: &Store, user: Uuid, securities: &[Uuid], count: usize) {
    let (portfolio, account) = (Uuid::now_v7(), Uuid::now_v7());
    let base = NaiveDate::from_ymd_opt(2010, 1, 4).expect("date");
    store
        .as_user(ticket(user), user, async |tx| {
            let new = portfolios::NewPortfolio {
                id: portfolio,
                name: format!("Bulk {count}"),
                description: String::new(),
                base_currency: Currency::EUR,
                cost_basis_method: "fifo".to_owned(),
                valuation_calendar: "all_days".to_owned(),
                demo: false,
            };
            portfolios::insert(tx, user, &new).await?;
            let fields = store::queries::accounts::AccountFields::brokerage("Bulk", Currency::EUR);
            store::queries::accounts::insert(tx, user, portfolio, account, &fields).await
        })
        .await
        .expect("portfolio");
    let mut drafts = vec![NewEntry::setting("base_currency", json!("EUR"), base)];
    let mut deposit = Draft::new(Kind::Deposit, account, base, Currency::EUR);
    deposit.gross_amount = Some(Decimal::from(1_000_000_000));
    drafts.push(deposit.complete(&OneCurrency).expect("deposit"));
    for i in 0..count - 2 {
        let date = base + Days::new((i * 4_000 / count) as u64);
        // Three purchases, then a sale of half of one.
        let kind = if i % 4 == 3 { Kind::Sell } else { Kind::Buy };
        let mut draft = Draft::new(kind, account, date, Currency::EUR);
        draft.security_id = Some(securities[(i / 4) % securities.len()]);
        draft.quantity = Some(if kind == Kind::Buy { Decimal::from(10) } else { Decimal::from(15) });
        draft.price = Some(Decimal::new(10_000 + (i % 997) as i64, 2));
        draft.external_id = Some(format!("ext-{count}-{i}"));
        drafts.push(draft.complete(&OneCurrency).expect("draft"));
    }
    let now = Utc::now();
    let entries: Vec<Entry> = (1..).zip(drafts).map(|(seq, entry)| entry.numbered(seq, Uuid::now_v7(), now)).collect();
    let genesis = ledger::commit::genesis(portfolio);
    let started = Instant::now();
    let commits = ledger::commit::chain(&genesis, &entries);
    report(&format!("  chain of {count} commits"), started, count);
    let started = Instant::now();
    let book = Book::replay(portfolio, &entries).expect("replay");
    let rows = Rows::of(&book);
    let change = diff(&Rows::default(), &rows);
    report(&format!("  replay and projection of {count} entries"), started, count);
    let appended = Appended {
        previous: genesis,
        entries: &entries,
        commits: &commits,
        source: Source::Import,
        import_id: None,
        recorded_by: user,
        diff: &change,
        settings: ProjectedSettings {
            base_currency: Currency::EUR,
            benchmark_id: None,
            cost_basis_method: "fifo".to_owned(),
            valuation_calendar: "all_days".to_owned(),
            risk_free: None,
            opened_on: Some(base),
        },
    };
    let started = Instant::now();
    store
        .as_user(ticket(user), user, async |tx| {
            portfolios::lock(tx, user, portfolio).await?;
            ledger_queries::append(tx, user, portfolio, &appended).await
        })
        .await
        .expect("append");
    report(&format!("append of {count} entries with projections"), started, count);
    let started = Instant::now();
    let loaded = store
        .as_user(ticket(user), user, async |tx| ledger_queries::entries(tx, user, portfolio).await)
        .await
        .expect("entries");
    report(&format!("load of {} entries", loaded.len()), started, count);
    let started = Instant::now();
    let stored = store
        .as_user(ticket(user), user, async |tx| projections::rows_of(tx, user, portfolio).await)
        .await
        .expect("rows");
    report(&format!("load of projections ({} lot events)", stored.lot_events.len()), started, count);
    assert!(stored == rows, "what was written is what is read");
}

async fn chains(store: &Store, days: usize, securities: &[Uuid]) {
    let policy = DEFAULT_POLICY;
    // The database keeps microseconds.
    let known_at = chrono::DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).expect("now");
    // Each size on dates of its own, after the ones before.
    let latest =
        store.as_worker(ticket(Uuid::nil()), async |tx| packs::latest(tx, policy, None).await).await.expect("latest");
    let mut parent = latest.map(|info| info.pack);
    let first = parent.as_ref().map_or(NaiveDate::from_ymd_opt(2012, 1, 1).expect("date"), |p| p.date + Days::new(1));
    let quotes = [Currency::USD, Currency::GBP, Currency::CHF, Currency::JPY, Currency::HKD, Currency::CAD];
    let (mut new_packs, mut contents) = (Vec::new(), Vec::new());
    for day in 0..days {
        let date = first + Days::new(day as u64);
        let price = |(i, id): (usize, &Uuid)| PriceRow {
            security_id: *id,
            close: Decimal::new(10_000 + (day * 7 + i * 13) as i64 % 5_000, 2),
            currency: Currency::EUR,
            state: PriceState::Traded,
            quoted_on: date,
            source: "bench".to_owned(),
        };
        let rate = |quote: &Currency| RateRow {
            base: Currency::EUR,
            quote: *quote,
            rate: Decimal::new(10_000 + (day % 300) as i64, 4),
            state: PriceState::Traded,
            quoted_on: date,
            source: "ECB".to_owned(),
        };
        let prices = securities.iter().enumerate().map(price).collect();
        let content = DayContent::new(date, prices, quotes.iter().map(rate).collect()).expect("content");
        let pack = Pack::chained(parent.as_ref(), &content, policy, 0, known_at, None).expect("pack");
        parent = Some(pack.clone());
        new_packs.push(pack);
        contents.push(content);
    }
    let started = Instant::now();
    store
        .as_worker(ticket(Uuid::nil()), async |tx| packs::insert_chain(tx, &new_packs, &contents).await)
        .await
        .expect("chain");
    report(&format!("seal {days} packs of {} prices", securities.len()), started, days);
    let head = new_packs.last().expect("a pack").hash;
    for attempt in ["cold", "warm"] {
        let started = Instant::now();
        let loaded = store
            .as_worker(ticket(Uuid::nil()), async |tx| {
                let chain = packs::chain_packs(tx, &head, Some(first)).await?;
                let contents = packs::contents_of(tx, &chain).await?;
                Ok((chain, contents))
            })
            .await
            .expect("load");
        report(&format!("load {days} packs of {} prices, {attempt}", securities.len()), started, days);
        assert!(loaded.0 == new_packs && loaded.1 == contents, "what was written is what is read");
    }
}
