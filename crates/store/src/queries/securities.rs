//! Securities, their identifiers and corporate actions. Invariant: a symbol that names several securities gives them
//! all, so that nobody picks one silently.

use chrono::{DateTime, NaiveDate, Utc};
use money::Currency;
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, currency, currency_opt};
use crate::sql::queries;
use crate::transaction::{ScopedTransaction, UserTransaction, WorkerTransaction};

queries! { "securities";
    ALL_VISIBLE = "all_visible.sql" [];
    BY_IDS = "by_ids.sql" [UUID_ARRAY];
    SEARCH = "search.sql" [TEXT, INT8];
    BY_IDENTIFIERS = "by_identifiers.sql" [TEXT_ARRAY, TEXT_ARRAY, DATE];
    IDENTIFIERS = "identifiers.sql" [UUID_ARRAY];
    INSERT = "insert.sql" [UUID, TEXT, TEXT, BPCHAR, TEXT, NUMERIC, BPCHAR, BPCHAR, TEXT, TEXT, TEXT, DATE, DATE, UUID, JSONB, TEXT];
    UPSERT_SHARED = "upsert_shared.sql" [UUID, TEXT, TEXT, BPCHAR, TEXT, NUMERIC, BPCHAR, BPCHAR, TEXT, TEXT, TEXT, DATE, DATE, JSONB, TEXT];
    INSERT_IDENTIFIER = "insert_identifier.sql" [UUID, UUID, TEXT, TEXT, BPCHAR, TEXT, DATE, DATE];
    ACTIONS_KNOWN = "actions_known.sql" [UUID_ARRAY, TIMESTAMPTZ];
    INSERT_ACTION = "insert_action.sql" [UUID, TIMESTAMPTZ, UUID, TEXT, DATE, DATE, DATE, DATE, NUMERIC, BPCHAR, NUMERIC, NUMERIC, JSONB, TEXT, BOOL, BYTEA];
}

/// What is said of a security.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityFields {
    /// Name on screen.
    pub name: String,
    /// `stock`, `etf`, `fund`, `bond`, `option`, `future`, `crypto`, `commodity`, `property`, `private`, `index`, `cash_like`.
    pub kind: String,
    /// Currency of its prices.
    pub currency: Currency,
    /// `unit`, `percent` or `minor_unit`.
    pub quote_unit: String,
    /// Quoted price × factor = price of one unit.
    pub price_factor: Decimal,
    /// Main market; its calendar decides on sessions.
    pub primary_mic: Option<String>,
    /// ISO 3166 code of the issuer.
    pub country: Option<String>,
    /// Sector.
    pub sector: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// Who classified it.
    pub classification_source: Option<String>,
    /// First day of trading.
    pub active_from: Option<NaiveDate>,
    /// Last day of trading.
    pub active_to: Option<NaiveDate>,
    /// Facts that SQL does not filter on.
    pub attributes: Value,
}

impl SecurityFields {
    /// A security of a kind, with everything else absent.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: impl Into<String>, currency: Currency) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            currency,
            quote_unit: "unit".to_owned(),
            price_factor: Decimal::ONE,
            primary_mic: None,
            country: None,
            sector: None,
            industry: None,
            classification_source: None,
            active_from: None,
            active_to: None,
            attributes: Value::Object(serde_json::Map::new()),
        }
    }
}

/// A security.
#[derive(Debug, Clone, PartialEq)]
pub struct Security {
    /// Its id.
    pub id: Uuid,
    /// Raised by each change; the ETag.
    pub version: i32,
    /// What is said of it.
    pub fields: SecurityFields,
    /// Its only user; absent: everybody's.
    pub owner_user_id: Option<Uuid>,
    /// Its newest symbol.
    pub symbol: Option<String>,
    /// Its newest ISIN.
    pub isin: Option<String>,
}

/// A code that names a security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// `isin`, `figi`, `share_class_figi`, `cusip`, `sedol`, `wkn`, `cik`, `symbol` or `provider`.
    pub scheme: String,
    /// The code, upper case.
    pub value: String,
    /// Market of a symbol.
    pub mic: Option<String>,
    /// Whose code it is, for scheme `provider`.
    pub provider: Option<String>,
    /// First day it holds; absent: always did.
    pub valid_from: Option<NaiveDate>,
    /// Last day it holds; absent: still does.
    pub valid_to: Option<NaiveDate>,
}

impl Identifier {
    /// A code that always held.
    #[must_use]
    pub fn new(scheme: impl Into<String>, value: &str, mic: Option<&str>) -> Self {
        Self {
            scheme: scheme.into(),
            value: value.to_uppercase(),
            mic: mic.map(str::to_owned),
            provider: None,
            valid_from: None,
            valid_to: None,
        }
    }

    /// Stable id of a shared security that is first known by this code: equal on every installation.
    #[must_use]
    pub fn security_id(&self) -> Uuid {
        let text = [
            self.scheme.as_str(),
            &self.value,
            self.mic.as_deref().unwrap_or_default(),
            self.provider.as_deref().unwrap_or_default(),
        ]
        .join(":");
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("dawsos:security:{text}").as_bytes())
    }
}

/// A security found by a code.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Kind of the code.
    pub scheme: String,
    /// The code.
    pub value: String,
    /// Market of a symbol.
    pub mic: Option<String>,
    /// What it names.
    pub security: Security,
}

/// A version of a corporate action.
#[derive(Debug, Clone, PartialEq)]
pub struct CorporateAction {
    /// UUIDv5 of the event's identity; see [`CorporateAction::identified`].
    pub id: Uuid,
    /// When this version was learnt.
    pub known_at: DateTime<Utc>,
    /// What it happens to.
    pub security_id: Uuid,
    /// `cash_dividend`, `split`, …
    pub kind: String,
    /// First day without the right.
    pub ex_date: NaiveDate,
    /// Day of the announcement.
    pub declared_on: Option<NaiveDate>,
    /// Day on which holders are counted.
    pub record_date: Option<NaiveDate>,
    /// Day of payment.
    pub pay_date: Option<NaiveDate>,
    /// Cash per unit held.
    pub amount: Option<Decimal>,
    /// Currency of the amount.
    pub currency: Option<Currency>,
    /// Units before and after.
    pub ratio: Option<(Decimal, Decimal)>,
    /// Facts of rarer kinds.
    pub detail: Value,
    /// Who says so.
    pub provider: String,
    /// Whether this version withdraws the event.
    pub cancelled: bool,
}

impl CorporateAction {
    fn natural_key(&self) -> [u8; 32] {
        let key = format!("{}:{}:{}:{}", self.provider, self.security_id, self.kind, self.ex_date);
        Sha256::digest(key.as_bytes()).into()
    }

    /// Sets the id that follows from provider, security, kind and ex-date.
    #[must_use]
    pub fn identified(mut self) -> Self {
        self.id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &self.natural_key());
        self
    }
}

fn security_of(row: &Row) -> Result<Security, StoreError> {
    Ok(Security {
        id: column(row, 0)?,
        version: column(row, 1)?,
        fields: SecurityFields {
            name: column(row, 2)?,
            kind: column(row, 3)?,
            currency: currency(row, 4)?,
            quote_unit: column(row, 5)?,
            price_factor: column(row, 6)?,
            primary_mic: column(row, 7)?,
            country: column(row, 8)?,
            sector: column(row, 9)?,
            industry: column(row, 10)?,
            classification_source: column(row, 11)?,
            active_from: column(row, 12)?,
            active_to: column(row, 13)?,
            attributes: column(row, 15)?,
        },
        owner_user_id: column(row, 14)?,
        symbol: column(row, 16)?,
        isin: column(row, 17)?,
    })
}

/// All securities that the transaction sees.
pub async fn all_visible(tx: &mut ScopedTransaction) -> Result<Vec<Security>, StoreError> {
    tx.rows(&ALL_VISIBLE, &[]).await?.iter().map(security_of).collect()
}

/// Securities by id; ids that are not visible are left out.
pub async fn by_ids(tx: &mut ScopedTransaction, ids: &[Uuid]) -> Result<Vec<Security>, StoreError> {
    tx.rows(&BY_IDS, &[&ids]).await?.iter().map(security_of).collect()
}

/// At most `limit` securities whose code or name begins with `text`; exact codes first.
pub async fn search(tx: &mut ScopedTransaction, text: &str, limit: u32) -> Result<Vec<Security>, StoreError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(&SEARCH, &[&text, &i64::from(limit)]).await?.iter().map(security_of).collect()
}

/// Every security that carries one of `values` in one of `schemes` on a day. Two results with one
/// value mean that the value is ambiguous.
pub async fn by_identifiers(
    tx: &mut ScopedTransaction,
    schemes: &[&str],
    values: &[String],
    on: NaiveDate,
) -> Result<Vec<Named>, StoreError> {
    let rows = tx.rows(&BY_IDENTIFIERS, &[&schemes, &values, &on]).await?;
    rows.iter()
        .map(|row| {
            Ok(Named {
                security: security_of(row)?,
                scheme: column(row, 18)?,
                value: column(row, 19)?,
                mic: column(row, 20)?,
            })
        })
        .collect()
}

/// All identifiers of securities, by security.
pub async fn identifiers(tx: &mut ScopedTransaction, ids: &[Uuid]) -> Result<Vec<(Uuid, Identifier)>, StoreError> {
    let rows = tx.rows(&IDENTIFIERS, &[&ids]).await?;
    rows.iter()
        .map(|row| {
            let identifier = Identifier {
                scheme: column(row, 2)?,
                value: column(row, 3)?,
                mic: column(row, 4)?,
                provider: column(row, 5)?,
                valid_from: column(row, 6)?,
                valid_to: column(row, 7)?,
            };
            Ok((column(row, 1)?, identifier))
        })
        .collect()
}

fn search_text(fields: &SecurityFields, identifiers: &[Identifier]) -> String {
    let symbols = identifiers.iter().filter(|i| i.scheme == "symbol").map(|i| i.value.as_str());
    let mut text = symbols.chain([fields.name.as_str()]).collect::<Vec<_>>().join(" ").to_lowercase();
    if let Some((end, _)) = text.char_indices().nth(1000) {
        text.truncate(end);
    }
    text
}

async fn name(tx: &mut ScopedTransaction, id: Uuid, identifiers: &[Identifier]) -> Result<(), StoreError> {
    for identifier in identifiers {
        tx.write(
            &INSERT_IDENTIFIER,
            &[
                &Uuid::now_v7(),
                &id,
                &identifier.scheme,
                &identifier.value,
                &identifier.mic,
                &identifier.provider,
                &identifier.valid_from,
                &identifier.valid_to,
            ],
        )
        .await?;
    }
    Ok(())
}

/// Adds a security that only `user` sees.
pub async fn insert_private(
    tx: &mut UserTransaction,
    user: Uuid,
    id: Uuid,
    fields: &SecurityFields,
    identifiers: &[Identifier],
) -> Result<(), StoreError> {
    let text = search_text(fields, identifiers);
    tx.write(
        &INSERT,
        &[
            &id,
            &fields.name,
            &fields.kind,
            &fields.currency.code(),
            &fields.quote_unit,
            &fields.price_factor,
            &fields.primary_mic,
            &fields.country,
            &fields.sector,
            &fields.industry,
            &fields.classification_source,
            &fields.active_from,
            &fields.active_to,
            &user,
            &fields.attributes,
            &text,
        ],
    )
    .await?;
    name(tx, id, identifiers).await
}

/// Adds a shared security or brings it up to date, and adds identifiers that it lacks.
pub async fn upsert_shared(
    tx: &mut WorkerTransaction,
    id: Uuid,
    fields: &SecurityFields,
    identifiers: &[Identifier],
) -> Result<(), StoreError> {
    let text = search_text(fields, identifiers);
    tx.write(
        &UPSERT_SHARED,
        &[
            &id,
            &fields.name,
            &fields.kind,
            &fields.currency.code(),
            &fields.quote_unit,
            &fields.price_factor,
            &fields.primary_mic,
            &fields.country,
            &fields.sector,
            &fields.industry,
            &fields.classification_source,
            &fields.active_from,
            &fields.active_to,
            &fields.attributes,
            &text,
        ],
    )
    .await?;
    name(tx, id, identifiers).await
}

/// Corporate actions of securities in the newest version known at a moment (absent: now), cancelled ones included.
pub async fn actions_known(
    tx: &mut ScopedTransaction,
    securities: &[Uuid],
    known_at: Option<DateTime<Utc>>,
) -> Result<Vec<CorporateAction>, StoreError> {
    let rows = tx.rows(&ACTIONS_KNOWN, &[&securities, &known_at]).await?;
    let mut actions = rows.iter().map(action_of).collect::<Result<Vec<_>, _>>()?;
    actions.sort_by_key(|action| (action.ex_date, action.security_id, action.id));
    Ok(actions)
}

fn action_of(row: &Row) -> Result<CorporateAction, StoreError> {
    let from: Option<Decimal> = column(row, 10)?;
    let to: Option<Decimal> = column(row, 11)?;
    Ok(CorporateAction {
        id: column(row, 0)?,
        known_at: column(row, 1)?,
        security_id: column(row, 2)?,
        kind: column(row, 3)?,
        ex_date: column(row, 4)?,
        declared_on: column(row, 5)?,
        record_date: column(row, 6)?,
        pay_date: column(row, 7)?,
        amount: column(row, 8)?,
        currency: currency_opt(row, 9)?,
        ratio: from.zip(to),
        detail: column(row, 12)?,
        provider: column(row, 13)?,
        cancelled: column(row, 14)?,
    })
}

/// Adds versions of corporate actions; a version that is there already changes nothing. Gives the number added.
pub async fn insert_actions(tx: &mut WorkerTransaction, actions: &[CorporateAction]) -> Result<u64, StoreError> {
    super::observations::lock_ingest(tx).await?;
    let mut added = 0;
    for action in actions {
        added += tx
            .write(
                &INSERT_ACTION,
                &[
                    &action.id,
                    &action.known_at,
                    &action.security_id,
                    &action.kind,
                    &action.ex_date,
                    &action.declared_on,
                    &action.record_date,
                    &action.pay_date,
                    &action.amount,
                    &action.currency.as_ref().map(Currency::code),
                    &action.ratio.map(|r| r.0),
                    &action.ratio.map(|r| r.1),
                    &action.detail,
                    &action.provider,
                    &action.cancelled,
                    &action.natural_key().as_slice(),
                ],
            )
            .await?;
    }
    Ok(added)
}
