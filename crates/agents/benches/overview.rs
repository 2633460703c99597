//! Time of the steps of the portfolio overview with warm caches, and of an import, on a generated portfolio: 50 positions,
//! 1,000 transactions, 10 years of daily packs.
//!
//! Target: all steps of the overview together in 4 ms of processor time (`docs/benchmarks.md`).

#[path = "../tests/common/mod.rs"]
mod common;

use std::fmt::Write;
use std::hint::black_box;

use chrono::{Datelike, Days, NaiveDate};
use common::World;
use criterion::{Criterion, criterion_group, criterion_main};
use money::{Currency, Decimal};
use pricing::{PriceObservation, RateObservation};
use serde_json::json;
use store::LeaseTicket;
use store::queries::observations::{self, SessionPrice};
use store::queries::securities::{self, Identifier, SecurityFields};
use uuid::Uuid;

const SECURITIES: u64 = 50;
const DAYS: u64 = 3_652;
const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::USD, Currency::GBP];

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2014, 1, 1).expect("a day") + Days::new(offset)
}

/// A number between 0 and 999 that looks random and never changes.
fn noise(a: u64, b: u64) -> i64 {
    let mixed = (a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
        .wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    ((mixed >> 33) % 1_000) as i64
}

fn price(id: u64, offset: u64) -> Decimal {
    Decimal::new(10_000 + noise(id, offset), 2)
}

async fn world() -> World {
    let world = World::empty().await;
    let known_at = "2024-01-01T00:00:00Z".parse().expect("a time");
    let ticket = LeaseTicket::platform(Uuid::nil(), std::time::Duration::from_secs(600));
    let weekdays: Vec<u64> = (0..DAYS).filter(|offset| day(*offset).weekday().num_days_from_monday() < 5).collect();
    let load = world.store.as_worker(ticket, async |tx| {
        let mut prices = Vec::new();
        for id in 0..SECURITIES {
            let currency = CURRENCIES[id as usize % 3];
            let mut fields = SecurityFields::new(format!("Generated {id}"), "stock", currency);
            fields.sector = Some(format!("Sector {}", id % 11));
            let symbol = Identifier::new("symbol", &format!("GEN{id}"), None);
            let security_id = symbol.security_id();
            securities::upsert_shared(tx, security_id, &fields, &[symbol]).await?;
            prices.extend(weekdays.iter().map(|offset| {
                let source = "generated".to_owned();
                SessionPrice::from(PriceObservation {
                    security_id,
                    date: day(*offset),
                    close: price(id, *offset),
                    currency,
                    source,
                    known_at,
                })
            }));
        }
        let rate = |quote: &Currency, offset: u64| RateObservation {
            base: Currency::EUR,
            quote: *quote,
            date: day(offset),
            rate: Decimal::new(10_000 + noise(900, offset), 4),
            source: "generated".to_owned(),
            known_at,
        };
        let rates: Vec<_> =
            CURRENCIES[1..].iter().flat_map(|quote| weekdays.iter().map(move |offset| rate(quote, *offset))).collect();
        observations::insert_prices(tx, &prices).await?;
        observations::insert_rates(tx, &rates).await
    });
    load.await.expect("observations");
    agents::packs::build_range(&world.store, "default", day(0), day(DAYS - 1)).await.expect("packs");
    let ledger = ledger(1_000);
    world
        .call("ledger.import", json!({"content": ledger, "mode": "commit", "idempotency_key": "ledger", "limit": 1}))
        .await
        .expect("an import");
    world
}

/// A deposit in each currency, then purchases of all securities in turn.
fn ledger(transactions: u64) -> String {
    let mut text = "kind,trade_date,symbol,quantity,price,currency,gross_amount\n".to_owned();
    for currency in CURRENCIES {
        writeln!(text, "deposit,{},,,,{currency},1000000000", day(0)).expect("text");
    }
    for at in 0..transactions - 3 {
        let (id, offset) = (at % SECURITIES, 1 + at * (DAYS - 2) / transactions);
        let (date, currency) = (day(offset), CURRENCIES[id as usize % 3]);
        writeln!(text, "buy,{date},GEN{id},{},{},{currency},", 1 + at % 20, price(id, offset)).expect("text");
    }
    text
}

fn benches(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let world = runtime.block_on(world());
    let steps = [
        ("portfolio.get_valued_positions", json!({})),
        ("metrics.compute_twr", json!({"lookback_days": 252})),
        ("attribution.currency", json!({"lookback_days": 252})),
        ("portfolio.historical_nav", json!({"lookback_days": 252})),
        ("portfolio.sector_allocation", json!({})),
    ];
    c.bench_function("context, warm", |b| b.iter(|| black_box(runtime.block_on(world.context()))));
    let context = runtime.block_on(world.context());
    let portfolio = context.portfolio_id.map(|id| id.to_string());
    let ticket = || LeaseTicket::new("financial_analyst", world.user, 1, std::time::Duration::from_secs(60));
    let run = |name: &'static str, args: serde_json::Value| {
        let mut args = args;
        args["portfolio_id"] = portfolio.clone().into();
        runtime.block_on(world.agents.call(name, context.clone(), args, ticket())).expect(name)
    };
    for (name, args) in &steps {
        c.bench_function(&format!("{name}, 50 positions, 1,000 transactions, 10 years"), |b| {
            b.iter(|| black_box(run(name, args.clone())))
        });
    }
    c.bench_function("all steps of the overview", |b| {
        b.iter(|| {
            for (name, args) in &steps {
                black_box(run(name, args.clone()));
            }
        })
    });
}

criterion_group!(group, benches);
criterion_main!(group);
