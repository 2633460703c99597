//! Debt-service ratio: the share of income that interest and repayment of a debt take.
//!
//!   DSR = (D/Y) · i / (1 − (1+i)^−m)      i = 0: (D/Y)/m
//!
//! D/Y debt as a multiple of the period's income, i interest per period, m remaining maturity in the same periods. The
//! debt is repaid in equal instalments. Undefined for a negative ratio, i ≤ −1 and m ≤ 0.
//!
//! Drehmann, M. & Juselius, M. (2012), "Do Debt Service Costs Affect Macroeconomic and Financial Stability?", BIS
//! Quarterly Review, September.

use crate::Undefined;
use crate::projection::{PaymentTiming, annuity_withdrawal};

/// The ratio as a fraction of income.
pub fn debt_service_ratio(debt_to_income: f64, interest_rate: f64, maturity: f64) -> Result<f64, Undefined> {
    if !(debt_to_income.is_finite() && debt_to_income >= 0.0) {
        return Err(Undefined::InvalidInput { what: "debt_to_income" });
    }
    annuity_withdrawal(debt_to_income, interest_rate, maturity, PaymentTiming::End)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Debt of 150 % of income at 5 % over 18 years: 12.8 % of income.
        let found = debt_service_ratio(1.5, 0.05, 18.0).unwrap();
        assert!((found - 1.5 * 0.05 / (1.0 - 1.05_f64.powi(-18))).abs() < 1e-15);
        assert!((found - 0.128_32).abs() < 1e-5);
        assert_eq!(debt_service_ratio(1.5, 0.0, 15.0), Ok(0.1));
    }

    #[test]
    fn edges() {
        for (debt, rate, maturity) in [(-1.0, 0.05, 10.0), (1.0, -1.0, 10.0), (1.0, 0.05, 0.0), (f64::NAN, 0.05, 1.0)] {
            assert_eq!(debt_service_ratio(debt, rate, maturity).unwrap_err().code(), "invalid_input");
        }
    }

    proptest! {
        #[test]
        fn longer_debt_is_easier_and_dearer_debt_harder(d in 0.1..5.0f64, i in 0.0..0.2f64, m in 1.0..40.0f64) {
            let of = |i, m| debt_service_ratio(d, i, m).unwrap();
            prop_assert!(of(i, m + 1.0) < of(i, m) && of(i + 0.01, m) > of(i, m));
        }
    }
}
