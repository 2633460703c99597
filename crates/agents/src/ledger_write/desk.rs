//! What is on the desk while a ledger is written: the book, names, rates; and how entries are applied and kept.

use std::collections::HashSet;
use std::sync::Arc;

use capability::Failure;
use chrono::Utc;
use dates::Date;
use formats::{AccountName, Directory, SecurityName};
use ledger::projection::{Rows, changes, diff};
use ledger::settings::{BASE_CURRENCY, COST_BASIS_METHOD, RISK_FREE};
use ledger::{Book, BookError, Entry, NewEntry, Payload, Resolver};
use money::{Currency, Decimal};
use pricing::CARRY_SESSIONS_MAX;
use serde_json::{Value, json};
use store::UserTransaction;
use store::queries::accounts::Account;
use store::queries::audit::{self, AuditLine};
use store::queries::ledger::{self as entries, Appended, Commit, Source};
use store::queries::portfolios::{self, PortfolioHead, ProjectedSettings};
use store::queries::securities::{self, Security};
use store::queries::{accounts, packs};
use uuid::Uuid;

use crate::agents::Agents;
use crate::books::{EntryRecord, Folio, RawFolio};
use crate::failure::StepError;
use crate::markets::{Market, RawMarket};
use crate::scene::portfolio_not_found;

/// Book, names and rates of a portfolio that is being written.
pub(crate) struct Desk {
    /// Head of the ledger.
    pub head: PortfolioHead,
    /// The book at the head.
    pub folio: Arc<Folio>,
    /// Accounts of the portfolio.
    pub accounts: Vec<Account>,
    /// Every security that the user sees.
    pub securities: Vec<Security>,
    /// Names of both.
    pub directory: Directory,
    /// Newest prices and rates, where they were needed or at hand.
    pub market: Option<Arc<Market>>,
}

/// Entries with what they make of the book.
pub(crate) struct Applied {
    /// Numbered entries.
    pub entries: Vec<Entry>,
    /// Their commits.
    pub commits: Vec<Commit>,
    /// The book after them.
    pub book: Book,
    /// Settings that an empty ledger was opened with: entries before those that were asked for.
    pub opening: usize,
}

/// Whether the portfolio is locked for writing or only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Locked until the transaction ends.
    Write,
    /// Read.
    Look,
}

impl Desk {
    /// Opens a portfolio. `needs_market` says, by base currency, whether rates must be there.
    pub async fn open(
        agents: &Agents,
        tx: &mut UserTransaction,
        user: Uuid,
        portfolio: Uuid,
        access: Access,
        if_commit: Option<&str>,
        needs_market: &(dyn Fn(Currency) -> bool + Sync),
    ) -> Result<Desk, StepError> {
        let head = match access {
            Access::Write => portfolios::lock(tx, user, portfolio).await?,
            Access::Look => portfolios::by_id(tx, user, portfolio).await?.filter(|head| head.user_id == user),
        };
        let Some(head) = head else {
            // Shared portfolios are visible, and read only.
            return Err(match portfolios::by_id(tx, user, portfolio).await? {
                Some(_) => Failure::new("forbidden", "the portfolio is shared with you for reading only").into(),
                None => portfolio_not_found(portfolio).into(),
            });
        };
        if head.status != "active" {
            return Err(Failure::new("portfolio_archived", format!("the portfolio is {}", head.status)).into());
        }
        let current = hex::encode(head.commit);
        if if_commit.is_some_and(|expected| expected != current) {
            let failure = Failure::new("conflict", "the ledger has moved on since it was read");
            return Err(failure
                .at("/if_ledger_commit")
                .about(json!({ "ledger_commit": current }))
                .advising("read it again")
                .into());
        }
        let folio = match agents.folios.get(&(user, portfolio, head.commit)) {
            Some(folio) => folio,
            None => Arc::new(RawFolio::of_head(tx, head.clone(), None).await?.replayed(Some(head.commit))?),
        };
        let accounts = accounts::list(tx, user, portfolio).await?;
        let securities = securities::all_visible(tx).await?;
        let market = newest_market(agents, tx, needs_market(head.base_currency)).await?;
        let directory = directory_of(&accounts, &securities);
        Ok(Desk { head, folio, accounts, securities, directory, market })
    }

    /// A security that the user sees.
    pub fn security(&self, id: Uuid) -> Option<&Security> {
        self.securities.iter().find(|security| security.id == id)
    }

    /// What a security is called.
    pub fn symbol(&self, id: Uuid) -> String {
        self.security(id).map_or_else(|| id.to_string(), crate::books::symbol_of)
    }

    /// The close of a security on a day, in its whole currency, from the newest pack.
    pub fn close(&self, security: Uuid, on: Date) -> Option<(Decimal, Currency)> {
        let history = &self.market.as_ref()?.history;
        let quote = history.price_at(security, history.index_on_or_before(on)?)?;
        if CARRY_SESSIONS_MAX < weekdays(quote.quoted_on, on) {
            return None;
        }
        let (currency, unit) = quote.currency.parent().unwrap_or((quote.currency, Decimal::ONE));
        Some((quote.amount.checked_mul(unit)?, currency))
    }

    /// The settings that open an empty ledger, unless the entries state them.
    fn opening(&self, wished: &[NewEntry]) -> Vec<NewEntry> {
        if self.head.seq != 0 {
            return Vec::new();
        }
        let today = Utc::now().date_naive();
        let settings = [
            (BASE_CURRENCY, Value::from(self.head.base_currency.code())),
            (COST_BASIS_METHOD, Value::from(self.head.cost_basis_method.clone())),
        ];
        let states = |key: &str| {
            wished.iter().any(|entry| matches!(&entry.payload, Payload::Setting(setting) if setting.key == key))
        };
        let missing = settings.into_iter().filter(|(key, _)| !states(key));
        missing.map(|(key, value)| NewEntry::setting(key, value, today)).collect()
    }

    /// How many settings will stand before the entries.
    pub fn opening_of(&self, wished: &[NewEntry]) -> usize {
        self.opening(wished).len()
    }

    /// Numbers entries and applies them to the book; nothing is written.
    pub fn apply(&self, wished: Vec<NewEntry>) -> Result<Applied, BookError> {
        let mut new = self.opening(&wished);
        let opening = new.len();
        new.extend(wished);
        let now = Utc::now();
        let entries: Vec<Entry> =
            (self.head.seq + 1..).zip(new).map(|(seq, entry)| entry.numbered(seq, Uuid::now_v7(), now)).collect();
        let book = match self.head.seq {
            0 => Book::replay(self.head.id, &entries)?,
            _ => self.folio.book.extend(&entries)?,
        };
        let commits = ledger::commit::chain(&self.head.commit, &entries);
        Ok(Applied { entries, commits, book, opening })
    }

    /// Writes applied entries with their projections and a line of the audit log.
    pub async fn commit(
        &self,
        tx: &mut UserTransaction,
        applied: &Applied,
        source: Source,
        import_id: Option<Uuid>,
        action: &str,
    ) -> Result<(), StepError> {
        let user = self.head.user_id;
        let changes = match self.head.seq {
            0 => diff(&Rows::default(), &Rows::of(&applied.book)),
            _ => changes(&self.folio.book, &applied.book),
        };
        let appended = Appended {
            previous: self.head.commit,
            entries: &applied.entries,
            commits: &applied.commits,
            source,
            import_id,
            recorded_by: user,
            diff: &changes,
            settings: self.projected(&applied.book),
        };
        entries::append(tx, user, self.head.id, &appended).await?;
        let mut line = AuditLine::new(Some(user), action, "portfolio", self.head.id);
        let last = applied.entries.last().map_or(self.head.seq, |entry| entry.seq);
        line.detail = json!({ "from_seq": self.head.seq + 1, "to_seq": last, "import_id": import_id });
        audit::insert(tx, &line).await?;
        Ok(())
    }

    fn projected(&self, book: &Book) -> ProjectedSettings {
        let settings = &book.settings;
        let first = book.transactions().filter(|row| row.is_active()).map(|row| row.effective_on).min();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        ProjectedSettings {
            base_currency: book.base_currency,
            benchmark_id: settings.benchmark_id().map(str::to_owned),
            cost_basis_method: settings.cost_basis_method.name().to_owned(),
            valuation_calendar: settings.valuation_calendar().unwrap_or(&self.head.valuation_calendar).to_owned(),
            risk_free: settings.values.get(RISK_FREE).map(text),
            opened_on: settings.opened_on().or(first),
        }
    }

    /// The commit after applied entries, and its sequence.
    pub fn head_after(&self, applied: &Applied) -> (Commit, u64) {
        let commit = applied.commits.last().copied().unwrap_or(self.head.commit);
        (commit, self.head.seq + applied.entries.len() as u64)
    }

    /// Keeps the book after a transaction was committed, so that the next reader need not replay it.
    pub fn remember(&self, agents: &Agents, applied: Applied, source: Source) {
        let user = self.head.user_id;
        let (commit, _) = self.head_after(&applied);
        let mut records = self.folio.records.clone();
        records.extend(applied.commits.iter().map(|commit| EntryRecord { commit: *commit, source, recorded_by: user }));
        let used: HashSet<Uuid> = applied.book.entries().iter().filter_map(|entry| entry.security_id).collect();
        let securities = self.securities.iter().filter(|security| used.contains(&security.id)).cloned();
        let folio = Folio::new(self.head.id, commit, applied.book, records, securities, self.accounts.clone());
        agents.folios.insert((user, self.head.id, commit), Arc::new(folio));
    }
}

/// Rates of the newest pack for completing entries.
impl Resolver for Desk {
    fn base_currency(&self) -> Currency {
        self.head.base_currency
    }

    fn fx(&self, currency: Currency, date: Date) -> Option<Decimal> {
        let history = &self.market.as_ref()?.history;
        let quote = history.fx_at(currency, self.base_currency(), history.index_on_or_before(date)?)?;
        (weekdays(quote.quoted_on, date) <= CARRY_SESSIONS_MAX).then_some(quote.rate)
    }
}

fn weekdays(after: Date, up_to: Date) -> u32 {
    dates::TradingCalendar::weekdays("weekdays", [], Date::MIN, Date::MAX).sessions_between(after, up_to)
}

/// The newest pack's history: from memory, or read where it is needed.
async fn newest_market(
    agents: &Agents,
    tx: &mut UserTransaction,
    needed: bool,
) -> Result<Option<Arc<Market>>, StepError> {
    let Some(head) = packs::latest(tx, &agents.settings.policy, None).await? else { return Ok(None) };
    if let Some(market) = agents.markets.get(&head.pack.hash) {
        return Ok(Some(market));
    }
    if !needed {
        return Ok(None);
    }
    let known: Vec<Arc<Market>> = agents.markets.iter().map(|(_, market)| market).collect();
    let raw = RawMarket::read(tx, &head.pack.hash, &known).await?;
    Ok(Some(agents.keep_market(head.pack.hash, raw)?))
}

/// Names of accounts and securities for readers of files.
pub(crate) fn directory_of(accounts: &[Account], securities: &[Security]) -> Directory {
    let names = accounts.iter().map(|account| AccountName { id: account.id, name: account.fields.name.clone() });
    let securities = securities.iter().map(|security| SecurityName {
        id: security.id,
        name: security.fields.name.clone(),
        symbol: security.symbol.clone(),
        mic: security.fields.primary_mic.as_deref().map(|mic| mic.trim().to_owned()),
        isin: security.isin.clone(),
        figi: None,
        currency: Some(security.fields.currency),
    });
    Directory::new(names.collect(), securities.collect())
}
