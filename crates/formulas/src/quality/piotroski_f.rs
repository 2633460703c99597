//! Piotroski's F-score: nine signs that a company's finances get stronger.
//!
//!   profit     ROA = NI/A_{t−1} > 0;  CFO/A_{t−1} > 0;  ΔROA > 0;  CFO/A_{t−1} > ROA
//!   funding    Δ(long-term debt/average assets) < 0;  Δ(current ratio) > 0;  shares_t ≤ shares_{t−1}
//!   efficiency Δ(gross margin) > 0;  Δ(sales/A_{t−1}) > 0      score = number of signs, 0 to 9
//!
//! A the total assets; average assets of a year: mean of its end and its beginning. Inequalities are strict, so a tie
//! scores 0, but for an equal number of shares. Three years are needed, of the oldest only the assets. A sign whose items
//! are missing, or that would divide by zero, is undefined; the score exists only with all nine.
//!
//! Piotroski, J. (2000), "Value Investing: The Use of Historical Financial Statement Information to Separate Winners
//! from Losers", Journal of Accounting Research 38.

use crate::Undefined;

/// Items of one fiscal year; none where the statement does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PiotroskiStatement {
    /// Net income before extraordinary items.
    pub net_income: Option<f64>,
    /// Cash flow from operations.
    pub cfo: Option<f64>,
    /// Total assets at the year's end.
    pub total_assets: Option<f64>,
    /// Long-term debt.
    pub long_term_debt: Option<f64>,
    /// Current assets.
    pub current_assets: Option<f64>,
    /// Current liabilities.
    pub current_liabilities: Option<f64>,
    /// Shares outstanding, split-adjusted.
    pub shares: Option<f64>,
    /// Sales.
    pub sales: Option<f64>,
    /// Cost of goods sold.
    pub cogs: Option<f64>,
}

/// Names of the signs, in the order of [`PiotroskiF::flags`].
pub const PIOTROSKI_FLAGS: [&str; 9] = [
    "roa_positive",
    "cfo_positive",
    "roa_improved",
    "accruals_cfo_gt_roa",
    "leverage_down",
    "current_ratio_up",
    "no_equity_issued",
    "gross_margin_up",
    "asset_turnover_up",
];

/// The signs and the figures behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct PiotroskiF {
    /// The nine signs.
    pub flags: [Result<bool, Undefined>; 9],
    /// Their number, if all are known.
    pub score: Result<u32, Undefined>,
    /// How many are known, as a share of nine.
    pub coverage: f64,
    /// Net income over the assets of the year's beginning.
    pub roa: Result<f64, Undefined>,
    /// Operating cash flow over the same.
    pub cfo_to_assets: Result<f64, Undefined>,
    /// Change of long-term debt over average assets.
    pub delta_leverage: Result<f64, Undefined>,
    /// Change of the current ratio.
    pub delta_current_ratio: Result<f64, Undefined>,
    /// Change of the gross margin.
    pub delta_margin: Result<f64, Undefined>,
    /// Change of sales over the assets of the year's beginning.
    pub delta_turnover: Result<f64, Undefined>,
}

/// The score of year `t` with the two years before.
pub fn piotroski_f(
    t: &PiotroskiStatement,
    t_minus_1: &PiotroskiStatement,
    t_minus_2: &PiotroskiStatement,
) -> PiotroskiF {
    let assets = [t.total_assets, t_minus_1.total_assets, t_minus_2.total_assets];
    let roa = ratio(t.net_income, assets[1], "total assets");
    let roa_before = ratio(t_minus_1.net_income, assets[2], "total assets");
    let cfo_to_assets = ratio(t.cfo, assets[1], "total assets");
    let mean = |a: Option<f64>, b: Option<f64>| Some((a? + b?) / 2.0);
    let leverage = ratio(t.long_term_debt, mean(assets[0], assets[1]), "average assets");
    let leverage_before = ratio(t_minus_1.long_term_debt, mean(assets[1], assets[2]), "average assets");
    let current =
        |year: &PiotroskiStatement| ratio(year.current_assets, year.current_liabilities, "current liabilities");
    let margin = |year: &PiotroskiStatement| {
        ratio(year.sales.zip(year.cogs).map(|(sales, cogs)| sales - cogs), year.sales, "sales")
    };
    let turnover = ratio(t.sales, assets[1], "total assets");
    let turnover_before = ratio(t_minus_1.sales, assets[2], "total assets");
    let delta_leverage = change(&leverage, &leverage_before);
    let delta_current_ratio = change(&current(t), &current(t_minus_1));
    let delta_margin = change(&margin(t), &margin(t_minus_1));
    let delta_turnover = change(&turnover, &turnover_before);
    let shares = t.shares.zip(t_minus_1.shares).ok_or(Undefined::InsufficientData { needed: 1, found: 0 });
    let above_zero = |value: &Result<f64, Undefined>| value.clone().map(|value| value > 0.0);
    let flags = [
        above_zero(&roa),
        above_zero(&cfo_to_assets),
        above_zero(&change(&roa, &roa_before)),
        above_zero(&change(&cfo_to_assets, &roa)),
        delta_leverage.clone().map(|change| change < 0.0),
        above_zero(&delta_current_ratio),
        shares.map(|(now, before)| now <= before),
        above_zero(&delta_margin),
        above_zero(&delta_turnover),
    ];
    let known = flags.iter().filter(|flag| flag.is_ok()).count();
    let score = flags.iter().try_fold(0, |score, flag| flag.clone().map(|set| score + u32::from(set)));
    PiotroskiF {
        score,
        coverage: known as f64 / 9.0,
        flags,
        roa,
        cfo_to_assets,
        delta_leverage,
        delta_current_ratio,
        delta_margin,
        delta_turnover,
    }
}

fn ratio(part: Option<f64>, whole: Option<f64>, what: &'static str) -> Result<f64, Undefined> {
    let (part, whole) = part.zip(whole).ok_or(Undefined::InsufficientData { needed: 1, found: 0 })?;
    if whole == 0.0 {
        return Err(Undefined::ZeroDenominator { what });
    }
    let ratio = part / whole;
    if ratio.is_finite() { Ok(ratio) } else { Err(Undefined::InvalidInput { what }) }
}

/// The change, exactly 0 where it is float noise: equal ratios of different numbers are a tie.
fn change(now: &Result<f64, Undefined>, before: &Result<f64, Undefined>) -> Result<f64, Undefined> {
    let (now, before) = (now.clone()?, before.clone()?);
    let change = now - before;
    Ok(if change.abs() <= 1e-14 * now.abs().max(before.abs()) { 0.0 } else { change })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn years() -> [PiotroskiStatement; 3] {
        let of = |items: [f64; 9]| PiotroskiStatement {
            net_income: Some(items[0]),
            cfo: Some(items[1]),
            total_assets: Some(items[2]),
            long_term_debt: Some(items[3]),
            current_assets: Some(items[4]),
            current_liabilities: Some(items[5]),
            shares: Some(items[6]),
            sales: Some(items[7]),
            cogs: Some(items[8]),
        };
        [
            of([70.0, 90.0, 1_100.0, 260.0, 400.0, 210.0, 101.0, 1_250.0, 800.0]),
            of([60.0, 85.0, 1_000.0, 280.0, 390.0, 200.0, 100.0, 1_150.0, 745.0]),
            PiotroskiStatement { total_assets: Some(980.0), ..PiotroskiStatement::default() },
        ]
    }

    #[test]
    fn worked_example() {
        let [t, before, oldest] = years();
        let found = piotroski_f(&t, &before, &oldest);
        let flags = found.flags.clone().map(Result::unwrap);
        assert_eq!(flags, [true, true, true, true, true, false, false, true, true]);
        assert_eq!(found.score, Ok(7));
        assert!((found.delta_leverage.unwrap() + 0.035_209_235_209_235).abs() < 1e-12);
        assert!((found.delta_margin.unwrap() - 0.007_826_086_956_522).abs() < 1e-12);
        assert!((found.delta_turnover.unwrap() - 0.076_530_612_244_898).abs() < 1e-12);
    }

    #[test]
    fn ties_score_nothing_but_for_shares() {
        let [_, before, oldest] = years();
        let oldest = PiotroskiStatement { total_assets: before.total_assets, ..oldest };
        let found = piotroski_f(&before, &before, &oldest);
        let flags = found.flags.map(Result::unwrap);
        assert_eq!(flags, [true, true, false, true, false, false, true, false, false]);
        assert_eq!(found.score, Ok(4));
        // Ratios that are equal but for their digits: 1/3 and 0.1/0.3.
        let margin = |sales, cogs| PiotroskiStatement { sales: Some(sales), cogs: Some(cogs), ..before };
        let found = piotroski_f(&margin(0.3, 0.2), &margin(3.0, 2.0), &oldest);
        assert_eq!(found.flags[7], Ok(false));
    }

    #[test]
    fn missing_items_leave_signs_open() {
        let [t, before, oldest] = years();
        let found = piotroski_f(&PiotroskiStatement { cogs: None, ..t }, &before, &oldest);
        assert_eq!(found.flags[7].clone().unwrap_err().code(), "insufficient_data");
        assert_eq!(found.score.unwrap_err().code(), "insufficient_data");
        assert!((found.coverage - 8.0 / 9.0).abs() < 1e-15);
        let found = piotroski_f(&PiotroskiStatement { current_liabilities: Some(0.0), ..t }, &before, &oldest);
        assert_eq!(found.flags[5].clone().unwrap_err().code(), "zero_denominator");
    }

    proptest! {
        #[test]
        fn the_currency_does_not_matter(k in 0.001..1_000.0f64) {
            let [t, before, oldest] = years();
            let scaled = |y: PiotroskiStatement| {
                let s = |x: Option<f64>| x.map(|x| x * k);
                PiotroskiStatement {
                    net_income: s(y.net_income), cfo: s(y.cfo), total_assets: s(y.total_assets),
                    long_term_debt: s(y.long_term_debt), current_assets: s(y.current_assets),
                    current_liabilities: s(y.current_liabilities), shares: y.shares, sales: s(y.sales), cogs: s(y.cogs),
                }
            };
            prop_assert_eq!(piotroski_f(&scaled(t), &scaled(before), &scaled(oldest)).score, Ok(7));
        }
    }
}
