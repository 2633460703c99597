//! Resilience inputs: whether a company survives bad years, from five to ten years of statements.
//!
//!   debt/equity      interest coverage = EBIT/interest      current ratio = current assets/current liabilities
//!   margin stability = sd of the operating margin (n − 1)      worst-year FCF = least free cash flow/sales
//!
//! Balance items of the last year; margins by fiscal year as fractions. Equity of 0 or less has no debt/equity: the rating
//! scores it lowest. No interest has no coverage; with no debt either there is nothing to cover. Undefined otherwise for
//! a missing item, a zero denominator, a deviation of fewer than two years.
//!
//! Graham, B. & Dodd, D., Security Analysis, part VI.

use crate::Undefined;
use crate::moments::standard_deviation;

/// The figures.
#[derive(Debug, Clone, PartialEq)]
pub struct ResilienceInputs {
    /// Debt over equity.
    pub debt_to_equity: Result<f64, Undefined>,
    /// EBIT over interest.
    pub interest_coverage: Result<f64, Undefined>,
    /// Current assets over current liabilities.
    pub current_ratio: Result<f64, Undefined>,
    /// Deviation of the operating margin.
    pub operating_margin_std: Result<f64, Undefined>,
    /// Least free cash flow over sales.
    pub worst_fcf_margin: Result<f64, Undefined>,
}

/// The figures from (part, whole) pairs of the last year and yearly margins.
pub fn resilience_inputs(
    debt_and_equity: (Option<f64>, Option<f64>),
    ebit_and_interest: (Option<f64>, Option<f64>),
    current_assets_and_liabilities: (Option<f64>, Option<f64>),
    operating_margins: &[f64],
    fcf_margins: &[f64],
) -> Result<ResilienceInputs, Undefined> {
    if operating_margins.iter().chain(fcf_margins).any(|margin| !margin.is_finite()) {
        return Err(Undefined::InvalidInput { what: "margin" });
    }
    let none = Undefined::InsufficientData { needed: 1, found: 0 };
    Ok(ResilienceInputs {
        debt_to_equity: ratio(debt_and_equity, "equity"),
        interest_coverage: ratio(ebit_and_interest, "interest"),
        current_ratio: ratio(current_assets_and_liabilities, "current liabilities"),
        operating_margin_std: standard_deviation(operating_margins, 1),
        worst_fcf_margin: fcf_margins.iter().copied().reduce(f64::min).ok_or(none),
    })
}

fn ratio((part, whole): (Option<f64>, Option<f64>), what: &'static str) -> Result<f64, Undefined> {
    let (part, whole) = part.zip(whole).ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    if whole <= 0.0 {
        return Err(Undefined::ZeroDenominator { what });
    }
    let ratio = part / whole;
    if ratio.is_finite() { Ok(ratio) } else { Err(Undefined::InvalidInput { what }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        let found = resilience_inputs(
            (Some(40.0), Some(100.0)),
            (Some(30.0), Some(3.0)),
            (Some(50.0), Some(25.0)),
            &[0.10, 0.12, 0.14],
            &[0.05, -0.02, 0.08],
        )
        .unwrap();
        assert_eq!(found.debt_to_equity, Ok(0.4));
        assert_eq!((found.interest_coverage, found.current_ratio), (Ok(10.0), Ok(2.0)));
        assert!((found.operating_margin_std.unwrap() - 0.02).abs() < 1e-15);
        assert_eq!(found.worst_fcf_margin, Ok(-0.02));
    }

    #[test]
    fn edges() {
        let nothing = (None, None);
        let found = resilience_inputs((Some(40.0), Some(-5.0)), (Some(3.0), Some(0.0)), nothing, &[0.1], &[]).unwrap();
        assert_eq!(found.debt_to_equity.unwrap_err().code(), "zero_denominator");
        assert_eq!(found.interest_coverage.unwrap_err().code(), "zero_denominator");
        assert_eq!(found.current_ratio.unwrap_err().code(), "insufficient_data");
        assert_eq!(found.operating_margin_std.unwrap_err().code(), "insufficient_data");
        assert_eq!(found.worst_fcf_margin.unwrap_err().code(), "insufficient_data");
        assert!(resilience_inputs(nothing, nothing, nothing, &[f64::NAN], &[]).is_err());
    }
}
