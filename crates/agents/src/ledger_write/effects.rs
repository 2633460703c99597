//! What entries change, and what is worth a look although it is possible.

use std::collections::BTreeSet;

use ledger::{Book, Entry, Kind, Payload};
use money::Decimal;
use money::float::to_f64;
use serde_json::{Value, json};

use super::desk::{Applied, Desk};
use crate::values::{Absence, amount, maybe, quantity};

/// A price that differs from the market by more than this share is worth a look.
const FAR_FROM_MARKET: f64 = 0.2;

/// Positions, cash and realized gains before and after.
pub(crate) fn effects(desk: &Desk, applied: &Applied) -> Value {
    let (before, after) = (&desk.folio.book, &applied.book);
    let keys: BTreeSet<_> = before.positions.keys().chain(after.positions.keys()).collect();
    let positions = keys.into_iter().filter_map(|key| {
        let units = |book: &Book| book.positions.get(key).map_or(Decimal::ZERO, |position| position.quantity);
        let (old, new) = (units(before), units(after));
        let cost = |book: &Book| book.positions.get(key).map(|position| position.cost_basis);
        (old != new || cost(before) != cost(after)).then(|| {
            json!({
                "account_id": key.0,
                "security_id": key.1,
                "symbol": desk.symbol(key.1),
                "quantity_before": quantity(old),
                "quantity_after": quantity(new),
            })
        })
    });
    let positions: Vec<Value> = positions.collect();
    let keys: BTreeSet<_> = before.cash.keys().chain(after.cash.keys()).collect();
    let cash = keys.into_iter().filter_map(|key| {
        let balance = |book: &Book| book.cash.get(key).copied().unwrap_or_default();
        let (old, new) = (balance(before), balance(after));
        (old != new).then(|| {
            json!({
                "account_id": key.0,
                "currency": key.1.code(),
                "before": amount(old, key.1),
                "after": amount(new, key.1),
            })
        })
    });
    let cash: Vec<Value> = cash.collect();
    let realized = |book: &Book| -> (usize, Decimal) {
        let gains = book.lot_events().filter_map(|event| event.realized.as_ref());
        gains.fold((0, Decimal::ZERO), |(count, sum), gain| (count + 1, sum + gain.total))
    };
    let ((count_before, old), (count_after, new)) = (realized(before), realized(after));
    let gain = if count_before == count_after && old == new {
        Err(Absence::new("not_applicable", "nothing is disposed of", Value::Null))
    } else {
        Ok(new - old)
    };
    json!({ "positions": positions, "cash": cash, "realized_gain": maybe(gain, |gain| amount(gain, after.base_currency)) })
}

/// Negative cash, splits of nothing, possible duplicates, prices far from the market. `place` adds where.
pub(crate) fn warnings(desk: &Desk, applied: &Applied, place: &dyn Fn(usize) -> (&'static str, Value)) -> Vec<Value> {
    let mut found = Vec::new();
    let first_new = desk.head.seq + applied.opening as u64 + 1;
    let mut say = |code: &str, message: String, seq: Option<u64>| {
        let mut warning = json!({ "code": code, "message": message });
        if let Some(position) = seq.and_then(|seq| seq.checked_sub(first_new)) {
            let (name, value) = place(usize::try_from(position).unwrap_or(usize::MAX));
            warning[name] = value;
        }
        found.push(warning);
    };
    let known = desk.folio.book.warnings();
    for warning in applied.book.warnings() {
        if known.contains(&warning) {
            continue;
        }
        match &warning {
            ledger::Warning::NegativeCash { currency, since, lowest, seq, .. } => {
                let message = format!("cash falls to {} {currency} on {since}", lowest.normalize());
                say(warning.code(), message, Some(*seq));
            }
            ledger::Warning::SplitWithoutHolding { seq } => {
                say(warning.code(), "the corporate action is of something that was not held".to_owned(), Some(*seq));
            }
        }
    }
    for entry in &applied.entries[applied.opening..] {
        let Payload::Transaction(transaction) = &entry.payload else { continue };
        if let Some(first) = duplicate_of(desk, entry) {
            let message = format!("entry {first} records the same {} on {}", entry.kind, entry.effective_on);
            say("possible_duplicate", message, Some(entry.seq));
        }
        let trade = matches!(entry.kind, Kind::Buy | Kind::Sell);
        let (Some(security), Some(price)) = (entry.security_id.filter(|_| trade), transaction.price) else { continue };
        let market = desk.close(security, entry.effective_on).filter(|(_, currency)| *currency == transaction.currency);
        if let Some((close, currency)) = market.filter(|(close, _)| !close.is_zero()) {
            let away = to_f64(price) / to_f64(close) - 1.0;
            if FAR_FROM_MARKET < away.abs() {
                let message = format!(
                    "the price {} {currency} is {:+.0} % from the close {}",
                    price.normalize(),
                    away * 100.0,
                    close.normalize()
                );
                say("price_far_from_market", message, Some(entry.seq));
            }
        }
    }
    found
}

/// An active transaction that says the same.
fn duplicate_of(desk: &Desk, entry: &Entry) -> Option<u64> {
    let Payload::Transaction(new) = &entry.payload else { return None };
    if entry.action != ledger::Action::Record {
        return None;
    }
    let same = desk.folio.book.transactions().find(|row| {
        row.is_active()
            && row.kind == entry.kind
            && row.effective_on == entry.effective_on
            && Some(row.account_id) == entry.account_id
            && row.security_id == entry.security_id
            && row.quantity == new.quantity
            && row.net_amount == new.net_amount
            && row.currency == new.currency
            && (row.external_id.is_none() || entry.external_id.is_none())
    });
    same.map(|row| row.seq)
}
