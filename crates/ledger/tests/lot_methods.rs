//! In which order lots are relieved: by method, by account, by sale, and from when on.

mod common;

use common::{book_of, cur, day, dec, entries_of, id, numbered, trade};
use ledger::{
    Book, CostBasisMethod, Draft, Entry, Fee, Kind, LotEventKind, LotSelection, NewEntry, OversellRule, ReplayOptions,
    Term,
};
use money::Decimal;
use serde_json::json;
use std::sync::Arc;

fn portfolio() -> uuid::Uuid {
    id("portfolio")
}

/// Three purchases at 20, 30 and 22, then a sale of 120 at 24 (the first golden case of lots).
fn three_lots() -> Vec<Draft> {
    vec![
        trade(Kind::Buy, "2022-01-03", "X", "100", "20"),
        trade(Kind::Buy, "2022-06-01", "X", "50", "30"),
        trade(Kind::Buy, "2023-02-01", "X", "50", "22"),
        trade(Kind::Sell, "2023-03-01", "X", "120", "24"),
    ]
}

fn replay(entries: &[Entry], options: ReplayOptions) -> Book {
    let shared = entries.iter().cloned().map(Arc::new).collect();
    Book::replay_with(portfolio(), shared, options).expect("sound")
}

fn by(entries: &[Entry], method: CostBasisMethod) -> Book {
    replay(entries, ReplayOptions { cost_basis_method: Some(method), ..ReplayOptions::default() })
}

/// (units, cost, gain) of each disposal.
fn disposals(book: &Book) -> Vec<(Decimal, Decimal, Decimal)> {
    let events = book.lot_events().filter(|event| event.kind == LotEventKind::Dispose);
    events.map(|e| (-e.quantity_delta, -e.cost_delta, e.realized_gain_local.expect("one currency"))).collect()
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<(Decimal, Decimal, Decimal)> {
    rows.iter().map(|(units, cost, gain)| (dec(units), dec(cost), dec(gain))).collect()
}

#[test]
fn each_method_takes_its_lots() {
    let entries = entries_of(&three_lots());
    for (method, expected) in [
        (CostBasisMethod::Fifo, rows(&[("100", "2000", "400"), ("20", "600", "-120")])),
        (CostBasisMethod::Specific, rows(&[("100", "2000", "400"), ("20", "600", "-120")])),
        (CostBasisMethod::Lifo, rows(&[("50", "1100", "100"), ("50", "1500", "-300"), ("20", "400", "80")])),
        (CostBasisMethod::Hifo, rows(&[("50", "1500", "-300"), ("50", "1100", "100"), ("20", "400", "80")])),
        (CostBasisMethod::Average, rows(&[("100", "2300", "100"), ("20", "460", "20")])),
        // Short-term loss first, then the long-term gain; the short-term gain is kept.
        (CostBasisMethod::MinimumTax, rows(&[("50", "1500", "-300"), ("70", "1400", "280")])),
    ] {
        let book = by(&entries, method);
        assert_eq!(disposals(&book), expected, "{method}");
        let position = &book.positions[&(id("A"), id("X"))];
        let sold: Decimal = expected.iter().map(|row| row.1).sum();
        assert_eq!((position.quantity, position.cost_basis), (dec("80"), dec("4600") - sold), "{method}");
    }
}

#[test]
fn minimum_tax_weighs_terms_by_the_rates_of_the_tax_profile() {
    // A long-term loss of 10 a unit at 20 % saves less than a short-term loss of 6 at 50 %.
    let drafts = [
        trade(Kind::Buy, "2020-01-02", "X", "1", "34"),
        trade(Kind::Buy, "2023-01-02", "X", "1", "30"),
        trade(Kind::Buy, "2020-02-02", "X", "1", "23"),
        trade(Kind::Buy, "2023-02-02", "X", "1", "23.5"),
        trade(Kind::Sell, "2023-03-01", "X", "3", "24"),
    ];
    let rates = common::Rates::constant("EUR", &[("USD", "0.8")]);
    let profile = NewEntry::setting("tax_profile", json!({"rate_short": "0.5", "rate_long": "0.2"}), day("2020-01-01"));
    let method = NewEntry::setting("cost_basis_method", "minimum_tax".into(), day("2020-01-01"));
    let drafts = drafts.iter().map(|draft| draft.complete(&rates).expect("complete"));
    let book = Book::replay(portfolio(), &numbered("EUR", [profile, method].into_iter().chain(drafts))).expect("sound");
    let costs: Vec<Decimal> = disposals(&book).iter().map(|row| row.1).collect();
    // −6·0.5 = −3, −10·0.2 = −2, then a gain of 1·0.2 = 0.2 before one of 0.5·0.5 = 0.25.
    assert_eq!(costs, [dec("30"), dec("34"), dec("23")]);
}

#[test]
fn pooled_lots_keep_their_sum_in_both_currencies() {
    let priced = |mut draft: Draft, rate: &str| {
        draft.fx_rate = Some(dec(rate));
        draft
    };
    let book = by(
        &entries_of(&[
            priced(trade(Kind::Buy, "2022-01-03", "X", "3", "10"), "0.9"),
            priced(trade(Kind::Buy, "2022-02-03", "X", "4", "13"), "0.7"),
            priced(trade(Kind::Sell, "2022-03-03", "X", "2", "20"), "0.8"),
        ]),
        CostBasisMethod::Average,
    );
    // 82 for 7; in base 27 + 36.4 = 63.4.
    let position = &book.positions[&(id("A"), id("X"))];
    assert!((position.cost_basis - dec("82") * dec("5") / dec("7")).abs() < dec("0.000000001"));
    assert!((position.cost_basis_base - dec("63.4") * dec("5") / dec("7")).abs() < dec("0.00000001"));
    let sale = book.lot_events().last().expect("a sale");
    let gain = sale.realized.expect("a gain");
    assert_eq!(gain.total, gain.price.expect("price") + gain.fx.expect("fx"));
    assert!((gain.total - (dec("32") - dec("63.4") * dec("2") / dec("7"))).abs() < dec("0.00000001"));
    // The oldest lot goes first.
    assert_eq!(book.open_lots(id("A"), id("X")).next().map(|lot| lot.quantity_open), Some(dec("1")));
}

#[test]
fn a_change_of_method_holds_from_its_day_on_and_never_backwards() {
    let rates = common::Rates::constant("EUR", &[("USD", "0.8")]);
    let entry = |draft: Draft| draft.complete(&rates).expect("complete");
    let method = |name: &str, on: &str| NewEntry::setting("cost_basis_method", name.into(), day(on));
    let buy = |date: &str, price: &str| entry(trade(Kind::Buy, date, "X", "10", price));
    let sell = |date: &str| entry(trade(Kind::Sell, date, "X", "10", "50"));
    let entries = numbered(
        "EUR",
        [
            buy("2022-01-03", "1"),
            buy("2022-01-04", "2"),
            buy("2022-01-05", "3"),
            buy("2022-01-06", "4"),
            sell("2022-03-01"),
            // Recorded after the sale, for a day before it: the sale stays as it was booked.
            method("lifo", "2022-02-01"),
            sell("2022-04-01"),
            // Recorded later, but for a day before the change.
            sell("2022-01-20"),
        ],
    );
    let book = Book::replay(portfolio(), &entries).expect("sound");
    let costs: Vec<Decimal> = disposals(&book).iter().map(|row| row.1).collect();
    assert_eq!(costs, [dec("10"), dec("20"), dec("40")]);
    // Taking the change back does not restate what was booked under it.
    let mut more = entries.clone();
    more.push(NewEntry::void(&entries[6], None).numbered(10, id("void"), entries[0].recorded_at));
    let book = Book::replay(portfolio(), &more).expect("sound");
    let costs: Vec<Decimal> = disposals(&book).iter().map(|row| row.1).collect();
    assert_eq!(costs, [dec("10"), dec("20"), dec("40")]);
    assert_eq!(book.cost_basis_method(id("A"), day("2022-05-01")), CostBasisMethod::Fifo);
}

#[test]
fn the_account_comes_before_the_portfolio_and_the_sale_before_both() {
    let rates = common::Rates::constant("EUR", &[("USD", "0.8")]);
    let entry = |draft: Draft| draft.complete(&rates).expect("complete");
    let on = day("2022-01-01");
    let mut own = trade(Kind::Sell, "2022-03-02", "X", "1", "50");
    own.lot_method = Some(CostBasisMethod::Fifo);
    let mut elsewhere = trade(Kind::Buy, "2022-01-03", "X", "1", "7");
    elsewhere.account_id = id("B");
    let entries = numbered(
        "EUR",
        [
            NewEntry::setting("cost_basis_method", "hifo".into(), on),
            NewEntry::setting("cost_basis_method", "lifo".into(), on).of_account(id("A")),
            entry(elsewhere),
            entry(trade(Kind::Buy, "2022-01-03", "X", "1", "1")),
            entry(trade(Kind::Buy, "2022-01-04", "X", "1", "3")),
            entry(trade(Kind::Buy, "2022-01-05", "X", "1", "2")),
            entry(trade(Kind::Sell, "2022-03-01", "X", "1", "50")),
            entry(own),
        ],
    );
    let book = Book::replay(portfolio(), &entries).expect("sound");
    let costs: Vec<Decimal> = disposals(&book).iter().map(|row| row.1).collect();
    assert_eq!(costs, [dec("2"), dec("1")]);
    assert_eq!(book.cost_basis_method(id("A"), on), CostBasisMethod::Lifo);
    assert_eq!(book.cost_basis_method(id("B"), on), CostBasisMethod::Hifo);
    assert_eq!(book.settings.cost_basis_method, CostBasisMethod::Hifo);
}

#[test]
fn chosen_lots_are_taken_whatever_the_method_but_not_in_a_what_if() {
    let mut drafts = three_lots();
    let lot = book_of(&drafts[..3]).lots().nth(1).expect("the second lot").id;
    drafts[3] = trade(Kind::Sell, "2023-03-01", "X", "20", "24");
    drafts[3].lots = vec![LotSelection { lot_id: lot, quantity: dec("20") }];
    let entries = entries_of(&drafts);
    let booked = Book::replay(portfolio(), &entries).expect("sound");
    assert_eq!(disposals(&booked), rows(&[("20", "600", "-120")]));
    assert_eq!(disposals(&by(&entries, CostBasisMethod::Lifo)), rows(&[("20", "440", "40")]));
}

#[test]
fn fees_are_cost_unless_the_settings_say_otherwise() {
    let fee = |mut draft: Draft| {
        draft.fees = vec![Fee { kind: "commission".to_owned(), amount: dec("5") }];
        draft
    };
    let entries = entries_of(&[
        fee(trade(Kind::Buy, "2022-01-03", "X", "10", "10")),
        fee(trade(Kind::Sell, "2022-02-03", "X", "10", "12")),
    ]);
    for (fees_in_cost, expected) in [(None, ("10", "105", "10")), (Some(false), ("10", "100", "20"))] {
        let book = replay(&entries, ReplayOptions { fees_in_cost, ..ReplayOptions::default() });
        assert_eq!(disposals(&book), rows(&[expected]));
        assert_eq!(book.cash[&(id("A"), cur("USD"))], dec("10"));
    }
}

#[test]
fn an_account_that_may_be_short_sells_what_it_does_not_hold_and_buys_it_back() {
    let drafts = [
        trade(Kind::Buy, "2022-01-03", "X", "10", "10"),
        trade(Kind::Sell, "2022-02-01", "X", "15", "12"),
        trade(Kind::Sell, "2022-02-02", "X", "5", "14"),
        trade(Kind::Buy, "2023-06-01", "X", "8", "9"),
        trade(Kind::Buy, "2023-06-02", "X", "6", "11"),
    ];
    let rates = common::Rates::constant("EUR", &[("USD", "0.8")]);
    let drafts = drafts.iter().map(|draft| draft.complete(&rates).expect("complete"));
    let allow = NewEntry::setting("allow_short", true.into(), day("2022-01-01")).of_account(id("A"));
    let entries = numbered("EUR", std::iter::once(allow).chain(drafts));
    let book = Book::replay(portfolio(), &entries).expect("sound");
    // 10 held are sold at 12; 5 are owed at 12 and 5 at 14; 8 are bought back at 9, 2 at 11; 4 are left.
    let expected = rows(&[("10", "100", "20"), ("-5", "-60", "15"), ("-3", "-42", "15"), ("-2", "-28", "6")]);
    assert_eq!(disposals(&book), expected);
    let position = &book.positions[&(id("A"), id("X"))];
    assert_eq!((position.quantity, position.cost_basis), (dec("4"), dec("44")));
    assert!(book.lot_events().filter_map(|event| event.term).all(|term| term == Term::Short));
    let owed = Book::replay(portfolio(), &entries[..5]).expect("sound");
    let position = &owed.positions[&(id("A"), id("X"))];
    assert_eq!((position.quantity, position.cost_basis), (dec("-10"), dec("-130")));
    // Without the setting the same entries make no book; nobody goes short by a setting of the portfolio.
    let mut without = entries.clone();
    without[1].account_id = Some(id("B"));
    assert_eq!(Book::replay(portfolio(), &without).expect_err("oversold").code(), "oversell");
    without[1].account_id = None;
    assert_eq!(Book::replay(portfolio(), &without).expect_err("whose").code(), "bad_setting");
}

#[test]
fn what_is_lacking_can_be_listed_instead_of_refused() {
    let entries = entries_of(&[
        trade(Kind::Buy, "2022-01-03", "X", "10", "10"),
        trade(Kind::Sell, "2022-02-01", "X", "15", "12"),
    ]);
    let book = replay(&entries, ReplayOptions { oversell: OversellRule::TakeWhatIsHeld, ..ReplayOptions::default() });
    assert_eq!(disposals(&book), rows(&[("10", "100", "20")]));
    let missing = book.oversold();
    assert_eq!((missing.len(), missing[0].open, missing[0].asked), (1, dec("10"), dec("15")));
}
