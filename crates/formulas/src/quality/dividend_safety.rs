//! Dividend safety: whether earnings, cash and the balance sheet carry the dividend.
//!
//!   payout = DPS/EPS      FCF payout = dividends/FCF      FCF coverage = FCF/dividends      net cash = cash − debt
//!   net debt/EBITDA = (debt − cash)/EBITDA      interest coverage = EBIT/interest
//!
//! EPS ≤ 0: payout undefined and `negative_earnings`; FCF ≤ 0: both cash ratios undefined and `negative_fcf`; EBITDA ≤ 0:
//! undefined; no interest: coverage undefined because there is no debt service; no dividend: coverage undefined. A
//! missing item makes its own ratio undefined and no other. Net debt is negative for a company with net cash.
//!
//! Lintner, J. (1956), American Economic Review 46(2). Graham, B. & Dodd, D., Security Analysis, part IV.

use crate::Undefined;

/// Items of the last fiscal year or the last twelve months, not mixed; none where the statement does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DividendInputs {
    /// Earnings per share.
    pub eps: Option<f64>,
    /// Dividends per share.
    pub dps: Option<f64>,
    /// Free cash flow.
    pub fcf: Option<f64>,
    /// Dividends paid, ≥ 0.
    pub dividends_paid: Option<f64>,
    /// Cash and short-term investments.
    pub cash: Option<f64>,
    /// Interest-bearing debt.
    pub debt: Option<f64>,
    /// Earnings before interest, taxes, depreciation and amortisation.
    pub ebitda: Option<f64>,
    /// Earnings before interest and taxes.
    pub ebit: Option<f64>,
    /// Interest expense, ≥ 0.
    pub interest: Option<f64>,
}

/// The ratios, and what is alarming.
#[derive(Debug, Clone, PartialEq)]
pub struct DividendSafety {
    /// Share of earnings paid out.
    pub payout_earnings: Result<f64, Undefined>,
    /// Share of free cash flow paid out.
    pub payout_fcf: Result<f64, Undefined>,
    /// Free cash flow per unit of dividend.
    pub fcf_coverage: Result<f64, Undefined>,
    /// Cash less debt.
    pub net_cash: Result<f64, Undefined>,
    /// Years of EBITDA that would pay off the net debt.
    pub net_debt_to_ebitda: Result<f64, Undefined>,
    /// EBIT per unit of interest.
    pub interest_coverage: Result<f64, Undefined>,
    /// `negative_earnings`, `negative_fcf`.
    pub flags: Vec<&'static str>,
}

/// The ratios of a company.
pub fn dividend_safety(inputs: &DividendInputs) -> DividendSafety {
    let mut flags = Vec::new();
    if inputs.eps.is_some_and(|eps| eps <= 0.0) {
        flags.push("negative_earnings");
    }
    if inputs.fcf.is_some_and(|fcf| fcf <= 0.0) {
        flags.push("negative_fcf");
    }
    let net_cash = inputs.cash.zip(inputs.debt).map(|(cash, debt)| cash - debt);
    let fcf_over_dividends = match inputs.fcf {
        Some(fcf) if fcf <= 0.0 => Err(Undefined::NotApplicable { case: "free cash flow of zero or less" }),
        fcf => over_positive(fcf, inputs.dividends_paid, "dividends paid"),
    };
    DividendSafety {
        payout_earnings: over_positive(inputs.dps, inputs.eps, "earnings per share"),
        payout_fcf: over_positive(inputs.dividends_paid, inputs.fcf, "free cash flow"),
        fcf_coverage: fcf_over_dividends,
        net_cash: net_cash.ok_or(MISSING).and_then(finite),
        net_debt_to_ebitda: over_positive(net_cash.map(|cash| -cash), inputs.ebitda, "EBITDA"),
        interest_coverage: over_positive(inputs.ebit, inputs.interest, "interest: there is no debt service; it"),
        flags,
    }
}

const MISSING: Undefined = Undefined::InsufficientData { needed: 1, found: 0 };

fn over_positive(part: Option<f64>, whole: Option<f64>, what: &'static str) -> Result<f64, Undefined> {
    match part.zip(whole) {
        None => Err(MISSING),
        Some((_, whole)) if whole <= 0.0 => Err(Undefined::ZeroDenominator { what }),
        Some((part, whole)) => finite(part / whole),
    }
}

fn finite(value: f64) -> Result<f64, Undefined> {
    // Minus zero would read as a debt.
    if value.is_finite() { Ok(value + 0.0) } else { Err(Undefined::InvalidInput { what: "statement" }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn company() -> DividendInputs {
        DividendInputs {
            eps: Some(5.0),
            dps: Some(2.0),
            fcf: Some(900.0),
            dividends_paid: Some(300.0),
            cash: Some(400.0),
            debt: Some(1_000.0),
            ebitda: Some(1_200.0),
            ebit: Some(1_000.0),
            interest: Some(50.0),
        }
    }

    #[test]
    fn worked_example() {
        let found = dividend_safety(&company());
        assert_eq!(found.payout_earnings, Ok(0.4));
        assert!((found.payout_fcf.unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!((found.fcf_coverage, found.net_cash), (Ok(3.0), Ok(-600.0)));
        assert_eq!((found.net_debt_to_ebitda, found.interest_coverage), (Ok(0.5), Ok(20.0)));
        assert!(found.flags.is_empty());
    }

    #[test]
    fn edges() {
        let found = dividend_safety(&DividendInputs { eps: Some(-1.0), fcf: Some(0.0), ..company() });
        assert!(found.payout_earnings.is_err() && found.payout_fcf.is_err() && found.fcf_coverage.is_err());
        assert_eq!(found.flags, ["negative_earnings", "negative_fcf"]);
        let found = dividend_safety(&DividendInputs { interest: Some(0.0), ebitda: Some(-5.0), ..company() });
        assert!(found.interest_coverage.unwrap_err().to_string().contains("no debt service"));
        assert_eq!(found.net_debt_to_ebitda.unwrap_err().code(), "zero_denominator");
        let found = dividend_safety(&DividendInputs { dividends_paid: Some(0.0), dps: Some(0.0), ..company() });
        assert_eq!((found.payout_earnings, found.payout_fcf), (Ok(0.0), Ok(0.0)));
        assert_eq!(found.fcf_coverage.unwrap_err().code(), "zero_denominator");
        let nothing = dividend_safety(&DividendInputs::default());
        assert_eq!(nothing.net_cash.unwrap_err().code(), "insufficient_data");
        assert!(nothing.flags.is_empty());
        // Net cash makes net debt negative.
        let rich = dividend_safety(&DividendInputs { cash: Some(2_200.0), ..company() });
        assert_eq!(rich.net_debt_to_ebitda, Ok(-1.0));
    }

    proptest! {
        #[test]
        fn cover_is_the_inverse_of_payout(fcf in 1.0..1e6f64, paid in 1.0..1e6f64) {
            let found = dividend_safety(&DividendInputs { fcf: Some(fcf), dividends_paid: Some(paid), ..company() });
            prop_assert!((found.fcf_coverage.unwrap() * found.payout_fcf.unwrap() - 1.0).abs() < 1e-12);
        }
    }
}
