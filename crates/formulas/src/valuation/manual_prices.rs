//! Prices that the owner stated, used where the market has none.
//!
//! A stated price is in force from its date on, until the owner states another or the market quotes the security again.
//! Invariant: per security the dates ascend.

use crate::Date;
use money::Currency;
use money::float::to_f64;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stated prices by security: (date, price of one unit, its currency).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManualPrices {
    by_security: BTreeMap<Uuid, Vec<(Date, f64, Currency)>>,
}

impl ManualPrices {
    /// The prices stated in a book.
    pub fn of(book: &ledger::Book) -> ManualPrices {
        ManualPrices::new(
            book.manual_prices
                .iter()
                .map(|((security, date), stated)| (*security, *date, to_f64(stated.price), stated.currency)),
        )
    }

    /// Prices given as (security, date, price, currency), in any order.
    pub fn new(prices: impl IntoIterator<Item = (Uuid, Date, f64, Currency)>) -> ManualPrices {
        let mut by_security: BTreeMap<Uuid, Vec<(Date, f64, Currency)>> = BTreeMap::new();
        for (security, date, price, currency) in prices {
            by_security.entry(security).or_default().push((date, price, currency));
        }
        by_security.values_mut().for_each(|list| list.sort_by_key(|(date, ..)| *date));
        ManualPrices { by_security }
    }

    /// The prices of one security, ascending by date.
    pub(crate) fn of_security(&self, security: Uuid) -> &[(Date, f64, Currency)] {
        self.by_security.get(&security).map_or(&[], Vec::as_slice)
    }
}
