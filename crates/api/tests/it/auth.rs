//! Signing in and out: setup, lock-out, tokens, refresh, sessions, CSRF. Time is moved by hand.

use std::time::Duration;

use api::auth::secret;
use serde_json::{Value, json};
use store::LeaseTicket;
use store::queries::links::{self, NewLink};
use uuid::Uuid;

use crate::world::{Answer, World};

const PASSWORD: &str = "correct horse battery staple";

/// Adds a one-time link and gives its token.
async fn link(world: &World, purpose: &str, user: Option<Uuid>, valid: Duration) -> String {
    let token = secret::random_token();
    let now = api::clock::Clock::now(world.clock.as_ref());
    let new = NewLink {
        id: Uuid::now_v7(),
        purpose: purpose.into(),
        token_hash: secret::hash(&token),
        user_id: user,
        role: None,
        expires_at: now + valid,
        created_by: None,
    };
    let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(30));
    world.store.as_auth(ticket, async |tx| links::insert(tx, &new, now).await).await.expect("link");
    token
}

/// Gives the first user a password, through a reset link.
async fn set_password(world: &World) -> String {
    let token = link(world, "reset", Some(world.people.a.user), Duration::from_secs(600)).await;
    let body = json!({"token": token, "password": PASSWORD});
    let answer = world.request("POST", "/api/auth/links/reset").json(body).send().await.expect(200);
    answer.body["data"]["user"]["email"].as_str().expect("email").to_owned()
}

async fn login(world: &World, email: &str, password: &str, client: &str) -> Answer {
    let body = json!({"email": email, "password": password, "client": client});
    world.request("POST", "/api/auth/login").json(body).send().await
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn setup_makes_the_first_administrator_once() {
    let world = World::new().await;
    world.sql("SET session_replication_role = replica; UPDATE dawsos.users SET role = 'USER'").await;
    let state = world.request("GET", "/api/setup").send().await.expect(200);
    assert_eq!(
        (state.body["data"]["needs_setup"].as_bool(), state.body["data"]["demo"].as_bool()),
        (Some(true), Some(false))
    );
    let token = link(&world, "setup", None, Duration::from_secs(3600)).await;
    let body = |token: &str, password: &str| {
        json!({"token": token, "email": "Ada@Example.org", "display_name": "Ada", "password": password, "locale": "de-CH",
               "time_zone": "Europe/Zurich", "base_currency": "CHF"})
    };
    let setup = |body: Value| world.request("POST", "/api/setup").json(body).send();
    setup(body(&token, "short")).await.refused(422, "weak_password");
    setup(body("unknown", PASSWORD)).await.refused(404, "not_found");
    let made = setup(body(&token, PASSWORD)).await.expect(200);
    assert_eq!(made.body["data"]["user"]["role"], "ADMIN");
    let cookie = cookie_of(&made);
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(made.header("set-cookie").contains(part), "{part}");
    }
    let session = world.request("GET", "/api/auth/session").header("cookie", &cookie).send().await.expect(200);
    assert_eq!(session.body["data"]["csrf_token"], made.body["data"]["session"]["csrf_token"]);
    assert!(session.body["data"]["permissions"].as_array().is_some_and(|p| p.contains(&json!("users_write"))));
    let settings = world.request("GET", "/api/settings").header("cookie", &cookie).send().await.expect(200);
    assert_eq!(settings.body["data"]["base_currency"], "CHF");
    setup(body(&token, PASSWORD)).await.refused(403, "setup_closed");
    assert_eq!(world.request("GET", "/api/setup").send().await.body["data"]["needs_setup"], false);
}

#[tokio::test]
async fn an_expired_or_used_link_is_gone() {
    let world = World::new().await;
    let user = Some(world.people.a.user);
    let body = |token: &str| json!({"token": token, "password": PASSWORD});
    let token = link(&world, "reset", user, Duration::from_secs(60)).await;
    let follow = |purpose: &str, token: &str| {
        world.request("POST", &format!("/api/auth/links/{purpose}")).json(body(token)).send()
    };
    follow("invite", &token).await.refused(404, "not_found");
    follow("setup", &token).await.refused(404, "not_found");
    follow("reset", &token).await.expect(200);
    follow("reset", &token).await.refused(410, "link_used");
    let late = link(&world, "reset", user, Duration::from_secs(60)).await;
    world.clock.advance(Duration::from_secs(61));
    follow("reset", &late).await.refused(410, "link_expired");
}

#[tokio::test]
async fn a_browser_gets_a_cookie_and_an_api_client_gets_tokens() {
    let world = World::new().await;
    let email = set_password(&world).await;
    let browser = login(&world, &email.to_uppercase(), PASSWORD, "browser").await.expect(200);
    assert!(browser.body["data"]["access_token"].is_null());
    let session =
        world.request("GET", "/api/auth/session").header("cookie", &cookie_of(&browser)).send().await.expect(200);
    assert_eq!(session.body["data"]["user"]["id"], world.people.a.user.to_string());
    let api = login(&world, &email, PASSWORD, "api").await.expect(200);
    assert!(api.header("set-cookie").is_empty());
    assert_eq!(
        (api.body["data"]["token_type"].as_str(), api.body["data"]["expires_in"].as_i64()),
        (Some("Bearer"), Some(86_400))
    );
    let bearer = format!("Bearer {}", api.body["data"]["access_token"].as_str().expect("token"));
    world.request("GET", "/api/portfolios").header("authorization", &bearer).send().await.expect(200);
    assert_eq!(api.header("cache-control"), "no-store");
}

#[tokio::test]
async fn five_failures_lock_an_account_for_thirty_minutes() {
    let world = World::new().await;
    let email = set_password(&world).await;
    for _ in 0..5 {
        login(&world, &email, "wrong password here", "api").await.refused(401, "invalid_credentials");
    }
    let locked = login(&world, &email, PASSWORD, "api").await.refused(423, "account_locked");
    let wait: u64 = locked.header("retry-after").parse().expect("seconds");
    assert!((1_795..=1_800).contains(&wait), "{wait}");
    world.clock.advance(Duration::from_secs(1_790));
    login(&world, &email, PASSWORD, "api").await.refused(423, "account_locked");
    world.clock.advance(Duration::from_secs(20));
    login(&world, &email, PASSWORD, "api").await.expect(200);
    // A success forgets the failures before it.
    for _ in 0..4 {
        login(&world, &email, "wrong password here", "api").await.refused(401, "invalid_credentials");
    }
    login(&world, &email, PASSWORD, "api").await.expect(200);
    login(&world, &email, "wrong password here", "api").await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn an_unknown_address_looks_like_a_known_one() {
    let world = World::new().await;
    for _ in 0..5 {
        login(&world, "nobody@example.org", PASSWORD, "api").await.refused(401, "invalid_credentials");
    }
    login(&world, "nobody@example.org", PASSWORD, "api").await.refused(423, "account_locked");
    // A disabled account answers alike, with the right password too.
    let email = set_password(&world).await;
    world
        .sql(&format!(
            "SET session_replication_role = replica; UPDATE dawsos.users SET status = 'disabled' WHERE id = '{}'",
            world.people.a.user
        ))
        .await;
    login(&world, &email, PASSWORD, "api").await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn access_tokens_expire_and_forged_ones_are_refused() {
    let world = World::new().await;
    let token = world.token(&world.people.a);
    let get = |token: String| async move { token };
    let ask = |token: &str| world.request("GET", "/api/portfolios").header("authorization", token).send();
    ask(&token).await.expect(200);
    let (head, _) = token.rsplit_once('.').expect("three parts");
    ask(&format!("{head}.AAAA")).await.refused(401, "not_authenticated");
    ask("Bearer nonsense").await.refused(401, "not_authenticated");
    ask("Basic dXNlcjpwYXNz").await.refused(401, "not_authenticated");
    world.request("GET", "/api/portfolios").send().await.refused(401, "not_authenticated");
    world.clock.advance(Duration::from_secs(24 * 3600 + 31));
    ask(&get(token).await).await.refused(401, "token_expired");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_second_use_revokes_the_family() {
    let world = World::new().await;
    let email = set_password(&world).await;
    let signed_in = login(&world, &email, PASSWORD, "api").await.expect(200);
    let first = signed_in.body["data"]["refresh_token"].as_str().expect("token").to_owned();
    let refresh = |token: &str| world.request("POST", "/api/auth/refresh").json(json!({"refresh_token": token})).send();
    let second = refresh(&first).await.expect(200);
    let bearer = format!("Bearer {}", second.body["data"]["access_token"].as_str().expect("token"));
    world.request("GET", "/api/portfolios").header("authorization", &bearer).send().await.expect(200);
    refresh(&first).await.refused(401, "refresh_reused");
    let newest = second.body["data"]["refresh_token"].as_str().expect("token").to_owned();
    refresh(&newest).await.refused(401, "token_revoked");
    world.request("GET", "/api/portfolios").header("authorization", &bearer).send().await.refused(401, "token_revoked");
    refresh("unknown").await.refused(401, "not_authenticated");
    assert_eq!(world.count("SELECT count(*) FROM dawsos.audit_log WHERE action = 'auth.refresh_reused'").await, 1);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let world = World::new().await;
    let email = set_password(&world).await;
    let mut bearers = Vec::new();
    for _ in 0..3 {
        let signed_in = login(&world, &email, PASSWORD, "api").await.expect(200);
        bearers.push(format!("Bearer {}", signed_in.body["data"]["access_token"].as_str().expect("token")));
    }
    let ask = |bearer: &str| world.request("GET", "/api/portfolios").header("authorization", bearer).send();
    let end = |bearer: &str, body: Value| {
        world.request("POST", "/api/auth/logout").header("authorization", bearer).json(body).send()
    };
    end(&bearers[0], json!({})).await.expect(204);
    ask(&bearers[0]).await.refused(401, "token_revoked");
    ask(&bearers[1]).await.expect(200);
    end(&bearers[1], json!({"everywhere": true})).await.expect(204);
    ask(&bearers[2]).await.refused(401, "token_revoked");
    world.request("GET", "/api/portfolios").by(&world.people.b).send().await.expect(200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let world = World::new().await;
    let (cookie, _) = world.open_browser_session(&world.people.a).await;
    let list = world.get_a("/api/sessions").await.expect(200);
    let rows = list.body["data"].as_array().expect("rows").clone();
    let current: Vec<_> = rows.iter().filter(|r| r["current"] == true).collect();
    assert_eq!(current.len(), 1);
    world.request("GET", "/api/auth/session").header("cookie", &cookie).send().await.expect(200);
    for row in rows.iter().filter(|r| r["kind"] == "browser") {
        let path = format!("/api/sessions/{}", row["id"].as_str().expect("id"));
        world.request("DELETE", &path).by(&world.people.b).send().await.refused(404, "not_found");
        world.request("DELETE", &path).by(&world.people.a).send().await.expect(204);
    }
    world.request("GET", "/api/auth/session").header("cookie", &cookie).send().await.refused(401, "session_expired");
}

#[tokio::test]
async fn a_browser_session_ends_after_idling_and_after_a_week() {
    let world = World::new().await;
    let (cookie, _) = world.open_browser_session(&world.people.a).await;
    let ask = || world.request("GET", "/api/auth/session").header("cookie", &cookie).send();
    ask().await.expect(200);
    world.clock.advance(Duration::from_secs(11 * 3600));
    ask().await.expect(200);
    world.clock.advance(Duration::from_secs(11 * 3600));
    ask().await.expect(200);
    world.clock.advance(Duration::from_secs(12 * 3600 + 1));
    ask().await.refused(401, "session_expired");
    let world = World::new().await;
    let (second, _) = world.open_browser_session(&world.people.a).await;
    for _ in 0..15 {
        world.request("GET", "/api/auth/session").header("cookie", &second).send().await.expect(200);
        world.clock.advance(Duration::from_secs(11 * 3600));
    }
    world.clock.advance(Duration::from_secs(3600 * 4));
    world.request("GET", "/api/auth/session").header("cookie", &second).send().await.refused(401, "session_expired");
}

#[tokio::test]
async fn a_browser_session_must_prove_its_origin_to_change_anything() {
    let world = World::new().await;
    let (cookie, csrf) = world.open_browser_session(&world.people.a).await;
    let (_, other_csrf) = world.open_browser_session(&world.people.b).await;
    let body = || json!({"name": Uuid::now_v7().to_string(), "base_currency": "EUR"});
    let cases: &[(&[(&str, &str)], bool)] = &[
        (&[], false),
        (&[("x-csrf-token", &csrf)], false),
        (&[("sec-fetch-site", "same-origin")], false),
        (&[("x-csrf-token", &other_csrf), ("sec-fetch-site", "same-origin")], false),
        (&[("x-csrf-token", &csrf), ("sec-fetch-site", "cross-site")], false),
        (&[("x-csrf-token", &csrf), ("origin", "https://evil.example"), ("host", "books.example")], false),
        (&[("x-csrf-token", &csrf), ("sec-fetch-site", "same-origin")], true),
        (&[("x-csrf-token", &csrf), ("origin", "http://books.example"), ("host", "books.example")], true),
    ];
    for (headers, is_accepted) in cases {
        let mut call = world.request("POST", "/api/portfolios").header("cookie", &cookie);
        for (name, value) in *headers {
            call = call.header(name, value);
        }
        let answer = call.json(body()).send().await;
        match is_accepted {
            true => drop(answer.expect(201)),
            false => drop(answer.refused(403, "csrf_failed")),
        }
    }
    // Reading needs no proof; another site may not even try to sign somebody in.
    world.request("GET", "/api/portfolios").header("cookie", &cookie).send().await.expect(200);
    let foreign = json!({"email": "a@example.org", "password": "x"});
    world
        .request("POST", "/api/auth/login")
        .header("sec-fetch-site", "cross-site")
        .json(foreign)
        .send()
        .await
        .refused(403, "csrf_failed");
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let world = World::new().await;
    let email = set_password(&world).await;
    let here = login(&world, &email, PASSWORD, "api").await.expect(200);
    let there = login(&world, &email, PASSWORD, "api").await.expect(200);
    let bearer = |a: &Answer| format!("Bearer {}", a.body["data"]["access_token"].as_str().expect("token"));
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        world.request("POST", "/api/auth/password").header("authorization", &bearer(&here)).json(body).send()
    };
    change("wrong password here", "another good passphrase").await.refused(401, "invalid_credentials");
    change(PASSWORD, "password1234").await.refused(422, "weak_password");
    change(PASSWORD, "another good passphrase").await.expect(204);
    world.request("GET", "/api/portfolios").header("authorization", &bearer(&here)).send().await.expect(200);
    world
        .request("GET", "/api/portfolios")
        .header("authorization", &bearer(&there))
        .send()
        .await
        .refused(401, "token_revoked");
    login(&world, &email, PASSWORD, "api").await.refused(401, "invalid_credentials");
    login(&world, &email, "another good passphrase", "api").await.expect(200);
}

#[tokio::test]
async fn a_role_that_changes_counts_at_the_next_look() {
    let world = World::new().await;
    let b = &world.people.b;
    world.request("GET", "/api/portfolios").by(b).send().await.expect(200);
    world.sql(&format!("UPDATE dawsos.users SET role = 'VIEWER' WHERE id = '{}'", b.user)).await;
    world.clock.advance(api::auth::session::TRUST);
    let body = json!({"name": "x", "base_currency": "EUR"});
    let answer = world.request("POST", "/api/portfolios").by(b).json(body).send().await.refused(403, "forbidden");
    assert_eq!(answer.body["permission"], "portfolio_write", "the token still says USER; the table is the truth");
}

#[tokio::test]
async fn a_session_that_ends_elsewhere_is_forgotten_here() {
    let world = World::new().await;
    let ask = || world.get_a("/api/portfolios");
    ask().await.expect(200);
    // Another replica ends it: this server hears of it through the database alone.
    let user = world.people.a.user;
    let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(30));
    let now = api::clock::Clock::now(world.clock.as_ref());
    let other = world.database.store().await;
    other
        .as_auth(ticket, async |tx| store::queries::sessions::revoke_all(tx, user, None, now).await)
        .await
        .expect("revoked");
    let refused = async {
        loop {
            let answer = ask().await;
            if answer.status.as_u16() != 200 {
                break answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), refused).await.expect("the notice arrives");
    answer.refused(401, "token_revoked");
}
