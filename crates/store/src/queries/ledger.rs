//! The ledger of record: reading a whole ledger, and appending to it with its projections in one transaction.
//! Invariant: nothing here changes an entry; sequence and chain are checked again by the database.

use chrono::{DateTime, NaiveDate, Utc};
use ledger::projection::Diff;
use ledger::{Action, Entry, Kind, Payload};
use tokio_postgres::Row;
use uuid::Uuid;

use super::portfolios::{self, ProjectedSettings};
use super::projections;
use crate::error::StoreError;
use crate::read::{big, column, hash, named, unsigned};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "ledger";
    ENTRIES = "entries.sql" [UUID, UUID];
    PAGE = "page.sql" [UUID, UUID, INT8, INT8];
    BY_SEQ = "by_seq.sql" [UUID, UUID, INT8];
    OF_ENTRY = "of_entry.sql" [UUID, UUID];
    INSERT = "insert.sql" [UUID, UUID, TEXT, UUID, UUID, INT8_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT8_ARRAY,
        UUID_ARRAY, UUID_ARRAY, DATE_ARRAY, JSONB_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY];
    EXTERNAL_IDS = "external_ids.sql" [UUID, UUID_ARRAY, TEXT_ARRAY];
}

/// Entries that go to the database in one statement.
const CHUNK: usize = 20_000;

/// A commit of the chain.
pub type Commit = [u8; 32];

/// How an entry came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Typed in.
    Manual,
    /// From a file.
    Import,
    /// From a data provider.
    Provider,
    /// From a program.
    Api,
}

impl Source {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Provider => "provider",
            Self::Api => "api",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Manual, Self::Import, Self::Provider, Self::Api].into_iter().find(|s| s.name() == text)
    }
}

/// An entry with what the chain and the record say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    /// The entry.
    pub entry: Entry,
    /// Its commit.
    pub commit: Commit,
    /// Commit of the entry before it.
    pub prev_commit: Commit,
    /// How it came in.
    pub source: Source,
    /// Import that brought it.
    pub import_id: Option<Uuid>,
    /// Who wrote it.
    pub recorded_by: Uuid,
}

/// What is appended: entries that continue the head, and what they change.
#[derive(Debug)]
pub struct Appended<'a> {
    /// Commit of the head that the entries continue.
    pub previous: Commit,
    /// New entries in order.
    pub entries: &'a [Entry],
    /// Their commits.
    pub commits: &'a [Commit],
    /// How they came in.
    pub source: Source,
    /// Import that brought them.
    pub import_id: Option<Uuid>,
    /// Who writes them.
    pub recorded_by: Uuid,
    /// What has to change in the projections.
    pub diff: &'a Diff,
    /// Settings of the book after the entries.
    pub settings: ProjectedSettings,
}

fn action_of(text: &str) -> Option<Action> {
    [Action::Record, Action::Void, Action::Amend].into_iter().find(|action| action.name() == text)
}

fn entry_of(row: &Row) -> Result<Entry, StoreError> {
    let seq = unsigned(row, 0)?;
    let action = named(row, 2, action_of)?;
    let kind: Kind = named(row, 3, |text| text.parse().ok())?;
    let payload = Payload::from_json(action, kind, column(row, 8)?)
        .map_err(|e| StoreError::corrupt("ledger_entries.payload", format!("entry {seq}: {e}")))?;
    let target_seq: Option<i64> = column(row, 4)?;
    Ok(Entry {
        seq,
        entry_id: column(row, 1)?,
        action,
        kind,
        target_seq: target_seq
            .map(u64::try_from)
            .transpose()
            .map_err(|e| StoreError::corrupt("ledger_entries.target_seq", e))?,
        account_id: column(row, 5)?,
        security_id: column(row, 6)?,
        effective_on: column(row, 7)?,
        payload,
        external_id: column(row, 9)?,
        recorded_at: column(row, 10)?,
    })
}

fn stored_of(row: &Row) -> Result<StoredEntry, StoreError> {
    Ok(StoredEntry {
        entry: entry_of(row)?,
        commit: hash(row, 11)?,
        prev_commit: hash(row, 12)?,
        source: named(row, 13, Source::parse)?,
        import_id: column(row, 14)?,
        recorded_by: column(row, 15)?,
    })
}

/// All entries of a ledger in order, with their commits; `owner` is the portfolio's owner.
pub async fn entries(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
) -> Result<Vec<(Entry, Commit)>, StoreError> {
    let rows = tx.rows(&ENTRIES, &[&owner, &portfolio]).await?;
    rows.iter().map(|row| Ok((entry_of(row)?, hash(row, 11)?))).collect()
}

/// At most `limit` entries after `after_seq`.
pub async fn page(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    after_seq: u64,
    limit: u32,
) -> Result<Vec<StoredEntry>, StoreError> {
    let rows = tx.rows(&PAGE, &[&owner, &portfolio, &big(after_seq)?, &i64::from(limit)]).await?;
    rows.iter().map(stored_of).collect()
}

/// One entry by its sequence number.
pub async fn by_seq(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    seq: u64,
) -> Result<Option<StoredEntry>, StoreError> {
    let row = tx.row_opt(&BY_SEQ, &[&owner, &portfolio, &big(seq)?]).await?;
    row.as_ref().map(stored_of).transpose()
}

/// The entry with an id, then those that void or amend it, with the portfolio; empty when there is none.
pub async fn history_of(
    tx: &mut UserTransaction,
    owner: Uuid,
    entry_id: Uuid,
) -> Result<Vec<(Uuid, StoredEntry)>, StoreError> {
    let rows = tx.rows(&OF_ENTRY, &[&owner, &entry_id]).await?;
    rows.iter().map(|row| Ok((column(row, 16)?, stored_of(row)?))).collect()
}

/// External ids among `external_ids` that entries of these accounts carry already: (account, id, seq).
pub async fn external_ids(
    tx: &mut UserTransaction,
    user: Uuid,
    accounts: &[Uuid],
    external_ids: &[String],
) -> Result<Vec<(Uuid, String, u64)>, StoreError> {
    let rows = tx.rows(&EXTERNAL_IDS, &[&user, &accounts, &external_ids]).await?;
    rows.iter().map(|row| Ok((column(row, 0)?, column(row, 1)?, unsigned(row, 2)?))).collect()
}

/// Appends entries, applies their projections and announces the new head when the transaction commits.
/// The caller holds [`portfolios::lock`].
pub async fn append(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    appended: &Appended<'_>,
) -> Result<(), StoreError> {
    if appended.entries.len() != appended.commits.len() {
        return Err(StoreError::Invariant("as many commits as entries are needed".to_owned()));
    }
    tx.moved(user, portfolio);
    let mut previous = appended.previous;
    for (entries, commits) in appended.entries.chunks(CHUNK).zip(appended.commits.chunks(CHUNK)) {
        insert(tx, user, portfolio, appended, previous, entries, commits).await?;
        previous = commits.last().copied().unwrap_or(previous);
    }
    projections::apply(tx, user, portfolio, appended.diff).await?;
    portfolios::project_settings(tx, user, portfolio, &appended.settings).await?;
    super::notify(tx, "ledger", &format!("{user}:{portfolio}")).await
}

async fn insert(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    appended: &Appended<'_>,
    previous: Commit,
    entries: &[Entry],
    commits: &[Commit],
) -> Result<(), StoreError> {
    let seqs = entries.iter().map(|e| big(e.seq)).collect::<Result<Vec<i64>, _>>()?;
    let targets = entries.iter().map(|e| e.target_seq.map(big).transpose()).collect::<Result<Vec<Option<i64>>, _>>()?;
    let ids: Vec<Uuid> = entries.iter().map(|e| e.entry_id).collect();
    let actions: Vec<&str> = entries.iter().map(|e| e.action.name()).collect();
    let kinds: Vec<&str> = entries.iter().map(|e| e.kind.name()).collect();
    let accounts: Vec<Option<Uuid>> = entries.iter().map(|e| e.account_id).collect();
    let securities: Vec<Option<Uuid>> = entries.iter().map(|e| e.security_id).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let payloads: Vec<serde_json::Value> = entries.iter().map(|e| e.payload.to_json()).collect();
    let before: Vec<&[u8]> =
        std::iter::once(&previous).chain(commits).take(commits.len()).map(|c| c.as_slice()).collect();
    let after: Vec<&[u8]> = commits.iter().map(|c| c.as_slice()).collect();
    let external: Vec<Option<&str>> = entries.iter().map(|e| e.external_id.as_deref()).collect();
    let recorded: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    tx.write(
        &INSERT,
        &[
            &user,
            &portfolio,
            &appended.source.name(),
            &appended.import_id,
            &appended.recorded_by,
            &seqs,
            &ids,
            &actions,
            &kinds,
            &targets,
            &accounts,
            &securities,
            &dates,
            &payloads,
            &before,
            &after,
            &external,
            &recorded,
        ],
    )
    .await
    .map(drop)
}
