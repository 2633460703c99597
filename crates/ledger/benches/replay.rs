//! Replaying a ledger, projecting it, and adding to it. Must: 100,000 transactions well under half a second.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use dates::Date;
use formats::{AccountName, Directory, SecurityName, dawsos_csv, dawsos_csv_write};
use ledger::commit;
use ledger::projection::Rows;
use ledger::{Book, Draft, Entry, Kind, NewEntry, Resolver, Timeline};
use money::{Currency, Decimal};
use std::hint::black_box;
use std::sync::Arc;
use uuid::Uuid;

struct Dollars;

impl Resolver for Dollars {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, _: Currency, _: Date) -> Option<Decimal> {
        Some(Decimal::new(87_654_321, 8))
    }
}

/// Purchases, part sales and dividends of 50 securities over ten years.
fn entries(count: u64) -> Vec<Entry> {
    let id = |number: u64| Uuid::from_u128(u128::from(number));
    let start = Date::from_ymd_opt(2014, 1, 2).expect("a date");
    let recorded_at = "2024-01-01T00:00:00Z".parse().expect("a time");
    let opening = NewEntry::setting("base_currency", "EUR".into(), start);
    let transaction = |number: u64| {
        let date = start + chrono::Duration::days((number * 3_650 / count) as i64);
        let kind = [Kind::Buy, Kind::Buy, Kind::Dividend, Kind::Sell][(number / 50 % 4) as usize];
        let mut draft = Draft::new(kind, id(1), date, Currency::USD);
        draft.security_id = Some(id(1_000 + number % 50));
        draft.quantity = Some(Decimal::from(10 + number % 7));
        draft.price = Some(Decimal::new(10_000 + (number * 37 % 5_000) as i64, 2));
        draft.complete(&Dollars).expect("complete")
    };
    let all = std::iter::once(opening).chain((0..count).map(transaction));
    all.zip(1..).map(|(entry, seq)| entry.numbered(seq, id(10_000_000 + seq), recorded_at)).collect()
}

fn replay(criterion: &mut Criterion) {
    for count in [1_000, 100_000] {
        let entries = entries(count);
        let shared: Vec<Arc<Entry>> = entries.iter().cloned().map(Arc::new).collect();
        let book = Book::replay_shared(Uuid::nil(), shared.clone()).expect("sound");
        let all_but_one = Book::replay(Uuid::nil(), &entries[..entries.len() - 1]).expect("sound");
        let mut group = criterion.benchmark_group(format!("{count} transactions"));
        group.sample_size(10);
        group.bench_function("replay", |bench| {
            bench.iter(|| Book::replay(Uuid::nil(), black_box(&entries)).expect("sound"));
        });
        group.bench_function("replay shared entries", |bench| {
            bench.iter(|| Book::replay_shared(Uuid::nil(), black_box(&shared).clone()).expect("sound"));
        });
        group.bench_function("extend by one", |bench| {
            bench.iter(|| all_but_one.extend(black_box(&entries[entries.len() - 1..])).expect("sound"));
        });
        group.bench_function("rows", |bench| bench.iter(|| Rows::of(black_box(&book))));
        group.bench_function("timeline", |bench| bench.iter(|| Timeline::of(black_box(&book))));
        group.finish();
    }
}

fn read(criterion: &mut Criterion) {
    let entries = entries(100_000);
    let accounts = vec![AccountName { id: Uuid::from_u128(1), name: "Main".to_owned() }];
    let security = |number: u128| SecurityName {
        id: Uuid::from_u128(1_000 + number),
        symbol: Some(format!("S{number}")),
        ..SecurityName::default()
    };
    let names = Directory::new(accounts, (0..50).map(security).collect());
    let book = Book::replay(Uuid::nil(), &entries).expect("sound");
    let text = dawsos_csv_write::write(&book, &names).expect("all names are known");
    let mut group = criterion.benchmark_group("100000 rows");
    group.sample_size(10);
    group.bench_function("read", |bench| bench.iter(|| dawsos_csv::parse(black_box(text.as_bytes()), &names)));
    let parsed = dawsos_csv::parse(text.as_bytes(), &names);
    group.bench_function("complete", |bench| bench.iter(|| black_box(&parsed).complete(&Dollars)));
    let start = commit::genesis(Uuid::nil());
    group.bench_function("commit", |bench| bench.iter(|| commit::chain(&start, black_box(&entries))));
    group.finish();
}

criterion_group!(benches, replay, read);
criterion_main!(benches);
