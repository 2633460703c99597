//! The prices and exchange rates of one day, addressed by the hash of their content.
//!
//! Invariant: at most one price per security and one rate per pair, each positive, none quoted after the day, `traded`
//! exactly when quoted on the day or `manual`; rows are sorted, so equal content has one order and one hash.

use crate::{Hash, SecurityId};
use dates::Date;
use money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

/// How a price or rate came to be in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceState {
    /// Observed on the day itself.
    Traded,
    /// The last observation before the day, carried forward.
    Carried,
    /// Entered by hand.
    Manual,
}

impl PriceState {
    /// The word used in storage and on the wire: `traded`, `carried`, `manual`.
    pub fn as_str(self) -> &'static str {
        match self {
            PriceState::Traded => "traded",
            PriceState::Carried => "carried",
            PriceState::Manual => "manual",
        }
    }
}

impl std::fmt::Display for PriceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for PriceState {
    type Err = ContentError;
    fn from_str(s: &str) -> Result<Self, ContentError> {
        match s {
            "traded" => Ok(PriceState::Traded),
            "carried" => Ok(PriceState::Carried),
            "manual" => Ok(PriceState::Manual),
            other => Err(ContentError::UnknownState(other.to_owned())),
        }
    }
}

/// The close of one security in force on a day, as traded (not adjusted for later splits).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    /// The security.
    pub security_id: SecurityId,
    /// Price of one unit in `currency`; > 0.
    pub close: Decimal,
    /// Currency of `close`.
    pub currency: Currency,
    /// How the price came to be in force.
    pub state: PriceState,
    /// Day on which the price was observed; on or before the content's date.
    pub quoted_on: Date,
    /// Where the observation came from; not part of the hash.
    pub source: String,
}

/// One exchange rate in force on a day: 1 `base` = `rate` `quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRow {
    /// The currency of which one unit is priced.
    pub base: Currency,
    /// The currency in which it is priced.
    pub quote: Currency,
    /// Units of `quote` for one `base`; > 0.
    pub rate: Decimal,
    /// How the rate came to be in force.
    pub state: PriceState,
    /// Day on which the rate was observed.
    pub quoted_on: Date,
    /// Where the observation came from; not part of the hash.
    pub source: String,
}

/// Why rows do not make a day content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// A price or rate of zero or below.
    #[error("{subject} on {date} is {value}, which is not above zero")]
    NotPositive {
        /// The security or pair.
        subject: String,
        /// Day of the content.
        date: Date,
        /// The refused value.
        value: Decimal,
    },
    /// Two rows for one security or pair.
    #[error("{subject} appears twice on {date}")]
    Duplicate {
        /// The security or pair.
        subject: String,
        /// Day of the content.
        date: Date,
    },
    /// An observation from the future of the day, or a state that contradicts the day of the observation.
    #[error("{subject} on {date} is {state} but was quoted on {quoted_on}")]
    StateMismatch {
        /// The security or pair.
        subject: String,
        /// Day of the content.
        date: Date,
        /// The claimed state.
        state: PriceState,
        /// The day of the observation.
        quoted_on: Date,
    },
    /// A rate of a currency against itself.
    #[error("rate of {currency} against itself on {date}")]
    SameCurrency {
        /// The currency.
        currency: Currency,
        /// Day of the content.
        date: Date,
    },
    /// A stored word that names no state.
    #[error("unknown price state {0}")]
    UnknownState(String),
}

/// The prices and rates in force on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayContent {
    date: Date,
    prices: Vec<PriceRow>,
    rates: Vec<RateRow>,
}

/// Version of the canonical form that is hashed.
const FORMAT_VERSION: u32 = 1;

impl DayContent {
    /// Checks and sorts the rows of a day. The order in which they are given does not matter.
    pub fn new(date: Date, mut prices: Vec<PriceRow>, mut rates: Vec<RateRow>) -> Result<DayContent, ContentError> {
        prices.sort_by_key(|p| p.security_id);
        rates.sort_by_key(|r| (r.base, r.quote));
        for price in &prices {
            let subject = || format!("price of {}", price.security_id);
            check_row(date, price.close, price.state, price.quoted_on, subject)?;
        }
        for rate in &rates {
            if rate.base == rate.quote {
                return Err(ContentError::SameCurrency { currency: rate.base, date });
            }
            let subject = || format!("rate {}/{}", rate.base, rate.quote);
            check_row(date, rate.rate, rate.state, rate.quoted_on, subject)?;
        }
        if let Some(pair) = prices.windows(2).find(|w| w[0].security_id == w[1].security_id) {
            return Err(ContentError::Duplicate { subject: format!("price of {}", pair[0].security_id), date });
        }
        if let Some(pair) = rates.windows(2).find(|w| (w[0].base, w[0].quote) == (w[1].base, w[1].quote)) {
            return Err(ContentError::Duplicate { subject: format!("rate {}/{}", pair[0].base, pair[0].quote), date });
        }
        Ok(DayContent { date, prices, rates })
    }

    /// The day that the content is for.
    pub fn date(&self) -> Date {
        self.date
    }

    /// Prices, ascending by security id.
    pub fn prices(&self) -> &[PriceRow] {
        &self.prices
    }

    /// Rates, ascending by (base, quote).
    pub fn rates(&self) -> &[RateRow] {
        &self.rates
    }

    /// The canonical form: RFC 8785 JSON of format version, date, prices and rates; decimals as text without trailing
    /// zeros. Sources are left out, because the same prices from another source are the same content.
    pub fn canonical_json(&self) -> Vec<u8> {
        let value = json!({
            "format_version": FORMAT_VERSION,
            "date": self.date.to_string(),
            "prices": self.prices.iter().map(|p| json!({
                "security_id": p.security_id.hyphenated().to_string(),
                "close": exact_text(p.close),
                "currency": p.currency.to_string(),
                "state": p.state.as_str(),
                "quoted_on": p.quoted_on.to_string(),
            })).collect::<Vec<_>>(),
            "rates": self.rates.iter().map(|r| json!({
                "base": r.base.to_string(),
                "quote": r.quote.to_string(),
                "rate": exact_text(r.rate),
                "state": r.state.as_str(),
                "quoted_on": r.quoted_on.to_string(),
            })).collect::<Vec<_>>(),
        });
        canonical_json::canonical(&value)
    }

    /// SHA-256 of the canonical form: the address of the content.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.canonical_json()).into()
    }
}

fn check_row(
    date: Date,
    value: Decimal,
    state: PriceState,
    quoted_on: Date,
    subject: impl Fn() -> String,
) -> Result<(), ContentError> {
    if value <= Decimal::ZERO {
        return Err(ContentError::NotPositive { subject: subject(), date, value });
    }
    let coherent = match state {
        PriceState::Traded => quoted_on == date,
        PriceState::Carried => quoted_on < date,
        PriceState::Manual => quoted_on <= date,
    };
    if coherent { Ok(()) } else { Err(ContentError::StateMismatch { subject: subject(), date, state, quoted_on }) }
}

/// All digits of a decimal, no exponent, no trailing zeros: 1.50 and 1.5 are one number and must be one text.
fn exact_text(value: Decimal) -> String {
    value.normalize().to_string()
}
