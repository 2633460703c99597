//! Currencies, exchanges and calendars. Invariant: everybody reads the same.

use chrono::NaiveDate;
use dates::TradingCalendar;
use money::Currency;
use rust_decimal::Decimal;

use crate::error::StoreError;
use crate::read::{column, currency, currency_opt};
use crate::sql::queries;
use crate::transaction::ScopedTransaction;

queries! { "reference";
    CURRENCIES = "currencies.sql" [];
    EXCHANGES = "exchanges.sql" [];
    CALENDARS = "calendars.sql" [];
}

/// A currency, or a minor unit that markets quote in.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrencyInfo {
    /// Its code.
    pub currency: Currency,
    /// English name.
    pub name: String,
    /// Decimals of an amount; absent for metals.
    pub minor_units: Option<i16>,
    /// Currency that it is a part of, and how many of that one unit is.
    pub parent: Option<(Currency, Decimal)>,
    /// Day from which it is no longer used.
    pub obsolete_on: Option<NaiveDate>,
}

/// A place of trading.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Market identifier.
    pub mic: String,
    /// Market that operates it.
    pub operating_mic: String,
    /// English name.
    pub name: String,
    /// ISO 3166 code.
    pub country: Option<String>,
    /// IANA zone.
    pub time_zone: String,
    /// Currency of most listings.
    pub currency: Currency,
    /// Calendar of its sessions.
    pub calendar_id: String,
    /// Sessions from trade to settlement.
    pub settlement_days: i16,
}

/// All currencies.
pub async fn currencies(tx: &mut ScopedTransaction) -> Result<Vec<CurrencyInfo>, StoreError> {
    let rows = tx.rows(&CURRENCIES, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(CurrencyInfo {
                currency: currency(row, 0)?,
                name: column(row, 1)?,
                minor_units: column(row, 2)?,
                parent: currency_opt(row, 3)?.zip(column(row, 4)?),
                obsolete_on: column(row, 5)?,
            })
        })
        .collect()
}

/// All exchanges.
pub async fn exchanges(tx: &mut ScopedTransaction) -> Result<Vec<Exchange>, StoreError> {
    let rows = tx.rows(&EXCHANGES, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Exchange {
                mic: column(row, 0)?,
                operating_mic: column(row, 1)?,
                name: column(row, 2)?,
                country: column(row, 3)?,
                time_zone: column(row, 4)?,
                currency: currency(row, 5)?,
                calendar_id: column(row, 6)?,
                settlement_days: column(row, 7)?,
            })
        })
        .collect()
}

/// All calendars: weekdays less the days without a session.
pub async fn calendars(tx: &mut ScopedTransaction) -> Result<Vec<TradingCalendar>, StoreError> {
    let rows = tx.rows(&CALENDARS, &[]).await?;
    rows.iter()
        .map(|row| {
            let closed: Option<Vec<NaiveDate>> = column(row, 1)?;
            Ok(TradingCalendar::weekdays(column(row, 0)?, closed.unwrap_or_default(), column(row, 2)?, column(row, 3)?))
        })
        .collect()
}
