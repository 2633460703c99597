//! The daily values from which returns are measured, and what had to be left out of them (`capabilities.md` §1.4, rule 3).
//!
//! A security that lacks a usable price on some day is taken out of the measured portfolio as a whole: money into and
//! out of it becomes an external flow. What remains must cover 95 % of the value by last known price, else there is no
//! statistic at all. A currency without a rate cannot be taken out, because cash is held in it.

use std::collections::BTreeSet;

use formulas::valuation::{DailyValuation, HoleKind, daily_valuation};
use ledger::{FlowKind, Timeline};
use money::float::to_f64;
use pricing::MarketHistory;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::Folio;
use crate::values::{Absence, Maybe};
use dates::Date;

/// Share of the value that statistics must cover (setting `analytics.min_coverage`).
pub const COVERAGE_MIN: f64 = 0.95;

/// Daily values of the measurable part of a portfolio, from its first funding to a day.
#[derive(Debug)]
pub struct Measured {
    /// The book along time, without what is excluded.
    pub timeline: Timeline,
    /// Values and flows of each pack date.
    pub valuation: DailyValuation,
    /// Share of the value that is measured.
    pub coverage: f64,
    /// Securities that are left out.
    pub excluded: Vec<Uuid>,
    /// First day with a value.
    pub first: Date,
}

/// Measures a portfolio up to `as_of`.
pub fn measure(folio: &Folio, history: &MarketHistory, as_of: Date) -> Maybe<Measured> {
    let nothing =
        || Absence::new("insufficient_data", "nothing was in the portfolio yet", json!({ "needed": 1, "found": 0 }));
    let first_event =
        folio.timeline.span.map(|(first, _)| first).filter(|first| *first <= as_of).ok_or_else(nothing)?;
    let valued =
        |timeline: &Timeline| daily_valuation(timeline, history, &folio.manual, first_event, as_of, folio.base());
    let whole = valued(&folio.timeline)?;
    let (mut timeline, mut valuation) = (folio.timeline.clone(), whole);
    let mut excluded = BTreeSet::new();
    // Once is enough: taking securities out makes no new holes.
    if !valuation.missing.is_empty() {
        for hole in &valuation.missing {
            match hole.kind {
                HoleKind::Price(security) => excluded.insert(security),
                HoleKind::Rate(currency) => {
                    let subject = json!({ "currency": currency.code(), "date": hole.date });
                    return Err(Absence::new("missing_fx", format!("{currency} on {}", hole.date), subject));
                }
            };
        }
        timeline = without(timeline, &excluded);
        valuation = valued(&timeline)?;
    }
    let coverage = coverage(folio, history, &valuation, &excluded, as_of);
    if coverage < COVERAGE_MIN {
        let names: Vec<Value> = excluded.iter().map(|id| folio.symbol(*id).into()).collect();
        let subject = json!({ "coverage": coverage, "needed": COVERAGE_MIN, "excluded": names });
        let why =
            format!("prices cover {:.1} % of the value, {:.0} % are needed", coverage * 100.0, COVERAGE_MIN * 100.0);
        return Err(Absence::new("insufficient_coverage", why, subject));
    }
    let first = valuation.dates[0];
    Ok(Measured { timeline, valuation, coverage, excluded: excluded.into_iter().collect(), first })
}

/// The book along time as if some securities were outside of the portfolio.
fn without(mut timeline: Timeline, excluded: &BTreeSet<Uuid>) -> Timeline {
    timeline.holdings.retain(|security, _| !excluded.contains(security));
    for flow in &mut timeline.flows {
        let of_excluded = flow.security_id.is_some_and(|security| excluded.contains(&security));
        if of_excluded && matches!(flow.kind, FlowKind::Trade | FlowKind::Income) {
            flow.kind = FlowKind::External;
        }
    }
    timeline
}

/// Measured value over the whole, the excluded part by its last known price, else by its cost.
fn coverage(
    folio: &Folio,
    history: &MarketHistory,
    valuation: &DailyValuation,
    excluded: &BTreeSet<Uuid>,
    as_of: Date,
) -> f64 {
    if excluded.is_empty() {
        return 1.0;
    }
    let Some(at) = history.index_on_or_before(as_of) else { return 0.0 };
    let positions = folio.book.positions_as_of(as_of);
    let mut unmeasured = 0.0;
    for ((_, security), position) in positions.iter().filter(|((_, security), _)| excluded.contains(security)) {
        let last = (0..=at).rev().find_map(|index| history.price_at(*security, index));
        let by_price = last.and_then(|quote| {
            let rate = history.fx_at(quote.currency, folio.base(), at)?;
            Some(to_f64(position.quantity) * to_f64(quote.amount) * to_f64(rate.rate))
        });
        unmeasured += by_price.unwrap_or_else(|| to_f64(position.cost_basis_base));
    }
    let measured = valuation.nav.last().copied().unwrap_or(0.0);
    if unmeasured == 0.0 {
        return 1.0;
    }
    measured.max(0.0) / (measured.max(0.0) + unmeasured.abs())
}
