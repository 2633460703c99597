//! The record itself: commits, the full export, projections and their verification, the journal.

mod common;

use common::{book_of, cur, dec, demo_book, demo_entries, demo_names, draft, entries_of, id, trade};
use formats::{AccountName, Directory, beancount, dawsos_csv, dawsos_csv_write, json};
use ledger::commit::{ChainError, chain, commit, genesis, verify_chain};
use ledger::projection::{Row, Rows, TableDiff, diff};
use ledger::verification::verify;
use ledger::wire::{entry_from_json, entry_to_json};
use ledger::{Book, Entry, Kind, NewEntry, Payload};
use sha2::{Digest, Sha256};

#[test]
fn a_commit_is_the_hash_of_its_definition() {
    let portfolio_id = id("portfolio");
    let start = genesis(portfolio_id);
    let expected: [u8; 32] = Sha256::digest([b"dawsos-ledger-v1".as_slice(), portfolio_id.as_bytes()].concat()).into();
    assert_eq!(start, expected);
    let entry = &entries_of(&[])[0];
    let canonical = format!(
        "{{\"account_id\":null,\"action\":\"record\",\"effective_on\":\"2000-01-01\",\"entry_id\":\"{}\",\
         \"external_id\":null,\"kind\":\"setting\",\"payload\":{{\"key\":\"base_currency\",\"value\":\"EUR\"}},\
         \"recorded_at\":\"2024-01-01T00:00:00.123456Z\",\"security_id\":null,\"seq\":1,\"target_seq\":null}}",
        entry.entry_id
    );
    let expected: [u8; 32] = Sha256::digest([start.as_slice(), canonical.as_bytes()].concat()).into();
    assert_eq!(commit(&start, entry), expected);
}

#[test]
fn any_change_breaks_the_chain_where_it_is() {
    let (portfolio_id, entries) = (id("portfolio"), demo_entries());
    let commits = chain(&genesis(portfolio_id), &entries);
    assert_eq!(verify_chain(portfolio_id, &entries, &commits), Ok(commits[commits.len() - 1]));
    let broken_at = |entries: &[Entry], commits: &[[u8; 32]]| match verify_chain(portfolio_id, entries, commits) {
        Err(ChainError::Broken { seq, .. }) => Some(seq),
        _ => None,
    };
    let mut changed = entries.clone();
    if let Payload::Transaction(payload) = &mut changed[4].payload {
        payload.note = Some("changed".to_owned());
    }
    assert_eq!(broken_at(&changed, &commits), Some(5));
    let mut other_commits = commits.clone();
    other_commits[9][0] ^= 1;
    assert_eq!(broken_at(&entries, &other_commits), Some(10));
    assert!(matches!(verify_chain(portfolio_id, &entries[..5], &commits), Err(ChainError::Length { .. })));
    assert!(matches!(verify_chain(id("other"), &entries, &commits), Err(ChainError::Broken { seq: 1, .. })));
}

#[test]
fn entries_survive_json() {
    let mut entries = demo_entries();
    entries.push(NewEntry::void(&entries[3].clone(), Some("twice".to_owned())).numbered(
        166,
        id("void"),
        entries[0].recorded_at,
    ));
    for entry in entries {
        assert_eq!(entry_from_json(entry_to_json(&entry)).expect("reads"), entry);
    }
}

#[test]
fn an_export_gives_the_same_commit_again() {
    let (portfolio_id, entries) = (id("portfolio"), demo_entries());
    let named = |id: uuid::Uuid, name: &str| {
        let value = serde_json::json!({"id": id, "name": name});
        value.as_object().expect("an object").clone()
    };
    let export = json::Export {
        portfolio: json::ExportedPortfolio {
            id: portfolio_id,
            name: "Demo".to_owned(),
            description: String::new(),
            ledger_commit: json::ledger_commit(portfolio_id, &entries),
        },
        accounts: vec![named(id("account"), "Main account")],
        securities: vec![named(id("AAPL"), "Apple Inc.")],
        entries,
    };
    let text = json::write(&export);
    assert_eq!(json::parse(text.as_bytes()).expect("reads"), export);
    let codes = |text: &str| -> Vec<&'static str> {
        json::parse(text.as_bytes()).expect_err("refused").iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&text.replace("\"257.42\"", "\"257.43\"")), ["commit_mismatch"]);
    assert_eq!(codes(&text.replace("dawsos-export/1", "dawsos-export/2")), ["unknown_schema"]);
    assert_eq!(codes(&text.replace("\"kind\":\"fx\"", "\"kind\":\"gift\""))[0], "bad_export");
    assert_eq!(codes("{}"), ["bad_export"]);
    assert_eq!(codes(&text[..text.len() / 2]), ["bad_export"]);
}

fn apply<R: Row>(rows: &[R], change: &TableDiff<R>) -> Vec<R> {
    let gone = |row: &&R| !change.delete.contains(&row.key()) && !change.written().any(|new| new.key() == row.key());
    let mut rows: Vec<R> = rows.iter().filter(gone).cloned().chain(change.written().cloned()).collect();
    rows.sort_by_key(R::key);
    rows
}

#[test]
fn a_diff_turns_the_old_rows_into_the_new_ones() {
    let entries = demo_entries();
    let portfolio_id = id("portfolio");
    let mut changed = entries.clone();
    changed.push(NewEntry::void(&entries[159], None).numbered(166, id("void"), entries[0].recorded_at));
    changed.push(NewEntry::void(&entries[58], None).numbered(167, id("void 2"), entries[0].recorded_at));
    let rows = |entries: &[Entry]| Rows::of(&Book::replay(portfolio_id, entries).expect("sound"));
    let (empty, old, new) = (Rows::default(), rows(&entries[..100]), rows(&changed[..166]));
    for (before, after) in [(&empty, &old), (&old, &new), (&new, &old), (&new, &empty)] {
        let change = diff(before, after);
        assert_eq!(apply(&before.transactions, &change.transactions), after.transactions);
        assert_eq!(apply(&before.lots, &change.lots), after.lots);
        assert_eq!(apply(&before.lot_events, &change.lot_events), after.lot_events);
        assert_eq!(apply(&before.positions, &change.positions), after.positions);
        assert_eq!(apply(&before.cash_balances, &change.cash_balances), after.cash_balances);
        assert_eq!(apply(&before.cash_flows, &change.cash_flows), after.cash_flows);
        assert_eq!(apply(&before.manual_prices, &change.manual_prices), after.manual_prices);
    }
    assert!(diff(&new, &new).is_empty());
    // Voiding one late purchase touches its own chain, not the other lots.
    let small = diff(&rows(&entries), &new);
    assert_eq!((small.lots.delete.len(), small.lots.written().count()), (1, 0));
    assert_eq!(
        (small.transactions.update.len(), small.positions.update.len(), small.cash_balances.update.len()),
        (1, 1, 1)
    );
}

#[test]
fn verification_names_each_difference() {
    let (portfolio_id, entries) = (id("portfolio"), demo_entries());
    let commits = chain(&genesis(portfolio_id), &entries);
    let rows = Rows::of(&demo_book());
    assert!(verify(portfolio_id, &entries, &commits, &rows).is_clean());
    let mut stored = rows.clone();
    stored.lots[0].quantity_open += dec("1");
    stored.cash_flows.remove(0);
    stored.positions.push(stored.positions[0].clone());
    stored.positions.last_mut().expect("a row").account_id = uuid::Uuid::max();
    let found = verify(portfolio_id, &entries, &commits, &stored);
    assert!(!found.is_clean());
    let tables: Vec<_> = found.rows.iter().map(|row| (row.table, row.ledger.is_some(), row.stored.is_some())).collect();
    assert_eq!(tables, [("lots", true, true), ("positions", false, true), ("cash_flows", true, false)]);
    let oversold = entries_of(&[trade(Kind::Sell, "2024-01-02", "X", "1", "1")]);
    let commits = chain(&genesis(portfolio_id), &oversold);
    assert_eq!(
        verify(portfolio_id, &oversold, &commits, &rows).replay_error.map(|error| error.code()),
        Some("oversell")
    );
}

#[test]
fn rows_keep_the_rules_of_the_tables() {
    let rows = Rows::of(&demo_book());
    for lot in &rows.lots {
        assert!(lot.quantity_open <= lot.quantity_original && lot.quantity_open >= dec("0"));
        assert_eq!(lot.quantity_open.is_zero(), lot.closed_on.is_some());
        assert!(lot.closed_on.is_none_or(|closed| closed >= lot.acquired_on));
    }
    for event in &rows.lot_events {
        let parts = event.realized_price_gain.zip(event.realized_fx_gain).map(|(price, fx)| price + fx);
        assert_eq!(event.realized_gain, parts);
    }
    let scales = |values: &[money::Decimal]| values.iter().map(money::Decimal::scale).max().unwrap_or(0);
    let amounts: Vec<_> = rows.cash_flows.iter().flat_map(|flow| [flow.amount, flow.base_amount]).collect();
    assert!(scales(&amounts) <= 10);
    let rates: Vec<_> = rows.lots.iter().map(|lot| lot.fx_rate_to_base).collect();
    assert!(scales(&rates) <= 14);
}

#[test]
fn the_journal_says_what_the_book_says() {
    let journal = beancount::write(&demo_book(), &demo_names());
    for line in [
        "  Assets:Main-account:Securities:AAPL  20 AAPL {{5149.40 USD, 2019-12-03, \"L1\"}}",
        "  Assets:Main-account:Cash:EUR  -12000.00 EUR @@ 13192.81 USD",
        "  Assets:Main-account:Securities:AAPL  -12 AAPL {USD, \"L1\"}",
        "  Assets:Main-account:Securities:AAPL  48 AAPL {{3089.64 USD, 2019-12-03, \"L1\"}}",
        "  Expenses:Taxes:Withholding  2.31 USD",
        "2019-12-02 open Assets:Main-account:Securities:X9988-HK X9988.HK",
        "2022-06-14 balance Assets:Main-account:Cash:USD  6014.96 USD",
    ] {
        assert!(journal.lines().any(|found| found == line), "{line}");
    }
    assert!(
        journal.lines().any(|line| line.contains("25 MSFT {{2322.50 USD, 2018-03-05,")),
        "transfers keep their dates"
    );
}

#[test]
fn commodities_never_collide_with_currencies() {
    let mut in_dram = draft(Kind::Deposit, "2024-01-02");
    in_dram.currency = cur("AMD");
    in_dram.fx_rate = Some(dec("0.002"));
    in_dram.gross_amount = Some(dec("1"));
    let book = book_of(&[in_dram, trade(Kind::Buy, "2024-01-02", "AMD", "1", "1")]);
    let names = Directory::new(Vec::new(), vec![common::security("AMD", Some("XNAS"))]);
    assert_eq!(beancount::commodities(&book, &names)[&id("AMD")], "AMD-2");
}

/// Every kind in its odd forms: several currencies in one position, moves between accounts, names that Beancount does not
/// take, amounts with many decimals. The journal of this book passes `bean-check`.
#[test]
fn every_kind_is_written_and_read_again() {
    let account = |name: &str| AccountName { id: id(name), name: name.to_owned() };
    let securities =
        vec![common::security("AMD", None), common::security("9988.HK", None), common::security("V", None)];
    let names = Directory::new(vec![account("Main (old)"), account("3rd bank")], securities);
    let rates = common::Rates::constant("EUR", &[("USD", "0.8"), ("AMD", "0.002"), ("JPY", "0.006")]);
    let read = |text: &str| {
        let parsed = dawsos_csv::parse(text.as_bytes(), &names);
        assert_eq!(parsed.all_problems(), []);
        let entries = parsed.complete(&rates).into_iter().map(|row| row.entry.expect("complete"));
        Book::replay(id("portfolio"), &common::numbered("EUR", entries)).expect("sound")
    };
    let book = read(include_str!("data/every_kind.csv"));
    let again = read(&dawsos_csv_write::write(&book, &names).expect("all names are known"));
    assert_eq!(again.entries().len(), book.entries().len());
    assert_eq!(Rows::of(&again).lots.len(), Rows::of(&book).lots.len());
    assert_eq!((&again.cash, &again.positions), (&book.cash, &book.positions));
    let journal = beancount::write(&book, &names);
    for line in [
        "  Assets:3rd-bank:Securities:AMD-2  -0.5 AMD-2 {USD, \"L4\"}",
        "  Assets:Main-old:Cash:JPY  -1000.00 JPY @@ 6.00 EUR",
        "  Assets:Main-old:Securities:V  3 V {{0.00 USD, 2024-01-09, \"L6\"}}",
        "2024-01-01 * \"deposit\" \"say \\\"hi\\\" \\\\ x\" #a-b #c",
    ] {
        assert!(journal.lines().any(|found| found == line), "{line}");
    }
}
