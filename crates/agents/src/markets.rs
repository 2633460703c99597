//! Market histories by pack: loaded once, shared by all requests, extended when a chain grows or is restated.
//!
//! Invariant: the chain of hashes is verified before a history is used; the contents that were read are re-hashed in the
//! background, and a pack whose content does not match is refused from then on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use capability::{Failure, Source};
use pricing::{DayContent, Hash, MarketHistory, Pack, SecurityId, verify_chain, verify_content};
use store::queries::packs;
use store::{ScopedTransaction, StoreError};

use crate::failure::internal;

/// A history with the chain that it was built from.
#[derive(Debug, Clone)]
pub struct Market {
    /// Prices and rates.
    pub history: MarketHistory,
    /// The chain, oldest first.
    pub packs: Arc<Vec<Pack>>,
    /// Where the newest price of each security comes from.
    pub price_sources: BTreeMap<SecurityId, String>,
    /// Where rates come from.
    pub rate_sources: BTreeSet<String>,
}

/// What is read of a chain in one transaction.
#[derive(Debug)]
pub struct RawMarket {
    base: Option<Arc<Market>>,
    packs: Vec<Pack>,
    /// Contents of the last packs, those that `base` does not share.
    tail: Vec<DayContent>,
}

impl RawMarket {
    /// Reads the chain of a pack; contents only from where it leaves the best of `known` histories.
    pub async fn read(tx: &mut ScopedTransaction, head: &Hash, known: &[Arc<Market>]) -> Result<RawMarket, StoreError> {
        let packs = packs::chain_packs(tx, head, None).await?;
        let shared =
            |market: &Arc<Market>| market.packs.iter().zip(&packs).take_while(|(a, b)| a.hash == b.hash).count();
        let best = known.iter().map(|market| (shared(market), market)).max_by_key(|(count, _)| *count);
        let (kept, base) = match best {
            Some((kept, market)) if 0 < kept && kept < packs.len() => (kept, Some(Arc::clone(market))),
            _ => (0, None),
        };
        let tail = packs::contents_of(tx, &packs[kept..]).await?;
        Ok(RawMarket { base, packs, tail })
    }

    /// Verifies the chain and builds the history. Gives what is still to be verified in the background as well.
    pub fn built(self) -> Result<(Market, Vec<(Pack, DayContent)>), Failure> {
        let RawMarket { base, packs, tail } = self;
        let unusable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a pricing pack cannot be used");
            Failure::new("pricing_pack_failed", "the pricing pack fails its verification")
        };
        if packs.is_empty() {
            return Err(Failure::new("pricing_pack_not_found", "there is no such pricing pack"));
        }
        verify_chain(&packs).map_err(|error| unusable(&error))?;
        let new = packs.len() - tail.len();
        let days = packs[new..].iter().zip(&tail);
        let history = match &base {
            Some(base) => base.history.restated(days),
            None => MarketHistory::build(days),
        }
        .map_err(|error| unusable(&error))?;
        let (mut price_sources, mut rate_sources) =
            base.map_or_else(Default::default, |base| (base.price_sources.clone(), base.rate_sources.clone()));
        for content in &tail {
            for row in content.prices() {
                if price_sources.get(&row.security_id) != Some(&row.source) {
                    price_sources.insert(row.security_id, row.source.clone());
                }
            }
        }
        for row in tail.last().map_or(&[][..], |content| content.rates()) {
            rate_sources.insert(row.source.clone());
        }
        let unverified = packs[new..].iter().cloned().zip(tail).collect();
        Ok((Market { history, packs: Arc::new(packs), price_sources, rate_sources }, unverified))
    }
}

/// Re-hashes contents; the first that does not match its pack.
pub fn first_forged(days: &[(Pack, DayContent)]) -> Option<String> {
    days.iter().find_map(|(pack, content)| verify_content(pack, content).err().map(|error| error.to_string()))
}

impl Market {
    /// Sources of the prices of some securities and of the rates.
    pub fn sources<'a>(&self, securities: impl IntoIterator<Item = &'a SecurityId>, rates: bool) -> Vec<Source> {
        let of_prices =
            securities.into_iter().filter_map(|id| self.price_sources.get(id)).map(|provider| (provider, "prices"));
        let of_rates = self.rate_sources.iter().filter(|_| rates).map(|provider| (provider, "fx"));
        let named: BTreeSet<_> = of_prices.chain(of_rates).collect();
        let source = |(provider, dataset): (&String, &str)| Source {
            provider: provider.clone(),
            dataset: dataset.to_owned(),
            retrieved_at: None,
            rights: provider.clone(),
        };
        named.into_iter().map(source).collect()
    }

    /// Memory in bytes.
    pub fn weight(&self) -> usize {
        self.history.bytes() + self.packs.len() * 300
    }
}

/// Reads 64 hex digits.
pub fn hash_of(text: &str) -> Result<Hash, Failure> {
    let bytes = hex::decode(text).map_err(|error| internal("a hash of the context cannot be read", error))?;
    bytes.try_into().map_err(|_| internal("a hash of the context cannot be read", "wrong length"))
}
