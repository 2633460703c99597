//! A server of two users on a database of its own.

mod wiring;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use api::auth::permission::Role;
use api::auth::secret;
use api::clock::{Clock, ManualClock};
use api::{ApiSettings, AppState, Deps, RateLimits};
use axum::Router;
use axum::body::Body;
use chrono::{TimeDelta, Utc};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use store::queries::sessions::{self, NewSession};
use store::{LeaseTicket, Store};
use testkit::{Person, TestDatabase, TwoUsers, two_users};
use tower::ServiceExt;
use uuid::Uuid;

/// Secret of the access tokens of all tests.
pub const SECRET: &[u8] = b"a secret for tests of thirty-two bytes or more";

/// One recorder counts for all servers of the process.
static METRICS: LazyLock<metrics_exporter_prometheus::PrometheusHandle> =
    LazyLock::new(|| api::measure::install().expect("the only recorder"));

/// A server with two users.
pub struct World {
    pub database: TestDatabase,
    pub store: Arc<Store>,
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub people: TwoUsers,
    router: Router,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub bytes: bytes::Bytes,
}

impl Answer {
    /// Code of the problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Pointers or parameters of the problem's errors.
    pub fn places(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|e| e["pointer"].as_str().or(e["parameter"].as_str())).collect()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.code(), code, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["type"], format!("/docs/errors/{code}"));
        assert_eq!(answer.body["status"], status);
        assert!(
            answer.body["detail"].is_string() && answer.body["try"].is_string() && answer.body["title"].is_string()
        );
        answer
    }
}

impl World {
    /// Without rate limits.
    pub async fn new() -> Self {
        Self::with(|settings| settings.rate_limits = RateLimits::off()).await
    }

    /// With settings of its own.
    pub async fn with(change: impl FnOnce(&mut ApiSettings)) -> Self {
        Self::start(change, true).await
    }

    /// Without rate limits and before any pricing pack was sealed.
    pub async fn without_packs() -> Self {
        Self::start(|settings| settings.rate_limits = RateLimits::off(), false).await
    }

    async fn start(change: impl FnOnce(&mut ApiSettings), has_packs: bool) -> Self {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        let people = two_users(&store).await;
        if has_packs {
            wiring::seal_packs(&store).await;
        }
        let clock = Arc::new(ManualClock::at(Utc::now()));
        let mut settings = ApiSettings::with_secret(SECRET);
        settings.build.version = "1.2.3".into();
        change(&mut settings);
        let state = AppState::new(Deps {
            store: store.clone(),
            orchestrator: Arc::new(wiring::orchestrator(store.clone())),
            settings,
            clock: clock.clone(),
            metrics: Some(METRICS.clone()),
        })
        .expect("settings work");
        let router = api::router(state.clone());
        let world = Self { database, store, state, clock, people, router };
        for person in [&world.people.a, &world.people.b] {
            world.open_api_session(person).await;
        }
        world
    }

    /// An API session whose id follows from the user's, so that tokens can be made for it at any time.
    async fn open_api_session(&self, person: &Person) {
        let new = NewSession {
            user_id: person.user,
            id: api_session(person),
            kind: "api".into(),
            secret_hash: secret::hash(&secret::random_token()),
            csrf_key: secret::random_key(),
            expires_at: self.clock.now() + TimeDelta::days(365),
            ip: None,
            user_agent: None,
        };
        let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(30));
        self.store.as_auth(ticket, async |tx| sessions::insert(tx, &new).await).await.expect("session");
    }

    /// A browser session with its cookie and CSRF token.
    pub async fn open_browser_session(&self, person: &Person) -> (String, String) {
        let secret_text = secret::random_token();
        let id = Uuid::now_v7();
        let csrf_key = secret::random_key();
        let new = NewSession {
            user_id: person.user,
            id,
            kind: "browser".into(),
            secret_hash: secret::hash(&secret_text),
            csrf_key,
            expires_at: self.clock.now() + TimeDelta::days(7),
            ip: None,
            user_agent: None,
        };
        let ticket = LeaseTicket::platform(Uuid::nil(), Duration::from_secs(30));
        self.store.as_auth(ticket, async |tx| sessions::insert(tx, &new).await).await.expect("session");
        (format!("dawsos_session={secret_text}"), secret::csrf_token(&csrf_key, id))
    }

    /// Bearer token of a person.
    pub fn token(&self, person: &Person) -> String {
        let signer = self.state.signer();
        let token = signer.sign(person.user, api_session(person), Role::User, self.clock.now()).expect("signed");
        format!("Bearer {token}")
    }

    /// A request as somebody, or as nobody.
    pub fn request(&self, method: &str, path: &str) -> Call<'_> {
        let builder = Request::builder().method(Method::from_bytes(method.as_bytes()).expect("method")).uri(path);
        Call { world: self, builder, body: Body::empty() }
    }

    /// A GET as the first user.
    pub async fn get_a(&self, path: &str) -> Answer {
        self.request("GET", path).by(&self.people.a).send().await
    }

    /// A request with a body as the first user; a new idempotency key each time.
    pub async fn send_a(&self, method: &str, path: &str, body: Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        self.request(method, path).by(&self.people.a).header("idempotency-key", &key).json(body).send().await
    }

    /// Runs SQL as superuser and gives the first column of the first row as a number.
    pub async fn count(&self, sql: &str) -> i64 {
        self.database.admin().await.query_one(sql, &[]).await.expect(sql).get(0)
    }

    /// Runs SQL as superuser.
    pub async fn sql(&self, sql: &str) {
        self.database.admin().await.batch_execute(sql).await.expect(sql);
    }
}

fn api_session(person: &Person) -> Uuid {
    Uuid::new_v5(&person.user, b"api session")
}

/// A request that is being made.
pub struct Call<'w> {
    world: &'w World,
    builder: http::request::Builder,
    body: Body,
}

impl Call<'_> {
    pub fn by(self, person: &Person) -> Self {
        let token = self.world.token(person);
        self.header("authorization", &token)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    pub fn text(self, media_type: &str, body: &str) -> Self {
        let mut call = self.header("content-type", media_type);
        call.body = Body::from(body.to_owned());
        call
    }

    pub fn raw(self, media_type: &str, body: Vec<u8>) -> Self {
        let mut call = self.header("content-type", media_type);
        call.body = Body::from(body);
        call
    }

    pub async fn send(self) -> Answer {
        let request = self.builder.body(self.body).expect("request");
        let response = self.world.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("body");
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }
}

impl World {
    /// Runs SQL as superuser and gives the first column of the first row as text.
    pub async fn count_text(&self, sql: &str) -> String {
        self.database.admin().await.query_one(sql, &[]).await.expect(sql).get(0)
    }
}
