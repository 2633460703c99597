//! Builds the packs of a range of days: load observations, build each day's content, chain, seal.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, Datelike, Days, Utc};
use dates::{Date, TradingCalendar};
use money::Currency;
use pricing::{Built, DayContent, DayRequest, Expected, Missing, Observations, Pack, build_day};
use serde_json::{Value, json};
use store::queries::observations;
use store::queries::packs::{self, NewBuild, PackPolicy};
use store::queries::securities::{self, Security};
use store::{LeaseTicket, Store, StoreError, WorkerTransaction};
use uuid::Uuid;

use super::{PackError, gate};
use crate::books::symbol_of;
use crate::reference::Reference;

/// Longest time that a build may take.
const BUILD_TIMEOUT: Duration = Duration::from_secs(600);
/// Days of observations before the range that are read: enough to carry over any run of holidays.
const LOOK_BACK_DAYS: u64 = 40;
/// A security that nobody quoted for longer than this is no longer expected.
const EXPECTED_DAYS: i64 = 30;

/// What was built.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildReport {
    /// New packs.
    pub packs: usize,
    /// First new day.
    pub from: Option<Date>,
    /// Display id of the newest pack.
    pub head: Option<String>,
    /// Holes of the newest day.
    pub missing: Vec<Missing>,
    /// Holes of all new days.
    pub holes: usize,
}

/// Builds the packs of the days in [`from`, `to`] that come after the newest pack; days that have one are left alone.
pub async fn build_range(store: &Store, policy: &str, from: Date, to: Date) -> Result<BuildReport, PackError> {
    if to < from {
        return Err(PackError::EmptyRange { from, to });
    }
    let ticket = || LeaseTicket::platform(Uuid::nil(), BUILD_TIMEOUT);
    let build_id = Uuid::now_v7();
    let started = store
        .try_as_worker(ticket(), None, async |tx| -> Result<_, PackError> {
            let found = packs::policy(tx, policy).await?.ok_or_else(|| PackError::UnknownPolicy(policy.to_owned()))?;
            let head = packs::latest(tx, policy, None).await?.map(|info| info.pack);
            if head.as_ref().is_some_and(|head| to <= head.date) {
                return Ok((found, head, false));
            }
            let abandoned = Utc::now() - chrono::Duration::hours(1);
            packs::fail_abandoned(tx, abandoned, &json!({ "code": "abandoned", "detail": "the build never ended" }))
                .await?;
            let new = NewBuild {
                id: build_id,
                policy_id: policy.to_owned(),
                date: to,
                revision: 0,
                step: Some("observations".to_owned()),
                requested_by: None,
                estimated_ready_at: None,
            };
            packs::start_build(tx, &new).await.map_err(|error| match error {
                StoreError::AlreadyExists { .. } => PackError::AlreadyRunning(to),
                error => error.into(),
            })?;
            Ok((found, head, true))
        })
        .await?;
    let (policy, head, is_new) = started;
    if !is_new {
        return Ok(BuildReport {
            packs: 0,
            from: None,
            head: head.map(|head| head.display_id),
            missing: Vec::new(),
            holes: 0,
        });
    }
    let built = store.try_as_worker(ticket(), None, async |tx| seal(tx, &policy, head, from, to, build_id).await).await;
    if let Err(error) = &built {
        let why = json!({ "code": "pricing_pack_failed", "detail": error.to_string() });
        store
            .try_as_worker(ticket(), None, async |tx| -> Result<(), PackError> {
                Ok(packs::fail_build(tx, build_id, &why).await?)
            })
            .await?;
    }
    built
}

async fn seal(
    tx: &mut WorkerTransaction,
    policy: &PackPolicy,
    head: Option<Pack>,
    from: Date,
    to: Date,
    build_id: Uuid,
) -> Result<BuildReport, PackError> {
    observations::lock_seal(tx).await?;
    // Read after the lock: nothing known earlier can appear any more. Microseconds are what is stored and hashed.
    let now = Utc::now();
    let known_at = DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
    let start = head.as_ref().map_or(from, |head| from.max(head.date.succ_opt().unwrap_or(head.date)));
    let since = start.checked_sub_days(Days::new(LOOK_BACK_DAYS)).unwrap_or(start);
    let prices = observations::prices(tx, since, to, known_at, None).await?;
    let rates = observations::rates(tx, since, to, known_at).await?;
    if prices.is_empty() && rates.is_empty() {
        return Err(PackError::NoObservations(to));
    }
    let known: HashMap<Uuid, Security> =
        securities::all_visible(tx).await?.into_iter().map(|security| (security.id, security)).collect();
    gate::check(&prices, &rates, |id| known.get(&id).map_or_else(|| id.to_string(), symbol_of))?;
    let reference = Reference::load(tx).await?;
    let quoted: BTreeSet<Uuid> = prices.iter().map(|price| price.security_id).collect();
    let pairs: BTreeSet<(Currency, Currency)> = rates.iter().map(|rate| (rate.base, rate.quote)).collect();
    let plan = Plan {
        expected: quoted
            .iter()
            .map(|id| (*id, known.get(id).map_or(reference.fixings(), |s| reference.calendar_of(s))))
            .collect(),
        pairs: pairs.into_iter().collect(),
        sources: [policy.price_sources.as_slice(), policy.fx_sources.as_slice()].concat(),
        policy,
        fixings: reference.fixings(),
        known: &known,
    };
    let (packs, contents, last) = plan.chain(&Observations::new(prices, rates), head.as_ref(), start, to, known_at)?;
    let missing = plan.expected_missing(&last);
    plan.check_coverage(&last, &missing)?;
    packs::insert_chain(tx, &packs, &contents).await?;
    let Some(newest) = packs.last() else { return Err(PackError::NoObservations(to)) };
    let coverage = pricing::coverage(&last);
    let coverage = json!({
        "prices": { "usable": coverage.prices_usable, "carried": coverage.prices_carried, "missing": missing.iter().filter(|m| m.code() == "missing_price").count() },
        "rates": { "usable": coverage.rates_usable, "carried": coverage.rates_carried, "missing": missing.iter().filter(|m| m.code() == "missing_fx").count() },
    });
    let absent: Vec<Value> =
        missing.iter().map(|hole| json!({ "code": hole.code(), "why": plan.described(hole) })).collect();
    packs::finish_build(tx, build_id, &newest.hash, &coverage, &absent.into()).await?;
    let expected: usize = contents.iter().map(|content| content.prices().len()).sum();
    let holes = plan.expected.len() * contents.len() - expected;
    Ok(BuildReport {
        packs: packs.len(),
        from: packs.first().map(|pack| pack.date),
        head: Some(newest.display_id.clone()),
        missing,
        holes,
    })
}

struct Plan<'a> {
    expected: Vec<(Uuid, &'a TradingCalendar)>,
    pairs: Vec<(Currency, Currency)>,
    sources: Vec<String>,
    policy: &'a PackPolicy,
    fixings: &'a TradingCalendar,
    known: &'a HashMap<Uuid, Security>,
}

impl Plan<'_> {
    fn chain(
        &self,
        observations: &Observations,
        head: Option<&Pack>,
        start: Date,
        to: Date,
        known_at: DateTime<Utc>,
    ) -> Result<(Vec<Pack>, Vec<DayContent>, Built), PackError> {
        let securities: Vec<Expected<'_>> = self
            .expected
            .iter()
            .map(|(security_id, calendar)| Expected { security_id: *security_id, calendar })
            .collect();
        let (mut packs, mut contents, mut last): (Vec<Pack>, Vec<DayContent>, Option<Built>) =
            (Vec::new(), Vec::new(), None);
        let is_wanted = |date: &Date| {
            self.policy.calendar_rule != "weekdays" || date.weekday().num_days_from_monday() < 5 || *date == to
        };
        for date in start.iter_days().take_while(|date| *date <= to).filter(is_wanted) {
            let request = DayRequest {
                date,
                known_at,
                securities: &securities,
                pairs: &self.pairs,
                rates_calendar: self.fixings,
                sources: &self.sources,
                carry_sessions_max: self.policy.carry_days_max,
            };
            let built = build_day(observations, &request)?;
            let parent = packs.last().or(head);
            packs.push(Pack::chained(parent, &built.content, &self.policy.id, 0, known_at, None)?);
            contents.push(built.content.clone());
            last = Some(built);
        }
        let last = last.ok_or(PackError::NoObservations(to))?;
        Ok((packs, contents, last))
    }

    /// Holes of a day in what is still quoted: neither not yet quoted, nor no longer.
    fn expected_missing(&self, built: &Built) -> Vec<Missing> {
        let date = built.content.date();
        let is_recent = |last: Option<Date>| last.is_some_and(|last| (date - last).num_days() <= EXPECTED_DAYS);
        let is_active = |id: &Uuid| {
            self.known.get(id).is_none_or(|security| security.fields.active_to.is_none_or(|end| date <= end))
        };
        let holes = built.missing.iter().filter(|hole| match hole {
            Missing::Price { security_id, last_quoted_on, .. } => is_recent(*last_quoted_on) && is_active(security_id),
            Missing::Rate { last_quoted_on, .. } => is_recent(*last_quoted_on),
        });
        holes.cloned().collect()
    }

    fn check_coverage(&self, built: &Built, missing: &[Missing]) -> Result<(), PackError> {
        let lacking = |code: &str| missing.iter().filter(|hole| hole.code() == code).count();
        let share = |usable: usize, lacking: usize| {
            if usable + lacking == 0 { 1.0 } else { usable as f64 / (usable + lacking) as f64 }
        };
        let prices = share(built.content.prices().len(), lacking("missing_price"));
        let rates = share(built.content.rates().len(), lacking("missing_fx"));
        if self.policy.coverage_min_prices <= prices && self.policy.coverage_min_fx <= rates {
            return Ok(());
        }
        let named: Vec<String> = missing.iter().take(20).map(|hole| self.described(hole)).collect();
        Err(PackError::Incomplete {
            date: built.content.date(),
            prices: prices * 100.0,
            rates: rates * 100.0,
            missing: named.join("; "),
        })
    }

    fn described(&self, hole: &Missing) -> String {
        match hole {
            Missing::Price { security_id, date, last_quoted_on } => {
                let symbol = self.known.get(security_id).map_or_else(|| security_id.to_string(), symbol_of);
                let last = last_quoted_on.map(|last| format!(", last quoted on {last}")).unwrap_or_default();
                format!("missing_price: {symbol} on {date}{last}")
            }
            rate => rate.to_string(),
        }
    }
}
