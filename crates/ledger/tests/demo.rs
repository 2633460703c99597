//! The demo ledger against figures computed independently (pandas, Beancount): `demo/expected.json`.

mod common;

use std::collections::BTreeMap;

use common::{DEMO, cur, day, dec, demo_book, demo_entries, id};
use ledger::{Book, FlowKind, Kind, LotEventKind, Timeline};
use money::Decimal;
use money::float::to_f64;
use serde_json::Value;

fn expected() -> Value {
    let text = std::fs::read_to_string(format!("{DEMO}/expected.json")).expect("expected figures");
    serde_json::from_str(&text).expect("JSON")
}

/// Equal to the decimals that the expected figure has (half a unit of the last one, and what floats lose).
#[track_caller]
fn assert_near(found: Decimal, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: no figure"));
    let found = to_f64(found);
    assert!((found - expected).abs() <= tolerance, "{what}: found {found}, expected {expected}");
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is a list"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is text"))
}

fn map<'a>(value: &'a Value, key: &str) -> &'a serde_json::Map<String, Value> {
    value[key].as_object().unwrap_or_else(|| panic!("{key} is an object"))
}

#[test]
fn every_row_becomes_one_transaction() {
    let book = demo_book();
    assert_eq!(book.transactions().count() as u64, expected()["transactions"].as_u64().expect("a count"));
    assert_eq!(book.warnings(), [], "cash is never negative at the end of a day");
}

#[test]
fn positions_and_fifo_lots() {
    let (book, expected) = (demo_book(), expected());
    let positions = list(&expected, "positions");
    assert_eq!(book.positions.len(), positions.len());
    for wanted in positions {
        let symbol = text(wanted, "symbol");
        let position = &book.positions[&(id("account"), id(symbol))];
        assert_near(position.quantity, &wanted["quantity"], 5e-7, symbol);
        assert_near(position.cost_basis, &wanted["cost_fifo"], 0.005_000_1, symbol);
        assert_near(position.cost_basis_base, &wanted["cost_fifo_base"], 0.005_000_1, symbol);
        assert_eq!(position.cost_currency, cur(text(wanted, "currency")));
        let mut lots: Vec<_> = book.open_lots(id("account"), id(symbol)).collect();
        lots.sort_by_key(|lot| lot.acquired_on);
        let wanted_lots = list(wanted, "lots");
        assert_eq!(lots.len(), wanted_lots.len(), "{symbol}");
        assert_eq!(position.lot_count as usize, lots.len());
        for (lot, wanted) in lots.iter().zip(wanted_lots) {
            let what = format!("{symbol} of {}", lot.acquired_on);
            assert_eq!(lot.acquired_on, day(text(wanted, "acquired")), "{what}");
            assert_near(lot.quantity_open, &wanted["quantity"], 5e-7, &what);
            assert_near(lot.cost_basis, &wanted["cost"], 0.000_051, &what);
            assert_near(lot.cost_basis_base().expect("fits"), &wanted["cost_base"], 0.000_051, &what);
        }
    }
}

#[test]
fn cash_in_every_currency() {
    let (book, expected) = (demo_book(), expected());
    let cash = map(&expected, "cash");
    assert_eq!(book.cash.len(), cash.len());
    for (code, amount) in cash {
        assert_eq!(book.cash[&(id("account"), cur(code))], dec(&amount.to_string()), "{code}");
    }
}

#[test]
fn realized_gain_of_every_sale() {
    let (book, expected) = (demo_book(), expected());
    let sales = list(&expected["realized"], "sales");
    let sold = book.transactions().filter(|row| row.kind == Kind::Sell).count();
    assert_eq!(sold, sales.len());
    for sale in sales {
        let what = text(sale, "id");
        let row = book.transactions().find(|row| row.external_id.as_deref() == Some(what)).expect(what);
        let events: Vec<_> = book.lot_events().filter(|event| event.seq == row.seq).collect();
        let total = |value: fn(&ledger::LotEvent) -> Decimal| events.iter().map(|event| value(event)).sum::<Decimal>();
        let realized = |event: &ledger::LotEvent| event.realized.expect("a disposal");
        assert_near(total(|event| -event.cost_delta), &sale["cost"], 0.005_000_1, what);
        assert_near(total(|event| event.proceeds.expect("a disposal")), &sale["net_proceeds"], 0.005_000_1, what);
        assert_near(total(|event| event.realized_gain_local.expect("one currency")), &sale["gain"], 0.005_000_1, what);
        assert_near(events.iter().map(|event| realized(event).total).sum(), &sale["gain_base"], 0.005_000_1, what);
        for event in events {
            let gain = realized(event);
            assert_eq!(gain.total, gain.price.expect("one currency") + gain.fx.expect("one currency"), "{what}");
        }
    }
    let total: Decimal = book.lot_events().filter_map(|event| event.realized).map(|gain| gain.total).sum();
    assert_near(total, &expected["realized"]["total_base"], 0.005_000_1, "total");
}

#[test]
fn dividends_fees_taxes_and_interest() {
    let (book, expected) = (demo_book(), expected());
    let mut dividends: BTreeMap<(String, String), (Decimal, Decimal, u64)> = BTreeMap::new();
    let mut fees: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut taxes: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut interest: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in book.transactions() {
        let code = row.currency.to_string();
        match row.kind {
            Kind::Dividend => {
                let year = row.trade_date.to_string()[..4].to_owned();
                let sum = dividends.entry((year, code)).or_default();
                (sum.0, sum.1, sum.2) = (sum.0 + row.gross_amount, sum.1 + row.taxes, sum.2 + 1);
            }
            Kind::Interest => *interest.entry(code).or_default() += row.net_amount,
            Kind::Fee => *fees.entry(code).or_default() += row.gross_amount,
            Kind::Buy | Kind::Sell => {
                *fees.entry(code.clone()).or_default() += row.fees;
                *taxes.entry(code).or_default() += row.taxes;
            }
            _ => {}
        }
    }
    for (found, key) in [(&fees, "fees"), (&taxes, "transaction_taxes"), (&interest, "interest")] {
        for (code, amount) in map(&expected, key) {
            assert_eq!(found[code], dec(&amount.to_string()), "{key} in {code}");
        }
    }
    for (year, wanted) in map(&expected["dividends"], "by_year") {
        let mut count = 0;
        for (code, gross) in map(wanted, "gross") {
            let found = dividends.get(&(year.clone(), code.clone())).copied().unwrap_or_default();
            assert_eq!(found.0, dec(&gross.to_string()), "dividends {year} in {code}");
            assert_eq!(found.1, dec(&wanted["tax"][code].to_string()), "withheld {year} in {code}");
            count += found.2;
        }
        assert_eq!(Some(count), wanted["count"].as_u64(), "{year}");
    }
}

#[test]
fn external_flows_in_base_currency() {
    let (book, expected) = (demo_book(), expected());
    let found: Vec<_> = book.cash_flows().filter(|flow| flow.kind == FlowKind::External).collect();
    let wanted = list(&expected, "external_flows_base");
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.effective_on, day(text(wanted, "date")));
        assert_near(found.base_amount, &wanted["amount"], 0.005_000_1, text(wanted, "date"));
    }
}

#[test]
fn flows_add_up_to_cash_and_lots_to_positions_at_every_month_end() {
    let (book, entries) = (demo_book(), demo_entries());
    for month in 0..32 {
        let date = day("2019-12-31").checked_add_months(chrono::Months::new(month)).expect("a date");
        let until = Book::replay_until(id("portfolio"), &entries, date).expect("sound");
        assert_eq!(book.cash_as_of(date), until.cash, "{date}");
        assert_eq!(book.positions_as_of(date), until.positions, "{date}");
        let mut lots = book.lots_as_of(date);
        let mut replayed = until.lots().cloned().collect::<Vec<_>>();
        lots.sort_by_key(|lot| lot.id);
        replayed.sort_by_key(|lot| lot.id);
        assert_eq!(lots, replayed, "{date}");
    }
}

#[test]
fn extending_day_by_day_equals_replaying() {
    let entries = demo_entries();
    let portfolio_id = id("portfolio");
    let mut book = Book::replay(portfolio_id, &entries[..1]).expect("sound");
    for entry in &entries[1..] {
        book = book.extend(std::slice::from_ref(entry)).expect("sound");
    }
    let rows = ledger::projection::Rows::of(&book);
    assert_eq!(rows, ledger::projection::Rows::of(&Book::replay(portfolio_id, &entries).expect("sound")));
}

#[test]
fn timeline_ends_where_the_book_does() {
    let book = demo_book();
    let timeline = Timeline::of(&book);
    assert_eq!(timeline.span, Some((day("2019-12-02"), day("2022-06-13"))));
    assert_eq!(timeline.first_funding, Some(day("2019-12-02")));
    let held: BTreeMap<_, _> =
        timeline.holdings.iter().filter_map(|(security, days)| days.last().map(|last| (*security, last.1))).collect();
    assert_eq!(held[&id("BTC-USD")], 0.0);
    for ((_, security_id), position) in &book.positions {
        assert_eq!(held[security_id], to_f64(position.quantity));
    }
    for ((_, currency), amount) in &book.cash {
        let sum: f64 = timeline.cash_deltas[currency].iter().map(|(_, delta)| delta).sum();
        assert!((sum - to_f64(*amount)).abs() < 1e-6, "{currency}");
    }
    // The split of AAPL shows as a change of units on its day.
    let before_and_after: Vec<f64> = timeline.holdings[&id("AAPL")]
        .windows(2)
        .filter(|days| days[1].0 == day("2020-08-31"))
        .flat_map(|days| [days[0].1, days[1].1])
        .collect();
    assert_eq!(before_and_after, [33.0, 132.0]);
}

#[test]
fn transferred_lots_keep_their_dates_and_realize_nothing() {
    let book = demo_book();
    let transferred: Vec<_> = book.lot_events().filter(|event| event.kind == LotEventKind::TransferIn).collect();
    assert_eq!(transferred.len(), 2);
    assert!(transferred.iter().all(|event| event.realized.is_none()));
}
