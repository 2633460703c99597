//! Dividend income of a position: what it pays on its price, on its cost, and whether the payment grows.
//!
//!   declared = last declared × payments a year         trailing = dividends of the last year
//!   yield on cost = declared × quantity/remaining cost   forward yield = declared/price   trailing yield = trailing/price
//!   growth = D_n/D_{n−1} − 1   CAGR = (D_n/D_{n−5})^(1/5) − 1   projected income = declared × quantity
//!
//! D_n: ordinary dividends per share of year n, adjusted for splits, specials left out; a year without an entry paid
//! nothing. Without regular payments the trailing dividends stand for the declared ones, and `irregular` says so. A streak
//! counts years of increase back from the last one; an unchanged dividend is a hold and ends it, though not the streak
//! without a cut. Yields are undefined on a price or cost of zero and below, growth from a dividend of zero and below.
//!
//! Gordon, M. (1962), The Investment, Financing, and Valuation of the Corporation. S&P Dow Jones Indices, Dividend
//! Aristocrats Methodology.

use crate::Undefined;

/// What is known of a position and its dividends.
#[derive(Debug, Clone, PartialEq)]
pub struct Dividends<'a> {
    /// Shares held.
    pub quantity: f64,
    /// Remaining cost of all of them.
    pub cost_basis: f64,
    /// Price of one.
    pub price: f64,
    /// Dividends per share of consecutive years, the last one latest.
    pub by_year: &'a [f64],
    /// Last declared dividend per share.
    pub last_declared: f64,
    /// Regular payments a year; none for irregular payers.
    pub frequency: Option<f64>,
}

/// Income of a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Income {
    /// Declared dividends on the remaining cost.
    pub yield_on_cost: Result<f64, Undefined>,
    /// Declared dividends on the price.
    pub forward_yield: Result<f64, Undefined>,
    /// Dividends of the last year on the price.
    pub trailing_yield: Result<f64, Undefined>,
    /// Growth over the last year.
    pub growth_1y: Result<f64, Undefined>,
    /// Growth per year over the last five.
    pub cagr_5y: Result<f64, Undefined>,
    /// Consecutive years of increase up to the last.
    pub streak_years: usize,
    /// Consecutive years without a cut up to the last.
    pub years_without_cut: usize,
    /// Declared dividends of the whole position over a year.
    pub projected_income: Result<f64, Undefined>,
    /// Whether trailing dividends stand for declared ones.
    pub irregular: bool,
}

/// Income from `dividends`.
pub fn income(dividends: &Dividends<'_>) -> Income {
    let years = dividends.by_year;
    let needed = |needed: usize| Undefined::InsufficientData { needed, found: years.len() };
    let trailing = years.last().copied().ok_or_else(|| needed(1));
    let declared = match dividends.frequency {
        Some(frequency) => Ok(dividends.last_declared * frequency),
        None => trailing.clone(),
    };
    let over = |amount: Result<f64, Undefined>, whole: f64, what: &'static str| {
        let amount = amount?;
        if whole > 0.0 { Ok(amount / whole) } else { Err(Undefined::ZeroDenominator { what }) }
    };
    let growth = |back: usize| {
        let [first, .., last] = years.get(years.len().wrapping_sub(back + 1)..).ok_or_else(|| needed(back + 1))? else {
            return Err(needed(back + 1));
        };
        if *first <= 0.0 || *last < 0.0 {
            return Err(Undefined::ZeroDenominator { what: "earlier dividend" });
        }
        Ok((last / first).powf(1.0 / back as f64) - 1.0)
    };
    let streak =
        |holds: fn(f64, f64) -> bool| years.windows(2).rev().take_while(|pair| holds(pair[0], pair[1])).count();
    let whole_position = declared.clone().map(|declared| declared * dividends.quantity);
    Income {
        yield_on_cost: over(whole_position.clone(), dividends.cost_basis, "remaining cost"),
        forward_yield: over(declared, dividends.price, "price"),
        trailing_yield: over(trailing, dividends.price, "price"),
        growth_1y: growth(1),
        cagr_5y: growth(5),
        streak_years: streak(|before, after| after > before),
        years_without_cut: streak(|before, after| after >= before),
        projected_income: whole_position,
        irregular: dividends.frequency.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const YEARS: [f64; 6] = [1.0, 1.1, 1.1, 1.2, 1.4, 1.6];

    fn position(by_year: &[f64]) -> Dividends<'_> {
        Dividends {
            quantity: 100.0,
            cost_basis: 4_000.0,
            price: 50.0,
            by_year,
            last_declared: 0.5,
            frequency: Some(4.0),
        }
    }

    #[test]
    fn worked_example() {
        // 0.50 a quarter: 2 on a cost of 40 and a price of 50; 1.60 last year after 1.40, and 1.00 five years before.
        let result = income(&position(&YEARS));
        let close = |value: &Result<f64, Undefined>, expected: f64| (value.clone().unwrap() - expected).abs() < 1e-12;
        assert!(close(&result.yield_on_cost, 0.05) && close(&result.forward_yield, 0.04));
        assert!(close(&result.trailing_yield, 0.032) && close(&result.growth_1y, 1.6 / 1.4 - 1.0));
        assert!(close(&result.cagr_5y, 1.6_f64.powf(0.2) - 1.0) && close(&result.projected_income, 200.0));
        // The hold at 1.10 ends the streak of increases, not that without a cut.
        assert_eq!((result.streak_years, result.years_without_cut), (3, 5));
    }

    #[test]
    fn edges() {
        let none = income(&position(&[]));
        assert_eq!(none.trailing_yield.unwrap_err().code(), "insufficient_data");
        assert_eq!(none.growth_1y.unwrap_err().code(), "insufficient_data");
        assert_eq!(none.streak_years, 0);
        let begun = income(&position(&[0.0, 1.0]));
        assert_eq!(begun.growth_1y.unwrap_err().code(), "zero_denominator");
        assert_eq!(begun.cagr_5y.unwrap_err().code(), "insufficient_data");
        let given_away = income(&Dividends { cost_basis: 0.0, price: 0.0, ..position(&YEARS) });
        assert_eq!(given_away.yield_on_cost.unwrap_err().code(), "zero_denominator");
        assert_eq!(given_away.forward_yield.unwrap_err().code(), "zero_denominator");
        let irregular = income(&Dividends { frequency: None, ..position(&YEARS) });
        assert!(irregular.irregular && (irregular.projected_income.unwrap() - 160.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn shares_split_without_a_change(years in proptest::collection::vec(0.1..5.0f64, 6..12), k in 2.0..20.0f64) {
            let split: Vec<f64> = years.iter().map(|d| d / k).collect();
            let before = position(&years);
            let after = Dividends { quantity: 100.0 * k, price: 50.0 / k, last_declared: 0.5 / k, ..position(&split) };
            let (a, b) = (income(&before), income(&after));
            prop_assert!((a.yield_on_cost.unwrap() - b.yield_on_cost.unwrap()).abs() < 1e-12);
            prop_assert!((a.forward_yield.unwrap() - b.forward_yield.unwrap()).abs() < 1e-12);
            prop_assert!((a.cagr_5y.unwrap() - b.cagr_5y.unwrap()).abs() < 1e-9);
            prop_assert!(a.streak_years <= a.years_without_cut);
        }
    }
}
