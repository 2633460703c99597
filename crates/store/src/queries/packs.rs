//! Pricing packs: finding one, loading the chain behind it, sealing new ones, restating a day.
//! Invariant: packs and contents are only added; heads of all later days switch in one transaction.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use pricing::{DayContent, Hash, Pack, PriceRow, PriceState, RateRow};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::copy::CopyRows;
use crate::error::StoreError;
use crate::read::{column, currency, hash, hash_opt, int, named, unsigned32};
use crate::sql::queries;
use crate::transaction::{ScopedTransaction, WorkerTransaction};

queries! { "packs";
    HEADS = "heads.sql" [TEXT];
    LATEST = "latest.sql" [TEXT, DATE];
    BY_DISPLAY_ID = "by_display_id.sql" [TEXT];
    BY_HASH = "by_hash.sql" [BYTEA];
    PAGE = "page.sql" [TEXT, DATE, DATE, DATE, INT4, INT8];
    CHAIN = "chain.sql" [BYTEA, DATE];
    PRICES_OF = "prices_of.sql" [DATE_ARRAY, BYTEA_ARRAY, DATE, DATE];
    RATES_OF = "rates_of.sql" [DATE_ARRAY, BYTEA_ARRAY, DATE, DATE];
    INSERT_CONTENTS = "insert_contents.sql" [BYTEA_ARRAY, DATE_ARRAY, INT4_ARRAY, INT4_ARRAY, INT2_ARRAY];
    INSERT_PACKS = "insert_packs.sql" [BYTEA_ARRAY, TEXT_ARRAY, TEXT_ARRAY, DATE_ARRAY, INT4_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY,
        TIMESTAMPTZ_ARRAY, TEXT_ARRAY];
    SWITCH_HEADS = "switch_heads.sql" [BYTEA_ARRAY];
    SUPERSEDE = "supersede.sql" [BYTEA_ARRAY, TEXT, INT4, INT4];
    LOCK_POLICY = "lock_policy.sql" [TEXT];
    POLICY = "policy.sql" [TEXT];
    START_BUILD = "start_build.sql" [UUID, TEXT, DATE, INT4, TEXT, UUID, TIMESTAMPTZ];
    FINISH_BUILD = "finish_build.sql" [UUID, BYTEA, JSONB, JSONB];
    FAIL_BUILD = "fail_build.sql" [UUID, JSONB];
    FAIL_ABANDONED = "fail_abandoned.sql" [TIMESTAMPTZ, JSONB];
    BUILDS = "builds.sql" [TEXT, DATE, INT8];
    BUILD_OF_PACK = "build_of_pack.sql" [BYTEA];
}

/// Form of the canonical JSON that contents are hashed in.
const FORMAT_VERSION: i16 = 1;

static PRICE_TYPES: &[Type] = &[
    Type::DATE,
    Type::BYTEA,
    Type::UUID,
    Type::NUMERIC,
    Type::BPCHAR,
    Type::TEXT,
    Type::DATE,
    Type::TEXT,
    Type::TIMESTAMPTZ,
];
const COPY_PRICES: &str = "COPY dawsos.prices (date, content_hash, security_id, close, currency, state, quoted_on, source, known_at) \
                           FROM STDIN (FORMAT binary)";
static RATE_TYPES: &[Type] = &[
    Type::DATE,
    Type::BYTEA,
    Type::BPCHAR,
    Type::BPCHAR,
    Type::NUMERIC,
    Type::TEXT,
    Type::DATE,
    Type::TEXT,
    Type::TIMESTAMPTZ,
];
const COPY_RATES: &str = "COPY dawsos.fx_rates (date, content_hash, base, quote, rate, state, quoted_on, source, known_at) \
                          FROM STDIN (FORMAT binary)";

/// A pack with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackInfo {
    /// The pack.
    pub pack: Pack,
    /// Name of the current pack of its day, where that is another one.
    pub superseded_by: Option<String>,
    /// Why its day was restated, where it was.
    pub restated_reason: Option<String>,
}

/// How packs are built.
#[derive(Debug, Clone, PartialEq)]
pub struct PackPolicy {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: u32,
    /// `every_day` or `weekdays`.
    pub calendar_rule: String,
    /// IANA zone of the cut-off.
    pub time_zone: String,
    /// Providers of prices, best first; empty: any.
    pub price_sources: Vec<String>,
    /// Providers of rates, best first; empty: any.
    pub fx_sources: Vec<String>,
    /// Sessions that a price is carried at most.
    pub carry_days_max: u32,
    /// Share of expected prices that a fresh pack has.
    pub coverage_min_prices: f64,
    /// Share of expected rates that a fresh pack has.
    pub coverage_min_fx: f64,
}

/// State of an attempt to build a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildStatus {
    /// It runs.
    Warming,
    /// The pack is there.
    Fresh,
    /// It failed.
    Failed,
}

impl BuildStatus {
    /// Its name in the database and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warming => "warming",
            Self::Fresh => "fresh",
            Self::Failed => "failed",
        }
    }
}

/// An attempt to build a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackBuild {
    /// Its id.
    pub id: Uuid,
    /// Policy.
    pub policy_id: String,
    /// Day.
    pub date: NaiveDate,
    /// Revision that is built.
    pub revision: u32,
    /// State.
    pub status: BuildStatus,
    /// What it does now.
    pub step: Option<String>,
    /// Pack that came out.
    pub pack_hash: Option<Hash>,
    /// Share of expected prices and rates found.
    pub coverage: Value,
    /// What is missing, with reasons.
    pub absent: Value,
    /// Why it failed.
    pub error: Option<Value>,
    /// Who asked for it.
    pub requested_by: Option<Uuid>,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// When the pack became usable.
    pub fresh_at: Option<DateTime<Utc>>,
    /// Expected end.
    pub estimated_ready_at: Option<DateTime<Utc>>,
}

fn pack_of(row: &Row) -> Result<Pack, StoreError> {
    Ok(Pack {
        hash: hash(row, 0)?,
        display_id: column(row, 1)?,
        policy_id: column(row, 2)?,
        date: column(row, 3)?,
        revision: unsigned32(row, 4)?,
        parent_hash: hash_opt(row, 5)?,
        content_hash: hash(row, 6)?,
        known_at: column(row, 7)?,
        reason: column(row, 8)?,
    })
}

fn info_of(row: &Row) -> Result<PackInfo, StoreError> {
    Ok(PackInfo { pack: pack_of(row)?, superseded_by: column(row, 9)?, restated_reason: column(row, 10)? })
}

/// The current pack of each day, in order of date.
pub async fn heads(tx: &mut ScopedTransaction, policy: &str) -> Result<Vec<(NaiveDate, Hash)>, StoreError> {
    let rows = tx.rows(&HEADS, &[&policy]).await?;
    rows.iter().map(|row| Ok((column(row, 0)?, hash(row, 1)?))).collect()
}

/// The current pack of the newest day on or before `as_of` (absent: of all).
pub async fn latest(
    tx: &mut ScopedTransaction,
    policy: &str,
    as_of: Option<NaiveDate>,
) -> Result<Option<PackInfo>, StoreError> {
    tx.row_opt(&LATEST, &[&policy, &as_of]).await?.as_ref().map(info_of).transpose()
}

/// A pack by its display id or its hash in hexadecimal.
pub async fn by_display_id_or_hash(tx: &mut ScopedTransaction, text: &str) -> Result<Option<PackInfo>, StoreError> {
    if let Ok(bytes) = hex::decode(text)
        && bytes.len() == 32
    {
        return tx.row_opt(&BY_HASH, &[&bytes]).await?.as_ref().map(info_of).transpose();
    }
    tx.row_opt(&BY_DISPLAY_ID, &[&text]).await?.as_ref().map(info_of).transpose()
}

/// A pack by hash.
pub async fn by_hash(tx: &mut ScopedTransaction, pack: &Hash) -> Result<Option<PackInfo>, StoreError> {
    tx.row_opt(&BY_HASH, &[&pack.as_slice()]).await?.as_ref().map(info_of).transpose()
}

/// Packs between two days, newest first, after a position (date, revision).
pub async fn page(
    tx: &mut ScopedTransaction,
    policy: &str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    after: Option<(NaiveDate, u32)>,
    limit: u32,
) -> Result<Vec<PackInfo>, StoreError> {
    let after_date = after.map(|a| a.0);
    let after_revision = after.map(|a| int(a.1)).transpose()?;
    let rows = tx.rows(&PAGE, &[&policy, &from, &to, &after_date, &after_revision, &i64::from(limit)]).await?;
    rows.iter().map(info_of).collect()
}

/// A pack and its ancestors on or after `from` (absent: all), oldest first, without contents.
pub async fn chain_packs(
    tx: &mut ScopedTransaction,
    head: &Hash,
    from: Option<NaiveDate>,
) -> Result<Vec<Pack>, StoreError> {
    let rows = tx.rows(&CHAIN, &[&head.as_slice(), &from]).await?;
    let mut wanted = Some(*head);
    let mut chain = Vec::with_capacity(rows.len());
    // A parent is always of an earlier day, so one pass from the newest day finds the whole chain.
    for row in &rows {
        if wanted == Some(hash(row, 0)?) {
            let pack = pack_of(row)?;
            wanted = pack.parent_hash;
            chain.push(pack);
        }
    }
    chain.reverse();
    Ok(chain)
}

/// A pack and all its ancestors, oldest first, with their contents. Hashes are the caller's to verify.
pub async fn chain_of(tx: &mut ScopedTransaction, head: &Hash) -> Result<Vec<(Pack, DayContent)>, StoreError> {
    let packs = chain_packs(tx, head, None).await?;
    let contents = contents_of(tx, &packs).await?;
    Ok(packs.into_iter().zip(contents).collect())
}

/// Contents of packs, in the order of the packs. Two packs of one day are not possible in one call.
pub async fn contents_of(tx: &mut ScopedTransaction, packs: &[Pack]) -> Result<Vec<DayContent>, StoreError> {
    let dates: Vec<NaiveDate> = packs.iter().map(|p| p.date).collect();
    let Some((first, last)) = dates.iter().min().zip(dates.iter().max()) else {
        return Ok(Vec::new());
    };
    let hashes: Vec<&[u8]> = packs.iter().map(|p| p.content_hash.as_slice()).collect();
    let place: HashMap<NaiveDate, usize> = dates.iter().enumerate().map(|(i, d)| (*d, i)).collect();
    if place.len() != packs.len() {
        return Err(StoreError::Invariant("two packs of one day in one chain".to_owned()));
    }
    let mut days: Vec<(Vec<PriceRow>, Vec<RateRow>)> = packs.iter().map(|_| Default::default()).collect();
    let price_rows = tx.rows(&PRICES_OF, &[&dates, &hashes, first, last]).await?;
    for row in &price_rows {
        if let Some(day) = place.get(&column(row, 0)?) {
            days[*day].0.push(PriceRow {
                security_id: column(row, 1)?,
                close: column(row, 2)?,
                currency: currency(row, 3)?,
                state: named(row, 4, |text| text.parse().ok())?,
                quoted_on: column(row, 5)?,
                source: column(row, 6)?,
            });
        }
    }
    let rate_rows = tx.rows(&RATES_OF, &[&dates, &hashes, first, last]).await?;
    for row in &rate_rows {
        if let Some(day) = place.get(&column(row, 0)?) {
            days[*day].1.push(RateRow {
                base: currency(row, 1)?,
                quote: currency(row, 2)?,
                rate: column(row, 3)?,
                state: named::<PriceState>(row, 4, |text| text.parse().ok())?,
                quoted_on: column(row, 5)?,
                source: column(row, 6)?,
            });
        }
    }
    days.into_iter()
        .zip(dates)
        .map(|((prices, rates), date)| {
            DayContent::new(date, prices, rates).map_err(|e| StoreError::corrupt("day_contents", e))
        })
        .collect()
}

/// Adds the packs of one chain in order of date with their contents, and makes them the current ones of their days.
/// `contents` may leave out contents that are stored already.
pub async fn insert_chain(
    tx: &mut WorkerTransaction,
    packs: &[Pack],
    contents: &[DayContent],
) -> Result<(), StoreError> {
    add(tx, packs, contents).await?;
    switch(tx, packs).await
}

/// What a restatement changes on the restated day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restatement {
    /// Why.
    pub reason: String,
    /// Prices of the day that differ.
    pub changed_prices: u32,
    /// Rates of the day that differ.
    pub changed_rates: u32,
}

/// Adds the packs of a restated chain, notes which packs they supersede, and switches all heads, in one transaction.
pub async fn supersede(
    tx: &mut WorkerTransaction,
    packs: &[Pack],
    contents: &[DayContent],
    restatement: &Restatement,
) -> Result<u64, StoreError> {
    add(tx, packs, contents).await?;
    let hashes: Vec<&[u8]> = packs.iter().map(|p| p.hash.as_slice()).collect();
    let superseded = tx
        .write(
            &SUPERSEDE,
            &[&hashes, &restatement.reason, &int(restatement.changed_prices)?, &int(restatement.changed_rates)?],
        )
        .await?;
    switch(tx, packs).await?;
    Ok(superseded)
}

async fn switch(tx: &mut WorkerTransaction, packs: &[Pack]) -> Result<(), StoreError> {
    let hashes: Vec<&[u8]> = packs.iter().map(|p| p.hash.as_slice()).collect();
    tx.write(&SWITCH_HEADS, &[&hashes]).await?;
    if let Some(last) = packs.last() {
        super::notify(tx, "packs", &last.display_id).await?;
    }
    Ok(())
}

async fn add(tx: &mut WorkerTransaction, packs: &[Pack], contents: &[DayContent]) -> Result<(), StoreError> {
    let Some(newest) = packs.last() else {
        return Ok(());
    };
    tx.write_rows(&LOCK_POLICY, &[&newest.policy_id]).await?;
    add_contents(tx, contents, newest.known_at).await?;
    let revisions = packs.iter().map(|p| int(p.revision)).collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<&[u8]> = packs.iter().map(|p| p.hash.as_slice()).collect();
    let names: Vec<&str> = packs.iter().map(|p| p.display_id.as_str()).collect();
    let policies: Vec<&str> = packs.iter().map(|p| p.policy_id.as_str()).collect();
    let dates: Vec<NaiveDate> = packs.iter().map(|p| p.date).collect();
    let parents: Vec<Option<&[u8]>> = packs.iter().map(|p| p.parent_hash.as_ref().map(|h| h.as_slice())).collect();
    let content_hashes: Vec<&[u8]> = packs.iter().map(|p| p.content_hash.as_slice()).collect();
    let known: Vec<DateTime<Utc>> = packs.iter().map(|p| p.known_at).collect();
    let reasons: Vec<Option<&str>> = packs.iter().map(|p| p.reason.as_deref()).collect();
    tx.write(
        &INSERT_PACKS,
        &[&hashes, &names, &policies, &dates, &revisions, &parents, &content_hashes, &known, &reasons],
    )
    .await
    .map(drop)
}

async fn add_contents(
    tx: &mut WorkerTransaction,
    contents: &[DayContent],
    known_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let by_hash: HashMap<Hash, &DayContent> = contents.iter().map(|c| (c.hash(), c)).collect();
    let hashes: Vec<&[u8]> = by_hash.keys().map(|h| h.as_slice()).collect();
    let dates: Vec<NaiveDate> = by_hash.values().map(|c| c.date()).collect();
    let count = |n: usize| i32::try_from(n).map_err(|e| StoreError::corrupt("day_contents", e));
    let prices = by_hash.values().map(|c| count(c.prices().len())).collect::<Result<Vec<_>, _>>()?;
    let rates = by_hash.values().map(|c| count(c.rates().len())).collect::<Result<Vec<_>, _>>()?;
    let formats = vec![FORMAT_VERSION; hashes.len()];
    let added = tx.write_rows(&INSERT_CONTENTS, &[&hashes, &dates, &prices, &rates, &formats]).await?;
    let (mut price_rows, mut rate_rows) = (CopyRows::new(PRICE_TYPES), CopyRows::new(RATE_TYPES));
    for row in &added {
        let content_hash = hash(row, 0)?;
        let Some(content) = by_hash.get(&content_hash) else {
            continue;
        };
        for price in content.prices() {
            price_rows.row(&[
                &content.date(),
                &content_hash.as_slice(),
                &price.security_id,
                &price.close,
                &price.currency.code(),
                &price.state.as_str(),
                &price.quoted_on,
                &price.source,
                &known_at,
            ])?;
        }
        for rate in content.rates() {
            rate_rows.row(&[
                &content.date(),
                &content_hash.as_slice(),
                &rate.base.code(),
                &rate.quote.code(),
                &rate.rate,
                &rate.state.as_str(),
                &rate.quoted_on,
                &rate.source,
                &known_at,
            ])?;
        }
    }
    if !added.is_empty() {
        tx.copy_in("packs/prices", COPY_PRICES, price_rows.finish()).await?;
        tx.copy_in("packs/fx_rates", COPY_RATES, rate_rows.finish()).await?;
    }
    Ok(())
}

/// The newest revision of a policy.
pub async fn policy(tx: &mut ScopedTransaction, id: &str) -> Result<Option<PackPolicy>, StoreError> {
    let row = tx.row_opt(&POLICY, &[&id]).await?;
    row.as_ref()
        .map(|row| {
            let carry: i16 = column(row, 6)?;
            Ok(PackPolicy {
                id: column(row, 0)?,
                revision: unsigned32(row, 1)?,
                calendar_rule: column(row, 2)?,
                time_zone: column(row, 3)?,
                price_sources: column(row, 4)?,
                fx_sources: column(row, 5)?,
                carry_days_max: u32::try_from(carry).map_err(|e| StoreError::corrupt("carry_days_max", e))?,
                coverage_min_prices: column(row, 7)?,
                coverage_min_fx: column(row, 8)?,
            })
        })
        .transpose()
}

/// An attempt to build a pack that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBuild {
    /// Its id, UUIDv7.
    pub id: Uuid,
    /// Policy.
    pub policy_id: String,
    /// Day.
    pub date: NaiveDate,
    /// Revision that is built.
    pub revision: u32,
    /// What it does first.
    pub step: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<Uuid>,
    /// Expected end.
    pub estimated_ready_at: Option<DateTime<Utc>>,
}

/// Begins to build a pack; [`StoreError::AlreadyExists`] while another attempt for the day runs.
pub async fn start_build(tx: &mut WorkerTransaction, new: &NewBuild) -> Result<(), StoreError> {
    tx.write(
        &START_BUILD,
        &[
            &new.id,
            &new.policy_id,
            &new.date,
            &int(new.revision)?,
            &new.step,
            &new.requested_by,
            &new.estimated_ready_at,
        ],
    )
    .await
    .map(drop)
}

/// A build came out fresh.
pub async fn finish_build(
    tx: &mut WorkerTransaction,
    id: Uuid,
    pack: &Hash,
    coverage: &Value,
    absent: &Value,
) -> Result<(), StoreError> {
    let changed = tx.write(&FINISH_BUILD, &[&id, &pack.as_slice(), coverage, absent]).await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound("pack build")) }
}

/// A build failed.
pub async fn fail_build(tx: &mut WorkerTransaction, id: Uuid, error: &Value) -> Result<(), StoreError> {
    let changed = tx.write(&FAIL_BUILD, &[&id, error]).await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound("pack build")) }
}

/// Fails the builds that began before `before` and never ended: a server that stopped left them.
pub async fn fail_abandoned(
    tx: &mut WorkerTransaction,
    before: DateTime<Utc>,
    error: &Value,
) -> Result<u64, StoreError> {
    tx.write(&FAIL_ABANDONED, &[&before, error]).await
}

fn build_of(row: &Row) -> Result<PackBuild, StoreError> {
    let statuses = [BuildStatus::Warming, BuildStatus::Fresh, BuildStatus::Failed];
    Ok(PackBuild {
        id: column(row, 0)?,
        policy_id: column(row, 1)?,
        date: column(row, 2)?,
        revision: unsigned32(row, 3)?,
        status: named(row, 4, |text| statuses.into_iter().find(|s| s.name() == text))?,
        step: column(row, 5)?,
        pack_hash: hash_opt(row, 6)?,
        coverage: column(row, 7)?,
        absent: column(row, 8)?,
        error: column(row, 9)?,
        requested_by: column(row, 10)?,
        started_at: column(row, 11)?,
        fresh_at: column(row, 12)?,
        estimated_ready_at: column(row, 13)?,
    })
}

/// At most `limit` builds of a policy, of one day or newest day first.
pub async fn builds(
    tx: &mut ScopedTransaction,
    policy: &str,
    date: Option<NaiveDate>,
    limit: u32,
) -> Result<Vec<PackBuild>, StoreError> {
    let rows = tx.rows(&BUILDS, &[&policy, &date, &i64::from(limit)]).await?;
    rows.iter().map(build_of).collect()
}

/// The build that made a pack; packs of a bulk load have one for the newest day only.
pub async fn build_of_pack(tx: &mut ScopedTransaction, pack: &Hash) -> Result<Option<PackBuild>, StoreError> {
    tx.row_opt(&BUILD_OF_PACK, &[&pack.as_slice()]).await?.as_ref().map(build_of).transpose()
}
