//! `Idempotency-Key`: once, and the same answer again.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_twice() {
    let world = World::new().await;
    let send = |key: &'static str, name: &str| {
        let call = world.request("POST", "/api/portfolios").by(&world.people.a).header("idempotency-key", key);
        call.json(json!({"name": name, "base_currency": "EUR"})).send()
    };
    let first = send("k-1", "new").await.expect(201);
    let again = send("k-1", "new").await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(first.header("idempotency-replayed").is_empty());
    assert_eq!(first.bytes, again.bytes);
    assert_eq!((first.header("location"), first.header("etag")), (again.header("location"), again.header("etag")));
    send("k-1", "other").await.refused(409, "conflict");
    let other_user = world.request("POST", "/api/portfolios").by(&world.people.b).header("idempotency-key", "k-1");
    other_user.json(json!({"name": "mine", "base_currency": "EUR"})).send().await.expect(201);
    assert_eq!(world.count("SELECT count(*) FROM dawsos.portfolios WHERE name = 'new'").await, 1);
}

#[tokio::test]
async fn a_refused_request_frees_its_key() {
    let world = World::new().await;
    let send = |body: Value| {
        world.request("POST", "/api/portfolios").by(&world.people.a).header("idempotency-key", "k-2").json(body).send()
    };
    send(json!({"name": "", "base_currency": "EUR"})).await.expect(422);
    send(json!({"name": "good", "base_currency": "EUR"})).await.expect(201);
}

#[tokio::test]
async fn a_request_that_still_runs_is_said_to_run() {
    let world = World::new().await;
    let send = || {
        let call = world.request("POST", "/api/portfolios").by(&world.people.a).header("idempotency-key", "k-3");
        call.json(json!({"name": "new", "base_currency": "EUR"})).send()
    };
    send().await.expect(201);
    world.sql("UPDATE dawsos.idempotency_keys SET state = 'running', response_status = NULL, response_body = NULL, response_headers = NULL WHERE key = 'k-3'").await;
    let busy = send().await.refused(409, "idempotency_in_progress");
    assert_eq!(busy.header("retry-after"), "1");
}

#[tokio::test]
async fn ledger_writes_need_a_key() {
    let world = World::new().await;
    let (p, account) = (world.people.a.portfolio, world.people.a.account);
    let entry = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "EUR"}});
    let body = json!({"portfolio_id": p, "transactions": [entry]});
    let send = |key: Option<&str>| {
        let mut call = world.request("POST", "/api/transactions").by(&world.people.a);
        if let Some(key) = key {
            call = call.header("idempotency-key", key);
        }
        call.json(body.clone()).send()
    };
    send(None).await.refused(400, "invalid_header");
    send(Some(&"k".repeat(129))).await.refused(400, "invalid_header");
    let before = world.count("SELECT count(*) FROM dawsos.ledger_entries").await;
    let first = send(Some("t-1")).await.expect(201);
    let again = send(Some("t-1")).await.expect(201);
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(world.count("SELECT count(*) FROM dawsos.ledger_entries").await, before + 1);
}
