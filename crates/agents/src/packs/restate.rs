//! Restates a day: a new content of the day and of the days that carried it forward, a new pack for every later day.
//!
//! The corrections are kept as observations too, so that a later build finds them. Contents of days that do not change
//! are shared; the old packs stay and name their successors.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Days, Utc};
use dates::Date;
use money::{Currency, Decimal};
use pricing::{
    DayContent, DisplayId, Pack, PriceObservation, PriceRow, PriceState, RateObservation, RateRow, pack_hash,
};
use serde_json::json;
use store::queries::observations::{self, SessionPrice};
use store::queries::packs::{self, NewBuild, Restatement};
use store::queries::securities::{self, Security};
use store::{LeaseTicket, Store, WorkerTransaction};
use uuid::Uuid;

use super::{PackError, gate};
use crate::books::symbol_of;
use crate::reference::Reference;

const RESTATE_TIMEOUT: Duration = Duration::from_secs(600);
/// Days after the restated one to which its values can have been carried: five sessions over any run of holidays.
const CARRIED_DAYS: u64 = 40;
/// Source of a value that nobody had reported before.
const BY_HAND: &str = "manual";

/// A corrected price.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceChange {
    /// The security.
    pub security_id: Uuid,
    /// The right price of one unit.
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
}

/// A corrected rate: 1 `base` = `rate` `quote`.
#[derive(Debug, Clone, PartialEq)]
pub struct RateChange {
    /// Currency of which one unit is priced.
    pub base: Currency,
    /// Currency in which it is priced.
    pub quote: Currency,
    /// The right rate.
    pub rate: Decimal,
}

/// What is corrected on a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Prices.
    pub prices: Vec<PriceChange>,
    /// Rates.
    pub rates: Vec<RateChange>,
}

/// A pack that takes another's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestatedPack {
    /// Display id of the superseded pack.
    pub old: String,
    /// Display id of the new one.
    pub new: String,
    /// Whether its own content differs.
    pub content_changed: bool,
}

/// What a restatement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestatementReport {
    /// Packs by day, the restated one first.
    pub packs: Vec<RestatedPack>,
    /// Prices of the day that differ.
    pub changed_prices: u32,
    /// Rates of the day that differ.
    pub changed_rates: u32,
}

impl Changes {
    /// Whether nothing is corrected.
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.rates.is_empty()
    }
}

/// Restates a day under a lease of its own.
pub async fn restate(
    store: &Store,
    policy: &str,
    date: Date,
    changes: &Changes,
    reason: &str,
) -> Result<RestatementReport, PackError> {
    let ticket = LeaseTicket::platform(Uuid::nil(), RESTATE_TIMEOUT);
    restate_with(store, ticket, policy, date, changes, reason, false).await
}

/// Restates a day under the lease of a step; a dry run writes nothing.
pub async fn restate_with(
    store: &Store,
    ticket: LeaseTicket,
    policy: &str,
    date: Date,
    changes: &Changes,
    reason: &str,
    dry_run: bool,
) -> Result<RestatementReport, PackError> {
    store
        .try_as_worker(ticket, None, async |tx| -> Result<_, PackError> {
            if !dry_run {
                observations::lock_seal(tx).await?;
            }
            let head = packs::latest(tx, policy, None).await?.ok_or(PackError::NoPack(date))?;
            let old = packs::chain_packs(tx, &head.pack.hash, Some(date)).await?;
            if old.first().is_none_or(|first| first.date != date) {
                return Err(PackError::NoPack(date));
            }
            let until = date.checked_add_days(Days::new(CARRIED_DAYS)).unwrap_or(date);
            let near = old.partition_point(|pack| pack.date <= until);
            let contents = packs::contents_of(tx, &old[..near]).await?;
            let carry_max =
                packs::policy(tx, policy).await?.map_or(pricing::CARRY_SESSIONS_MAX, |policy| policy.carry_days_max);
            let ids: Vec<Uuid> = changes.prices.iter().map(|change| change.security_id).collect();
            let known: HashMap<Uuid, Security> =
                securities::by_ids(tx, &ids).await?.into_iter().map(|s| (s.id, s)).collect();
            let correction =
                Correction { date, changes, carry_max, known: &known, reference: &Reference::load(tx).await? };
            correction.check(&contents[0])?;
            let corrected = correction.contents(&contents)?;
            let now = Utc::now();
            let known_at = DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
            let new = successors(&old, &corrected, known_at, reason);
            let report = report(&old, &new, &contents[0], &corrected[0]);
            if report.packs.iter().all(|pack| !pack.content_changed) {
                return Err(PackError::NothingChanges(date));
            }
            if !dry_run {
                write(tx, &correction, &contents[0], &new, corrected, &report, reason, known_at).await?;
            }
            Ok(report)
        })
        .await
}

struct Correction<'a> {
    date: Date,
    changes: &'a Changes,
    carry_max: u32,
    known: &'a HashMap<Uuid, Security>,
    reference: &'a Reference,
}

impl Correction<'_> {
    /// Refuses values that cannot be right, and securities that nobody knows.
    fn check(&self, content: &DayContent) -> Result<(), PackError> {
        for change in &self.changes.prices {
            let before = content
                .prices()
                .iter()
                .find(|row| row.security_id == change.security_id && row.currency == change.currency);
            let before = before.map_or(change.price, |row| row.close);
            if !gate::is_believable(before, change.price) {
                let name =
                    self.known.get(&change.security_id).map_or_else(|| change.security_id.to_string(), symbol_of);
                return Err(PackError::Jump {
                    subject: format!("the price of {name}"),
                    date: self.date,
                    value: change.price,
                    before,
                });
            }
            if !self.known.contains_key(&change.security_id) {
                return Err(PackError::Store(store::StoreError::NotFound("security")));
            }
        }
        for change in &self.changes.rates {
            let before = content.rates().iter().find(|row| (row.base, row.quote) == (change.base, change.quote));
            let before = before.map_or(change.rate, |row| row.rate);
            if !gate::is_believable(before, change.rate) {
                let subject = format!("the rate {}/{}", change.base, change.quote);
                return Err(PackError::Jump { subject, date: self.date, value: change.rate, before });
            }
        }
        Ok(())
    }

    /// The contents of the day and of the days that may have carried it.
    fn contents(&self, contents: &[DayContent]) -> Result<Vec<DayContent>, PackError> {
        contents.iter().map(|content| self.corrected(content)).collect()
    }

    fn corrected(&self, content: &DayContent) -> Result<DayContent, PackError> {
        let day = content.date();
        let state = if day == self.date { PriceState::Traded } else { PriceState::Carried };
        let mut prices = content.prices().to_vec();
        for change in &self.changes.prices {
            let calendar =
                self.known.get(&change.security_id).map_or(self.reference.fixings(), |s| self.reference.calendar_of(s));
            let reaches = calendar.sessions_between(self.date, day) <= self.carry_max;
            let at = prices.iter().position(|row| row.security_id == change.security_id);
            let row = |source: String| PriceRow {
                security_id: change.security_id,
                close: change.price,
                currency: change.currency,
                state,
                quoted_on: self.date,
                source,
            };
            match at {
                Some(at) if prices[at].quoted_on <= self.date && reaches => prices[at] = row(prices[at].source.clone()),
                None if reaches => prices.push(row(BY_HAND.to_owned())),
                _ => {}
            }
        }
        let mut rates = content.rates().to_vec();
        for change in &self.changes.rates {
            let reaches = self.reference.fixings().sessions_between(self.date, day) <= self.carry_max;
            let at = rates.iter().position(|row| (row.base, row.quote) == (change.base, change.quote));
            let row = |source: String| RateRow {
                base: change.base,
                quote: change.quote,
                rate: change.rate,
                state,
                quoted_on: self.date,
                source,
            };
            match at {
                Some(at) if rates[at].quoted_on <= self.date && reaches => rates[at] = row(rates[at].source.clone()),
                None if reaches => rates.push(row(BY_HAND.to_owned())),
                _ => {}
            }
        }
        Ok(DayContent::new(day, prices, rates)?)
    }
}

/// A pack for each old one, chained anew.
fn successors(old: &[Pack], corrected: &[DayContent], known_at: DateTime<Utc>, reason: &str) -> Vec<Pack> {
    let mut parent_hash = old.first().and_then(|pack| pack.parent_hash);
    let mut new: Vec<Pack> = Vec::with_capacity(old.len());
    for (at, before) in old.iter().enumerate() {
        let content_hash = corrected.get(at).map_or(before.content_hash, DayContent::hash);
        let revision = before.revision + 1;
        let hash = pack_hash(parent_hash.as_ref(), &content_hash, &before.policy_id, known_at);
        new.push(Pack {
            hash,
            display_id: DisplayId { date: before.date, revision, policy_id: before.policy_id.clone() }.to_string(),
            policy_id: before.policy_id.clone(),
            date: before.date,
            revision,
            parent_hash,
            content_hash,
            known_at,
            reason: Some(reason.to_owned()),
        });
        parent_hash = Some(hash);
    }
    new
}

fn report(old: &[Pack], new: &[Pack], before: &DayContent, after: &DayContent) -> RestatementReport {
    let pack = |(old, new): (&Pack, &Pack)| RestatedPack {
        old: old.display_id.clone(),
        new: new.display_id.clone(),
        content_changed: old.content_hash != new.content_hash,
    };
    let count = |changed: usize| u32::try_from(changed).unwrap_or(u32::MAX);
    let prices = after.prices().iter().filter(|row| !before.prices().contains(row)).count();
    let rates = after.rates().iter().filter(|row| !before.rates().contains(row)).count();
    RestatementReport {
        packs: old.iter().zip(new).map(pack).collect(),
        changed_prices: count(prices),
        changed_rates: count(rates),
    }
}

#[allow(clippy::too_many_arguments)]
async fn write(
    tx: &mut WorkerTransaction,
    correction: &Correction<'_>,
    before: &DayContent,
    new: &[Pack],
    corrected: Vec<DayContent>,
    report: &RestatementReport,
    reason: &str,
    known_at: DateTime<Utc>,
) -> Result<(), PackError> {
    keep_observations(tx, correction, before, known_at).await?;
    let changed: Vec<DayContent> = corrected
        .into_iter()
        .zip(&report.packs)
        .filter(|(_, pack)| pack.content_changed)
        .map(|(content, _)| content)
        .collect();
    let Some(newest) = new.last() else { return Err(PackError::NoPack(correction.date)) };
    let build = NewBuild {
        id: Uuid::now_v7(),
        policy_id: newest.policy_id.clone(),
        date: newest.date,
        revision: newest.revision,
        step: Some("restatement".to_owned()),
        requested_by: None,
        estimated_ready_at: None,
    };
    packs::start_build(tx, &build).await?;
    let restatement = Restatement {
        reason: reason.to_owned(),
        changed_prices: report.changed_prices,
        changed_rates: report.changed_rates,
    };
    packs::supersede(tx, new, &changed, &restatement).await?;
    let coverage = json!({ "restated": { "prices": report.changed_prices, "rates": report.changed_rates } });
    packs::finish_build(tx, build.id, &newest.hash, &coverage, &json!([])).await?;
    Ok(())
}

/// Corrections as observations of the provider that they correct, known from now on.
async fn keep_observations(
    tx: &mut WorkerTransaction,
    correction: &Correction<'_>,
    before: &DayContent,
    known_at: DateTime<Utc>,
) -> Result<(), PackError> {
    let prices = correction.changes.prices.iter().map(|change| {
        let source = before
            .prices()
            .iter()
            .find(|row| row.security_id == change.security_id)
            .map_or(BY_HAND, |row| row.source.as_str());
        SessionPrice::from(PriceObservation {
            security_id: change.security_id,
            date: correction.date,
            close: change.price,
            currency: change.currency,
            source: source.to_owned(),
            known_at,
        })
    });
    let rates = correction.changes.rates.iter().map(|change| {
        let source = before
            .rates()
            .iter()
            .find(|row| (row.base, row.quote) == (change.base, change.quote))
            .map_or(BY_HAND, |row| row.source.as_str());
        RateObservation {
            base: change.base,
            quote: change.quote,
            date: correction.date,
            rate: change.rate,
            source: source.to_owned(),
            known_at,
        }
    });
    observations::insert_prices(tx, &prices.collect::<Vec<_>>()).await?;
    observations::insert_rates(tx, &rates.collect::<Vec<_>>()).await?;
    Ok(())
}
