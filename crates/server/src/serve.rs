//! Listening: the server from start to the last answer.
//!
//! On SIGTERM or Ctrl-C it stops accepting, answers what runs, writes down what is queued, and ends. On SIGHUP it reads
//! patterns again. One server per data directory.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiSettings, AppState, BuildInfo, Deps};
use axum::serve::ListenerExt;
use store::queries::executions;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, say};
use crate::cli::{Common, Listen};
use crate::demo;
use crate::market_data::ticket;
use crate::problem::Stopped;

/// Longest time that running requests get at the end.
const DRAIN: Duration = Duration::from_secs(30);

/// `dawsos serve` and `dawsos demo`.
pub async fn run(common: &Common, listen: &Listen, is_demo: bool, prepare_only: bool) -> Result<(), Stopped> {
    let begin = std::time::Instant::now();
    let (mut settings, data_directory) = crate::app::settings(common)?;
    if let Some(port) = listen.port {
        settings.server.port = port;
    }
    if let Some(host) = &listen.host {
        settings.server.host.clone_from(host);
    }
    crate::print::start_log(&settings.log);
    let lock = private_postgres::lock_server(&data_directory)?;
    // The address is taken first: a port in use must not cost a start of PostgreSQL.
    let address = format!("{}:{}", settings.server.host, settings.server.port);
    let listener = if prepare_only {
        None
    } else {
        Some(
            TcpListener::bind(&address)
                .await
                .map_err(|error| Stopped::input("invalid_input", format!("cannot listen on {address}: {error}")))?,
        )
    };
    let app = App::open_in(settings, data_directory).await?;
    app.store.as_worker(ticket(), async |tx| executions::ensure_partitions(tx, 2).await).await?;
    let login = if is_demo { Some(demo::prepare(&app, |step| eprintln!("demo: {step}")).await?) } else { None };
    let Some(listener) = listener else {
        if let Some(login) = &login {
            println!("  e-mail    {}\n  password  {}", login.email, login.password);
        }
        app.flush().await;
        return Ok(());
    };
    let local = listener.local_addr()?;
    let public_url = if app.settings.server.public_url.is_empty() {
        format!("http://{local}")
    } else {
        app.settings.server.public_url.clone()
    };
    let state = state(&app, public_url.clone(), is_demo)?;
    println!("DawsOS {} is ready after {:.2} s", env!("CARGO_PKG_VERSION"), begin.elapsed().as_secs_f64());
    println!("  address   {public_url}");
    match &login {
        Some(login) => {
            println!("  e-mail    {}\n  password  {}", login.email, login.password);
            println!(
                "  (one-time login: each start makes a new password; the trades are invented, the prices are real)"
            );
        }
        None => {
            if let Some(link) = crate::commands::user::first_setup_link(&app, &public_url).await? {
                println!(
                    "  set up    {link}\n  (valid for 60 minutes, used once; `dawsos user setup-link` makes a new one)"
                );
            }
        }
    }
    state.set_ready(true);
    let background = background(&app);
    let draining = state.clone();
    let router = api::router(state).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| {
        // Answers are written whole: waiting to fill a segment only adds latency.
        let _ = stream.set_nodelay(true);
    });
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        terminated().await;
        draining.start_draining();
        let _ = ended.send(());
    });
    let limit = async {
        let _ = end.await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        outcome = std::future::IntoFuture::into_future(server) => outcome?,
        () = limit => tracing::warn!("requests were still running after {} s", DRAIN.as_secs()),
    }
    background.abort();
    app.flush().await;
    drop(lock);
    Ok(())
}

/// State of the API from the settings in force.
pub fn state(app: &App, public_url: String, is_demo: bool) -> Result<AppState, Stopped> {
    let mut settings = ApiSettings::with_secret(app.jwt_secret()?);
    settings.public_url = public_url;
    settings.jwt_algorithm.clone_from(&app.settings.auth.jwt_algorithm);
    settings.jwt_expiration_hours = app.settings.auth.jwt_expiration_hours;
    settings.upload_max_bytes = app.settings.server.upload_max_bytes;
    settings.cors_origins.clone_from(&app.settings.server.cors_origins);
    settings.metrics_token.clone_from(&app.settings.server.metrics_token);
    let limits = &app.settings.rate_limits;
    settings.rate_limits = api::RateLimits {
        anonymous_per_minute: limits.anonymous_per_minute,
        login_per_minute: limits.login_per_minute,
        reads_per_minute: limits.reads_per_minute,
        executions_per_minute: limits.executions_per_minute,
        imports_per_minute: limits.imports_per_minute,
    };
    settings.demo = is_demo;
    settings.build = BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("DAWSOS_COMMIT").unwrap_or("unknown").to_owned(),
        build: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    };
    let metrics = api::measure::install().ok();
    AppState::new(Deps {
        store: Arc::clone(&app.store),
        orchestrator: Arc::clone(&app.orchestrator),
        settings,
        clock: Arc::new(api::clock::SystemClock::default()),
        metrics,
    })
    .map_err(Stopped::internal)
}

/// Patterns follow their files, the private cluster is kept alive, partitions are made ahead.
fn background(app: &App) -> tokio::task::JoinHandle<()> {
    let (patterns, cluster, store) = (Arc::clone(&app.patterns), app.cluster.clone(), Arc::clone(&app.store));
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(2));
        let mut hangup = signal(SignalKind::hangup()).ok();
        let mut ticks: u64 = 0;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = async { match hangup.as_mut() { Some(hangup) => { hangup.recv().await; } None => std::future::pending().await } } => {}
            }
            ticks += 1;
            let library = Arc::clone(&patterns);
            if let Ok(report) = tokio::task::spawn_blocking(move || library.reload()).await
                && !report.is_empty()
            {
                say(&report);
            }
            if let Some(cluster) = cluster.clone() {
                match tokio::task::spawn_blocking(move || cluster.revive()).await {
                    Ok(Ok(true)) => tracing::warn!("the private PostgreSQL had stopped and was started again"),
                    Ok(Err(error)) => tracing::error!(%error, "the private PostgreSQL does not start"),
                    _ => {}
                }
            }
            if ticks.is_multiple_of(43_200)
                && let Err(error) =
                    store.as_worker(ticket(), async |tx| executions::ensure_partitions(tx, 2).await).await
            {
                tracing::error!(%error, "partitions could not be made ahead");
            }
        }
    })
}

async fn terminated() {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be caught");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
