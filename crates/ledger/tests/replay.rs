//! The rules of booking, one table or case each.

mod common;

use common::{book_of, cur, day, dec, draft, entries_of, id, numbered, trade};
use ledger::{
    Book, BookError, Draft, FlowKind, Kind, LotEventKind, LotSelection, NewEntry, Payload, Ratio, Tax, TaxKind, Term,
    Warning,
};
use money::Decimal;
use proptest::prelude::*;

fn portfolio() -> uuid::Uuid {
    id("portfolio")
}

fn fees(mut draft: Draft, amount: &str) -> Draft {
    draft.fees = vec![ledger::Fee { kind: "commission".to_owned(), amount: dec(amount) }];
    draft
}

fn tax(mut draft: Draft, kind: TaxKind, amount: &str) -> Draft {
    draft.taxes = vec![Tax { kind, amount: dec(amount) }];
    draft
}

fn split(date: &str, symbol: &str, to: i64, from: i64) -> Draft {
    let mut draft = draft(Kind::Split, date);
    draft.security_id = Some(id(symbol));
    draft.ratio = Some(Ratio { from: Decimal::from(from), to: Decimal::from(to) });
    draft
}

fn cash(kind: Kind, date: &str, amount: &str) -> Draft {
    let mut draft = draft(kind, date);
    draft.gross_amount = Some(dec(amount));
    draft
}

fn transfer_in(date: &str, symbol: &str, quantity: &str, price: &str, lot_date: &str, lot_cost: &str) -> Draft {
    let mut draft = trade(Kind::TransferIn, date, symbol, quantity, price);
    draft.lot_date = Some(day(lot_date));
    draft.lot_cost = Some(dec(lot_cost));
    draft
}

/// Open lots of a security in account A: (purchase date, quantity, cost).
fn lots(book: &Book, symbol: &str) -> Vec<(String, Decimal, Decimal)> {
    let open = book.open_lots(id("A"), id(symbol));
    open.map(|lot| (lot.acquired_on.to_string(), lot.quantity_open, lot.cost_basis)).collect()
}

fn usd(book: &Book) -> Decimal {
    book.cash[&(id("A"), cur("USD"))]
}

#[test]
fn a_sale_takes_the_oldest_lot_first_and_cost_pro_rata() {
    let book = book_of(&[
        fees(trade(Kind::Buy, "2024-01-02", "X", "10", "100"), "5"),
        trade(Kind::Buy, "2024-01-03", "X", "10", "120"),
        fees(trade(Kind::Sell, "2024-02-01", "X", "15", "130"), "3"),
    ]);
    assert_eq!(lots(&book, "X"), [("2024-01-03".to_owned(), dec("5"), dec("600"))]);
    let sold: Vec<_> = book.lot_events().filter(|event| event.kind == LotEventKind::Dispose).collect();
    assert_eq!((sold[0].quantity_delta, sold[0].cost_delta), (dec("-10"), dec("-1005")));
    assert_eq!((sold[1].quantity_delta, sold[1].cost_delta), (dec("-5"), dec("-600")));
    // Net proceeds 1,947 fall on the lots by quantity.
    assert_eq!(sold[0].proceeds, Some(dec("1298")));
    assert_eq!(sold[1].proceeds, Some(dec("649")));
    assert_eq!(sold[0].realized_gain_local, Some(dec("293")));
    assert_eq!(sold[0].term, Some(Term::Short));
    assert_eq!(usd(&book), dec("-258"));
}

#[test]
fn proceeds_that_do_not_divide_keep_their_sum() {
    let book = book_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "1", "10"),
        trade(Kind::Buy, "2024-01-03", "X", "1", "10"),
        trade(Kind::Buy, "2024-01-04", "X", "1", "10"),
        {
            let mut sale = trade(Kind::Sell, "2024-02-01", "X", "3", "33.333333");
            sale.gross_amount = Some(dec("100"));
            sale
        },
    ]);
    let proceeds: Vec<Decimal> = book.lot_events().filter_map(|event| event.proceeds).collect();
    assert_eq!(proceeds, [dec("33.3333333333"), dec("33.3333333333"), dec("33.3333333334")]);
}

#[test]
fn base_gain_is_the_price_part_and_the_fx_part() {
    let mut buy = trade(Kind::Buy, "2024-01-02", "X", "10", "100");
    buy.fx_rate = Some(dec("0.9"));
    let mut sell = trade(Kind::Sell, "2025-03-01", "X", "10", "110");
    sell.fx_rate = Some(dec("0.8"));
    let book = book_of(&[buy, sell]);
    let event = book.lot_events().last().expect("a sale");
    let gain = event.realized.expect("a disposal");
    // 1,100 · 0.8 − 1,000 · 0.9 = −20: the price made 80, the rate lost 100.
    assert_eq!((gain.total, gain.price, gain.fx), (dec("-20"), Some(dec("80")), Some(dec("-100"))));
    assert_eq!(event.term, Some(Term::Long));
}

#[test]
fn a_sale_in_another_currency_has_a_gain_without_parts() {
    let mut sell = trade(Kind::Sell, "2024-03-01", "X", "10", "100");
    sell.currency = cur("EUR");
    let book = book_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "100"), sell]);
    let event = book.lot_events().last().expect("a sale");
    let gain = event.realized.expect("a disposal");
    assert_eq!((gain.total, gain.price, gain.fx), (dec("200"), None, None));
    assert_eq!(event.realized_gain_local, None);
}

#[test]
fn only_transaction_taxes_belong_to_cost_and_proceeds() {
    let book = book_of(&[
        tax(trade(Kind::Buy, "2024-01-02", "X", "10", "100"), TaxKind::Transaction, "5"),
        tax(trade(Kind::Sell, "2024-02-01", "X", "10", "110"), TaxKind::Withholding, "30"),
    ]);
    let event = book.lot_events().last().expect("a sale");
    assert_eq!((event.proceeds, event.realized_gain_local), (Some(dec("1100")), Some(dec("95"))));
    assert_eq!(usd(&book), dec("65"));
}

#[test]
fn a_transferred_lot_comes_before_younger_purchases() {
    let book = book_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        transfer_in("2024-02-01", "X", "5", "130", "2020-06-15", "200"),
        trade(Kind::Sell, "2024-03-01", "X", "6", "140"),
    ]);
    assert_eq!(lots(&book, "X"), [("2024-01-02".to_owned(), dec("9"), dec("900"))]);
    let first = book.lot_events().find(|event| event.kind == LotEventKind::Dispose).expect("a sale");
    assert_eq!((first.cost_delta, first.term), (dec("-200"), Some(Term::Long)));
    let flows: Vec<_> = book.cash_flows().filter(|flow| flow.seq == 3).map(|flow| (flow.kind, flow.amount)).collect();
    assert_eq!(flows, [(FlowKind::External, dec("650")), (FlowKind::Trade, dec("-650"))]);
}

#[test]
fn transfers_out_take_lots_without_a_gain() {
    let chosen = entries_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        trade(Kind::Buy, "2024-01-03", "X", "10", "120"),
    ]);
    let second = Book::replay(portfolio(), &chosen).expect("sound").lots().nth(1).expect("a lot").id;
    for (selection, left) in [
        (vec![], ("2024-01-03".to_owned(), dec("10"), dec("1200"))),
        (vec![LotSelection { lot_id: second, quantity: dec("10") }], ("2024-01-02".to_owned(), dec("10"), dec("1000"))),
    ] {
        let mut out = trade(Kind::TransferOut, "2024-02-01", "X", "10", "130");
        out.lots = selection;
        let book = book_of(&[
            trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
            trade(Kind::Buy, "2024-01-03", "X", "10", "120"),
            out,
        ]);
        assert_eq!(lots(&book, "X"), [left]);
        assert!(book.lot_events().all(|event| event.realized.is_none()));
        let external: Vec<_> = book.cash_flows().filter(|flow| flow.kind == FlowKind::External).collect();
        assert_eq!((external.len(), external[0].amount), (1, dec("-1300")));
        assert_eq!(usd(&book), dec("-2200"));
    }
}

#[test]
fn a_transfer_between_accounts_moves_lots_and_is_no_external_flow() {
    let mut moved = trade(Kind::TransferOut, "2024-02-01", "X", "15", "130");
    moved.counter_account_id = Some(id("B"));
    let mut cash_moved = cash(Kind::TransferOut, "2024-02-02", "50");
    cash_moved.counter_account_id = Some(id("B"));
    let mut back = trade(Kind::TransferIn, "2024-02-03", "X", "2", "130");
    back.counter_account_id = Some(id("B"));
    let book = book_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        trade(Kind::Buy, "2024-01-03", "X", "10", "120"),
        moved,
        cash_moved,
        back,
    ]);
    let at = |account: &str| book.positions[&(id(account), id("X"))].clone();
    assert_eq!((at("A").quantity, at("A").cost_basis), (dec("7"), dec("800")));
    assert_eq!((at("B").quantity, at("B").cost_basis, at("B").lot_count), (dec("13"), dec("1400"), 2));
    let oldest = book.open_lots(id("B"), id("X")).next().expect("a lot");
    assert_eq!((oldest.acquired_on, oldest.fx_rate_to_base), (day("2024-01-02"), dec("0.8")));
    assert_eq!(book.cash[&(id("B"), cur("USD"))], dec("50"));
    assert!(book.cash_flows().all(|flow| flow.kind != FlowKind::External));
    assert!(book.transactions().all(|row| !row.is_external_flow));
}

#[test]
fn splits_rescale_open_lots_only_and_come_first_on_their_day() {
    let book = book_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        trade(Kind::Sell, "2024-01-03", "X", "4", "100"),
        // In the file the purchase stands before the split of its day, yet it is at the new price.
        trade(Kind::Buy, "2024-01-04", "X", "8", "25"),
        split("2024-01-04", "X", 4, 1),
    ]);
    let open = [("2024-01-02".to_owned(), dec("24"), dec("600")), ("2024-01-04".to_owned(), dec("8"), dec("200"))];
    assert_eq!(lots(&book, "X"), open);
    assert_eq!(book.lots().next().expect("a lot").quantity_original, dec("40"));
    let reverse = book_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "100"), split("2024-01-04", "X", 1, 3)]);
    assert_eq!(lots(&reverse, "X"), [("2024-01-02".to_owned(), dec("3.333333333333"), dec("1000"))]);
}

#[test]
fn income_costs_and_exchange_move_cash() {
    let mut dividend = cash(Kind::Dividend, "2024-01-05", "20");
    dividend.security_id = Some(id("X"));
    dividend.pay_date = Some(day("2024-01-09"));
    let mut exchange = cash(Kind::Fx, "2024-01-10", "100");
    exchange.counter_currency = Some(cur("GBP"));
    exchange.counter_amount = Some(dec("66"));
    let mut adjustment = draft(Kind::Adjustment, "2024-01-16");
    adjustment.net_amount = Some(dec("-0.01"));
    let book = book_of(&[
        cash(Kind::Deposit, "2024-01-02", "1000"),
        tax(dividend, TaxKind::Withholding, "3"),
        fees(exchange, "1"),
        cash(Kind::Interest, "2024-01-11", "-2.5"),
        cash(Kind::Fee, "2024-01-12", "7"),
        cash(Kind::Tax, "2024-01-13", "4"),
        cash(Kind::Withdrawal, "2024-01-14", "500"),
        adjustment,
    ]);
    assert_eq!(usd(&book), dec("402.49"));
    assert_eq!(book.cash[&(id("A"), cur("GBP"))], dec("66"));
    let paid = book.cash_flows().find(|flow| flow.kind == FlowKind::Income).expect("a dividend");
    assert_eq!((paid.effective_on, paid.security_id), (day("2024-01-09"), Some(id("X"))));
    let row = book.transactions().nth(1).expect("a row");
    assert_eq!((row.trade_date, row.effective_on, row.base_net), (day("2024-01-05"), day("2024-01-09"), dec("13.6")));
    // The main flow first, then fee and tax; an exchange is sold, then bought.
    let flows = ledger::Timeline::of(&book).flows;
    let of_day = |date: &str| -> Vec<(FlowKind, f64)> {
        flows.iter().filter(|flow| flow.date == day(date)).map(|flow| (flow.kind, flow.amount)).collect()
    };
    assert_eq!(of_day("2024-01-09"), [(FlowKind::Income, 20.0), (FlowKind::Tax, -3.0)]);
    assert_eq!(of_day("2024-01-10"), [(FlowKind::Fx, -100.0), (FlowKind::Fx, 66.0), (FlowKind::Fee, -1.0)]);
    let external: Vec<_> = book.transactions().filter(|row| row.is_external_flow).map(|row| row.kind).collect();
    assert_eq!(external, [Kind::Deposit, Kind::Withdrawal, Kind::Adjustment]);
}

#[test]
fn overselling_names_every_sale_that_does_it() {
    let entries = entries_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        trade(Kind::Sell, "2024-01-03", "X", "11", "100"),
        trade(Kind::Sell, "2024-01-04", "X", "10", "100"),
        trade(Kind::Sell, "2024-01-05", "X", "1", "100"),
    ]);
    let error = Book::replay(portfolio(), &entries).expect_err("oversold");
    assert_eq!(error.code(), "oversell");
    let BookError::Oversell { seq, open, asked, on, all, .. } = error else { panic!("{error}") };
    assert_eq!((seq, open, asked, on), (3, dec("10"), dec("11"), day("2024-01-03")));
    assert_eq!(all.iter().map(|sale| (sale.seq, sale.open)).collect::<Vec<_>>(), [(3, dec("10")), (5, dec("0"))]);
}

#[test]
fn voids_and_amendments() {
    let mut entries = entries_of(&[
        trade(Kind::Buy, "2024-01-02", "X", "10", "100"),
        trade(Kind::Buy, "2024-01-02", "X", "10", "200"),
        trade(Kind::Sell, "2024-01-03", "X", "10", "300"),
    ]);
    let next = |entries: &mut Vec<ledger::Entry>, new: NewEntry| {
        let seq = entries.len() as u64 + 1;
        entries.push(new.numbered(seq, id(&format!("entry {seq}")), "2024-06-01T00:00:00Z".parse().expect("a time")));
    };
    // The amended first purchase keeps its place before the second one, and its lot keeps its id.
    let before = Book::replay(portfolio(), &entries).expect("sound");
    let corrected = entries_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "110")]).remove(1);
    let corrected = NewEntry {
        action: corrected.action,
        kind: corrected.kind,
        target_seq: None,
        account_id: corrected.account_id,
        security_id: corrected.security_id,
        effective_on: corrected.effective_on,
        payload: corrected.payload,
        external_id: None,
    };
    next(&mut entries, corrected.clone().amending(2, Some("wrong price".to_owned())));
    let amended = Book::replay(portfolio(), &entries).expect("sound");
    assert_eq!(lots(&amended, "X"), [("2024-01-02".to_owned(), dec("10"), dec("2000"))]);
    assert_eq!(amended.lot_events().last().expect("a sale").realized_gain_local, Some(dec("1900")));
    assert_eq!(amended.lots().next().map(|lot| lot.id), before.lots().next().map(|lot| lot.id));
    let status: Vec<_> = amended.transactions().map(|row| row.status.name()).collect();
    assert_eq!(status, ["amended", "active", "active", "active"]);
    assert_eq!(amended.transactions().next().and_then(|row| row.status.amended_by()), Some(id("entry 5")));
    // Voiding a purchase that a later sale needs is refused, after the sale it is not.
    let sale = entries[3].clone();
    next(&mut entries, NewEntry::void(&sale, None));
    let second = entries[2].clone();
    next(&mut entries, NewEntry::void(&second, Some("twice".to_owned())));
    let voided = Book::replay(portfolio(), &entries).expect("sound");
    assert_eq!(lots(&voided, "X"), [("2024-01-02".to_owned(), dec("10"), dec("1100"))]);
    assert_eq!(usd(&voided), dec("-1100"));
    let extended = before.extend(&entries[4..]).expect("sound");
    assert_eq!(ledger::projection::Rows::of(&extended), ledger::projection::Rows::of(&voided));
    // A target is closed once.
    let target_closed = |entries: &[ledger::Entry]| Book::replay(portfolio(), entries).expect_err("closed").code();
    let mut twice = entries.clone();
    next(&mut twice, NewEntry::void(&second, None));
    assert_eq!(target_closed(&twice), "target_closed");
    let mut of_amended = entries.clone();
    next(&mut of_amended, corrected.clone().amending(2, None));
    assert_eq!(target_closed(&of_amended), "target_closed");
    let mut of_later = entries.clone();
    next(&mut of_later, corrected.clone().amending(99, None));
    assert_eq!(target_closed(&of_later), "unknown_target");
    let mut of_void = entries.clone();
    next(&mut of_void, corrected.amending(6, None));
    assert_eq!(target_closed(&of_void), "unknown_target");
}

#[test]
fn entries_that_make_no_book() {
    let good = entries_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "100")]);
    let code = |entries: &[ledger::Entry]| Book::replay(portfolio(), entries).expect_err("refused").code();
    assert_eq!(code(&[]), "no_base_currency");
    assert_eq!(code(&good[1..]), "sequence_gap");
    type Damage = fn(&mut ledger::TransactionPayload);
    let damages: [(&str, Damage); 7] = [
        ("missing_fx", |payload| payload.fx_rate = None),
        ("bad_field", |payload| payload.fx_rate = Some(Decimal::ZERO)),
        ("missing_field", |payload| payload.quantity = None),
        ("bad_field", |payload| payload.quantity = Some(Decimal::from(-1))),
        ("bad_field", |payload| payload.gross_amount = Decimal::from(-1)),
        ("bad_field", |payload| payload.net_amount = Decimal::ONE),
        ("out_of_range", |payload| {
            payload.gross_amount = Decimal::MAX;
            payload.net_amount = -Decimal::MAX;
        }),
    ];
    for (expected, damage) in damages {
        let mut entries = good.clone();
        if let Payload::Transaction(payload) = &mut entries[1].payload {
            damage(payload);
        }
        assert_eq!(code(&entries), expected);
    }
    for kind in [Kind::StockDividend, Kind::SpinOff, Kind::Merger, Kind::ReturnOfCapital] {
        let mut entries = good.clone();
        entries[1].kind = kind;
        // The net amount of a purchase is not what these pay.
        assert_eq!(code(&entries), "bad_field");
    }
    for kind in [Kind::Setting, Kind::ManualPrice] {
        let mut entries = good.clone();
        entries[1].kind = kind;
        assert_eq!(code(&entries), "wrong_payload");
    }
    let mut unknown_lot = trade(Kind::Sell, "2024-02-01", "X", "10", "130");
    unknown_lot.lots = vec![LotSelection { lot_id: id("nothing"), quantity: dec("10") }];
    assert_eq!(code(&entries_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "100"), unknown_lot])), "unknown_lot");
    let mut twin = trade(Kind::Buy, "2024-01-02", "X", "10", "100");
    twin.external_id = Some("T1".to_owned());
    assert_eq!(code(&entries_of(&[twin.clone(), twin])), "duplicate_external_id");
}

#[test]
fn settings_hold_for_the_whole_book() {
    let on = day("2024-01-01");
    let book = |settings: Vec<NewEntry>| Book::replay(portfolio(), &numbered("EUR", settings));
    let with = book(vec![
        NewEntry::setting("cost_basis_method", "fifo".into(), on),
        NewEntry::setting("risk_free", 0.02.into(), on),
        NewEntry::setting("base_currency", "USD".into(), on),
    ])
    .expect("nothing is booked yet");
    assert_eq!((with.base_currency, with.settings.risk_free_constant()), (cur("USD"), Some(0.02)));
    let code = |settings| book(settings).expect_err("refused").code();
    assert_eq!(code(vec![NewEntry::setting("cost_basis_method", "dearest".into(), on)]), "bad_setting");
    assert_eq!(code(vec![NewEntry::setting("cost_basis_method", 1.into(), on)]), "bad_setting");
    assert_eq!(code(vec![NewEntry::setting("base_currency", "GBX".into(), on)]), "bad_setting");
    let mut late = entries_of(&[trade(Kind::Buy, "2024-01-02", "X", "10", "100")]);
    late.push(NewEntry::setting("base_currency", "USD".into(), on).numbered(3, id("late"), late[0].recorded_at));
    assert_eq!(Book::replay(portfolio(), &late).expect_err("in use").code(), "base_currency_changed");
}

#[test]
fn what_is_odd_is_a_warning() {
    let book = book_of(&[
        cash(Kind::Deposit, "2024-01-02", "100"),
        cash(Kind::Withdrawal, "2024-01-03", "150"),
        cash(Kind::Withdrawal, "2024-01-04", "150"),
        cash(Kind::Deposit, "2024-01-05", "500"),
        split("2024-01-06", "X", 2, 1),
    ]);
    let (account_id, currency) = (id("A"), cur("USD"));
    let negative =
        Warning::NegativeCash { account_id, currency, since: day("2024-01-03"), lowest: dec("-200"), seq: 3 };
    assert_eq!(book.warnings(), [negative, Warning::SplitWithoutHolding { seq: 6 }]);
}

#[test]
fn unsettled_cash_is_what_settles_later() {
    let mut buy = trade(Kind::Buy, "2024-01-02", "X", "10", "100");
    buy.settlement_date = Some(day("2024-01-04"));
    let book = book_of(&[buy]);
    for (date, expected) in [("2024-01-01", None), ("2024-01-03", Some(dec("-1000"))), ("2024-01-04", None)] {
        let unsettled = book.unsettled_cash_as_of(day(date));
        assert_eq!(unsettled.get(&(id("A"), cur("USD"))).copied(), expected, "{date}");
    }
}

#[test]
fn manual_prices_are_projected_and_the_last_one_counts() {
    let price = |amount: &str| {
        let payload = ledger::ManualPricePayload {
            date: day("2024-01-05"),
            price: dec(amount),
            currency: cur("USD"),
            note: None,
        };
        NewEntry::manual_price(id("X"), payload)
    };
    assert!(price("0").is_err());
    let book = Book::replay(portfolio(), &numbered("EUR", [price("10").expect("valid"), price("11").expect("valid")]));
    let stated = &book.expect("sound").manual_prices[&(id("X"), day("2024-01-05"))];
    assert_eq!((stated.price, stated.seq), (dec("11"), 3));
}

/// A random but possible history: purchases, sales of what is held, splits, transfers.
fn history() -> impl Strategy<Value = Vec<Draft>> {
    let step = (0u8..6, 0usize..3, 1u32..200, 1u32..5_000, 0u32..20, 0u32..300);
    proptest::collection::vec(step, 1..40).prop_map(|steps| {
        let symbols = ["X", "Y", "Z"];
        let mut held = [Decimal::ZERO; 3];
        let mut date = day("2020-01-01");
        let mut drafts = Vec::new();
        for (what, which, quantity, price, days, fee) in steps {
            date += chrono::Duration::days(i64::from(days));
            let on = date.to_string();
            let quantity = Decimal::new(i64::from(quantity) * 7, 1);
            let price = Decimal::new(i64::from(price), 2);
            let (quantity_text, price_text) = (quantity.to_string(), price.to_string());
            let fee = Decimal::new(i64::from(fee), 2).to_string();
            let symbol = symbols[which];
            match what {
                0 | 1 => {
                    held[which] += quantity;
                    drafts.push(fees(trade(Kind::Buy, &on, symbol, &quantity_text, &price_text), &fee));
                }
                2 if held[which] >= quantity => {
                    held[which] -= quantity;
                    drafts.push(fees(trade(Kind::Sell, &on, symbol, &quantity_text, &price_text), &fee));
                }
                3 if held[which] >= quantity => {
                    held[which] -= quantity;
                    drafts.push(trade(Kind::TransferOut, &on, symbol, &quantity_text, &price_text));
                }
                4 => {
                    held[which] += quantity;
                    drafts.push(transfer_in(&on, symbol, &quantity_text, &price_text, "2015-05-05", &price_text));
                }
                5 => {
                    // Splits are effective before the day's trades, so they get a day of their own here.
                    date += chrono::Duration::days(1);
                    held[which] *= Decimal::from(3);
                    drafts.push(split(&date.to_string(), symbol, 3, 1));
                }
                _ => {}
            }
        }
        drafts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_lost(drafts in history()) {
        let book = book_of(&drafts);
        let mut cash: std::collections::BTreeMap<_, Decimal> = Default::default();
        for flow in book.cash_flows() {
            *cash.entry((flow.account_id, flow.currency)).or_default() += flow.amount;
        }
        prop_assert_eq!(&cash, &book.cash);
        for ((account_id, security_id), position) in &book.positions {
            let lots = || book.open_lots(*account_id, *security_id);
            prop_assert_eq!(lots().map(|lot| lot.quantity_open).sum::<Decimal>(), position.quantity);
            prop_assert_eq!(lots().map(|lot| lot.cost_basis).sum::<Decimal>(), position.cost_basis);
        }
        for lot in book.lots() {
            let events = || book.lot_events().filter(|event| event.lot_id == lot.id);
            prop_assert_eq!(events().map(|event| event.quantity_delta).sum::<Decimal>(), lot.quantity_open);
            prop_assert_eq!(events().map(|event| event.cost_delta).sum::<Decimal>(), lot.cost_basis);
            prop_assert!(Decimal::ZERO <= lot.quantity_open && lot.quantity_open <= lot.quantity_original);
            prop_assert_eq!(lot.closed_on.is_some(), lot.quantity_open.is_zero());
        }
        // Cost is conserved: what came in is what is open plus what was sold or moved out.
        let gains: Decimal = book.lot_events().filter_map(|event| event.realized_gain_local).sum();
        let proceeds: Decimal = book.lot_events().filter_map(|event| event.proceeds).sum();
        let sold: Decimal = book.lot_events().filter(|event| event.kind == LotEventKind::Dispose).map(|event| event.cost_delta).sum();
        prop_assert_eq!(gains, proceeds + sold);
    }

    #[test]
    fn extending_anywhere_equals_replaying(drafts in history(), cut in any::<prop::sample::Index>()) {
        let entries = entries_of(&drafts);
        let cut = 1 + cut.index(entries.len());
        let first = Book::replay(portfolio(), &entries[..cut]).expect("sound");
        let extended = first.extend(&entries[cut..]).expect("sound");
        let whole = Book::replay(portfolio(), &entries).expect("sound");
        let (extended, whole) = (ledger::projection::Rows::of(&extended), ledger::projection::Rows::of(&whole));
        prop_assert_eq!(extended, whole);
    }

    #[test]
    fn the_past_is_the_same_from_here(drafts in history(), days in 0i64..900) {
        let entries = entries_of(&drafts);
        let date = day("2020-01-01") + chrono::Duration::days(days);
        let until = Book::replay_until(portfolio(), &entries, date).expect("sound");
        let whole = Book::replay(portfolio(), &entries).expect("sound");
        prop_assert_eq!(whole.positions_as_of(date), until.positions);
        prop_assert_eq!(whole.cash_as_of(date), until.cash);
    }

    #[test]
    fn voiding_everything_leaves_nothing(drafts in history()) {
        let mut entries = entries_of(&drafts);
        for target in entries.clone().iter().skip(1).rev() {
            let seq = entries.len() as u64 + 1;
            entries.push(NewEntry::void(target, None).numbered(seq, id(&format!("entry {seq}")), target.recorded_at));
        }
        let book = Book::replay(portfolio(), &entries).expect("sound");
        prop_assert!(book.lots().next().is_none() && book.cash.is_empty() && book.positions.is_empty() && book.cash_flows().next().is_none());
    }
}
