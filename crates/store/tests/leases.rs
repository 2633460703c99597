//! What a lease promises: one transaction, one identity, a deadline, and no trace when it is dropped.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use store::queries::executions::{self, Execution};
use store::queries::imports::{self, ImportRow, ImportStatus};
use store::queries::portfolios::{self, PortfolioChange};
use store::queries::results::{self, KeptResult};
use store::queries::{health, securities};
use store::{Admission, Class, ExecutionWriter, Finished, LeaseTicket, Limits, Notice, Store, StoreError};
use testkit::{TestDatabase, two_users};
use uuid::Uuid;

fn ticket(user: Uuid) -> LeaseTicket {
    LeaseTicket::platform(user, Duration::from_secs(60))
}

async fn rename(store: &Store, user: Uuid, portfolio: Uuid, name: &str) -> Result<(), StoreError> {
    let change = PortfolioChange { name: Some(name.to_owned()), ..Default::default() };
    store
        .as_user(ticket(user), user, async |tx| {
            let head = portfolios::head(tx, user, portfolio).await?.expect("head");
            portfolios::update(tx, user, portfolio, head.version, &change).await.map(drop)
        })
        .await
}

#[tokio::test]
async fn heads_come_from_memory_until_anybody_changes_them() {
    let database = TestDatabase::create().await;
    let (one, two) = (database.store().await, database.store().await);
    let mut notices = one.notices();
    let people = two_users(&one).await;
    let (user, portfolio) = (people.a.user, people.a.portfolio);
    // What the fixture announced has arrived.
    let last = Notice::Ledger { user: people.b.user, portfolio: people.b.portfolio };
    while notices.recv().await.expect("notice") != last {}
    assert_eq!(one.cached_head(user, portfolio), None);
    let head = one.portfolio_head(ticket(user), user, portfolio).await.expect("head").expect("there");
    assert_eq!(one.cached_head(user, portfolio), Some(head.clone()));
    assert_eq!(one.cached_head(people.b.user, portfolio), None, "only for its owner");
    assert_eq!(one.portfolio_head(ticket(people.b.user), people.b.user, portfolio).await.expect("query"), None);

    // An own change is seen at once.
    rename(&one, user, portfolio, "First").await.expect("rename");
    assert_eq!(one.cached_head(user, portfolio), None);
    let head = one.portfolio_head(ticket(user), user, portfolio).await.expect("head").expect("there");
    assert_eq!(head.name, "First");
    while notices.recv().await.expect("notice") != (Notice::Ledger { user, portfolio }) {}

    // A change of another server is announced.
    one.portfolio_head(ticket(user), user, portfolio).await.expect("head");
    rename(&two, user, portfolio, "Second").await.expect("rename");
    while notices.recv().await.expect("notice") != (Notice::Ledger { user, portfolio }) {}
    let head = one.portfolio_head(ticket(user), user, portfolio).await.expect("head").expect("there");
    assert_eq!(head.name, "Second");
}

#[tokio::test]
async fn a_lost_listener_costs_memory_and_not_truth() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut notices = store.notices();
    let people = two_users(&store).await;
    let (user, portfolio) = (people.a.user, people.a.portfolio);
    store.portfolio_head(ticket(user), user, portfolio).await.expect("head");
    let admin = database.admin().await;
    let killed = admin
        .query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE '%listener'",
            &[],
        )
        .await
        .expect("kill");
    assert_eq!(killed.len(), 1);
    while notices.recv().await.expect("notice") != Notice::Reconnected {}
    assert_eq!(store.cached_head(user, portfolio), None, "nothing from before is served");
    let head = store.portfolio_head(ticket(user), user, portfolio).await.expect("head");
    assert_eq!(store.cached_head(user, portfolio), head);
}

#[tokio::test]
async fn connections_that_died_are_replaced_before_anything_was_done() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let (user, portfolio) = (people.a.user, people.a.portfolio);
    let admin = database.admin().await;
    for _ in 0..5 {
        admin
            .query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'dawsos'",
                &[],
            )
            .await
            .expect("kill");
        let head = store
            .as_user(ticket(user), user, async |tx| portfolios::head(tx, user, portfolio).await)
            .await
            .expect("read survives");
        assert!(head.is_some());
    }
}

#[tokio::test]
async fn a_dropped_future_leaves_no_transaction_and_no_identity() {
    let database = TestDatabase::create().await;
    let mut config = database.config();
    config.pool_max = 1; // the next lease gets the same connection, if it was returned
    let store = Store::connect(config).await.expect("store");
    let people = two_users(&store).await;
    let (user, portfolio) = (people.a.user, people.a.portfolio);
    // Dropped between two statements, with a change done and not committed.
    {
        let (reached, mut waits) = tokio::sync::mpsc::channel::<()>(1);
        let work = store.as_user(ticket(user), user, async |tx| {
            let head = portfolios::head(tx, user, portfolio).await?.expect("head");
            let change = PortfolioChange { name: Some("Dropped".to_owned()), ..Default::default() };
            portfolios::update(tx, user, portfolio, head.version, &change).await?;
            let _ = reached.send(()).await;
            std::future::pending::<Result<(), StoreError>>().await
        });
        tokio::select! {
            _ = work => unreachable!("never ends"),
            _ = waits.recv() => {}
        }
    }
    let seen = store
        .as_user(ticket(people.b.user), people.b.user, async |tx| portfolios::list(tx, people.b.user, None).await)
        .await
        .expect("another user on the same connection");
    assert_eq!(seen.iter().map(|p| p.id).collect::<Vec<_>>(), [people.b.portfolio]);
    let head = store.as_user(ticket(user), user, async |tx| portfolios::head(tx, user, portfolio).await).await;
    assert_eq!(head.expect("head").expect("there").name, "Test portfolio");
    assert_eq!(store.leases().snapshot().in_use, 0);
}

#[tokio::test]
async fn a_lease_ends_at_its_deadline() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let (user, portfolio) = (people.a.user, people.a.portfolio);
    let holder = store.clone();
    let result = holder
        .as_user(ticket(user), user, async |tx| {
            portfolios::lock(tx, user, portfolio).await?;
            let short = LeaseTicket::platform(user, Duration::from_millis(200));
            Ok(store.as_user(short, user, async |tx| portfolios::lock(tx, user, portfolio).await).await)
        })
        .await
        .expect("holder");
    assert!(matches!(result, Err(StoreError::DeadlineExceeded(_))), "{result:?}");
    let past = LeaseTicket::platform(user, Duration::ZERO);
    let result = store.as_user(past, user, async |tx| portfolios::head(tx, user, portfolio).await).await;
    assert!(matches!(result, Err(StoreError::DeadlineExceeded(_) | StoreError::Overloaded { .. })), "{result:?}");
}

#[tokio::test]
async fn bulkheads_hold_and_waiters_are_served_or_told() {
    let database = TestDatabase::create().await;
    let mut config = database.config();
    config.pool_max = 2;
    config.limits = Limits { total: 2, bulkheads: [("slow".to_owned(), 1)].into(), ..Limits::default() };
    let store = Store::connect(config).await.expect("store");
    let user = Uuid::now_v7();
    let slow = |ms| LeaseTicket::new("slow", user, 0, Duration::from_millis(ms));
    let first = store.leases().acquire(slow(60_000)).await.expect("first");
    assert_eq!(store.leases().snapshot().in_use, 1);
    // The bulkhead is full: a short wait ends in an honest refusal, another agent passes.
    let refused = store.leases().acquire(slow(50)).await;
    assert!(matches!(refused, Err(StoreError::Overloaded { .. })), "{refused:?}");
    store.leases().acquire(LeaseTicket::new("other", user, 0, Duration::from_secs(5))).await.expect("other agent");
    let waiting = tokio::spawn({
        let leases = store.leases().clone();
        let ticket = slow(60_000);
        let times = ticket.times.clone();
        async move { (leases.acquire(ticket).await.map(drop), times) }
    });
    let abandoned = store.leases().acquire(slow(60_000));
    let dropped = tokio::time::timeout(Duration::from_millis(20), abandoned).await;
    assert!(dropped.is_err(), "it waits and is dropped");
    drop(first);
    let (served, times) = waiting.await.expect("task");
    served.expect("served after the first");
    assert!(times.wait() > Duration::ZERO);
    assert_eq!(store.leases().snapshot().in_use, 0, "the dropped waiter holds nothing");
}

#[tokio::test]
async fn admission_ends_with_its_guard() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let admission = |store: &Arc<Store>| Admission {
        execution: store.leases().next_execution(),
        user: Uuid::now_v7(),
        agents: vec!["financial_analyst".to_owned()],
        expected_lease: Duration::from_millis(5),
        deadline_in: Duration::from_secs(5),
        class: Class::Interactive,
    };
    let guards = [
        store.leases().admit(admission(&store)).await.expect("one"),
        store.leases().admit(admission(&store)).await.expect("two"),
    ];
    assert_ne!(guards[0].execution(), guards[1].execution());
    assert_eq!(store.leases().snapshot().admission.running, 2);
    drop(guards);
    assert_eq!(store.leases().snapshot().admission.running, 0);
}

#[tokio::test]
async fn works_without_prepared_statements() {
    let database = TestDatabase::create().await;
    let mut config = database.config();
    config.prepared = false;
    let store = Store::connect(config).await.expect("store");
    let people = two_users(&store).await;
    let user = people.a.user;
    let (list, names) = store
        .as_user(ticket(user), user, async |tx| {
            let list = portfolios::list(tx, user, Some("active")).await?;
            Ok((list.len(), securities::search(tx, "private", 5).await?.len()))
        })
        .await
        .expect("typed statements");
    assert_eq!((list, names), (1, 1));
}

#[tokio::test]
async fn announcements_use_known_channels_and_come_with_the_commit() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut notices = store.notices();
    let worker = || ticket(Uuid::nil());
    let unknown = store.as_worker(worker(), async |tx| health::announce(tx, "gossip", "x").await).await;
    assert!(matches!(unknown, Err(StoreError::Configuration(_))), "{unknown:?}");
    let undone: Result<(), StoreError> = store
        .as_worker(worker(), async |tx| {
            health::announce(tx, "patterns", "undone").await?;
            Err(StoreError::NotFound("anything"))
        })
        .await;
    assert!(undone.is_err());
    store.as_worker(worker(), async |tx| health::announce(tx, "patterns", "done").await).await.expect("announce");
    assert_eq!(notices.recv().await.expect("notice"), Notice::Patterns("done".to_owned()));
}

fn execution(id: Uuid, status: &str) -> Execution {
    Execution {
        id,
        pattern_id: "portfolio_overview".to_owned(),
        pattern_hash: [1; 32],
        mode: "sync".to_owned(),
        trigger: "api".to_owned(),
        inputs: json!({"a": 1}),
        context: json!({"as_of": "2022-06-15"}),
        result_key: None,
        status: status.to_owned(),
        error: None,
        replica_id: None,
        admitted_at: None,
        finished_at: None,
        created_at: chrono::DateTime::from_timestamp_micros(1_700_000_000_000_000).expect("time"),
        trace: Some(b"[{\"step\":\"a\"}]".repeat(1_000)),
    }
}

fn kept(key: u8, outputs: &[u8]) -> KeptResult {
    KeptResult {
        result_key: [key; 32],
        pattern_hash: [1; 32],
        pack_hash: Some([2; 32]),
        ledger_commit: Some([3; 32]),
        capability_versions: json!({"ledger.lots": "1"}),
        outputs: outputs.to_vec(),
        expires_at: None,
    }
}

#[tokio::test]
async fn executions_and_results_are_written_behind_and_kept() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let (a, b) = (people.a.user, people.b.user);
    let writer = ExecutionWriter::start(store.clone());
    // What PostgreSQL cannot keep in `jsonb` must not cost the log of the others of its batch.
    let hostile = Execution { inputs: json!({"na\0me": ["a\0b"]}), ..execution(Uuid::now_v7(), "failed") };
    writer.write(Finished { user: a, execution: hostile.clone(), result: None }).await.expect("queued");
    let ids: Vec<Uuid> = (0..600).map(|_| Uuid::now_v7()).collect();
    for (i, id) in ids.iter().enumerate() {
        let user = if i % 2 == 0 { a } else { b };
        let result = Some(kept(9, format!("{{\"n\":{i}}}").as_bytes()));
        writer.write(Finished { user, execution: execution(*id, "finished"), result }).await.expect("queued");
    }
    writer.flush().await.expect("flush");
    store
        .as_user(ticket(a), a, async |tx| {
            let kept_hostile = executions::by_id(tx, a, hostile.id).await?.expect("logged");
            assert_eq!(kept_hostile.inputs, json!({"na\u{fffd}me": ["a\u{fffd}b"]}));
            let listed = executions::list(tx, a, Some("portfolio_overview"), Some("finished"), None, 1_000).await?;
            assert_eq!(listed.len(), 301, "300 and the one of the fixture");
            assert!(listed.is_sorted_by(|x, y| x.id > y.id) && listed.iter().all(|e| e.trace.is_none()));
            let one = executions::by_id(tx, a, ids[0]).await?.expect("own");
            assert_eq!(one, execution(ids[0], "finished"));
            assert_eq!(executions::by_id(tx, a, ids[1]).await?, None, "another user's");
            // Finished stays finished.
            executions::insert(tx, a, &[execution(ids[0], "failed")]).await?;
            assert_eq!(executions::by_id(tx, a, ids[0]).await?.expect("own").status, "finished");
            // The first outputs of a key stay.
            assert_eq!(results::get(tx, a, &[9; 32]).await?, Some(kept(9, b"{\"n\":0}")));
            results::put(tx, a, &[kept(9, b"other"), kept(10, b"new")]).await?;
            assert_eq!(results::get(tx, a, &[9; 32]).await?.expect("kept").outputs, b"{\"n\":0}");
            assert_eq!(results::get(tx, b, &[9; 32]).await?, None, "results belong to users");
            results::touch(tx, a, &[[9; 32]]).await
        })
        .await
        .expect("read");
    // Only the most recently used fit.
    let dropped = store.as_worker_for(ticket(a), a, async |tx| results::prune(tx, a, 20).await).await.expect("prune");
    assert!(dropped >= 1, "{dropped}");
    // A kept result that was tampered with is not served.
    let admin = database.admin().await;
    admin
        .execute("UPDATE dawsos.results SET output_hash = sha256('x') WHERE user_id = $1", &[&b])
        .await
        .expect("tamper");
    let tampered = store.as_user(ticket(b), b, async |tx| results::get(tx, b, &[9; 32]).await).await;
    assert!(matches!(tampered, Err(StoreError::Corrupt { .. })), "{tampered:?}");
}

#[tokio::test]
async fn an_import_is_committed_once_and_its_rows_are_known_then() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let (user, import, portfolio) = (people.a.user, people.a.import, people.a.portfolio);
    let row = |line: u32, status: &str| ImportRow {
        line,
        part: 0,
        raw: json!([line]),
        entry: Some(json!({"kind": "deposit"})),
        row_key: Some(format!("key {line}")),
        status: status.to_owned(),
        problems: json!([]),
        seq: None,
    };
    store
        .as_user(ticket(user), user, async |tx| {
            let rows: Vec<ImportRow> = (2..=50_001).map(|n| row(n, if n % 10 == 0 { "error" } else { "ok" })).collect();
            imports::replace_rows(tx, user, import, &rows).await?;
            let page = imports::rows(tx, user, import, Some(&["error".to_owned()]), Some((10, 0)), 2).await?;
            assert_eq!(page.iter().map(|r| r.line).collect::<Vec<_>>(), [20, 30]);
            assert_eq!(page[0], row(20, "error"));
            let mut found = imports::lock(tx, user, import).await?.expect("import");
            found.status = ImportStatus::Previewed;
            found.counts = json!({"ok": 45_000, "error": 5_000});
            let updated = imports::update(tx, user, &found).await?;
            assert_eq!(updated.version, found.version + 1);
            let keys = ["key 2".to_owned(), "key 3".to_owned(), "other".to_owned()];
            assert!(imports::known_row_keys(tx, user, portfolio, &keys).await?.is_empty());
            imports::set_row_seqs(tx, user, import, &[(2, 0, 1), (3, 0, 2)]).await?;
            assert!(imports::mark_committed(tx, user, import, 1, 2, &json!({"ok": 2})).await?);
            assert!(!imports::mark_committed(tx, user, import, 1, 2, &json!({})).await?, "once");
            assert_eq!(imports::known_row_keys(tx, user, portfolio, &keys).await?.len(), 2);
            assert!(!imports::delete(tx, user, import).await?, "what was written is not deleted");
            assert!(imports::mark_reverted(tx, user, import).await?);
            assert!(imports::known_row_keys(tx, user, portfolio, &keys).await?.is_empty(), "may come again");
            let listed = imports::list(tx, user, Some(portfolio), None, 10).await?;
            assert_eq!(listed.iter().map(|i| (i.id, i.status)).collect::<Vec<_>>(), [(import, ImportStatus::Reverted)]);
            let (media_type, content) = imports::blob(tx, user, &listed[0].file_sha256).await?.expect("file");
            assert_eq!((media_type.as_str(), content.as_slice()), ("text/csv", b"kind,account\n".as_slice()));
            let huge = vec![0; imports::BLOB_BYTES_MAX + 1];
            let refused = imports::put_blob(tx, user, &[0; 32], "text/csv", &huge, None).await;
            assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
            Ok(())
        })
        .await
        .expect("import");
}
