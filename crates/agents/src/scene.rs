//! What a reading capability computes from: books at a commit, prices of a pack, calendars, a date.
//!
//! Everything comes from memory where it is known there; what is missing is read in one transaction under the step's one
//! lease. Invariant: a scene is immutable; equal contexts give equal scenes.

use std::sync::Arc;

use capability::{CapabilityResult, ExecutionContext, Failure, Source, Warning};
use dates::Date;
use money::Currency;
use pricing::{Hash, MarketHistory};
use serde_json::{Value, json};
use store::UserTransaction;
use uuid::Uuid;

use crate::agents::{Agents, Call, ValuedBooks};
use crate::books::{Folio, RawFolio};
use crate::failure::StepError;
use crate::markets::{Market, RawMarket, first_forged, hash_of};
use crate::measured::{Measured, measure};
use crate::reference::Reference;
use crate::valued::{ValuedBook, value_book};
use crate::values::Maybe;

/// Books, prices and date of one call.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The books.
    pub folio: Arc<Folio>,
    /// The prices; none where the capability reads none, or no pack exists.
    pub market: Option<Arc<Market>>,
    /// Calendars.
    pub reference: Arc<Reference>,
    /// Date that values are for.
    pub as_of: Date,
    /// Daily values, where they were asked for.
    pub measured: Option<Arc<Maybe<Measured>>>,
    /// Where books at market value are kept between calls, if they are.
    pub(crate) kept: Option<ValuedBooks>,
}

/// What a computation gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Computed {
    /// The value, of the declared output type.
    pub value: Value,
    /// What qualifies it.
    pub warnings: Vec<Warning>,
    /// Data sets that entered it.
    pub sources: Vec<Source>,
}

impl From<Value> for Computed {
    fn from(value: Value) -> Computed {
        Computed { value, ..Computed::default() }
    }
}

impl From<Computed> for CapabilityResult {
    fn from(computed: Computed) -> CapabilityResult {
        CapabilityResult::computed(computed.value).with_warnings(computed.warnings).with_sources(computed.sources)
    }
}

/// What a capability needs beside the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Books alone; prices of the pack if the context has one.
    Books,
    /// Prices and the daily values.
    DailyValues,
}

impl Scene {
    /// The prices.
    pub fn market(&self) -> Result<&Market, Failure> {
        self.market.as_deref().ok_or_else(no_pack)
    }

    /// The history and the position of the scene's day in it; none where no pack is that old.
    pub fn prices(&self) -> Option<(&MarketHistory, usize)> {
        let history = &self.market.as_ref()?.history;
        Some((history, history.index_on_or_before(self.as_of)?))
    }

    /// Currency of the portfolio's totals.
    pub fn base(&self) -> Currency {
        self.folio.base()
    }

    /// The book at market value; valued once for all steps that ask for it.
    pub fn valued(&self) -> Arc<ValuedBook> {
        let value = || Arc::new(value_book(self));
        match (&self.kept, &self.market) {
            (Some(kept), Some(market)) => {
                let key = (self.folio.portfolio_id, self.folio.commit, market.history.pack.hash, self.as_of);
                kept.get_with(key, value)
            }
            _ => value(),
        }
    }

    /// The daily values, or why there are none.
    pub fn measured(&self) -> Maybe<&Measured> {
        match self.measured.as_deref() {
            Some(Ok(measured)) => Ok(measured),
            Some(Err(absence)) => Err(absence.clone()),
            None => Err(formulas::Undefined::InsufficientData { needed: 1, found: 0 }.into()),
        }
    }

    /// Sources of the prices that a portfolio's figures rest on.
    pub fn sources(&self) -> Vec<Source> {
        let securities = self.folio.securities.keys();
        self.market
            .as_ref()
            .map_or_else(Vec::new, |market| market.sources(securities, !self.folio.timeline.cash_deltas.is_empty()))
    }
}

/// There is no pack at all.
pub fn no_pack() -> Failure {
    Failure::new("pricing_pack_not_found", "there is no pricing pack yet").advising("load prices and build a pack")
}

/// The portfolio of a call: the argument must be the one that the execution is pinned to.
pub fn portfolio_of(call: &Call) -> Result<Uuid, Failure> {
    let given = call.args.id("portfolio_id")?;
    match (given, call.context.portfolio_id) {
        (Some(given), Some(pinned)) if given != pinned => {
            let message = format!("the execution is pinned to portfolio {pinned}, not to {given}");
            Err(Failure::new("invalid_input", message).at("/portfolio_id"))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(Failure::new("portfolio_required", "name a portfolio").at("/portfolio_id")),
    }
}

/// A foreign portfolio and one that does not exist are the same.
pub fn portfolio_not_found(portfolio: Uuid) -> Failure {
    Failure::new("portfolio_not_found", format!("there is no portfolio {portfolio}"))
        .about(json!({ "portfolio_id": portfolio }))
}

fn refuse_report_currency(context: &ExecutionContext) -> Result<(), Failure> {
    match &context.report_currency {
        Some(wanted) if *wanted != context.base_currency => {
            let message = format!("values are in the base currency {}, not in {wanted}", context.base_currency);
            Err(Failure::new("unsupported", message).at("/currency").advising("leave the currency out"))
        }
        _ => Ok(()),
    }
}

impl Agents {
    /// Books and prices of a call.
    pub(crate) async fn scene(&self, call: &mut Call, needs: Needs) -> Result<Scene, Failure> {
        let context = Arc::clone(&call.context);
        refuse_report_currency(&context)?;
        let portfolio = portfolio_of(call)?;
        let (commit, seq) = match &context.ledger {
            Some(ledger) => (hash_of(&ledger.commit)?, ledger.seq),
            None => return Err(portfolio_not_found(portfolio)),
        };
        let pack = context.pack.as_ref().map(|pack| hash_of(&pack.hash)).transpose()?;
        if pack.is_none() && needs != Needs::Books {
            return Err(no_pack());
        }
        let (folio, market, reference) = self.loaded(call, portfolio, commit, seq, pack).await?;
        let mut scene =
            Scene { folio, market, reference, as_of: context.as_of, measured: None, kept: Some(self.valued.clone()) };
        if needs == Needs::DailyValues {
            scene.measured = Some(self.measured(&scene)?);
        }
        Ok(scene)
    }

    /// The daily values of a scene, computed once.
    pub(crate) fn measured(&self, scene: &Scene) -> Result<Arc<Maybe<Measured>>, Failure> {
        let market = scene.market()?;
        let key = (scene.folio.portfolio_id, scene.folio.commit, market.history.pack.hash, scene.as_of);
        Ok(self.valuations.get_with(key, || Arc::new(measure(&scene.folio, &market.history, scene.as_of))))
    }

    async fn loaded(
        &self,
        call: &mut Call,
        portfolio: Uuid,
        commit: Hash,
        seq: u64,
        pack: Option<Hash>,
    ) -> Result<(Arc<Folio>, Option<Arc<Market>>, Arc<Reference>), Failure> {
        let user = call.context.user_id;
        let key = (user, portfolio, commit);
        let in_memory = || {
            let market = match pack {
                Some(hash) => Some(self.markets.get(&hash)?),
                None => None,
            };
            Some((self.folios.get(&key)?, market, self.reference.get(&())?))
        };
        if let Some(all) = in_memory() {
            return Ok(all);
        }
        // In one order everywhere, so that two steps never wait for each other.
        let _market_flight = match pack.filter(|hash| !self.markets.contains_key(hash)) {
            Some(hash) => Some(self.flights.enter(format!("pack {}", hex::encode(hash))).await),
            None => None,
        };
        let _folio_flight = self.flights.enter(format!("books {user} {portfolio} {}", hex::encode(commit))).await;
        if let Some(all) = in_memory() {
            return Ok(all);
        }
        let wanted_pack = pack.filter(|hash| !self.markets.contains_key(hash));
        let wants_folio = !self.folios.contains_key(&key);
        let known: Vec<Arc<Market>> = self.markets.iter().map(|(_, market)| market).collect();
        let ticket = call.ticket()?;
        let (raw_folio, raw_market, reference) = self
            .store
            .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
                let folio = match wants_folio {
                    true => Some(
                        RawFolio::read(tx, user, portfolio, Some(seq))
                            .await?
                            .ok_or_else(|| portfolio_not_found(portfolio))?,
                    ),
                    false => None,
                };
                let market = match &wanted_pack {
                    Some(hash) => Some(RawMarket::read(tx, hash, &known).await?),
                    None => None,
                };
                Ok((folio, market, Reference::load(tx).await?))
            })
            .await?;
        let reference = Arc::new(reference);
        self.reference.insert((), Arc::clone(&reference));
        let folio = match raw_folio {
            Some(raw) => {
                let folio = Arc::new(raw.replayed(Some(commit))?);
                self.folios.insert(key, Arc::clone(&folio));
                folio
            }
            None => self
                .folios
                .get(&key)
                .ok_or_else(|| crate::failure::internal("books were dropped while they were used", ""))?,
        };
        let market = match (raw_market, pack) {
            (Some(raw), Some(hash)) => Some(self.keep_market(hash, raw)?),
            (None, Some(hash)) => Some(
                self.markets
                    .get(&hash)
                    .ok_or_else(|| crate::failure::internal("prices were dropped while they were used", ""))?,
            ),
            (_, None) => None,
        };
        Ok((folio, market, reference))
    }

    /// The prices of a call's pack alone.
    pub(crate) async fn market(&self, call: &mut Call) -> Result<Arc<Market>, Failure> {
        let pack = call.context.pack.as_ref().ok_or_else(no_pack)?;
        if let Some(market) = self.markets.get(&hash_of(&pack.hash)?) {
            return Ok(market);
        }
        Ok(self.market_and(call, async |_| -> Result<(), StepError> { Ok(()) }).await?.0)
    }

    /// The prices of a call's pack, and what `work` reads in the same transaction.
    pub(crate) async fn market_and<T, F>(&self, call: &mut Call, work: F) -> Result<(Arc<Market>, T), Failure>
    where
        F: AsyncFnOnce(&mut UserTransaction) -> Result<T, StepError>,
    {
        let pack = call.context.pack.as_ref().ok_or_else(no_pack)?;
        let (hash, user) = (hash_of(&pack.hash)?, call.context.user_id);
        let _flight = match self.markets.contains_key(&hash) {
            true => None,
            false => Some(self.flights.enter(format!("pack {}", hex::encode(hash))).await),
        };
        let found = self.markets.get(&hash);
        let known: Vec<Arc<Market>> = self.markets.iter().map(|(_, market)| market).collect();
        let ticket = call.ticket()?;
        let (raw, read) = self
            .store
            .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
                let raw = match found.is_none() {
                    true => Some(RawMarket::read(tx, &hash, &known).await?),
                    false => None,
                };
                Ok((raw, work(tx).await?))
            })
            .await?;
        let market = match (raw, found) {
            (Some(raw), _) => self.keep_market(hash, raw)?,
            (None, Some(market)) => market,
            (None, None) => return Err(crate::failure::internal("prices were neither kept nor read", "")),
        };
        Ok((market, read))
    }

    /// Builds and keeps a history; its contents are re-hashed in the background.
    pub(crate) fn keep_market(&self, hash: Hash, raw: RawMarket) -> Result<Arc<Market>, Failure> {
        if self.forged.contains_key(&hash) {
            return Err(Failure::new("pricing_pack_failed", "the pricing pack fails its verification"));
        }
        let (market, unverified) = raw.built()?;
        let market = Arc::new(market);
        self.markets.insert(hash, Arc::clone(&market));
        let (markets, forged) = (self.markets.clone(), self.forged.clone());
        tokio::task::spawn_blocking(move || {
            if let Some(error) = first_forged(&unverified) {
                tracing::error!(error, "a pricing pack does not hold what its hash says");
                forged.insert(hash, ());
                markets.invalidate(&hash);
            }
        });
        Ok(market)
    }
}
