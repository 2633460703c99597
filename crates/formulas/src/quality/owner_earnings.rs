//! Owner earnings: what an owner could take out without harming the business.
//!
//!   owner earnings = net income + depreciation and amortisation ± other non-cash items − maintenance investment
//!
//! Maintenance investment is no item of a statement: it is an estimate, and how it was made is stated beside the number.
//! In the currency of the statements. Undefined for a missing item.
//!
//! Buffett, W. (1986), letter to the shareholders of Berkshire Hathaway, appendix.

use crate::Undefined;

/// Owner earnings from the items of one year; `other_non_cash` with its sign.
pub fn owner_earnings(
    net_income: Option<f64>,
    depreciation: Option<f64>,
    other_non_cash: f64,
    maintenance_investment: Option<f64>,
) -> Result<f64, Undefined> {
    let items = [net_income, depreciation, maintenance_investment];
    let found = items.iter().flatten().count();
    let [Some(income), Some(depreciation), Some(maintenance)] = items else {
        return Err(Undefined::InsufficientData { needed: items.len(), found });
    };
    let earnings = income + depreciation + other_non_cash - maintenance;
    if earnings.is_finite() { Ok(earnings) } else { Err(Undefined::InvalidInput { what: "statement" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        assert_eq!(owner_earnings(Some(100.0), Some(40.0), -5.0, Some(30.0)), Ok(105.0));
    }

    #[test]
    fn edges() {
        assert_eq!(owner_earnings(Some(1.0), None, 0.0, Some(1.0)).unwrap_err().code(), "insufficient_data");
        assert_eq!(owner_earnings(Some(f64::NAN), Some(1.0), 0.0, Some(1.0)).unwrap_err().code(), "invalid_input");
    }
}
