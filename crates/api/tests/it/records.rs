//! Records: what is written is what is read, and lists continue where they stopped.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_portfolio_and_its_accounts_are_made_and_named_once() {
    let world = World::new().await;
    let body =
        json!({"name": "Retirement", "base_currency": "CHF", "description": "for later", "cost_basis_method": "fifo"});
    let made = world.send_a("POST", "/api/portfolios", body.clone()).await.expect(201);
    let path = made.header("location").to_owned();
    let read = world.get_a(&path).await.expect(200);
    assert_eq!(read.body["data"], made.body["data"]);
    assert_eq!(
        (read.body["data"]["access"].as_str(), read.body["data"]["ledger_seq"].as_u64()),
        (Some("owner"), Some(2))
    );
    assert_eq!(world.send_a("POST", "/api/portfolios", body).await.refused(409, "already_exists").places(), ["/name"]);
    let account = json!({"name": "Bank", "kind": "bank", "currency": "CHF", "opened_on": "2024-01-01"});
    let made = world.send_a("POST", &format!("{path}/accounts"), account.clone()).await.expect(201);
    assert_eq!(
        world.send_a("POST", &format!("{path}/accounts"), account).await.refused(409, "already_exists").places(),
        ["/name"]
    );
    let one = world.get_a(made.header("location")).await.expect(200);
    let change = |body| {
        world
            .request("PATCH", made.header("location"))
            .by(&world.people.a)
            .header("if-match", one.header("etag"))
            .json(body)
            .send()
    };
    assert_eq!(change(json!({"closed_on": "2023-01-01"})).await.refused(422, "invalid_input").places(), ["/closed_on"]);
    let closed =
        change(json!({"closed_on": "2024-12-31", "institution": "A bank", "opened_on": null})).await.expect(200);
    assert_eq!(
        (closed.body["data"]["closed_on"].as_str(), closed.body["data"]["opened_on"].is_null()),
        (Some("2024-12-31"), true)
    );
}

#[tokio::test]
async fn lists_page_by_signed_cursors_without_gap_or_repetition() {
    let world = World::new().await;
    for n in 0..7 {
        world
            .send_a("POST", "/api/portfolios", json!({"name": format!("p{n}"), "base_currency": "EUR"}))
            .await
            .expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/api/portfolios?limit=3".to_owned();
    loop {
        let page = world.get_a(&path).await.expect(200);
        seen.extend(
            page.body["data"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|r| r["name"].as_str().unwrap_or_default().to_owned()),
        );
        let meta = &page.body["meta"]["page"];
        assert_eq!(meta["limit"], 3);
        match meta["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/portfolios?limit=3&cursor={cursor}"),
            None => break assert_eq!(meta["has_more"], false),
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (8, 8));
    // A cursor belongs to its list, filter and user.
    let first = world.get_a("/api/portfolios?limit=3").await.expect(200);
    let cursor = first.body["meta"]["page"]["next_cursor"].as_str().expect("cursor").to_owned();
    world.get_a(&format!("/api/portfolios?limit=3&status=active&cursor={cursor}")).await.refused(400, "invalid_cursor");
    world.get_a(&format!("/api/imports?cursor={cursor}")).await.refused(400, "invalid_cursor");
    let other = world.request("GET", &format!("/api/portfolios?limit=3&cursor={cursor}")).by(&world.people.b);
    other.send().await.refused(400, "invalid_cursor");
    world.clock.advance(std::time::Duration::from_secs(23 * 3600));
    world.get_a(&format!("/api/portfolios?limit=2&cursor={cursor}")).await.expect(200);
    world.clock.advance(std::time::Duration::from_secs(2 * 3600));
    // The token is as old as the cursor; a new one is made for this request.
    world.get_a(&format!("/api/portfolios?limit=2&cursor={cursor}")).await.refused(410, "cursor_expired");
}

#[tokio::test]
async fn pages_of_transactions_belong_to_one_state_of_the_ledger() {
    let world = World::new().await;
    let (p, account) = (world.people.a.portfolio, world.people.a.account);
    let first = world.get_a(&format!("/api/transactions?portfolio_id={p}&limit=2")).await.expect(200);
    let cursor = first.body["meta"]["page"]["next_cursor"].as_str().expect("more").to_owned();
    let next = format!("/api/transactions?portfolio_id={p}&limit=2&cursor={cursor}");
    let second = world.get_a(&next).await.expect(200);
    assert_eq!(second.body["meta"]["page"]["has_more"], false);
    assert_ne!(first.body["data"]["transactions"], second.body["data"]["transactions"]);
    let entry = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "EUR"}});
    world.send_a("POST", "/api/transactions", json!({"portfolio_id": p, "transactions": [entry]})).await.expect(201);
    world.get_a(&next).await.refused(410, "cursor_expired");
}

#[tokio::test]
async fn a_transaction_shows_its_amounts_and_names() {
    let world = World::new().await;
    let id = world
        .count_text(&format!(
            "SELECT id::text FROM dawsos.transactions WHERE user_id = '{}' AND kind = 'buy'",
            world.people.a.user
        ))
        .await;
    let answer = world.get_a(&format!("/api/transactions/{id}")).await.expect(200);
    let data = &answer.body["data"];
    assert_eq!(data["kind"], "buy");
    assert_eq!(data["security"]["symbol"], "PRIVATE");
    assert_eq!(data["account"]["name"], "Test account");
    assert_eq!(data["price"], json!({"amount": "100", "currency": "EUR"}));
    assert_eq!(data["net_amount"]["amount"], "-1000");
    assert_eq!((data["status"].as_str(), data["history"].as_array().map(Vec::len)), (Some("active"), Some(0)));
}

#[tokio::test]
async fn the_ledger_is_listed_with_its_chain() {
    let world = World::new().await;
    let p = world.people.a.portfolio;
    let all = world.get_a(&format!("/api/portfolios/{p}/ledger")).await.expect(200);
    let rows = all.body["data"].as_array().expect("rows");
    for pair in rows.windows(2) {
        assert_eq!(pair[0]["commit"], pair[1]["prev_commit"]);
    }
    assert_eq!(rows.last().map(|r| &r["commit"]), Some(&all.body["meta"]["ledger_commit"]));
    let from = world.get_a(&format!("/api/portfolios/{p}/ledger?from_seq=3&limit=1")).await.expect(200);
    assert_eq!(from.body["data"][0]["seq"], 3);
    assert_eq!(from.body["meta"]["page"]["has_more"], true);
}

#[tokio::test]
async fn settings_and_profile_are_checked_documents() {
    let world = World::new().await;
    let seen = world.get_a("/api/settings").await.expect(200);
    let put = |etag: &str, body| {
        world.request("PUT", "/api/settings").by(&world.people.a).header("if-match", etag).json(body).send()
    };
    put(seen.header("etag"), json!({"theme": "pink"})).await.refused(422, "invalid_input");
    let body = json!({"theme": "light", "density": "compact", "columns": {"holdings": ["symbol", "weight"]}, "tax_rates": {"gain": "0.26"}});
    let saved = put(seen.header("etag"), body.clone()).await.expect(200);
    assert_eq!(saved.body["data"], body);
    assert_eq!(world.get_a("/api/settings").await.expect(200).body["data"], body);
    put(seen.header("etag"), json!({})).await.refused(412, "precondition_failed");
    let profile = world.get_a("/api/profile").await.expect(200);
    let change = |body| {
        world
            .request("PATCH", "/api/profile")
            .by(&world.people.a)
            .header("if-match", profile.header("etag"))
            .json(body)
            .send()
    };
    change(json!({"locale": "not a locale"})).await.refused(422, "invalid_input");
    let changed =
        change(json!({"display_name": "Ada", "locale": "de-CH", "default_portfolio_id": null})).await.expect(200);
    assert_eq!(
        (changed.body["data"]["display_name"].as_str(), changed.body["data"]["default_portfolio_id"].is_null()),
        (Some("Ada"), true)
    );
}

#[tokio::test]
async fn a_private_security_is_made_found_and_seen_by_its_owner_only() {
    let world = World::new().await;
    let body = json!({"name": "Uncle's company", "kind": "private", "currency": "EUR",
                      "identifiers": [{"scheme": "symbol", "value": "uncle"}, {"scheme": "isin", "value": "DE000BASF111"}]});
    let made = world.send_a("POST", "/api/securities", body).await.expect(201);
    assert_eq!(made.body["data"]["is_private"], true);
    assert_eq!(made.body["data"]["symbol"], "UNCLE");
    let found = world.get_a("/api/securities/search?q=uncle").await.expect(200);
    assert_eq!(found.body["data"]["matches"][0]["id"], made.body["data"]["id"]);
    let other = world.request("GET", "/api/securities/search?q=uncle").by(&world.people.b).send().await.expect(200);
    assert_eq!(other.body["data"]["matches"], json!([]));
    let bad = json!({"name": "x", "kind": "private", "currency": "EUR", "identifiers": [{"scheme": "isin", "value": "DE000BASF112"}]});
    assert_eq!(
        world.send_a("POST", "/api/securities", bad).await.refused(422, "invalid_input").places(),
        ["/identifiers/0/value"]
    );
}

#[tokio::test]
async fn an_import_is_changed_and_dropped_until_it_is_committed() {
    let world = World::new().await;
    let path = format!("/api/imports/{}", world.people.a.import);
    let seen = world.get_a(&path).await.expect(200);
    let send = |method: &'static str, etag: String, body: Option<serde_json::Value>| {
        let call = world.request(method, &path).by(&world.people.a).header("if-match", &etag);
        match body {
            Some(body) => call.json(body),
            None => call,
        }
        .send()
    };
    let changed = send("PATCH", seen.header("etag").into(), Some(json!({"options": {"skip_duplicates": false}})))
        .await
        .expect(200);
    assert_eq!(changed.body["data"]["options"], json!({"skip_duplicates": false}));
    send("DELETE", seen.header("etag").into(), None).await.refused(412, "precondition_failed");
    send("DELETE", changed.header("etag").into(), None).await.expect(204);
    world.get_a(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn patterns_and_capabilities_describe_themselves() {
    let world = World::new().await;
    let list = world.get_a("/api/patterns").await.expect(200);
    let overview = list.body["data"]
        .as_array()
        .and_then(|rows| rows.iter().find(|r| r["id"] == "portfolio_overview"))
        .cloned()
        .expect("listed");
    assert_eq!((overview["status"].as_str(), overview["allowed"].as_bool()), (Some("ok"), Some(true)));
    assert_eq!(overview["inputs"]["properties"]["lookback_days"]["default"], 252);
    assert_eq!(overview["inputs"]["required"], json!(["portfolio_id"]));
    let one = world.get_a("/api/patterns/portfolio_overview").await.expect(200);
    assert_eq!(one.body["data"]["steps"][0]["capability"], "portfolio.get_valued_positions@1.0.0");
    assert!(one.body["data"]["text"].as_str().is_some_and(|t| t.contains("portfolio_overview")));
    let plan = world.get_a("/api/patterns/portfolio_overview/plan").await.expect(200);
    assert!(plan.body["data"].to_string().contains("financial_analyst"), "{}", plan.body);
    let check = |text: &str| world.send_a("POST", "/api/patterns/check", json!({"text": text}));
    let bad = check("{\"id\": \"x\",\n nonsense").await.expect(200);
    assert_eq!(bad.body["data"]["valid"], false);
    assert_eq!(bad.body["data"]["diagnostics"][0]["line"], 2);
    let good = check(one.body["data"]["text"].as_str().expect("text")).await.expect(200);
    assert_eq!(good.body["data"]["valid"], true, "{}", good.body);
    let capabilities = world.get_a("/api/capabilities").await.expect(200);
    let names: Vec<&str> =
        capabilities.body["data"].as_array().expect("rows").iter().filter_map(|c| c["name"].as_str()).collect();
    assert!(names.contains(&"ledger.lots") && names.contains(&"pricing.supersede"));
}

#[tokio::test]
async fn every_change_of_a_record_writes_the_audit_log() {
    let world = World::new().await;
    let a = &world.people.a;
    let etag_of = async |path: &str| world.get_a(path).await.expect(200).header("etag").to_owned();
    let change = async |method: &str, path: String, body: serde_json::Value| {
        let etag = etag_of(&path).await;
        let call = world.request(method, &path).by(a).header("if-match", &etag).json(body);
        assert!(call.send().await.status.is_success(), "{method} {path}");
    };
    let path = format!("/api/portfolios/{}/accounts", a.portfolio);
    world.send_a("POST", &path, json!({"name": "new", "kind": "bank", "currency": "EUR"})).await.expect(201);
    world
        .send_a("POST", "/api/securities", json!({"name": "x", "kind": "private", "currency": "EUR"}))
        .await
        .expect(201);
    change("PATCH", format!("/api/portfolios/{}", a.portfolio), json!({"name": "other"})).await;
    change("PATCH", format!("/api/accounts/{}", a.account), json!({"name": "other"})).await;
    change("PATCH", "/api/profile".into(), json!({"display_name": "other"})).await;
    change("PUT", "/api/settings".into(), json!({"theme": "dark"})).await;
    change("PATCH", format!("/api/imports/{}", a.import), json!({"options": {"skip_duplicates": true}})).await;
    change("DELETE", format!("/api/imports/{}", a.import), json!({})).await;
    let actions = world
        .count_text(&format!(
            "SELECT string_agg(action, ' ' ORDER BY action) FROM dawsos.audit_log WHERE actor_id = '{}' AND request_id IS NOT NULL",
            a.user
        ))
        .await;
    assert_eq!(
        actions,
        "account.change account.create import.change import.delete portfolio.change profile.change security.create settings.change"
    );
}

#[tokio::test]
async fn a_file_is_previewed_committed_once_and_known_when_it_comes_again() {
    let world = World::new().await;
    let a = &world.people.a;
    let upload = async |csv: &str| {
        let body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"portfolio_id\"\r\n\r\n{}\r\n\
             --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n{csv}\r\n--b--\r\n",
            a.portfolio
        );
        let call = world.request("POST", "/api/imports").by(a).text("multipart/form-data; boundary=b", &body);
        call.send().await.expect(201).header("location").to_owned()
    };
    let entries = "SELECT count(*) FROM dawsos.ledger_entries";
    let before = world.count(entries).await;
    let good = "kind,trade_date,currency,gross_amount\ndeposit,2024-03-01,EUR,5\ndeposit,2024-03-02,EUR,6";
    let first = upload(good).await;
    let preview = world.get_a(&format!("{first}/preview?limit=1")).await.expect(200);
    assert_eq!(preview.body["data"]["counts"]["ok"], 2);
    assert_eq!(preview.body["meta"]["page"]["total"], 2);
    let cursor = preview.body["meta"]["page"]["next_cursor"].as_str().expect("more");
    let rest = world.get_a(&format!("{first}/preview?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(
        (rest.body["data"]["rows"][0]["line"].as_u64(), &rest.body["meta"]["page"]["has_more"]),
        (Some(3), &json!(false))
    );
    assert_eq!(world.count(entries).await, before, "a preview writes nothing");
    world.send_a("POST", &format!("{first}/commit"), json!({})).await.expect(201);
    assert_eq!(world.count(entries).await, before + 2);
    let done = world.get_a(&first).await.expect(200);
    assert_eq!(
        (done.body["data"]["status"].as_str(), done.body["data"]["entries"].is_object()),
        (Some("committed"), true)
    );
    world.send_a("POST", &format!("{first}/commit"), json!({})).await.refused(409, "import_already_committed");
    let again = upload(good).await;
    let preview = world.get_a(&format!("{again}/preview")).await.expect(200);
    assert_eq!(preview.body["data"]["counts"]["duplicate"], 2);
    let bad = upload("kind,trade_date,currency,gross_amount\ndeposit,2024-03-01,EUR,7\nbye,2024-13-01,EUX,x").await;
    let refused = world.send_a("POST", &format!("{bad}/commit"), json!({})).await.refused(422, "import_rejected");
    let places: Vec<(u64, &str)> = refused.body["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| (e["line"].as_u64().unwrap_or_default(), e["column"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(places, [(3, "kind"), (3, "trade_date"), (3, "currency"), (3, "gross_amount")]);
    assert_eq!(world.count(entries).await, before + 2, "all or nothing");
}
