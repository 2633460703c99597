//! What an execution is pinned to: user, portfolio, date, pricing pack, ledger commit. Fixed once, never changed.
//!
//! The newest pack on or before `as_of` counts unless one is named; a superseded pack may be named and says so. Nothing
//! is read where heads of packs and ledgers are in memory. Before the first pack there are books without prices: the
//! context has no pack, and every figure that needs one says so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use capability::{ExecutionContext, Failure, LedgerInfo, PackInfo, Reads};
use chrono::{NaiveDate, Utc};
use store::queries::packs::{self, BuildStatus, PackInfo as StoredPack};
use store::queries::portfolios::{self, PortfolioHead};
use store::queries::settings;
use store::{LeaseTicket, Notice, StoreError, UserTransaction};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::agents::Agents;
use crate::failure::StepError;
use crate::scene::portfolio_not_found;

/// How long a head of packs is trusted although nothing was announced: a lost notice costs no more than this.
const HEAD_KEPT: Duration = Duration::from_secs(2);
/// When to ask again while the pack of the day is being made.
const WARMING_RETRY_MS: u64 = 5_000;

/// What an execution asks to be pinned to.
#[derive(Debug, Clone)]
pub struct ContextRequest {
    /// Id of the execution.
    pub execution_id: Uuid,
    /// W3C trace id.
    pub trace_id: String,
    /// Who asks.
    pub user: Uuid,
    /// Permissions of who asks.
    pub rights: Vec<String>,
    /// Portfolio that the inputs name.
    pub portfolio_id: Option<Uuid>,
    /// Date that values are for; `None`: that of the newest pack.
    pub as_of: Option<NaiveDate>,
    /// Display id or hash of the pack; `None`: the newest at `as_of`.
    pub pricing_pack_id: Option<String>,
    /// Refuse while the pack of the day is being made.
    pub require_fresh: bool,
    /// Currency of the report; `None`: base currency.
    pub report_currency: Option<String>,
    /// What any step of the plan reads.
    pub reads: Reads,
    /// Time left.
    pub deadline_in: Duration,
}

/// Heads of packs in memory, by what was asked.
pub(crate) struct Heads {
    cache: moka::sync::Cache<(Option<NaiveDate>, Option<String>), StoredPack>,
    notices: Mutex<broadcast::Receiver<Notice>>,
}

impl Heads {
    pub fn new(notices: broadcast::Receiver<Notice>) -> Heads {
        let cache = moka::sync::Cache::builder().max_capacity(1_000).time_to_live(HEAD_KEPT).build();
        Heads { cache, notices: Mutex::new(notices) }
    }

    pub fn forget(&self) {
        self.cache.invalidate_all();
    }

    fn get(&self, key: &(Option<NaiveDate>, Option<String>)) -> Option<StoredPack> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match notices.try_recv() {
                Ok(Notice::Packs(_) | Notice::Reconnected) | Err(broadcast::error::TryRecvError::Lagged(_)) => {
                    self.forget()
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        self.cache.get(key)
    }
}

/// What was found in memory or read.
#[derive(Default)]
struct Found {
    head: Option<PortfolioHead>,
    pack: Option<StoredPack>,
    warming: bool,
}

impl Agents {
    /// Pins an execution. A foreign portfolio is `portfolio_not_found`, so that existence does not leak.
    pub async fn resolve_context(&self, request: ContextRequest) -> Result<ExecutionContext, Failure> {
        let key = (request.as_of, request.pricing_pack_id.clone());
        let mut found = Found {
            pack: self.heads.get(&key),
            head: request.portfolio_id.and_then(|id| self.store.cached_head(request.user, id)),
            warming: false,
        };
        let needs_head = request.portfolio_id.is_some() || request.reads.ledger;
        if found.pack.is_none() || (needs_head && found.head.is_none()) || request.require_fresh {
            found = self.read_context(&request, found, needs_head).await?;
            if let Some(pack) = &found.pack {
                self.heads.cache.insert(key, pack.clone());
            }
        }
        pin(request, found)
    }

    async fn read_context(
        &self,
        request: &ContextRequest,
        mut found: Found,
        needs_head: bool,
    ) -> Result<Found, Failure> {
        let ticket = LeaseTicket::platform(request.user, request.deadline_in);
        // A head that another transaction of this user left in memory meanwhile is as good.
        let head_first = match (request.portfolio_id, &found.head) {
            (Some(id), None) if found.pack.is_some() && !request.require_fresh => Some(id),
            _ => None,
        };
        if let Some(id) = head_first {
            let head = self.store.portfolio_head(ticket, request.user, id).await.map_err(crate::failure::of_store)?;
            found.head = Some(head.ok_or_else(|| portfolio_not_found(id))?);
            return Ok(found);
        }
        let policy = self.settings.policy.clone();
        let read = self
            .store
            .try_as_user(ticket, request.user, async |tx| -> Result<Found, StepError> {
                if found.head.is_none() && needs_head {
                    found.head = Some(head_of(tx, request.user, request.portfolio_id).await?);
                }
                if found.pack.is_none() {
                    found.pack = match &request.pricing_pack_id {
                        Some(id) => Some(named_pack(tx, id).await?),
                        None => packs::latest(tx, &policy, request.as_of).await?,
                    };
                }
                if request.require_fresh || (found.pack.is_none() && request.reads.packs) {
                    let newest = packs::builds(tx, &policy, None, 1).await?;
                    found.warming = newest.first().is_some_and(|build| {
                        let is_newer = found.pack.as_ref().is_none_or(|pack| pack.pack.date < build.date);
                        build.status == BuildStatus::Warming && is_newer
                    });
                }
                Ok(found)
            })
            .await?;
        Ok(read)
    }
}

/// The portfolio that is named; else the user's default one, else its only one; never "the first".
async fn head_of(tx: &mut UserTransaction, user: Uuid, named: Option<Uuid>) -> Result<PortfolioHead, StepError> {
    if let Some(id) = named {
        return Ok(portfolios::by_id(tx, user, id).await?.ok_or_else(|| portfolio_not_found(id))?);
    }
    if let Some(id) = settings::of_user(tx, user).await?.default_portfolio_id
        && let Some(head) = portfolios::by_id(tx, user, id).await?
    {
        return Ok(head);
    }
    let mut all = portfolios::list(tx, user, Some("active")).await?;
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => {
            Err(Failure::new("portfolio_required", "there is no portfolio yet").advising("create a portfolio").into())
        }
        (Some(_), others) => {
            let message = format!("there are {} portfolios and none is the default", others + 1);
            Err(Failure::new("portfolio_required", message).at("/portfolio_id").advising("name a portfolio").into())
        }
    }
}

async fn named_pack(tx: &mut UserTransaction, id: &str) -> Result<StoredPack, StepError> {
    let unknown =
        || Failure::new("pricing_pack_not_found", format!("there is no pricing pack {id}")).at("/pricing_pack_id");
    let found: Result<_, StoreError> = packs::by_display_id_or_hash(tx, id).await;
    Ok(found?.ok_or_else(unknown)?)
}

fn pin(request: ContextRequest, found: Found) -> Result<ExecutionContext, Failure> {
    if found.warming {
        let message = "the pricing pack of the day is being prepared";
        return Err(Failure::new("pricing_pack_warming", message).transient_after(WARMING_RETRY_MS));
    }
    let as_of =
        request.as_of.or(found.pack.as_ref().map(|pack| pack.pack.date)).unwrap_or_else(|| Utc::now().date_naive());
    let base_currency = found.head.as_ref().map(|head| head.base_currency.code().to_owned());
    let report = request.report_currency.clone();
    Ok(ExecutionContext {
        execution_id: request.execution_id,
        trace_id: request.trace_id,
        user_id: request.user,
        rights: request.rights,
        portfolio_id: found.head.as_ref().map(|head| head.id),
        as_of,
        known_at: found.pack.as_ref().filter(|_| request.reads.packs).map(|pack| pack.pack.known_at),
        ledger: found.head.as_ref().map(|head| LedgerInfo { commit: hex::encode(head.commit), seq: head.seq }),
        base_currency: base_currency.or(report).unwrap_or_else(|| money::Currency::EUR.code().to_owned()),
        report_currency: request.report_currency,
        // What reads no prices must not depend on them.
        pack: found.pack.filter(|_| request.reads.packs).map(|found| PackInfo {
            display_id: found.pack.display_id,
            hash: hex::encode(found.pack.hash),
            date: found.pack.date,
            revision: found.pack.revision,
            superseded_by: found.superseded_by,
            restated_reason: found.restated_reason.or(found.pack.reason),
        }),
        deadline_ms: u64::try_from(request.deadline_in.as_millis()).unwrap_or(u64::MAX),
    })
}
