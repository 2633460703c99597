//! Whatever comes in: a clear problem, nothing written, no 5xx.

use api::openapi::path_parameters;
use api::router::ROUTES;
use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

/// A path with ids that have the right form.
fn concrete(path: &str) -> String {
    let mut out = path.to_owned();
    for name in path_parameters(path) {
        let value = match (path, name) {
            ("/api/packs/{id}", _) => "PP_2024-03-28".to_owned(),
            ("/api/capabilities/{name}/run", _) => "ledger.lots".to_owned(),
            ("/docs/errors/{code}", _) => "oversell".to_owned(),
            ("/api/auth/links/{purpose}", _) => "reset".to_owned(),
            (path, _) if path.starts_with("/api/patterns/") => "portfolio_overview".to_owned(),
            _ => Uuid::now_v7().to_string(),
        };
        out = out.replace(&format!("{{{name}}}"), &value);
    }
    out
}

#[tokio::test]
async fn unknown_query_parameters_are_refused_on_every_route() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|r| !r.is_upload()) {
        let path = format!("{}?zz_unknown=1", concrete(route.path));
        let key = Uuid::now_v7().to_string();
        let call = world.request(route.method.as_str(), &path).by(&world.people.a).header("idempotency-key", &key);
        let answer = call.send().await.expect(400);
        assert!(answer.places().contains(&"zz_unknown"), "{route:?}: {}", answer.body);
        assert!(answer.body["errors"].to_string().contains("unknown_parameter"), "{route:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn unknown_body_fields_are_refused_with_the_nearest_name() {
    let world = World::new().await;
    let writes = [Method::POST, Method::PUT, Method::PATCH];
    for route in ROUTES.iter().filter(|r| writes.contains(&r.method) && !r.is_upload()) {
        let answer = world.send_a(route.method.as_str(), &concrete(route.path), json!({"zz_unknown": 1})).await;
        assert_eq!(answer.status.as_u16(), 422, "{route:?}: {}", answer.body);
        assert!(answer.places().contains(&"/zz_unknown"), "{route:?}: {}", answer.body);
    }
    let answer =
        world.send_a("POST", "/api/portfolios", json!({"name": "x", "base_currenzy": "EUR"})).await.expect(422);
    let details = answer.body["errors"].to_string();
    assert!(details.contains("did you mean base_currency?"), "{details}");
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused_on_every_route() {
    let world = World::new().await;
    let writes = [Method::POST, Method::PUT, Method::PATCH];
    for route in ROUTES.iter().filter(|r| writes.contains(&r.method) && !r.is_upload()) {
        for body in ["{", "[]", "\"x\"", "nul", "{\"a\":1}}", "{\"a\":\u{1}}"] {
            let key = Uuid::now_v7().to_string();
            let call = world
                .request(route.method.as_str(), &concrete(route.path))
                .by(&world.people.a)
                .header("idempotency-key", &key);
            call.text("application/json", body).send().await.refused(400, "invalid_json");
        }
        let key = Uuid::now_v7().to_string();
        let call = world
            .request(route.method.as_str(), &concrete(route.path))
            .by(&world.people.a)
            .header("idempotency-key", &key);
        call.text("text/plain", "{}").send().await.refused(415, "unsupported_media_type");
    }
    let answer = world
        .request("POST", "/api/portfolios")
        .by(&world.people.a)
        .text("application/json", "{\n  \"name\": x\n}")
        .send()
        .await;
    assert!(answer.body["detail"].as_str().is_some_and(|d| d.starts_with("line 2, column 11")), "{}", answer.body);
}

#[tokio::test]
async fn wrong_ids_are_refused_on_every_route_that_has_one() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|r| path_parameters(r.path).next().is_some()) {
        for bad in
            ["not-a-uuid", "%27%20OR%201=1", "..%2f..%2fetc%2fpasswd", "00000000-0000-0000-0000-00000000000g", "%00"]
        {
            let mut path = route.path.to_owned();
            for name in path_parameters(route.path) {
                path = path.replace(&format!("{{{name}}}"), bad);
            }
            let body = json!({"reason": "r", "transaction": {"kind": "fee", "account_id": Uuid::nil(), "trade_date": "2024-01-01", "currency": "EUR"},
                              "name": "n", "kind": "bank", "currency": "EUR"});
            let key = Uuid::now_v7().to_string();
            let mut call = world
                .request(route.method.as_str(), &path)
                .by(&world.people.a)
                .header("idempotency-key", &key)
                .header("if-match", "\"v1\"");
            if route.method != Method::GET && route.method != Method::DELETE {
                call = call.json(body);
            }
            let answer = call.send().await;
            let status = answer.status.as_u16();
            assert!([400, 404, 422].contains(&status), "{} {path}: {status} {}", route.method, answer.body);
        }
    }
    let answer = world.get_a("/api/accounts/17").await.refused(400, "invalid_id");
    assert_eq!(answer.places(), ["id"]);
}

#[tokio::test]
async fn wrong_query_values_are_all_listed_at_once() {
    let world = World::new().await;
    let path = "/api/transactions?portfolio_id=7&as_of=2024-13-01&kind=buy,bye&limit=0&include_voided=maybe&currency=ZZZ&pricing_pack_id=x";
    let answer = world.get_a(path).await.refused(400, "invalid_parameter");
    let mut places = answer.places();
    places.sort_unstable();
    assert_eq!(places, ["as_of", "currency", "include_voided", "kind", "limit", "portfolio_id", "pricing_pack_id"]);
    let kinds = answer.body["errors"].as_array().and_then(|e| e.iter().find(|e| e["parameter"] == "kind")).cloned();
    assert!(kinds.is_some_and(|k| k["allowed"].as_array().is_some_and(|a| a.contains(&json!("buy")))));
    world.get_a("/api/transactions?cursor=nonsense").await.refused(400, "invalid_cursor");
    world.get_a("/api/portfolios?status=%ff").await.refused(400, "invalid_parameter");
}

#[tokio::test]
async fn wrong_headers_are_named() {
    let world = World::new().await;
    let cases =
        [("x-request-id", "has space"), ("x-deadline-ms", "0"), ("x-deadline-ms", "60001"), ("x-deadline-ms", "soon")];
    for (name, value) in cases {
        let call = world.request("GET", "/api/portfolios").by(&world.people.a).header(name, value);
        call.send().await.refused(400, "invalid_header");
    }
    let account = world.people.a.account;
    for value in ["v1", "\"1\"", "*", "W/\"v1\""] {
        let call =
            world.request("PATCH", &format!("/api/accounts/{account}")).by(&world.people.a).header("if-match", value);
        call.json(json!({"name": "x"})).send().await.refused(400, "invalid_header");
    }
}

#[tokio::test]
async fn a_transaction_says_everything_that_is_wrong_with_it_and_writes_nothing() {
    let world = World::new().await;
    let (p, account) = (world.people.a.portfolio, world.people.a.account);
    let before = world.count("SELECT count(*) FROM dawsos.ledger_entries").await;
    let record = |transactions: serde_json::Value| {
        world.send_a("POST", "/api/transactions", json!({"portfolio_id": p, "transactions": transactions}))
    };
    let bad = record(json!([
        {"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": 100},
        {"kind": "bye", "account_id": "x", "trade_date": "01.03.2024", "price": {"amount": "1e3", "currency": "EURO"}}
    ]))
    .await
    .refused(422, "invalid_input");
    assert_eq!(
        bad.places(),
        [
            "/transactions/0/gross_amount",
            "/transactions/1/kind",
            "/transactions/1/account_id",
            "/transactions/1/trade_date",
            "/transactions/1/price/amount",
            "/transactions/1/price/currency",
        ]
    );
    let sale = json!({"kind": "sell", "account_id": account, "trade_date": "2024-03-01", "security": {"id": world.people.a.security},
                      "quantity": "7", "price": {"amount": "1", "currency": "EUR"}});
    let oversold = record(json!([sale])).await.refused(422, "oversell");
    assert_eq!(oversold.places(), ["/transactions/0/quantity"], "pointers follow the words of the body");
    assert!(
        oversold.body["errors"][0]["detail"].as_str().is_some_and(|d| d.contains('6') && d.contains('7')),
        "{}",
        oversold.body
    );
    let unknown = json!({"kind": "buy", "account_id": account, "trade_date": "2024-03-01", "security": {"symbol": "NOPE"},
                         "quantity": "1", "price": {"amount": "1", "currency": "EUR"}});
    let unknown = record(json!([unknown])).await.expect(422);
    assert_eq!(
        (unknown.places(), unknown.body["errors"][0]["code"].as_str()),
        (vec!["/transactions/0/security"], Some("unknown_security"))
    );
    let foreign = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01", "gross_amount": {"amount": "1", "currency": "XOF"}});
    assert_eq!(record(json!([foreign])).await.refused(422, "missing_fx").places(), ["/transactions/0/fx_rate"]);
    record(json!([])).await.refused(422, "invalid_input");
    let currency = record(json!([{"kind": "deposit", "account_id": account, "trade_date": "2024-03-01",
                                  "gross_amount": {"amount": "1", "currency": "EUX"}}]))
    .await
    .expect(422);
    assert!(currency.body["errors"].to_string().contains("unknown_currency"), "{}", currency.body);
    assert_eq!(world.count("SELECT count(*) FROM dawsos.ledger_entries").await, before);
}

#[tokio::test]
async fn an_unknown_pattern_or_input_brings_the_nearest_name() {
    let world = World::new().await;
    let p = world.people.a.portfolio;
    let run = |body| world.send_a("POST", "/api/patterns/execute", body);
    let answer = run(json!({"pattern": "portfolio_overvew"})).await.refused(404, "pattern_not_found");
    assert!(answer.body["detail"].as_str().is_some_and(|d| d.contains("did you mean portfolio_overview?")));
    let answer = run(json!({"inputs": {"portfolio_id": p, "lookback": 3}})).await.refused(422, "unknown_input");
    assert_eq!(answer.places(), ["/inputs/lookback"]);
    let answer =
        run(json!({"inputs": {"portfolio_id": p, "lookback_days": "many"}})).await.refused(422, "invalid_input");
    assert_eq!(answer.places(), ["/inputs/lookback_days"]);
    run(json!({"inputs": {"portfolio_id": "x"}})).await.refused(422, "invalid_input");
    run(json!({"mode": "async"})).await.refused(422, "invalid_input");
    run(json!({"deadline_ms": 0})).await.refused(422, "invalid_input");
}

#[tokio::test]
async fn a_portfolio_is_never_guessed() {
    let world = World::new().await;
    // A default is set for the first user.
    world.get_a("/api/holdings").await.expect(200);
    world.sql("UPDATE dawsos.user_settings SET default_portfolio_id = NULL").await;
    world.get_a("/api/holdings").await.expect(200);
    world.send_a("POST", "/api/portfolios", json!({"name": "second", "base_currency": "EUR"})).await.expect(201);
    world.get_a("/api/holdings").await.refused(422, "portfolio_required");
    world.send_a("POST", "/api/patterns/execute", json!({})).await.refused(422, "portfolio_required");
}

#[tokio::test]
async fn bodies_above_the_limit_are_refused() {
    let world = World::with(|settings| settings.upload_max_bytes = 1000).await;
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(1024 * 1024));
    let call = world.request("POST", "/api/patterns/check").by(&world.people.a);
    call.text("application/json", &large).send().await.refused(413, "payload_too_large");
    let upload = world.request("POST", "/api/imports").by(&world.people.a);
    upload.text("multipart/form-data; boundary=b", &"x".repeat(1001)).send().await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn uploads_without_a_file_or_form_are_refused() {
    let world = World::new().await;
    let p = world.people.a.portfolio;
    let send = |media_type: &'static str, body: String| {
        world.request("POST", "/api/imports").by(&world.people.a).text(media_type, &body).send()
    };
    let part = |name: &str, value: &str| format!("--b\r\ncontent-disposition: form-data; {name}\r\n\r\n{value}\r\n");
    let form = "multipart/form-data; boundary=b";
    send("application/json", "{}".into()).await.refused(415, "unsupported_media_type");
    send("multipart/form-data", "x".into()).await.refused(415, "unsupported_media_type");
    send(form, "rubbish".into()).await.refused(422, "invalid_input");
    let no_file = format!("{}--b--\r\n", part("name=\"portfolio_id\"", &p.to_string()));
    assert_eq!(send(form, no_file).await.refused(422, "invalid_input").places(), ["/file"]);
    let file = part("name=\"file\"; filename=\"../../x.csv\"", "kind,trade_date,currency");
    let wrong = format!("{file}{}{}--b--\r\n", part("name=\"portfolio\"", "1"), part("name=\"format\"", "ghostfolio"));
    let places: Vec<String> = send(form, wrong).await.expect(422).places().iter().map(|s| (*s).to_owned()).collect();
    assert_eq!(places, ["/format", "/portfolio_id", "/portfolio"]);
    let good = format!("{file}{}--b--\r\n", part("name=\"portfolio_id\"", &p.to_string()));
    let made = send(form, good).await.expect(201);
    assert_eq!(made.body["data"]["file_name"], "x.csv");
    assert_eq!(made.header("location"), format!("/api/imports/{}", made.body["data"]["id"].as_str().expect("id")));
}

#[tokio::test]
async fn ids_that_name_nothing_are_404() {
    let world = World::new().await;
    let id = Uuid::now_v7();
    for (path, code) in [
        (format!("/api/portfolios/{id}"), "portfolio_not_found"),
        (format!("/api/accounts/{id}"), "account_not_found"),
        (format!("/api/transactions/{id}"), "transaction_not_found"),
        (format!("/api/securities/{id}"), "security_not_found"),
        (format!("/api/executions/{id}"), "execution_not_found"),
        ("/api/packs/PP_1999-01-01".into(), "pricing_pack_not_found"),
        ("/api/patterns/nothing".into(), "pattern_not_found"),
        (format!("/api/imports/{id}"), "not_found"),
        (format!("/api/metrics/{id}"), "portfolio_not_found"),
    ] {
        world.get_a(&path).await.refused(404, code);
    }
}
