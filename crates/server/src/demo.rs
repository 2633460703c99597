//! The demo: real prices, dividends and rates with the invented ledger on them, loaded through the same doors that a
//! user's own data takes. Each step is skipped when it was done, so a start that was cut off is completed by the next.

use std::collections::HashMap;
use std::sync::Arc;

use api::auth::{lockout, password};
use chrono::Utc;
use dates::{Date, parse_date};
use rand::RngExt;
use serde_json::{Map, Value, json};
use store::queries::accounts::{self, AccountFields};
use store::queries::observations::{self, SessionPrice};
use store::queries::users::{self, NewUser};
use store::queries::{packs, portfolios};
use uuid::Uuid;

use crate::app::App;
use crate::market_data::{self, ticket};
use crate::problem::Stopped;

/// Address of the demo user.
pub const EMAIL: &str = "demo@dawsos.local";
/// Name of the demo portfolio.
pub const PORTFOLIO: &str = "Demo: invented trades on real prices";
/// First day with a pack.
const FIRST_PACK: &str = "2018-01-02";
/// The demo's today: its last common date.
const LAST_PACK: &str = "2022-06-15";

/// The files that the demo loads; the others of `demo/` serve tests and later pages.
const FILES: &[(&str, &str)] = &[
    ("securities.csv", include_str!("../../../demo/securities.csv")),
    ("prices_daily.csv", include_str!("../../../demo/prices_daily.csv")),
    ("fx_daily.csv", include_str!("../../../demo/fx_daily.csv")),
    ("ledger.csv", include_str!("../../../demo/ledger.csv")),
];

/// What one needs to sign in.
pub struct Login {
    /// E-mail.
    pub email: &'static str,
    /// Password made for this start.
    pub password: String,
}

/// Load what is missing and set a new password.
pub async fn prepare(app: &App, progress: impl Fn(&str)) -> Result<Login, Stopped> {
    load_market(app, &progress).await?;
    let (user, login) = sign_in_data(app).await?;
    load_books(app, user, &progress).await?;
    Ok(login)
}

fn file(name: &str) -> Result<&'static str, Stopped> {
    FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
        .ok_or_else(|| Stopped::internal(format!("demo/{name} is not in the binary")))
}

fn table(name: &str) -> Result<Vec<HashMap<String, String>>, Stopped> {
    let text = file(name)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|error| Stopped::internal(format!("demo/{name}: {error}")))
}

fn day(text: &str) -> Result<Date, Stopped> {
    parse_date(text).map_err(Stopped::internal)
}

async fn load_market(app: &App, progress: &impl Fn(&str)) -> Result<(), Stopped> {
    let newest =
        app.store.as_worker(ticket(), async |tx| packs::latest(tx, pricing::DEFAULT_POLICY, None).await).await?;
    if newest.is_some_and(|info| info.pack.date >= day(LAST_PACK).unwrap_or_default()) {
        return Ok(());
    }
    progress("securities");
    let securities: Vec<_> = table("securities.csv")?.into_iter().filter(|row| row["in_prices_daily"] == "1").collect();
    market_data::load_securities(&app.store, &securities).await?;
    progress("prices and rates");
    let known = market_data::known_symbols(&app.store).await?;
    let known_at = market_data::now_us();
    let mut prices = Vec::new();
    for row in table("prices_daily.csv")?.iter().filter(|row| row["date"].as_str() <= LAST_PACK) {
        let security =
            known.get(&row["symbol"]).ok_or_else(|| Stopped::internal(format!("demo: unknown {}", row["symbol"])))?;
        let number = |name: &str| row.get(name).filter(|text| !text.is_empty()).and_then(|text| text.parse().ok());
        let close = number("close").ok_or_else(|| Stopped::internal(format!("demo: no close of {}", row["symbol"])))?;
        prices.push(SessionPrice {
            observation: pricing::PriceObservation {
                security_id: security.id,
                date: day(&row["date"])?,
                close,
                currency: row["currency"].parse().map_err(Stopped::internal)?,
                source: row["source"].clone(),
                known_at,
            },
            open: number("open"),
            high: number("high"),
            low: number("low"),
            volume: number("volume"),
        });
    }
    let mut rates = Vec::new();
    for row in table("fx_daily.csv")?.iter().filter(|row| ("2017-11-01"..=LAST_PACK).contains(&row["date"].as_str())) {
        rates.push(pricing::RateObservation {
            base: row["base"].parse().map_err(Stopped::internal)?,
            quote: row["quote"].parse().map_err(Stopped::internal)?,
            date: day(&row["date"])?,
            rate: row["rate"].parse().map_err(Stopped::internal)?,
            source: "ecb".to_owned(),
            known_at,
        });
    }
    app.store
        .as_worker(ticket(), async |tx| {
            observations::insert_prices(tx, &prices).await?;
            observations::insert_rates(tx, &rates).await
        })
        .await?;
    progress("pricing packs");
    agents::packs::build_range(&app.store, pricing::DEFAULT_POLICY, day(FIRST_PACK)?, day(LAST_PACK)?).await?;
    Ok(())
}

/// The demo user with a new random password.
async fn sign_in_data(app: &App) -> Result<(Uuid, Login), Stopped> {
    let mut random = rand::rng();
    let letters = b"abcdefghjkmnpqrstuvwxyz23456789";
    let password: String = (0..20)
        .map(|at| if at % 5 == 4 && at < 19 { '-' } else { letters[random.random_range(0..letters.len())] as char })
        .collect();
    let hash = {
        let password = password.clone();
        tokio::task::spawn_blocking(move || password::hash_blocking(&password)).await.map_err(Stopped::internal)?
    }
    .map_err(|problem| Stopped::internal(format!("{problem:?}")))?;
    let normalized = lockout::normalized_email(EMAIL);
    let user = app
        .store
        .as_auth(ticket(), async |tx| {
            if let Some(user) = users::by_email(tx, &normalized).await? {
                users::set_password(tx, user.profile.id, &hash).await?;
                return Ok(user.profile.id);
            }
            let new = NewUser {
                id: Uuid::now_v7(),
                email: EMAIL.to_owned(),
                email_normalized: normalized.clone(),
                display_name: "Demo investor".to_owned(),
                password_hash: Some(hash.clone()),
                role: "ADMIN".to_owned(),
                status: "active".to_owned(),
                locale: "en".to_owned(),
                time_zone: "Europe/Paris".to_owned(),
            };
            Ok(users::insert(tx, &new).await?.profile.id)
        })
        .await?;
    Ok((user, Login { email: EMAIL, password }))
}

async fn load_books(app: &App, user: Uuid, progress: &impl Fn(&str)) -> Result<(), Stopped> {
    let existing = app.store.as_user(ticket(), user, async |tx| portfolios::list(tx, user, None).await).await?;
    let portfolio = match existing.iter().find(|head| head.demo) {
        Some(head) => head.id,
        None => {
            progress("portfolio");
            let mut args = Map::new();
            args.insert("name".into(), PORTFOLIO.into());
            args.insert(
                "description".into(),
                "A self-directed investor in the euro area. The trades are invented, the prices are real.".into(),
            );
            args.insert("base_currency".into(), "EUR".into());
            args.insert("risk_free".into(), json!(0.0));
            args.insert("demo".into(), true.into());
            args.insert("idempotency_key".into(), "demo-portfolio".into());
            let made = app.call("portfolio.create", user, args).await?;
            made["portfolio"]["portfolio_id"]
                .as_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Stopped::internal("portfolio.create gave no id"))?
        }
    };
    let known = app.store.as_user(ticket(), user, async |tx| accounts::list(tx, user, portfolio).await).await?;
    if known.is_empty() {
        let fields = AccountFields::brokerage("Brokerage account", money::Currency::EUR);
        app.store
            .as_user(ticket(), user, async |tx| accounts::insert(tx, user, portfolio, Uuid::now_v7(), &fields).await)
            .await?;
    }
    let has_trades = existing.iter().any(|head| head.id == portfolio && head.seq > 10);
    if !has_trades {
        progress("ledger");
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        args.insert("content".into(), file("ledger.csv")?.into());
        args.insert("idempotency_key".into(), format!("demo-ledger-{}", Utc::now().timestamp_micros()).into());
        app.call("ledger.import", user, args).await?;
    }
    Ok(())
}

impl App {
    /// Run one capability as a user with all rights of the command line.
    pub async fn call(&self, capability: &str, user: Uuid, args: Map<String, Value>) -> Result<Value, Stopped> {
        let rights: Arc<[String]> = api::auth::permission::Role::Admin.permission_names().into();
        let mut request = orchestrator::CapabilityRequest::new(capability, user, rights);
        request.args = args;
        request.trigger = orchestrator::Trigger::Cli;
        request.deadline = Some(std::time::Duration::from_secs(90));
        let answer = self.orchestrator.run_capability(request).await?;
        answer.body.parse(orchestrator::Member::Data).map_err(Stopped::internal)
    }
}
