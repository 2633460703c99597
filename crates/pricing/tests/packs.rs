//! Rules of day contents, packs and building that hold for all inputs.

use chrono::{DateTime, Days, Utc};
use dates::{Date, TradingCalendar};
use money::{Currency, Decimal};
use pricing::{
    CARRY_SESSIONS_MAX, ChainError, ContentError, DayContent, DayRequest, Expected, Missing, Observations, Pack,
    PriceObservation, PriceRow, PriceState, RateObservation, RateRow, build_day, coverage, pack_hash, verify_chain,
    verify_content,
};
use proptest::prelude::*;
use uuid::Uuid;

fn day(text: &str) -> Date {
    dates::parse_date(text).unwrap()
}

fn known(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn price(id: u128, cents: i64) -> PriceRow {
    PriceRow {
        security_id: Uuid::from_u128(id),
        close: Decimal::new(cents, 2),
        currency: Currency::USD,
        state: PriceState::Traded,
        quoted_on: day("2024-03-28"),
        source: "exchange".into(),
    }
}

fn rate(quote: Currency, units: i64) -> RateRow {
    RateRow {
        base: Currency::EUR,
        quote,
        rate: Decimal::new(units, 4),
        state: PriceState::Traded,
        quoted_on: day("2024-03-28"),
        source: "ecb".into(),
    }
}

fn content(prices: Vec<PriceRow>, rates: Vec<RateRow>) -> DayContent {
    DayContent::new(day("2024-03-28"), prices, rates).unwrap()
}

#[test]
fn the_canonical_form_is_fixed() {
    let content = content(vec![price(1, 15_050)], vec![rate(Currency::USD, 10_800)]);
    let text = String::from_utf8(content.canonical_json()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"date":"2024-03-28","format_version":1,"prices":[{"close":"150.5","currency":"USD","quoted_on":"2024-03-28","#,
            r#""security_id":"00000000-0000-0000-0000-000000000001","state":"traded"}],"#,
            r#""rates":[{"base":"EUR","quote":"USD","quoted_on":"2024-03-28","rate":"1.08","state":"traded"}]}"#
        )
    );
}

#[test]
fn rows_that_contradict_themselves_are_refused() {
    let refused = |prices, rates| DayContent::new(day("2024-03-28"), prices, rates).unwrap_err();
    assert!(matches!(refused(vec![price(1, 0)], vec![]), ContentError::NotPositive { .. }));
    assert!(matches!(refused(vec![price(1, 5), price(1, 6)], vec![]), ContentError::Duplicate { .. }));
    assert!(matches!(refused(vec![], vec![rate(Currency::EUR, 1)]), ContentError::SameCurrency { .. }));
    for (state, quoted_on) in [
        (PriceState::Traded, "2024-03-27"),
        (PriceState::Carried, "2024-03-28"),
        (PriceState::Carried, "2024-03-29"),
        (PriceState::Manual, "2024-03-29"),
    ] {
        let row = PriceRow { state, quoted_on: day(quoted_on), ..price(1, 5) };
        assert!(matches!(refused(vec![row], vec![]), ContentError::StateMismatch { .. }), "{state} {quoted_on}");
    }
}

proptest! {
    #[test]
    fn the_hash_does_not_depend_on_order_or_trailing_zeros(cents in proptest::collection::vec(1i64..1_000_000, 1..12), turn in 0usize..12) {
        let prices: Vec<_> = cents.iter().enumerate().map(|(i, c)| price(i as u128, *c)).collect();
        let rates = vec![rate(Currency::USD, 10_800), rate(Currency::GBP, 8_500), rate(Currency::JPY, 1_600_000)];
        let (mut turned_prices, mut turned_rates) = (prices.clone(), rates.clone());
        turned_prices.rotate_left(turn % cents.len());
        turned_rates.rotate_left(turn % 3);
        for row in &mut turned_prices {
            row.close.rescale(9);
        }
        prop_assert_eq!(content(prices, rates).hash(), content(turned_prices, turned_rates).hash());
    }

    #[test]
    fn any_change_changes_the_hash(cents in proptest::collection::vec(2i64..1_000_000, 1..8), at in 0usize..8, what in 0u8..6) {
        let prices: Vec<_> = cents.iter().enumerate().map(|(i, c)| price(i as u128, *c)).collect();
        let mut changed = prices.clone();
        let mut rates = vec![rate(Currency::USD, 10_800)];
        let row = &mut changed[at % cents.len()];
        match what {
            0 => row.close -= Decimal::new(1, 2),
            1 => row.currency = Currency::GBP,
            2 => row.security_id = Uuid::from_u128(999),
            3 => { row.state = PriceState::Carried; row.quoted_on = day("2024-03-27"); }
            4 => row.state = PriceState::Manual,
            _ => rates[0].rate += Decimal::new(1, 10),
        }
        prop_assert_ne!(content(prices, vec![rate(Currency::USD, 10_800)]).hash(), content(changed, rates).hash());
    }
}

fn chain(length: u64) -> (Vec<Pack>, Vec<DayContent>) {
    let (mut packs, mut contents): (Vec<Pack>, Vec<DayContent>) = (Vec::new(), Vec::new());
    for offset in 0..length {
        let date = day("2024-03-25") + Days::new(offset);
        let row = PriceRow { quoted_on: date, ..price(1, 100 + offset as i64) };
        let content = DayContent::new(date, vec![row], vec![]).unwrap();
        let at = known("2024-04-01T00:00:00Z") + chrono::Duration::microseconds(offset as i64);
        packs.push(Pack::chained(packs.last(), &content, "default", 0, at, None).unwrap());
        contents.push(content);
    }
    (packs, contents)
}

#[test]
fn the_hash_of_a_pack_is_that_of_its_bytes() {
    use sha2::{Digest, Sha256};
    let at = known("2024-03-29T00:10:00.25Z");
    let mut bytes = vec![0u8; 32];
    bytes.extend([7u8; 32]);
    bytes.extend(b"default2024-03-29T00:10:00.250000Z");
    assert_eq!(pack_hash(None, &[7; 32], "default", at).as_slice(), Sha256::digest(&bytes).as_slice());
    assert_ne!(pack_hash(None, &[7; 32], "default", at), pack_hash(Some(&[1; 32]), &[7; 32], "default", at));
}

#[test]
fn a_chain_verifies_and_each_tampering_is_named() {
    let (packs, contents) = chain(4);
    assert_eq!(verify_chain(&packs), Ok(()));
    assert_eq!(verify_chain(&[]), Ok(()));
    assert_eq!(verify_content(&packs[1], &contents[1]), Ok(()));
    assert!(matches!(verify_content(&packs[1], &contents[2]), Err(ChainError::WrongContent { .. })));
    assert!(matches!(verify_chain(&packs[1..]), Err(ChainError::WrongParent { .. })));

    let tampered = |change: fn(&mut Pack)| {
        let mut packs = packs.clone();
        change(&mut packs[2]);
        verify_chain(&packs).unwrap_err()
    };
    assert!(matches!(tampered(|p| p.content_hash[0] ^= 1), ChainError::WrongHash { .. }));
    assert!(matches!(tampered(|p| p.known_at += chrono::Duration::microseconds(1)), ChainError::WrongHash { .. }));
    assert!(matches!(tampered(|p| p.revision = 1), ChainError::WrongName { .. }));
    assert!(matches!(tampered(|p| p.parent_hash = None), ChainError::WrongHash { .. }));

    let next = |date: &str, policy: &str, known_at: &str| {
        let content = DayContent::new(day(date), vec![], vec![]).unwrap();
        Pack::chained(packs.last(), &content, policy, 0, known(known_at), None).unwrap_err()
    };
    assert!(matches!(next("2024-03-28", "default", "2024-04-02T00:00:00Z"), ChainError::DatesDoNotAscend { .. }));
    assert!(matches!(next("2024-03-29", "london", "2024-04-02T00:00:00Z"), ChainError::PolicyChanges { .. }));
    assert!(matches!(next("2024-03-29", "default", "2024-03-02T00:00:00Z"), ChainError::KnownBeforeParent { .. }));
}

fn observed(id: u128, date: Date, cents: i64, source: &str, known_at: DateTime<Utc>) -> PriceObservation {
    let close = Decimal::new(cents, 2);
    PriceObservation {
        security_id: Uuid::from_u128(id),
        date,
        close,
        currency: Currency::USD,
        source: source.into(),
        known_at,
    }
}

fn weekdays() -> TradingCalendar {
    TradingCalendar::weekdays("XNYS", [day("2024-03-29")], day("2024-01-01"), day("2024-12-31"))
}

/// The price of security 1 built for a day, or what is missing.
fn built(observations: &Observations, date: &str, cut_off: &str, sources: &[String]) -> Result<PriceRow, Missing> {
    let calendar = weekdays();
    let request = DayRequest {
        date: day(date),
        known_at: known(cut_off),
        securities: &[Expected { security_id: Uuid::from_u128(1), calendar: &calendar }],
        pairs: &[],
        rates_calendar: &calendar,
        sources,
        carry_sessions_max: CARRY_SESSIONS_MAX,
    };
    let built = build_day(observations, &request).unwrap();
    built.content.prices().first().cloned().ok_or_else(|| built.missing[0].clone())
}

#[test]
fn a_close_is_carried_for_five_sessions_of_its_calendar() {
    let at = known("2024-03-28T22:00:00Z");
    let observations = Observations::new(vec![observed(1, day("2024-03-28"), 100, "a", at)], vec![]);
    for (date, expected) in [
        ("2024-03-28", Some(PriceState::Traded)),
        // Good Friday, the weekend, and Easter Monday, a session in New York.
        ("2024-03-29", Some(PriceState::Carried)),
        ("2024-03-31", Some(PriceState::Carried)),
        ("2024-04-05", Some(PriceState::Carried)),
        ("2024-04-07", Some(PriceState::Carried)),
        ("2024-04-08", None),
        ("2024-03-27", None),
    ] {
        let got = built(&observations, date, "2024-05-01T00:00:00Z", &[]);
        assert_eq!(got.as_ref().ok().map(|row| row.state), expected, "{date}: {got:?}");
    }
    let missing = built(&observations, "2024-04-08", "2024-05-01T00:00:00Z", &[]).unwrap_err();
    assert_eq!(missing.code(), "missing_price");
    assert!(missing.to_string().ends_with("on 2024-04-08, last quoted on 2024-03-28"), "{missing}");
    assert!(built(&observations, "2024-03-28", "2024-03-28T21:00:00Z", &[]).is_err(), "known after the cut-off");
}

#[test]
fn the_preferred_source_and_the_latest_vintage_win() {
    let (early, late) = (known("2024-03-28T22:00:00Z"), known("2024-03-30T22:00:00Z"));
    let date = day("2024-03-28");
    let observations = Observations::new(
        vec![
            observed(1, date, 100, "first", early),
            observed(1, date, 200, "second", early),
            observed(1, date, 101, "first", late),
            observed(1, date, 300, "unlisted", late),
            observed(1, day("2024-03-27"), 99, "first", early),
        ],
        vec![],
    );
    let close = |cut_off: &str, sources: &[&str]| {
        let sources: Vec<String> = sources.iter().map(|s| s.to_string()).collect();
        built(&observations, "2024-03-28", cut_off, &sources).unwrap().close
    };
    let (before, after) = ("2024-03-29T00:00:00Z", "2024-03-31T00:00:00Z");
    assert_eq!(close(before, &["first", "second"]), Decimal::new(100, 2));
    assert_eq!(close(after, &["first", "second"]), Decimal::new(101, 2));
    assert_eq!(close(after, &["second", "first"]), Decimal::new(200, 2));
}

#[test]
fn holes_are_counted() {
    let (calendar, at) = (weekdays(), known("2024-03-28T22:00:00Z"));
    let rate = RateObservation {
        base: Currency::EUR,
        quote: Currency::USD,
        date: day("2024-03-27"),
        rate: Decimal::new(108, 2),
        source: "ecb".into(),
        known_at: at,
    };
    let observations = Observations::new(vec![observed(1, day("2024-03-28"), 100, "a", at)], vec![rate]);
    let expected = [1, 2].map(|id| Expected { security_id: Uuid::from_u128(id), calendar: &calendar });
    let request = DayRequest {
        date: day("2024-03-28"),
        known_at: at,
        securities: &expected,
        pairs: &[(Currency::EUR, Currency::USD), (Currency::EUR, Currency::GBP)],
        rates_calendar: &calendar,
        sources: &[],
        carry_sessions_max: CARRY_SESSIONS_MAX,
    };
    let built = build_day(&observations, &request).unwrap();
    let found = coverage(&built);
    assert_eq!((found.prices(), found.rates(), found.rates_carried, found.prices_carried), (0.5, 0.5, 1, 0));
    assert!(found.reaches(0.5, 0.5) && !found.reaches(0.98, 0.5) && !found.reaches(0.5, 1.0));
    assert_eq!(built.missing.iter().map(Missing::code).collect::<Vec<_>>(), ["missing_price", "missing_fx"]);
}

proptest! {
    #[test]
    fn nothing_is_filled_backward(offsets in proptest::collection::vec(0u64..60, 1..20), wanted in 0u64..60) {
        let at = known("2024-01-01T00:00:00Z");
        let date = |offset: u64| day("2024-02-01") + Days::new(offset);
        let observations = Observations::new(offsets.iter().map(|o| observed(1, date(*o), 100 + *o as i64, "a", at)).collect(), vec![]);
        let got = built(&observations, &date(wanted).to_string(), "2024-12-31T00:00:00Z", &[]);
        let last = offsets.iter().copied().filter(|o| *o <= wanted).max();
        match (got, last) {
            (Ok(row), Some(last)) => {
                prop_assert_eq!(row.quoted_on, date(last));
                prop_assert_eq!(row.close, Decimal::new(100 + last as i64, 2));
                prop_assert!(weekdays().sessions_between(row.quoted_on, date(wanted)) <= CARRY_SESSIONS_MAX);
            }
            (Err(Missing::Price { last_quoted_on, .. }), last) => {
                prop_assert_eq!(last_quoted_on, last.map(date));
                prop_assert!(last.is_none_or(|l| weekdays().sessions_between(date(l), date(wanted)) > CARRY_SESSIONS_MAX));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
