//! Accounts, sessions, tokens, links and the lock-out, with the time given by the test.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use store::queries::idempotency::{Begun, KeptResponse};
use store::queries::links::NewLink;
use store::queries::throttle::ThrottleRule;
use store::queries::users::ProfileChange;
use store::queries::{audit, idempotency, links, sessions, settings, throttle, tokens, users};
use store::{AuthTransaction, LeaseTicket, Notice, Store, StoreError, UserTransaction};
use testkit::{TestDatabase, TwoUsers, two_users};
use uuid::Uuid;

fn ticket() -> LeaseTicket {
    LeaseTicket::platform(Uuid::nil(), Duration::from_secs(60))
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

async fn auth<T>(
    store: &Store,
    work: impl AsyncFnOnce(&mut AuthTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.as_auth(ticket(), work).await
}

async fn user<T>(
    store: &Store,
    user: Uuid,
    work: impl AsyncFnOnce(&mut UserTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.as_user(ticket(), user, work).await
}

async fn setup() -> (TestDatabase, Arc<Store>, TwoUsers) {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    (database, store, people)
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (_database, store, people) = setup().await;
    let (admin, other) = (people.a.user, people.b.user);
    let version = async |id| {
        let found = auth(&store, async |tx| users::by_id(tx, id).await).await.expect("read");
        found.expect("account").profile.version
    };
    for (role, status) in [(Some("USER"), None), (None, Some("disabled"))] {
        let v = version(admin).await;
        let refused = auth(&store, async |tx| users::administer(tx, admin, v, role, status).await).await;
        match refused {
            Err(StoreError::Invariant(text)) => assert!(text.contains("last active administrator"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    let v = version(other).await;
    auth(&store, async |tx| users::administer(tx, other, v, Some("ADMIN"), None).await).await.expect("second admin");
    let v = version(admin).await;
    let changed = auth(&store, async |tx| users::administer(tx, admin, v, Some("USER"), None).await).await;
    assert_eq!(changed.expect("one of two may go").profile.role, "USER");
    let stale = auth(&store, async |tx| users::administer(tx, admin, v, Some("ADMIN"), None).await).await;
    assert!(matches!(stale, Err(StoreError::VersionConflict { .. })), "{stale:?}");
    assert_eq!(auth(&store, async |tx| users::count(tx).await).await.expect("count"), (2, 1));
}

#[tokio::test]
async fn a_profile_is_changed_by_its_owner() {
    let (_database, store, people) = setup().await;
    let id = people.b.user;
    let change = ProfileChange { display_name: Some("New".to_owned()), ..Default::default() };
    let changed = user(&store, id, async |tx| {
        let before = users::profile(tx, id).await?.expect("profile");
        users::update_profile(tx, id, before.version, &change).await
    })
    .await
    .expect("change");
    assert_eq!(changed.display_name, "New");
    let foreign =
        user(&store, people.a.user, async |tx| users::update_profile(tx, id, changed.version, &change).await).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("user"))), "{foreign:?}");
}

#[tokio::test]
async fn sessions_live_until_they_expire_or_are_revoked() {
    let (_database, store, people) = setup().await;
    let (id, session) = (people.a.user, people.a.session);
    let mut notices = store.notices();
    let find = async |at| auth(&store, async |tx| sessions::by_id(tx, id, session, at).await).await.expect("read");
    let found = find(now()).await.expect("live");
    assert_eq!((found.role.as_str(), found.user_status.as_str()), ("ADMIN", "active"));
    assert_eq!(find(found.expires_at).await, None, "over at its end");
    auth(&store, async |tx| sessions::touch(tx, id, session, now() + chrono::Duration::minutes(5)).await)
        .await
        .expect("touch");
    assert!(find(now()).await.expect("live").last_seen_at > found.last_seen_at);
    let listed = user(&store, id, async |tx| sessions::list(tx, id, now()).await).await.expect("list");
    assert_eq!(listed.iter().map(|s| s.id).collect::<Vec<_>>(), [session]);

    assert!(auth(&store, async |tx| sessions::revoke(tx, id, session, now()).await).await.expect("revoke"));
    while notices.recv().await.expect("notice") != Notice::Sessions(session.to_string()) {}
    assert_eq!(find(now()).await, None);
    assert!(!auth(&store, async |tx| sessions::revoke(tx, id, session, now()).await).await.expect("again"));
    let revoked = auth(&store, async |tx| sessions::revoked(tx, now()).await).await.expect("revoked");
    assert_eq!(revoked, [session]);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_family() {
    let (_database, store, people) = setup().await;
    let (id, session) = (people.a.user, people.a.session);
    let (first, second) = ([1; 32], [2; 32]);
    let expires = now() + chrono::Days::new(30);
    let (first_id, second_id) = (Uuid::now_v7(), Uuid::now_v7());
    auth(&store, async |tx| {
        sessions::insert_refresh(tx, id, first_id, session, &first, expires).await?;
        let found = sessions::refresh_by_hash(tx, &first, now()).await?.expect("token");
        assert_eq!((found.user_id, found.session_id, found.used_at, found.session_over), (id, session, None, false));
        sessions::insert_refresh(tx, id, second_id, session, &second, expires).await?;
        assert!(sessions::use_refresh(tx, id, first_id, second_id, now()).await?);
        assert!(!sessions::use_refresh(tx, id, first_id, second_id, now()).await?, "once");
        let reused = sessions::refresh_by_hash(tx, &first, now()).await?.expect("token");
        assert!(reused.used_at.is_some());
        sessions::revoke_family(tx, id, session, now()).await?;
        assert!(sessions::refresh_by_hash(tx, &second, now()).await?.expect("token").revoked_at.is_some());
        assert!(!sessions::use_refresh(tx, id, second_id, first_id, now()).await?, "revoked");
        Ok(())
    })
    .await
    .expect("refresh");
}

#[tokio::test]
async fn personal_tokens_are_found_by_hash_until_revoked() {
    let (_database, store, people) = setup().await;
    let id = people.a.user;
    let new = tokens::NewToken {
        id: Uuid::now_v7(),
        name: "another".to_owned(),
        prefix: "dawsos_pat_abcd".to_owned(),
        token_hash: [7; 32],
        scopes: vec!["portfolio_read".to_owned()],
        portfolio_ids: Some(vec![people.a.portfolio]),
        expires_at: Some(now() + chrono::Days::new(1)),
    };
    user(&store, id, async |tx| tokens::insert(tx, id, &new).await).await.expect("insert");
    let find = async |at| auth(&store, async |tx| tokens::by_hash(tx, &[7; 32], at).await).await.expect("read");
    let live = find(now()).await.expect("live");
    assert_eq!((live.user_id, live.token.portfolio_ids), (id, new.portfolio_ids.clone()));
    assert_eq!(find(now() + chrono::Days::new(2)).await, None, "expired");
    let foreign = user(&store, people.b.user, async |tx| tokens::revoke(tx, id, new.id, now()).await).await;
    assert!(!foreign.expect("not there for another user"));
    assert!(user(&store, id, async |tx| tokens::revoke(tx, id, new.id, now()).await).await.expect("revoke"));
    assert_eq!(find(now()).await, None);
}

#[tokio::test]
async fn there_is_one_setup_link_and_it_works_once() {
    let (_database, store, _) = setup().await;
    let link = |hash: u8| NewLink {
        id: Uuid::now_v7(),
        purpose: "setup".to_owned(),
        token_hash: [hash; 32],
        user_id: None,
        role: Some("ADMIN".to_owned()),
        expires_at: now() + chrono::Duration::minutes(60),
        created_by: None,
    };
    auth(&store, async |tx| {
        links::insert(tx, &link(1), now()).await?;
        links::insert(tx, &link(2), now()).await?;
        assert!(links::by_hash(tx, &[1; 32]).await?.expect("first").used_at.is_some(), "replaced");
        let open = links::by_hash(tx, &[2; 32]).await?.expect("second");
        assert!(links::use_up(tx, open.id, now()).await?);
        assert!(!links::use_up(tx, open.id, now()).await?);
        assert_eq!(links::by_hash(tx, &[3; 32]).await?, None);
        Ok(())
    })
    .await
    .expect("links");
}

#[tokio::test]
async fn five_failures_in_half_an_hour_lock_out_for_half_an_hour() {
    let (_database, store, _) = setup().await;
    let (key, rule, start) = ([9; 32], ThrottleRule::default(), now());
    let minute = |m: i64| start + chrono::Duration::minutes(m);
    auth(&store, async |tx| {
        for m in 0..4 {
            assert_eq!(
                throttle::failed(tx, &key, rule, minute(m)).await?,
                (u32::try_from(m).expect("small") + 1, None)
            );
        }
        // The window is over: counting begins anew.
        assert_eq!(throttle::failed(tx, &key, rule, minute(31)).await?, (1, None));
        for m in 32..35 {
            assert_eq!(throttle::failed(tx, &key, rule, minute(m)).await?.1, None);
        }
        let (failures, locked) = throttle::failed(tx, &key, rule, minute(35)).await?;
        assert_eq!(failures, 5);
        let until = locked.expect("locked");
        assert_eq!((until - minute(65)).num_milliseconds(), 0);
        assert_eq!(throttle::locked_until(tx, &key, minute(64)).await?, Some(until));
        assert_eq!(throttle::locked_until(tx, &key, minute(66)).await?, None);
        throttle::clear(tx, &key).await?;
        assert_eq!(throttle::locked_until(tx, &key, minute(64)).await?, None);
        Ok(())
    })
    .await
    .expect("throttle");
}

#[tokio::test]
async fn an_idempotency_key_has_one_meaning() {
    let (_database, store, people) = setup().await;
    let id = people.a.user;
    let begin = async |who: Uuid, key: &str, hash: u8, at| {
        user(&store, who, async |tx| idempotency::begin(tx, who, key, "POST", "/api/x", &[hash; 32], at).await)
            .await
            .expect("begin")
    };
    assert_eq!(begin(id, "k", 1, now()).await, Begun::New);
    assert_eq!(begin(id, "k", 1, now()).await, Begun::Running);
    assert_eq!(begin(id, "k", 2, now()).await, Begun::OtherRequest);
    assert_eq!(begin(people.b.user, "k", 2, now()).await, Begun::New, "keys belong to users");
    let response = KeptResponse { status: 201, headers: json!({"location": "/x"}), body: b"{}".to_vec() };
    user(&store, id, async |tx| idempotency::finish(tx, id, "k", &response).await).await.expect("finish");
    assert_eq!(begin(id, "k", 1, now()).await, Begun::Done(response));
    assert_eq!(begin(id, "k", 3, now() + chrono::Duration::hours(25)).await, Begun::New, "expired");
    user(&store, id, async |tx| idempotency::release(tx, id, "k").await).await.expect("release");
    assert_eq!(begin(id, "k", 4, now()).await, Begun::New);
}

#[tokio::test]
async fn settings_and_audit() {
    let (_database, store, people) = setup().await;
    let id = people.a.user;
    user(&store, id, async |tx| {
        let mut mine = settings::of_user(tx, id).await?;
        assert_eq!((mine.version, mine.default_portfolio_id), (1, Some(people.a.portfolio)));
        mine.settings = json!({"theme": "light"});
        assert_eq!(settings::put_user(tx, id, &mine).await?, 2);
        let stale = settings::put_user(tx, id, &mine).await;
        assert!(matches!(stale, Err(StoreError::VersionConflict { current: 2, .. })), "{stale:?}");
        let lines = audit::page(tx, None, None, 10).await?;
        assert_eq!(lines.iter().map(|(l, _)| l.actor_id).collect::<Vec<_>>(), [Some(id)]);
        Ok(())
    })
    .await
    .expect("settings");
    let foreign = user(&store, id, async |tx| {
        audit::insert(tx, &audit::AuditLine::new(Some(people.b.user), "x", "y", "z")).await
    })
    .await;
    assert!(matches!(foreign, Err(StoreError::PermissionDenied(_))), "{foreign:?}");
    let mut notices = store.notices();
    store
        .as_worker(ticket(), async |tx| settings::put_system(tx, "imports.max_rows", &json!(5), Some(id)).await)
        .await
        .expect("system setting");
    while notices.recv().await.expect("notice") != Notice::Settings("imports.max_rows".to_owned()) {}
    let seen = user(&store, people.b.user, async |tx| settings::system(tx).await).await.expect("system settings");
    assert_eq!(seen, [("imports.max_rows".to_owned(), json!(5), 1)]);
}
