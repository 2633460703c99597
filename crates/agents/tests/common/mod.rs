//! The demo in a database of its own, built as the product builds it: observations into packs, the ledger file through
//! the import.
#![allow(dead_code)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use agents::{Agents, ContextRequest, Settings, packs};
use capability::{CapabilityResult, ExecutionContext, Failure, Reads};
use chrono::{DateTime, Utc};
use dates::{Date, parse_date};
use money::{Currency, Decimal};
use pricing::{PriceObservation, RateObservation};
use serde_json::{Value, json};
use store::queries::accounts::{self, AccountFields};
use store::queries::observations::{self, SessionPrice};
use store::queries::securities::{self, Identifier, SecurityFields};
use store::{LeaseTicket, Store};
use testkit::{TestDatabase, two_users};
use uuid::Uuid;

pub const FIRST_PACK: &str = "2018-01-02";
pub const LAST_PACK: &str = "2022-06-15";

pub fn day(text: &str) -> Date {
    parse_date(text).expect(text)
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect(text)
}

/// The rows of a demo file by column name.
pub fn table(file: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(testkit::golden::demo(file)).expect(file);
    reader.deserialize().map(|row| row.expect(file)).collect()
}

/// A user with agents on a database.
pub struct World {
    pub agents: Arc<Agents>,
    pub store: Arc<Store>,
    pub user: Uuid,
    pub other: Uuid,
    pub other_portfolio: Uuid,
    pub portfolio: Uuid,
    pub account: Uuid,
    database: TestDatabase,
}

fn ticket(user: Uuid) -> LeaseTicket {
    LeaseTicket::new("financial_analyst", user, 1, Duration::from_secs(60))
}

impl World {
    /// A user with an empty portfolio in EUR, without prices.
    pub async fn empty() -> World {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        let people = two_users(&store).await;
        let agents = Arc::new(Agents::new(Arc::clone(&store), Settings::default()));
        let mut world = World {
            agents,
            store,
            user: people.a.user,
            other: people.b.user,
            other_portfolio: people.b.portfolio,
            portfolio: Uuid::nil(),
            account: Uuid::now_v7(),
            database,
        };
        let args = json!({"name": "Demo", "base_currency": "EUR", "risk_free": 0.01, "idempotency_key": "portfolio"});
        let made = world.call_without_portfolio("portfolio.create", args).await.expect("a portfolio");
        world.portfolio = made.value["portfolio"]["portfolio_id"].as_str().expect("an id").parse().expect("an id");
        let fields = AccountFields::brokerage("Main account", Currency::EUR);
        let (user, portfolio, account) = (world.user, world.portfolio, world.account);
        let insert = world
            .store
            .as_user(ticket(user), user, async |tx| accounts::insert(tx, user, portfolio, account, &fields).await);
        insert.await.expect("an account");
        world
    }

    /// The same with the demo's securities, prices and packs.
    pub async fn with_packs() -> World {
        let world = World::empty().await;
        world.load_securities().await;
        world.load_observations().await;
        packs::build_range(&world.store, "default", day(FIRST_PACK), day(LAST_PACK)).await.expect("packs");
        world
    }

    /// The same with the demo's ledger.
    pub async fn demo() -> World {
        let world = World::with_packs().await;
        let ledger = std::fs::read_to_string(testkit::golden::demo("ledger.csv")).expect("demo ledger");
        let args = json!({"content": ledger, "mode": "commit", "idempotency_key": "demo", "limit": 1});
        let imported = world.call("ledger.import", args).await.expect("an import");
        assert_eq!(imported.value["counts"]["ok"], 164, "{}", imported.value["counts"]);
        world
    }

    pub fn security_id(&self, symbol: &str) -> Uuid {
        let row = table("securities.csv").into_iter().find(|row| row["symbol"] == symbol).expect(symbol);
        identifier(&row).security_id()
    }

    async fn load_securities(&self) {
        let rows: Vec<_> = table("securities.csv").into_iter().filter(|row| row["in_prices_daily"] == "1").collect();
        let load = self.store.as_worker(ticket(Uuid::nil()), async |tx| {
            for row in &rows {
                let given = |name: &str| Some(row[name].clone()).filter(|text| !text.is_empty());
                let mut fields =
                    SecurityFields::new(&row["name"], &row["asset_type"], row["currency"].parse().expect("currency"));
                fields.primary_mic = given("mic");
                fields.sector = given("sector");
                fields.country = given("country");
                let symbol = identifier(row);
                let isin = given("isin").map(|isin| Identifier::new("isin", &isin, None));
                let names: Vec<Identifier> = std::iter::once(symbol.clone()).chain(isin).collect();
                securities::upsert_shared(tx, symbol.security_id(), &fields, &names).await?;
            }
            Ok(())
        });
        load.await.expect("securities");
    }

    async fn load_observations(&self) {
        let known_at: DateTime<Utc> = "2022-06-16T00:00:00Z".parse().expect("a time");
        let held: HashMap<String, Uuid> = table("securities.csv")
            .into_iter()
            .filter(|row| row["in_prices_daily"] == "1")
            .map(|row| (row["symbol"].clone(), identifier(&row).security_id()))
            .collect();
        let prices: Vec<SessionPrice> = table("prices_daily.csv")
            .into_iter()
            .filter(|row| row["date"].as_str() <= LAST_PACK)
            .map(|row| {
                SessionPrice::from(PriceObservation {
                    security_id: held[&row["symbol"]],
                    date: day(&row["date"]),
                    close: dec(&row["close"]),
                    currency: row["currency"].parse().expect("currency"),
                    source: "demo".to_owned(),
                    known_at,
                })
            })
            .collect();
        let rates: Vec<RateObservation> = table("fx_daily.csv")
            .into_iter()
            .filter(|row| "2017-11-01" <= row["date"].as_str() && row["date"].as_str() <= LAST_PACK)
            .map(|row| RateObservation {
                base: row["base"].parse().expect("currency"),
                quote: row["quote"].parse().expect("currency"),
                date: day(&row["date"]),
                rate: dec(&row["rate"]),
                source: "ecb".to_owned(),
                known_at,
            })
            .collect();
        let load = self.store.as_worker(ticket(Uuid::nil()), async |tx| {
            observations::insert_prices(tx, &prices).await?;
            observations::insert_rates(tx, &rates).await
        });
        load.await.expect("observations");
    }

    pub fn request(&self) -> ContextRequest {
        ContextRequest {
            execution_id: Uuid::nil(),
            trace_id: "0".repeat(32),
            user: self.user,
            rights: vec!["portfolio_read".into(), "portfolio_write".into()],
            portfolio_id: Some(self.portfolio),
            as_of: None,
            pricing_pack_id: None,
            require_fresh: false,
            report_currency: None,
            reads: Reads { ledger: true, packs: true, ..Reads::NONE },
            deadline_in: Duration::from_secs(60),
        }
    }

    pub async fn context(&self) -> Arc<ExecutionContext> {
        Arc::new(self.agents.resolve_context(self.request()).await.expect("a context"))
    }

    /// Runs a capability on the newest state of the portfolio.
    pub async fn call(&self, name: &str, args: Value) -> Result<CapabilityResult, Failure> {
        self.call_in(self.context().await, name, args).await
    }

    pub async fn call_in(
        &self,
        context: Arc<ExecutionContext>,
        name: &str,
        mut args: Value,
    ) -> Result<CapabilityResult, Failure> {
        let takes_portfolio =
            self.agents.declarations().iter().any(|d| d.name == name && d.input.field("portfolio_id").is_some());
        if takes_portfolio && args["portfolio_id"].is_null() {
            args["portfolio_id"] = context.portfolio_id.map(|id| id.to_string()).into();
        }
        let result = self.agents.call(name, context, args, ticket(self.user)).await;
        if let Ok(result) = &result {
            conforms(&self.agents, name, &result.value);
        }
        result
    }

    pub async fn call_without_portfolio(&self, name: &str, args: Value) -> Result<CapabilityResult, Failure> {
        let request = ContextRequest { portfolio_id: None, reads: Reads::NONE, ..self.request() };
        let context = Arc::new(self.agents.resolve_context(request).await.expect("a context"));
        self.call_in(context, name, args).await
    }

    /// Forgets everything that is in memory.
    pub async fn restarted(&mut self) {
        self.agents = Arc::new(Agents::new(self.database.store().await, Settings::default()));
    }
}

fn identifier(row: &HashMap<String, String>) -> Identifier {
    let mic = Some(row["mic"].as_str()).filter(|mic| !mic.is_empty());
    Identifier::new("symbol", &row["symbol"], mic)
}

/// Every answer is of the type that its declaration promises.
fn conforms(agents: &Agents, name: &str, value: &Value) {
    let declaration = agents.declarations().into_iter().find(|d| d.name == name).expect(name);
    let found = capability::check_value(&capability::Type::Record(declaration.output), value);
    assert_eq!(found, [], "{name} breaks its promise");
}

/// An amount as a number.
pub fn number(value: &Value) -> f64 {
    let text = value["amount"].as_str().or(value.as_str());
    text.map_or_else(
        || value.as_f64().unwrap_or_else(|| panic!("{value} is no number")),
        |text| text.parse().expect(text),
    )
}

pub fn near(found: &Value, wanted: f64, tolerance: f64, what: &str) {
    let found = number(found);
    assert!((found - wanted).abs() <= tolerance, "{what}: {found}, expected {wanted}");
}
