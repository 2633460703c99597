//! ETags: computed reads answer 304, records need `If-Match`.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_known_result_is_304_until_the_ledger_moves() {
    let world = World::new().await;
    let (p, account) = (world.people.a.portfolio, world.people.a.account);
    for path in [
        format!("/api/portfolio?portfolio_id={p}"),
        format!("/api/holdings?portfolio_id={p}"),
        format!("/api/transactions?portfolio_id={p}&limit=2"),
        format!("/api/metrics/{p}"),
    ] {
        let first = world.get_a(&path).await.expect(200);
        let etag = first.header("etag").to_owned();
        assert_eq!(etag, format!("\"{}\"", first.body["meta"]["result_key"].as_str().expect("key")));
        assert_eq!(first.header("cache-control"), "private, no-cache");
        assert!(first.header("vary").contains("Authorization"));
        let again = |etag: &str| world.request("GET", &path).by(&world.people.a).header("if-none-match", etag).send();
        let unchanged = again(&etag).await.expect(304);
        assert!(unchanged.bytes.is_empty() && unchanged.header("etag") == etag);
        again("\"other\"").await.expect(200);
        again(&format!("\"other\", {etag}")).await.expect(304);
        // Another selection of parts is another representation.
        let parts = if path.contains('?') { format!("{path}&include=trace") } else { format!("{path}?include=trace") };
        world.request("GET", &parts).by(&world.people.a).header("if-none-match", &etag).send().await.expect(200);
        let entry = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "EUR"}});
        world
            .send_a("POST", "/api/transactions", json!({"portfolio_id": p, "transactions": [entry]}))
            .await
            .expect(201);
        again(&etag).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_else_gets_304_for_a_result_of_mine() {
    let world = World::new().await;
    let path = format!("/api/portfolio?portfolio_id={}", world.people.a.portfolio);
    let etag = world.get_a(&path).await.expect(200).header("etag").to_owned();
    let call = world.request("GET", &path).by(&world.people.b).header("if-none-match", &etag);
    call.send().await.refused(404, "portfolio_not_found");
}

#[tokio::test]
async fn records_change_only_with_the_version_that_was_seen() {
    let world = World::new().await;
    let path = format!("/api/accounts/{}", world.people.a.account);
    let change = |etag: Option<&str>, name: &str| {
        let mut call = world.request("PATCH", &path).by(&world.people.a);
        if let Some(etag) = etag {
            call = call.header("if-match", etag);
        }
        call.json(json!({"name": name})).send()
    };
    change(None, "x").await.refused(428, "precondition_required");
    let etag = world.get_a(&path).await.expect(200).header("etag").to_owned();
    let changed = change(Some(&etag), "renamed").await.expect(200);
    assert_eq!(changed.body["data"]["name"], "renamed");
    let stale = change(Some(&etag), "again").await.refused(412, "precondition_failed");
    assert_eq!(stale.header("etag"), changed.header("etag"), "the current version comes with the refusal");
    assert_eq!(world.get_a(&path).await.expect(200).body["data"]["name"], "renamed");
}

#[tokio::test]
async fn a_portfolio_is_renamed_archived_and_set_through_the_ledger() {
    let world = World::new().await;
    let path = format!("/api/portfolios/{}", world.people.a.portfolio);
    let seen = world.get_a(&path).await.expect(200);
    let seq = seen.body["data"]["ledger_seq"].as_u64().expect("seq");
    let change = |etag: String, body| {
        world.request("PATCH", &path).by(&world.people.a).header("if-match", &etag).json(body).send()
    };
    let renamed = change(seen.header("etag").into(), json!({"name": "renamed", "description": "d"})).await.expect(200);
    assert_eq!(
        (renamed.body["data"]["name"].as_str(), renamed.body["data"]["ledger_seq"].as_u64()),
        (Some("renamed"), Some(seq))
    );
    let set = change(renamed.header("etag").into(), json!({"cost_basis_method": "fifo"})).await.expect(200);
    assert_eq!(set.body["data"]["ledger_seq"].as_u64(), Some(seq + 1), "a number depends on it, so it is an entry");
    change(seen.header("etag").into(), json!({"name": "late"})).await.refused(412, "precondition_failed");
    let archived = change(set.header("etag").into(), json!({"status": "archived"})).await.expect(200);
    assert_eq!(archived.body["data"]["status"], "archived");
    let entry = json!({"kind": "deposit", "account_id": world.people.a.account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "EUR"}});
    let body = json!({"portfolio_id": world.people.a.portfolio, "transactions": [entry]});
    if !cfg!(feature = "no_handler_checks") {
        world.send_a("POST", "/api/transactions", body).await.refused(409, "portfolio_archived");
    }
}

#[tokio::test]
async fn a_ledger_that_moved_on_is_a_conflict_with_the_current_commit() {
    let world = World::new().await;
    let (p, account) = (world.people.a.portfolio, world.people.a.account);
    let commit = world.get_a(&format!("/api/portfolios/{p}")).await.expect(200).body["data"]["ledger_commit"].clone();
    let record = |commit: serde_json::Value| {
        let entry = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "EUR"}});
        world.send_a(
            "POST",
            "/api/transactions",
            json!({"portfolio_id": p, "transactions": [entry], "if_ledger_commit": commit}),
        )
    };
    record(commit.clone()).await.expect(201);
    let conflict = record(commit).await.refused(409, "conflict");
    let now = world.get_a(&format!("/api/portfolios/{p}")).await.expect(200).body["data"]["ledger_commit"].clone();
    assert_eq!(conflict.body["ledger_commit"], now, "{}", conflict.body);
}
