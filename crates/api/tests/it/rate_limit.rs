//! Rates: per address without sign-in, per user with it.

use std::time::Duration;

use api::RateLimits;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_user_has_her_own_bucket_that_refills() {
    let world =
        World::with(|settings| settings.rate_limits = RateLimits { reads_per_minute: 3, ..RateLimits::off() }).await;
    let ask = || world.get_a("/api/portfolios");
    for left in [2, 1, 0] {
        let answer = ask().await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"user\";q=3;w=60");
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"user\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = ask().await.refused(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    assert!(refused.body["retry_after_ms"].is_u64());
    world.request("GET", "/api/portfolios").by(&world.people.b).send().await.expect(200);
    world.request("GET", "/health").send().await.expect(200);
    world.clock.advance(Duration::from_secs(20));
    ask().await.expect(200);
}

#[tokio::test]
async fn executions_and_signing_in_have_narrower_buckets() {
    let rates = RateLimits { executions_per_minute: 1, login_per_minute: 2, ..RateLimits::off() };
    let world = World::with(|settings| settings.rate_limits = rates).await;
    let run = || world.send_a("POST", "/api/patterns/execute", json!({}));
    run().await.expect(200);
    run().await.refused(429, "rate_limited");
    world.get_a("/api/portfolio").await.expect(200);
    let login =
        || world.request("POST", "/api/auth/login").json(json!({"email": "a@example.org", "password": "x"})).send();
    login().await.refused(401, "invalid_credentials");
    login().await.refused(401, "invalid_credentials");
    login().await.refused(429, "rate_limited");
}

#[tokio::test]
async fn guessing_tokens_is_limited_by_address() {
    let rates = RateLimits { anonymous_per_minute: 2, ..RateLimits::off() };
    let world = World::with(|settings| settings.rate_limits = rates).await;
    let guess = || world.request("GET", "/api/portfolios").header("authorization", "Bearer guess").send();
    guess().await.refused(401, "not_authenticated");
    guess().await.refused(401, "not_authenticated");
    guess().await.refused(429, "rate_limited");
    world.get_a("/api/portfolios").await.expect(200);
}
