//! The calculation settings of a portfolio, as the ledger's setting entries leave them.
//!
//! Invariant: the last entry of a key counts, for the whole book; but those by which lots are booked ([`DATED`]) hold
//! from their day on and only for what is recorded after them, so that no past disposal is ever restated.

use std::collections::BTreeMap;

use dates::Date;
use money::Currency;
use serde_json::Value;
use uuid::Uuid;

use crate::lots::CostBasisMethod;

/// Key of the base currency.
pub const BASE_CURRENCY: &str = "base_currency";
/// Key of the order in which lots are relieved.
pub const COST_BASIS_METHOD: &str = "cost_basis_method";
/// Key of whether fees belong to the cost of purchases and reduce the proceeds of sales; true unless set.
pub const FEES_IN_COST: &str = "fees_in_cost";
/// Key of whether an account may sell more than it holds; a setting of that account, false unless set.
pub const ALLOW_SHORT: &str = "allow_short";
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

/// Method of an account that goes by the portfolio's again.
pub const INHERIT: &str = "inherit";
/// Settings by which lots are booked: dated, never retroactive.
pub const DATED: [&str; 4] = [COST_BASIS_METHOD, FEES_IN_COST, ALLOW_SHORT, TAX_PROFILE];

/// All settings in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Currency of the portfolio's totals.
    pub base_currency: Currency,
    /// Order in which lots are relieved by what is recorded from here on; FIFO unless set.
    pub cost_basis_method: CostBasisMethod,
    /// Every setting of the portfolio by key, as recorded.
    pub values: BTreeMap<String, Value>,
    /// Settings of single accounts.
    pub of_accounts: BTreeMap<Uuid, BTreeMap<String, Value>>,
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
