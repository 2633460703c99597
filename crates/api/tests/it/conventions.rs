//! Envelope, ids, headers, methods, unknown routes: what holds for every answer.

use crate::world::World;

#[tokio::test]
async fn success_is_data_and_meta_with_the_ids_of_the_request() {
    let world = World::new().await;
    let answer = world
        .request("GET", "/api/portfolios")
        .by(&world.people.a)
        .header("x-request-id", "my-request_1")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .header("tracestate", "a=b")
        .send()
        .await
        .expect(200);
    assert_eq!(answer.header("x-request-id"), "my-request_1");
    assert_eq!(answer.body["meta"]["request_id"], "my-request_1");
    assert_eq!(answer.body["meta"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(answer.header("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert_eq!(answer.header("tracestate"), "a=b");
    assert_eq!(answer.body["data"][0]["id"], world.people.a.portfolio.to_string());
    assert_eq!(answer.body["meta"]["page"]["has_more"], false);
}

#[tokio::test]
async fn computed_answers_have_their_own_form_and_the_ids_too() {
    let world = World::new().await;
    let answer = world.get_a("/api/portfolio?include=trace,panels").await.expect(200);
    for member in [
        "execution_id",
        "status",
        "pattern",
        "context",
        "data",
        "panels",
        "trace",
        "staleness",
        "rights",
        "warnings",
        "meta",
    ] {
        assert!(!answer.body[member].is_null(), "{member} is missing: {}", answer.body);
    }
    assert_eq!(answer.body["status"], "complete");
    assert_eq!(answer.body["meta"]["request_id"], answer.header("x-request-id"));
    assert_eq!(answer.header("x-execution-id"), answer.body["execution_id"].as_str().expect("id"));
    let plain = world.get_a("/api/portfolio").await.expect(200);
    assert!(plain.body["trace"].is_null() && plain.body["panels"].is_null(), "parts come only with include");
    assert_eq!(plain.body["data"], answer.body["data"]);
}

#[tokio::test]
async fn execute_answers_like_the_computed_read_with_all_parts() {
    let world = World::new().await;
    let body =
        serde_json::json!({"pattern": "portfolio_overview", "inputs": {"portfolio_id": world.people.a.portfolio}});
    let first = world.send_a("POST", "/api/patterns/execute", body.clone()).await.expect(200);
    let again = world.send_a("POST", "/api/patterns/execute", body).await.expect(200);
    assert_eq!(first.body["meta"]["cache"], "computed");
    assert_eq!(again.body["meta"]["cache"], "hit");
    assert_eq!(first.body["data"], again.body["data"]);
    assert_eq!(first.body["meta"]["result_key"], again.body["meta"]["result_key"]);
    assert!(!first.body["trace"].is_null() && !first.body["panels"].is_null());
    let read = world.get_a("/api/portfolio").await.expect(200);
    assert_eq!(read.body["data"], first.body["data"]);
}

#[tokio::test]
async fn standing_headers_are_on_every_answer() {
    let world = World::new().await;
    for (method, path) in [
        ("GET", "/health"),
        ("GET", "/api/nothing"),
        ("GET", "/api/portfolios"),
        ("DELETE", "/health"),
        ("GET", "/no.png"),
    ] {
        let answer = world.request(method, path).send().await;
        assert!(answer.header("content-security-policy").starts_with("default-src 'self';"), "{method} {path}");
        assert!(!answer.header("content-security-policy").contains("unsafe-inline"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("x-dawsos-version"), "1.2.3");
        assert!(!answer.header("x-request-id").is_empty());
        assert!(answer.header("strict-transport-security").is_empty(), "only over https");
        assert!(answer.header("access-control-allow-origin").is_empty(), "CORS is off");
    }
}

#[tokio::test]
async fn unknown_api_routes_are_problems_never_html() {
    let world = World::new().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/portfolios/1/2/3", "/docs/nothing"] {
        world.request("GET", path).send().await.refused(404, "route_not_found");
    }
    world.request("GET", "/assets/missing.js").send().await.refused(404, "route_not_found");
}

#[tokio::test]
async fn other_methods_are_named_and_head_and_options_work() {
    let world = World::new().await;
    let answer =
        world.request("DELETE", "/api/portfolios").by(&world.people.a).send().await.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    let head = world.request("HEAD", "/api/portfolios").by(&world.people.a).send().await.expect(200);
    assert!(head.bytes.is_empty() && head.header("content-type") == "application/json");
    let options = world.request("OPTIONS", "/api/portfolios").send().await.expect(204);
    assert_eq!(options.header("allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn only_named_origins_may_call_from_other_sites() {
    let world = World::with(|settings| settings.cors_origins = vec!["https://tool.example".into()]).await;
    let ours =
        world.request("OPTIONS", "/api/portfolios").header("origin", "https://tool.example").send().await.expect(204);
    assert_eq!(ours.header("access-control-allow-origin"), "https://tool.example");
    assert!(ours.header("access-control-allow-methods").contains("POST"));
    let other =
        world.request("OPTIONS", "/api/portfolios").header("origin", "https://evil.example").send().await.expect(204);
    assert!(other.header("access-control-allow-origin").is_empty());
}

#[tokio::test]
async fn https_turns_on_hsts_and_the_host_cookie() {
    let world = World::with(|settings| settings.public_url = "https://books.example.org".into()).await;
    let answer = world.request("GET", "/health").send().await.expect(200);
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
    assert_eq!(world.state.settings().cookie_name(), "__Host-dawsos_session");
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let world = World::new().await;
    let answer = world.request("GET", "/api/openapi.json").header("accept-encoding", "br").send().await.expect(200);
    assert_eq!(answer.header("content-encoding"), "br");
    let plain = world.request("GET", "/api/openapi.json").send().await.expect(200);
    assert!(plain.header("content-encoding").is_empty() && answer.bytes.len() < plain.bytes.len() / 4);
    let small = world.request("GET", "/health").header("accept-encoding", "br").send().await.expect(200);
    assert!(small.header("content-encoding").is_empty(), "below 1 KiB nothing is compressed");
}

#[tokio::test]
async fn draining_closes_connections_and_says_so() {
    let world = World::new().await;
    assert_eq!(world.request("GET", "/health/ready").send().await.expect(200).body["status"], "ready");
    world.state.start_draining();
    let ready = world.request("GET", "/health/ready").send().await.expect(503);
    assert_eq!((ready.body["status"].as_str(), ready.header("connection")), (Some("draining"), "close"));
    assert_eq!(world.request("GET", "/health").send().await.expect(200).header("connection"), "close");
}

#[tokio::test]
async fn pack_health_without_packs_is_failed_with_a_reason() {
    let world = World::without_packs().await;
    let answer = world.request("GET", "/health/pack").send().await.expect(503);
    assert_eq!(answer.body["status"], "failed");
    assert!(answer.body["reason"].is_string());
    // Books without prices still answer, and say what is missing.
    let holdings = world.get_a("/api/holdings").await.expect(200);
    assert!(holdings.body["meta"]["absent"]["count"].as_u64().is_some_and(|n| 0 < n), "{}", holdings.body);
    let world = World::new().await;
    let fresh = world.request("GET", "/health/pack").send().await.expect(200);
    assert_eq!(
        (fresh.body["status"].as_str(), fresh.body["pricing_pack_id"].as_str()),
        (Some("fresh"), Some("PP_2024-03-28"))
    );
    assert_eq!(world.get_a("/api/packs/latest").await.expect(200).body["data"]["hash"], fresh.body["hash"]);
}

#[tokio::test]
async fn metrics_need_loopback_or_the_token() {
    let world = World::with(|settings| settings.metrics_token = "metrics-token".into()).await;
    world.request("GET", "/metrics").send().await.refused(404, "route_not_found");
    world
        .request("GET", "/metrics")
        .header("authorization", "Bearer wrong")
        .send()
        .await
        .refused(404, "route_not_found");
    world.get_a("/api/portfolio").await.expect(200);
    let call = world.request("GET", "/metrics").header("authorization", "Bearer metrics-token");
    let text = String::from_utf8(call.send().await.expect(200).bytes.to_vec()).expect("text");
    for metric in [
        "dawsos_http_request_seconds_bucket{route=\"/api/portfolio\",status=\"200\"",
        "dawsos_execution_seconds_count{pattern=\"portfolio_overview\",cache=\"computed\"}",
        "dawsos_step_seconds_count{capability=\"portfolio.get_valued_positions\",agent=\"financial_analyst\",phase=\"compute\"}",
        "dawsos_leases_in_use{agent=",
        "dawsos_pool_connections{state=\"open\"}",
        "dawsos_admission_queue{class=\"interactive\"}",
        "dawsos_rejections_total{reason=\"queue_full\"}",
        "dawsos_result_cache_bytes",
    ] {
        assert!(text.contains(metric), "{metric} is missing:\n{text}");
    }
    let ids = [world.people.a.user, world.people.a.portfolio].map(|id| id.to_string());
    assert!(ids.iter().all(|id| !text.contains(id.as_str())), "no label names a person or her portfolio");
}

#[tokio::test]
async fn error_pages_come_from_the_binary() {
    let world = World::new().await;
    let page = world.request("GET", "/docs/errors/oversell").send().await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let text = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(text.contains("<h1>oversell</h1>") && text.contains("What to try"), "{text}");
    let missing = world.request("GET", "/docs/errors/oversel").send().await.refused(404, "not_found");
    assert!(missing.body["detail"].as_str().is_some_and(|d| d.contains("oversell")));
}

#[tokio::test]
async fn page_addresses_get_the_interface_or_a_word_about_it() {
    let world = World::new().await;
    for path in ["/", "/overview", "/imports/1"] {
        let answer = world.request("GET", path).send().await;
        if answer.status.as_u16() == 200 {
            assert!(answer.header("content-type").starts_with("text/html"), "{path}");
            assert_eq!(answer.header("cache-control"), "no-cache");
            let again = world.request("GET", path).header("if-none-match", answer.header("etag")).send().await;
            again.expect(304);
        } else {
            let answer = answer.refused(404, "route_not_found");
            assert!(answer.body["try"].as_str().is_some_and(|t| t.contains("make build")), "{}", answer.body);
        }
    }
    world.request("POST", "/overview").send().await.refused(405, "method_not_allowed");
}
