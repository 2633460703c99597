//! A portfolio's books at one commit, in memory: entries, what follows from them, and the names that they use.
//!
//! Invariant: a folio is immutable and pinned by (user, portfolio, commit); whether the user may read the portfolio is
//! decided anew by each execution.

use std::collections::HashMap;
use std::sync::Arc;

use capability::Failure;
use formulas::valuation::ManualPrices;
use ledger::{Book, Timeline};
use money::Currency;
use serde_json::json;
use store::queries::accounts::Account;
use store::queries::ledger::{Commit, Source, StoredEntry};
use store::queries::portfolios::PortfolioHead;
use store::queries::securities::Security;
use store::queries::{accounts, ledger as entries, portfolios, securities};
use store::{StoreError, UserTransaction};
use uuid::Uuid;

use crate::failure::internal;

/// What the chain says of an entry beside its content.
#[derive(Debug, Clone)]
pub struct EntryRecord {
    /// Its commit.
    pub commit: Commit,
    /// How it came in.
    pub source: Source,
    /// Who wrote it.
    pub recorded_by: Uuid,
}

/// The books of a portfolio at a commit.
#[derive(Debug)]
pub struct Folio {
    /// Portfolio.
    pub portfolio_id: Uuid,
    /// Last commit.
    pub commit: Commit,
    /// What the entries amount to.
    pub book: Book,
    /// The book along time.
    pub timeline: Timeline,
    /// Prices that the owner stated.
    pub manual: ManualPrices,
    /// Records of the entries, by sequence from 1.
    pub records: Vec<EntryRecord>,
    /// Securities of the book by id.
    pub securities: HashMap<Uuid, Security>,
    /// Accounts of the portfolio.
    pub accounts: Vec<Account>,
}

/// What is read of a portfolio in one transaction, before anything is computed.
#[derive(Debug)]
pub struct RawFolio {
    head: PortfolioHead,
    stored: Vec<StoredEntry>,
    securities: Vec<Security>,
    accounts: Vec<Account>,
}

impl RawFolio {
    /// Reads a portfolio's ledger up to `seq` (absent: its head); `None` where the user may not read the portfolio.
    pub async fn read(
        tx: &mut UserTransaction,
        user: Uuid,
        portfolio: Uuid,
        seq: Option<u64>,
    ) -> Result<Option<RawFolio>, StoreError> {
        let Some(head) = portfolios::by_id(tx, user, portfolio).await? else { return Ok(None) };
        RawFolio::of_head(tx, head, seq).await.map(Some)
    }

    /// The same for a head that was read.
    pub async fn of_head(
        tx: &mut UserTransaction,
        head: PortfolioHead,
        seq: Option<u64>,
    ) -> Result<RawFolio, StoreError> {
        let mut stored = entries::page(tx, head.user_id, head.id, 0, u32::MAX).await?;
        if let Some(seq) = seq {
            stored.truncate(usize::try_from(seq).unwrap_or(usize::MAX));
        }
        let mut ids: Vec<Uuid> = stored.iter().filter_map(|stored| stored.entry.security_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let securities = if ids.is_empty() { Vec::new() } else { securities::by_ids(tx, &ids).await? };
        let accounts = accounts::list(tx, head.user_id, head.id).await?;
        Ok(RawFolio { head, stored, securities, accounts })
    }

    /// Computes what follows from the entries; refuses a chain whose last commit is not the expected one.
    pub fn replayed(self, expected: Option<Commit>) -> Result<Folio, Failure> {
        let RawFolio { head, stored, securities, accounts } = self;
        let commit = stored.last().map_or_else(|| ledger::commit::genesis(head.id), |last| last.commit);
        if expected.is_some_and(|expected| expected != commit) {
            let current = json!({ "ledger_commit": hex::encode(head.commit) });
            return Err(Failure::new(
                "conflict",
                "the ledger does not hold the commit that the execution is pinned to",
            )
            .about(current));
        }
        let mut records = Vec::with_capacity(stored.len());
        let mut replayed = Vec::with_capacity(stored.len());
        for entry in stored {
            records.push(EntryRecord { commit: entry.commit, source: entry.source, recorded_by: entry.recorded_by });
            replayed.push(Arc::new(entry.entry));
        }
        let book = if replayed.is_empty() {
            empty_book(head.id, head.base_currency)?
        } else {
            Book::replay_shared(head.id, replayed)
                .map_err(|error| internal("the stored ledger makes no book", error))?
        };
        Ok(Folio::new(head.id, commit, book, records, securities, accounts))
    }
}

/// The book of a portfolio in which nothing was recorded yet.
pub fn empty_book(portfolio: Uuid, base: Currency) -> Result<Book, Failure> {
    let setting =
        ledger::NewEntry::setting(ledger::settings::BASE_CURRENCY, base.code().into(), chrono::NaiveDate::MIN);
    let entry = setting.numbered(1, Uuid::nil(), chrono::DateTime::UNIX_EPOCH);
    Book::replay(portfolio, &[entry]).map_err(|error| internal("an empty ledger makes no book", error))
}

impl Folio {
    /// Lays a book out for reading.
    pub fn new(
        portfolio_id: Uuid,
        commit: Commit,
        book: Book,
        records: Vec<EntryRecord>,
        securities: impl IntoIterator<Item = Security>,
        accounts: Vec<Account>,
    ) -> Folio {
        Folio {
            portfolio_id,
            commit,
            timeline: Timeline::of(&book),
            manual: ManualPrices::of(&book),
            book,
            records,
            securities: securities.into_iter().map(|security| (security.id, security)).collect(),
            accounts,
        }
    }

    /// Currency of the portfolio's totals.
    pub fn base(&self) -> Currency {
        self.book.base_currency
    }

    /// How people name a security: `XTSE:CNR`, or its id where it is not visible.
    pub fn symbol(&self, security: Uuid) -> String {
        self.securities.get(&security).map_or_else(|| security.to_string(), symbol_of)
    }

    /// Memory, roughly, in bytes.
    pub fn weight(&self) -> usize {
        2_000 + self.records.len() * 2_500
    }
}

/// `MIC:symbol`, the bare symbol without a market, else ISIN, else name.
pub fn symbol_of(security: &Security) -> String {
    match (&security.fields.primary_mic, &security.symbol, &security.isin) {
        (Some(mic), Some(symbol), _) => format!("{}:{symbol}", mic.trim()),
        (None, Some(symbol), _) => symbol.clone(),
        (_, None, Some(isin)) => isin.clone(),
        _ => security.fields.name.clone(),
    }
}

/// The asset class of a kind of security (`capabilities.md` §1.2).
pub fn asset_class(kind: &str) -> &'static str {
    match kind {
        "stock" => "equity",
        "etf" => "etf",
        "fund" => "fund",
        "bond" => "bond",
        "commodity" => "commodity",
        "crypto" => "crypto",
        "option" => "option",
        "future" => "future",
        "cash_like" => "cash",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_portfolio_without_entries_has_a_book() {
        let book = super::empty_book(uuid::Uuid::nil(), money::Currency::EUR).unwrap();
        assert_eq!((book.base_currency, book.lots().count()), (money::Currency::EUR, 0));
    }
}
