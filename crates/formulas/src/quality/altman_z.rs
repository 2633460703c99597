//! Altman's Z: how near a company's statements are to those of firms that went bankrupt.
//!
//!   Z   = 1.2·X1 + 1.4·X2 + 3.3·X3 + 0.6·X4 + 1.0·X5            < 1.81 distress, > 2.99 safe, else grey
//!   Z'  = 0.717·X1 + 0.847·X2 + 3.107·X3 + 0.42·X4b + 0.998·X5   (private)            1.23 and 2.9
//!   Z'' = 6.56·X1 + 3.26·X2 + 6.72·X3 + 1.05·X4b                 (non-manufacturers)  1.1 and 2.6
//!
//! X1 working capital/assets, X2 retained earnings/assets, X3 EBIT/assets, X4 market capitalisation/liabilities, X4b book
//! equity (assets − liabilities)/liabilities, X5 sales/assets. The bounds themselves are grey. Undefined for assets of 0
//! or less and for liabilities of 0 or less, and for a missing item. Not for banks, insurers and other financials.
//!
//! Altman, E. (1968), Journal of Finance 23(4); (1983), Corporate Financial Distress; (1995), with Hartzell & Peck.

use crate::Undefined;

/// Items of the statements, in one currency; none where the statement does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AltmanInputs {
    /// Current assets.
    pub current_assets: Option<f64>,
    /// Current liabilities.
    pub current_liabilities: Option<f64>,
    /// Total assets.
    pub total_assets: Option<f64>,
    /// Retained earnings.
    pub retained_earnings: Option<f64>,
    /// Earnings before interest and taxes.
    pub ebit: Option<f64>,
    /// Market value of the equity.
    pub market_cap: Option<f64>,
    /// Total liabilities.
    pub total_liabilities: Option<f64>,
    /// Sales.
    pub sales: Option<f64>,
}

/// Which of the three scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AltmanVariant {
    /// Z, for listed manufacturers.
    Public,
    /// Z', with book for market equity.
    Private,
    /// Z'', without sales.
    NonManufacturer,
}

/// What a score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Like firms that survived.
    Safe,
    /// Neither.
    Grey,
    /// Like firms that failed.
    Distress,
}

impl Zone {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Zone::Safe => "safe",
            Zone::Grey => "grey",
            Zone::Distress => "distress",
        }
    }
}

impl AltmanVariant {
    /// Weights of X1 … X5.
    fn weights(self) -> [f64; 5] {
        match self {
            AltmanVariant::Public => [1.2, 1.4, 3.3, 0.6, 1.0],
            AltmanVariant::Private => [0.717, 0.847, 3.107, 0.42, 0.998],
            AltmanVariant::NonManufacturer => [6.56, 3.26, 6.72, 1.05, 0.0],
        }
    }

    /// The zone of a score.
    pub fn zone(self, z: f64) -> Zone {
        let (distress, safe) = match self {
            AltmanVariant::Public => (1.81, 2.99),
            AltmanVariant::Private => (1.23, 2.9),
            AltmanVariant::NonManufacturer => (1.1, 2.6),
        };
        if z < distress {
            Zone::Distress
        } else if z > safe {
            Zone::Safe
        } else {
            Zone::Grey
        }
    }
}

/// Ratios and scores.
#[derive(Debug, Clone, PartialEq)]
pub struct AltmanZ {
    /// X1 to X5, X4 with the market value.
    pub ratios: [Result<f64, Undefined>; 5],
    /// Book equity over liabilities.
    pub book_equity_to_liabilities: Result<f64, Undefined>,
    /// Z.
    pub z: Result<f64, Undefined>,
    /// Z'.
    pub z_prime: Result<f64, Undefined>,
    /// Z''.
    pub z_double_prime: Result<f64, Undefined>,
}

impl AltmanZ {
    /// The score of a variant.
    pub fn score(&self, variant: AltmanVariant) -> &Result<f64, Undefined> {
        match variant {
            AltmanVariant::Public => &self.z,
            AltmanVariant::Private => &self.z_prime,
            AltmanVariant::NonManufacturer => &self.z_double_prime,
        }
    }
}

/// The score of given ratios X1 to X5 (four are enough for Z'').
pub fn altman_z_of_ratios(ratios: &[f64], variant: AltmanVariant) -> Result<f64, Undefined> {
    let needed = if variant == AltmanVariant::NonManufacturer { 4 } else { 5 };
    if ratios.len() < needed {
        return Err(Undefined::InsufficientData { needed, found: ratios.len() });
    }
    if ratios.len() > 5 || ratios.iter().any(|x| !x.is_finite()) {
        return Err(Undefined::InvalidInput { what: "x" });
    }
    let z: f64 = variant.weights().iter().zip(ratios).map(|(weight, x)| weight * x).sum();
    if z.is_finite() { Ok(z) } else { Err(Undefined::InvalidInput { what: "x" }) }
}

/// Ratios and scores of a company.
pub fn altman_z(inputs: &AltmanInputs) -> AltmanZ {
    let assets = || positive(inputs.total_assets, "total assets");
    let liabilities = || positive(inputs.total_liabilities, "total liabilities");
    let over = |part: Option<f64>, whole: Result<f64, Undefined>| finite(present(part)? / whole?);
    let difference = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    let ratios = [
        over(difference(inputs.current_assets, inputs.current_liabilities), assets()),
        over(inputs.retained_earnings, assets()),
        over(inputs.ebit, assets()),
        over(inputs.market_cap, liabilities()),
        over(inputs.sales, assets()),
    ];
    let book = over(difference(inputs.total_assets, inputs.total_liabilities), liabilities());
    let score = |variant: AltmanVariant, fourth: &Result<f64, Undefined>| {
        let mut x = Vec::new();
        for (at, (ratio, weight)) in ratios.iter().zip(variant.weights()).enumerate() {
            // A ratio that the variant does not use may be missing.
            match if at == 3 { fourth.clone() } else { ratio.clone() } {
                _ if weight == 0.0 => x.push(0.0),
                ratio => x.push(ratio?),
            }
        }
        altman_z_of_ratios(&x, variant)
    };
    AltmanZ {
        z: score(AltmanVariant::Public, &ratios[3]),
        z_prime: score(AltmanVariant::Private, &book),
        z_double_prime: score(AltmanVariant::NonManufacturer, &book),
        book_equity_to_liabilities: book,
        ratios,
    }
}

fn present(item: Option<f64>) -> Result<f64, Undefined> {
    finite(item.ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?)
}

fn positive(item: Option<f64>, what: &'static str) -> Result<f64, Undefined> {
    let item = present(item)?;
    if item > 0.0 { Ok(item) } else { Err(Undefined::ZeroDenominator { what }) }
}

fn finite(value: f64) -> Result<f64, Undefined> {
    if value.is_finite() { Ok(value) } else { Err(Undefined::InvalidInput { what: "statement" }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn company() -> AltmanInputs {
        AltmanInputs {
            current_assets: Some(450.0),
            current_liabilities: Some(200.0),
            total_assets: Some(1_000.0),
            retained_earnings: Some(300.0),
            ebit: Some(120.0),
            market_cap: Some(550.0),
            total_liabilities: Some(500.0),
            sales: Some(1_400.0),
        }
    }

    #[test]
    fn worked_example() {
        // X = 0.25, 0.30, 0.12, 1.1, 1.4; book equity equals liabilities.
        let found = altman_z(&company());
        assert!((found.z.clone().unwrap() - 3.176).abs() < 1e-12);
        assert_eq!(AltmanVariant::Public.zone(3.176).name(), "safe");
        let private = 0.717 * 0.25 + 0.847 * 0.3 + 3.107 * 0.12 + 0.42 + 0.998 * 1.4;
        assert!((found.z_prime.unwrap() - private).abs() < 1e-12);
        let other = 6.56 * 0.25 + 3.26 * 0.3 + 6.72 * 0.12 + 1.05;
        assert!((found.z_double_prime.unwrap() - other).abs() < 1e-12);
        assert!(
            (altman_z_of_ratios(&[0.25, 0.3, 0.12, 1.1, 1.4], AltmanVariant::Public).unwrap() - 3.176).abs() < 1e-12
        );
    }

    #[test]
    fn zones() {
        let of = |z| AltmanVariant::Public.zone(z).name();
        assert_eq!([of(1.80), of(1.81), of(2.99), of(3.0)], ["distress", "grey", "grey", "safe"]);
        assert_eq!(AltmanVariant::NonManufacturer.zone(1.0), Zone::Distress);
        assert_eq!(AltmanVariant::Private.zone(2.95), Zone::Safe);
    }

    #[test]
    fn edges() {
        let found = altman_z(&AltmanInputs { total_liabilities: Some(0.0), ..company() });
        assert_eq!(found.z.unwrap_err().code(), "zero_denominator");
        assert_eq!(found.z_double_prime.unwrap_err().code(), "zero_denominator");
        assert!(found.ratios[0].is_ok() && found.ratios[3].is_err());
        // Sales are missing: only the score without them exists.
        let found = altman_z(&AltmanInputs { sales: None, ..company() });
        assert_eq!(found.z.unwrap_err().code(), "insufficient_data");
        assert!(found.z_double_prime.is_ok());
        assert_eq!(
            altman_z(&AltmanInputs { total_assets: Some(0.0), ..company() }).z.unwrap_err().code(),
            "zero_denominator"
        );
        assert_eq!(altman_z_of_ratios(&[1.0; 4], AltmanVariant::Public).unwrap_err().code(), "insufficient_data");
        assert!(altman_z_of_ratios(&[1.0; 4], AltmanVariant::NonManufacturer).is_ok());
        assert_eq!(altman_z_of_ratios(&[f64::NAN; 5], AltmanVariant::Public).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn the_currency_does_not_matter_and_earning_more_helps(k in 0.01..1_000.0f64, more in 1.0..1e3f64) {
            let c = company();
            let scaled = |x: Option<f64>| x.map(|x| x * k);
            let other = AltmanInputs {
                current_assets: scaled(c.current_assets), current_liabilities: scaled(c.current_liabilities),
                total_assets: scaled(c.total_assets), retained_earnings: scaled(c.retained_earnings),
                ebit: scaled(c.ebit), market_cap: scaled(c.market_cap),
                total_liabilities: scaled(c.total_liabilities), sales: scaled(c.sales),
            };
            let (plain, other) = (altman_z(&c).z.unwrap(), altman_z(&other).z.unwrap());
            prop_assert!((plain - other).abs() < 1e-9);
            let richer = altman_z(&AltmanInputs { ebit: Some(120.0 + more), ..c }).z.unwrap();
            prop_assert!(richer > plain);
        }
    }
}
