//! The book laid out along time, in floats: what daily valuation walks through.
//!
//! Invariant: dates ascend in every list; quantities are those held at the end of a day, in units of that day (a split
//! shows as a change of quantity, as it does in prices as traded).

use std::collections::{BTreeMap, HashMap};

use dates::Date;
use money::Currency;
use money::float::to_f64;
use uuid::Uuid;

use crate::book::{Book, FlowKind};
use crate::lots::Lot;

/// Holdings, cash and flows by date, over all accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Base currency of the portfolio.
    pub base_currency: Currency,
    /// First and last day on which anything happened; none for an empty book.
    pub span: Option<(Date, Date)>,
    /// First day on which money or securities came in from outside.
    pub first_funding: Option<Date>,
    /// Per security: (day, units at its end), one element per day of change.
    pub holdings: BTreeMap<Uuid, Vec<(Date, f64)>>,
    /// Per currency: (day, change of cash on it), one element per day of change.
    pub cash_deltas: BTreeMap<Currency, Vec<(Date, f64)>>,
    /// Every movement of money, by date. The flows of one transaction stand together: its main flow or flows first
    /// (`fx`: sold, then bought), then its fee, then its tax.
    pub flows: Vec<TimelineFlow>,
}

/// A movement of money, as in [`crate::book::CashFlow`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimelineFlow {
    /// When.
    pub date: Date,
    /// Why.
    pub kind: FlowKind,
    /// On account of which security, if of one.
    pub security_id: Option<Uuid>,
    /// Signed: + into cash.
    pub amount: f64,
    /// Its currency.
    pub currency: Currency,
    /// In base currency at the rate of the transaction.
    pub base_amount: f64,
}

impl Timeline {
    /// Lays a book out along time. Cost O(n).
    pub fn of(book: &Book) -> Timeline {
        let flows: Vec<TimelineFlow> = book.cash_flows().map(timeline_flow).collect();
        let first_external = flows.iter().find(|flow| flow.kind == FlowKind::External).map(|flow| flow.date);
        let days = book.lot_events().map(|event| event.effective_on).chain(flows.iter().map(|flow| flow.date));
        let span = days.fold(None, |span: Option<(Date, Date)>, day| {
            Some(span.map_or((day, day), |(first, last)| (first.min(day), last.max(day))))
        });
        Timeline {
            base_currency: book.base_currency,
            span,
            first_funding: first_external,
            holdings: holdings(book),
            cash_deltas: cash_deltas(book),
            flows,
        }
    }

    /// The flows of one kind, by date.
    pub fn flows_of(&self, kind: FlowKind) -> impl Iterator<Item = &TimelineFlow> {
        self.flows.iter().filter(move |flow| flow.kind == kind)
    }

    /// Flows across the boundary of the portfolio, by date: deposits, withdrawals, transfers in kind at their value.
    pub fn external_flows(&self) -> impl Iterator<Item = &TimelineFlow> {
        self.flows_of(FlowKind::External)
    }
}

fn timeline_flow(flow: &crate::book::CashFlow) -> TimelineFlow {
    TimelineFlow {
        date: flow.effective_on,
        kind: flow.kind,
        security_id: flow.security_id,
        amount: to_f64(flow.amount),
        currency: flow.currency,
        base_amount: to_f64(flow.base_amount),
    }
}

fn holdings(book: &Book) -> BTreeMap<Uuid, Vec<(Date, f64)>> {
    let lots: HashMap<Uuid, &Lot> = book.lots().map(|lot| (lot.id, lot)).collect();
    // Sums stay decimal until the end of the day, so that what was sold out is exactly zero.
    let mut running: HashMap<Uuid, money::Decimal> = HashMap::new();
    let mut holdings: BTreeMap<Uuid, Vec<(Date, f64)>> = BTreeMap::new();
    for event in book.lot_events() {
        let security_id = lots[&event.lot_id].security_id;
        let units = running.entry(security_id).or_default();
        *units += event.quantity_delta;
        set_day(holdings.entry(security_id).or_default(), event.effective_on, to_f64(*units));
    }
    holdings
}

fn cash_deltas(book: &Book) -> BTreeMap<Currency, Vec<(Date, f64)>> {
    let mut today: BTreeMap<Currency, (Date, money::Decimal)> = BTreeMap::new();
    let mut deltas: BTreeMap<Currency, Vec<(Date, f64)>> = BTreeMap::new();
    for flow in book.cash_flows() {
        let (day, sum) = today.entry(flow.currency).or_insert((flow.effective_on, money::Decimal::ZERO));
        if *day != flow.effective_on {
            (*day, *sum) = (flow.effective_on, money::Decimal::ZERO);
        }
        *sum += flow.amount;
        set_day(deltas.entry(flow.currency).or_default(), flow.effective_on, to_f64(*sum));
    }
    deltas
}

/// The last value of a day stands.
fn set_day(series: &mut Vec<(Date, f64)>, day: Date, value: f64) {
    match series.last_mut() {
        Some(last) if last.0 == day => last.1 = value,
        _ => series.push((day, value)),
    }
}
