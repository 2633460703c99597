//! Deleveraging type: how a debt burden is coming down, or that it is not.
//!
//!   beautiful      debt/GDP falls, nominal growth > interest rate, prices do not fall
//!   deflationary   prices fall: the burden grows with every year's deflation, whatever is repaid
//!   austere        debt/GDP falls although growth does not exceed the rate: repaid out of income
//!   leveraging     debt/GDP does not fall and prices do not
//!
//! Rates and changes per year as fractions. A description of a state, not a forecast.
//!
//! Dalio, R. (2018), Principles for Navigating Big Debt Crises, part 1.

use crate::Undefined;

/// How debt develops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleveraging {
    /// Growth carries the debt.
    Beautiful,
    /// Falling prices make it heavier.
    Deflationary,
    /// It is repaid out of income.
    Austere,
    /// It grows.
    Leveraging,
}

impl Deleveraging {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Deleveraging::Beautiful => "beautiful",
            Deleveraging::Deflationary => "deflationary",
            Deleveraging::Austere => "austere",
            Deleveraging::Leveraging => "leveraging",
        }
    }
}

/// The type from nominal GDP growth, the nominal interest rate, the change of debt/GDP and inflation.
pub fn deleveraging_type(
    nominal_growth: f64,
    interest_rate: f64,
    debt_ratio_change: f64,
    inflation: f64,
) -> Result<Deleveraging, Undefined> {
    if [nominal_growth, interest_rate, debt_ratio_change, inflation].iter().any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "rate" });
    }
    Ok(if inflation < 0.0 {
        Deleveraging::Deflationary
    } else if debt_ratio_change >= 0.0 {
        Deleveraging::Leveraging
    } else if nominal_growth > interest_rate {
        Deleveraging::Beautiful
    } else {
        Deleveraging::Austere
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        let of = |g, i, d, p| deleveraging_type(g, i, d, p).unwrap().name();
        assert_eq!(of(0.06, 0.02, -0.03, 0.03), "beautiful");
        assert_eq!(of(0.02, 0.04, -0.01, 0.02), "austere");
        assert_eq!(of(-0.03, 0.03, 0.05, -0.02), "deflationary");
        assert_eq!(of(0.06, 0.02, 0.01, 0.03), "leveraging");
        // Growth that only equals the rate does not carry the debt; a constant ratio does not fall.
        assert_eq!(of(0.04, 0.04, -0.01, 0.0), "austere");
        assert_eq!(of(0.05, 0.04, 0.0, 0.0), "leveraging");
    }

    #[test]
    fn edges() {
        assert_eq!(deleveraging_type(f64::NAN, 0.0, 0.0, 0.0).unwrap_err().code(), "invalid_input");
    }
}
