//! What is measured, in which order, and how it is printed.
//!
//! Servers run as processes of their own, as a user runs them; the load comes from this process over loopback. Everything
//! is bounded in time, and the data directories are removed at the end.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use store::queries::accounts::{self, AccountFields};
use store::queries::users::{self, NewUser};
use uuid::Uuid;

use super::generate::{ledger_csv, market};
use super::load::{Measured, Request, burst, closed_loop, fetch};
use crate::app::App;
use crate::cli::{Bench, Common};
use crate::market_data::{self, ticket};
use crate::problem::Stopped;

const EMAIL: &str = "bench@dawsos.local";
const PASSWORD: &str = "generated-data-only-1";
/// The date on which the generated market ends.
const LAST_DAY: (i32, u32, u32) = (2024, 3, 28);

/// A line of the report.
struct Line {
    work: String,
    figure: String,
    must: &'static str,
}

/// Measure everything and print a table.
pub async fn run(bench: Bench) -> Result<(), Stopped> {
    let folder = std::env::temp_dir().join(format!("dawsos-bench-{}", std::process::id()));
    let outcome = measure(&bench, &folder).await;
    let _removed = std::fs::remove_dir_all(&folder);
    let lines = outcome?;
    println!("| Work | Measured | Must |\n|---|---|---|");
    for line in lines {
        println!("| {} | {} | {} |", line.work, line.figure, line.must);
    }
    Ok(())
}

async fn measure(bench: &Bench, folder: &Path) -> Result<Vec<Line>, Stopped> {
    let mut lines = Vec::new();
    let seconds = Duration::from_secs(bench.seconds.clamp(1, 120));
    demo(&folder.join("demo"), seconds, &mut lines).await?;
    generated(&folder.join("generated"), seconds, bench.import_rows, &mut lines).await?;
    Ok(lines)
}

fn line(lines: &mut Vec<Line>, work: impl Into<String>, figure: impl Into<String>, must: &'static str) {
    let line = Line { work: work.into(), figure: figure.into(), must };
    eprintln!("{}: {}", line.work, line.figure);
    lines.push(line);
}

async fn demo(folder: &Path, seconds: Duration, lines: &mut Vec<Line>) -> Result<(), Stopped> {
    let first = Server::start("demo", folder)?;
    line(lines, "first run with demo data, ready after", format!("{:.2} s", first.ready.as_secs_f64()), "15 s");
    first.stop();
    let server = Server::start("demo", folder)?;
    line(lines, "existing data directory, ready after", format!("{:.2} s", server.ready.as_secs_f64()), "1 s");
    let email = server.email.clone().unwrap_or_default();
    let password = server.password.clone().unwrap_or_default();
    overview(&server, "demo", &email, &password, seconds, lines).await?;
    line(
        lines,
        "resident memory of the demo's server after the load",
        format!("{:.0} MB", server.resident_mb()),
        "150 MB",
    );
    server.stop();
    Ok(())
}

async fn generated(folder: &Path, seconds: Duration, rows: usize, lines: &mut Vec<Line>) -> Result<(), Stopped> {
    std::fs::create_dir_all(folder)?;
    let app = App::open(&common(folder)).await?;
    let last = chrono::NaiveDate::from_ymd_opt(LAST_DAY.0, LAST_DAY.1, LAST_DAY.2)
        .ok_or_else(|| Stopped::internal("no such day"))?;
    let market = market(50, 10, last, 1);
    let securities: Vec<_> = market
        .securities
        .iter()
        .map(|security| {
            [
                ("symbol", security.symbol.as_str()),
                ("name", "GENERATED"),
                ("currency", security.currency),
                ("mic", security.mic),
                ("sector", security.sector),
            ]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
        })
        .collect();
    market_data::load_securities(&app.store, &securities).await?;
    let mut prices = String::from("symbol,mic,date,close,currency,source\n");
    let mut rates = String::from("date,base,quote,rate,source\n");
    for (at, day) in market.days.iter().enumerate() {
        for security in &market.securities {
            prices.push_str(&format!(
                "{},{},{day},{:.2},{},generated\n",
                security.symbol, security.mic, security.closes[at], security.currency
            ));
        }
        let (usd, gbp) = market.rates[at];
        rates.push_str(&format!("{day},EUR,USD,{usd:.4},generated\n{day},EUR,GBP,{gbp:.5},generated\n"));
    }
    market_data::load(&app.store, &prices).await?;
    market_data::load(&app.store, &rates).await?;
    let begin = Instant::now();
    agents::packs::build_range(&app.store, pricing::DEFAULT_POLICY, market.days[0], last).await?;
    line(
        lines,
        "pricing packs of 10 years (every day), 50 securities, built and sealed",
        format!("{:.1} s", begin.elapsed().as_secs_f64()),
        "",
    );
    let user = make_user(&app).await?;
    let small = make_portfolio(&app, user, "Generated").await?;
    import(&app, user, small, &ledger_csv(&market, 1_000, 1)).await?;
    let big = make_portfolio(&app, user, "Generated, large").await?;
    let text = ledger_csv(&market, rows, 2);
    let begin = Instant::now();
    import(&app, user, big, &text).await?;
    line(
        lines,
        format!("import of {rows} transactions"),
        format!("{:.1} s", begin.elapsed().as_secs_f64()),
        "10 s (100,000)",
    );
    app.flush().await;
    drop(app);
    let server = Server::start("serve", folder)?;
    line(lines, "10 years of 50 securities, server ready after", format!("{:.2} s", server.ready.as_secs_f64()), "1 s");
    let mut inputs = Map::new();
    inputs.insert("portfolio_id".into(), small.to_string().into());
    overview_of(&server, "50 positions, 1,000 transactions, 10 years", EMAIL, PASSWORD, &inputs, seconds, lines)
        .await?;
    line(lines, "resident memory of that server after the load", format!("{:.0} MB", server.resident_mb()), "");
    server.stop();
    Ok(())
}

async fn overview(
    server: &Server,
    name: &str,
    email: &str,
    password: &str,
    seconds: Duration,
    lines: &mut Vec<Line>,
) -> Result<(), Stopped> {
    let token = login(server.port, email, password).await?;
    let body = fetch(server.port, &Request::get_as("/api/portfolios", &token)).await?;
    let listed: Value = serde_json::from_str(&body).map_err(Stopped::internal)?;
    let id = listed["data"][0]["id"]
        .as_str()
        .or(listed["data"]["portfolios"][0]["portfolio_id"].as_str())
        .unwrap_or_default();
    let mut inputs = Map::new();
    inputs.insert("portfolio_id".into(), id.into());
    overview_with(server, name, &token, &inputs, seconds, lines).await
}

async fn overview_of(
    server: &Server,
    name: &str,
    email: &str,
    password: &str,
    inputs: &Map<String, Value>,
    seconds: Duration,
    lines: &mut Vec<Line>,
) -> Result<(), Stopped> {
    let token = login(server.port, email, password).await?;
    overview_with(server, name, &token, inputs, seconds, lines).await
}

async fn overview_with(
    server: &Server,
    name: &str,
    token: &str,
    inputs: &Map<String, Value>,
    seconds: Duration,
    lines: &mut Vec<Line>,
) -> Result<(), Stopped> {
    let body = json!({ "pattern": "portfolio_overview", "inputs": inputs }).to_string();
    let stored = Request::post_json("/api/patterns/execute", token, &body, &[]);
    let computed = Request::post_json("/api/patterns/execute", token, &body, &[("Cache-Control", "no-cache")]);
    // Fill the caches of books and prices before anything is measured.
    fetch(server.port, &computed).await?;
    for (kind, request, must_latency, must_rate) in
        [("computed", &computed, "20 ms", "500/s"), ("stored", &stored, "2 ms", "5,000/s")]
    {
        let one = closed_loop(server.port, request, 1, seconds).await;
        line(lines, format!("portfolio_overview, {name}, {kind}, one client"), latency(&one), must_latency);
        let before = server.processor_ms();
        let many = closed_loop(server.port, request, 32, seconds).await;
        let each = (server.processor_ms() - before) / many.ok.max(1) as f64;
        line(
            lines,
            format!("portfolio_overview, {name}, {kind}, 32 clients"),
            format!("{:.0}/s, {}, {each:.2} ms of processor time each", many.per_second(), latency(&many)),
            must_rate,
        );
        let at_once = burst(server.port, request, 200).await;
        let must = if kind == "computed" { "0 errors, p95 2 s" } else { "0 errors, p95 250 ms" };
        line(
            lines,
            format!("portfolio_overview, {name}, {kind}, 200 at once"),
            format!("{} errors, {}", at_once.failed, latency(&at_once)),
            must,
        );
    }
    Ok(())
}

fn latency(measured: &Measured) -> String {
    let quantile = |q: f64| measured.quantile_ms(q).map_or_else(|| "none".to_owned(), |ms| format!("{ms:.2} ms"));
    format!("p50 {}, p95 {} ({} answers, {} failed)", quantile(0.5), quantile(0.95), measured.ok, measured.failed)
}

async fn login(port: u16, email: &str, password: &str) -> Result<String, Stopped> {
    let body = json!({ "email": email, "password": password, "client": "api" }).to_string();
    let answer = fetch(port, &Request::post_json("/api/auth/login", "", &body, &[])).await?;
    let value: Value =
        serde_json::from_str(&answer).map_err(|error| Stopped::internal(format!("{error}: {answer}")))?;
    value["data"]["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Stopped::internal(format!("no token: {answer}")))
}

async fn make_user(app: &App) -> Result<Uuid, Stopped> {
    let hash = tokio::task::spawn_blocking(|| api::auth::password::hash_blocking(PASSWORD))
        .await
        .map_err(Stopped::internal)?
        .map_err(|problem| Stopped::internal(format!("{problem:?}")))?;
    let new = NewUser {
        id: Uuid::now_v7(),
        email: EMAIL.to_owned(),
        email_normalized: EMAIL.to_owned(),
        display_name: "Generated".to_owned(),
        password_hash: Some(hash),
        role: "ADMIN".to_owned(),
        status: "active".to_owned(),
        locale: "en".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    Ok(app.store.as_auth(ticket(), async |tx| users::insert(tx, &new).await).await?.profile.id)
}

async fn make_portfolio(app: &App, user: Uuid, name: &str) -> Result<Uuid, Stopped> {
    let mut args = Map::new();
    args.insert("name".into(), name.into());
    args.insert("base_currency".into(), "EUR".into());
    args.insert("risk_free".into(), json!(0.0));
    args.insert("idempotency_key".into(), format!("bench-{name}").into());
    let made = app.call("portfolio.create", user, args).await?;
    let id: Uuid = made["portfolio"]["portfolio_id"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Stopped::internal("portfolio.create gave no id"))?;
    let fields = AccountFields::brokerage("Main", money::Currency::EUR);
    app.store.as_user(ticket(), user, async |tx| accounts::insert(tx, user, id, Uuid::now_v7(), &fields).await).await?;
    Ok(id)
}

async fn import(app: &App, user: Uuid, portfolio: Uuid, text: &str) -> Result<(), Stopped> {
    let mut args = Map::new();
    args.insert("portfolio_id".into(), portfolio.to_string().into());
    args.insert("content".into(), text.into());
    args.insert("idempotency_key".into(), format!("bench-{portfolio}").into());
    app.call("ledger.import", user, args).await.map(drop)
}

fn common(folder: &Path) -> Common {
    Common { config: None, data_dir: Some(folder.to_path_buf()), user: None, json: false }
}

/// A server as a process.
struct Server {
    child: Child,
    port: u16,
    email: Option<String>,
    password: Option<String>,
    ready: Duration,
}

impl Server {
    fn start(command: &str, folder: &Path) -> Result<Server, Stopped> {
        let begin = Instant::now();
        let program: PathBuf = std::env::current_exe()?;
        let mut child = Command::new(program)
            .args([command, "--port", "0", "--data-dir"])
            .arg(folder)
            .envs(
                ["ANONYMOUS", "LOGIN", "READS", "EXECUTIONS", "IMPORTS"]
                    .map(|name| (format!("RATE_LIMIT_{name}"), "0")),
            )
            .env("DAWSOS_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| Stopped::internal("no standard output"))?;
        let mut server = Server { child, port: 0, email: None, password: None, ready: Duration::ZERO };
        let mut lines = BufReader::new(output).lines();
        let wants_login = command == "demo";
        for text in lines.by_ref() {
            let text = text?;
            let text = text.trim();
            if let Some(address) = text.strip_prefix("address") {
                server.port = address.rsplit(':').next().and_then(|port| port.trim().parse().ok()).unwrap_or(0);
                server.ready = begin.elapsed();
            }
            if let Some(email) = text.strip_prefix("e-mail") {
                server.email = Some(email.trim().to_owned());
            }
            if let Some(password) = text.strip_prefix("password") {
                server.password = Some(password.trim().to_owned());
            }
            if server.port != 0 && (!wants_login || server.password.is_some()) {
                // The pipe must stay drained, else the server would block on its own output.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
        }
        Err(Stopped::internal(format!("dawsos {command} ended before it was ready")))
    }

    /// Processor time of the server since it began, milliseconds; unlike a rate it hardly depends on what else runs.
    fn processor_ms(&self) -> f64 {
        const TICK_MS: f64 = 10.0;
        std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .ok()
            .and_then(|text| {
                let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
                let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
                Some((ticks(11)? + ticks(12)?) * TICK_MS)
            })
            .unwrap_or(f64::NAN)
    }

    fn resident_mb(&self) -> f64 {
        std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .ok()
            .and_then(|text| {
                let line = text.lines().find(|line| line.starts_with("VmRSS:"))?.to_owned();
                line.split_whitespace().nth(1)?.parse::<f64>().ok()
            })
            .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
    }

    fn stop(mut self) {
        let _asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ended = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}
