//! Pricing packs in the database: sealed once, found by name and hash, restated as a whole, never changed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use money::Currency;
use pricing::{DEFAULT_POLICY, DayContent, Pack, PriceObservation, PriceRow, PriceState, RateObservation, RateRow};
use rust_decimal::Decimal;
use serde_json::json;
use store::queries::packs::{BuildStatus, NewBuild, Restatement};
use store::queries::securities::{CorporateAction, Identifier, SecurityFields};
use store::queries::{observations, packs, reference, securities};
use store::{LeaseTicket, Notice, Store, StoreError, WorkerTransaction};
use testkit::TestDatabase;
use uuid::Uuid;

fn ticket() -> LeaseTicket {
    LeaseTicket::platform(Uuid::nil(), Duration::from_secs(60))
}

fn known_at() -> DateTime<Utc> {
    "2026-01-02T03:04:05.678901Z".parse().expect("time")
}

fn first_day() -> NaiveDate {
    "2023-12-29".parse().expect("date")
}

fn share() -> Identifier {
    Identifier::new("symbol", "ABC", Some("XNYS"))
}

async fn worker<T>(
    store: &Store,
    work: impl AsyncFnOnce(&mut WorkerTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.as_worker(ticket(), work).await
}

async fn setup() -> (TestDatabase, Arc<Store>, Uuid) {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let id = share().security_id();
    worker(&store, async |tx| {
        securities::upsert_shared(tx, id, &SecurityFields::new("A company", "stock", Currency::USD), &[share()]).await
    })
    .await
    .expect("security");
    (database, store, id)
}

fn content(security: Uuid, date: NaiveDate, cents: i64) -> DayContent {
    let carried = date == first_day() + Days::new(2);
    let price = PriceRow {
        security_id: security,
        close: Decimal::new(cents, 2),
        currency: Currency::USD,
        state: if carried { PriceState::Carried } else { PriceState::Traded },
        quoted_on: if carried { date - Days::new(1) } else { date },
        source: "test".to_owned(),
    };
    let rate = RateRow {
        base: Currency::EUR,
        quote: Currency::USD,
        rate: "1.09876543210987".parse().expect("rate"),
        state: PriceState::Traded,
        quoted_on: date,
        source: "ECB".to_owned(),
    };
    DayContent::new(date, vec![price], vec![rate]).expect("content")
}

/// Packs and contents of four days over a change of year.
fn chain(security: Uuid, revision: u32, cents: i64, from: Option<&Pack>) -> (Vec<Pack>, Vec<DayContent>) {
    let start = from.map_or(first_day(), |p| p.date + Days::new(1));
    let (mut packs, mut contents): (Vec<Pack>, Vec<DayContent>) = (Vec::new(), Vec::new());
    for day in start.iter_days().take_while(|d| *d < first_day() + Days::new(4)) {
        // Only the first day of a restatement differs.
        let cents = if revision > 0 && day > start { 10_000 } else { cents };
        let content = content(security, day, cents);
        let reason = (revision > 0).then(|| "wrong price".to_owned());
        let pack = Pack::chained(packs.last().or(from), &content, DEFAULT_POLICY, revision, known_at(), reason);
        packs.push(pack.expect("pack"));
        contents.push(content);
    }
    (packs, contents)
}

#[tokio::test]
async fn a_chain_is_sealed_and_read_back_as_it_was() {
    let (_database, store, security) = setup().await;
    let mut notices = store.notices();
    let (new, contents) = chain(security, 0, 10_000, None);
    worker(&store, async |tx| packs::insert_chain(tx, &new, &contents).await).await.expect("seal");
    assert_eq!(notices.recv().await.expect("notice"), Notice::Packs("PP_2024-01-01".to_owned()));
    worker(&store, async |tx| {
        let head = new.last().expect("head");
        let loaded = packs::chain_of(tx, &head.hash).await?;
        assert!(loaded.iter().map(|(p, _)| p).eq(&new) && loaded.iter().map(|(_, c)| c).eq(&contents));
        let stored: Vec<Pack> = loaded.into_iter().map(|(p, _)| p).collect();
        pricing::verify_chain(&stored).expect("chain");
        // From the middle, and down to a day.
        assert_eq!(packs::chain_packs(tx, &new[2].hash, Some(new[1].date)).await?, new[1..=2]);
        assert_eq!(packs::chain_packs(tx, &[0; 32], None).await?, []);
        for (as_of, expected) in
            [(None, Some(3)), (Some(new[1].date), Some(1)), (Some(first_day() - Days::new(1)), None)]
        {
            let found = packs::latest(tx, DEFAULT_POLICY, as_of).await?;
            assert_eq!(found.map(|info| info.pack), expected.map(|i: usize| new[i].clone()), "{as_of:?}");
        }
        for text in ["PP_2023-12-30".to_owned(), hex::encode(new[1].hash)] {
            let info = packs::by_display_id_or_hash(tx, &text).await?.expect("pack");
            assert_eq!((info.pack, info.superseded_by, info.restated_reason), (new[1].clone(), None, None));
        }
        for text in ["PP_2023-12-28", "nonsense", "00"] {
            assert_eq!(packs::by_display_id_or_hash(tx, text).await?, None, "{text}");
        }
        let heads = packs::heads(tx, DEFAULT_POLICY).await?;
        assert_eq!(heads, new.iter().map(|p| (p.date, p.hash)).collect::<Vec<_>>());
        Ok(())
    })
    .await
    .expect("read");
    // The same contents again are stored once.
    let again = worker(&store, async |tx| packs::insert_chain(tx, &new, &contents).await).await;
    assert!(matches!(again, Err(StoreError::AlreadyExists { .. })), "{again:?}");
}

#[tokio::test]
async fn a_restatement_switches_all_later_days_and_keeps_the_old_ones() {
    let (_database, store, security) = setup().await;
    let (old, contents) = chain(security, 0, 10_000, None);
    worker(&store, async |tx| packs::insert_chain(tx, &old, &contents).await).await.expect("seal");
    let (new, changed) = chain(security, 1, 12_345, Some(&old[0]));
    assert_eq!(new.len(), 3);
    let restatement = Restatement { reason: "wrong price".to_owned(), changed_prices: 1, changed_rates: 0 };
    let superseded = worker(&store, async |tx| packs::supersede(tx, &new, &changed, &restatement).await).await;
    assert_eq!(superseded.expect("restate"), 3);
    worker(&store, async |tx| {
        let heads = packs::heads(tx, DEFAULT_POLICY).await?;
        let expected: Vec<_> = std::iter::once(&old[0]).chain(&new).map(|p| (p.date, p.hash)).collect();
        assert_eq!(heads, expected);
        let info = packs::by_hash(tx, &old[2].hash).await?.expect("old pack");
        assert_eq!(info.superseded_by.as_deref(), Some("PP_2023-12-31_R1"));
        assert_eq!(info.restated_reason.as_deref(), Some("wrong price"));
        assert_eq!(packs::by_hash(tx, &old[0].hash).await?.expect("kept").superseded_by, None);
        // Both chains stay readable, and each has its own price.
        for (head, parts, cents) in [(&old[3], &old[1..], 10_000), (&new[2], &new[..], 12_345)] {
            let loaded = packs::chain_of(tx, &head.hash).await?;
            assert_eq!(loaded[0].0, old[0]);
            assert!(loaded[1..].iter().map(|(p, _)| p).eq(parts));
            assert_eq!(loaded[1].1.prices()[0].close, Decimal::new(cents, 2));
            assert_eq!(loaded[2].1.prices()[0].close, Decimal::new(10_000, 2));
        }
        let page = packs::page(tx, DEFAULT_POLICY, None, None, None, 3).await?;
        let names: Vec<_> = page.iter().map(|i| i.pack.display_id.as_str()).collect();
        assert_eq!(names, ["PP_2024-01-01_R1", "PP_2024-01-01", "PP_2023-12-31_R1"]);
        let next = packs::page(tx, DEFAULT_POLICY, None, None, Some((page[2].pack.date, 1)), 100).await?;
        assert_eq!(next.len(), 4);
        Ok(())
    })
    .await
    .expect("read");
}

#[tokio::test]
async fn the_database_refuses_packs_that_do_not_chain() {
    let (_database, store, security) = setup().await;
    let (new, contents) = chain(security, 0, 10_000, None);
    let refused = async |packs: Vec<Pack>, part: &str| {
        let result = worker(&store, async |tx| packs::insert_chain(tx, &packs, &contents).await).await;
        match result {
            Err(StoreError::Invariant(text)) => assert!(text.contains(part), "{part}: {text}"),
            Err(StoreError::Reference { constraint }) => assert!(constraint.contains(part), "{part}: {constraint}"),
            other => panic!("{part}: {other:?}"),
        }
    };
    let change = |change: fn(&mut Pack)| {
        let mut packs = new.clone();
        change(&mut packs[1]);
        packs
    };
    refused(change(|p| p.hash[0] ^= 1), "").await;
    refused(change(|p| p.known_at += chrono::Duration::microseconds(1)), "hash is not that").await;
    refused(change(|p| p.content_hash[0] ^= 1), "content_hash").await;
    // A day left out: the parent is not the pack of the day before.
    refused(vec![new[1].clone(), new[2].clone()], "parent").await;
    let orphan = Pack::chained(None, &contents[1], DEFAULT_POLICY, 0, known_at(), None).expect("orphan");
    refused(vec![new[0].clone(), orphan], "previous day").await;
    let unknown = Pack::chained(None, &contents[0], "nobody", 0, known_at(), None).expect("unknown policy");
    refused(vec![unknown], "policy is unknown").await;
    worker(&store, async |tx| packs::insert_chain(tx, &new, &contents).await).await.expect("the true chain");
}

#[tokio::test]
async fn a_build_warms_and_ends_once() {
    let (_database, store, security) = setup().await;
    let (new, contents) = chain(security, 0, 10_000, None);
    let build = |id: Uuid| NewBuild {
        id,
        policy_id: DEFAULT_POLICY.to_owned(),
        date: new[3].date,
        revision: 0,
        step: Some("prices".to_owned()),
        requested_by: None,
        estimated_ready_at: None,
    };
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    worker(&store, async |tx| packs::start_build(tx, &build(first)).await).await.expect("start");
    let both = worker(&store, async |tx| packs::start_build(tx, &build(second)).await).await;
    assert!(matches!(both, Err(StoreError::AlreadyExists { .. })), "{both:?}");
    worker(&store, async |tx| packs::fail_build(tx, first, &json!({"code": "provider_unavailable"})).await)
        .await
        .expect("fail");
    let revived =
        worker(&store, async |tx| packs::finish_build(tx, first, &[0; 32], &json!({}), &json!([])).await).await;
    assert!(matches!(revived, Err(StoreError::Invariant(_))), "{revived:?}");
    worker(&store, async |tx| {
        packs::insert_chain(tx, &new, &contents).await?;
        packs::start_build(tx, &build(second)).await?;
        packs::finish_build(tx, second, &new[3].hash, &json!({"prices": 1.0}), &json!([])).await?;
        let builds = packs::builds(tx, DEFAULT_POLICY, Some(new[3].date), 10).await?;
        let statuses: Vec<_> = builds.iter().map(|b| (b.id, b.status)).collect();
        assert!(statuses.contains(&(first, BuildStatus::Failed)) && statuses.contains(&(second, BuildStatus::Fresh)));
        assert_eq!(packs::build_of_pack(tx, &new[3].hash).await?.map(|b| b.id), Some(second));
        packs::start_build(tx, &build(Uuid::now_v7())).await?;
        let later = Utc::now() + Days::new(1);
        assert_eq!(packs::fail_abandoned(tx, later, &json!({"code": "abandoned"})).await?, 1);
        Ok(())
    })
    .await
    .expect("fresh");
}

#[tokio::test]
async fn observations_are_read_as_they_were_known() {
    let (_database, store, security) = setup().await;
    let price = |cents: i64, known: &str| PriceObservation {
        security_id: security,
        date: first_day(),
        close: Decimal::new(cents, 2),
        currency: Currency::USD,
        source: "test".to_owned(),
        known_at: known.parse().expect("time"),
    };
    let rate = RateObservation {
        base: Currency::EUR,
        quote: Currency::USD,
        date: first_day(),
        rate: Decimal::new(11, 1),
        source: "ECB".to_owned(),
        known_at: "2024-01-01T00:00:00Z".parse().expect("time"),
    };
    let (early, late) = (price(100, "2024-01-01T00:00:00Z"), price(101, "2024-01-02T00:00:00Z"));
    worker(&store, async |tx| {
        let rows = [early.clone().into(), late.clone().into()];
        assert_eq!(observations::insert_prices(tx, &rows).await?, 2);
        assert_eq!(observations::insert_prices(tx, &rows).await?, 0);
        assert_eq!(observations::insert_rates(tx, std::slice::from_ref(&rate)).await?, 1);
        for (known, expected) in [
            ("2023-12-31T00:00:00Z", vec![]),
            ("2024-01-01T12:00:00Z", vec![early.clone()]),
            ("2024-01-02T00:00:00Z", vec![late.clone()]),
        ] {
            let known = known.parse().expect("time");
            let found = observations::prices(tx, first_day(), first_day(), known, None).await?;
            assert_eq!(found, expected, "{known}");
            assert_eq!(observations::prices(tx, first_day(), first_day(), known, Some(&[Uuid::nil()])).await?, []);
        }
        let found = observations::rates(tx, first_day(), first_day(), Utc::now()).await?;
        assert_eq!(found, std::slice::from_ref(&rate));
        Ok(())
    })
    .await
    .expect("observations");
    let mut worthless = early.clone();
    worthless.close = Decimal::ZERO;
    worthless.source = "other".to_owned();
    let result = worker(&store, async |tx| observations::insert_prices(tx, &[worthless.into()]).await).await;
    assert!(matches!(result, Err(StoreError::Refused { .. })), "{result:?}");
}

#[tokio::test]
async fn a_seal_waits_for_ingestion_and_keeps_it_out() {
    let (_database, store, security) = setup().await;
    let price = PriceObservation {
        security_id: security,
        date: first_day(),
        close: Decimal::ONE,
        currency: Currency::USD,
        source: "test".to_owned(),
        known_at: known_at(),
    };
    let other = store.clone();
    let (sealed, inserted) = worker(&store, async |tx| {
        observations::lock_seal(tx).await?;
        let row = price.into();
        let short = LeaseTicket::platform(Uuid::nil(), Duration::from_millis(300));
        let outside = other.as_worker(short, async |tx| observations::insert_prices(tx, &[row]).await).await;
        let inside = observations::prices(tx, first_day(), first_day(), Utc::now(), None).await?;
        Ok((inside.len(), outside))
    })
    .await
    .expect("seal");
    assert_eq!(sealed, 0);
    assert!(matches!(inserted, Err(StoreError::DeadlineExceeded(_))), "{inserted:?}");
}

#[tokio::test]
async fn securities_are_found_and_ambiguity_shows() {
    let (_database, store, us) = setup().await;
    let london = Identifier::new("symbol", "ABC", Some("XLON"));
    let isin = Identifier::new("isin", "US0378331005", None);
    let uk = london.security_id();
    assert_ne!(us, uk);
    worker(&store, async |tx| {
        let fields = SecurityFields::new("Another Business Company", "stock", Currency::GBP);
        securities::upsert_shared(tx, uk, &fields, std::slice::from_ref(&london)).await?;
        let fields = SecurityFields::new("A company", "stock", Currency::USD);
        securities::upsert_shared(tx, us, &fields, &[share(), isin.clone()]).await?;
        let named = securities::by_identifiers(tx, &["symbol"], &["ABC".to_owned()], first_day()).await?;
        let mut both: Vec<_> = named.iter().map(|n| (n.mic.as_deref(), n.security.id)).collect();
        both.sort();
        assert_eq!(both, [(Some("XLON"), uk), (Some("XNYS"), us)]);
        let found =
            securities::by_identifiers(tx, &["isin", "figi"], std::slice::from_ref(&isin.value), first_day()).await?;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].security.isin.as_deref(), Some("US0378331005"));
        for (text, expected) in [
            ("abc", vec![us, uk]),
            ("business", vec![uk]),
            ("US0378", vec![us]),
            ("nobody", vec![]),
            ("  ", vec![]),
            ("%", vec![]),
        ] {
            let mut ids: Vec<_> = securities::search(tx, text, 10).await?.iter().map(|s| s.id).collect();
            ids.sort();
            let mut expected = expected;
            expected.sort();
            assert_eq!(ids, expected, "{text:?}");
        }
        assert_eq!(securities::identifiers(tx, &[us]).await?.len(), 2);
        // Bringing up to date twice changes the version once at most.
        let before = securities::by_ids(tx, &[us]).await?[0].version;
        let fields = SecurityFields::new("A company", "stock", Currency::USD);
        securities::upsert_shared(tx, us, &fields, &[share()]).await?;
        assert_eq!(securities::by_ids(tx, &[us]).await?[0].version, before);
        Ok(())
    })
    .await
    .expect("securities");
    let taken = worker(&store, async |tx| {
        let fields = SecurityFields::new("Impostor", "stock", Currency::USD);
        securities::upsert_shared(tx, Uuid::now_v7(), &fields, std::slice::from_ref(&isin)).await
    })
    .await;
    match taken {
        Err(StoreError::AlreadyExists { constraint }) => assert_eq!(constraint, "security_identifiers_no_overlap"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn corporate_actions_are_read_as_they_were_known() {
    let (_database, store, security) = setup().await;
    let split = |to: i64, known: &str| {
        CorporateAction {
            id: Uuid::nil(),
            known_at: known.parse().expect("time"),
            security_id: security,
            kind: "split".to_owned(),
            ex_date: first_day(),
            declared_on: None,
            record_date: None,
            pay_date: None,
            amount: None,
            currency: None,
            ratio: Some((Decimal::ONE, Decimal::from(to))),
            detail: json!({}),
            provider: "test".to_owned(),
            cancelled: false,
        }
        .identified()
    };
    let (wrong, right) = (split(3, "2024-01-01T00:00:00Z"), split(4, "2024-01-02T00:00:00Z"));
    assert_eq!(wrong.id, right.id);
    worker(&store, async |tx| {
        assert_eq!(securities::insert_actions(tx, &[wrong.clone(), right.clone()]).await?, 2);
        assert_eq!(securities::insert_actions(tx, std::slice::from_ref(&wrong)).await?, 0);
        let then = Some("2024-01-01T12:00:00Z".parse().expect("time"));
        assert_eq!(securities::actions_known(tx, &[security], then).await?, std::slice::from_ref(&wrong));
        assert_eq!(securities::actions_known(tx, &[security], None).await?, std::slice::from_ref(&right));
        Ok(())
    })
    .await
    .expect("actions");
}

#[tokio::test]
async fn reference_data_is_there_and_fits_the_domain() {
    let (_database, store, _) = setup().await;
    worker(&store, async |tx| {
        let currencies = reference::currencies(tx).await?;
        for row in &currencies {
            assert_eq!(
                row.minor_units.map(i64::from).unwrap_or(10),
                i64::from(row.currency.minor_units()),
                "{}",
                row.currency
            );
        }
        assert!(currencies.len() > 170);
        let calendars = reference::calendars(tx).await?;
        let exchanges = reference::exchanges(tx).await?;
        for exchange in &exchanges {
            let known = calendars.iter().any(|c| c.id == exchange.calendar_id);
            assert!(known || exchange.calendar_id == "24/7", "{} has no calendar", exchange.mic);
        }
        let new_york = calendars.iter().find(|c| c.id == "XNYS").expect("XNYS");
        assert!(!new_york.is_session("2022-07-04".parse().expect("date")));
        assert!(new_york.is_session("2022-07-05".parse().expect("date")));
        Ok(())
    })
    .await
    .expect("reference");
}
