//! What a transaction needs, kind by kind: every problem is found, every amount resolved.

mod common;

use common::{Rates, cur, day, dec, draft, id, trade};
use ledger::{Draft, Fee, Kind, Ratio, Tax, TaxKind, TransactionPayload};
use money::Decimal;
use proptest::prelude::*;

fn rates() -> Rates {
    Rates::constant("EUR", &[("USD", "0.8"), ("GBP", "1.2")])
}

fn complete(draft: &Draft) -> TransactionPayload {
    let entry = draft.complete(&rates()).unwrap_or_else(|problems| panic!("{problems:?}"));
    match entry.payload {
        ledger::Payload::Transaction(payload) => *payload,
        other => panic!("{other:?}"),
    }
}

/// (code, field) of every problem.
fn problems(draft: &Draft) -> Vec<(&'static str, String)> {
    match draft.complete(&rates()) {
        Ok(entry) => panic!("accepted: {entry:?}"),
        Err(problems) => problems.into_iter().map(|problem| (problem.code, problem.field)).collect(),
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Draft), expected: &[(&str, &str)]) {
    let mut draft = trade(Kind::Buy, "2024-01-02", "X", "10", "100");
    change(&mut draft);
    let found = problems(&draft);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, field)| (*code, field.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn amounts_follow_from_each_other() {
    let buy = trade(Kind::Buy, "2024-01-02", "X", "0.1462", "2051.51");
    assert_eq!(complete(&buy).gross_amount, dec("299.930762"));
    let cents = Draft { gross_amount: Some(dec("299.93")), ..buy.clone() };
    assert_eq!(complete(&cents).net_amount, dec("-299.93"));
    let fee = Fee { kind: "commission".to_owned(), amount: dec("1.00") };
    let from_net = Draft { net_amount: Some(dec("-300.93")), fees: vec![fee], ..buy.clone() };
    assert_eq!((complete(&from_net).gross_amount, complete(&from_net).net_amount), (dec("299.93"), dec("-300.93")));
    let from_gross = Draft { price: None, gross_amount: Some(dec("300")), quantity: Some(dec("7")), ..buy };
    assert_eq!(complete(&from_gross).price, Some(dec("42.857142857143")));
    let half_cent =
        Draft { gross_amount: Some(dec("4356.47")), ..trade(Kind::Sell, "2024-01-02", "X", "1.5", "2904.31") };
    assert_eq!(complete(&half_cent).net_amount, dec("4356.47"));
    let mut fee_alone = draft(Kind::Fee, "2024-01-02");
    fee_alone.fees = vec![Fee { kind: "custody".to_owned(), amount: dec("18") }];
    assert_eq!((complete(&fee_alone).gross_amount, complete(&fee_alone).net_amount), (dec("0"), dec("-18")));
}

#[test]
fn rates_are_resolved_for_every_currency() {
    let buy = complete(&trade(Kind::Buy, "2024-01-02", "X", "10", "100"));
    assert_eq!(buy.fx_rate, Some(dec("0.8")));
    let given = complete(&Draft { fx_rate: Some(dec("0.81")), ..trade(Kind::Buy, "2024-01-02", "X", "10", "100") });
    assert_eq!(given.fx_rate, Some(dec("0.81")));
    let euro = complete(&Draft { currency: cur("EUR"), ..trade(Kind::Buy, "2024-01-02", "X", "10", "100") });
    assert_eq!(euro.fx_rate, None);
    let mut exchange = draft(Kind::Fx, "2024-01-02");
    exchange.gross_amount = Some(dec("100"));
    exchange.counter_currency = Some(cur("GBP"));
    exchange.counter_amount = Some(dec("66"));
    assert_eq!(complete(&exchange).counter_fx_rate, Some(dec("1.2")));
    let mut transfer = trade(Kind::TransferIn, "2024-01-02", "X", "10", "100");
    transfer.lot_date = Some(day("2020-01-02"));
    transfer.lot_cost = Some(dec("500"));
    assert_eq!(complete(&transfer).lot_fx_rate, Some(dec("0.8")));
}

#[test]
fn pence_are_booked_as_pounds() {
    let mut buy = trade(Kind::Buy, "2024-01-02", "X", "60", "7287");
    buy.currency = cur("GBX");
    buy.fees = vec![Fee { kind: "commission".to_owned(), amount: dec("595") }];
    let payload = complete(&buy);
    assert_eq!(
        (payload.currency, payload.price, payload.net_amount),
        (cur("GBP"), Some(dec("72.87")), dec("-4378.15"))
    );
    assert_eq!(payload.fx_rate, Some(dec("1.2")));
}

#[test]
fn income_is_effective_on_its_pay_date() {
    let mut dividend = draft(Kind::Dividend, "2024-01-02");
    dividend.security_id = Some(id("X"));
    dividend.gross_amount = Some(dec("15.4"));
    dividend.ex_date = Some(day("2024-01-02"));
    dividend.pay_date = Some(day("2024-01-15"));
    let entry = dividend.complete(&rates()).expect("complete");
    assert_eq!(entry.effective_on, day("2024-01-15"));
    assert_eq!(complete(&dividend).trade_date, Some(day("2024-01-02")));
}

#[test]
fn each_problem_is_found() {
    refused(|draft| draft.security_id = None, &[("missing_field", "security")]);
    refused(|draft| draft.quantity = None, &[("missing_field", "quantity"), ("missing_field", "gross_amount")]);
    refused(|draft| draft.price = None, &[("missing_field", "gross_amount")]);
    refused(|draft| draft.quantity = Some(dec("0")), &[("not_positive", "quantity")]);
    refused(|draft| draft.quantity = Some(dec("-10")), &[("negative", "quantity")]);
    refused(|draft| draft.gross_amount = Some(dec("999.99")), &[("gross_mismatch", "gross_amount")]);
    refused(|draft| draft.net_amount = Some(dec("1000")), &[("net_mismatch", "net_amount")]);
    refused(|draft| draft.net_amount = Some(dec("-1000.01")), &[("net_mismatch", "net_amount")]);
    refused(|draft| draft.currency = cur("JPY"), &[("missing_fx", "fx_rate")]);
    refused(|draft| draft.fx_rate = Some(dec("0")), &[("not_positive", "fx_rate")]);
    refused(
        |draft| draft.fx_rate = Some(dec("1e-20".replace("1e-20", "0.00000000000000000001").as_str())),
        &[("out_of_range", "fx_rate"), ("missing_fx", "fx_rate")],
    );
    refused(
        |draft| {
            draft.currency = cur("EUR");
            draft.fx_rate = Some(dec("0.8"));
        },
        &[("fx_rate_not_one", "fx_rate")],
    );
    refused(|draft| draft.settlement_date = Some(day("2024-01-01")), &[("dates_out_of_order", "settlement_date")]);
    refused(
        |draft| {
            draft.ex_date = Some(day("2024-01-05"));
            draft.pay_date = Some(day("2024-01-04"));
        },
        &[("dates_out_of_order", "pay_date")],
    );
    refused(|draft| draft.quantity = Some(dec("0.1234567890123")), &[("too_precise", "quantity")]);
    refused(|draft| draft.quantity = Some(dec("1000000000000000")), &[("out_of_range", "quantity")]);
    refused(|draft| draft.ratio = Some(Ratio { from: dec("1"), to: dec("4") }), &[("unexpected_field", "ratio")]);
    refused(|draft| draft.lot_date = Some(day("2023-01-01")), &[("unexpected_field", "lot_date")]);
    refused(|draft| draft.note = Some("x".repeat(2_001)), &[("too_long", "note")]);
    refused(|draft| draft.note = Some("a\0b".to_owned()), &[("bad_character", "note")]);
    refused(
        |draft| draft.counter_currency = Some(cur("GBX")),
        &[("quote_unit", "counter_currency"), ("unexpected_field", "counter_currency")],
    );
    refused(|draft| draft.kind = Kind::Merger, &[("unexpected_field", "price"), ("missing_field", "gross_amount")]);
    refused(|draft| draft.kind = Kind::Setting, &[("not_a_transaction", "kind")]);
    refused(|draft| draft.kind = Kind::TransferIn, &[("missing_field", "lot_date"), ("missing_field", "lot_cost")]);
    refused(
        |draft| draft.kind = Kind::Deposit,
        &[("unexpected_field", "security"), ("unexpected_field", "quantity"), ("unexpected_field", "price")],
    );
    refused(
        |draft| draft.taxes = vec![Tax { kind: TaxKind::Transaction, amount: dec("-1") }],
        &[("negative", "taxes")],
    );
    // Several at once.
    refused(
        |draft| {
            draft.security_id = None;
            draft.price = Some(dec("-1"));
            draft.settlement_date = Some(day("2023-01-01"));
        },
        &[("missing_field", "security"), ("negative", "price"), ("dates_out_of_order", "settlement_date")],
    );
}

#[test]
fn splits_need_a_ratio_that_does_something() {
    let split = |ratio: Option<&str>| {
        let mut draft = draft(Kind::Split, "2024-01-02");
        draft.security_id = Some(id("X"));
        draft.ratio = ratio.map(|text| Ratio::parse(text).expect(text));
        draft
    };
    assert_eq!(complete(&split(Some("4:1"))).net_amount, Decimal::ZERO);
    assert_eq!(problems(&split(None)), [("missing_field", "ratio".to_owned())]);
    assert_eq!(problems(&split(Some("2:2"))), [("no_effect", "ratio".to_owned())]);
    assert_eq!(problems(&split(Some("1000000:1"))), [("bad_ratio", "ratio".to_owned())]);
    assert_eq!(Ratio::parse("0:1"), None);
    assert_eq!(Ratio::parse("4-1"), None);
}

#[test]
fn exchanges_need_two_currencies() {
    let mut exchange = draft(Kind::Fx, "2024-01-02");
    exchange.gross_amount = Some(dec("100"));
    let missing = [("missing_field", "counter_currency".to_owned()), ("missing_field", "counter_amount".to_owned())];
    assert_eq!(problems(&exchange), missing);
    exchange.counter_currency = Some(cur("USD"));
    exchange.counter_amount = Some(dec("100"));
    assert_eq!(problems(&exchange), [("same_currency", "counter_currency".to_owned())]);
}

fn number() -> impl Strategy<Value = Option<Decimal>> {
    let any_decimal = (any::<i128>(), 0u32..=28).prop_map(|(mantissa, scale)| {
        let limit = (1i128 << 96) - 1;
        Decimal::try_from_i128_with_scale(mantissa % limit, scale).ok()
    });
    prop_oneof![Just(None), any_decimal, (0i64..100_000).prop_map(|cents| Some(Decimal::new(cents, 2)))]
}

proptest! {
    /// Whatever is given, there is an entry that books, or problems; never a panic.
    #[test]
    fn any_draft_is_accepted_or_refused(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        currency in prop::sample::select(vec!["USD", "EUR", "GBX", "JPY", "XAU"]),
        has_security in any::<bool>(),
        numbers in proptest::collection::vec(number(), 9),
        has_date in proptest::collection::vec(proptest::option::of(0i64..1000), 5),
        ratio in (number(), number()),
        has_counter in any::<bool>(),
    ) {
        let date = |days: Option<i64>| days.map(|days| day("2022-01-01") + chrono::Duration::days(days));
        let draft = Draft {
            security_id: has_security.then(|| id("X")),
            settlement_date: date(has_date[0]),
            ex_date: date(has_date[1]),
            record_date: date(has_date[2]),
            pay_date: date(has_date[3]),
            lot_date: date(has_date[4]),
            quantity: numbers[0],
            price: numbers[1],
            gross_amount: numbers[2],
            net_amount: numbers[3],
            fees: numbers[4].map(|amount| Fee { kind: "commission".to_owned(), amount }).into_iter().collect(),
            taxes: numbers[5].map(|amount| Tax { kind: TaxKind::Other, amount }).into_iter().collect(),
            fx_rate: numbers[6],
            lot_cost: numbers[7],
            counter_amount: numbers[8],
            counter_currency: has_counter.then(|| cur("GBP")),
            ratio: ratio.0.zip(ratio.1).map(|(from, to)| Ratio { from, to }),
            ..Draft::new(kind, id("A"), day("2022-06-01"), cur(currency))
        };
        match draft.complete(&rates()) {
            Err(problems) => prop_assert!(!problems.is_empty()),
            Ok(entry) => {
                let entries = common::numbered("EUR", [entry]);
                match ledger::Book::replay(id("portfolio"), &entries) {
                    Ok(book) => prop_assert_eq!(book.transactions().count(), 1),
                    Err(error) => {
                        let code = error.code();
                        prop_assert!(code == "oversell" || code == "out_of_range", "{}", error);
                    }
                }
            }
        }
    }
}
