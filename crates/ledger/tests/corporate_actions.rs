//! What corporate actions do to lots, cash and gains of a book.

mod common;

use common::{book_of, cur, day, dec, draft, entries_of, id, trade};
use ledger::{Book, Draft, Fee, Kind, Lot, LotEventKind, NewEntry, Ratio, Term, Treatment};
use money::Decimal;

fn action(kind: Kind, date: &str, symbol: &str) -> Draft {
    let mut draft = draft(kind, date);
    draft.security_id = Some(id(symbol));
    draft
}

fn with(mut draft: Draft, change: impl FnOnce(&mut Draft)) -> Draft {
    change(&mut draft);
    draft
}

fn ratio(text: &str) -> Option<Ratio> {
    Ratio::parse(text)
}

fn money(text: &str) -> Option<Decimal> {
    Some(dec(text))
}

/// (purchase date, units, cost) of the open lots in account A.
fn lots(book: &Book, symbol: &str) -> Vec<(String, Decimal, Decimal)> {
    let shown = |lot: &Lot| (lot.acquired_on.to_string(), lot.quantity_open, lot.cost_basis);
    book.open_lots(id("A"), id(symbol)).map(shown).collect()
}

fn lot(date: &str, quantity: &str, cost: &str) -> (String, Decimal, Decimal) {
    (date.to_owned(), dec(quantity), dec(cost))
}

/// (units, cost, proceeds) of what was realized.
fn realized(book: &Book) -> Vec<(Decimal, Decimal, Decimal)> {
    let events = book.lot_events().filter(|event| event.realized.is_some());
    events.map(|e| (-e.quantity_delta, -e.cost_delta, e.proceeds.expect("proceeds"))).collect()
}

fn usd(book: &Book) -> Decimal {
    book.cash[&(id("A"), cur("USD"))]
}

fn two_lots() -> Vec<Draft> {
    vec![trade(Kind::Buy, "2020-01-02", "X", "10", "100"), trade(Kind::Buy, "2024-01-03", "X", "11", "120")]
}

fn after(actions: Vec<Draft>) -> Book {
    book_of(&[two_lots(), actions].concat())
}

#[test]
fn a_reverse_split_pays_the_fraction_in_cash() {
    let book = after(vec![with(action(Kind::Split, "2024-02-01", "X"), |draft| {
        draft.ratio = ratio("1:4");
        draft.cash_in_lieu = money("120");
    })]);
    // 21 become 5.25; a quarter of a unit of the oldest lot is sold.
    assert_eq!(lots(&book, "X"), [lot("2020-01-02", "2.25", "900"), lot("2024-01-03", "2.75", "1320")]);
    assert_eq!(realized(&book), [(dec("0.25"), dec("100"), dec("120"))]);
    assert_eq!(usd(&book), dec("-2200"));
    // The broker delivers 5.2 and pays for the rest.
    let stated = after(vec![with(action(Kind::Split, "2024-02-01", "X"), |draft| {
        draft.ratio = ratio("1:4");
        draft.quantity = money("5.2");
        draft.cash_in_lieu = money("24");
    })]);
    assert_eq!(realized(&stated), [(dec("0.05"), dec("20"), dec("24"))]);
    let nothing = entries_of(
        &[
            two_lots(),
            vec![with(action(Kind::Split, "2024-02-01", "X"), |draft| {
                draft.ratio = ratio("2:1");
                draft.cash_in_lieu = money("1");
            })],
        ]
        .concat(),
    );
    assert_eq!(Book::replay(id("portfolio"), &nothing).expect_err("no fraction").code(), "bad_field");
}

#[test]
fn a_stock_dividend_spreads_units_over_the_lots() {
    let by_ratio = after(vec![with(action(Kind::StockDividend, "2024-02-01", "X"), |draft| {
        draft.ratio = ratio("1:10");
    })]);
    let by_units = after(vec![with(action(Kind::StockDividend, "2024-02-01", "X"), |draft| {
        draft.quantity = money("2.1");
    })]);
    for book in [by_ratio, by_units] {
        assert_eq!(lots(&book, "X"), [lot("2020-01-02", "11", "1000"), lot("2024-01-03", "12.1", "1320")]);
        assert!(realized(&book).is_empty());
    }
}

#[test]
fn a_spin_off_moves_a_share_of_the_cost_with_its_dates() {
    for share in ["fraction", "prices", "amount"] {
        let book = after(vec![with(action(Kind::SpinOff, "2024-02-01", "X"), |draft| {
            draft.counter_security_id = Some(id("S"));
            draft.ratio = ratio("1:10");
            match share {
                "fraction" => draft.cost_fraction = money("0.1"),
                "prices" => (draft.price, draft.counter_price) = (money("90"), money("100")),
                _ => draft.lot_cost = money("232"),
            }
        })]);
        assert_eq!(lots(&book, "X"), [lot("2020-01-02", "10", "900"), lot("2024-01-03", "11", "1188")], "{share}");
        assert_eq!(lots(&book, "S"), [lot("2020-01-02", "1", "100"), lot("2024-01-03", "1.1", "132")], "{share}");
        let spun = book.open_lots(id("A"), id("S")).next().expect("a lot");
        assert_eq!((spun.holding_started_on, spun.fx_rate_to_base), (day("2020-01-03"), dec("0.8")));
    }
    let paid = after(vec![with(action(Kind::SpinOff, "2024-02-01", "X"), |draft| {
        draft.counter_security_id = Some(id("S"));
        draft.ratio = ratio("1:10");
        draft.cost_fraction = money("0.1");
        draft.cash_in_lieu = money("12");
    })]);
    assert_eq!(lots(&paid, "S"), [lot("2020-01-02", "0.9", "90"), lot("2024-01-03", "1.1", "132")]);
    assert_eq!(realized(&paid), [(dec("0.1"), dec("10"), dec("12"))]);
    assert_eq!(usd(&paid), dec("-2308"));
}

#[test]
fn mergers_for_stock_cash_and_both() {
    let merger = |change: fn(&mut Draft)| {
        after(vec![with(action(Kind::Merger, "2024-06-03", "X"), |draft| {
            draft.counter_security_id = Some(id("N"));
            draft.ratio = ratio("1:2");
            change(draft);
        })])
    };
    let stock = merger(|_| {});
    assert_eq!(lots(&stock, "N"), [lot("2020-01-02", "5", "1000"), lot("2024-01-03", "5.5", "1320")]);
    assert!(lots(&stock, "X").is_empty() && realized(&stock).is_empty());

    // 10 each in cash, and half a unit at 200: 1,100 against 1,000, and 1,210 against 1,320.
    let both = merger(|draft| (draft.gross_amount, draft.counter_price) = (money("210"), money("200")));
    assert_eq!(lots(&both, "N"), [lot("2020-01-02", "5", "1000"), lot("2024-01-03", "5.5", "1210")]);
    let gains: Vec<Decimal> = both.lot_events().filter_map(|event| event.realized_gain_local).collect();
    assert_eq!(gains, [dec("100"), dec("0")]);
    assert_eq!(usd(&both), dec("-2110"));

    let taxable = merger(|draft| {
        draft.treatment = Some(Treatment::Taxable);
        (draft.gross_amount, draft.counter_price) = (money("210"), money("200"));
    });
    assert_eq!(lots(&taxable, "N"), [lot("2024-06-03", "5", "1000"), lot("2024-06-03", "5.5", "1100")]);
    let gains: Vec<(Decimal, Option<Term>)> =
        taxable.lot_events().filter_map(|event| Some((event.realized_gain_local?, event.term))).collect();
    assert_eq!(gains, [(dec("100"), Some(Term::Long)), (dec("-110"), Some(Term::Short))]);

    let cash = after(vec![with(action(Kind::Merger, "2024-06-03", "X"), |draft| {
        draft.gross_amount = money("2520");
        draft.fees = vec![Fee { kind: "reorganization".to_owned(), amount: dec("21") }];
    })]);
    assert_eq!(realized(&cash), [(dec("10"), dec("1000"), dec("1190")), (dec("11"), dec("1320"), dec("1309"))]);
    assert_eq!(usd(&cash), dec("179"));
}

#[test]
fn a_change_of_name_comes_before_the_split_of_its_day() {
    let book = after(vec![
        with(action(Kind::Split, "2024-02-01", "N"), |draft| draft.ratio = ratio("2:1")),
        with(action(Kind::Merger, "2024-02-01", "X"), |draft| {
            draft.counter_security_id = Some(id("N"));
            draft.ratio = ratio("1:1");
            draft.treatment = Some(Treatment::SymbolChange);
        }),
    ]);
    assert_eq!(lots(&book, "N"), [lot("2020-01-02", "20", "1000"), lot("2024-01-03", "22", "1320")]);
    assert!(book.warnings().iter().all(|warning| warning.code() != "split_without_holding"));
}

#[test]
fn rights_are_received_exercised_and_become_a_new_lot() {
    let book = after(vec![
        with(action(Kind::SpinOff, "2024-02-01", "X"), |draft| {
            draft.counter_security_id = Some(id("R"));
            draft.ratio = ratio("1:1");
            draft.cost_fraction = money("0.05");
        }),
        with(action(Kind::Merger, "2024-03-01", "R"), |draft| {
            draft.counter_security_id = Some(id("X"));
            draft.quantity = money("4.2");
            draft.treatment = Some(Treatment::Exercise);
            draft.gross_amount = money("210");
        }),
    ]);
    assert!(lots(&book, "R").is_empty());
    // Rights of 50 and 66 by cost; 210 is paid, 100 of it for the first lot's rights.
    assert_eq!(lots(&book, "X")[2..], [lot("2024-03-01", "2", "150"), lot("2024-03-01", "2.2", "176")]);
    let total: Decimal = lots(&book, "X").iter().map(|lot| lot.2).sum();
    assert_eq!((total, usd(&book)), (dec("2530"), dec("-2530")));
}

#[test]
fn a_return_of_capital_lowers_the_cost_and_then_is_gain() {
    let book = book_of(&[
        trade(Kind::Buy, "2020-01-02", "X", "10", "100"),
        trade(Kind::Buy, "2024-01-03", "X", "10", "5"),
        with(action(Kind::ReturnOfCapital, "2024-02-01", "X"), |draft| {
            (draft.quantity, draft.price) = (money("20"), money("8"));
            draft.fx_rate = money("0.9");
        }),
    ]);
    assert_eq!(lots(&book, "X"), [lot("2020-01-02", "10", "920"), lot("2024-01-03", "10", "0")]);
    let gains: Vec<_> = book.lot_events().filter_map(|event| event.realized).collect();
    // 80 of the first lot gain by the rate alone; of the second 50 do, and 30 exceed its cost.
    assert_eq!(gains.iter().map(|gain| gain.fx).collect::<Vec<_>>(), [money("8"), money("5")]);
    assert_eq!(gains.iter().map(|gain| gain.price).collect::<Vec<_>>(), [money("0"), money("27")]);
    assert_eq!(usd(&book), dec("-890"));
    let nothing = entries_of(&[with(action(Kind::ReturnOfCapital, "2024-02-01", "X"), |draft| {
        draft.gross_amount = money("1");
    })]);
    assert_eq!(Book::replay(id("portfolio"), &nothing).expect_err("not held").code(), "nothing_held");
}

#[test]
fn voiding_an_action_brings_the_lots_back() {
    let drafts = [
        two_lots(),
        vec![with(action(Kind::Merger, "2024-06-03", "X"), |draft| {
            draft.counter_security_id = Some(id("N"));
            draft.ratio = ratio("1:2");
        })],
    ]
    .concat();
    let entries = entries_of(&drafts);
    let before = Book::replay(id("portfolio"), &entries[..3]).expect("sound");
    let merged = Book::replay(id("portfolio"), &entries).expect("sound");
    let void = NewEntry::void(&entries[3], None).numbered(5, id("void"), entries[0].recorded_at);
    let voided = merged.extend(&[void]).expect("sound");
    assert_eq!(voided.positions, before.positions);
    assert_eq!(voided.lots().cloned().collect::<Vec<_>>(), before.lots().cloned().collect::<Vec<_>>());
}

#[test]
fn a_bond_is_priced_per_hundred_and_its_accrued_interest_is_income() {
    let bond = |kind: Kind, date: &str, price: &str, accrued: &str| {
        with(trade(kind, date, "B", "5000", price), |draft| {
            draft.multiplier = money("0.01");
            draft.accrued_interest = money(accrued);
        })
    };
    let book = book_of(&[bond(Kind::Buy, "2024-01-02", "98.5", "40"), bond(Kind::Sell, "2024-07-02", "99", "65")]);
    assert_eq!(realized(&book), [(dec("5000"), dec("4925"), dec("4950"))]);
    assert_eq!(usd(&book), dec("50"));
    let income: Decimal =
        book.cash_flows().filter(|flow| flow.kind == ledger::FlowKind::Income).map(|flow| flow.amount).sum();
    assert_eq!(income, dec("25"));
    let option =
        book_of(&[with(trade(Kind::Buy, "2024-01-02", "O", "2", "3.5"), |draft| draft.multiplier = money("100"))]);
    assert_eq!(lots(&option, "O"), [lot("2024-01-02", "2", "700")]);
}

#[test]
fn cost_is_conserved_but_for_what_is_paid_out() {
    let book = after(vec![
        with(action(Kind::SpinOff, "2024-02-01", "X"), |draft| {
            draft.counter_security_id = Some(id("S"));
            draft.ratio = ratio("1:3");
            draft.cost_fraction = money("0.123456");
        }),
        with(action(Kind::Split, "2024-02-01", "X"), |draft| draft.ratio = ratio("3:7")),
        with(action(Kind::Merger, "2024-03-01", "S"), |draft| {
            draft.counter_security_id = Some(id("N"));
            draft.ratio = ratio("7:5");
        }),
    ]);
    let cost: Decimal = book.positions.values().map(|position| position.cost_basis).sum();
    assert_eq!(cost, dec("2320"));
    assert!(book.lot_events().all(|event| event.kind != LotEventKind::Dispose));
}
