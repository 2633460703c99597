//! Two people with a row in every user-scoped table, for tests of isolation and as a start for others.
//! Invariant: both have the same, so that a leak shows as a difference of owners only.

use std::time::Duration;

use chrono::{NaiveDate, Utc};
use ledger::projection::{Rows, diff};
use ledger::{Book, Draft, Entry, Kind, NewEntry, Resolver};
use money::Currency;
use rust_decimal::Decimal;
use serde_json::json;
use store::queries::executions::{self, Execution};
use store::queries::imports::{self, ImportRow, NewImport};
use store::queries::ledger::{Appended, Source};
use store::queries::portfolios::{NewPortfolio, ProjectedSettings};
use store::queries::results::{self, KeptResult};
use store::queries::securities::{Identifier, SecurityFields};
use store::queries::sessions::NewSession;
use store::queries::settings::UserSettings;
use store::queries::tokens::NewToken;
use store::queries::users::NewUser;
use store::queries::{
    accounts, audit, idempotency, ledger as ledger_queries, links, portfolios, securities, sessions, settings,
    throttle, tokens, users,
};
use store::{LeaseTicket, Store, StoreError, UserTransaction};
use uuid::Uuid;

/// A user with a portfolio and everything around it.
#[derive(Debug, Clone)]
pub struct Person {
    /// The user.
    pub user: Uuid,
    /// Its portfolio in EUR.
    pub portfolio: Uuid,
    /// The account in it.
    pub account: Uuid,
    /// A security that only it sees; the portfolio holds 10 of it, bought at 100 EUR.
    pub security: Uuid,
    /// An uploaded import.
    pub import: Uuid,
    /// A finished execution.
    pub execution: Uuid,
    /// A browser session.
    pub session: Uuid,
}

/// Two users that must not see each other.
#[derive(Debug, Clone)]
pub struct TwoUsers {
    /// The first; an active administrator.
    pub a: Person,
    /// The second; an ordinary user.
    pub b: Person,
}

/// Rates of a world with one currency.
struct OneCurrency;

impl Resolver for OneCurrency {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, currency: Currency, _: NaiveDate) -> Option<Decimal> {
        (currency == Currency::EUR).then_some(Decimal::ONE)
    }
}

/// A ticket for a test.
pub(crate) fn ticket(user: Uuid) -> LeaseTicket {
    LeaseTicket::platform(user, Duration::from_secs(60))
}

/// Adds two users with rows in every user-scoped table.
pub async fn two_users(store: &Store) -> TwoUsers {
    TwoUsers {
        a: person(store, "ADMIN").await.expect("first user"),
        b: person(store, "USER").await.expect("second user"),
    }
}

async fn person(store: &Store, role: &str) -> Result<Person, StoreError> {
    let user = Uuid::now_v7();
    let session = identity(store, user, role).await?;
    let person = Person {
        user,
        portfolio: Uuid::now_v7(),
        account: Uuid::now_v7(),
        security: Uuid::now_v7(),
        import: Uuid::now_v7(),
        execution: Uuid::now_v7(),
        session,
    };
    store
        .as_user(ticket(user), user, async |tx| {
            books(tx, &person).await?;
            work(tx, &person).await
        })
        .await?;
    Ok(person)
}

async fn identity(store: &Store, user: Uuid, role: &str) -> Result<Uuid, StoreError> {
    let now = Utc::now();
    let session = Uuid::now_v7();
    let email = format!("{}@example.org", user.simple());
    store
        .as_auth(ticket(user), async |tx| {
            let new = NewUser {
                id: user,
                email: email.clone(),
                email_normalized: email.clone(),
                display_name: format!("Test {role}"),
                password_hash: Some("$argon2id$test".to_owned()),
                role: role.to_owned(),
                status: "active".to_owned(),
                locale: "en".to_owned(),
                time_zone: "UTC".to_owned(),
            };
            users::insert(tx, &new).await?;
            let new = NewSession {
                user_id: user,
                id: session,
                kind: "browser".to_owned(),
                secret_hash: hash(user, b"session"),
                csrf_key: hash(user, b"csrf"),
                expires_at: now + chrono::Days::new(7),
                ip: None,
                user_agent: None,
            };
            sessions::insert(tx, &new).await?;
            let token = hash(user, b"refresh");
            sessions::insert_refresh(tx, user, Uuid::now_v7(), session, &token, now + chrono::Days::new(30)).await?;
            let link = links::NewLink {
                id: Uuid::now_v7(),
                purpose: "reset".to_owned(),
                token_hash: hash(user, b"link"),
                user_id: Some(user),
                role: None,
                expires_at: now + chrono::Days::new(1),
                created_by: None,
            };
            links::insert(tx, &link, now).await?;
            throttle::failed(tx, &hash(user, b"throttle"), throttle::ThrottleRule::default(), now).await?;
            Ok(session)
        })
        .await
}

/// 32 bytes that differ by user and purpose.
fn hash(user: Uuid, purpose: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(user.as_bytes());
    for (place, byte) in bytes[16..].iter_mut().zip(purpose) {
        *place = *byte;
    }
    bytes
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("date")
}

async fn books(tx: &mut UserTransaction, person: &Person) -> Result<(), StoreError> {
    let (user, portfolio) = (person.user, person.portfolio);
    let fields = SecurityFields::new("A private company", "private", Currency::EUR);
    let names = [Identifier::new("symbol", "PRIVATE", None)];
    securities::insert_private(tx, user, person.security, &fields, &names).await?;
    let new = NewPortfolio {
        id: portfolio,
        name: "Test portfolio".to_owned(),
        description: String::new(),
        base_currency: Currency::EUR,
        cost_basis_method: "fifo".to_owned(),
        valuation_calendar: "all_days".to_owned(),
        demo: false,
    };
    portfolios::insert(tx, user, &new).await?;
    let fields = accounts::AccountFields::brokerage("Test account", Currency::EUR);
    accounts::insert(tx, user, portfolio, person.account, &fields).await?;

    let mut deposit = Draft::new(Kind::Deposit, person.account, day("2024-01-02"), Currency::EUR);
    deposit.gross_amount = Some(Decimal::from(5_000));
    let mut buy = Draft::new(Kind::Buy, person.account, day("2024-01-03"), Currency::EUR);
    buy.security_id = Some(person.security);
    buy.quantity = Some(Decimal::from(10));
    buy.price = Some(Decimal::from(100));
    let mut sell = Draft::new(Kind::Sell, person.account, day("2024-02-01"), Currency::EUR);
    sell.security_id = Some(person.security);
    sell.quantity = Some(Decimal::from(4));
    sell.price = Some(Decimal::from(110));
    let price = ledger::ManualPricePayload {
        date: day("2024-02-02"),
        price: Decimal::from(111),
        currency: Currency::EUR,
        note: None,
    };
    let entries = [
        NewEntry::setting("base_currency", json!("EUR"), day("2024-01-02")),
        deposit.complete(&OneCurrency).expect("deposit"),
        buy.complete(&OneCurrency).expect("purchase"),
        sell.complete(&OneCurrency).expect("sale"),
        NewEntry::manual_price(person.security, price).expect("price"),
    ];
    append(tx, user, portfolio, entries.to_vec()).await
}

/// Appends entries to a ledger with their projections, as a capability does.
pub async fn append(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    new: Vec<NewEntry>,
) -> Result<(), StoreError> {
    let head = portfolios::lock(tx, user, portfolio).await?.ok_or(StoreError::NotFound("portfolio"))?;
    let stored: Vec<Entry> =
        ledger_queries::entries(tx, user, portfolio).await?.into_iter().map(|(entry, _)| entry).collect();
    let now = Utc::now();
    let added: Vec<Entry> =
        (head.seq + 1..).zip(new).map(|(seq, entry)| entry.numbered(seq, Uuid::now_v7(), now)).collect();
    let commits = ledger::commit::chain(&head.commit, &added);
    let before = match stored.is_empty() {
        true => Rows::default(),
        false => Rows::of(&Book::replay(portfolio, &stored).expect("stored ledger replays")),
    };
    let all: Vec<Entry> = stored.into_iter().chain(added.iter().cloned()).collect();
    let book = Book::replay(portfolio, &all).map_err(|e| StoreError::Invariant(e.to_string()))?;
    let appended = Appended {
        previous: head.commit,
        entries: &added,
        commits: &commits,
        source: Source::Manual,
        import_id: None,
        recorded_by: user,
        diff: &diff(&before, &Rows::of(&book)),
        settings: ProjectedSettings {
            base_currency: book.base_currency,
            benchmark_id: None,
            cost_basis_method: book.settings.cost_basis_method.name().to_owned(),
            valuation_calendar: "all_days".to_owned(),
            risk_free: None,
            opened_on: all.iter().map(|e| e.effective_on).min(),
        },
    };
    ledger_queries::append(tx, user, portfolio, &appended).await
}

async fn work(tx: &mut UserTransaction, person: &Person) -> Result<(), StoreError> {
    let user = person.user;
    let now = Utc::now();
    let wanted =
        UserSettings { version: 0, settings: json!({"theme": "dark"}), default_portfolio_id: Some(person.portfolio) };
    settings::put_user(tx, user, &wanted).await?;
    let request = hash(user, b"request");
    idempotency::begin(tx, user, "a key", "POST", "/api/transactions", &request, now).await?;
    let token = NewToken {
        id: Uuid::now_v7(),
        name: "script".to_owned(),
        prefix: "dawsos_pat_test".to_owned(),
        token_hash: hash(user, b"token"),
        scopes: vec!["portfolio_read".to_owned()],
        portfolio_ids: None,
        expires_at: None,
    };
    tokens::insert(tx, user, &token).await?;
    let file = hash(user, b"file");
    imports::put_blob(tx, user, &file, "text/csv", b"kind,account\n", None).await?;
    let import = NewImport {
        id: person.import,
        portfolio_id: person.portfolio,
        account_id: Some(person.account),
        filename: "trades.csv".to_owned(),
        format: "dawsos_csv".to_owned(),
        file_sha256: file,
        mapping: json!({}),
        options: json!({}),
        expires_at: now + chrono::Days::new(7),
    };
    imports::insert(tx, user, &import).await?;
    let row = ImportRow {
        line: 2,
        part: 0,
        raw: json!(["buy"]),
        entry: None,
        row_key: Some("a row".to_owned()),
        status: "ok".to_owned(),
        problems: json!([]),
        seq: None,
    };
    imports::replace_rows(tx, user, person.import, &[row]).await?;
    let kept = KeptResult {
        result_key: hash(user, b"result"),
        pattern_hash: hash(user, b"pattern"),
        pack_hash: None,
        ledger_commit: None,
        capability_versions: json!({}),
        outputs: b"{}".to_vec(),
        expires_at: None,
    };
    results::put(tx, user, std::slice::from_ref(&kept)).await?;
    executions::insert(tx, user, &[execution(person.execution, &kept, now)]).await?;
    audit::insert(tx, &audit::AuditLine::new(Some(user), "test.fixture", "portfolio", person.portfolio)).await
}

fn execution(id: Uuid, kept: &KeptResult, now: chrono::DateTime<Utc>) -> Execution {
    Execution {
        id,
        pattern_id: "portfolio_overview".to_owned(),
        pattern_hash: kept.pattern_hash,
        mode: "sync".to_owned(),
        trigger: "api".to_owned(),
        inputs: json!({}),
        context: json!({}),
        result_key: Some(kept.result_key),
        status: "finished".to_owned(),
        error: None,
        replica_id: None,
        admitted_at: Some(now),
        finished_at: Some(now),
        created_at: now,
        trace: Some(b"[]".to_vec()),
    }
}
