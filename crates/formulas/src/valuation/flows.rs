//! What each movement of money means for the return: capital from outside, a conversion, income, a cost, or nothing but
//! a change of form.
//!
//! A tax taken from a trade is a cost of trading; one taken from income is less income.

use ledger::{FlowKind, Timeline, timeline::TimelineFlow};

/// The meaning of a movement for the return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowClass {
    /// Across the boundary of the portfolio.
    External,
    /// One side of a conversion between currencies.
    Conversion,
    /// Against a security, or between accounts.
    Trade,
    /// Income before tax.
    Income,
    /// Tax on income, or of its own.
    IncomeTax,
    /// Fees.
    Fee,
    /// Tax on trading.
    TransactionTax,
}

/// All flows with their meaning, by date.
pub(crate) fn classified_flows(timeline: &Timeline) -> impl Iterator<Item = (&TimelineFlow, FlowClass)> {
    timeline.flows.iter().enumerate().map(|(at, flow)| {
        let class = match flow.kind {
            FlowKind::External => FlowClass::External,
            FlowKind::Fx => FlowClass::Conversion,
            FlowKind::Trade => FlowClass::Trade,
            FlowKind::Income => FlowClass::Income,
            FlowKind::Fee => FlowClass::Fee,
            FlowKind::Tax if follows_a_trade(&timeline.flows[..at], flow) => FlowClass::TransactionTax,
            FlowKind::Tax => FlowClass::IncomeTax,
        };
        (flow, class)
    })
}

/// Whether the movement before a tax, leaving out fees, is the trade or conversion from which it was taken: the ledger
/// lists the movements of one transaction together, the costs last.
fn follows_a_trade(before: &[TimelineFlow], tax: &TimelineFlow) -> bool {
    let main = before.iter().rev().find(|flow| flow.kind != FlowKind::Fee);
    main.is_some_and(|flow| {
        flow.date == tax.date
            && flow.security_id == tax.security_id
            && matches!(flow.kind, FlowKind::Trade | FlowKind::Fx)
    })
}
