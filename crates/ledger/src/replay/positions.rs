//! Sums over lots and flows: positions, and stretches of negative cash.

use std::collections::{BTreeMap, HashMap};

use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::sum;
use crate::book::{CashFlow, Position, Warning};
use crate::lots::Lot;

/// Sums open lots by account and security; none if a sum is too large. `last_seq` says which entry touched one last.
pub(crate) fn positions_of<'a>(
    lots: impl IntoIterator<Item = &'a Lot>,
    base_currency: Currency,
    last_seq: &BTreeMap<(Uuid, Uuid), u64>,
) -> Option<BTreeMap<(Uuid, Uuid), Position>> {
    let mut positions: BTreeMap<(Uuid, Uuid), Position> = BTreeMap::new();
    let mut has_mixed_cost: Vec<(Uuid, Uuid)> = Vec::new();
    for lot in lots.into_iter().filter(|lot| lot.is_open()) {
        let chain = (lot.account_id, lot.security_id);
        let position = positions.entry(chain).or_insert_with(|| Position {
            quantity: Decimal::ZERO,
            cost_basis: Decimal::ZERO,
            cost_currency: lot.cost_currency,
            cost_basis_base: Decimal::ZERO,
            lot_count: 0,
            first_acquired_on: lot.acquired_on,
            last_seq: last_seq.get(&chain).copied().unwrap_or(lot.opened_seq),
        });
        position.quantity = position.quantity.checked_add(lot.quantity_open)?.normalize();
        position.cost_basis = sum(position.cost_basis, lot.cost_basis)?;
        position.cost_basis_base = sum(position.cost_basis_base, lot.cost_basis_base()?)?;
        position.lot_count += 1;
        position.first_acquired_on = position.first_acquired_on.min(lot.acquired_on);
        if lot.cost_currency != position.cost_currency {
            has_mixed_cost.push(chain);
        }
    }
    for chain in has_mixed_cost {
        if let Some(position) = positions.get_mut(&chain) {
            position.cost_basis = position.cost_basis_base;
            position.cost_currency = base_currency;
        }
    }
    Some(positions)
}

/// Stretches of days that end with less than nothing in an account and currency.
/// The flows come in runs of whole days, by date.
pub(crate) fn negative_cash<'a>(runs: impl IntoIterator<Item = &'a [CashFlow]>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    let mut balances: HashMap<(Uuid, Currency), (Decimal, u64)> = HashMap::new();
    let mut open_stretch: HashMap<(Uuid, Currency), usize> = HashMap::new();
    for mut rest in runs {
        while let Some(first) = rest.first() {
            let day = first.effective_on;
            let in_day = rest.iter().take_while(|flow| flow.effective_on == day).count();
            let (today, later) = rest.split_at(in_day);
            rest = later;
            let mut touched: Vec<(Uuid, Currency)> = Vec::new();
            for flow in today {
                let key = (flow.account_id, flow.currency);
                let (balance, seq) = balances.entry(key).or_insert((Decimal::ZERO, flow.seq));
                *balance += flow.amount;
                *seq = flow.seq;
                if !touched.contains(&key) {
                    touched.push(key);
                }
            }
            for key in touched {
                let (balance, seq) = balances[&key];
                if balance >= Decimal::ZERO {
                    open_stretch.remove(&key);
                    continue;
                }
                if let Some(Warning::NegativeCash { lowest, .. }) = open_stretch.get(&key).map(|at| &mut warnings[*at])
                {
                    *lowest = balance.min(*lowest);
                    continue;
                }
                open_stretch.insert(key, warnings.len());
                warnings.push(Warning::NegativeCash {
                    account_id: key.0,
                    currency: key.1,
                    since: day,
                    lowest: balance,
                    seq,
                });
            }
        }
    }
    warnings
}

/// Lots by holding in the order of FIFO, as the open lots of a book stand.
pub(crate) fn in_order_of_relief(lots: &[Lot]) -> Vec<&Lot> {
    let mut ordered: Vec<(usize, &Lot)> = lots.iter().enumerate().collect();
    ordered.sort_by_key(|(at, lot)| (lot.account_id, lot.security_id, lot.key(*at)));
    ordered.into_iter().map(|(_, lot)| lot).collect()
}
