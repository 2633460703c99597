//! Prices and rates as providers reported them. Invariant: a version is only added, and never while a pack is sealed.

use chrono::{DateTime, NaiveDate, Utc};
use pricing::{PriceObservation, RateObservation};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, currency};
use crate::sql::queries;
use crate::transaction::{ScopedTransaction, WorkerTransaction};

queries! { "observations";
    LOCK_INGEST = "lock_ingest.sql" [];
    LOCK_SEAL = "lock_seal.sql" [];
    INSERT_PRICES = "insert_prices.sql" [UUID_ARRAY, DATE_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY,
        NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY];
    INSERT_RATES = "insert_rates.sql" [TEXT_ARRAY, TEXT_ARRAY, DATE_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY, NUMERIC_ARRAY];
    PRICES = "prices.sql" [DATE, DATE, TIMESTAMPTZ, UUID_ARRAY];
    RATES = "rates.sql" [DATE, DATE, TIMESTAMPTZ];
}

/// Rows that go to the database in one statement.
const CHUNK: usize = 20_000;

/// A price observation with what else the provider said of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPrice {
    /// The close.
    pub observation: PriceObservation,
    /// Open as traded.
    pub open: Option<Decimal>,
    /// Highest price.
    pub high: Option<Decimal>,
    /// Lowest price.
    pub low: Option<Decimal>,
    /// Units traded.
    pub volume: Option<Decimal>,
}

impl From<PriceObservation> for SessionPrice {
    fn from(observation: PriceObservation) -> Self {
        Self { observation, open: None, high: None, low: None, volume: None }
    }
}

pub(crate) async fn lock_ingest(tx: &mut WorkerTransaction) -> Result<(), StoreError> {
    tx.write_rows(&LOCK_INGEST, &[]).await.map(drop)
}

/// Keeps observations out until the transaction ends, so that none with an older `known_at` appears after a pack is
/// sealed. Take it before reading the observations that a pack is built from.
pub async fn lock_seal(tx: &mut WorkerTransaction) -> Result<(), StoreError> {
    tx.write_rows(&LOCK_SEAL, &[]).await.map(drop)
}

/// Adds price observations; gives how many were new.
pub async fn insert_prices(tx: &mut WorkerTransaction, prices: &[SessionPrice]) -> Result<u64, StoreError> {
    lock_ingest(tx).await?;
    let mut added = 0;
    for rows in prices.chunks(CHUNK) {
        let securities: Vec<Uuid> = rows.iter().map(|r| r.observation.security_id).collect();
        let dates: Vec<NaiveDate> = rows.iter().map(|r| r.observation.date).collect();
        let providers: Vec<&str> = rows.iter().map(|r| r.observation.source.as_str()).collect();
        let known: Vec<DateTime<Utc>> = rows.iter().map(|r| r.observation.known_at).collect();
        let closes: Vec<Decimal> = rows.iter().map(|r| r.observation.close).collect();
        let opens: Vec<Option<Decimal>> = rows.iter().map(|r| r.open).collect();
        let highs: Vec<Option<Decimal>> = rows.iter().map(|r| r.high).collect();
        let lows: Vec<Option<Decimal>> = rows.iter().map(|r| r.low).collect();
        let volumes: Vec<Option<Decimal>> = rows.iter().map(|r| r.volume).collect();
        let currencies: Vec<&str> = rows.iter().map(|r| r.observation.currency.code()).collect();
        added += tx
            .write(
                &INSERT_PRICES,
                &[&securities, &dates, &providers, &known, &closes, &opens, &highs, &lows, &volumes, &currencies],
            )
            .await?;
    }
    Ok(added)
}

/// Adds rate observations; gives how many were new.
pub async fn insert_rates(tx: &mut WorkerTransaction, rates: &[RateObservation]) -> Result<u64, StoreError> {
    lock_ingest(tx).await?;
    let mut added = 0;
    for rows in rates.chunks(CHUNK) {
        let bases: Vec<&str> = rows.iter().map(|r| r.base.code()).collect();
        let quotes: Vec<&str> = rows.iter().map(|r| r.quote.code()).collect();
        let dates: Vec<NaiveDate> = rows.iter().map(|r| r.date).collect();
        let providers: Vec<&str> = rows.iter().map(|r| r.source.as_str()).collect();
        let known: Vec<DateTime<Utc>> = rows.iter().map(|r| r.known_at).collect();
        let values: Vec<Decimal> = rows.iter().map(|r| r.rate).collect();
        added += tx.write(&INSERT_RATES, &[&bases, &quotes, &dates, &providers, &known, &values]).await?;
    }
    Ok(added)
}

/// Price observations of a range of days, each provider's newest version known at `known_at`.
pub async fn prices(
    tx: &mut ScopedTransaction,
    from: NaiveDate,
    to: NaiveDate,
    known_at: DateTime<Utc>,
    securities: Option<&[Uuid]>,
) -> Result<Vec<PriceObservation>, StoreError> {
    let rows = tx.rows(&PRICES, &[&from, &to, &known_at, &securities]).await?;
    rows.iter()
        .map(|row| {
            Ok(PriceObservation {
                security_id: column(row, 0)?,
                date: column(row, 1)?,
                close: column(row, 2)?,
                currency: currency(row, 3)?,
                source: column(row, 4)?,
                known_at: column(row, 5)?,
            })
        })
        .collect()
}

/// Rate observations of a range of days, each provider's newest version known at `known_at`.
pub async fn rates(
    tx: &mut ScopedTransaction,
    from: NaiveDate,
    to: NaiveDate,
    known_at: DateTime<Utc>,
) -> Result<Vec<RateObservation>, StoreError> {
    let rows = tx.rows(&RATES, &[&from, &to, &known_at]).await?;
    rows.iter()
        .map(|row| {
            Ok(RateObservation {
                base: currency(row, 0)?,
                quote: currency(row, 1)?,
                date: column(row, 2)?,
                rate: column(row, 3)?,
                source: column(row, 4)?,
                known_at: column(row, 5)?,
            })
        })
        .collect()
}
