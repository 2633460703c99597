//! All routes of the server, on one screen.
//!
//! Invariant: a request reaches a handler only through this table, and the table says who may call it.

use std::sync::LazyLock;

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};
use futures::future::BoxFuture;
use http::Method;

use crate::auth::permission::Permission::{self, PacksWrite, PortfolioRead, PortfolioWrite};
use crate::http::context::Context;
use crate::http::endpoint::{self, Endpoint};
use crate::http::rate_limit::Class::{self, Execution, Free, Import, Login, Read};
use crate::http::reply::Outcome;
use crate::http::serve;
use crate::openapi::{Description, describe};
use crate::routes::*;
use crate::state::AppState;
use crate::ui;
use Access::{Needs, Public, SignedIn};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Any signed-in user.
    SignedIn,
    /// A signed-in user with this permission.
    Needs(Permission),
}

/// What a route does with `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// Writes nothing, or is the same twice anyway.
    Unused,
    /// Honoured when it is sent.
    Accepted,
    /// Refused without it.
    Required,
}

/// One route.
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Which rate limit it counts against.
    pub class: Class,
    /// What it does with `Idempotency-Key`.
    pub idempotency: Idempotency,
    /// Whether the body is an upload.
    upload: bool,
    /// Runs the handler.
    pub run: fn(Context) -> BoxFuture<'static, Outcome>,
    /// Describes query, body and answer.
    pub describe: fn() -> Description,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Route {
    /// Whether the body is `multipart/form-data`.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        self.upload
    }
    fn uploading(mut self) -> Self {
        self.upload = true;
        self
    }
    fn needs_key(mut self) -> Self {
        self.idempotency = Idempotency::Required;
        self
    }
    fn takes_key(mut self) -> Self {
        self.idempotency = Idempotency::Accepted;
        self
    }
}

fn route<E: Endpoint>(method: Method, path: &'static str, access: Access, class: Class) -> Route {
    Route {
        method,
        path,
        access,
        class,
        idempotency: Idempotency::Unused,
        upload: false,
        run: |cx| Box::pin(endpoint::run::<E>(cx)),
        describe: describe::<E>,
    }
}
fn get<E: Endpoint>(path: &'static str, access: Access, class: Class) -> Route {
    route::<E>(Method::GET, path, access, class)
}
fn post<E: Endpoint>(path: &'static str, access: Access, class: Class) -> Route {
    route::<E>(Method::POST, path, access, class)
}
fn put<E: Endpoint>(path: &'static str, access: Access, class: Class) -> Route {
    route::<E>(Method::PUT, path, access, class)
}
fn patch<E: Endpoint>(path: &'static str, access: Access, class: Class) -> Route {
    route::<E>(Method::PATCH, path, access, class)
}
fn delete<E: Endpoint>(path: &'static str, access: Access, class: Class) -> Route {
    route::<E>(Method::DELETE, path, access, class)
}

/// Every route of the server.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    const READ: Access = Needs(PortfolioRead);
    const WRITE: Access = Needs(PortfolioWrite);
    vec![
        // First start and sign-in
        get::<setup::status::Status>("/api/setup", Public, Read),
        post::<setup::create::Create>("/api/setup", Public, Login),
        post::<auth::login::SignIn>("/api/auth/login", Public, Login),
        post::<auth::refresh::Refresh>("/api/auth/refresh", Public, Login),
        post::<auth::logout::SignOut>("/api/auth/logout", SignedIn, Read),
        get::<auth::session::Show>("/api/auth/session", SignedIn, Read),
        post::<auth::password::Change>("/api/auth/password", SignedIn, Login),
        post::<auth::links::Follow>("/api/auth/links/{purpose}", Public, Login),
        // Profile
        get::<profile::show::Show>("/api/profile", SignedIn, Read),
        patch::<profile::change::Change>("/api/profile", SignedIn, Read),
        get::<settings::show::Show>("/api/settings", SignedIn, Read),
        put::<settings::replace::Replace>("/api/settings", SignedIn, Read),
        get::<sessions::list::List>("/api/sessions", SignedIn, Read),
        delete::<sessions::end::End>("/api/sessions/{id}", SignedIn, Read),
        // The requirement's endpoints
        post::<patterns::execute::Execute>("/api/patterns/execute", SignedIn, Execution),
        get::<overview::Overview>("/api/portfolio", READ, Read),
        get::<holdings::Holdings>("/api/holdings", READ, Read),
        get::<transactions::list::List>("/api/transactions", READ, Read),
        get::<metrics::Metrics>("/api/metrics/{portfolio_id}", READ, Read),
        // Portfolios and accounts
        get::<portfolios::list::List>("/api/portfolios", READ, Read),
        post::<portfolios::create::Create>("/api/portfolios", WRITE, Read).takes_key(),
        get::<portfolios::show::Show>("/api/portfolios/{id}", READ, Read),
        patch::<portfolios::change::Change>("/api/portfolios/{id}", WRITE, Read),
        get::<accounts::list::List>("/api/portfolios/{id}/accounts", READ, Read),
        post::<accounts::create::Create>("/api/portfolios/{id}/accounts", WRITE, Read).takes_key(),
        get::<accounts::show::Show>("/api/accounts/{id}", READ, Read),
        patch::<accounts::change::Change>("/api/accounts/{id}", WRITE, Read),
        get::<portfolios::cash::Cash>("/api/portfolios/{id}/cash", READ, Read),
        post::<portfolios::prices::Record>("/api/portfolios/{id}/prices", WRITE, Read).takes_key(),
        // Ledger
        post::<transactions::record::Record>("/api/transactions", WRITE, Read).needs_key(),
        post::<transactions::preview::Preview>("/api/transactions/preview", WRITE, Read),
        get::<transactions::show::Show>("/api/transactions/{id}", READ, Read),
        post::<transactions::void::Void>("/api/transactions/{id}/void", WRITE, Read).needs_key(),
        post::<transactions::amend::Amend>("/api/transactions/{id}/amend", WRITE, Read).needs_key(),
        get::<ledger::history::History>("/api/portfolios/{id}/ledger", READ, Read),
        post::<ledger::verify::Verify>("/api/portfolios/{id}/ledger/verify", READ, Execution),
        get::<lots::Lots>("/api/lots", READ, Read),
        // Imports
        get::<imports::formats::Formats>("/api/imports/formats", WRITE, Read),
        post::<imports::upload::Upload>("/api/imports", WRITE, Import).uploading().takes_key(),
        get::<imports::list::List>("/api/imports", WRITE, Read),
        get::<imports::show::Show>("/api/imports/{id}", WRITE, Read),
        patch::<imports::change::Change>("/api/imports/{id}", WRITE, Read),
        delete::<imports::remove::Remove>("/api/imports/{id}", WRITE, Read),
        get::<imports::preview::Preview>("/api/imports/{id}/preview", WRITE, Read),
        post::<imports::commit::Commit>("/api/imports/{id}/commit", WRITE, Import).needs_key(),
        post::<imports::revert::Revert>("/api/imports/{id}/revert", WRITE, Import).needs_key(),
        // Securities and prices
        get::<securities::search::Search>("/api/securities/search", READ, Read),
        post::<securities::create::Create>("/api/securities", WRITE, Read).takes_key(),
        get::<securities::show::Show>("/api/securities/{id}", READ, Read),
        get::<securities::prices::Prices>("/api/securities/{id}/prices", READ, Read),
        get::<packs::list::List>("/api/packs", READ, Read),
        get::<packs::latest::Latest>("/api/packs/latest", READ, Read),
        get::<packs::show::Show>("/api/packs/{id}", READ, Read),
        post::<packs::restate::Restate>("/api/packs/restate", Needs(PacksWrite), Execution).takes_key(),
        // Patterns, capabilities, executions
        get::<patterns::list::List>("/api/patterns", SignedIn, Read),
        get::<patterns::show::Show>("/api/patterns/{id}", SignedIn, Read),
        get::<patterns::plan::Show>("/api/patterns/{id}/plan", SignedIn, Read),
        post::<patterns::check::Check>("/api/patterns/check", SignedIn, Read),
        get::<capabilities::list::List>("/api/capabilities", SignedIn, Read),
        post::<capabilities::run::Run>("/api/capabilities/{name}/run", SignedIn, Execution),
        get::<executions::list::List>("/api/executions", SignedIn, Read),
        get::<executions::show::Show>("/api/executions/{id}", SignedIn, Read),
        // Operation and documentation
        get::<health::alive::Alive>("/health", Public, Free),
        get::<health::ready::Ready>("/health/ready", Public, Free),
        get::<health::pack::Pack>("/health/pack", Public, Free),
        get::<health::metrics::Metrics>("/metrics", Public, Free),
        get::<about::version::Version>("/api/version", Public, Read),
        get::<about::openapi::OpenApi>("/api/openapi.json", Public, Read),
        get::<about::errors::ErrorPage>("/docs/errors/{code}", Public, Read),
    ]
});

/// The router of the server.
pub fn router(state: AppState) -> Router {
    let mut router: Router = Router::new();
    let mut paths: Vec<&'static str> = Vec::new();
    for route in ROUTES.iter() {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        let mut methods: MethodRouter = MethodRouter::new();
        let mut allow: Vec<&str> = Vec::new();
        for route in ROUTES.iter().filter(|r| r.path == path) {
            let state = state.clone();
            let handler = move |request| serve::serve(state, route, request);
            methods = methods.on(filter(&route.method), handler);
            allow.push(route.method.as_str());
            if route.method == Method::GET {
                allow.push("HEAD");
            }
        }
        // One text for each path and process.
        let allow: &'static str = allow.join(", ").leak();
        let other = state.clone();
        let methods = methods.fallback(move |request| async move { serve::other_method(&other, allow, &request) });
        router = router.route(path, methods);
    }
    let outside = state.clone();
    router.fallback(move |request| ui::fallback(outside, request)).layer(crate::http::compression())
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::GET => MethodFilter::GET,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::POST,
    }
}
