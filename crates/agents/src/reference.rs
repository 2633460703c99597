//! Calendars of exchanges: which sessions count for the age of a price.

use std::collections::HashMap;

use dates::{Date, TradingCalendar};
use store::queries::reference;
use store::queries::securities::Security;
use store::{ScopedTransaction, StoreError};

/// Calendars by exchange.
#[derive(Debug)]
pub struct Reference {
    by_mic: HashMap<String, TradingCalendar>,
    always: TradingCalendar,
    weekdays: TradingCalendar,
}

impl Reference {
    /// The calendars of exchanges by market identifier.
    pub fn new(by_mic: HashMap<String, TradingCalendar>) -> Reference {
        let weekdays = TradingCalendar::weekdays("weekdays", [], Date::MIN, Date::MAX);
        Reference { by_mic, always: TradingCalendar::always_open(), weekdays }
    }

    /// Reads exchanges and calendars.
    pub async fn load(tx: &mut ScopedTransaction) -> Result<Reference, StoreError> {
        let calendars: HashMap<String, TradingCalendar> =
            reference::calendars(tx).await?.into_iter().map(|calendar| (calendar.id.clone(), calendar)).collect();
        let exchanges = reference::exchanges(tx).await?;
        let by_mic = exchanges.into_iter().filter_map(|exchange| {
            let calendar = calendars.get(&exchange.calendar_id)?;
            Some((exchange.mic.trim().to_owned(), calendar.clone()))
        });
        Ok(Reference::new(by_mic.collect()))
    }

    /// Sessions of a security: of its main market, every day for crypto, else weekdays.
    pub fn calendar_of(&self, security: &Security) -> &TradingCalendar {
        let mic = security.fields.primary_mic.as_deref().map(str::trim);
        match mic.and_then(|mic| self.by_mic.get(mic)) {
            Some(calendar) => calendar,
            None if security.fields.kind == "crypto" => &self.always,
            None => &self.weekdays,
        }
    }

    /// Days on which central banks fix rates.
    pub fn fixings(&self) -> &TradingCalendar {
        &self.weekdays
    }
}

/// Whether a security trades around the clock.
pub fn is_always_open(security: &Security) -> bool {
    security.fields.kind == "crypto"
}
