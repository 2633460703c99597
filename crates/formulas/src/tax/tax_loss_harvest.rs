//! Tax-loss harvesting: which losses are worth taking now.
//!
//!   loss of a lot = basis − value, taken where it is at least the threshold · basis
//!   tax value = loss · the rate of its term; candidates by tax value, highest first
//!
//! Blocked where units that are not sold were bought within 30 days before, or are to be bought within 30 days after:
//! the sale would wash. Ignored where no lot has such a loss. The saving is deferred, not permanent: the replacement
//! starts with a lower basis.
//!
//! IRC 1091, 1211, 1212; IRS Publication 550.

use crate::lots::{SimpleLot, add, holding_period, mul, total};
use crate::{Date, Undefined};
use ledger::Term;
use money::Decimal;

/// A holding to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestPosition {
    /// Its name.
    pub id: String,
    /// Its lots; those dated later are purchases to come.
    pub lots: Vec<SimpleLot>,
    /// Price of a unit.
    pub price: Decimal,
}

/// Tax per 1 of gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HarvestRates {
    /// Short-term.
    pub short: Decimal,
    /// Long-term.
    pub long: Decimal,
}

/// A loss worth taking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestCandidate {
    /// The position.
    pub id: String,
    /// The loss, above zero.
    pub loss: Decimal,
    /// Term of its lots.
    pub term: Term,
    /// Tax saved now.
    pub tax_value: Decimal,
    /// Units to sell.
    pub quantity: Decimal,
}

/// Why a loss cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// Bought within 30 days before.
    RecentPurchase,
    /// To be bought within 30 days after.
    ScheduledPurchase,
}

impl Blocked {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Blocked::RecentPurchase => "recent_purchase",
            Blocked::ScheduledPurchase => "scheduled_purchase",
        }
    }
}

/// All positions, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Harvest {
    /// Worth taking, highest tax value first; a position with lots of both terms stands once for each.
    pub candidates: Vec<HarvestCandidate>,
    /// Would wash.
    pub blocked: Vec<(String, Blocked)>,
    /// No lot has a loss; or none that reaches the threshold (`true`).
    pub ignored: Vec<(String, bool)>,
}

/// Days before and after in which a purchase makes the sale a wash sale.
const WINDOW_DAYS: i64 = 30;

/// Looks at positions on a day; `threshold`: least loss as a fraction of the basis.
pub fn tax_loss_harvest(
    on: Date,
    threshold: Decimal,
    rates: HarvestRates,
    positions: &[HarvestPosition],
) -> Result<Harvest, Undefined> {
    let mut harvest = Harvest::default();
    for position in positions {
        let mut sold: Vec<(SimpleLot, Decimal)> = Vec::new();
        let mut kept: Vec<Date> = Vec::new();
        let mut has_loss = false;
        for lot in &position.lots {
            let loss = add(lot.basis, -mul(lot.quantity, position.price)?)?;
            has_loss |= loss > Decimal::ZERO && lot.acquired <= on;
            let is_sold = lot.acquired <= on && loss > Decimal::ZERO && loss >= mul(threshold, lot.basis)?;
            if is_sold {
                sold.push((*lot, loss));
            } else {
                kept.push(lot.acquired);
            }
        }
        let id = position.id.clone();
        if sold.is_empty() {
            harvest.ignored.push((id, has_loss));
            continue;
        }
        let days_after = |date: &Date| (*date - on).num_days();
        if kept.iter().any(|date| (-WINDOW_DAYS..=0).contains(&days_after(date))) {
            harvest.blocked.push((id, Blocked::RecentPurchase));
            continue;
        }
        if kept.iter().any(|date| (1..=WINDOW_DAYS).contains(&days_after(date))) {
            harvest.blocked.push((id, Blocked::ScheduledPurchase));
            continue;
        }
        for (term, rate) in [(Term::Short, rates.short), (Term::Long, rates.long)] {
            let of_term = || sold.iter().filter(|(lot, _)| holding_period(lot.acquired, on) == term);
            if of_term().next().is_none() {
                continue;
            }
            let loss = total(of_term().map(|(_, loss)| *loss))?;
            harvest.candidates.push(HarvestCandidate {
                id: id.clone(),
                loss,
                term,
                tax_value: mul(loss, rate)?,
                quantity: total(of_term().map(|(lot, _)| lot.quantity))?,
            });
        }
    }
    // Stable: ties keep the order of the positions.
    harvest.candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.tax_value));
    Ok(harvest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_blocked_and_ignored() {
        let on: Date = "2022-12-01".parse().unwrap();
        let lot = |date: &str, quantity: i64, basis: i64| SimpleLot {
            acquired: date.parse().unwrap(),
            quantity: quantity.into(),
            basis: basis.into(),
        };
        let position =
            |id: &str, price: i64, lots: Vec<SimpleLot>| HarvestPosition { id: id.into(), lots, price: price.into() };
        let rates = HarvestRates { short: "0.4".parse().unwrap(), long: "0.2".parse().unwrap() };
        let harvest = tax_loss_harvest(
            on,
            "0.1".parse().unwrap(),
            rates,
            &[
                position("long", 8, vec![lot("2020-01-02", 100, 1000)]),
                position("short", 8, vec![lot("2022-06-02", 90, 900)]),
                position("gain", 12, vec![lot("2022-06-02", 100, 1000)]),
                position("small", 95, vec![lot("2022-06-02", 10, 1000)]),
                position("recent", 8, vec![lot("2020-01-02", 100, 1000), lot("2022-11-20", 10, 80)]),
                position("all sold", 8, vec![lot("2022-11-20", 10, 100)]),
                position("planned", 8, vec![lot("2020-01-02", 100, 1000), lot("2022-12-20", 10, 80)]),
            ],
        )
        .unwrap();
        let candidates: Vec<_> = harvest.candidates.iter().map(|c| (c.id.as_str(), c.loss, c.term)).collect();
        assert_eq!(
            candidates,
            [
                ("short", 180.into(), Term::Short),
                ("long", 200.into(), Term::Long),
                ("all sold", 20.into(), Term::Short)
            ]
        );
        assert_eq!(
            harvest.blocked,
            [("recent".to_owned(), Blocked::RecentPurchase), ("planned".to_owned(), Blocked::ScheduledPurchase)]
        );
        assert_eq!(harvest.ignored, [("gain".to_owned(), false), ("small".to_owned(), true)]);
    }
}
