//! Two users: whatever of the first one's the second asks for, she gets 404 and no row, on every route.
//!
//! The same tests run with feature `no_handler_checks`, which takes the handlers' own checks away.

use std::collections::BTreeSet;

use api::openapi::path_parameters;
use api::router::{Access, ROUTES};
use serde_json::{Value, json};

use crate::world::World;

/// How the first user's ids get into a request of the second one.
struct Case {
    method: &'static str,
    route: &'static str,
    path: String,
    body: Option<Value>,
    /// `If-Match` of the record, for routes that need it.
    etag: Option<&'static str>,
}

/// One case (or more) for every route that takes an id: of the path, of the query, or of the body.
async fn cases(world: &World) -> Vec<Case> {
    let a = &world.people.a;
    let transaction = world
        .count_text(&format!(
            "SELECT id::text FROM dawsos.transactions WHERE user_id = '{}' AND kind = 'deposit'",
            a.user
        ))
        .await;
    let sale = world
        .count_text(&format!("SELECT id::text FROM dawsos.transactions WHERE user_id = '{}' AND kind = 'sell'", a.user))
        .await;
    let (p, account, import) = (a.portfolio, a.account, a.import);
    let deposit = json!({"kind": "deposit", "account_id": account, "trade_date": "2024-03-01",
                         "gross_amount": {"amount": "1", "currency": "EUR"}});
    let make = |method, route, path: String, body: Option<Value>| Case { method, route, path, body, etag: None };
    let get = |route, path: String| make("GET", route, path, None);
    let post = |route, path: String, body: Value| make("POST", route, path, Some(body));
    let change = |method, route, path: String, body: Option<Value>| Case {
        etag: Some("\"v1\""),
        ..make(method, route, path, body)
    };
    vec![
        make("DELETE", "/api/sessions/{id}", format!("/api/sessions/{}", a.session), None),
        change("PATCH", "/api/profile", "/api/profile".into(), Some(json!({"default_portfolio_id": p}))),
        post("/api/patterns/execute", "/api/patterns/execute".into(), json!({"inputs": {"portfolio_id": p}})),
        get("/api/portfolio", format!("/api/portfolio?portfolio_id={p}")),
        get("/api/holdings", format!("/api/holdings?portfolio_id={p}")),
        get("/api/transactions", format!("/api/transactions?portfolio_id={p}")),
        get("/api/metrics/{portfolio_id}", format!("/api/metrics/{p}")),
        get("/api/portfolios/{id}", format!("/api/portfolios/{p}")),
        change("PATCH", "/api/portfolios/{id}", format!("/api/portfolios/{p}"), Some(json!({"name": "taken over"}))),
        change(
            "PATCH",
            "/api/portfolios/{id}",
            format!("/api/portfolios/{p}"),
            Some(json!({"cost_basis_method": "fifo"})),
        ),
        get("/api/portfolios/{id}/accounts", format!("/api/portfolios/{p}/accounts")),
        post(
            "/api/portfolios/{id}/accounts",
            format!("/api/portfolios/{p}/accounts"),
            json!({"name": "planted", "kind": "bank", "currency": "EUR"}),
        ),
        get("/api/accounts/{id}", format!("/api/accounts/{account}")),
        change("PATCH", "/api/accounts/{id}", format!("/api/accounts/{account}"), Some(json!({"name": "taken over"}))),
        get("/api/portfolios/{id}/cash", format!("/api/portfolios/{p}/cash")),
        post(
            "/api/portfolios/{id}/prices",
            format!("/api/portfolios/{p}/prices"),
            json!({"prices": [{"security_id": a.security, "date": "2024-03-01", "price": {"amount": "1", "currency": "EUR"}}]}),
        ),
        post("/api/transactions", "/api/transactions".into(), json!({"portfolio_id": p, "transactions": [deposit]})),
        post(
            "/api/transactions/preview",
            "/api/transactions/preview".into(),
            json!({"portfolio_id": p, "transactions": [deposit]}),
        ),
        get("/api/transactions/{id}", format!("/api/transactions/{transaction}")),
        post("/api/transactions/{id}/void", format!("/api/transactions/{sale}/void"), json!({"reason": "mischief"})),
        post(
            "/api/transactions/{id}/amend",
            format!("/api/transactions/{transaction}/amend"),
            json!({"reason": "mischief", "transaction": deposit}),
        ),
        get("/api/portfolios/{id}/ledger", format!("/api/portfolios/{p}/ledger")),
        post("/api/portfolios/{id}/ledger/verify", format!("/api/portfolios/{p}/ledger/verify"), json!({})),
        get("/api/lots", format!("/api/lots?portfolio_id={p}")),
        get("/api/imports", format!("/api/imports?portfolio_id={p}")),
        make("POST", "/api/imports", "/api/imports".into(), Some(json!({"multipart": p}))),
        get("/api/imports/{id}", format!("/api/imports/{import}")),
        change(
            "PATCH",
            "/api/imports/{id}",
            format!("/api/imports/{import}"),
            Some(json!({"options": {"skip_duplicates": false}})),
        ),
        change("DELETE", "/api/imports/{id}", format!("/api/imports/{import}"), None),
        get("/api/imports/{id}/preview", format!("/api/imports/{import}/preview")),
        post("/api/imports/{id}/commit", format!("/api/imports/{import}/commit"), json!({})),
        post("/api/imports/{id}/revert", format!("/api/imports/{import}/revert"), json!({"reason": "mischief"})),
        get("/api/securities/{id}", format!("/api/securities/{}", a.security)),
        get("/api/securities/{id}/prices", format!("/api/securities/{}/prices", a.security)),
        post(
            "/api/capabilities/{name}/run",
            "/api/capabilities/ledger.lots/run".into(),
            json!({"args": {"portfolio_id": p}}),
        ),
        get("/api/executions/{id}", format!("/api/executions/{}", a.execution)),
    ]
}

/// Routes whose ids name nobody's rows: shared reference data, files of the installation, or a link's secret.
const SHARED_IDS: &[&str] = &[
    "/api/packs/{id}",
    "/api/patterns/{id}",
    "/api/patterns/{id}/plan",
    "/docs/errors/{code}",
    "/api/auth/links/{purpose}",
];

/// Routes without any id that show or change only the caller's own, or what belongs to everybody.
const WITHOUT_IDS: &[&str] = &[
    "GET /api/setup",
    "POST /api/setup",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    "GET /api/auth/session",
    "POST /api/auth/password",
    "GET /api/profile",
    "GET /api/settings",
    "PUT /api/settings",
    "GET /api/sessions",
    "GET /api/portfolios",
    "POST /api/portfolios",
    "GET /api/imports/formats",
    "GET /api/securities/search",
    "POST /api/securities",
    "GET /api/packs",
    "GET /api/packs/latest",
    "POST /api/packs/restate",
    "GET /api/patterns",
    "POST /api/patterns/check",
    "GET /api/capabilities",
    "GET /api/executions",
    "GET /health",
    "GET /health/ready",
    "GET /health/pack",
    "GET /metrics",
    "GET /api/version",
    "GET /api/openapi.json",
];

#[tokio::test]
async fn every_route_has_a_case_or_a_reason() {
    let world = World::new().await;
    let covered: BTreeSet<String> = cases(&world).await.iter().map(|c| format!("{} {}", c.method, c.route)).collect();
    for route in ROUTES.iter() {
        let name = format!("{} {}", route.method, route.path);
        let has_reason = SHARED_IDS.contains(&route.path) || WITHOUT_IDS.contains(&name.as_str());
        assert!(covered.contains(&name) != has_reason, "{name} needs exactly one of: a case, a reason");
        if WITHOUT_IDS.contains(&name.as_str()) {
            assert_eq!(path_parameters(route.path).count(), 0, "{name} has an id in its path");
        }
    }
    for name in &covered {
        assert!(ROUTES.iter().any(|r| format!("{} {}", r.method, r.path) == *name), "{name} is no route");
    }
}

#[tokio::test]
async fn the_second_user_gets_404_and_changes_nothing() {
    let world = World::new().await;
    let before = fingerprint(&world).await;
    for case in cases(&world).await {
        let name = format!("{} {}", case.method, case.path);
        let mut call = world.request(case.method, &case.path).by(&world.people.b);
        call = call.header("idempotency-key", &uuid::Uuid::now_v7().to_string());
        if let Some(etag) = case.etag {
            call = call.header("if-match", etag);
        }
        let call = match &case.body {
            Some(body) if body.get("multipart").is_some() => upload(call, body["multipart"].as_str().expect("id")),
            Some(body) => call.json(body.clone()),
            None => call,
        };
        let answer = call.send().await;
        assert_eq!(answer.status.as_u16(), 404, "{name}: {}", String::from_utf8_lossy(&answer.bytes));
        assert!(answer.code().ends_with("not_found"), "{name}: {}", answer.body);
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!text.contains("Test portfolio") && !text.contains("Test account"), "{name} leaks: {text}");
    }
    assert_eq!(fingerprint(&world).await, before, "a foreign row changed");
}

#[tokio::test]
async fn the_same_requests_work_for_their_owner() {
    // The proof that the cases above fail for the owner's sake and not for another reason.
    let world = World::new().await;
    for case in cases(&world).await {
        let mut call = world.request(case.method, &case.path).by(&world.people.a);
        call = call.header("idempotency-key", &uuid::Uuid::now_v7().to_string());
        // The record's version now.
        if case.etag.is_some() {
            let seen = world.get_a(&case.path).await.expect(200);
            call = call.header("if-match", seen.header("etag"));
        }
        let call = match &case.body {
            Some(body) if body.get("multipart").is_some() => upload(call, body["multipart"].as_str().expect("id")),
            Some(body) => call.json(body.clone()),
            None => call,
        };
        let answer = call.send().await;
        // The import is deleted by an earlier case.
        let is_deleted = case.route.starts_with("/api/imports/{id}/") && answer.status.as_u16() == 404;
        assert!(
            answer.status.is_success() || is_deleted,
            "{} {}: {}",
            case.method,
            case.path,
            String::from_utf8_lossy(&answer.bytes)
        );
    }
}

#[tokio::test]
async fn lists_show_the_callers_own_rows_only() {
    let world = World::new().await;
    let a = &world.people.a;
    let foreign = [a.portfolio, a.account, a.security, a.import, a.execution, a.session].map(|id| id.to_string());
    for route in ROUTES.iter().filter(|r| r.method == http::Method::GET && r.access != Access::Public) {
        if path_parameters(route.path).next().is_some() {
            continue;
        }
        let path = if route.path == "/api/securities/search" {
            "/api/securities/search?q=private".into()
        } else {
            route.path.to_owned()
        };
        let answer = world.request("GET", &path).by(&world.people.b).send().await;
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        for id in &foreign {
            assert!(!text.contains(id.as_str()), "{path} shows {id}");
        }
    }
}

fn upload<'w>(call: crate::world::Call<'w>, portfolio: &str) -> crate::world::Call<'w> {
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"portfolio_id\"\r\n\r\n{portfolio}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\ncontent-type: text/csv\r\n\r\nkind,trade_date,currency\n\r\n--b--\r\n"
    );
    call.text("multipart/form-data; boundary=b", &body)
}

/// Everything of the first user, as one text.
async fn fingerprint(world: &World) -> String {
    let a = world.people.a.user;
    let mut parts = Vec::new();
    // Every table that knows whose its rows are, as the database lists them now.
    let tables = world
        .count_text(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
             WHERE c.relnamespace = 'dawsos'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
        )
        .await;
    assert!(["ledger_entries", "idempotency_keys", "results"].iter().all(|name| tables.contains(name)), "{tables}");
    for table in tables.split(' ').filter(|table| *table != "sessions") {
        let sql = format!(
            "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM dawsos.{table} AS t WHERE user_id = '{a}'"
        );
        parts.push(format!("{table} {}", world.count_text(&sql).await));
    }
    // A session's last use may move; whether it is revoked may not.
    let sessions = format!("SELECT count(*)::text FROM dawsos.sessions WHERE user_id = '{a}' AND revoked_at IS NULL");
    parts.push(format!("sessions {}", world.count_text(&sessions).await));
    parts.join("\n")
}
