//! The calculation settings of a portfolio, as the ledger's setting entries leave them.
//!
//! Invariant: settings hold for the whole book, whatever their date; the last entry of a key counts.

use std::collections::BTreeMap;

use dates::Date;
use money::Currency;
use serde_json::Value;

use crate::lots::CostBasisMethod;

/// Key of the base currency.
pub const BASE_CURRENCY: &str = "base_currency";
/// Key of the order in which lots are relieved.
pub const COST_BASIS_METHOD: &str = "cost_basis_method";
/// Key of the benchmark's id.
pub const BENCHMARK_ID: &str = "benchmark_id";
/// Key of the calendar on which the portfolio is valued.
pub const VALUATION_CALENDAR: &str = "valuation_calendar";
/// Key of the risk-free rate: an annual fraction or the id of a series.
pub const RISK_FREE: &str = "risk_free";
/// Key of the tax profile.
pub const TAX_PROFILE: &str = "tax_profile";
/// Key of the day the portfolio was opened.
pub const OPENED_ON: &str = "opened_on";

/// All settings in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Currency of the portfolio's totals.
    pub base_currency: Currency,
    /// Order in which lots are relieved; FIFO unless set.
    pub cost_basis_method: CostBasisMethod,
    /// Every setting by key, as recorded.
    pub values: BTreeMap<String, Value>,
}

impl Settings {
    /// The benchmark, if one is set.
    pub fn benchmark_id(&self) -> Option<&str> {
        self.text(BENCHMARK_ID)
    }

    /// The valuation calendar, if one is set.
    pub fn valuation_calendar(&self) -> Option<&str> {
        self.text(VALUATION_CALENDAR)
    }

    /// The constant risk-free rate (annual fraction), if one is set as a number.
    pub fn risk_free_constant(&self) -> Option<f64> {
        let value = self.values.get(RISK_FREE)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|rate| rate.is_finite())
    }

    /// The day the portfolio was opened, if one is set.
    pub fn opened_on(&self) -> Option<Date> {
        dates::parse_date(self.text(OPENED_ON)?).ok()
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.as_str()
    }
}
