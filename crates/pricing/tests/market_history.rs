//! The market history answers as its day contents do, crosses rates consistently and shares what a restatement keeps.

use chrono::{DateTime, Days, Utc};
use dates::{Date, TradingCalendar};
use money::float::to_f64;
use money::{Currency, Decimal};
use pricing::{DayContent, HistoryError, MarketHistory, Pack, PriceRow, PriceState, RateRow, Route};
use proptest::prelude::*;
use uuid::Uuid;

const MXN_PER_EUR: &str = "18.123456";

fn day(offset: u64) -> Date {
    dates::parse_date("2024-03-25").unwrap() + Days::new(offset)
}

fn price(id: u128, date: Date, close: Decimal, currency: Currency) -> PriceRow {
    let security_id = Uuid::from_u128(id);
    PriceRow { security_id, close, currency, state: PriceState::Traded, quoted_on: date, source: "x".into() }
}

fn rate(base: Currency, quote: Currency, date: Date, quoted_on: Date, rate: Decimal) -> RateRow {
    let state = if date == quoted_on { PriceState::Traded } else { PriceState::Carried };
    RateRow { base, quote, rate, state, quoted_on, source: "ecb".into() }
}

fn chained(contents: &[DayContent], revision: u32, before: Option<&Pack>) -> Vec<Pack> {
    let at: DateTime<Utc> = "2024-05-01T00:00:00Z".parse().unwrap();
    let mut packs: Vec<Pack> = before.cloned().into_iter().collect();
    for content in contents {
        packs.push(Pack::chained(packs.last(), content, "default", revision, at, None).unwrap());
    }
    packs.split_off(usize::from(before.is_some()))
}

fn history(contents: &[DayContent]) -> MarketHistory {
    MarketHistory::build(chained(contents, 0, None).iter().zip(contents)).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Four days: security 1 always, security 2 from the third day on and not on the fourth.
fn four_days() -> Vec<DayContent> {
    (0..4)
        .map(|at| {
            let date = day(at);
            let mut prices = vec![price(1, date, Decimal::new(100 + at as i64, 0), Currency::USD)];
            if at == 2 {
                prices.push(price(2, date, decimal("7.25"), Currency::GBP));
            }
            let rates = vec![
                rate(Currency::EUR, Currency::USD, date, date, decimal("1.08")),
                rate(Currency::EUR, Currency::GBP, date, day(0), decimal("0.85")),
            ];
            DayContent::new(date, prices, rates).unwrap()
        })
        .collect()
}

#[test]
fn cells_answer_as_the_contents_do() {
    let contents = four_days();
    let market = history(&contents);
    assert_eq!((market.pack.display_id.as_str(), market.last_index()), ("PP_2024-03-28", 3));
    assert_eq!(market.price_column(Uuid::from_u128(1)), Some(&[100.0, 101.0, 102.0, 103.0][..]));
    let second = market.price_column(Uuid::from_u128(2)).unwrap();
    assert!(second[0].is_nan() && second[1].is_nan() && second[2] == 7.25 && second[3].is_nan());
    let quote = market.price(Uuid::from_u128(2), day(2)).unwrap();
    assert_eq!((quote.amount, quote.currency, quote.state), (decimal("7.25"), Currency::GBP, PriceState::Traded));
    assert_eq!(market.price(Uuid::from_u128(2), day(3)), None);
    assert_eq!(market.price(Uuid::from_u128(3), day(2)), None);
    assert_eq!(market.price(Uuid::from_u128(1), day(9)), None);
    assert_eq!((market.date_index(day(9)), market.index_on_or_before(day(9))), (None, Some(3)));
    assert_eq!(quote.age_sessions(day(9), &TradingCalendar::always_open()), 7);
    assert!(market.bytes() > 4 * 2 * size_of::<f64>());
}

#[test]
fn routes_are_shown_and_the_older_leg_counts() {
    let market = history(&four_days());
    let fx = |from, to| market.fx(from, to, day(1));
    let direct = fx(Currency::EUR, Currency::USD).unwrap();
    assert_eq!((direct.rate, direct.route, direct.state), (decimal("1.08"), Route::Direct, PriceState::Traded));
    let inverse = fx(Currency::USD, Currency::EUR).unwrap();
    assert_eq!((inverse.rate, inverse.route), (Decimal::ONE / decimal("1.08"), Route::Inverse));
    let cross = fx(Currency::GBP, Currency::USD).unwrap();
    assert_eq!(cross.rate, decimal("1.08") / decimal("0.85"));
    assert_eq!(cross.route.to_string(), "cross through EUR");
    assert_eq!((cross.state, cross.quoted_on), (PriceState::Carried, day(0)));
    let same = fx(Currency::USD, Currency::USD).unwrap();
    assert_eq!((same.rate, same.route, same.quoted_on), (Decimal::ONE, Route::Identity, day(1)));
    assert_eq!(fx(Currency::EUR, Currency::CHF), None);
    assert_eq!(fx(Currency::USD, Currency::CHF), None);
    // Pence are a hundredth of a pound on every route.
    assert_eq!(fx(Currency::GBX, Currency::GBP).unwrap().rate, decimal("0.01"));
    assert_eq!(fx(Currency::GBP, Currency::GBX).unwrap().rate, decimal("100"));
    assert_eq!(fx(Currency::EUR, Currency::GBX).unwrap().rate, decimal("85"));
}

#[test]
fn columns_equal_the_exact_rates() {
    let market = history(&four_days());
    let all = [Currency::EUR, Currency::USD, Currency::GBP, Currency::GBX, Currency::CHF];
    for (from, to) in all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))) {
        let column = market.fx_column(from, to);
        for (index, value) in column.iter().enumerate() {
            match market.fx_at(from, to, index) {
                Some(quote) => assert!((value / to_f64(quote.rate) - 1.0).abs() < 1e-14, "{from}/{to}"),
                None => assert!(value.is_nan(), "{from}/{to}"),
            }
        }
    }
}

#[test]
fn appending_equals_building() {
    let contents = four_days();
    let packs = chained(&contents, 0, None);
    let mut market = MarketHistory::build(packs[..2].iter().zip(&contents[..2])).unwrap();
    market.append_day(&packs[2], &contents[2]).unwrap();
    market.append_day(&packs[3], &contents[3]).unwrap();
    assert_eq!(market, history(&contents));
    assert!(matches!(market.append_day(&packs[3], &contents[3]), Err(HistoryError::DatesDoNotAscend { .. })));
    assert!(matches!(market.append_day(&packs[2], &contents[3]), Err(HistoryError::WrongDay { .. })));
    assert_eq!(MarketHistory::build([]).unwrap_err(), HistoryError::Empty);
}

#[test]
fn a_restatement_equals_building_and_shares_what_it_keeps() {
    let contents = four_days();
    let packs = chained(&contents, 0, None);
    let market = history(&contents);
    let mut restated = contents.clone();
    let mut prices = contents[2].prices().to_vec();
    prices[1].close = decimal("7.5");
    restated[2] = DayContent::new(day(2), prices, contents[2].rates().to_vec()).unwrap();
    let tail = chained(&restated[2..], 1, Some(&packs[1]));
    let after = market.restated(tail.iter().zip(&restated[2..])).unwrap();

    assert_eq!(after.pack.display_id, "PP_2024-03-28_R1");
    let whole: Vec<Pack> = packs[..2].iter().cloned().chain(tail).collect();
    assert_eq!(after, MarketHistory::build(whole.iter().zip(&restated)).unwrap());
    assert_eq!(after.price(Uuid::from_u128(2), day(2)).unwrap().amount, decimal("7.5"));
    assert_eq!(market.price(Uuid::from_u128(2), day(2)).unwrap().amount, decimal("7.25"));
    let column = |market: &MarketHistory, id| market.price_column(Uuid::from_u128(id)).unwrap().as_ptr();
    assert_eq!(column(&market, 1), column(&after, 1), "an unchanged column is shared");
    assert_ne!(column(&market, 2), column(&after, 2));
}

#[test]
fn a_change_of_quote_currency_is_kept() {
    let currencies = [Currency::GBP, Currency::GBP, Currency::EUR];
    let contents: Vec<_> = (0..3)
        .map(|at| {
            DayContent::new(day(at), vec![price(1, day(at), Decimal::ONE, currencies[at as usize])], vec![]).unwrap()
        })
        .collect();
    let market = history(&contents);
    assert_eq!(market.price_currencies(Uuid::from_u128(1)), [(0, Currency::GBP), (2, Currency::EUR)]);
    assert_eq!(market.price_at(Uuid::from_u128(1), 1).unwrap().currency, Currency::GBP);
    assert_eq!(market.price_cell(Uuid::from_u128(1), 2).unwrap().currency, Currency::EUR);
}

proptest! {
    #[test]
    fn cross_rates_are_consistent(usd in 1i64..1_000_000, gbp in 1i64..1_000_000, jpy_to_eur in 1i64..1_000_000) {
        // The dollar and the pound quoted per euro, the yen the other way round.
        let date = day(0);
        let rates = vec![
            rate(Currency::EUR, Currency::USD, date, date, Decimal::new(usd, 4)),
            rate(Currency::EUR, Currency::GBP, date, date, Decimal::new(gbp, 4)),
            rate(Currency::JPY, Currency::EUR, date, date, Decimal::new(jpy_to_eur, 6)),
            rate(Currency::EUR, "MXN".parse().unwrap(), date, date, decimal(MXN_PER_EUR)),
        ];
        let market = history(&[DayContent::new(date, vec![], rates).unwrap()]);
        let all = [Currency::EUR, Currency::USD, Currency::GBP, Currency::JPY, "MXN".parse().unwrap()];
        let f = |a, b| to_f64(market.fx(a, b, date).unwrap().rate);
        for a in all {
            for b in all {
                prop_assert!((f(a, b) * f(b, a) - 1.0).abs() < 1e-9);
                for c in all {
                    prop_assert!((f(a, b) * f(b, c) / f(a, c) - 1.0).abs() < 1e-9);
                }
            }
        }
    }
}
