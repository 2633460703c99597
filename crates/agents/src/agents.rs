//! The agents of this process: what they share, and the one entrance to every capability.

use std::sync::Arc;
use std::time::{Duration, Instant};

use capability::{CapabilityResult, Declaration, ExecutionContext, Failure, nearest};
use pricing::Hash;
use serde_json::Value;
use store::{LeaseTicket, Store};
use uuid::Uuid;

use crate::args::Args;
use crate::books::Folio;
use crate::context::Heads;
use crate::flights::Flights;
use crate::markets::Market;
use crate::measured::Measured;
use crate::reference::Reference;
use crate::registry;
use crate::valued::ValuedBook;
use crate::values::Maybe;

/// Bounds of what the agents keep in memory.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Memory for market histories, bytes. Too little reloads a chain for each pack. Default 256 MiB.
    pub market_bytes: u64,
    /// Memory for books, bytes. Too little replays a ledger for each request. Default 128 MiB.
    pub book_bytes: u64,
    /// Memory for daily valuations, bytes, and half as much again for the values of a day. Default 64 MiB.
    pub valuation_bytes: u64,
    /// How long names of securities and accounts are trusted. Default 10 minutes.
    pub names_kept: Duration,
    /// Policy of the packs that are used where none is named. Default `default`.
    pub policy: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            market_bytes: 256 << 20,
            book_bytes: 128 << 20,
            valuation_bytes: 64 << 20,
            names_kept: Duration::from_secs(600),
            policy: pricing::DEFAULT_POLICY.to_owned(),
        }
    }
}

/// Books of a user by portfolio and commit.
pub(crate) type FolioKey = (Uuid, Uuid, Hash);
/// Daily values by portfolio, commit, pack and last day.
pub(crate) type ValuationKey = (Uuid, Hash, Hash, chrono::NaiveDate);

/// Books at market value by the same key.
pub(crate) type ValuedBooks = moka::sync::Cache<ValuationKey, Arc<ValuedBook>>;

/// Every capability of this build.
pub struct Agents {
    pub(crate) store: Arc<Store>,
    pub(crate) settings: Settings,
    pub(crate) folios: moka::sync::Cache<FolioKey, Arc<Folio>>,
    pub(crate) markets: moka::sync::Cache<Hash, Arc<Market>>,
    pub(crate) forged: moka::sync::Cache<Hash, ()>,
    pub(crate) valuations: moka::sync::Cache<ValuationKey, Arc<Maybe<Measured>>>,
    pub(crate) valued: ValuedBooks,
    pub(crate) reference: moka::sync::Cache<(), Arc<Reference>>,
    pub(crate) heads: Heads,
    pub(crate) flights: Flights,
}

impl std::fmt::Debug for Agents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agents").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One call of a capability.
#[derive(Debug)]
pub(crate) struct Call {
    /// What the execution is pinned to.
    pub context: Arc<ExecutionContext>,
    /// Checked arguments.
    pub args: Args,
    /// The right to one lease, until it is used.
    pub ticket: Option<LeaseTicket>,
}

impl Call {
    /// The one lease of the step.
    pub fn ticket(&mut self) -> Result<LeaseTicket, Failure> {
        self.ticket.take().ok_or_else(|| crate::failure::internal("a step asked for a second lease", "law 7"))
    }
}

impl Agents {
    /// Agents on a store.
    pub fn new(store: Arc<Store>, settings: Settings) -> Agents {
        let weight = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Agents {
            heads: Heads::new(store.notices()),
            folios: moka::sync::Cache::builder()
                .weigher(move |_, folio: &Arc<Folio>| weight(folio.weight()))
                .max_capacity(settings.book_bytes)
                .time_to_live(settings.names_kept)
                .build(),
            markets: moka::sync::Cache::builder()
                .weigher(move |_, market: &Arc<Market>| weight(market.weight()))
                .max_capacity(settings.market_bytes)
                .build(),
            forged: moka::sync::Cache::new(1_000),
            valuations: moka::sync::Cache::builder()
                .weigher(move |_, measured: &Arc<Maybe<Measured>>| {
                    let days = measured
                        .as_ref()
                        .as_ref()
                        .map_or(0, |m| m.valuation.dates.len() * (10 + 3 * m.valuation.sleeves.len()));
                    weight(1_000 + days * 8)
                })
                .max_capacity(settings.valuation_bytes)
                .build(),
            valued: moka::sync::Cache::builder()
                .weigher(move |_, valued: &Arc<ValuedBook>| weight(1_000 + valued.bytes()))
                .max_capacity(settings.valuation_bytes / 2)
                .time_to_live(settings.names_kept)
                .build(),
            reference: moka::sync::Cache::builder().time_to_live(settings.names_kept).build(),
            flights: Flights::default(),
            store,
            settings,
        }
    }

    /// What the capabilities promise.
    pub fn declarations(&self) -> Vec<Declaration> {
        registry::declarations()
    }

    /// Runs a capability on behalf of the context's user. `args` is a JSON object; defaults are filled in.
    pub async fn call(
        &self,
        name: &str,
        context: Arc<ExecutionContext>,
        args: impl Into<Arc<Value>>,
        ticket: LeaseTicket,
    ) -> Result<CapabilityResult, Failure> {
        let Some(entry) = registry::entry(name) else {
            let near = nearest(name, registry::names());
            let failure = Failure::new("capability_unavailable", format!("this build has no capability {name}"));
            return Err(match near {
                Some(near) => failure.advising(format!("nearest is {near}")),
                None => failure,
            });
        };
        let args = Args::checked(&entry.declaration, args)?;
        let times = Arc::clone(&ticket.times);
        let started = Instant::now();
        let call = Call { context, args, ticket: Some(ticket) };
        let result = (entry.run)(self, call).await.map(|result| result.with_rows_read(times.rows()));
        tracing::debug!(
            capability = name,
            elapsed_us = started.elapsed().as_micros(),
            ok = result.is_ok(),
            "capability ran"
        );
        result
    }

    /// Drops what is known of current packs: call after packs were built or restated in this process.
    pub fn packs_changed(&self) {
        self.heads.forget();
    }
}
