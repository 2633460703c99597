//! What a corporate action needs to be booked, and what it pays.
//!
//! Units received come from the ratio or the quantity; of a spin-off the cost that moves comes from a share, an amount or
//! the prices of the day; a merger that pays cash, or is taxed, needs the value of what is received.

use money::{Decimal, decimal_text};

use crate::draft::Draft;
use crate::draft_rules::{Amounts, half_minor_unit, too_large};
use crate::kind::Kind;
use crate::payload::Treatment;
use crate::problem::Problem;

/// Checks presence and sense of the fields that only corporate actions have.
pub(crate) fn check(draft: &Draft, problems: &mut Vec<Problem>) {
    let kind = draft.kind;
    let is_given = |value: Option<Decimal>| value.is_some_and(|value| !value.is_zero());
    let mut require = |is_there: bool, field: &str, why: &str, advice: &str| {
        if !is_there {
            problems.push(Problem::new("missing_field", field, format!("{kind} needs {why}")).with_try(advice));
        }
    };
    let has_units = draft.ratio.is_some() || is_given(draft.quantity);
    match kind {
        Kind::StockDividend => {
            require(has_units, "ratio", "a ratio or a quantity", "give received:held, or the units received");
        }
        Kind::SpinOff => {
            require(draft.counter_security_id.is_some(), "counter_security", "the security received", "name it");
            require(has_units, "ratio", "a ratio or a quantity", "give received:held, or the units received");
            let has_prices = is_given(draft.price) && draft.counter_price.is_some();
            let moves_cost = draft.cost_fraction.is_some() || draft.lot_cost.is_some() || has_prices;
            let advice =
                "give cost_fraction or lot_cost from the company's statement (Form 8937), or price and counter_price";
            require(moves_cost, "cost_fraction", "the cost that moves to the security received", advice);
        }
        Kind::Merger => {
            let treatment = draft.treatment.unwrap_or(Treatment::TaxFree);
            let Some(_) = draft.counter_security_id else {
                require(is_given(draft.gross_amount), "gross_amount", "the cash received, or a security", "give one");
                return;
            };
            require(has_units, "ratio", "a ratio or a quantity", "give new:old, or the units received");
            let is_valued =
                treatment == Treatment::Taxable || (is_given(draft.gross_amount) && treatment == Treatment::TaxFree);
            let advice = "give the market value of one unit received";
            require(
                !is_valued || draft.counter_price.is_some(),
                "counter_price",
                "the value of what is received",
                advice,
            );
            if treatment == Treatment::SymbolChange && is_given(draft.gross_amount) {
                let detail = "a change of name pays no cash".to_owned();
                problems.push(Problem::new("unexpected_field", "gross_amount", detail).with_try("leave it empty"));
            }
        }
        _ => {}
    }
    if draft.cost_fraction.is_some_and(|fraction| Decimal::ONE < fraction) {
        let detail = "a share of the cost is at most 1".to_owned();
        problems.push(Problem::new("out_of_bounds", "cost_fraction", detail).with_try("write 12.5 % as 0.125"));
    }
    if draft.counter_security_id.is_some() && draft.counter_security_id == draft.security_id {
        let detail = "a security cannot be exchanged for itself".to_owned();
        problems.push(Problem::new("same_security", "counter_security", detail));
    }
}

/// Amounts of a corporate action: cash for the units, and for the fraction that is not delivered.
pub(crate) fn amounts(draft: &Draft, costs: Decimal, problems: &mut Vec<Problem>) -> Option<Amounts> {
    let gross = draft.gross_amount.unwrap_or_default();
    let in_lieu = draft.cash_in_lieu.unwrap_or_default();
    let is_paid = draft.treatment == Some(Treatment::Exercise);
    let signed = if is_paid { -gross } else { gross };
    let Some(net) = signed.checked_add(in_lieu).and_then(|net| net.checked_sub(costs)) else {
        problems.push(too_large("net_amount"));
        return None;
    };
    let half_unit = half_minor_unit(draft.currency);
    if let Some(given) = draft.net_amount.filter(|given| half_unit < (given - net).abs()) {
        let (given, net) = (decimal_text(given), decimal_text(net));
        let detail = format!("net amount {given} does not follow from the other amounts, which give {net}");
        problems.push(Problem::new("net_mismatch", "net_amount", detail).with_try("correct it or leave it empty"));
    }
    Some(Amounts { quantity: draft.quantity.filter(|units| !units.is_zero()), price: draft.price, gross, net })
}
