//! How much of what was expected a day content holds: the number that decides whether a pack may become fresh.

use crate::{Built, PriceState};

/// Counts of a day's prices and rates against what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Securities for which a price was expected.
    pub prices_expected: usize,
    /// Of these, with a usable price (traded, carried or manual).
    pub prices_usable: usize,
    /// Of the usable ones, carried forward.
    pub prices_carried: usize,
    /// Pairs for which a rate was expected.
    pub rates_expected: usize,
    /// Of these, with a usable rate.
    pub rates_usable: usize,
    /// Of the usable ones, carried forward.
    pub rates_carried: usize,
}

/// Coverage of a built day.
pub fn coverage(built: &Built) -> Coverage {
    let (prices, rates) = (built.content.prices(), built.content.rates());
    let missing_prices = built.missing.iter().filter(|m| m.code() == "missing_price").count();
    Coverage {
        prices_expected: prices.len() + missing_prices,
        prices_usable: prices.len(),
        prices_carried: prices.iter().filter(|p| p.state == PriceState::Carried).count(),
        rates_expected: rates.len() + built.missing.len() - missing_prices,
        rates_usable: rates.len(),
        rates_carried: rates.iter().filter(|r| r.state == PriceState::Carried).count(),
    }
}

impl Coverage {
    /// Usable prices over expected prices; 1 when none was expected.
    pub fn prices(&self) -> f64 {
        share(self.prices_usable, self.prices_expected)
    }

    /// Usable rates over expected rates; 1 when none was expected.
    pub fn rates(&self) -> f64 {
        share(self.rates_usable, self.rates_expected)
    }

    /// Whether both shares reach the policy's minimum.
    pub fn reaches(&self, prices_min: f64, rates_min: f64) -> bool {
        prices_min <= self.prices() && rates_min <= self.rates()
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
